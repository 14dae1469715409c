"""Embeddings: recorded without their vectors, and passed byte for byte (EXC-81 to EXC-83)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import replies
from bench import Bench
from script import CLOSE

USAGE = {"prompt_tokens": 8, "total_tokens": 8}
COUNTED = {"promptTokens": 8, "totalTokens": 8, "cacheAccounting": "inclusive"}
VECTORS = {"float": [0.25, -1.5, 1e-7], "base64": "AACAPgAAwL+V/9Yz"}


def answer(form: str, items: int = 2) -> dict[str, Any]:
    data = [{"object": "embedding", "index": at, "embedding": VECTORS[form]} for at in range(items)]
    return {"object": "list", "data": data, "model": "text-embedding-3", "usage": USAGE}


@pytest.mark.parametrize("form", ["float", "base64"])
def test_events_of_embeddings(bench: Bench, form: str) -> None:
    bench.script.reply(replies.reply(answer(form)))
    reply = bench.openai().embeddings.with_raw_response.create(
        model=bench.model,
        input=["one", "two"],
        dimensions=3,
        user="u",
        encoding_format=form,  # type: ignore[arg-type]
        extra_headers={"X-Trace-ID": bench.token, "X-External-User-Id": "person"},
    )
    assert [reply.headers[name] for name in ("x-trace-id", "x-thread-id")] == [bench.token] * 2
    assert reply.parse().data[1].embedding == VECTORS[form]
    asked, made = bench.reader.await_types(bench.token, "embedding_request", "embedding_response")
    assert asked["content"] == {"input": ["one", "two"]}
    assert asked["metadata"]["params"] == {"dimensions": 3, "encodingFormat": form, "user": "u"}
    sizes = {"firstEmbeddingDimensions": 3} if form == "float" else {}
    assert made["content"] == {"object": "list", "embeddingCount": 2, "encodingFormat": form, **sizes}
    assert made["metadata"]["usage"] == COUNTED
    assert made["metadata"]["responseModel"] == "text-embedding-3"
    for event in (asked, made):
        assert (event["metadata"]["model"], event["metadata"]["provider"]) == (bench.model, "openai")
        assert event["metadata"]["stitch"]["source"] == "header.trace"
        assert (event["agentName"], event["externalUserId"], event["spanId"]) == (bench.agent, "person", asked["spanId"])


ODD = [
    json.dumps(answer("float"), indent=3).encode() + b"\n\n",
    b'{"data":[],"n":1.50e+01,"t":"\\u00e9"}',
    b"no JSON at all",
    b'{"data":[{"embedding":[1,2',
    b"",
]


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_reply_of_embeddings_is_passed_byte_for_byte(bench: Bench, body: bytes) -> None:
    cut = [replies.chunk(body[at : at + 5]) for at in range(0, len(body), 5)]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    for reply in (replies.http(200, body, "application/json"), [head, *cut, replies.LAST_CHUNK]):
        bench.script.reply(reply)
        got = bench.fetch("/v1/embeddings", replies.encode({"model": bench.model, "input": "x"}))
        assert (got.status, got.body, got.complete) == (200, body, True)
        event = bench.reader.await_types(got.header("x-trace-id") or "", "embedding_request", "embedding_response")[1]
        assert event["metadata"].get("captureTruncated", False) == (body not in ODD[:2])


def test_reply_that_breaks_off(bench: Bench) -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
    bench.script.reply([start + b'{"data":[{"embedding":[1,2', CLOSE])
    got = bench.fetch("/v1/embeddings", replies.encode({"model": bench.model, "input": "x"}))
    assert not got.complete
    kinds = ("embedding_request", "embedding_response", "error")
    made = bench.reader.await_types(got.header("x-trace-id") or "", *kinds)[1]
    assert (made["content"]["embeddingCount"], made["content"]["finishReason"]) == (1, "upstream_error")


@pytest.mark.parametrize("status,body", [(429, b'{"error":{"message":"slow down"}}'), (500, b"<html>")])
def test_refusal_of_the_upstream(bench: Bench, status: int, body: bytes) -> None:
    bench.script.reply(replies.http(status, body, "application/json"))
    got = bench.fetch("/v1/embeddings", replies.encode({"model": bench.model, "input": "x"}))
    assert (got.status, got.body) == (status, body)
    event = bench.reader.await_types(got.header("x-trace-id") or "", "embedding_request", "error")[1]
    assert event["content"]["status"] == status


def test_request_that_cannot_be_recorded_is_refused(bench: Bench) -> None:
    head = bench.headers()
    del head["X-Agent-Name"]
    whole = replies.encode({"model": bench.model, "input": "x"})
    for body, headers, code in [
        (whole, head, "agent_name_missing"),
        (b"[]", None, "request.body-type"),
        (b'{"input":"x"}', None, "request.member-missing"),
        (b'{"model":', None, "json.unexpected-end"),
    ]:
        got = bench.fetch("/v1/embeddings", body, headers=headers)
        assert (got.status, json.loads(got.body)["error"]["code"]) == (400, code)
    assert bench.script.exchanges == []
