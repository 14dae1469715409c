"""`whyops traces`, `events` and `agents` over a store and over a service."""

from __future__ import annotations

import fcntl
import json
import os
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest

import harness
import replies
from asking import ask
from bench import Bench
from conftest import Command, StartServer
from reader import eventually
from test_ingest import event, post


def conversation(bench: Bench) -> str:
    """A trace of two calls through the proxy; its id."""
    client = bench.openai()
    for text in ("It is on its way.", "You are welcome."):
        bench.script.reply(replies.reply(replies.chat(text, model=bench.model)))
    messages = [{"role": "user", "content": "Where is my order?\nIt is late. \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"}]
    first = client.chat.completions.with_raw_response.create(model=bench.model, messages=messages)
    messages.append(first.parse().choices[0].message.model_dump(exclude_none=True))
    messages.append({"role": "user", "content": "Thank you"})
    client.chat.completions.create(model=bench.model, messages=messages)
    trace = first.headers["x-trace-id"]
    bench.reader.await_types(trace, *["user_message", "llm_response"] * 2)
    return trace


def test_traces_are_listed_and_shown(alone: Bench, place: Command) -> None:
    trace = conversation(alone)
    post(alone, event(alone, externalUserId="user 7"))
    done = place("traces", "list")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[1] for row in rows] == [f"trace-{alone.token}", trace]
    assert rows[0][2:5] == [alone.agent, "-", "1"] and rows[0][8] == "user 7"
    assert rows[1][4] == "4" and rows[1][3] == alone.model
    listed = json.loads(place("traces", "list", "--json", "--count", "1").stdout)
    assert listed == ask(alone, "GET", "/api/threads?count=1&page=1").body
    done = place("traces", "list", "--count", "1")
    assert [len(done.stdout.splitlines()), "--page 2" in done.stderr] == [1, True]
    assert place("traces", "list", "--user", "user 7").stdout.count("\n") == 1
    assert place("traces", "list", "--search", "order").stdout.split("\t")[1] == trace
    assert place("traces", "list", "--errors").stdout == ""
    for option, value in (("--since", "yesterday"), ("--until", "2026-13-01"), ("--search", "x" * 201)):
        # CLI-3: by the name that was typed, before anything is asked.
        done = place("traces", "list", option, value)
        assert (done.returncode, done.stdout) == (2, "") and f"Error: {option} " in done.stderr, done.stderr
    assert place("traces", "list", "--since", "2026-01-31", "--until", "2999-12-31T23:00:00+02:00").stdout.count("\n") == 2

    done = place("traces", "show", trace)
    head, *lines = done.stdout.splitlines()
    assert head.startswith(f"trace {trace}  agent {alone.agent}  4 events  "), head
    assert [line.split()[0] for line in lines] == ["#1", "#2", "#3", "#4"]
    assert "user_message" in lines[0] and "Where is my order? It is late." in lines[0]
    assert "[signature.v2]" in lines[2] and "Thank you" in lines[2]
    full = place("traces", "show", trace, "--full").stdout
    assert "\n      It is late. " in full and "\u0645\u06cc\\u{200C}\u062e" in full
    shown = json.loads(place("traces", "show", trace, "--json", "--limit", "2", "--offset", "1").stdout)
    path = f"/api/threads/{trace}?eventLimit=2&eventOffset=1&eventInclude=content,metadata"
    assert shown == ask(alone, "GET", path).body
    done = place("traces", "show", "no/such trace")
    assert (done.returncode, done.stdout) == (1, "") and "no/such trace" in done.stderr


