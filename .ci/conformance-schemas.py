"""Checks vector files, the runner's messages and a report against their JSON Schemas."""

import json
import pathlib
import subprocess
import sys

from jsonschema import Draft202012Validator

root = pathlib.Path(__file__).resolve().parent.parent


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((root / f"spec/schema/{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def check(name: str, values: list[tuple[str, object]]) -> None:
    schema = validator(name)
    for label, value in values:
        for fault in schema.iter_errors(value):
            sys.exit(f"{label}: {fault.json_path}: {fault.message[:300]}")
    print(f"schemas: {len(values)} instances of {name} are valid")


vectors = root / "Conformance/vectors"
check("vector-file", [(str(path), json.loads(path.read_text())) for path in sorted(vectors.glob("*/*.json"))])
check("report", [(path, json.loads(pathlib.Path(path).read_text())) for path in sys.argv[1:]])

asked = [
    {"cmd": "start", "protocol": 1, "suite": "1.0.0", "spec": "1.0"},
    {"cmd": "run", "seq": 1, "op": "signature.encode", "input": {"traceId": "a"}},
    {"cmd": "run", "seq": 2, "op": "signature.encode", "input": {"traceId": ""}},
    {"cmd": "run", "seq": 3, "op": "no.such-operation", "input": {}},
    {"cmd": "stop"},
]
testee = subprocess.run(
    [root / ".build/debug/whyops", "conformance", "testee"],
    input="".join(json.dumps(line) + "\n" for line in asked),
    capture_output=True,
    text=True,
    check=True,
    timeout=60,
)
answers = [json.loads(line) for line in testee.stdout.splitlines()]
if [next(iter(answer)) for answer in answers] != ["protocol", "seq", "seq", "seq"]:
    sys.exit(f"the testee answered {answers}")
check("runner-message", [(json.dumps(message)[:60], message) for message in asked + answers])
