"""Events that cannot be stored wait to be looked at and tried again (ING-40 to ING-43)."""

from __future__ import annotations

from typing import Any

import pytest

from asking import ask
from bench import Bench
from conftest import MakeBench, StartServer
from test_ingest import event, stored


@pytest.fixture
def alone(start: StartServer, make_bench: MakeBench) -> Bench:
    """Whose dead letters nobody else makes."""
    return make_bench(start().ready())


def bury(bench: Bench, *events: Any) -> list[str]:
    reply = ask(bench, "POST", "/api/events?partial=true", list(events))
    assert reply.status == 207, reply.body
    return [one["deadLetterId"] for one in reply.body["results"]]


def test_letters_are_listed_with_their_reason(alone: Bench) -> None:
    bad = {**event(alone), "stepId": 0, "n": 1.50}
    first, second = bury(alone, bad, "text")
    listed = ask(alone, "GET", "/api/dlq?include=event").body
    assert [one["id"] for one in listed["deadLetters"]] == [second, first]
    assert listed["pagination"]["total"] == 2
    letter = listed["deadLetters"][1]
    assert (letter["source"], letter["reason"]["code"], letter["attempts"]) == ("ingest", "invalid", 1)
    assert letter["reason"]["details"][0]["rule"] == "stepId.minimum"
    assert (letter["eventType"], letter["traceId"], letter["agentName"]) == ("tool_result", bad["traceId"], alone.agent)
    assert letter["event"] == bad
    assert listed["deadLetters"][0]["event"] == "text"
    one = ask(alone, "GET", f"/api/dlq/{first}").body["deadLetter"]
    assert one == letter
    assert "event" not in ask(alone, "GET", "/api/dlq?count=1").body["deadLetters"][0]
    assert ask(alone, "GET", "/api/dlq/none").status == 404


def test_what_can_be_stored_now_is(alone: Bench) -> None:
    ask(alone, "POST", "/api/events", event(alone, 0, stepId=1))
    taken, bad = bury(alone, event(alone, 1, stepId=1), {**event(alone), "traceId": ""})
    agent_id = ask(alone, "GET", "/api/entities").body["agents"][0]["id"]
    failed = ask(alone, "POST", "/api/dlq/replay", {"all": True}).body
    assert (failed["replayed"], failed["remaining"]) == (0, 2)
    assert [(one["id"], one["code"]) for one in failed["failed"]] == [(taken, "conflict"), (bad, "invalid")]
    assert ask(alone, "GET", f"/api/dlq/{taken}").body["deadLetter"]["attempts"] == 2
    # The step is free again.
    ask(alone, "DELETE", f"/api/entities/{agent_id}")
    done = ask(alone, "POST", "/api/dlq/replay", {"ids": [taken]}).body
    assert (done["replayed"], done["failed"], done["remaining"]) == (1, [], 1)
    assert [one["content"]["output"]["at"] for one in stored(alone)] == [1]
    again = ask(alone, "POST", "/api/dlq/replay", {"ids": [taken]}).body
    assert (again["replayed"], again["failed"][0]["code"]) == (0, "missing")
    assert len(stored(alone)) == 1


def test_purging(alone: Bench) -> None:
    ids = bury(alone, *[{**event(alone), "traceId": ""}] * 4)
    assert ask(alone, "DELETE", f"/api/dlq/{ids[0]}").body["purged"] == 1
    assert ask(alone, "DELETE", f"/api/dlq/{ids[0]}").status == 404
    assert ask(alone, "POST", "/api/dlq/purge", {"ids": [ids[1], "none"]}).body["purged"] == 1
    assert ask(alone, "POST", "/api/dlq/purge", {"all": True}).body["purged"] == 2
    assert ask(alone, "GET", "/api/dlq").body["pagination"]["total"] == 0


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": [1]}, {"all": False}, {"all": True, "ids": ["x"]}, {"ids": ["x"] * 1001}, []])
@pytest.mark.parametrize("path", ["replay", "purge"])
def test_choices_that_cannot_be(bench: Bench, path: str, body: Any) -> None:
    reply = ask(bench, "POST", f"/api/dlq/{path}", body)
    assert (reply.status, reply.body["details"][0]["rule"]) == (400, "ids.required")
