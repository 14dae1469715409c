"""Ingest over plain HTTP: what is acknowledged is durable, what is stored comes back as it was written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench import Bench, RawReply, fetch
from conftest import MakeBench, StartServer

Value = dict[str, Any]


def event(bench: Bench, at: int = 0, **more: Any) -> Value:
    return {
        "eventType": "tool_result",
        "traceId": f"trace-{bench.token}",
        "agentName": bench.agent,
        "content": {"toolName": "f", "output": {"at": at}},
        **more,
    }


def post(bench: Bench, body: Any, path: str = "/api/events/ingest", key: str | None = None, **head: str) -> RawReply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers: Any = {"Authorization": f"Bearer {key or bench.server.key}", "Content-Type": "application/json"}
    headers |= {name.replace("_", "-"): value for name, value in head.items()}
    return fetch(bench.server.ingest, "POST", path, headers, data)


def stored(bench: Bench) -> list[Value]:
    return bench.reader.events(f"trace-{bench.token}")


def test_single_event(bench: Bench) -> None:
    reply = post(bench, event(bench, spanId="s-1", externalUserId="user-1", metadata={"k": [1]}))
    assert reply.status == 202, reply.body
    assert json.loads(reply.body) == {"success": True, "accepted": True, "queuedCount": 1}
    [one] = stored(bench)
    assert (one["eventType"], one["stepId"], one["spanId"]) == ("tool_result", 1, "s-1")
    assert one["content"] == {"toolName": "f", "output": {"at": 0}}
    assert one["metadata"]["k"] == [1]
    thread = bench.reader.thread(f"trace-{bench.token}")
    assert thread and thread["externalUserId"] == "user-1"


def test_batch_keeps_its_order(bench: Bench) -> None:
    reply = post(bench, [event(bench, at) for at in range(100)])
    assert (reply.status, json.loads(reply.body)["queuedCount"]) == (202, 100)
    assert [one["content"]["output"]["at"] for one in stored(bench)] == list(range(100))
    assert [one["stepId"] for one in stored(bench)] == list(range(1, 101))


def test_synchronous_route_answers_with_ids(bench: Bench) -> None:
    reply = post(bench, [event(bench, 0), event(bench, 1)], "/api/events")
    assert reply.status == 201, reply.body
    results = json.loads(reply.body)
    assert [(one["status"], one["stepId"]) for one in results] == [("saved", 1), ("saved", 2)]
    assert [one["id"] for one in results] == [one["id"] for one in stored(bench)]
    tool = post(bench, {**event(bench, 2, metadata={"tool": "f"}), "eventType": "error"}, "/api/events/tool-result")
    assert tool.status == 201, tool.body
    assert stored(bench)[2]["eventType"] == "tool_call_response"


INVALID: dict[str, tuple[Value, str, str]] = {
    "unknown type": ({"eventType": "nonsense"}, "/eventType", "eventType.enum"),
    "trace id too long": ({"traceId": "x" * 129}, "/traceId", "traceId.maxLength"),
    "trace id empty": ({"traceId": ""}, "/traceId", "traceId.minLength"),
    "trace id a number": ({"traceId": 7}, "/traceId", "traceId.type"),
    "agent name too long": ({"agentName": "x" * 256}, "/agentName", "agentName.maxLength"),
    "step zero": ({"stepId": 0}, "/stepId", "stepId.minimum"),
    "step a fraction": ({"stepId": 1.5}, "/stepId", "stepId.integer"),
    "naive time": ({"timestamp": "2026-01-02T03:04:05"}, "/timestamp", "timestamp.format"),
    "no such day": ({"timestamp": "2026-02-30T03:04:05Z"}, "/timestamp", "timestamp.format"),
    "metadata a list": ({"metadata": []}, "/metadata", "metadata.type"),
    "no tool": ({"eventType": "tool_call_request"}, "/metadata/tool", "metadata.tool.required"),
    "no model": ({"eventType": "llm_response", "metadata": {"provider": "p"}}, "/metadata/model", "metadata.model.required"),
    "null span": ({"spanId": None}, "/spanId", "spanId.type"),
}


@pytest.mark.parametrize("name", INVALID)
def test_invalid_event_is_pointed_at(bench: Bench, name: str) -> None:
    changes, pointer, rule = INVALID[name]
    reply = post(bench, event(bench, **changes))
    assert reply.status == 400, reply.body
    details = json.loads(reply.body)["details"]
    assert (pointer, rule) in [(item.get("pointer"), item.get("rule")) for item in details], details
    # In a batch the pointer says which, and the good ones are not stored either.
    reply = post(bench, [event(bench), event(bench, **changes)])
    assert reply.status == 400
    details = json.loads(reply.body)["details"]
    assert (f"/1{pointer}", rule) in [(item.get("pointer"), item.get("rule")) for item in details], details
    assert stored(bench) == []


@pytest.mark.parametrize("missing", ["eventType", "traceId", "agentName"])
def test_missing_member_is_named(bench: Bench, missing: str) -> None:
    value = event(bench)
    del value[missing]
    reply = post(bench, value)
    assert reply.status == 400
    rules = [item.get("rule") for item in json.loads(reply.body)["details"]]
    assert f"{missing}.required" in rules, rules


BAD_BODIES = [b"", b"{", b'{"a":1}{', b"null", b'"x"', b"\xff", b"[" * 5000, b"[[]]", b"[1]"]


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: repr(body[:10]))
def test_bad_body_is_a_400(bench: Bench, body: bytes) -> None:
    for path in ("/api/events/ingest", "/api/events", "/api/entities/init"):
        assert post(bench, body, path).status == 400
    assert post(bench, event(bench)).status == 202


def test_keys(bench: Bench) -> None:
    body = event(bench)
    for path in ("/api/events/ingest", "/api/events", "/api/entities/init"):
        reply = post(bench, body, path, key="YOPS-" + "x" * 32)
        assert reply.status == 401 and b"Unauthorized" in reply.body
    for path in ("/api/threads", f"/api/threads/trace-{bench.token}"):
        assert fetch(bench.server.ingest, "GET", path).status == 401
    with_api_key = {"x-api-key": bench.server.key, "Content-Type": "application/json"}
    data = json.dumps(body).encode()
    assert fetch(bench.server.ingest, "POST", "/api/events/ingest", with_api_key, data).status == 202  # type: ignore[arg-type]
    assert fetch(bench.server.ingest, "GET", "/api/nothing/here", bench.headers()).status == 404


CONTENT = (
    b'{"f":1.0,"e":1E2,"small":1e-7,"neg":-0.0,"big":123456789012345678901234567890,"huge":1e400,'
    b'"long":3.14159265358979323846264338327950288,"s":"\\u00e9\\/","z":null,"deep":[[[{"a":[]}]]],"":""}'
)


def ordered(data: bytes) -> Any:
    """JSON with its numbers as they are spelt and its members in their order."""
    return json.loads(data, parse_int=lambda text: ("n", text), parse_float=lambda text: ("n", text), object_pairs_hook=list)


def test_content_comes_back_as_it_was_written(bench: Bench) -> None:
    body = json.dumps(event(bench, content="@@")).encode().replace(b'"@@"', CONTENT)
    assert post(bench, body).status == 202
    status, raw = bench.reader.raw(f"/api/threads/trace-{bench.token}", eventInclude="content,metadata")
    assert status == 200
    thread = dict(ordered(raw))
    [one] = thread["events"]
    assert dict(one)["content"] == ordered(CONTENT)


def test_text_of_every_kind_comes_back(bench: Bench) -> None:
    texts = ["\u0633\u200c\u0644", "\U0001f468\u200d\U0001f469", "\u200b\u200e", "\u2028", "tab\t\x1b\x7f", "x" * 100_000]
    assert post(bench, event(bench, content={"t": texts})).status == 202
    assert stored(bench)[0]["content"] == {"t": texts}


def test_idempotency_key(bench: Bench) -> None:
    value = event(bench, idempotencyKey=f"key-{bench.token}")
    assert post(bench, value, "/api/events").status == 201
    again = post(bench, value, "/api/events")
    assert again.status == 201 and json.loads(again.body)["status"] == "skipped", again.body
    assert post(bench, {**value, "content": "other"}, "/api/events").status == 409
    # Equal events without a key are two events.
    for _ in range(2):
        assert post(bench, event(bench, 5)).status == 202
    assert len(stored(bench)) == 3


def test_acknowledged_is_durable(start: StartServer, make_bench: MakeBench) -> None:
    """The process is killed as soon as the 202 is in; the next one on the same store has the event."""
    server = start().ready()
    bench = make_bench(server)
    for at in range(3):
        assert post(bench, [event(bench, at * 10 + item) for item in range(10)]).status == 202
        server.kill()
        server = bench.server = start().ready()
        assert [one["content"]["output"]["at"] for one in stored(bench)] == [
            turn * 10 + item for turn in range(at + 1) for item in range(10)
        ]
