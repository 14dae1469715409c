"""Threads by what they are and by what is in them (ING-45 to ING-47)."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

import pytest

from asking import ask, register
from bench import Bench
from test_ingest import event, post


def threads(bench: Bench, **query: str) -> Any:
    answer = ask(bench, "GET", f"/api/threads?agentName={bench.agent}&" + urllib.parse.urlencode(query))
    assert answer.status == 200, answer.body
    return answer.body


def ids(bench: Bench, **query: str) -> set[str]:
    return {one["threadId"].removeprefix(bench.token + "-") for one in threads(bench, **query)["threads"]}


def test_filters(bench: Bench) -> None:
    first = register(bench, "A").body["agentVersionId"]
    provider = "3b241101-e2bb-4255-8caf-4136c566a962"
    post(bench, event(bench, traceId=f"{bench.token}-old", providerId=provider))
    second = register(bench, "B").body["agentVersionId"]
    reply = {
        "eventType": "llm_response", "traceId": f"{bench.token}-new", "agentName": bench.agent,
        "content": {"content": "x"}, "metadata": {"model": "m-1", "provider": "p", "usage": {"totalTokens": 12}},
    }
    post(bench, [reply, {"eventType": "error", "traceId": f"{bench.token}-new", "agentName": bench.agent}])
    post(bench, event(bench, traceId=f"{bench.token}-old"))
    assert ids(bench, agentVersionId=first) == {"old"}
    assert ids(bench, agentVersionId=second) == {"old", "new"}
    assert ids(bench, providerId=provider) == {"old"}
    assert ids(bench, model="m-1") == {"new"}
    assert ids(bench, hasErrors="true") == {"new"}
    assert ids(bench, hasErrors="false") == {"old"}
    [new] = threads(bench, model="m-1")["threads"]
    assert (new["eventCount"], new["errorCount"], new["totalTokens"]) == (2, 1, 12)
    assert ask(bench, "GET", "/api/threads?hasErrors=maybe").body["error"] == "Invalid hasErrors"


@pytest.mark.parametrize("text", ["needle", "NEEDLE", "100% _sure!", 'quo"ted', "caf\u00e9 \u4e2d\U0001f600", "back\\slash"], ids=ascii)
@pytest.mark.parametrize("escaped", [True, False])
def test_text_is_found(bench: Bench, text: str, escaped: bool) -> None:
    spelled = text.lower() if text.isupper() else text
    body = json.dumps([
        event(bench, traceId=f"{bench.token}-a", content={"deep": [f"before {spelled} after"]}),
        event(bench, traceId=f"{bench.token}-b", content={"deep": ["other 100 sure"]}),
    ], ensure_ascii=escaped)
    assert post(bench, body.encode()).status == 202
    found = threads(bench, q=text)
    assert [one["threadId"] for one in found["threads"]] == [f"{bench.token}-a"]
    assert (found["pagination"]["total"], found["search"]) == (1, {"threads": 2, "isComplete": True})


def test_names_are_found(bench: Bench) -> None:
    post(bench, [event(bench, traceId=f"{bench.token}-Alpha"), event(bench, traceId=f"{bench.token}-b", externalUserId="Beta-user")])
    assert ids(bench, q="alpha") == {"Alpha"}
    assert ids(bench, q="beta-USER") == {"b"}
    assert ids(bench, q=bench.agent) == {"Alpha", "b"}
    assert ids(bench, q="nothing of this") == set()
    assert ask(bench, "GET", "/api/threads?q=" + "x" * 201).body["error"] == "Invalid q"
    # One letter with its accents is many characters, however it looks.
    long = urllib.parse.quote("a" + "\u0301" * 200)
    assert ask(bench, "GET", "/api/threads?q=" + long).body["error"] == "Invalid q"
    assert ids(bench, q="a" + "\u0301" * 199) == set()


def test_agents_of_later_events_are_found(bench: Bench) -> None:
    post(bench, [event(bench, traceId=f"{bench.token}-a"), event(bench, traceId=f"{bench.token}-a", agentName=f"{bench.agent}-Later")])
    assert ids(bench, q=f"{bench.agent}-later") == {"a"}


def test_threads_of_agents_that_came_later(bench: Bench) -> None:
    """ING-94, ING-30"""
    guest = f"{bench.agent}-guest"
    post(bench, event(bench, traceId=f"{bench.token}-a"))
    made = register(bench, "A", guest).body
    assert ask(bench, "GET", f"/api/entities/{made['agentId']}").body["agent"]["lastActive"] is None
    post(bench, event(bench, traceId=f"{bench.token}-a", agentName=guest))
    for query in (f"agentName={guest}", f"agentId={made['agentId']}", f"agentVersionId={made['agentVersionId']}"):
        found = ask(bench, "GET", f"/api/threads?{query}").body
        assert [one["threadId"] for one in found["threads"]] == [f"{bench.token}-a"], query
        assert found["threads"][0]["entityName"] == bench.agent
    agent = ask(bench, "GET", f"/api/entities/{made['agentId']}").body["agent"]
    assert agent["lastActive"] is not None and agent["traceCount"] == 0


def test_numbers_of_events(bench: Bench) -> None:
    provider = "7d8f3c1e-0a1b-4c2d-8e3f-1234567890ab"
    trace = f"{bench.token}-a"
    post(bench, [event(bench, traceId=trace), event(bench, traceId=trace, providerId=provider), event(bench, providerId=provider)])

    def total(query: str) -> int:
        return int(ask(bench, "GET", f"/api/events?{query}").body["pagination"]["total"])

    assert total(f"traceId={trace}") == 2
    assert total(f"traceId={trace}&providerId={provider}") == 1
    assert total(f"providerId={provider}") == 2
    before = total("limit=1")
    post(bench, event(bench))
    assert (total("limit=1") - before, total("traceId=none")) == (1, 0)


def test_long_contents_do_not_keep_others_waiting(bench: Bench) -> None:
    """Nearly the text everywhere, so that each place has to be looked at; every search ends, whole or not."""
    text = "a" * 199
    for number in range(3):
        post(bench, event(bench, traceId=f"{bench.token}-{number}", content=(text + "c") * 20_000))
    found = threads(bench, q=text + "b")
    assert found["threads"] == []
    assert found["search"]["threads"] <= 3
    assert ask(bench, "GET", "/api/threads").status == 200


def test_canonical_view(bench: Bench) -> None:
    trace = f"trace-{bench.token}"
    post(bench, {"eventType": "user_message", "traceId": trace, "agentName": bench.agent, "content": "Hello"})
    [one] = ask(bench, "GET", f"/api/threads/{trace}?view=canonical").body["events"]
    assert one["view"] == {"messages": [{"role": "user", "text": "Hello"}], "text": "Hello"}
    assert "content" not in one
    [two] = ask(bench, "GET", f"/api/events?traceId={trace}&view=canonical").body["events"]
    assert two["view"] == one["view"]
    assert ask(bench, "GET", f"/api/events/{one['id']}?view=canonical").body["view"] == one["view"]
    assert "view" not in ask(bench, "GET", f"/api/events/{one['id']}").body
    assert ask(bench, "GET", f"/api/threads/{trace}?view=other").body["error"] == "Invalid view"
