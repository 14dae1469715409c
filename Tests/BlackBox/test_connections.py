"""Connections that carry more than one request, and clients that leave in odd moments."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

import frames
import replies
from bench import Bench, Headers, connect, send
from conftest import MakeBench, StartServer
from script import CLOSE, HANG, RESET, Repeat
from test_bad_input import ROUTES, assert_alive
from test_upstream_faults import PLAIN, good


def step(
    connection: http.client.HTTPConnection, bench: Bench, method: str, target: str, body: bytes | None, head: Headers
) -> tuple[int, bytes]:
    send(connection, method, target, head, body)
    response = connection.getresponse()
    data = response.read()
    return response.status, data


def head_of(bench: Bench, body: bytes, *more: str) -> bytes:
    """The head of a chat request as it goes over the wire."""
    lines = ["POST /v1/chat/completions HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *more]
    lines += [f"{name}: {value!s}" for name, value in bench.headers().items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_one_connection_for_all_kinds_of_replies(strict_bench: Bench) -> None:
    """After each kind of reply the next one on the same connection is the right one, or the connection has ended."""
    bench = strict_bench
    chat = replies.encode(replies.chat(PLAIN))
    events = replies.chat_events(PLAIN)
    nobody = bench.headers(Authorization="Bearer nobody")
    nameless = bench.headers()
    del nameless["X-Agent-Name"]
    kinds: list[tuple[str, str, bytes | None, Headers, Any, int]] = [
        ("POST", ROUTES["openai"], good(bench), bench.headers(), replies.http(200, chat), 200),
        ("POST", ROUTES["openai"], good(bench), nobody, None, 401),
        ("POST", ROUTES["openai"], good(bench, stream=True), bench.headers(), replies.sse(events), 200),
        ("POST", ROUTES["anthropic"], good(bench), nameless, None, 400),
        ("HEAD", "/v1/models", None, bench.headers(), [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"], 200),
        ("DELETE", f"/v1/files/{bench.token}", None, bench.headers(), [b"HTTP/1.1 204 No Content\r\n\r\n"], 204),
        ("POST", ROUTES["openai"], b"{", bench.headers(), None, 400),
        ("GET", "/v1/models", None, bench.headers(), replies.http(200, b"[]"), 200),
        ("POST", ROUTES["openai"], good(bench, padding="x" * 70_000), bench.headers(), None, 413),
        ("GET", "/v1/realtime", None, bench.headers(), None, 501),
        ("POST", ROUTES["openai"], good(bench), bench.headers(), replies.http(429, b"{}"), 429),
    ]
    connection = connect(bench.server.proxy)
    for _ in range(2):
        for method, target, body, head, reply, status in kinds:
            if reply is not None:
                bench.script.reply(reply)
            got, data = step(connection, bench, method, target, body, head)
            assert got == status, (method, target, data)
    for text in (chat, b"".join(events)):
        bench.script.reply(replies.http(200, text) if text == chat else replies.sse([text]))
        _, data = step(connection, bench, "POST", ROUTES["openai"], good(bench, stream=text != chat), bench.headers())
        plain = frames.strip_bytes(data) if text == chat else frames.without_added_event(data)
        assert plain == text
    connection.close()


def test_pipelined_requests_are_answered_in_order(bench: Bench) -> None:
    parts = urlsplit(bench.server.proxy)
    texts = [f"This is answer number {name}." for name in ("one", "two", "three")]
    bench.script.reply(*(replies.reply(replies.chat(text)) for text in texts))
    body = good(bench)
    request = head_of(bench, body)
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=20) as client:
        client.sendall((request + body) * 3)
        with client.makefile("rb") as stream:
            for text in texts:
                lines = iter(stream.readline, b"\r\n")
                length = next(int(line.split(b":")[1]) for line in list(lines) if line.lower().startswith(b"content-length"))
                message = json.loads(stream.read(length))["choices"][0]["message"]
                assert frames.strip(message["content"]) == text


@pytest.mark.parametrize("expect", ["100-continue", "100-continue \t"])
def test_expect_continue(bench: Bench, expect: str) -> None:
    """curl asks before it sends a large body; it must be told to go on, or be answered."""
    parts = urlsplit(bench.server.proxy)
    bench.script.reply(replies.http(200, b"{}"))
    body = good(bench, padding="x" * 2_000_000)
    request = head_of(bench, body, f"Expect: {expect}")
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=20) as client:
        client.sendall(request)
        client.settimeout(5)
        try:
            first = client.recv(1024)
        except TimeoutError:
            first = b""
        assert first.startswith(b"HTTP/1.1 100"), f"nobody said to go on: {first!r}"
        client.settimeout(20)
        client.sendall(body)
        assert client.recv(1024).startswith(b"HTTP/1.1 200")


def test_client_that_leaves_in_the_middle_of_its_body(bench: Bench) -> None:
    parts = urlsplit(bench.server.proxy)
    body = good(bench, padding="x" * 10_000)
    request = head_of(bench, body)
    for _ in range(20):
        with socket.create_connection((parts.hostname, parts.port or 0), timeout=20) as client:
            client.sendall(request + body[:5_000])
    assert_alive(bench)
    assert len(bench.script.exchanges) == 1
    bench.reader.await_threads(bench.agent, 1, events=2)


def test_client_that_leaves_a_download(bench: Bench) -> None:
    """A passed route: the upstream is told as well."""
    block = replies.chunk(b"x" * 65_536)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    bench.script.reply([head, Repeat(block, 4), replies.chunk(b"so far"), bench.upstream.gate()])
    with bench.open(f"/v1/anything/{bench.token}", b"{}") as reply:
        reply.until(b"so far")
    assert bench.script.last.closed.wait(20), "the upstream request went on without its client"
    assert_alive(bench)


def test_upstream_that_answers_before_it_has_read(start: StartServer, make_bench: MakeBench) -> None:
    """An upload that is refused by its head: the client learns why, whatever is still to be sent. Often, for the race."""
    bench = make_bench(start().ready())
    body = b"x" * (8 * 1024 * 1024)
    head = bench.headers(Content_Type="application/octet-stream")
    for _ in range(12):
        bench.script.is_hasty = True
        bench.script.reply(replies.reply({"error": {"message": "too large for us"}}, 413))
        reply = bench.fetch(f"/v1/files/{bench.token}", body, headers=head)
        assert (reply.status, json.loads(reply.body)["error"]["message"]) == (413, "too large for us")
        bench.script.is_hasty = False
        assert_alive(bench)
    assert bench.server.process.poll() is None


@pytest.mark.parametrize("fault", [RESET, CLOSE, HANG], ids=["reset", "close", "hang"])
def test_upstream_that_fails_during_an_upload(start: StartServer, make_bench: MakeBench, fault: object) -> None:
    bench = make_bench(start("--upstream-first-byte-timeout", "0.5", "--upstream-idle-timeout", "0.5").ready())
    body = b"x" * (8 * 1024 * 1024)
    head = bench.headers(Content_Type="application/octet-stream")
    for _ in range(4 if fault is HANG else 12):
        bench.script.is_hasty = True
        bench.script.reply([fault])
        reply = bench.fetch(f"/v1/files/{bench.token}", body, headers=head)
        assert reply.status == (504 if fault is HANG else 502), reply
        bench.script.is_hasty = False
        assert_alive(bench)
    assert bench.server.process.poll() is None


@pytest.mark.parametrize("route", [*ROUTES.values(), "/v1/files"])
def test_refusal_before_the_body_is_read(bench: Bench, route: str) -> None:
    """A wrong key with a large body: the client reads its 401, not a broken connection."""
    head = bench.headers(Authorization="Bearer nobody", Content_Type="application/octet-stream")
    for _ in range(4):
        assert bench.fetch(route, b"x" * (8 * 1024 * 1024), headers=head).status == 401
    assert_alive(bench)


def test_client_that_leaves_an_upload(bench: Bench) -> None:
    """The upstream must not take half an upload for a whole one."""
    parts = urlsplit(bench.server.proxy)
    bench.script.is_hasty = True
    bench.script.reply([bench.upstream.gate()])
    lines = [f"POST /v1/files/{bench.token} HTTP/1.1", "Host: x", "Content-Length: 10000000"]
    lines += [f"{name}: {value!s}" for name, value in bench.headers(Content_Type="text/plain").items()]
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=20) as client:
        client.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + b"x" * 300_000)
        bench.script.wait()
    assert bench.script.last.closed.wait(20), "the upstream request went on without its client"
    bench.script.is_hasty = False
    assert_alive(bench)
