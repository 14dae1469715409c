"""`whyops dlq` over a store and over a service (STO-45, STO-46)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import harness
from asking import ask
from bench import Bench
from conftest import Command
from test_dead_letters import agent_id, bury, taken
from test_ingest import event


@pytest.fixture
def dlq(place: Command) -> Command:
    return lambda *arguments: place("dlq", *arguments)


def test_letters_are_listed_and_shown(alone: Bench, dlq: Command) -> None:
    bad = {**event(alone), "stepId": 0, "n": 1.50}
    first, second = bury(alone, bad, "text\u200b")
    done = dlq("list")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split("  ")[0] for line in lines] == [second, first]
    assert "  1x  invalid  " in lines[1] and bad["traceId"] in lines[1]
    done = dlq("list", "--count", "1")
    assert [done.stdout.split("  ")[0], "--page 2" in done.stderr] == [second, True]
    assert dlq("list", "--count", "1", "--page", "2").stdout.split("  ")[0] == first
    # Both places print what the route answers.
    for more, query in (["--events"], "?include=event&count=20&page=1"), ([], "?count=20&page=1"):
        listed = json.loads(dlq("list", "--json", *more).stdout)
        assert listed == ask(alone, "GET", f"/api/dlq{query}").body
    shown = dlq("show", first)
    assert shown.stdout.splitlines()[1].split("  ")[1:3] == ["/0/stepId", "stepId.minimum"], shown.stdout
    assert json.loads(shown.stdout.splitlines()[-1]) == bad
    assert json.loads(dlq("show", first, "--json").stdout) == ask(alone, "GET", f"/api/dlq/{first}").body["deadLetter"]
    done = dlq("show", "no/such?one")
    assert done.returncode == 1 and "no/such?one" in done.stderr, done.stderr


def test_what_can_be_stored_now_is(alone: Bench, dlq: Command) -> None:
    letter, agent = taken(alone)
    [bad] = bury(alone, {**event(alone), "traceId": ""})
    done = dlq("replay", "--all")
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[-1] == "0 stored, 2 not; 2 dead letters are left."
    ask(alone, "DELETE", f"/api/entities/{agent}")
    done = dlq("replay", letter, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["replayed"], answer["failed"], answer["remaining"]) == (1, [], 1)
    done = dlq("replay", letter)
    assert done.returncode == 1 and done.stdout.startswith(f"{letter}  missing  "), done.stdout
    assert ask(alone, "GET", f"/api/dlq/{bad}").body["deadLetter"]["attempts"] == 2
    with pytest.raises(StopIteration):
        agent_id(alone, "first")


def test_nothing_is_purged_unasked(alone: Bench, dlq: Command) -> None:
    first, second, _ = bury(alone, "a", "b", "c")
    done = dlq("purge", "--all")
    assert done.returncode == 2 and "--yes" in done.stderr, done.stderr
    assert ask(alone, "GET", "/api/dlq").body["pagination"]["total"] == 3
    assert dlq("purge", first, "none", "--yes").stdout == "1 dead letter was purged.\n"
    assert json.loads(dlq("purge", second, "--yes", "--json").stdout)["purged"] == 1
    assert dlq("purge", "--all", "--yes").stdout == "1 dead letter was purged.\n"
    assert ask(alone, "GET", "/api/dlq").body["pagination"]["total"] == 0


@pytest.mark.parametrize(
    "arguments",
    [["replay"], ["purge", "--yes"], ["replay", "--all", "x"], ["list", "--count", "0"], ["list", "--events"], ["show"]],
    ids=" ".join,
)
def test_misuse(dlq: Command, arguments: list[str]) -> None:
    done = dlq(*arguments)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr


def test_keys_are_no_arguments(alone: Bench, tmp_path: Path) -> None:
    server = alone.server
    run = lambda *arguments, **env: harness.run(server.folder, "dlq", "list", *arguments, env=env)
    assert "WHYOPS_API_KEY" in run("--url", server.ingest).stderr
    done = run("--url", server.ingest, WHYOPS_API_KEY="a-wrong-key-of-some-length")
    assert done.returncode == 2 and "does not know the API key" in done.stderr
    # Not where what the server wrote is looked through for keys.
    file = tmp_path / "key"
    file.write_text(server.key + "\n")
    assert run("--url", server.ingest, "--key-file", str(file)).returncode == 0
    assert run("--key-file", str(file)).returncode == 2
    assert run("--url", "http://127.0.0.1:1", WHYOPS_API_KEY=server.key).returncode == 2
