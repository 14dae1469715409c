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
