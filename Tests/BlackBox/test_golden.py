"""Every command's help and misuse, what the principal ones print, the manual and the completions, to the letter.

After a change that was meant: `Tests/BlackBox/run -k test_golden --bless` writes `golden/` and `docs/reference.md` anew.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

import harness
from bench import fetch
from conftest import StartServer
from frames import SIGNING_KEY
from golden import Golden, settled, transcript
from harness import run

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ("whyops", "whyops-proxy", "whyops-ingest")
Help = dict[str, Any]


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Iterator[Golden]:
    kept = Golden(request.config.option.bless)
    yield kept
    kept.end()


def call(folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One of the programs beside the binary, with a terminal of 80 columns."""
    binary = Path(harness.BINARY).with_name(program)
    env = harness.environment(folder, {"COLUMNS": "80"})
    return subprocess.run([str(binary), *arguments], env=env, cwd=folder, capture_output=True, text=True, timeout=60)


def commands(folder: Path) -> Iterator[tuple[str, tuple[str, ...], Help]]:
    """Every command of every program: the program, its words, and what the parser knows of it."""

    def walk(program: str, help: Help, words: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...], Help]]:
        yield program, words, help
        for below in help.get("subcommands", []):
            if below["commandName"] != "help":
                yield from walk(program, below, (*words, below["commandName"]))

    for program in PROGRAMS:
        done = call(folder, program, "--experimental-dump-help")
        yield from walk(program, json.loads(done.stdout)["command"], ())


def test_help(golden: Golden, tmp_path: Path) -> None:
    for program, words, _ in commands(tmp_path):
        done = call(tmp_path, program, *words, "--help")
        assert (done.returncode, done.stderr) == (0, ""), words
        golden.check(f"help/{'-'.join((program, *words))}.txt", done.stdout)
    golden.nothing_else_in("help")


def mistakes(words: tuple[str, ...], help: Help) -> Iterator[list[str]]:
    """Calls of a command that cannot be meant: an unknown option, what is missing, what is no value."""
    yield [*words, "--no-such-option"]
    if help.get("subcommands"):
        yield [*words, "no-such-command"]
        return
    arguments = [one for one in help["arguments"] if one["shouldDisplay"]]
    needed = [one for one in arguments if not one["isOptional"]]
    if needed:
        yield list(words)
    else:
        given = [one for one in arguments if one["kind"] == "positional"]
        if not given:
            yield [*words, "too-much"]
    whole: list[str] = []
    for one in needed:
        whole += [f"--{one['preferredName']['name']}=x"] if one["kind"] == "option" else ["x"]
    for one in arguments:
        is_number = re.fullmatch(r"\d+(\.\d+)?", one.get("defaultValue") or "")
        if one["kind"] == "option" and (is_number or one.get("allValues")):
            yield [*words, *whole, f"--{one['preferredName']['name']}=nonsense"]


def test_misuse(golden: Golden, tmp_path: Path) -> None:
    """CLI-3: it is told on standard error, with the usage and no trace of the program's insides, and the status is 2."""
    parts: dict[str, list[str]] = {}
    for program, words, help in commands(tmp_path):
        for arguments in mistakes(words, help):
            done = call(tmp_path, program, *arguments)
            assert (done.returncode, done.stdout) == (2, ""), (program, arguments, done)
            assert re.match(r"Error: .", done.stderr) and "Usage: " in done.stderr, (arguments, done.stderr)
            assert not re.search(r"Fatal error|Thread \d|\.swift:\d| at /", done.stderr), done.stderr
            text = transcript(done, *arguments).replace("$ whyops", f"$ {program}", 1)
            parts.setdefault(words[0] if words else program, []).append(text)
    for name, texts in parts.items():
        golden.check(f"misuse/{name}.txt", "\n".join(texts))
    golden.nothing_else_in("misuse")
    assert list(tmp_path.iterdir()) == []