def test_an_export_is_an_import_elsewhere(
    alone: Bench, place: Command, start: StartServer, tmp_path: Path
) -> None:
    trace = conversation(alone)
    post(alone, [event(alone, at, metadata={"n": 1.50}) for at in range(3)])
    done = place("traces", "export", "--agent", alone.agent)
    assert done.returncode == 0 and done.stderr == "7 events of 2 traces.\n", done.stderr
    (tmp_path / "all.ndjson").write_text(done.stdout, encoding="utf-8")
    assert "1.5" in done.stdout and place("traces", "export", trace).stdout in done.stdout
    assert harness.run(tmp_path, "validate", "all.ndjson").returncode == 0
    other = start(folder="copy").ready()
    elsewhere = {"env": {"WHYOPS_API_KEY": other.key}}
    for told in ("7 stored, 0 refused.", "0 stored, 7 were there already, 0 refused."):
        done = harness.run(tmp_path, "traces", "import", "all.ndjson", "--url", other.ingest, **elsewhere)
        assert (done.returncode, done.stdout.strip()) == (0, told), done.stderr
    again = harness.run(tmp_path, "traces", "export", "--all", "--url", other.ingest, **elsewhere).stdout
    assert sorted(map(comparable, again.splitlines())) == sorted(map(comparable, (tmp_path / "all.ndjson").open()))


def comparable(line: str) -> str:
    """An event without the id of the store it was in."""
    read = json.loads(line)
    return json.dumps({name: value for name, value in read.items() if name != "providerId"}, sort_keys=True)


def test_what_is_refused_is_told_by_its_line(alone: Bench, place: Command, tmp_path: Path) -> None:
    good, bad = event(alone, 0, idempotencyKey="k"), {**event(alone, 1), "stepId": 0}
    lines = "\n".join([json.dumps(good), "", json.dumps(bad), "{", json.dumps(event(alone, 2))])
    done = place("events", "send", "-", given=lines)
    assert (done.returncode, done.stdout) == (1, "2 stored, 2 refused.\n"), done.stderr
    told = sorted(done.stderr.splitlines())
    assert told[0].startswith("standard input:3: stepId.minimum: /") and told[1].startswith("standard input:4: json: ")
    done = place("events", "send", "-", "--json", given=json.dumps([good]))
    assert json.loads(done.stdout) == {"saved": 0, "skipped": 1, "sampledOut": 0, "refused": 0}, done.stderr
    many = "\n".join(json.dumps(event(alone, at)) for at in range(450))
    assert place("events", "send", "-", given=many).stdout == "450 stored, 0 refused.\n"
    at = [one["content"]["output"]["at"] for one in alone.reader.events(f"trace-{alone.token}")]
    assert at == [0, 2, *range(450)]
    assert place("events", "send", "nothing.json").returncode == 2


@pytest.mark.parametrize("given", ["", " \n\r\n\t"], ids=["empty", "white space"])
def test_nothing_to_send_is_no_fault(alone: Bench, place: Command, given: str) -> None:
    for command in (["events", "send", "-"], ["traces", "import", "-"]):
        done = place(*command, given=given)
        assert (done.returncode, done.stdout, done.stderr) == (0, "0 stored, 0 refused.\n", "")
    done = place("events", "send", "-", given="{")
    assert (done.returncode, done.stdout) == (1, "0 stored, 1 refused.\n")
    assert done.stderr == "standard input:1: json: this is not JSON\n"


def test_what_is_not_written_is_no_success(alone: Bench, place: Command) -> None:
    post(alone, event(alone))
    with open("/dev/full", "w", encoding="ascii") as full:
        command = [harness.BINARY, "traces", "export", "--all", "--url", alone.server.ingest]
        env = harness.environment(alone.server.folder, {"WHYOPS_API_KEY": alone.server.key})
        done = subprocess.run(command, env=env, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1 and "No space left" in done.stderr, done.stderr


def test_large_events_go_by_themselves(alone: Bench, place: Command) -> None:
    large = event(alone, 1, metadata={"image": "x" * (11 << 20)})
    lines = "\n".join(json.dumps(one) for one in (event(alone, 0), large, event(alone, 2)))
    done = place("events", "send", "-", given=lines)
    if done.returncode == 0:
        # A store that is opened here has no limit against others.
        assert done.stdout == "3 stored, 0 refused.\n"
        exported = place("traces", "export", "--all").stdout
        assert len(exported.splitlines()) == 3 and len(exported) > 11 << 20
    else:
        assert done.stdout == "2 stored, 1 refused.\n"
        assert done.stderr.startswith("standard input:2: body.maxBytes: "), done.stderr


def test_lines_of_a_pipe_do_not_wait(alone: Bench, place: Command) -> None:
    command = [harness.BINARY, "events", "send", "-", "--url", alone.server.ingest]
    env = harness.environment(alone.server.folder, {"WHYOPS_API_KEY": alone.server.key})
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sender:
        assert sender.stdin
        for at in range(2):
            # The first line alone does not tell lines from one value.
            print(json.dumps(event(alone, at)), json.dumps(event(alone, at)), sep="\n", file=sender.stdin, flush=True)
            eventually(lambda: len(alone.reader.events(f"trace-{alone.token}")) >= 2 * at + 1, "the events")
        sender.stdin.close()
        assert sender.wait(60) == 0


@pytest.mark.parametrize("pager", ["", "sh -c 'cat; sleep 0'"])
def test_columns_fill_the_terminal_and_no_more(alone: Bench, pager: str) -> None:
    post(alone, event(alone, externalUserId="user-at-the-end"))
    env = harness.environment(alone.server.folder, {"WHYOPS_API_KEY": alone.server.key, "PAGER": pager, "TERM": "xterm"})
    for width in (200, 80):
        done = shown([harness.BINARY, "traces", "list", "--url", alone.server.ingest], env, width)
        lines = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in done.splitlines()]
        assert [len(line) <= width for line in lines] == [True, True], lines
        assert lines[0].startswith("LAST ACTIVITY") and ("user-at-the-end" in lines[1]) == (width == 200)


