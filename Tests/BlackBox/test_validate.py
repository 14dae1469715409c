"""`whyops validate`: files of payloads, the forms of a report, exit statuses."""

from __future__ import annotations

import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from harness import BINARY, run

EVENT = {"eventType": "user_message", "traceId": "t", "agentName": "a", "content": "x"}
BROKEN = {**EVENT, "traceId": "", "stepId": 0}
AGENT = {"systemPrompt": "You help.", "tools": []}


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def lines(*values: Any) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("event.json", json.dumps(EVENT, indent=2)),
        ("batch.json", json.dumps([EVENT, EVENT])),
        ("events.ndjson", lines(EVENT, [EVENT, EVENT], EVENT)),
        ("crlf.jsonl", lines(EVENT, EVENT).replace("\n", "\r\n")),
        ("agent.json", json.dumps(AGENT)),
        ("registration.json", json.dumps({"agentName": "a", "metadata": AGENT})),
        ("no-ending", lines(EVENT, EVENT)),
        ("empty.ndjson", ""),
    ],
)
def test_nothing_is_found(tmp_path: Path, name: str, text: str) -> None:
    done = run(tmp_path, "validate", write(tmp_path, name, text))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith("in 1 file: no findings\n")


def test_findings_have_their_places(tmp_path: Path) -> None:
    path = write(tmp_path, "events.ndjson", lines(EVENT, BROKEN) + '{"eventType": "é😀", oops}\n')
    done = run(tmp_path, "validate", path)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{path}:2:42: Must not be empty at /traceId [traceId.minLength]",
        f"{path}:2:90: Must be at least 1, or left out at /stepId [stepId.minimum]",
        f"{path}:3:21: a byte cannot stand here [json.unexpected-byte]",
    ]
    assert done.stderr == "2 payloads in 1 file: 3 findings\n"
    assert run(tmp_path, "validate", "--quiet", path).stderr == ""


def test_folders_and_patterns(tmp_path: Path) -> None:
    write(tmp_path, "a/one.json", json.dumps(BROKEN))
    write(tmp_path, "a/deep/two.ndjson", lines(BROKEN))
    write(tmp_path, "a/notes.txt", "no JSON")
    write(tmp_path, "a/.hidden/three.json", "no JSON")
    for argument, files in (("a", ["deep/two.ndjson", "one.json"]), ("a/**/*.json", ["one.json"]), ("a/*.txt", ["notes.txt"])):
        done = run(tmp_path, "validate", argument)
        assert done.returncode == 1
        assert sorted({line.split(":")[0] for line in done.stdout.splitlines()}) == [f"a/{name}" for name in files]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Name files to check"),
        (("missing.json",), "missing.json is no file and no folder"),
        (("*.json",), "no file matches *.json"),
        ((".",), ". has no files that end in .json, .jsonl, .ndjson"),
        (("--format", "xml", "-"), "text, json, sarif, junit, github"),
        (("--explain", "traceid"), "There are: traceId.maxLength"),
        (("--explain", "nonsense"), "Reports name them in brackets, such as [content.type]"),
        (("/proc/self/mem",), "/proc/self/mem cannot be read"),
    ],
)
def test_misuse(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run(tmp_path, "validate", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Usage: whyops" in done.stderr


def test_kind_profile_and_layout(tmp_path: Path) -> None:
    bare = write(tmp_path, "bare.json", json.dumps({**EVENT, "eventType": "llm_thinking", "content": {}}))
    assert run(tmp_path, "validate", bare).returncode == 0
    strict = run(tmp_path, "validate", "--profile", "strict", bare)
    assert strict.returncode == 1 and "[thinking.type.enum]" in strict.stdout
    assert "[metadata.required]" in run(tmp_path, "validate", "--kind", "agent", bare).stdout
    spread = write(tmp_path, "spread.ndjson", json.dumps(EVENT, indent=1))
    assert run(tmp_path, "validate", spread).returncode == 1
    assert run(tmp_path, "validate", "--layout", "value", spread).returncode == 0


def report(tmp_path: Path, form: str) -> str:
    broken = write(tmp_path, "b.json", json.dumps([EVENT, BROKEN]))
    good = write(tmp_path, "g.json", json.dumps(EVENT))
    done = run(tmp_path, "validate", "--format", form, broken, good)
    assert done.returncode == 1
    return done.stdout


def test_json_report(tmp_path: Path) -> None:
    told = json.loads(report(tmp_path, "json"))
    assert told["summary"] == {"files": 2, "payloads": 3, "findings": 2, "bytes": told["summary"]["bytes"]}
    assert [one["pointer"] for one in told["findings"]] == ["/1/traceId", "/1/stepId"]
    assert set(told["findings"][0]) == {"file", "line", "column", "pointer", "rule", "message"}


def test_sarif_report(tmp_path: Path) -> None:
    told = json.loads(report(tmp_path, "sarif"))
    (one,) = told["runs"]
    assert (told["version"], one["columnKind"]) == ("2.1.0", "unicodeCodePoints")
    assert [result["ruleId"] for result in one["results"]] == ["traceId.minLength", "stepId.minimum"]
    rules = {rule["id"]: rule["fullDescription"]["text"] for rule in one["tool"]["driver"]["rules"]}
    assert set(rules) == {"traceId.minLength", "stepId.minimum"}
    assert "2147483647" in rules["stepId.minimum"]


def test_junit_report(tmp_path: Path) -> None:
    root = ElementTree.fromstring(report(tmp_path, "junit"))
    tests = root.findall("./testsuite/testcase")
    assert [len(test.findall("failure")) for test in tests] == [1, 0]
    assert "[stepId.minimum]" in (tests[0].findtext("failure") or "")


def test_github_report(tmp_path: Path) -> None:
    first = report(tmp_path, "github").splitlines()[0]
    assert first.startswith("::error file=") and ",line=1,col=" in first and first.endswith("::/1/traceId: Must not be empty")


def test_rule_is_explained(tmp_path: Path) -> None:
    done = run(tmp_path, "validate", "--explain", "stepId.minimum")
    assert done.returncode == 0
    assert done.stdout.startswith("stepId.minimum\n  EVT-8  `stepId` and `parentStepId` MUST be whole numbers")
    # The sentence by its own id, which stands in what is explained.
    again = run(tmp_path, "validate", "--explain", "EVT-8")
    assert again.stdout.splitlines() == ["EVT-8", next(line for line in done.stdout.splitlines() if "EVT-8 " in line)]


def feed(parts: Any) -> tuple[str, int]:
    """The output for what comes on standard input, and the most memory that the program had, in bytes."""
    program = subprocess.Popen([BINARY, "validate", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert program.stdin and program.stdout
    for part in parts:
        program.stdin.write(part)
    program.stdin.close()
    output = program.stdout.read().decode()
    _, _, usage = os.wait4(program.pid, 0)
    return output, usage.ru_maxrss * 1024


@pytest.mark.parametrize("layout", ["lines", "array"])
def test_memory_does_not_grow_with_the_input(layout: str) -> None:
    block = lines(*[{**EVENT, "content": "x" * 400}] * 1000).encode()
    if layout == "array":
        block = block.replace(b"}\n", b"},\n")
    output, memory = feed([b"[", *[block] * 60, json.dumps(EVENT).encode() + b"]"] if layout == "array" else [block] * 60)
    assert output == f"{60_001 if layout == 'array' else 60_000} payloads in 1 file: no findings\n"
    small = feed([b"{}"])[1]
    assert memory - small < 24 << 20
