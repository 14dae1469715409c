"""Bodies in gzip and in lines, part of a batch, and requests that are sent again (ING-20 to ING-24)."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from asking import ask
from bench import Bench
from test_ingest import event, post, stored

LINES = "application/x-ndjson"


def lines(*events: Any, end: str = "\n") -> bytes:
    return "".join(json.dumps(one) + end for one in events).encode()


def test_gzip(bench: Bench) -> None:
    body = json.dumps([event(bench, at) for at in range(50)]).encode()
    # Members follow one another.
    data = gzip.compress(body[:100]) + gzip.compress(body[100:])
    assert post(bench, data, Content_Encoding="gzip").status == 202
    assert [one["content"]["output"]["at"] for one in stored(bench)] == list(range(50))


@pytest.mark.parametrize("path", ["/api/events/ingest", "/api/entities/init"])
def test_gzip_that_is_none(bench: Bench, path: str) -> None:
    whole = gzip.compress(json.dumps(event(bench)).encode())
    for data in (whole[:-1], whole[:20], b"{}", whole + b"x", b""):
        reply = post(bench, data, path, Content_Encoding="gzip")
        assert (reply.status, json.loads(reply.body)["error"]) == (400, "Invalid gzip"), data
    assert post(bench, b"{}", path, Content_Encoding="br").status == 415
    assert stored(bench) == []


def test_gzip_that_is_a_bomb(bench: Bench) -> None:
    bomb = gzip.compress(b" " * (200 << 20))
    assert len(bomb) < 1 << 20
    assert post(bench, bomb, Content_Encoding="gzip").status == 413


@pytest.mark.parametrize("kind", [LINES, "application/ndjson", "application/jsonl; charset=utf-8"])
def test_one_event_a_line(bench: Bench, kind: str) -> None:
    body = b"\n" + lines(event(bench, 0), event(bench, 1), end="\r\n") + b"  \n" + json.dumps(event(bench, 2)).encode()
    reply = post(bench, body, "/api/events", Content_Type=kind)
    assert reply.status == 201, reply.body
    assert [one["stepId"] for one in json.loads(reply.body)] == [1, 2, 3]
    assert [one["content"]["output"]["at"] for one in stored(bench)] == [0, 1, 2]


def test_lines_and_gzip(bench: Bench) -> None:
    data = gzip.compress(lines(*[event(bench, at) for at in range(3)]))
    assert post(bench, data, Content_Type=LINES, Content_Encoding="gzip").status == 202
    assert len(stored(bench)) == 3


def test_faults_of_lines(bench: Bench) -> None:
    good = lines(event(bench))
    reply = post(bench, good + b"\n{,}\n", Content_Type=LINES)
    value = json.loads(reply.body)
    assert (reply.status, value["error"], value["offset"], value["line"]) == (400, "Invalid JSON", len(good) + 2, 3)
    reply = post(bench, good + lines({**event(bench), "traceId": 5}, [event(bench)]), Content_Type=LINES)
    found = [(one["pointer"], one["rule"]) for one in json.loads(reply.body)["details"]]
    assert (reply.status, found) == (400, [("/1/traceId", "traceId.type"), ("/2", "body.type")])
    assert post(bench, lines(*[event(bench)] * 1001), Content_Type=LINES).status == 413
    assert post(bench, b"", Content_Type=LINES).status == 202
    # Only events come in lines.
    assert post(bench, b"{}", "/api/entities/init", Content_Type=LINES).status == 415
    assert stored(bench) == []


def test_part_of_a_batch(bench: Bench) -> None:
    keyed = event(bench, 0, idempotencyKey="k")
    assert post(bench, keyed).status == 202
    batch = [keyed, {**event(bench, 1), "traceId": 7}, event(bench, 2), event(bench, 9, idempotencyKey="k"), [keyed], event(bench, 3)]
    for path in ("/api/events?partial=true", "/api/events/ingest?partial=true"):
        reply = ask(bench, "POST", path, batch)
        assert reply.status == 207, reply.body
        results = reply.body["results"]
        assert [one["index"] for one in results] == list(range(6))
        assert [one["status"] for one in results] == ["skipped", "invalid", "saved", "conflict", "invalid", "saved"]
        assert [(one["pointer"], one["rule"]) for one in results[1]["details"]] == [("/1/traceId", "traceId.type")]
        assert results[3]["details"][0]["rule"] == "event.conflict"
        assert results[4]["details"][0]["pointer"] == "/4"
        assert all("deadLetterId" in results[at] for at in (1, 3, 4))
    assert [one["content"]["output"]["at"] for one in stored(bench)] == [0, 2, 3, 2, 3]
    assert [one["stepId"] for one in stored(bench)] == [1, 2, 3, 4, 5]


def test_part_of_one_event_and_of_none(bench: Bench) -> None:
    one = ask(bench, "POST", "/api/events?partial=true", {**event(bench), "traceId": ""})
    assert (one.status, one.body["results"][0]["details"][0]["pointer"]) == (207, "/traceId")
    assert ask(bench, "POST", "/api/events?partial=true", []).body == {"results": []}
    assert ask(bench, "POST", "/api/events?partial=true", b"{").status == 400
    assert ask(bench, "POST", "/api/events?partial=maybe", []).body["error"] == "Invalid partial"


def test_request_that_is_sent_again(bench: Bench) -> None:
    key = f"request {bench.token}"
    batch = [event(bench, 0), event(bench, 1, timestamp="2026-01-01T00:00:00Z")]
    first = ask(bench, "POST", "/api/events", batch, Idempotency_Key=key)
    assert [one["status"] for one in first.body] == ["saved", "saved"]
    # Stamped anew, and spelled otherwise.
    batch[1]["timestamp"] = "2026-01-02T00:00:00Z"
    again = ask(bench, "POST", "/api/events", json.dumps(batch, indent=1).encode(), Idempotency_Key=key)
    assert again.status == 201
    assert [(one["id"], one["stepId"], one["status"]) for one in again.body] == [
        (one["id"], one["stepId"], "skipped") for one in first.body
    ]
    other = ask(bench, "POST", "/api/events", [event(bench, 0), event(bench, 2)], Idempotency_Key=key)
    assert (other.status, other.body["error"]) == (409, "Idempotency-Key reused")
    assert len(stored(bench)) == 2
    assert ask(bench, "POST", "/api/events/ingest", batch, Idempotency_Key=key).body["queuedCount"] == 2
    assert ask(bench, "POST", "/api/events", batch, Idempotency_Key=key + "!").status == 201
    assert len(stored(bench)) == 4


def test_part_of_a_request_that_is_sent_again(bench: Bench) -> None:
    """What was not stored is buried once, and is part of what the key stands for."""
    key, path = f"part {bench.token}", "/api/events?partial=true"
    ask(bench, "POST", "/api/events", event(bench, 0, stepId=1))
    batch = [event(bench, 1), {**event(bench, 2), "stepId": 0}, event(bench, 3, stepId=1), 7]
    first = ask(bench, "POST", path, batch, Idempotency_Key=key).body["results"]
    again = ask(bench, "POST", path, batch, Idempotency_Key=key).body["results"]
    assert [one["status"] for one in first] == ["saved", "invalid", "conflict", "invalid"]
    assert [one["status"] for one in again] == ["skipped", "invalid", "conflict", "invalid"]
    assert again[0]["id"] == first[0]["id"]
    assert [{**one, "index": 0} for one in again[1:]] == [{**one, "index": 0} for one in first[1:]]
    assert all(one["deadLetterId"] for one in first[1:])
    for other in ([*batch[:3], 8], batch[:3], [batch[0], {**batch[1], "stepId": -1}, *batch[2:]]):
        assert ask(bench, "POST", path, other, Idempotency_Key=key).status == 409
    assert ask(bench, "POST", "/api/events", [batch[0]], Idempotency_Key=key).status == 409
    assert len(stored(bench)) == 2


def test_key_of_what_was_all_invalid(bench: Bench) -> None:
    key, path = bench.token, "/api/events?partial=true"
    [one] = ask(bench, "POST", path, [7], Idempotency_Key=key).body["results"]
    assert ask(bench, "POST", path, [7], Idempotency_Key=key).body["results"] == [one]
    for other in ([8], []):
        assert ask(bench, "POST", path, other, Idempotency_Key=key).status == 409
        assert ask(bench, "POST", "/api/events", [event(bench)], Idempotency_Key=key).status == 409


def test_part_of_a_batch_with_an_id_of_another_tenant(bench: Bench) -> None:
    foreign = {**event(bench, 1), "userId": "3b241101-e2bb-4255-8caf-4136c566a962"}
    many = {**event(bench), "eventType": "tool_call_request", "metadata": {"tool": "f"}, "content": {"toolCalls": [1] * 1000}}
    for batch in ([event(bench, 0), foreign], [many, foreign]):
        reply = ask(bench, "POST", "/api/events?partial=true&profile=strict", batch)
        assert (reply.status, reply.body["error"]) == (403, "Tenant mismatch")
        assert ("/1/userId", "tenant.mismatch") in [(one["pointer"], one["rule"]) for one in reply.body["details"]]
    assert bench.reader.thread(f"trace-{bench.token}") is None


def test_key_of_a_refused_request_is_free(bench: Bench) -> None:
    key = bench.token
    ask(bench, "POST", "/api/events", event(bench, 0, stepId=1))
    assert ask(bench, "POST", "/api/events", event(bench, 1, stepId=1), Idempotency_Key=key).status == 409
    assert ask(bench, "POST", "/api/events", {}, Idempotency_Key=key).status == 400
    assert ask(bench, "POST", "/api/events", event(bench, 2), Idempotency_Key=key).body["status"] == "saved"


@pytest.mark.parametrize("key", ["x" * 256, "\u00e9", "a\tb"], ids=ascii)
def test_keys_that_cannot_be(bench: Bench, key: str) -> None:
    reply = ask(bench, "POST", "/api/events", event(bench), Idempotency_Key=key)
    assert (reply.status, reply.body["error"]) == (400, "Invalid Idempotency-Key")
    assert ask(bench, "POST", "/api/events", event(bench), Idempotency_Key="").status == 201
