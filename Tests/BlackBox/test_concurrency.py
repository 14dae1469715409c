"""How much is under way at once: connections, exchanges, exchanges of a key (PRX-93 to PRX-95)."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import anthropic
import openai
import pytest

import replies
from bench import Bench, RawReply, fetch
from conftest import MakeBench, StartServer
from reader import eventually
from tenants import create_key
from test_bad_input import ROUTES, assert_alive, assert_refused, each_vendor
from test_connections import head_of
from test_edges import dial, everything
from test_upstream_faults import PLAIN, good

HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


def serve(bench: Bench, stack: ExitStack) -> socket.socket:
    """A connection that is known to be served, and stays."""
    client = stack.enter_context(dial(bench))
    client.sendall(HEALTH)
    assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
    return client


# MARK: Connections

@each_vendor
def test_connection_that_is_one_too_many(start: StartServer, make_bench: MakeBench, vendor: str) -> None:
    bench = make_bench(start("--max-connections", "3").ready())
    with ExitStack() as stack:
        held = [serve(bench, stack) for _ in range(3)]
        for _ in range(4):
            reply = bench.fetch(ROUTES[vendor], good(bench))
            assert_refused(reply, vendor, 503)
            assert (reply.header("retry-after"), reply.header("connection")) == ("1", "close")
        assert fetch(bench.server.proxy, "GET", "/health").status == 200, "the process lives"
        user: Any = [{"role": "user", "content": "x"}]
        with pytest.raises(openai.InternalServerError):
            bench.openai().chat.completions.create(model=bench.model, messages=user)
        with pytest.raises(anthropic.InternalServerError):
            bench.anthropic().messages.create(model=bench.model, max_tokens=9, messages=user)
        # Those that were let in work all the while.
        for client in held:
            client.sendall(HEALTH)
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert bench.script.exchanges == []
        held[0].close()
        bench.script.reply(replies.reply(replies.chat(PLAIN)))
        eventually(lambda: bench.fetch(ROUTES[vendor], good(bench)).status == 200, "a place that became free")


def test_connections_far_beyond_the_limit(start: StartServer, make_bench: MakeBench) -> None:
    """Neither the served ones nor those that are told so grow without bound; what is left over is closed at once."""
    bench = make_bench(start("--max-connections", "8").ready())
    with ExitStack() as stack:
        for _ in range(8):
            serve(bench, stack)
        more = [stack.enter_context(dial(bench)) for _ in range(200)]

        def ended() -> bool:
            count = 0
            for client in more:
                client.setblocking(False)
                try:
                    count += client.recv(1, socket.MSG_PEEK) == b""
                except BlockingIOError:
                    pass
                except ConnectionError:
                    count += 1
            return count >= 200 - 8 // 8 - 64

        eventually(ended, "the end of the connections that are far too many")
    eventually(lambda: bench.fetch("/health", None, "GET").status == 200, "a free place")
    assert_alive(bench)


def test_a_refused_connection_ends(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--max-connections", "1").ready())
    with ExitStack() as stack:
        serve(bench, stack)
        with dial(bench) as client:
            body = good(bench)
            client.sendall((head_of(bench, body) + body) * 2)
            answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 503 ") and answer.count(b"HTTP/1.1 ") == 1, answer


# MARK: Exchanges

def held(bench: Bench, pool: ThreadPoolExecutor, key: str, gate: Any, count: int) -> list[Any]:
    """Exchanges that are at the upstream and stay there until the gate opens."""
    known = len(bench.script.exchanges)
    bench.script.reply(*[[gate, *replies.reply(replies.chat(PLAIN))]] * count)
    head = bench.headers(Authorization=f"Bearer {key}")
    waiting = [pool.submit(bench.fetch, ROUTES["openai"], good(bench), "POST", head) for _ in range(count)]
    eventually(lambda: len(bench.script.exchanges) == known + count, "the exchanges at the upstream")
    return waiting


def test_exchanges_of_a_key_and_of_all(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--max-exchanges-per-key", "2", "--max-exchanges", "3").ready())
    second = create_key(bench.server, "second")
    gate = bench.upstream.gate()
    with ThreadPoolExecutor(8) as pool:
        waiting = held(bench, pool, bench.server.key, gate, 2)
        for vendor in ROUTES:
            reply = bench.fetch(ROUTES[vendor], good(bench))
            assert_refused(reply, vendor, 429, "2")
            assert reply.header("retry-after") == "1"
        user: Any = [{"role": "user", "content": "x"}]
        with pytest.raises(openai.RateLimitError):
            bench.openai().chat.completions.create(model=bench.model, messages=user)
        with pytest.raises(anthropic.RateLimitError):
            bench.anthropic().messages.create(model=bench.model, max_tokens=9, messages=user)
        # Another key has its own share, up to the limit of all.
        waiting += held(bench, pool, second, gate, 1)
        for vendor in ROUTES:
            reply = bench.fetch(ROUTES[vendor], good(bench), headers=bench.headers(Authorization=f"Bearer {second}"))
            assert_refused(reply, vendor, 503)
            assert reply.header("retry-after") == "1"
        assert len(bench.script.exchanges) == 3, "nothing waits behind the others"
        assert fetch(bench.server.proxy, "GET", "/health").status == 200
        gate.open()
        assert [one.result().status for one in waiting] == [200, 200, 200]
    assert_places(bench)


def assert_places(bench: Bench) -> None:
    """Every place is free again: two at once, and many one after another, on new connections."""
    gate = bench.upstream.gate()
    with ThreadPoolExecutor(2) as pool:
        waiting = held(bench, pool, bench.server.key, gate, 2)
        gate.open()
        assert [one.result().status for one in waiting] == [200, 200]
    bench.script.reply(*[replies.reply(replies.chat(PLAIN))] * 10)
    for _ in range(10):
        assert bench.fetch(ROUTES["openai"], good(bench)).status == 200


def test_places_are_given_back_however_it_ends(start: StartServer, make_bench: MakeBench) -> None:
    """Refusals of ours and of the upstream's, replies that break off, clients that go at any moment."""
    bench = make_bench(start("--max-exchanges-per-key", "2").ready())
    events = replies.chat_events(PLAIN)
    body = good(bench, stream=True)

    def refused(reply: RawReply, *status: int) -> None:
        assert reply.status in status, reply

    for _ in range(3):
        refused(bench.fetch(ROUTES["openai"], b"{"), 400)
        refused(bench.fetch(ROUTES["openai"], good(bench), headers=bench.headers(Content_Encoding="br")), 415)
        refused(bench.fetch("/v1/realtime", None, "GET"), 501)
        refused(bench.fetch("/v1/agents/init", b"{}"), 400)
        bench.script.reply(replies.reply({"error": {"message": "no"}}, 500))
        refused(bench.fetch(ROUTES["openai"], good(bench)), 500)
        bench.script.reply([b"no HTTP"])
        refused(bench.fetch(ROUTES["openai"], good(bench)), 502)
        bench.script.reply(replies.http(200, b"[]"))
        refused(bench.fetch(f"/v1/files/{bench.token}", None, "GET"), 200)
        bench.script.reply([replies.sse_head(), replies.chunk(events[0]), bench.upstream.gate()])
        with bench.open(ROUTES["openai"], body) as reply:
            reply.until(events[0])
        assert bench.script.last.closed.wait(20)
        # In the middle of a body, and before a reply.
        with dial(bench) as client:
            client.sendall(head_of(bench, body) + body[:10])
        count = len(bench.script.exchanges)
        bench.script.reply([bench.upstream.gate()])
        with dial(bench) as client:
            client.sendall(head_of(bench, body) + body)
            eventually(lambda: len(bench.script.exchanges) > count, "the exchange at the upstream")
        assert bench.script.last.closed.wait(20)

    def free() -> bool:
        bench.script.drop_replies()
        bench.script.reply(replies.reply(replies.chat(PLAIN)))
        return bench.fetch(ROUTES["openai"], good(bench)).status == 200

    eventually(free, "a free place")
    assert_places(bench)


def test_refusal_says_what_is_left_of_the_minute(start: StartServer, make_bench: MakeBench) -> None:
    """A key with a limit of requests: one that gets no place does not count (PRX-35, PRX-36)."""
    bench = make_bench(start("--max-exchanges-per-key", "1").ready())
    key = create_key(bench.server, "limited", "--requests-per-minute", "10")
    gate = bench.upstream.gate()
    with ThreadPoolExecutor(2) as pool:
        waiting = held(bench, pool, key, gate, 1)
        left = set()
        for _ in range(3):
            reply = bench.fetch(ROUTES["openai"], good(bench), headers=bench.headers(Authorization=f"Bearer {key}"))
            assert_refused(reply, "openai", 429, "under way")
            left.add(reply.header("x-ratelimit-remaining"))
            assert json.loads(reply.body)["error"]["code"] == "too_many_exchanges"
        assert left <= {"9", "10"} and reply.header("x-ratelimit-limit") == "10"
        gate.open()
        assert waiting[0].result().status == 200
