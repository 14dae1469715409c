"""Answers of an upstream that are no success: passed byte for byte, with what clients need to try again."""

from __future__ import annotations

import gzip
import json
from typing import Any

import anthropic
import openai
import pytest

import frames
import replies
from bench import Bench, RawReply
from script import CLOSE
from test_bad_input import ROUTES, assert_refused
from test_upstream_faults import PLAIN, assert_error_event, good

each_vendor = pytest.mark.parametrize("vendor", list(ROUTES))

PAGE = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx \xe9</body>\r\n</html>\r\n"

ERRORS: dict[str, tuple[int, bytes, str | None]] = {
    "JSON": (400, b'{ "error" : {"message":"no \\u00e9","type":"x","n":1.0e0} }\n', "application/json"),
    "rate limit": (429, b'{"error":{"message":"slow down"}}', "application/json; charset=utf-8"),
    "overloaded": (529, b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', "application/json"),
    "page": (502, PAGE, "text/html"),
    "text": (503, b"upstream connect error", "text/plain"),
    "broken JSON": (500, b'{"error": {"message": ', "application/json"),
    "no type": (500, b"\x00\xff\xfe", None),
    "empty": (404, b"", "application/json"),
    "with a frame": (400, replies.encode({"error": frames.encode("abc")}), "application/json"),
    "unusual status": (418, b"{}", "application/json"),
}


@each_vendor
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("name", ERRORS)
def test_error_is_passed_byte_for_byte(bench: Bench, vendor: str, name: str, stream: bool) -> None:
    status, body, kind = ERRORS[name]
    bench.script.reply(replies.http(status, body, kind, retry_after="11", x_should_retry="true", x_ratelimit_x="0"))
    reply = bench.fetch(ROUTES[vendor], good(bench, stream=stream))
    assert (reply.status, reply.body, reply.complete) == (status, body, True)
    assert reply.header("content-type") == kind
    assert reply.header("retry-after") == "11"
    assert reply.header("x-should-retry") == "true"
    assert reply.header("x-ratelimit-x") == "0"
    assert_error_event(bench, reply, str(status))
    assert len(bench.script.exchanges) == 1


@each_vendor
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_passed_and_not_followed(bench: Bench, vendor: str, status: int) -> None:
    target = f"{bench.upstream.url}/elsewhere?{bench.token}"
    bench.script.reply(replies.http(status, b"moved", "text/plain", location=target))
    reply = bench.fetch(ROUTES[vendor], good(bench))
    assert (reply.status, reply.body) == (status, b"moved")
    assert len(bench.script.exchanges) == 1
    assert_error_event(bench, reply)


@each_vendor
@pytest.mark.parametrize("status", [302, 307])
def test_redirect_takes_no_client_past_the_proxy(bench: Bench, vendor: str, status: int) -> None:
    """The official clients follow a `Location`, and would show our key to whoever it names (PRX-6, PRX-7)."""
    target = f"{bench.upstream.url.replace('127.0.0.1', 'localhost')}/elsewhere?{bench.token}"
    bench.script.reply(replies.http(status, b"moved", "text/plain", location=target))
    user: Any = [{"role": "user", "content": "Answer."}]
    client: Any = bench.openai().chat.completions if vendor == "openai" else bench.anthropic().messages
    with pytest.raises((openai.OpenAIError, anthropic.AnthropicError)):
        client.create(model=bench.model, max_tokens=1024, messages=user)
    for exchange in bench.script.exchanges:
        assert bench.server.key not in str(exchange.headers), exchange
    assert len(bench.script.exchanges) == 1


def test_client_retries_are_not_multiplied(bench: Bench) -> None:
    """The client's own two retries, three requests in all, each of them in the same trace."""
    bench.script.answer(
        lambda _: replies.reply(replies.vendor_error("openai", "rate_limit_error", "slow"), 429, retry_after_ms="1")
    )
    head = {"X-Trace-ID": f"trace-{bench.token}"}
    with pytest.raises(openai.RateLimitError):
        bench.openai(max_retries=2, headers=head).chat.completions.create(
            model=bench.model, messages=[{"role": "user", "content": "Answer."}]
        )
    assert len(bench.script.exchanges) == 3
    assert [exchange.header("x-stainless-retry-count") for exchange in bench.script.exchanges] == ["0", "1", "2"]
    bench.reader.await_types(f"trace-{bench.token}", *["user_message", "error"] * 3)


def decoded(reply: RawReply) -> bytes:
    return gzip.decompress(reply.body) if reply.header("content-encoding") == "gzip" else reply.body


def test_compressed_reply_that_nobody_asked_for(bench: Bench) -> None:
    """Either the client can read it or it is told; bytes that it cannot read with status 200 are neither."""
    body = replies.encode(replies.chat(PLAIN))
    bench.script.reply(replies.http(200, gzip.compress(body), content_encoding="gzip"))
    reply = bench.fetch("/v1/chat/completions", good(bench))
    assert bench.script.last.header("accept-encoding") == "identity"
    if reply.status == 200:
        assert frames.strip_bytes(decoded(reply)) == body
    else:
        assert_refused(reply, "openai", 502)
        assert_error_event(bench, reply)


def test_compressed_stream_that_nobody_asked_for(bench: Bench) -> None:
    stream = b"".join(replies.chat_events(PLAIN))
    bench.script.reply(replies.sse([gzip.compress(stream)], content_encoding="gzip"))
    reply = bench.fetch("/v1/chat/completions", good(bench, stream=True))
    if reply.status == 200:
        assert frames.without_added_event(decoded(reply)) == stream
    else:
        assert_refused(reply, "openai", 502)


def test_compressed_reply_on_a_passed_route(bench: Bench) -> None:
    bench.script.reply(replies.http(200, gzip.compress(b'{"data":[]}'), content_encoding="gzip"))
    reply = bench.fetch("/v1/models", None, "GET")
    assert reply.status == 502 or decoded(reply) == b'{"data":[]}', reply


def test_whole_reply_to_a_streaming_request(bench: Bench) -> None:
    """An upstream that does not stream although it was asked to: signed and recorded as what it is."""
    body = replies.encode(replies.chat(PLAIN))
    bench.script.reply(replies.http(200, body))
    reply = bench.fetch("/v1/chat/completions", good(bench, stream=True))
    assert frames.strip_bytes(reply.body) == body
    [_, response] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert response["content"]["content"] == PLAIN


def test_stream_to_a_plain_request(bench: Bench) -> None:
    stream = b"".join(replies.chat_events(PLAIN))
    bench.script.reply(replies.sse([stream]))
    reply = bench.fetch("/v1/chat/completions", good(bench))
    assert frames.without_added_event(reply.body) == stream
    [_, response] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert response["content"]["content"] == PLAIN


UNEXPECTED: dict[str, Any] = {
    "empty object": {},
    "array": [1, 2],
    "no choices": {"id": "x", "choices": []},
    "choices of numbers": {"choices": [1, None, {"message": 4}]},
    "content is parts": {"choices": [{"index": 0, "message": {"role": "assistant", "content": [{"type": "text"}]}}]},
    "error with status 200": {"error": {"message": "it failed, really", "type": "x"}},
}


@each_vendor
@pytest.mark.parametrize("name", UNEXPECTED)
def test_reply_of_another_form_is_passed(bench: Bench, vendor: str, name: str) -> None:
    """EXC-24: JSON that is no completion goes through as it is."""
    body = json.dumps(UNEXPECTED[name], indent=1).encode()
    bench.script.reply(replies.http(200, body))
    reply = bench.fetch(ROUTES[vendor], good(bench))
    assert (reply.status, reply.body) == (200, body)


def test_reply_without_length_or_chunks(bench: Bench) -> None:
    """The end of the connection is the end of the body."""
    body = replies.encode(replies.chat(PLAIN))
    bench.script.reply([b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + body, CLOSE])
    reply = bench.fetch("/v1/chat/completions", good(bench))
    assert reply.status == 200
    assert frames.strip_bytes(reply.body) == body


ODD_HEADS = {
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n",
    "continue": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
    "no reason": b"HTTP/1.1 200\r\n",
    "folded names": b"HTTP/1.1 200 OK\r\nX-A:1\r\nx-a: 2\r\n",
}


@pytest.mark.parametrize("name", ODD_HEADS)
def test_odd_but_valid_heads(bench: Bench, name: str) -> None:
    body = replies.encode(replies.chat(PLAIN))
    head = ODD_HEADS[name] + f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    bench.script.reply([head + body])
    reply = bench.fetch("/v1/chat/completions", good(bench))
    assert reply.status == 200
    assert frames.strip_bytes(reply.body) == body


def test_trailers_and_chunk_extensions(bench: Bench) -> None:
    body = replies.encode(replies.chat(PLAIN))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
    chunks = b"%x;ext=1\r\n%s\r\n" % (len(body), body)
    bench.script.reply([head + chunks + b"0\r\nX-T: 1\r\n\r\n"])
    reply = bench.fetch("/v1/chat/completions", good(bench))
    assert (reply.status, frames.strip_bytes(reply.body)) == (200, body)
    assert reply.complete
