"""Checks the JSON Schemas: they are valid, and they accept and refuse what the vectors say. Checks the OpenAPI document:
it is valid, and it describes the routes that the sources have and no others.

Run by .ci/schemas, which brings the packages.
"""

from __future__ import annotations

import json
import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import openapi_spec_validator
import yaml
from jsonschema import Draft202012Validator, validators
from referencing import Registry
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "spec" / "schema"
VECTORS = ROOT / "Conformance" / "vectors"

# What a schema cannot say: an event that breaks only these rules may be accepted by its schema. Each has to be needed.
EXCEPTIONS = {
    "traceId.maxLength": "lengths count UTF-16 code units, maxLength counts scalars",
    "spanId.maxLength": "as above",
    "idempotencyKey.maxLength": "as above",
    "externalUserId.maxLength": "as above",
    "model.maxLength": "as above",
    "finishReason.maxLength": "as above",
    "timestamp.format": "a moment that its offset moves out of the years 0000 to 9999",
    "string.nul": "in a member that a later one of the same name hides",
    "tenant.mismatch": "depends on who sends the event",
}

# Definitions that are refused for what a schema cannot say.
UNSAYABLE = {"agent/definition-hash/schema/object-too-deep"}


def is_whole(_: Any, value: Any) -> bool:
    if isinstance(value, Decimal):
        _, digits, exponent = value.as_tuple()
        assert isinstance(exponent, int)
        return not any(digits) or exponent >= 0 or not any(digits[exponent:]) and -exponent < len(digits)
    return isinstance(value, int) and not isinstance(value, bool)


Validator = validators.extend(
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_whole)
)


def parse(text: str) -> Any:
    """JSON with its numbers exact; of a name that occurs twice the last value counts."""
    return json.loads(text, parse_float=Decimal)


def subject(case: dict[str, Any]) -> Any:
    given = case["input"]
    return parse(given["text"]) if "text" in given else given["body"]


def event_cases() -> list[dict[str, Any]]:
    cases = []
    for path in sorted((VECTORS / "event").glob("*.json")):
        file = parse(path.read_text(encoding="ascii"))
        if file["op"] == "event.validate":
            cases += [case for case in file["cases"] if "output" in case["expect"]]
    return cases


def text_of(form: Any) -> str | None:
    """A text of a vector file; None for one that is not UTF-8."""
    if isinstance(form, str):
        return form
    if "concat" in form:
        parts = [text_of(part) for part in form["concat"]]
        return None if None in parts else "".join(part for part in parts if part is not None)
    if "repeat" in form:
        return (text_of(form["repeat"]) or "") * int(form["times"])
    return None


def agent_cases() -> list[tuple[str, str, Any, bool]]:
    """Id, schema, value and whether the specification accepts it."""
    schema = "agent-definition.schema.json"
    cases = []
    for path in sorted((VECTORS / "agent").glob("*.json")):
        file = parse(path.read_text(encoding="ascii"))
        for case in file["cases"]:
            if file["op"] == "agent.validate":
                faults = {fault["rule"] for fault in case["expect"]["output"]["faults"]}
                if not faults or not faults <= {"agentName.maxLength"}:
                    cases.append((case["id"], schema + "#/$defs/registration", case["input"]["body"], not faults))
            elif file["op"] == "agent.definition-hash":
                text = text_of(case["input"]["definition"])
                try:
                    value = parse(text or "")
                except ValueError:
                    continue
                if case["id"] not in UNSAYABLE:
                    cases.append((case["id"], schema, value, "output" in case["expect"]))
    return cases


def ingest_routes() -> set[tuple[str, str]]:
    routes = set()
    for path in (ROOT / "Sources" / "WhyOpsIngest").rglob("*.swift"):
        for method, route in re.findall(r'router\.(get|post|put|delete|patch)\("([^"]+)"\)', path.read_text()):
            routes.add((method, "/" + route))
    return routes


