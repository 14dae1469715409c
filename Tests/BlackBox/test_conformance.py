"""The conformance runner as a person uses it, with testees that are processes and misbehave."""

import json
import socket
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest

from conftest import StartServer
from harness import BINARY

FILTER = "signature/encode/uuid-0*"

HEAD = """
import json, os, sys, time
count = 0
def say(value):
    print(json.dumps(value), flush=True)
for line in sys.stdin:
    message = json.loads(line)
    if message["cmd"] == "start":
        say({"protocol": 1, "implementation": {"name": "odd", "version": "1"}, "spec": ["1.0"], "features": []})
        continue
    if message["cmd"] == "stop":
        break
    count += 1
    seq = message["seq"]
"""

# What a testee does with its second request; everything else is skipped.
ODD = {
    "silent": "time.sleep(3600)",
    "dead": "os._exit(3)",
    "killed": "os.kill(os.getpid(), 9)",
    "garbage": "print('what?', flush=True)",
    "half-a-line": "print('{\"seq\":', end='', flush=True); time.sleep(3600)",
    "closed": "os.close(1); time.sleep(3600)",
    "other-seq": "say({'seq': 99, 'output': {}})",
    "binary": "os.write(1, bytes(range(128, 256)) + b'\\n')",
}


def conformance(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BINARY, "conformance", *arguments], capture_output=True, text=True, timeout=120)


def odd_program(folder: Path, body: str) -> str:
    path = folder / "testee.py"
    path.write_text(HEAD + "".join(f"    {line}\n" for line in body.splitlines()))
    return f"{sys.executable} {path}"


def statuses(path: Path) -> list[str]:
    return [result["status"] for result in json.loads(path.read_text())["results"]]


@pytest.mark.parametrize("name", ODD)
def test_misbehaving_testee_is_told_and_the_run_goes_on(tmp_path: Path, name: str) -> None:
    command = odd_program(tmp_path, f"if count == 2: {ODD[name]}\nsay({{'seq': seq, 'skipped': 'no'}})")
    report = tmp_path / "report.json"
    run = conformance(
        "run", "--filter", FILTER, "--testee", command, "--timeout", "0.7", "--report", str(report)
    )
    assert run.returncode == 1, run.stderr
    found = statuses(report)
    assert len(found) >= 4
    # Each life answers one request and fails at the second.
    assert found == ["skipped", "error"] * (len(found) // 2) + ["skipped"] * (len(found) % 2)


def test_talkative_testee_is_not_held_up(tmp_path: Path) -> None:
    command = odd_program(tmp_path, "sys.stderr.write('x' * 1000000)\nsys.stderr.flush()\nsay({'seq': seq, 'skipped': 'no'})")
    run = conformance("run", "--filter", FILTER, "--testee", command)
    assert run.returncode == 0, run.stdout


def test_what_the_shell_started_ends_too(tmp_path: Path) -> None:
    command = odd_program(tmp_path, "open(sys.argv[1], 'w').write(str(os.getpid()))\ntime.sleep(3600)")
    mark = tmp_path / "pid"
    run = conformance("run", "--filter", FILTER, "--timeout", "0.5", "--testee", f"true; {command} {mark}; true")
    assert run.returncode == 1
    status = Path(f"/proc/{mark.read_text()}/status")
    # Nobody may have collected it yet.
    assert not status.exists() or "(zombie)" in status.read_text()


def test_testee_that_cannot_start(tmp_path: Path) -> None:
    run = conformance("run", "--filter", FILTER, "--testee", str(tmp_path / "nothing"))
    assert run.returncode == 1
    assert "not found" in run.stdout


def test_expected_failures_and_reports(tmp_path: Path) -> None:
    command = odd_program(tmp_path, "say({'seq': seq, 'output': {'text': 'wrong'}})")
    expected = tmp_path / "expected.txt"
    expected.write_text("signature/encode/*  # all wrong, https://example.org/1\n")
    junit, markdown = tmp_path / "junit.xml", tmp_path / "out.md"
    arguments = ["run", "--filter", FILTER, "--expected-failures", str(expected)]
    run = conformance(*arguments, "--testee", command, "--junit", str(junit), "--markdown", str(markdown))
    assert run.returncode == 0, run.stdout
    assert "xfail" in run.stdout
    suite = xml.etree.ElementTree.parse(junit).getroot()[0]
    assert suite.get("name") == "codec" and suite.get("skipped") == suite.get("tests")
    assert "| codec | failed |" in markdown.read_text()
    # The Swift core passes, which was not expected.
    run = conformance(*arguments)
    assert run.returncode == 1
    assert "xpass" in run.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--filter", "no/such/case"],
        ["run", "--class", "nothing"],
        ["run", "--spec", "one"],
        ["run", "--jobs", "0"],
        ["run", "--suite", "/nonexistent"],
        ["run", "--expected-failures", "/nonexistent"],
        ["bless", "no/such/case"],
        ["no-such-command"],
    ],
)
def test_misuse_is_two(arguments: list[str]) -> None:
    assert conformance(*arguments).returncode == 2


