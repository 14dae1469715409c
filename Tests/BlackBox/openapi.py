"""Reads spec/openapi.yaml and judges replies by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

SPEC = Path(__file__).resolve().parent.parent.parent / "spec"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


class Document:
    def __init__(self) -> None:
        self.content: dict[str, Any] = yaml.safe_load((SPEC / "openapi.yaml").read_text(encoding="utf-8"))
        registry: Registry = Registry().with_resource("openapi.yaml", DRAFT202012.create_resource(self.content))
        for path in (SPEC / "schema").glob("*.json"):
            schema = DRAFT202012.create_resource(json.loads(path.read_text(encoding="utf-8")))
            # By its name, and by the name that a reference beside the document gives it.
            registry = registry.with_resources([(path.name, schema), (f"schema/{path.name}", schema)])
        self._registry = registry
        self.operations = {operation["operationId"]: operation for _, _, operation in self.routes()}

    def routes(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Path, method in capitals, operation."""
        for path, item in self.content["paths"].items():
            for method in METHODS:
                # What is planned is described and not yet there.
                if method in item and not item[method].get("x-planned"):
                    yield path, method.upper(), item[method]

    def of_clients(self) -> list[str]:
        """The operations of proxy and ingest; those of the operator's listener alone are called by test_admin.py."""
        return [name for name, operation in self.operations.items() if operation["tags"] != ["operator"]]

    def route(self, name: str) -> tuple[str, str]:
        [found] = [(path, method) for path, method, operation in self.routes() if operation["operationId"] == name]
        return found

    def resolve(self, value: Any) -> Any:
        while "$ref" in value:
            assert value["$ref"].startswith("#/"), value
            found: Any = self.content
            for part in value["$ref"][2:].split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            value = found
        return value

    def faults(self, name: str, status: int, content_type: str | None, body: bytes) -> list[str]:
        """What of a reply is not as the operation describes it."""
        responses = self.operations[name]["responses"]
        if str(status) not in responses:
            return [f"status {status} is not described"]
        described = self.resolve(responses[str(status)]).get("content", {})
        essence = (content_type or "").split(";")[0].strip()
        if essence not in described:
            return [f"content type {essence!r} is not described"]
        if essence != "application/json":
            return []
        pointer = "openapi.yaml#" + self._pointer(name, str(status))
        validator = Draft202012Validator({"$ref": pointer}, registry=self._registry)
        try:
            value = json.loads(body)
        except ValueError:
            return [f"the body is no JSON: {body[:100]!r}"]
        return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)]

    def _pointer(self, name: str, status: str) -> str:
        path, method = self.route(name)
        escaped = path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
        response = self.operations[name]["responses"][status]
        base = response["$ref"][1:] if "$ref" in response else f"/paths/{escaped}/{method.lower()}/responses/{status}"
        return f"{base}/content/application~1json/schema"