def proxy_routes() -> set[tuple[str, str]]:
    """What the proxy does not merely pass through."""
    text = (ROOT / "Sources" / "WhyOps" / "Exchange" / "ProxyRoute.swift").read_text()
    found = {(method.lower(), path) for method, path in re.findall(r'\("([A-Z]+)", "(/[^"]+)"\)', text)}
    # A HEAD is described by its GET; health lies beside the version, too.
    return {(method, path if path.startswith("/health") else "/v1" + path) for method, path in found if method != "head"}


def operator_routes() -> set[tuple[str, str]]:
    text = (ROOT / "Sources" / "WhyOpsCommand" / "Metrics" / "AdminServer.swift").read_text()
    return {(method, "/" + route) for method, route in re.findall(r'router\.(get|post|put|delete|patch)\("([^"]+)"\)', text)}


def openapi_problems() -> list[str]:
    path = ROOT / "spec" / "openapi.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        openapi_spec_validator.validate(document, base_uri=path.as_uri())
    except Exception as fault:  # The library has many kinds and no common one.
        return [f"openapi.yaml: {fault}"]
    described: dict[str, set[tuple[str, str]]] = {"proxy": set(), "ingest": set(), "operator": set()}
    for route, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters" and not operation.get("x-planned"):
                for tag in operation["tags"]:
                    described[tag].add((method, route))
    problems = []
    for tag, actual in (("ingest", ingest_routes()), ("proxy", proxy_routes()), ("operator", operator_routes())):
        problems += [f"openapi.yaml: {tag} lacks {' '.join(route)}" for route in sorted(actual - described[tag])]
    # What else the proxy has is passed through, so any path below /v1 may be described.
    extra = (described["ingest"] - ingest_routes()) | (described["operator"] - operator_routes())
    extra |= {route for route in described["proxy"] - proxy_routes() if not route[1].startswith("/v1/")}
    return problems + [f"openapi.yaml: there is no {' '.join(route)}" for route in sorted(extra)]


def main() -> int:
    problems: list[str] = []
    registry: Registry = Registry()
    schemas = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMAS.glob("*.json"))}
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        if schema.get("$id") != name:
            problems.append(f"{name}: $id is {schema.get('$id')!r}")
        # Without `$schema` the library stays with our validator, whose whole numbers are those of EVT-8.
        schema = {key: value for key, value in schema.items() if key != "$schema"}
        registry = registry.with_resource(name, DRAFT202012.create_resource(schema))

    def accepts(reference: str, value: Any) -> bool:
        return Validator({"$ref": reference}, registry=registry).is_valid(value)

    used: set[str] = set()
    cases = event_cases()
    for case in cases:
        value = subject(case)
        suffix = "-strict" if case["input"].get("profile") == "strict" else ""
        is_tool_result = "eventType" in case["input"]
        rules = {fault["rule"] for fault in case["expect"]["output"]["faults"]}
        references = [f"batch{suffix}.schema.json" + ("#/$defs/toolResultBatch" if is_tool_result else "")]
        if not isinstance(value, list):
            references.append(f"event{suffix}.schema.json" + ("#/$defs/toolResultEvent" if is_tool_result else ""))
        for reference in references:
            accepted = accepts(reference, value)
            if accepted and rules:
                if rules <= EXCEPTIONS.keys():
                    used |= rules
                else:
                    problems.append(f"{case['id']}: {reference} accepts what breaks {', '.join(sorted(rules))}")
            elif not accepted and not rules:
                problems.append(f"{case['id']}: {reference} refuses a good event")
    definitions = agent_cases()
    for name, reference, value, is_good in definitions:
        if accepts(reference, value) != is_good:
            problems.append(f"{name}: {reference} {'refuses' if is_good else 'accepts'} it")
    problems += [f"exception {rule} is not needed" for rule in sorted(EXCEPTIONS.keys() - used)]
    problems += openapi_problems()
    for problem in problems:
        print(f"schemas: {problem}", file=sys.stderr)
    print(f"schemas: {len(schemas)} schemas, {len(cases) + len(definitions)} cases, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