def test_reports_of_two_runs_differ_in_timing_only(tmp_path: Path) -> None:
    reports = []
    for number in range(2):
        path = tmp_path / f"{number}.json"
        jobs = str(number + 1)
        assert conformance("run", "--filter", "event/*", "--jobs", jobs, "--report", str(path)).returncode == 0
        report = json.loads(path.read_text())
        del report["timing"]
        reports.append(report)
    assert reports[0] == reports[1]


def test_bless_changes_one_expectation(tmp_path: Path) -> None:
    suite, spec = tmp_path / "Conformance", tmp_path / "spec"
    (suite / "vectors/json").mkdir(parents=True)
    spec.mkdir()
    (suite / "VERSION").write_text("1.0.0\n")
    (suite / "features.txt").write_text("")
    (suite / "vectors/files-1.0.txt").write_text("json/check.json 2\n")
    (spec / "json.md").write_text("- **[JSON-1]** A reader MUST accept JSON.\n")
    (spec / "untested.txt").write_text("")
    case = '{{"id": "json/check/{}", "req": ["JSON-1"], "since": "1.0", "input": {{"text": "{{}}"}}, "expect": {}}}'
    right = '{"output": {"code": null, "offset": null}}'
    lines = [case.format("a", '{"output": {"code": "x", "offset": 1}}'), case.format("b", right)]
    vectors = suite / "vectors/json/check.json"
    vectors.write_text('{"schema": 1, "op": "json.check", "cases": [\n  ' + ",\n  ".join(lines) + "\n]}\n")
    run = conformance("bless", "json/check/a", "--suite", str(suite))
    assert run.returncode == 0, run.stderr
    assert '- {"output": {"code": "x", "offset": 1}}' in run.stdout and f"+ {right}" in run.stdout
    assert json.loads(vectors.read_text())["cases"][0]["expect"] == json.loads(right)
    assert conformance("bless", "json/check/a", "--suite", str(suite)).stdout == "json/check/a: nothing to change\n"
    # requirements.json is not there yet, and then everything is fine.
    assert conformance("lint", "--suite", str(suite)).returncode == 1
    assert conformance("fmt", "--suite", str(suite)).returncode == 0
    run = conformance("lint", "--suite", str(suite))
    assert run.returncode == 0, run.stdout


def test_ingest_service_passes_its_class(start: StartServer, tmp_path: Path) -> None:
    server = start().ready()
    report = tmp_path / "report.json"
    run = conformance(
        "run", "--class", "ingest", "--url", server.ingest, "--key", server.key, "--report", str(report)
    )
    assert run.returncode == 0, run.stdout
    assert len(statuses(report)) > 600
    # Without a key that is known everything is told, and nothing waited for.
    run = conformance("run", "--class", "ingest", "--url", server.ingest, "--key", "not-the-key-0123456789")
    assert run.returncode == 1


def test_proxy_passes_its_class(start: StartServer, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    server = start(url=f"http://127.0.0.1:{port}").ready()
    report = tmp_path / "report.json"
    where = ["--url", server.proxy, "--key", server.key, "--upstream-port", str(port)]
    run = conformance("run", "--class", "proxy", *where, "--report", str(report))
    assert run.returncode == 0, run.stdout
    assert len(statuses(report)) > 700
    # A proxy that signs nothing is found out.
    unsigned = start("--signature", "off", folder="unsigned", url=f"http://127.0.0.1:{port}").ready()
    where[1] = unsigned.proxy
    run = conformance("run", "--class", "proxy", *where)
    assert run.returncode == 1
    assert "proxy/exchange/embed/new-chat-plain" in run.stdout
