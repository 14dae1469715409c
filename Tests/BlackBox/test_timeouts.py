"""The three time limits of an upstream, each on its own, and connections that are no requests."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

import frames
import replies
from bench import Bench
from conftest import MakeBench, StartServer
from script import RESET, Pause
from test_bad_input import ROUTES, assert_alive, assert_refused
from test_upstream_faults import PLAIN, good


def test_long_stream_outlives_the_first_byte_limit(strict_bench: Bench) -> None:
    """The limit to the first byte is one second; the stream takes longer, but is never silent for so long."""
    bench = strict_bench
    events = replies.chat_events(PLAIN)
    parts = [part for event in events for part in (event, Pause(0.3))]
    bench.script.reply(replies.sse(parts))
    reply = bench.fetch(ROUTES["openai"], good(bench, stream=True))
    assert reply.complete
    assert frames.without_added_event(reply.body) == b"".join(events)


def test_slow_whole_reply_outlives_the_first_byte_limit(strict_bench: Bench) -> None:
    bench = strict_bench
    body = replies.encode(replies.chat(PLAIN))
    [whole] = replies.http(200, body)
    assert isinstance(whole, bytes)
    cut = len(whole) - len(body)
    parts = [whole[:cut], *(part for at in range(8) for part in (body[at * 20 : at * 20 + 20], Pause(0.3)))]
    bench.script.reply([*parts, body[160:]])
    reply = bench.fetch(ROUTES["openai"], good(bench))
    assert reply.status == 200
    assert frames.strip_bytes(reply.body) == body


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_idle_limit_does_not_count_before_the_reply(start: StartServer, make_bench: MakeBench, stream: bool) -> None:
    """A model may think for long; that is what the limit to the first byte is for."""
    bench = make_bench(start("--upstream-first-byte-timeout", "20", "--upstream-idle-timeout", "0.5").ready())
    steps = replies.sse(replies.chat_events(PLAIN)) if stream else replies.reply(replies.chat(PLAIN))
    bench.script.reply([Pause(1.5), *steps])
    reply = bench.fetch(ROUTES["openai"], good(bench, stream=stream))
    assert reply.status == 200, reply.body
    assert reply.complete


def test_heartbeats_keep_a_stream_alive(strict_bench: Bench) -> None:
    bench = strict_bench
    events = replies.chat_events(PLAIN)
    beats = [part for _ in range(5) for part in (b": heartbeat\n\n", Pause(0.4))]
    bench.script.reply(replies.sse([*events[:2], *beats, *events[2:]]))
    reply = bench.fetch(ROUTES["openai"], good(bench, stream=True))
    assert reply.complete and reply.body.count(b": heartbeat\n\n") == 5


def test_connect_limit(start: StartServer, make_bench: MakeBench) -> None:
    """A listener whose queue is full never answers the handshake."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        server = start("--upstream-connect-timeout", "0.5", url=f"http://127.0.0.1:{address[1]}").ready()
        bench = make_bench(server)
        reply = bench.fetch(ROUTES["openai"], good(bench))
        assert_refused(reply, "openai", 504)
        for one in waiting:
            one.close()


@pytest.mark.parametrize("length", [True, False], ids=["with a length", "chunked"])
def test_passed_route_that_breaks_off(strict_bench: Bench, length: bool) -> None:
    bench = strict_bench
    gate = bench.upstream.gate()
    if length:
        start = [b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nfirst"]
    else:
        start = [b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"]
    bench.script.reply([*start, gate, RESET])
    with bench.open("/v1/completions", replies.encode({"model": bench.model})) as reply:
        reply.until(b"first")
        gate.open()
        assert not reply.rest()
    assert_alive(bench)


GARBAGE = {
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no TLS here\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "two lengths": b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "negative length": b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "length and chunks": b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    "bad chunk": b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "NUL in a header": b"GET /v1/models HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
    "long header": b"GET /v1/models HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n",
    "long path": b"GET /v1/" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "climbing path": b"GET /v1/../../admin HTTP/1.1\r\nHost: x\r\n\r\n",
    "absolute form": b"GET http://example.com/v1/models HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "CONNECT": b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_does_no_harm(bench: Bench, name: str) -> None:
    """Without a key: a status of the 400s, or the end of the connection."""
    parts = urlsplit(bench.server.proxy)
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=20) as client:
        try:
            client.sendall(GARBAGE[name])
            client.shutdown(socket.SHUT_WR)
            answer = client.recv(65536)
        except ConnectionError:
            answer = b""
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer
    assert bench.script.exchanges == []
    assert_alive(bench)
