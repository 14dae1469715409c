"""Bodies that are held at once are bounded in all (PRX-159, PRX-160)."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

import pytest

import replies
from bench import Bench, RawReply
from conftest import MakeBench, StartServer
from faults import Tier
from script import Reply
from test_backpressure import MEGABYTE, dial, head, resident
from vendors import ROUTES


def request(bench: Bench, size: int) -> bytes:
    body = {"model": bench.model, "messages": [{"role": "user", "content": "x" * size}]}
    return json.dumps(body).encode()


def read_reply(client: socket.socket) -> bytes:
    """The reply, as far as its head and the length there say."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(65536)
        assert part, data
        data += part
    start, _, rest = data.partition(b"\r\n\r\n")
    length = int(start.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(rest) < length:
        part = client.recv(65536)
        assert part, data
        rest += part
    return start + b"\r\n\r\n" + rest


def test_large_bodies_at_once(start: StartServer, make_bench: MakeBench, tier: Tier) -> None:
    """F12: many who send 8 MiB and do not come to the end. Whoever finds no room is told when to come again; the others go on."""
    if not tier.is_nightly:
        pytest.skip("known to fail: memory comes to 330 MiB, not 256; the nightly tier runs it")
    count = 200
    # However slow the machine is: who waits for the others is not idle.
    bench = make_bench(start("--client-idle-timeout", "600").ready())
    bench.script.answer(lambda _: replies.reply(replies.chat("It is done, and all of it went well.")))
    message = head(bench, "POST", ROUTES["openai"], request(bench, 8 * MEGABYTE))
    before = resident(bench)
    clients: list[socket.socket] = []
    for _ in range(count):
        client = dial(bench)
        client.sendall(message[:-1])
        clients.append(client)
    took = 0
    for client in clients:
        client.sendall(message[-1:])
        reply = read_reply(client)
        if b" 200 " in reply.split(b"\r\n")[0]:
            took += 1
        else:
            assert b" 503 " in reply.split(b"\r\n")[0] and b"retry-after: 1" in reply.lower(), reply
            assert b"proxy_busy" in reply
    # 128 MiB hold fifteen of them.
    assert 10 <= took <= 16
    assert resident(bench) - before <= 256 * MEGABYTE
    for client in clients:
        client.close()
    # What was held is given back, of those who finished and of those who did not.
    assert bench.fetch(ROUTES["openai"], request(bench, 8 * MEGABYTE)).status == 200


def test_held_bodies_of_clients_that_leave(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--max-held-bytes", str(10 * MEGABYTE)).ready())
    bench.script.answer(lambda _: replies.reply(replies.chat("It is done, and all of it went well.")))
    large = request(bench, 6 * MEGABYTE)
    for _ in range(5):
        with dial(bench) as client:
            client.sendall(head(bench, "POST", ROUTES["openai"], large)[:-1])
    # They are seen to have left at some time soon.
    statuses = set()
    for _ in range(200):
        status = bench.fetch(ROUTES["openai"], large).status
        statuses.add(status)
        if status == 200:
            break
    assert statuses <= {200, 503} and 200 in statuses


def test_a_reply_without_room_goes_as_it_comes(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--max-held-bytes", str(2 * MEGABYTE)).ready())
    text = "It is done, and all of it went well. " * 30_000
    whole = replies.reply(replies.chat(text))
    gates = [bench.upstream.gate(), bench.upstream.gate()]
    body = b"".join(part for part in whole if isinstance(part, bytes))
    start_, _, payload = body.partition(b"\r\n\r\n")
    half = len(payload) * 9 // 10

    # Both are held to nine tenths before either may end: together they are more than there is room for.
    queue = list(gates)
    lock = threading.Lock()

    def answer(_: Any) -> Reply:
        with lock:
            gate = queue.pop(0)
        return [start_ + b"\r\n\r\n" + payload[:half], gate, payload[half:]]

    bench.script.answer(answer)
    got: list[RawReply] = []
    threads = [
        threading.Thread(target=lambda: got.append(bench.fetch(ROUTES["openai"], request(bench, 10)))) for _ in gates
    ]
    for thread in threads:
        thread.start()
    bench.script.wait(2)
    for gate in gates:
        gate.open()
    for thread in threads:
        thread.join(60)
    assert [reply.status for reply in got] == [200, 200]
    for reply in got:
        assert reply.complete
        shown = json.loads(reply.body)["choices"][0]["message"]["content"]
        assert shown.startswith(text.rstrip())
    # At least one was not read; the bytes of such a reply are the upstream's.
    assert any(reply.body == payload for reply in got)
    unread = next(reply for reply in got if reply.body == payload)
    [_, event] = bench.reader.await_types(unread.trace, "user_message", "llm_response")
    assert event["metadata"]["captureTruncated"] is True
