"""`whyops hash` and `whyops diff`: hashes and differences of definitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness import run

VECTORS = Path(__file__).resolve().parent.parent.parent / "Conformance" / "vectors" / "agent"
DEFINITION = {
    "systemPrompt": "You help.",
    "tools": [{"name": "find", "inputSchema": {"properties": {"id": {"type": "string"}}, "required": ["id"]}}],
}


def cases(name: str, part: str) -> list[Any]:
    found = [case for case in json.loads((VECTORS / name).read_text(encoding="ascii"))["cases"] if part in case["id"]]
    assert found
    return found


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


@pytest.mark.parametrize("case", cases("diff.json", "/orders/"), ids=lambda case: case["id"])
def test_differences_are_told(tmp_path: Path, case: Any) -> None:
    files = [write(tmp_path, side, case["input"][side]) for side in ("before", "after")]
    changes = case["expect"]["output"]["changes"]
    done = run(tmp_path, "diff", *files)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [change["sentence"] for change in changes]
    told = run(tmp_path, "diff", "--json", *files)
    assert told.returncode == 1
    assert json.loads(told.stdout) == {"changes": changes}


def test_spelling_is_no_difference(tmp_path: Path) -> None:
    definition = write(tmp_path, "a", json.dumps(DEFINITION))
    tools = [{**tool, "inputSchema": json.dumps(tool["inputSchema"], indent=2)} for tool in DEFINITION["tools"]]  # type: ignore
    spelt = {"agentName": "a", "metadata": {"tools": tools, "description": "", "systemPrompt": "You help."}}
    registration = write(tmp_path, "b", json.dumps(spelt))
    done = run(tmp_path, "diff", definition, registration)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    hashes = [json.loads(run(tmp_path, "hash", "--json", path).stdout) for path in (definition, registration)]
    assert hashes[0]["definitionHash"] == hashes[1]["definitionHash"]
    assert hashes[0]["versionHash"] != hashes[1]["versionHash"]


@pytest.mark.parametrize("case", cases("definition-hash.json", "/realistic/"), ids=lambda case: case["id"])
def test_hashes(tmp_path: Path, case: Any) -> None:
    path = write(tmp_path, "definition.json", case["input"]["definition"])
    output = case["expect"]["output"]
    done = run(tmp_path, "hash", path)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == f"definition {output['definitionHash']}"
    assert done.stdout.splitlines()[-1] == f"tool {output['tools'][-1]['hash']} {output['tools'][-1]['name']}"
    told = json.loads(run(tmp_path, "hash", "--json", path).stdout)
    assert {name: told[name] for name in ("definitionHash", "systemPrompt", "description", "tools")} == {
        name: output[name] for name in ("definitionHash", "systemPrompt", "description", "tools")
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "ends inside"), ('{"tools":[]}', "systemPrompt.required"), ('{"systemPrompt":"\\ud83d","tools":[]}', "AGT-")],
    ids=["no-json", "refused", "no-form"],
)
def test_what_has_no_hash(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path, "a", text)
    done = run(tmp_path, "hash", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    other = write(tmp_path, "b", json.dumps(DEFINITION))
    compared = run(tmp_path, "diff", path, other)
    assert (compared.returncode, compared.stdout) == (2, "")
    assert words in compared.stderr


def test_missing_file_is_misuse(tmp_path: Path) -> None:
    assert run(tmp_path, "diff", "none", "none").returncode == 2
    assert run(tmp_path, "hash", "none").returncode == 2
    assert run(tmp_path, "diff", "none").returncode == 2


def test_standard_input_and_the_line_of_a_fault(tmp_path: Path) -> None:
    # CLI-4
    path = write(tmp_path, "a", json.dumps(DEFINITION))
    told = run(tmp_path, "hash", "-", given=json.dumps(DEFINITION))
    assert (told.returncode, told.stderr) == (0, "") and told.stdout == run(tmp_path, "hash", path).stdout
    assert run(tmp_path, "diff", "-", path, given=json.dumps(DEFINITION)).returncode == 0
    broken = run(tmp_path, "hash", "-", given='{\n"systemPrompt": "x",\n}')
    assert broken.returncode == 1 and broken.stderr.startswith("Error: standard input:3: this is not JSON: "), broken.stderr
    broken = run(tmp_path, "diff", path, write(tmp_path, "b", "[\n"))
    assert broken.returncode == 2 and f"Error: {tmp_path / 'b'}:" in broken.stderr, broken.stderr
