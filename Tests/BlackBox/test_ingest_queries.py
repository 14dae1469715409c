"""Ingest's limits, media and queries (ING-5 to ING-15)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asking import ask
from bench import Bench
from test_ingest import event, post, stored


def test_too_many_and_too_much(bench: Bench) -> None:
    assert post(bench, [event(bench, at) for at in range(1001)]).status == 413
    assert post(bench, event(bench, content="x" * (11 * 1024 * 1024))).status == 413
    assert stored(bench) == []
    assert post(bench, [event(bench, at) for at in range(1000)]).status == 202
    assert len(stored(bench)) == 1000


def test_media_types(bench: Bench) -> None:
    for kind, status in {
        "application/json; charset=utf-8": 202,
        "application/vnd.whyops+json": 202,
        "text/plain": 415,
        "application/x-www-form-urlencoded": 415,
    }.items():
        assert post(bench, event(bench), Content_Type=kind).status == status, kind


def test_user_from_the_header(bench: Bench) -> None:
    batch = [event(bench, 0), event(bench, 1, externalUserId="own")]
    assert post(bench, batch, X_External_User_Id="from-header").status == 202
    assert [one["externalUserId"] for one in stored(bench)] == ["from-header", "own"]


def test_invalid_json_says_where(bench: Bench) -> None:
    reply = post(bench, b'{"eventType": nope}')
    value = json.loads(reply.body)
    assert (reply.status, value["error"], value["offset"]) == (400, "Invalid JSON", 15)


@pytest.mark.parametrize(
    "query",
    [{"count": "0"}, {"count": "101"}, {"page": "x"}, {"startDate": "yesterday"}, {"endDate": "2026-13-01"}],
    ids=str,
)
def test_parameters_that_cannot_be_used(bench: Bench, query: dict[str, str]) -> None:
    status, body = bench.reader.raw("/api/threads", **query)
    assert status == 400
    assert json.loads(body)["error"] == f"Invalid {next(iter(query))}"


def test_threads_by_page(bench: Bench) -> None:
    batch = [event(bench, at, traceId=f"{bench.token}-{at}") for at in range(5)]
    assert post(bench, batch).status == 202
    seen: list[str] = []
    for page in (1, 2, 3):
        status, body = bench.reader.raw("/api/threads", agentName=bench.agent, count=2, page=page)
        value = json.loads(body)
        assert status == 200 and value["success"] is True
        assert value["pagination"] == {"total": 5, "count": 2, "page": page, "totalPages": 3, "hasMore": page < 3}
        seen += [thread["threadId"] for thread in value["threads"]]
    assert sorted(seen) == [f"{bench.token}-{at}" for at in range(5)]


def test_events_by_page(bench: Bench) -> None:
    assert post(bench, [event(bench, at) for at in range(7)]).status == 202
    trace_id = f"trace-{bench.token}"
    status, body = bench.reader.raw(f"/api/threads/{trace_id}", eventInclude="content", eventLimit=3, eventOffset=3)
    value = json.loads(body)
    assert [one["content"]["output"]["at"] for one in value["events"]] == [3, 4, 5]
    assert value["eventsPagination"] == {"total": 7, "limit": 3, "offset": 3, "hasMore": True}
    status, body = bench.reader.raw("/api/events", traceId=trace_id, limit=2, include="content")
    value = json.loads(body)
    assert [one["content"]["output"]["at"] for one in value["events"]] == [6, 5]
    assert value["pagination"] == {"total": 7, "limit": 2, "offset": 0, "hasMore": True}
    status, body = bench.reader.raw(f"/api/events/{value['events'][0]['id']}", include="content")
    assert status == 200 and b'"at":6' in body.replace(b" ", b"")


def test_unknown_things_are_404(bench: Bench) -> None:
    for path in ("/api/threads/nobody", "/api/events/no-uuid", "/api/nothing", f"/api/threads/{bench.token}%2Fx"):
        assert bench.reader.raw(path)[0] == 404, path


@pytest.mark.parametrize("trace_id", ["a/b", "a b", "%2F", "?x=1#y", "\u00e9\u4e2d\U0001f600", ".", "..", "x" * 128], ids=ascii)
def test_any_trace_id_can_be_read_back(bench: Bench, trace_id: str) -> None:
    """An id is 1 to 128 code units of anything (TRC-1); in a path it is percent-encoded (ING-15)."""
    full = (trace_id + bench.token)[:128] if len(trace_id) < 100 else trace_id
    if trace_id in (".", ".."):
        full = trace_id
    reply = post(bench, event(bench, traceId=full))
    assert reply.status == 202, reply.body
    assert [one["content"]["output"] for one in bench.reader.events(full)] == [{"at": 0}]


def test_agents_are_made_by_their_first_event(bench: Bench) -> None:
    assert post(bench, event(bench)).status == 202
    [thread] = bench.reader.threads(bench.agent)
    assert thread["threadId"] == f"trace-{bench.token}"
    value: Any = {"agentName": bench.agent, "metadata": {"systemPrompt": "x", "tools": []}}
    reply = post(bench, value, "/api/entities/init")
    assert reply.status in (200, 201)
    first = json.loads(reply.body)
    again = json.loads(post(bench, value, "/api/entities/init").body)
    assert (again["status"], again["agentVersionId"]) == ("existing", first["agentVersionId"])


def test_invalid_agents(bench: Bench) -> None:
    good: Any = {"agentName": bench.agent, "metadata": {"systemPrompt": "x", "tools": []}}
    invalid: list[Any] = [
        {"agentName": ""},
        {"agentName": "x" * 256},
        {"metadata": None},
        {"metadata": {"tools": []}},
        {"metadata": {"systemPrompt": "x", "tools": [{"name": ""}]}},
    ]
    for changes in invalid:
        reply = post(bench, {**good, **changes}, "/api/entities/init")
        assert reply.status == 400, (changes, reply.body)
        assert json.loads(reply.body)["success"] is False


def test_page_of_long_events_ends_early(bench: Bench) -> None:
    """ING-95: together the pages have every event once."""
    trace = f"trace-{bench.token}"
    for _ in range(5):
        assert post(bench, event(bench, content="x" * (9 << 20))).status == 202
    for path, limit, offset, include in (
        (f"/api/threads/{trace}?", "eventLimit", "eventOffset", "eventInclude=content"),
        (f"/api/events?traceId={trace}&", "limit", "offset", "include=content"),
        (f"/api/events?traceId={trace}&", "limit", "offset", "view=canonical"),
    ):
        seen: list[str] = []
        pages = 0
        more = True
        while more:
            body = ask(bench, "GET", f"{path}{limit}=100&{offset}={len(seen)}&{include}").body
            seen += [one["id"] for one in body["events"]]
            pages += 1
            more = body["eventsPagination" if "eventsPagination" in body else "pagination"]["hasMore"]
        assert (len(seen), len(set(seen)), pages) == (5, 5, 2)
    # Without their contents all of them are one page.
    assert len(ask(bench, "GET", f"/api/threads/{trace}").body["events"]) == 5
