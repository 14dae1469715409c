"""Replies with a content encoding that nobody asked for: they go as they came, and what can be read is recorded (PRX-204)."""

from __future__ import annotations

import gzip
import zlib
from typing import Any, Callable

import pytest

import replies
from bench import Bench
from reader import reply_text
from script import Step
from vendors import ROUTES, asked, events, whole

TEXT = "It is done, and all of it went well."


def body(bench: Bench, vendor: str, **more: Any) -> bytes:
    return replies.encode({"model": bench.model, **asked(vendor, "A question."), **more})


def parts(data: bytes, size: int) -> list[Step]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("vendor", list(ROUTES))
@pytest.mark.parametrize("members", [1, 3])
def test_whole_reply_in_gzip(bench: Bench, vendor: str, members: int) -> None:
    plain = replies.encode(whole(vendor, TEXT))
    step = -(-len(plain) // members)
    packed = b"".join(gzip.compress(plain[at : at + step]) for at in range(0, len(plain), step))
    bench.script.reply(replies.http(200, packed, content_encoding="gzip"))
    reply = bench.fetch(ROUTES[vendor], body(bench, vendor))
    assert bench.script.last.header("accept-encoding") == "identity"
    assert (reply.status, reply.header("content-encoding"), reply.body) == (200, "gzip", packed)
    [_, event] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert reply_text(event) == TEXT
    assert event["metadata"]["usage"]
    assert "captureTruncated" not in event["metadata"] and "contentEncoding" not in event["metadata"]


@pytest.mark.parametrize("vendor", list(ROUTES))
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_stream_in_gzip(bench: Bench, vendor: str, size: int) -> None:
    """However it is cut; the event that a stream leaves is that of the same stream as it is."""
    plain = b"".join(events(vendor, TEXT))
    packed = gzip.compress(plain)
    bench.script.reply(replies.sse(parts(packed, size), content_encoding="gzip"), replies.sse([plain]))
    request = body(bench, vendor, stream=True)
    reply = bench.fetch(ROUTES[vendor], request)
    assert (reply.status, reply.header("content-encoding"), reply.body) == (200, "gzip", packed)
    assert reply.complete
    other = bench.fetch(ROUTES[vendor], request, headers=bench.headers(X_WhyOps_Signature="off"))
    [_, one] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    [_, two] = bench.reader.await_types(other.trace, "user_message", "llm_response")
    assert one["content"] == two["content"]
    assert one["metadata"].get("usage") == two["metadata"].get("usage")
    assert "captureTruncated" not in one["metadata"]


@pytest.mark.parametrize("vendor", list(ROUTES))
def test_encoded_stream_is_not_held_back(bench: Bench, vendor: str) -> None:
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH) for event in events(vendor, TEXT)]
    gates = [bench.upstream.gate() for _ in pieces]
    tail = packer.flush()
    bench.script.reply(replies.sse([*replies.gated(pieces, gates), tail], content_encoding="gzip"))
    with bench.open(ROUTES[vendor], body(bench, vendor, stream=True)) as reply:
        for piece, gate in zip(pieces, gates):
            reply.until(piece)
            gate.open()
        assert reply.rest()
        assert reply.body == b"".join(pieces) + tail
        bench.reader.await_types(reply.trace, "user_message", "llm_response")


UNREAD: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "br": ("br", lambda data: b"\x0b\x02\x80" + data + b"\x03"),
    "zstd": ("zstd", lambda data: b"\x28\xb5\x2f\xfd" + data),
    "deflate": ("deflate", zlib.compress),
    "two at once": ("gzip, br", gzip.compress),
    "cut off": ("gzip", lambda data: gzip.compress(data)[:-9]),
    "damaged": ("gzip", lambda data: gzip.compress(data)[:-8] + bytes(8)),
    "no gzip": ("gzip", lambda data: data),
    # Before what is said: a stream that has come to its end is not read further.
    "more than is read": ("gzip", lambda data: gzip.compress(b" " * (80 << 20) + b"\n\n" + data)),
}


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("form", list(UNREAD))
def test_what_cannot_be_read(bench: Bench, form: str, streams: bool) -> None:
    encoding, pack = UNREAD[form]
    plain = b"".join(events("openai", TEXT)) if streams else replies.encode(whole("openai", TEXT))
    packed = pack(plain)
    if streams:
        bench.script.reply(replies.sse([packed], content_encoding=encoding))
    else:
        bench.script.reply(replies.http(200, packed, content_encoding=encoding))
    reply = bench.fetch(ROUTES["openai"], body(bench, "openai", stream=streams))
    assert (reply.status, reply.header("content-encoding"), reply.body) == (200, encoding, packed)
    [_, event] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    if streams and form == "cut off":
        # Its own end had come by then (EXC-75).
        assert reply_text(event) == TEXT
        return
    assert event["metadata"]["captureTruncated"] is True
    assert event["metadata"]["contentEncoding"] == encoding


def test_the_next_turn_is_stitched(bench: Bench) -> None:
    """By the id that clients echo, since nothing is signed."""
    call = replies.tool_call("call_" + bench.token, "get_weather", "{}")
    answer = replies.encode(replies.chat(None, calls=[call]))
    bench.script.reply(replies.http(200, gzip.compress(answer), content_encoding="gzip"))
    first = bench.fetch(ROUTES["openai"], body(bench, "openai"))
    bench.script.reply(replies.reply(replies.chat(TEXT)))
    turns = [
        {"role": "user", "content": "A question."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "rain"},
    ]
    second = bench.fetch(ROUTES["openai"], replies.encode({"model": bench.model, "messages": turns}))
    assert second.trace == first.trace


@pytest.mark.parametrize("route", [ROUTES["openai"], "/v1/embeddings"])
@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_error_that_is_encoded(bench: Bench, route: str, encoding: str) -> None:
    plain = replies.encode(replies.vendor_error("openai", "invalid_request_error", "That is too much."))
    packed = gzip.compress(plain)
    bench.script.reply(replies.http(400, packed, content_encoding=encoding))
    request = body(bench, "openai") if route == ROUTES["openai"] else replies.encode({"model": bench.model, "input": "a"})
    reply = bench.fetch(route, request)
    assert (reply.status, reply.header("content-encoding"), reply.body) == (400, encoding, packed)
    asked_ = "user_message" if route == ROUTES["openai"] else "embedding_request"
    [_, event] = bench.reader.await_types(reply.trace, asked_, "error")
    if encoding == "gzip":
        assert event["content"]["error"]["error"]["message"] == "That is too much."
    else:
        assert "'br'" in event["content"]["message"] and "error" not in event["content"]


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_embeddings_that_are_encoded(bench: Bench, encoding: str) -> None:
    answer = {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 1.5]}],
        "model": bench.model,
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }
    packed = gzip.compress(replies.encode(answer))
    bench.script.reply(replies.http(200, packed, content_encoding=encoding))
    reply = bench.fetch("/v1/embeddings", replies.encode({"model": bench.model, "input": "a"}))
    assert (reply.status, reply.header("content-encoding"), reply.body) == (200, encoding, packed)
    [_, event] = bench.reader.await_types(reply.trace, "embedding_request", "embedding_response")
    if encoding == "gzip":
        assert event["content"]["firstEmbeddingDimensions"] == 2
        assert "contentEncoding" not in event["metadata"]
    else:
        assert event["metadata"]["contentEncoding"] == "br"
        assert event["metadata"]["captureTruncated"] is True