EVENTS = [
    {
        "eventType": "user_message",
        "traceId": "order-1",
        "agentName": "support",
        "timestamp": "2026-01-31T10:00:00.000Z",
        "externalUserId": "user-7",
        "content": "Where is my order?",
    },
    {
        "eventType": "llm_response",
        "traceId": "order-1",
        "agentName": "support",
        "timestamp": "2026-01-31T10:00:01.500Z",
        "content": {"toolCalls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"order":1}'}}]},
        "metadata": {
            "model": "gpt-4o-mini",
            "provider": "openai",
            "latencyMs": 1500,
            "usage": {"promptTokens": 40, "completionTokens": 9, "totalTokens": 49},
        },
    },
    {
        "eventType": "error",
        "traceId": "order-1",
        "agentName": "support",
        "timestamp": "2026-01-31T10:00:02.000Z",
        "content": {"message": "the shop does not answer", "status": 503},
    },
    {
        "eventType": "user_message",
        "traceId": "order-2",
        "agentName": "billing",
        "timestamp": "2026-02-01T09:00:00.000Z",
        "content": "Send the invoice again",
    },
    *(
        {
            "eventType": "tool_call_request",
            "traceId": "order-3",
            "agentName": "billing",
            "spanId": f"span-{number}",
            "timestamp": f"2026-02-01T09:00:0{number}.000Z",
            "content": {"toolCalls": [{"name": "find", "arguments": {"order": 3}}]},
            "metadata": {"tool": "find"},
        }
        for number in range(1, 4)
    ),
]
for number, one in enumerate(EVENTS):
    one["idempotencyKey"] = f"event-{number}"
TIMES = [event["timestamp"] for event in EVENTS]
BROKEN = [{**EVENTS[0], "traceId": ""}, {**EVENTS[1], "metadata": {"provider": "openai"}}]
DEFINITION = {
    "systemPrompt": "You help with orders.",
    "tools": [{"name": "find", "description": "Finds", "inputSchema": '{"type":"object"}', "outputSchema": "{}"}],
}
CHANGED = {**DEFINITION, "systemPrompt": "You help with orders and invoices."}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files for every command that reads some."""

    def lines(values: list[Any]) -> str:
        return "".join(json.dumps(value) + "\n" for value in values)

    (tmp_path / "events.ndjson").write_text(lines(EVENTS))
    (tmp_path / "broken.ndjson").write_text(lines(BROKEN) + "{oops}\n")
    (tmp_path / "agent.json").write_text(json.dumps(DEFINITION))
    (tmp_path / "changed.json").write_text(json.dumps(CHANGED))
    (tmp_path / "reply.txt").write_text("The cluster was moved on Tuesday, and all of its nodes are back.\n")
    (tmp_path / "odd.txt").write_text("pass\u200bword\u202e\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def shows(golden: Golden, folder: Path) -> Callable[..., None]:
    """Compares what some commands say, one after the other, with `golden/output/NAME.txt`."""

    def check(name: str, *lines: str, env: dict[str, str] | None = None) -> None:
        texts = []
        for line in lines:
            arguments = line.split(" ")
            texts.append(transcript(run(folder, *arguments, env=env), *arguments))
        text = settled("\n".join(texts), folder, TIMES)
        # What must not stand raw in a file of the project.
        golden.check(f"output/{name}.txt", "".join(c if c < "\u200b" or c in "…├└│─“”" else f"\\u{ord(c):04x}" for c in text))

    return check


def test_files(shows: Callable[..., None], folder: Path) -> None:
    forms = [f"validate --quiet --format {form} events.ndjson broken.ndjson" for form in ("text", "json", "sarif", "junit", "github")]
    shows("validate", "validate events.ndjson", *forms, "validate --explain traceId.minLength", "validate no-such-file.json")
    shows("hash", "hash agent.json", "hash agent.json --json", "hash events.ndjson")
    shows("diff", "diff agent.json agent.json", "diff agent.json changed.json", "diff agent.json changed.json --json")
    env = {"WHYOPS_SIGNING_KEY": SIGNING_KEY}
    shows("signature-embed", "signature embed --trace order-1 --version 1 reply.txt", env=env)
    (folder / "signed.txt").write_bytes(run(folder, "signature", "embed", "--trace", "order-1", "--version", "1", "reply.txt").stdout.encode())
    extract = ["signature extract signed.txt", "signature extract --all signed.txt", "signature extract --json signed.txt"]
    shows("signature", *extract, "signature extract reply.txt", "signature strip signed.txt", env=env)
    shows("signature-scan", "signature scan odd.txt signed.txt reply.txt", "signature scan --json odd.txt", "signature scan reply.txt")
    suite = {"WHYOPS_SUITE": str(ROOT / "Conformance")}
    shows("conformance", "conformance list --filter signature/carrier/*-line*", "conformance list --filter none", env=suite)


def test_a_store(shows: Callable[..., None], start: StartServer) -> None:
    server = start(postgres=None).ready()
    assert server.stop() == 0
    shows = partial(shows, env={"WHYOPS_STORE": server.store_url})
    shows("events", "events send events.ndjson", "events send broken.ndjson", "events send events.ndjson --json")
    list_ = ["traces list", "traces list --errors", "traces list --json --count 1", "traces list --count 0"]
    shows("traces", *list_, "traces show order-1", "traces show order-1 --json", "traces show no-such-trace")
    shows("traces-export", "traces export order-1", "traces export --agent billing", "traces export --all --agent billing")
    shows("lint-trace", "lint-trace order-1", "lint-trace order-3", "lint-trace order-3 --json", "lint-trace nothing")
    agents = ["agents list", "agents list --json", "agents versions support", "agents show support", "agents show nobody"]
    shows("agents", *agents)
    add = "providers add groq --project shop --base-url https://api.groq.com/openai/v1 --credential env:GROQ_API_KEY"
    shows("projects", "projects create shop", "projects create shop", "projects list", "projects list --json")
    shows("providers", add, "providers list --project shop", "providers list --project shop --json", "providers remove none --project shop")
    shows("retention", "projects retention shop --age 7d", "projects retention shop", "projects retention shop --json")
    shows("keys", "keys create --name web --project shop", "keys list", "keys list --json", "keys revoke none --project shop")
    shows("store", "store check", "store check --json", "store backup copy.sqlite", "store backup copy.sqlite")
    shows("dlq-empty", "dlq list", "dlq list --json", "dlq show none", "dlq purge --all")


def test_no_store(shows: Callable[..., None]) -> None:
    """Each says what is missing, and what to do."""
    shows("no-store", "traces list", "events send events.ndjson", "keys list", "lint-trace order-1", "store check")


def test_dead_letters(shows: Callable[..., None], start: StartServer) -> None:
    server = start(postgres=None).ready()
    head = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
    body = json.dumps([{**EVENTS[0], "stepId": 0}, {**EVENTS[3], "agentName": 7}]).encode()
    assert fetch(server.ingest, "POST", "/api/events?partial=true", head, body).status == 207
    env = {"WHYOPS_STORE": server.store_url}
    shows("dlq", "dlq list", "dlq list --json --events", "dlq replay --all", "dlq purge --all --yes", "dlq list", env=env)


def test_doctor(shows: Callable[..., None], folder: Path) -> None:
    env = {"WHYOPS_PROXY_PORT": "0", "WHYOPS_INGEST_PORT": "0"}
    shows("doctor", "doctor --json", "doctor", "doctor --proxy-port 70000", env=env)


def test_reference(golden: Golden, tmp_path: Path) -> None:
    """It is that of the code."""
    golden.check_file(ROOT / "docs" / "reference.md", run(tmp_path, "manual", "--markdown").stdout)


def test_manual_pages(golden: Golden, tmp_path: Path) -> None:
    done = run(tmp_path, "manual", "--output", "man")
    pages = sorted((tmp_path / "man").iterdir())
    names = {"-".join((program, *words)) for program, words, _ in commands(tmp_path)}
    assert {page.name for page in pages} == {f"{name}.1" for name in names}
    assert done.returncode == 0 and str(len(pages)) in done.stderr
    one = run(tmp_path, "manual", "traces", "list")
    assert one.stdout == (tmp_path / "man" / "whyops-traces-list.1").read_text()
    golden.check("manual/whyops-traces-list.1", one.stdout)
    assert run(tmp_path, "manual", "no-such-command").returncode == 2
    if not shutil.which("man"):
        pytest.skip("needs man, of the Debian package man-db")
    for page in pages:
        env = {"LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80", "PATH": "/usr/bin:/bin"}
        command = ["man", "--warnings=all", "-l", str(page)]
        shown = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
        assert (shown.returncode, shown.stderr) == (0, ""), (page.name, shown.stderr)
        for word in ("NAME", "SYNOPSIS", "EXIT STATUS", "--help"):
            assert word in shown.stdout, (page.name, word)
    if shutil.which("mandoc"):
        linted = subprocess.run(["mandoc", "-Tlint", "-Werror", *map(str, pages)], capture_output=True, text=True, timeout=60)
        assert linted.returncode == 0, linted.stdout
