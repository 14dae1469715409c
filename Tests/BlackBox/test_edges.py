"""The proxy's edges: what is HTTP only for some, clients that are slow or leave, and the end of a connection."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

import frames
import replies
import vendors
from bench import Bench, RawReply
from conftest import MakeBench, StartServer
from reader import eventually
from script import CLOSE, RESET, Pause, Repeat, Step
from tenants import create_key
from test_bad_input import ROUTES, assert_alive, assert_refused
from test_connections import head_of
from test_lifecycle import listening
from test_upstream_faults import PLAIN, good


def dial(bench: Bench) -> socket.socket:
    parts = urlsplit(bench.server.proxy)
    return socket.create_connection((parts.hostname, parts.port or 0), timeout=20)


def everything(client: socket.socket) -> bytes:
    """What comes until the other side ends the connection."""
    data = b""
    try:
        while more := client.recv(65536):
            data += more
    except ConnectionError:
        pass
    return data


# MARK: Requests that two readers could understand differently (PRX-52, T9)

CHUNKED = ["Transfer-Encoding: chunked"]
BODY = b"0\r\n\r\n"

AMBIGUOUS: dict[str, tuple[list[str], bytes]] = {
    "length and chunks": (["Content-Length: 5", *CHUNKED], BODY),
    "chunks and length": ([*CHUNKED, "Content-Length: 5"], BODY),
    "two lengths": (["Content-Length: 5", "Content-Length: 6"], b"{}    "),
    "the same length twice": (["Content-Length: 2", "Content-Length: 2"], b"{}"),
    "two lengths in one": (["Content-Length: 2, 2"], b"{}"),
    "length with a sign": (["Content-Length: +2"], b"{}"),
    "negative length": (["Content-Length: -2"], b"{}"),
    "length in hexadecimal": (["Content-Length: 0x2"], b"{}"),
    "length with a space within": (["Content-Length: 1 0"], b"{}"),
    "empty length": (["Content-Length:"], b"{}"),
    "huge length": (["Content-Length: 99999999999999999999"], b"{}"),
    "identity": (["Transfer-Encoding: identity"], BODY),
    "chunked twice": ([*CHUNKED, *CHUNKED], BODY),
    "chunked in a list": (["Transfer-Encoding: gzip, chunked"], BODY),
    "chunked not last": (["Transfer-Encoding: chunked, identity"], BODY),
    "almost chunked": (["Transfer-Encoding: xchunked"], BODY),
    "chunked and a vertical tab": (["Transfer-Encoding: \x0bchunked"], BODY),
    "chunked in quotes": (['Transfer-Encoding: "chunked"'], BODY),
    "space before the colon": (["Transfer-Encoding : chunked"], BODY),
    "length with a space before the colon": (["Content-Length : 2"], b"{}"),
    "folded header": (["X-A: b\r\n c", "Content-Length: 2"], b"{}"),
    "folded encoding": (["Transfer-Encoding:\r\n chunked"], BODY),
    "folded length": (["Content-Length:\r\n 2"], b"{}"),
    "NUL in a value": (["X-A: a\x00b", "Content-Length: 2"], b"{}"),
    "NUL in a name": (["X-A\x00: b", "Content-Length: 2"], b"{}"),
    "no colon": (["X-A", "Content-Length: 2"], b"{}"),
    "no name": ([": b", "Content-Length: 2"], b"{}"),
    "line feed in a value": (["X-A: b\nX-C: d", "Content-Length: 2"], b"{}"),
    "carriage return in a value": (["X-A: b\rX-C: d", "Content-Length: 2"], b"{}"),
    "two hosts": (["Host: other", "Content-Length: 2"], b"{}"),
    "bad chunk size": (CHUNKED, b"zz\r\n{}\r\n0\r\n\r\n"),
    "signed chunk size": (CHUNKED, b"+2\r\n{}\r\n0\r\n\r\n"),
    "chunk size with a prefix": (CHUNKED, b"0x2\r\n{}\r\n0\r\n\r\n"),
    "huge chunk size": (CHUNKED, b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
    "chunk size with a space": (CHUNKED, b"2 \r\n{}\r\n0\r\n\r\n"),
    "chunk that is longer": (CHUNKED, b"2\r\n{}{}\r\n0\r\n\r\n"),
    "chunked twice in a list": (["Transfer-Encoding: chunked, chunked"], BODY),
    "another encoding before": (["Transfer-Encoding: identity", *CHUNKED], BODY),
    "length in letters": (["Content-Length: two"], b"{}"),
    "length with a point": (["Content-Length: 2.0"], b"{}"),
    "tab before the colon": (["Transfer-Encoding\t: chunked"], BODY),
    "folded header that is an encoding": (["Content-Length: 2", "X-A: b\r\n Transfer-Encoding: chunked"], b"{}"),
    "no chunk size": (CHUNKED, b"\r\n{}\r\n0\r\n\r\n"),
    "negative chunk size": (CHUNKED, b"-2\r\n{}\r\n0\r\n\r\n"),
    "bare line feed after a chunk size": (CHUNKED, b"2\n{}\r\n0\r\n\r\n"),
    "bare line feed after a chunk": (CHUNKED, b"2\r\n{}\n0\r\n\r\n"),
}


@pytest.mark.parametrize("route", [*ROUTES.values(), "/v1/files"])
@pytest.mark.parametrize("name", AMBIGUOUS)
def test_ambiguous_request_is_refused_and_nothing_after_it_is_read(bench: Bench, name: str, route: str) -> None:
    more, body = AMBIGUOUS[name]
    lines = [f"POST {route} HTTP/1.1", "Host: x", *(f"{key}: {value!s}" for key, value in bench.headers().items())]
    if route == "/v1/files":
        lines = [line for line in lines if not line.startswith("Content-Type")]
    smuggled = head_of(bench, b"") + f"GET /v1/models?{bench.token} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with dial(bench) as client:
        client.sendall("\r\n".join([*lines, *more]).encode("latin-1") + b"\r\n\r\n" + body + smuggled)
        answer = everything(client)
    # What was well formed until its body went wrong may have gone upstream as an upload that was broken off.
    assert answer.startswith(b"HTTP/1.1 400 ") or (answer == b"" and route == "/v1/files" and more == CHUNKED), answer
    assert len(re.findall(rb"HTTP/1\.1 [2345]", answer)) <= 1, "the connection went on"
    assert all(not exchange.body for exchange in bench.script.exchanges)
    assert all("/models" not in exchange.target for exchange in bench.script.exchanges)
    assert_alive(bench)


VERSIONS = {
    "no host": b"GET /v1/models HTTP/1.1\r\n\r\n",
    "HTTP/1.2": b"GET /v1/models HTTP/1.2\r\nHost: x\r\n\r\n",
    "HTTP/2.0": b"GET /v1/models HTTP/2.0\r\nHost: x\r\n\r\n",
    "HTTP/0.9": b"GET /v1/models\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /v1/messages HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "tab": b"GET\t/v1/models HTTP/1.1\r\nHost: x\r\n\r\n",
    "small letters": b"get /v1/models HTTP/1.1\r\nHost: x\r\n\r\n",
    "preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "bare line feeds": b"GET /v1/models HTTP/1.1\nHost: x\n\n",
}


@pytest.mark.parametrize("name", VERSIONS)
def test_other_heads_are_refused(bench: Bench, name: str) -> None:
    with dial(bench) as client:
        client.sendall(VERSIONS[name])
        answer = everything(client)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")), answer
    assert_alive(bench)


@pytest.mark.parametrize("kind", ["one header", "all headers", "number of headers"])
def test_head_over_the_limit(bench: Bench, kind: str) -> None:
    """PRX-53"""
    more = {
        "one header": ["X-A: " + "a" * 33_000],
        "all headers": [f"X-A{number}: {'a' * 1000}" for number in range(70)],
        "number of headers": [f"X-A{number}: a" for number in range(201)],
    }[kind]
    with dial(bench) as client:
        client.sendall(head_of(bench, b"", *more))
        answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 431 "), answer
    assert bench.script.exchanges == []
    assert_alive(bench)


UNDERSCORES = {
    "Content_Length": "5",
    "Transfer_Encoding": "chunked",
    "X_Trace_ID": "trace-of-nobody",
    "X_Thread_ID": "trace-of-nobody",
    "X_Agent_Name": "nobody",
    "X_API_Key": "nobody",
    "Anthropic_Version": "1",
    "OpenAI-Organization_": "org",
    "Idempotency_Key": "1",
    "session_id": "canary",
    "X_WhyOps_Signature": "off",
}


def test_names_with_an_underscore_are_nothing(bench: Bench) -> None:
    """PRX-115: neither we nor a server behind us takes them for those with a hyphen."""
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    reply = bench.fetch(ROUTES["openai"], good(bench), headers=bench.headers() | UNDERSCORES)
    assert reply.status == 200, reply.body
    assert reply.trace != "trace-of-nobody"
    assert frames.ids_in_bytes(reply.body) == [reply.trace]
    sent = [name for name, _ in bench.script.last.headers]
    assert [name for name in sent if "_" in name] == []
    nameless = bench.headers()
    del nameless["X-Agent-Name"]
    reply = bench.fetch(ROUTES["openai"], good(bench), headers=nameless | UNDERSCORES)
    assert reply.status == 400, "the agent's name is missing"


@pytest.mark.parametrize("target", [ROUTES["openai"], "/v1/files"])
def test_what_connection_names_is_for_that_connection(bench: Bench, target: str) -> None:
    """PRX-221: in both directions, whatever it is, but for `Via` and for what says how to read the body."""
    own = {"connection": "keep-alive, OpenAI-Version, content-type", "openai_version": "1", "openai_processing_ms": "7"}
    bench.script.reply(replies.reply(replies.chat(PLAIN), **own))
    named = "Idempotency-Key ,\tvia, keep-alive,Content-Type"
    head = bench.headers(Connection=named, Idempotency_Key="1", OpenAI_Project="p", Via="1.1 other")
    reply = bench.fetch(target, good(bench), headers=head)
    assert reply.status == 200, reply.body
    sent = bench.script.last
    assert (sent.header("idempotency-key"), sent.header("openai-project")) == (None, "p")
    assert (sent.header("via") or "").startswith("1.1 other, ")
    assert (reply.header("openai-version"), reply.header("openai-processing-ms")) == (None, "7")
    assert [one.header("content-type") for one in (sent, reply)] == ["application/json"] * 2


def test_garbage_after_a_request_does_not_spoil_its_reply(bench: Bench) -> None:
    gate = bench.upstream.gate()
    bench.script.reply([gate, *replies.reply(replies.chat(PLAIN))])
    body = good(bench)
    with dial(bench) as client:
        client.sendall(head_of(bench, body) + body)
        bench.script.wait()
        client.sendall(b"\x00\x01\x02 no HTTP\r\n\r\n")
        gate.open()
        answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.count(b"HTTP/1.1 ") == 1


GARBAGE = b"\x00\x01\x02 no HTTP\r\n\r\n"
AHEAD = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("cut", [b"", b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-"], ids=["", "a part"])
def test_garbage_after_requests_that_were_sent_ahead(bench: Bench, cut: bytes) -> None:
    """PRX-113: each whole request has its reply, in order, and the connection ends with the last of them."""
    gate = bench.upstream.gate()
    bench.script.reply([gate, *replies.reply(replies.chat(PLAIN))])
    body = good(bench)
    with dial(bench) as client:
        client.sendall(head_of(bench, body) + body + AHEAD + AHEAD + cut + GARBAGE)
        bench.script.wait()
        gate.open()
        answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.count(b"HTTP/1.1 200 ") == answer.count(b"HTTP/1.1 ") == 3
    assert answer.count(b'"healthy"') == 2
    assert answer.lower().count(b"connection: close") == 1


def test_garbage_behind_a_request_whose_key_is_being_looked_up(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start().ready())
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    body = good(bench)
    with dial(bench) as client:
        client.sendall(head_of(bench, body) + body + GARBAGE)
        answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("vendor", ROUTES)
def test_refusal_of_a_broken_body_is_of_its_route_and_key(
    start: StartServer, make_bench: MakeBench, vendor: str
) -> None:
    """PRX-5, PRX-36, PRX-119: what cannot be read is refused as anything else is on this path and for this key."""
    bench = make_bench(start().ready())
    key = create_key(bench.server, "limited", "--requests-per-minute", "10")
    head = bench.headers(Authorization=f"Bearer {key}")
    # From here on the key is known without asking anybody.
    assert bench.fetch(ROUTES[vendor], b"{", headers=head).status == 400
    lines = [f"POST {ROUTES[vendor]} HTTP/1.1", "Host: x", "Transfer-Encoding: chunked"]
    lines += [f"{name}: {value!s}" for name, value in head.items()]
    with dial(bench) as client:
        client.sendall(("\r\n".join(lines) + "\r\n\r\nzz\r\n").encode())
        answer = everything(client)
    top, _, text = answer.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 400 "), answer
    names = {line.split(b":")[0].lower().decode() for line in top.split(b"\r\n")[1:]}
    assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-backend"} <= names
    assert ("request-id" if vendor == "anthropic" else "x-request-id") in names
    assert (json.loads(text).get("type") == "error") == (vendor == "anthropic")


# MARK: Bodies

@pytest.mark.parametrize("expect", ["100-continue", "100-continue \t"])
def test_refused_client_that_waits_is_not_asked_for_its_body(bench: Bench, expect: str) -> None:
    """PRX-55: whether the body follows is unknown, so the connection ends."""
    lines = ["POST /v1/chat/completions HTTP/1.1", "Host: x", "Authorization: Bearer nobody"]
    head = "\r\n".join([*lines, "Content-Length: 100", f"Expect: {expect}", "", ""])
    with dial(bench) as client:
        client.sendall(head.encode())
        answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 401 "), answer
    assert b"connection: close" in answer.lower()


def test_version_1_0(bench: Bench) -> None:
    """No chunks for who does not know them; the end of the connection is the end of the stream."""
    events = replies.chat_events(PLAIN)
    bench.script.reply(replies.sse(events))
    body = good(bench, stream=True)
    head = head_of(bench, body).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    with dial(bench) as client:
        client.sendall(head + body)
        answer = everything(client)
    start, _, rest = answer.partition(b"\r\n\r\n")
    assert start.startswith(b"HTTP/1.0 200 ") and b"transfer-encoding" not in start.lower()
    assert rest.startswith(events[0]) and rest.endswith(replies.DONE)


def test_version_1_0_of_a_reply_that_breaks_off(bench: Bench) -> None:
    """PRX-12: the end of the connection would be the end of the reply, so it is no end in order."""
    events = replies.chat_events(PLAIN)
    bench.script.reply([replies.sse_head(), *map(replies.chunk, events[:3]), RESET])
    body = good(bench, stream=True)
    head = head_of(bench, body).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    with dial(bench) as client:
        client.sendall(head + body)
        with pytest.raises(ConnectionResetError):
            while client.recv(65536):
                pass


def test_head_request_keeps_the_length(bench: Bench) -> None:
    bench.script.reply([b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"], replies.http(200, b"[]"))
    with dial(bench) as client:
        lines = [f"{name}: {value!s}" for name, value in bench.headers().items()]
        for method in ("HEAD", "GET"):
            client.sendall("\r\n".join([f"{method} /v1/models HTTP/1.1", "Host: x", *lines, "", ""]).encode())
            answer = client.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 "), answer
            length = b"1234" if method == "HEAD" else b"2"
            assert b"content-length: " + length + b"\r\n" in answer.lower(), answer


def test_a_thousand_requests_sent_ahead(bench: Bench) -> None:
    """PRX-54: answered one by one, in order."""
    with dial(bench) as client:
        count = 1000
        sender = threading.Thread(target=client.sendall, args=(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * count,))
        sender.start()
        data = b""
        while data.count(b'"healthy"') < count:
            more = client.recv(65536)
            assert more, data[-300:]
            data += more
        sender.join()
    assert data.count(b"HTTP/1.1 200 ") == count


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
@pytest.mark.parametrize("route", [*ROUTES.values(), "/v1/files/f", "/v1/models"])
def test_methods_that_would_tell_what_is_sent(bench: Bench, method: str, route: str) -> None:
    """PRX-213: an upstream that knows TRACE answers with its own credential."""
    lines = [f"{method} {route} HTTP/1.1", "Host: x", *(f"{key}: {value!s}" for key, value in bench.headers().items())]
    with dial(bench) as client:
        client.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 501 "), answer
    # What answers CONNECT with a refusal has a body, too.
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    assert bench.script.exchanges == []


def test_targets_in_absolute_form(bench: Bench) -> None:
    """PRX-215: a path is taken from one that says what Host says, and no other reaches an upstream."""
    body = good(bench)

    def ask(target: str, host: str) -> bytes:
        fields = {"Host": host, "Content-Length": str(len(body)), "Connection": "close", **bench.headers()}
        lines = [f"POST {target} HTTP/1.1", *(f"{key}: {value!s}" for key, value in fields.items())]
        with dial(bench) as client:
            client.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            return everything(client)

    host = urlsplit(bench.server.proxy).netloc
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    assert ask(f"http://{host}/v1/chat/completions?a=b", host).startswith(b"HTTP/1.1 200 ")
    assert bench.script.last.target == "/v1/chat/completions?a=b"
    for target in (f"http://{host}/v1/chat/completions", "http://x@y/v1/chat/completions", "ftp://y/v1/chat/completions"):
        assert ask(target, "y").startswith(b"HTTP/1.1 400 "), target
    assert len(bench.script.exchanges) == 1


# MARK: Upstreams that speak HTTP in their own way (PRX-11)

JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def ways_of_answering(body: bytes) -> dict[str, tuple[int, list[bytes | object]]]:
    """What is served all the same, and what is no reply."""
    length, chunks = b"Content-Length: %d\r\n" % len(body), b"Transfer-Encoding: chunked\r\n"
    in_chunks = b"%x\r\n%s\r\n0\r\n" % (len(body), body)
    old = JSON_HEAD.replace(b"1.1", b"1.0")
    return {
        "interim ones before": (200, [b"HTTP/1.1 103 Early Hints\r\nX-Request-Id: hint\r\n\r\n" * 50, JSON_HEAD + length + b"\r\n" + body]),
        "until the end of the connection": (200, [JSON_HEAD + b"\r\n" + body, CLOSE]),
        "HTTP/1.0": (200, [old + b"\r\n" + body, CLOSE]),
        "no reason": (200, [JSON_HEAD.replace(b" OK", b"") + length + b"\r\n" + body]),
        "chunk extensions": (200, [JSON_HEAD + chunks + b"\r\n" + in_chunks.replace(b"\r\n", b";a=\"b;c\"\r\n", 1) + b"\r\n"]),
        "trailers": (200, [JSON_HEAD + chunks + b"\r\n" + in_chunks + b"X-Request-Id: trailer\r\n\r\n"]),
        "an empty encoding": (200, [JSON_HEAD + b"Content-Encoding:\r\n" + length + b"\r\n" + body]),
        "HTTP/1.0 that breaks off": (502, [old + b"\r\n" + body[:-9], RESET]),
        "both framings": (502, [JSON_HEAD + length + chunks + b"\r\n" + in_chunks + b"\r\n"]),
        "two lengths": (502, [JSON_HEAD + length + b"Content-Length: 3\r\n\r\n" + body]),
        "a length with a sign": (502, [JSON_HEAD + length.replace(b": ", b": +") + b"\r\n" + body]),
        "a folded header": (502, [JSON_HEAD + b"X-Request-Id: a\r\n b\r\n" + length + b"\r\n" + body]),
        "bare line feeds": (502, [(JSON_HEAD + length + b"\r\n").replace(b"\r\n", b"\n") + body]),
        "NUL in a header": (502, [JSON_HEAD + b"X-Request-Id: a\x00b\r\n" + length + b"\r\n" + body]),
        "a length in a trailer": (502, [JSON_HEAD + chunks + b"\r\n" + in_chunks + b"Content-Length: 3\r\n\r\n"]),
        "a thousand headers": (502, [JSON_HEAD + b"X-RateLimit-A: b\r\n" * 1000 + length + b"\r\n" + body]),
        "a head of 100 KB": (502, [JSON_HEAD + b"X-Request-Id: " + b"a" * 100_000 + b"\r\n" + length + b"\r\n" + body]),
        "another protocol": (502, [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", CLOSE]),
        "HTTP/2.0": (502, [JSON_HEAD.replace(b"1.1", b"2.0") + length + b"\r\n" + body]),
    }


@vendors.each_vendor
@pytest.mark.parametrize("way", ways_of_answering(b"{}"))
def test_ways_of_answering(bench: Bench, vendor: str, way: str) -> None:
    status, steps = ways_of_answering(replies.encode(vendors.whole(vendor, PLAIN)))[way]
    bench.script.reply(steps)
    reply = bench.fetch(vendors.ROUTES[vendor], good(bench, vendor))
    if status == 502:
        assert_refused(reply, vendor, 502)
        bench.reader.await_types(reply.trace, "user_message", "error")
        return
    assert (reply.status, reply.header("content-encoding") or "") == (200, "")
    assert frames.strip_bytes(reply.body) == replies.encode(vendors.whole(vendor, PLAIN))
    assert frames.ids_in_bytes(reply.body) == [reply.trace]
    assert reply.header("x-request-id") is None
    [_, event] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert "captureTruncated" not in event["metadata"]


NOT_YET: dict[str, list[Step]] = {
    "interim replies without an end": [Repeat(b"HTTP/1.1 102 Processing\r\n\r\n" * 1000, 1 << 20)],
    "a head in small pieces": [b"HTTP/1.1 200 OK\r\nX-A: ", *([b"a", Pause(0.2)] * 200)],
}


@pytest.mark.parametrize("name", NOT_YET)
def test_what_is_no_beginning_of_a_reply(strict_bench: Bench, name: str) -> None:
    """The limit until it begins goes on (PRX-51)."""
    strict_bench.script.reply(NOT_YET[name])
    reply = strict_bench.fetch(vendors.ROUTES["openai"], good(strict_bench))
    assert_refused(reply, "openai", 504)
    assert strict_bench.script.last.closed.wait(20), "the upstream request went on"


# MARK: Clients that leave (PRX-10)

@vendors.each_vendor
def test_client_that_leaves_at_any_place(bench: Bench, vendor: str) -> None:
    """At each of fifty places of a stream the upstream learns within 250 ms that nobody listens."""
    events = vendors.events(vendor, " ".join(f"word{number}" for number in range(60)))

    def leave(place: int) -> float:
        gate = bench.upstream.gate()
        bench.script.reply([replies.sse_head(), *map(replies.chunk, events[: place + 1]), gate])
        with bench.open(vendors.ROUTES[vendor], good(bench, vendor, stream=True)) as reply:
            reply.until(events[place])
            begin = time.monotonic()
        assert bench.script.last.closed.wait(20), f"after {place} events the upstream request went on"
        return time.monotonic() - begin

    requests = 0
    for place in range(50):
        # Others work on the machine of the tests too: a place that is slow by itself is slow each time.
        took = []
        while not took or took[-1] > 0.25 and len(took) < 4:
            took.append(leave(place))
        requests += len(took)
        assert took[-1] <= 0.25, f"after {place} events the upstream learnt it after {took} s"
    assert len(bench.script.exchanges) == requests, "a request was repeated"


def test_client_that_reads_slowly_gets_everything(bench: Bench) -> None:
    event = replies.chat_chunk({"content": "word" * 2000})
    count = 200
    bench.script.reply([replies.sse_head(), Repeat(replies.chunk(event), count), replies.LAST_CHUNK])
    body = good(bench, stream=True)
    with dial(bench) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        client.sendall(head_of(bench, body, "Connection: close") + body)
        data = everything(client)
    assert data.count(event.strip()) == count and data.endswith(b"0\r\n\r\n")


# MARK: Time (PRX-50, PRX-51)

def own_share(reply: RawReply) -> float:
    """In milliseconds."""
    found = [value for name, value in reply.headers if name.lower() == "server-timing"]
    assert len(found) == 1, reply.headers
    parts = re.fullmatch(r"whyops;dur=([0-9]+\.[0-9]{3})", found[0])
    assert parts, found
    return float(parts[1])


TIMED = ["whole", "stream", "anthropic", "responses", "an error of the upstream", "no JSON", "passed through", "HEAD"]


@pytest.mark.parametrize("kind", TIMED)
def test_own_share_of_the_time(bench: Bench, kind: str) -> None:
    """PRX-50: it is on every reply, and the upstream's time is not in it."""
    pause = 0.3
    steps = {
        "stream": replies.sse(replies.chat_events(PLAIN)),
        "an error of the upstream": replies.reply({"error": {"message": "No."}}, 429),
        "no JSON": replies.http(200, b"<html>"),
        "passed through": replies.reply({"data": []}),
        "HEAD": [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"],
    }
    vendor = kind if kind in vendors.ROUTES else "openai"
    bench.script.reply([Pause(pause), *steps.get(kind, replies.reply(vendors.whole(vendor, PLAIN)))])
    begin = time.monotonic()
    if kind in ("passed through", "HEAD"):
        reply = bench.fetch(f"/v1/files/{bench.token}", None, "HEAD" if kind == "HEAD" else "GET")
    else:
        reply = bench.fetch(vendors.ROUTES[vendor], good(bench, vendor, stream=kind == "stream"))
    took = (time.monotonic() - begin) * 1000
    assert reply.status == {"an error of the upstream": 429, "no JSON": 502}.get(kind, 200)
    assert took >= pause * 1000
    assert 0 < own_share(reply) <= took - pause * 1000


@pytest.mark.parametrize("status", [400, 401, 431, 501])
def test_refusals_say_what_they_took(bench: Bench, status: int) -> None:
    route = ROUTES["openai"]
    begin = time.monotonic()
    reply = {
        400: lambda: bench.fetch(route, b"{"),
        401: lambda: bench.fetch(route, good(bench), headers=bench.headers(Authorization="Bearer nobody")),
        431: lambda: bench.fetch(route, good(bench), headers=bench.headers(X_A="a" * 33_000)),
        501: lambda: bench.fetch("/v1/realtime", None, "GET", bench.headers(Connection="Upgrade", Upgrade="websocket")),
    }[status]()
    assert reply.status == status
    assert 0 <= own_share(reply) <= (time.monotonic() - begin) * 1000


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_total_limit(start: StartServer, make_bench: MakeBench, stream: bool) -> None:
    bench = make_bench(start("--upstream-total-timeout", "0.8").ready())
    events = replies.chat_events(PLAIN)
    # White space before JSON is how servers keep a connection open, as comments do in a stream.
    beats = [part for _ in range(40) for part in (b": heartbeat\n\n" if stream else b"\n", Pause(0.1))]
    if stream:
        bench.script.reply(replies.sse([*events[:2], *beats, *events[2:]]))
        reply = bench.fetch(ROUTES["openai"], good(bench, stream=True))
        assert reply.status == 200 and not reply.complete
    else:
        bench.script.reply([b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", *beats])
        reply = bench.fetch(ROUTES["openai"], good(bench))
        assert_refused(reply, "openai", 504, "0.8")


# MARK: The end (PRX-57)

def test_connections_are_told_that_it_stops(start: StartServer, make_bench: MakeBench) -> None:
    """A reply that begins after the signal says that it is the last one of its connection."""
    server = start().ready()
    bench = make_bench(server)
    gate = bench.upstream.gate()
    bench.script.reply([gate, *replies.reply(replies.chat(PLAIN))])
    body = good(bench)
    with dial(bench) as idle, dial(bench) as client:
        client.sendall(head_of(bench, body) + body)
        bench.script.wait()
        server.send_signal(signal.SIGTERM)
        eventually(lambda: not listening(server.proxy), "the end of listening")
        assert everything(idle) == b""
        gate.open()
        answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 200 ") and b"connection: close" in answer.lower(), answer
    assert server.wait() == 0
