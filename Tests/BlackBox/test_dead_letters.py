"""Events that cannot be stored wait to be looked at and tried again (ING-40 to ING-43)."""

from __future__ import annotations

from typing import Any

import pytest

from asking import ask, register
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


def agent_id(bench: Bench, name: str) -> str:
    agents = ask(bench, "GET", "/api/entities").body["agents"]
    return next(one["id"] for one in agents if one["name"] == name)


def taken(bench: Bench, path: str = "/api/events", **more: Any) -> tuple[str, str]:
    """The id of a letter whose step is taken, and that of the agent with whom the step becomes free."""
    assert ask(bench, "POST", "/api/events", event(bench, 0, stepId=1, agentName="first")).status == 201
    head = {"X_External_User_Id": "alice"}
    one = {**event(bench, 1, stepId=1), **more}
    [result] = ask(bench, "POST", f"{path}?partial=true", one, **head).body["results"]
    assert (result["status"], result["details"][0]["rule"]) == ("conflict", "event.conflict")
    return result["deadLetterId"], agent_id(bench, "first")


def test_what_can_be_stored_now_is(alone: Bench) -> None:
    letter, first = taken(alone)
    [bad] = bury(alone, {**event(alone), "traceId": ""})
    failed = ask(alone, "POST", "/api/dlq/replay", {"all": True}).body
    assert (failed["replayed"], failed["remaining"]) == (0, 2)
    assert [(one["id"], one["code"]) for one in failed["failed"]] == [(letter, "conflict"), (bad, "invalid")]
    assert ask(alone, "GET", f"/api/dlq/{letter}").body["deadLetter"]["attempts"] == 2
    # The step is free again.
    ask(alone, "DELETE", f"/api/entities/{first}")
    done = ask(alone, "POST", "/api/dlq/replay", {"ids": [letter]}).body
    assert (done["replayed"], done["failed"], done["remaining"]) == (1, [], 1)
    [one] = stored(alone)
    assert (one["content"]["output"]["at"], one["externalUserId"]) == (1, "alice")
    again = ask(alone, "POST", "/api/dlq/replay", {"ids": [letter]}).body
    assert (again["replayed"], again["failed"][0]["code"]) == (0, "missing")
    assert len(stored(alone)) == 1


def test_what_came_by_the_route_of_tool_results_goes_by_it(alone: Bench) -> None:
    letter, first = taken(alone, "/api/events/tool-result", eventType="user_message", metadata={"tool": "f"})
    ask(alone, "DELETE", f"/api/entities/{first}")
    assert ask(alone, "POST", "/api/dlq/replay", {"ids": [letter]}).body["replayed"] == 1
    assert [one["eventType"] for one in stored(alone)] == ["tool_call_response"]


def test_what_is_not_kept_stays_a_letter(alone: Bench) -> None:
    letter, first = taken(alone)
    mine = register(alone, "A").body["agentId"]
    ask(alone, "DELETE", f"/api/entities/{first}")
    ask(alone, "PATCH", f"/api/entities/{mine}/sampling-rate", {"samplingRate": 0})
    failed = ask(alone, "POST", "/api/dlq/replay", {"all": True}).body
    assert (failed["replayed"], failed["failed"][0]["code"], failed["remaining"]) == (0, "sampled_out", 1)
    assert ask(alone, "GET", f"/api/dlq/{letter}").body["deadLetter"]["reason"]["code"] == "sampled_out"
    assert alone.reader.thread(f"trace-{alone.token}") is None


def test_what_was_invalid_stays_invalid(alone: Bench) -> None:
    """An array inside a batch is no batch, and what broke the strict rules still does."""
    nested = [event(alone, at) for at in range(1500)]
    bury(alone, nested, [])
    strict = ask(alone, "POST", "/api/events?partial=true&profile=strict", [{**event(alone), "content": {}}])
    assert strict.body["results"][0]["status"] == "invalid"
    done = ask(alone, "POST", "/api/dlq/replay", {"all": True}).body
    assert (done["replayed"], done["remaining"]) == (0, 3)
    assert [one["code"] for one in done["failed"]] == ["invalid"] * 3
    assert alone.reader.thread(f"trace-{alone.token}") is None


def test_letters_of_a_deleted_agent_go_with_it(alone: Bench) -> None:
    mine = register(alone, "A").body["agentId"]
    _, kept = bury(alone, {**event(alone), "stepId": 0}, {**event(alone), "stepId": 0, "agentName": "other"})
    ask(alone, "DELETE", f"/api/entities/{mine}")
    assert [one["id"] for one in ask(alone, "GET", "/api/dlq").body["deadLetters"]] == [kept]


def test_ids_that_are_none_are_in_no_list(alone: Bench) -> None:
    long = {**event(alone), "traceId": "t" * 200_000, "agentName": "a" * 256, "eventType": "nope"}
    [letter] = bury(alone, long)
    [listed] = ask(alone, "GET", "/api/dlq").body["deadLetters"]
    assert (listed["traceId"], listed["agentName"], listed["eventType"]) == (None, None, "nope")
    assert ask(alone, "GET", f"/api/dlq/{letter}").body["deadLetter"]["event"] == long


def test_faults_do_not_multiply_a_body(alone: Bench) -> None:
    bad = {**event(alone), "eventType": "tool_call_request", "metadata": {"tool": "f"}, "content": {"toolCalls": [1] * 1000}}
    results = ask(alone, "POST", "/api/events?partial=true&profile=strict", [bad] * 50).body["results"]
    assert all(one["status"] == "invalid" and one["details"] for one in results)
    assert 1000 <= sum(len(one["details"]) for one in results) <= 1050
    letter = ask(alone, "GET", f"/api/dlq/{results[0]['deadLetterId']}").body["deadLetter"]
    assert len(letter["reason"]["details"]) == 100


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