def shown(command: list[str], env: dict[str, str], width: int) -> str:
    """What a program shows on a terminal of some columns."""
    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    with subprocess.Popen(command, env=env, stdin=its, stdout=its, stderr=subprocess.PIPE) as program:
        os.close(its)
        text = b""
        while True:
            try:
                text += os.read(ours, 65536)
            except OSError:
                break
        assert program.wait(60) == 0, program.stderr and program.stderr.read()
    os.close(ours)
    return text.decode()


def test_traces_are_followed(alone: Bench, place: Command) -> None:
    env = {"WHYOPS_API_KEY": alone.server.key}
    command = [harness.BINARY, "traces", "tail", "--lines", "1", "--json", "--agent", alone.agent]
    with subprocess.Popen(
        [*command, "--url", alone.server.ingest],
        env=harness.environment(alone.server.folder, env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as tail:
        # A trace is told of once the stream is there; until then they come anew.
        for at in range(100):
            post(alone, event(alone, at))
            try:
                tail.wait(0.2)
                break
            except subprocess.TimeoutExpired:
                continue
        tail.kill()
        assert tail.stdout and tail.returncode == 0
        [line] = tail.stdout.read().splitlines()
    assert json.loads(line)["threadId"] == f"trace-{alone.token}"
    done = harness.run(alone.server.folder, "traces", "tail", "--url", alone.server.ingest, env={"WHYOPS_API_KEY": "no"})
    assert done.returncode == 2 and "does not know the API key" in done.stderr


def test_agents_and_their_versions(alone: Bench, place: Command, tmp_path: Path) -> None:
    for prompt in ("You help.", "You help fast."):
        body = {"agentName": alone.agent, "metadata": {"systemPrompt": prompt, "tools": []}}
        assert post(alone, body, "/api/entities/init").status in (200, 201)
    [row] = [line.split("\t") for line in place("agents", "list").stdout.splitlines()]
    assert row[0] == alone.agent
    versions = [line.split("\t") for line in place("agents", "versions", alone.agent).stdout.splitlines()]
    assert sorted(version[0] for version in versions) == [" ", "*"]
    shown = [place("agents", "show", row[1], *more).stdout for more in ([], ["--version", versions[-1][1]])]
    for name, text in zip(("new", "old"), shown):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert {json.loads(text)["systemPrompt"] for text in shown} == {"You help.", "You help fast."}
    assert harness.run(tmp_path, "diff", "old", "new").returncode == 1
    assert place("agents", "show", "nobody").returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [["export"], ["export", "--all", "x"], ["list", "--count", "0"], ["tail", "--lines", "0"], ["show"]],
    ids=" ".join,
)
def test_misuse(tmp_path: Path, arguments: list[str]) -> None:
    done = harness.run(tmp_path, "traces", *arguments)
    assert done.returncode == 2 and "Usage: whyops traces" in done.stderr, done.stderr
