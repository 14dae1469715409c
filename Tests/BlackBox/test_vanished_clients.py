"""F7: clients that vanish without a word or take a byte a second, many at once (PRX-54, PRX-59, PRX-190)."""

from __future__ import annotations

import socket
import threading
from typing import Any, Iterator
from urllib.parse import urlsplit

import pytest

import replies
import vendors
from bench import Bench
from conftest import Figures, MakeBench, StartServer
from faults import Tier
from network import OtherMachine, other_machine
from reader import eventually
from script import Exchange, Repeat
from test_backpressure import MEGABYTE, dial, endless, head, resident, settled
from test_upstream_faults import good
from vendors import BEGUN, ROUTES

ROUTE = ROUTES["openai"]


@pytest.fixture
def machine() -> Iterator[OtherMachine]:
    with other_machine() as machine:
        yield machine


def serving(machine: OtherMachine, start: StartServer, make_bench: MakeBench, *flags: str) -> Bench:
    """A bench whose server the other machine can reach."""
    return make_bench(start("--host", machine.address, *flags).ready())


def ask(bench: Bench, client: socket.socket, trace: str, stream: bool) -> None:
    body = good(bench, stream=stream)
    lines = head(bench, "POST", ROUTE, b"").replace(b"Content-Length: 0", b"Content-Length: %d" % len(body))
    client.sendall(lines.replace(b"\r\n\r\n", f"\r\nX-Trace-ID: {trace}\r\n\r\n".encode()) + body)


def port(bench: Bench) -> int:
    return urlsplit(bench.server.proxy).port or 0


def until(client: socket.socket, text: bytes) -> None:
    data = b""
    while text not in data:
        part = client.recv(65536)
        assert part, data
        data += part


def gone(exchanges: list[Exchange]) -> None:
    for exchange in exchanges:
        assert exchange.closed.wait(30), "the upstream went on for a client that is gone"


def recorded(bench: Bench, trace: str) -> Any:
    """The reply of a client that left."""
    [_, reply] = bench.reader.await_types(trace, "user_message", "llm_response")
    assert reply["content"]["finishReason"] == "client_disconnected"
    return reply


def test_clients_that_vanish_while_they_wait(
    machine: OtherMachine, start: StartServer, make_bench: MakeBench, tier: Tier, figures: Figures
) -> None:
    """Half-open connections: no FIN comes, and nothing is on its way that would be missed; half wait within a stream."""
    bench = serving(machine, start, make_bench, "--client-idle-timeout", "4")
    events = replies.chat_events(vendors.PLAIN)
    gate = bench.upstream.gate()

    def answer(exchange: Exchange) -> Any:
        if exchange.json().get("stream"):
            return replies.sse([*vendors.begun("openai"), gate, *events[4:]])
        return [gate, *replies.reply(replies.chat(vendors.PLAIN))]

    bench.script.answer(answer)
    count = tier.pick(40, 400)
    clients = [machine.dial(port(bench)) for _ in range(count)]
    for number, client in enumerate(clients):
        ask(bench, client, f"{bench.token}-{number}", stream=number % 2 == 0)
    exchanges = bench.script.wait(count)
    for client in clients[::2]:
        until(client, vendors.begun("openai")[-1].strip())
    before = resident(bench, "VmRSS")
    machine.unplug()
    gone(exchanges)
    for number in range(count):
        reply = recorded(bench, f"{bench.token}-{number}")
        assert reply["content"].get("content", "") == (BEGUN if number % 2 == 0 else "")
    grown = resident(bench, "VmRSS") - before
    assert grown < 16 * MEGABYTE
    figures(fault=f"{count} clients vanish while they wait", grown_kib=grown // 1024)


def test_clients_that_vanish_within_a_reply(
    machine: OtherMachine, start: StartServer, make_bench: MakeBench, tier: Tier, figures: Figures
) -> None:
    """What is on its way to them is never answered: the upstream is not read on, and ends with the limit of taking."""
    bench = serving(machine, start, make_bench, "--client-reply-timeout", "3")
    gate = bench.upstream.gate()
    bench.script.answer(lambda _: [*endless("openai")[:5], gate, *endless("openai")[5:]])
    count = tier.pick(20, 200)
    clients = [machine.dial(port(bench)) for _ in range(count)]
    for number, client in enumerate(clients):
        ask(bench, client, f"{bench.token}-{number}", stream=True)
    exchanges = bench.script.wait(count)
    for client in clients:
        until(client, vendors.begun("openai")[-1].strip())
    before = resident(bench, "VmRSS")
    machine.unplug()
    gate.open()
    settled(*exchanges)
    held = (resident(bench, "VmRSS") - before) / count
    gone(exchanges)
    assert held <= MEGABYTE
    for number in range(count):
        text = recorded(bench, f"{bench.token}-{number}")["content"]["content"]
        assert text == BEGUN + " a" * (len(text) - len(BEGUN) >> 1)
    figures(fault=f"{count} clients vanish within a reply", held_kib=round(held / 1024))


def test_clients_that_take_a_byte_a_second(
    start: StartServer, make_bench: MakeBench, tier: Tier, figures: Figures
) -> None:
    """Each stream holds a part of a MiB and no more as time passes; then its client has taken nothing for too long."""
    seconds = tier.pick(3, 60)
    bench = make_bench(start("--client-reply-timeout", str(seconds + 10)).ready())
    bench.script.reply(replies.sse(replies.chat_events(vendors.PLAIN)))
    assert bench.fetch(ROUTE, good(bench)).status == 200
    first = resident(bench, "VmRSS")
    bench.script.answer(lambda _: endless("openai"))
    count = tier.pick(60, 500)
    clients = [dial(bench) for _ in range(count)]
    for number, client in enumerate(clients):
        ask(bench, client, f"{bench.token}-{number}", stream=True)
    exchanges = bench.script.wait(1 + count)[1:]
    settled(*exchanges)
    held = resident(bench, "VmRSS")
    pause = threading.Event()
    for _ in range(seconds):
        for client in clients:
            assert len(client.recv(1)) == 1
        pause.wait(1)
    grown = resident(bench, "VmRSS") - held
    gone(exchanges)
    assert held - first <= count * MEGABYTE
    assert grown < 8 * MEGABYTE
    for number in range(count):
        text = recorded(bench, f"{bench.token}-{number}")["content"]["content"]
        assert len(text) <= exchanges[number].sent // 16
    for client in clients:
        client.close()
    after = resident(bench, "VmRSS")
    figures(
        fault=f"{count} clients take a byte a second", seconds=seconds, held_kib=(held - first) // count // 1024,
        grown_kib=grown // 1024, kept_mib=(after - first) >> 20,
    )
    eventually(lambda: bench.fetch("/health", None, "GET").status == 200, "an answer")
