"""A client that does not read slows the upstream down instead of filling our memory."""

from __future__ import annotations

import hashlib
import socket
import time
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest

import replies
import vendors
from bench import Bench
from conftest import MakeBench, StartServer
from script import Exchange, Repeat
from test_upstream_faults import good

MEGABYTE = 1 << 20
TOTAL = 64 * MEGABYTE
# What may lie in socket buffers on both sides of the proxy, and in the proxy itself.
BOUND = 40 * MEGABYTE


def dial(bench: Bench) -> socket.socket:
    parts = urlsplit(bench.server.proxy)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    client.settimeout(30)
    client.connect((parts.hostname, parts.port))
    return client


def head(bench: Bench, method: str, target: str, body: bytes) -> bytes:
    headers: dict[str, Any] = {**bench.headers(), "Host": "127.0.0.1", "Content-Length": len(body)}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def settled(*exchanges: Exchange) -> int:
    """How much the upstream could send, once that has not grown for a while or all is sent."""
    deadline = time.monotonic() + 60
    sent, since = -1, time.monotonic()
    while time.monotonic() < deadline and not all(exchange.finished.is_set() for exchange in exchanges):
        if (now := sum(exchange.sent for exchange in exchanges)) != sent:
            sent, since = now, time.monotonic()
        elif sent > 0 and time.monotonic() - since > 1.5:
            break
        time.sleep(0.02)
    return sum(exchange.sent for exchange in exchanges)


def resident(bench: Bench, which: str = "VmHWM") -> int:
    """The most memory that the server has ever held, or with `VmRSS` holds now, in bytes."""
    with open(f"/proc/{bench.server.process.pid}/status") as status:
        line = next(line for line in status if line.startswith(which))
    return int(line.split()[1]) * 1024


def test_unread_chat_stream_holds_the_upstream_back(bench: Bench) -> None:
    event = replies.chat_chunk({"content": "word " * (64 * 1024 // 5)})
    bench.script.reply([replies.sse_head(), Repeat(replies.chunk(event), TOTAL // len(event)), replies.LAST_CHUNK])
    before = resident(bench)
    with dial(bench) as client:
        client.sendall(head(bench, "POST", "/v1/chat/completions", good(bench, stream=True)))
        assert client.recv(12) == b"HTTP/1.1 200"
        exchange = bench.script.last
        sent = settled(exchange)
        assert MEGABYTE // 16 < sent < BOUND, f"{sent} bytes were taken from the upstream for a client that reads none"
    assert exchange.closed.wait(20), "the upstream was not told that the client has gone"
    assert resident(bench) - before < TOTAL


def endless(vendor: str) -> list[Any]:
    """A stream of more than anybody takes. Its events are large, but not by their text: what is captured has its own bound."""
    begun = vendors.begun(vendor)
    large = begun[-1].replace(b"{", b'{"padding":"' + b"x" * 32 * 1024 + b'",', 1)
    return [replies.sse_head(), *map(replies.chunk, begun), Repeat(replies.chunk(large), TOTAL // len(large))]


@vendors.each_vendor
def test_what_unread_streams_cost(start: StartServer, make_bench: MakeBench, vendor: str) -> None:
    """PRX-54: a stream that nobody reads holds 1 MiB of our memory at most."""
    bench = make_bench(start().ready())
    request, count, clients = good(bench, vendor, stream=True), 12, []
    bench.script.reply(replies.sse(vendors.events(vendor, vendors.PLAIN)))
    assert bench.fetch(vendors.ROUTES[vendor], request).status == 200
    before = resident(bench, "VmRSS")
    bench.script.answer(lambda _: endless(vendor))
    try:
        for _ in range(count):
            clients.append(dial(bench))
            clients[-1].sendall(head(bench, "POST", vendors.ROUTES[vendor], request))
        streams = bench.script.wait(1 + count)[1:]
        settled(*streams)
        held = (resident(bench, "VmRSS") - before) / count
    finally:
        for client in clients:
            client.close()
    taken = [exchange.sent for exchange in streams]
    print(f"{held / 1024:.0f} KiB for each, {max(taken) / MEGABYTE:.1f} MiB taken at most")
    # Most of what was taken lies in the buffers of sockets, which are the system's.
    assert min(taken) > MEGABYTE // 16 and max(taken) < BOUND, taken
    assert held <= MEGABYTE
    for exchange in streams:
        assert exchange.closed.wait(20), "the upstream was not told that the client has gone"


@vendors.each_vendor
def test_captured_text_of_unread_streams(start: StartServer, make_bench: MakeBench, vendor: str) -> None:
    """PRX-54, EXC-39: what is captured is the text that has been taken for the client, and nothing ahead of it."""
    bench = make_bench(start().ready())
    request, count, clients = good(bench, vendor, stream=True), 6, []
    bench.script.reply(replies.sse(vendors.events(vendor, vendors.PLAIN)))
    assert bench.fetch(vendors.ROUTES[vendor], request).status == 200
    before = resident(bench, "VmRSS")
    begun = vendors.begun(vendor)
    large = begun[-1].replace(b" a", b" word" * 6 * 1024, 1)
    assert len(large) > 30 * 1024
    bench.script.answer(
        lambda _: [replies.sse_head(), *map(replies.chunk, begun), Repeat(replies.chunk(large), TOTAL // len(large))]
    )
    try:
        for _ in range(count):
            clients.append(dial(bench))
            clients[-1].sendall(head(bench, "POST", vendors.ROUTES[vendor], request))
        streams = bench.script.wait(1 + count)[1:]
        settled(*streams)
        held = (resident(bench, "VmRSS") - before) / count
    finally:
        for client in clients:
            client.close()
    taken = max(exchange.sent for exchange in streams)
    print(f"{held / 1024:.0f} KiB for each, {taken / MEGABYTE:.1f} MiB taken at most")
    # A list that grows may be twice as large as what it holds.
    assert taken < BOUND and held <= MEGABYTE + 2 * taken


@pytest.mark.parametrize("length", [True, False], ids=["with a length", "chunked"])
def test_unread_download_holds_the_upstream_back_and_comes_whole(bench: Bench, length: bool) -> None:
    block = bytes(range(256)) * 1024
    count = TOTAL // len(block)
    if length:
        start = f"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {TOTAL}\r\n\r\n"
        steps = [start.encode(), Repeat(block, count)]
    else:
        start = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        steps = [start.encode(), Repeat(replies.chunk(block), count), replies.LAST_CHUNK]
    bench.script.reply(steps)
    with dial(bench) as client:
        client.sendall(head(bench, "GET", f"/v1/files/{bench.token}/content", b""))
        assert client.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 200"
        sent = settled(bench.script.last)
        assert sent < BOUND, f"{sent} bytes were taken from the upstream for a client that reads none"
        response = HTTPResponse(client)
        response.begin()
        digest, size = hashlib.sha256(), 0
        while data := response.read1(MEGABYTE):
            digest.update(data)
            size += len(data)
        response.close()
    assert size == TOTAL
    assert digest.hexdigest() == hashlib.sha256(block * count).hexdigest()


def test_slow_upstream_holds_the_client_back(bench: Bench) -> None:
    """A large upload arrives whole and exact."""
    block = bytes(range(256)) * 4096
    body = block * 8
    bench.script.reply(replies.reply({"id": "file-1"}))
    reply = bench.fetch("/v1/files", body, headers=bench.headers(Content_Type="application/octet-stream"))
    assert reply.status == 200
    assert hashlib.sha256(bench.script.last.body).digest() == hashlib.sha256(body).digest()
