"""Clients that say nothing, little, or take nothing, and too many of them (PRX-59, PRX-114, PRX-120, PRX-121)."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Iterable
from urllib.parse import urlsplit

import pytest

import frames
import replies
from bench import Bench
from conftest import MakeBench, StartServer
from reader import eventually
from script import Pause, Repeat
from test_backpressure import MEGABYTE, dial as dial_small, head
from test_connections import head_of
from test_edges import dial, everything
from test_logs import await_lines, lines
from test_upstream_faults import good
from vendors import PLAIN, ROUTES

ROUTE = ROUTES["openai"]


def dribble(client: socket.socket, pieces: bytes, pause: float) -> bytes:
    """Sends a byte now and then until the other side has had enough; what came back until its end."""
    ended = threading.Event()

    def feed() -> None:
        for at in range(len(pieces)):
            try:
                client.sendall(pieces[at : at + 1])
            except OSError:
                return
            if ended.wait(pause):
                return

    feeder = threading.Thread(target=feed)
    feeder.start()
    data = everything(client)
    ended.set()
    feeder.join()
    return data


def whole_reply(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    assert bench.fetch(ROUTE, good(bench)).status == 200


SILENT: dict[str, Callable[[Bench], bytes]] = {
    "nothing": lambda bench: b"",
    "a part of a head": lambda bench: head_of(bench, good(bench))[:40],
    "a head": lambda bench: head_of(bench, good(bench)),
    "a part of a body": lambda bench: head_of(bench, good(bench)) + good(bench)[:20],
    "a part of a body that nobody wants": lambda bench: b"POST /v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nabc",
    "a part of an upload": lambda bench: head_of(bench, b"x" * 99).replace(ROUTE.encode(), b"/v1/files").replace(
        b"application/json", b"text/plain"
    )
    + b"abc",
    "a whole request": lambda bench: b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("what", SILENT)
def test_silent_client_is_cut_off(start: StartServer, make_bench: MakeBench, what: str) -> None:
    """Half-open connections, as those whose client has lost its network, do not stay."""
    bench = make_bench(start("--client-idle-timeout", "1").ready())
    bench.script.answer(lambda _: replies.reply({"id": "file"}))
    with dial(bench) as client:
        client.sendall(SILENT[what](bench))
        answer = everything(client)
    statuses = {"a whole request": b"200", "a part of a body that nobody wants": b"401"}
    assert answer[9:12] == statuses.get(what, b""), answer
    whole_reply(bench)


@pytest.mark.parametrize("what", ["head", "body", "body that nobody wants"])
def test_dribbling_client_is_cut_off(start: StartServer, make_bench: MakeBench, what: str) -> None:
    """A byte each 200 ms is never silent for a second, and yet too slow."""
    bench = make_bench(start("--client-idle-timeout", "1").ready())
    body = good(bench, padding="x" * 1000)
    whole = head_of(bench, body) + body
    cut = 0 if what == "head" else len(whole) - len(body)
    with dial(bench) as client:
        if what == "body that nobody wants":
            lead = f"POST /v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            client.sendall(lead)
        else:
            client.sendall(whole[:cut])
        answer = dribble(client, whole[cut:], 0.2)
    assert answer[9:12] == (b"401" if what == "body that nobody wants" else b""), answer
    assert bench.script.exchanges == []
    whole_reply(bench)


def test_slow_body_that_is_fast_enough(start: StartServer, make_bench: MakeBench) -> None:
    """More than the limit in all, but by 1024 bytes a second and never silent for so long."""
    bench = make_bench(start("--client-idle-timeout", "2").ready())
    body = good(bench, padding="x" * 20_000)
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    with dial(bench) as client:
        client.sendall(head_of(bench, body, "Connection: close"))
        pause = threading.Event()
        for at in range(0, len(body), 2048):
            client.sendall(body[at : at + 2048])
            pause.wait(0.3)
        assert everything(client).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_client_that_waits_is_not_silent(start: StartServer, make_bench: MakeBench, stream: bool) -> None:
    """The limits of the client's turn do not count while it is the upstream's, before a reply and within it."""
    bench = make_bench(start("--client-idle-timeout", "0.5", "--client-reply-timeout", "0.5").ready())
    events = replies.chat_events(PLAIN)
    if stream:
        bench.script.reply([Pause(1.5), replies.sse_head(), *between(map(replies.chunk, events[:4]), Pause(0.8)),
                            *map(replies.chunk, events[4:]), replies.LAST_CHUNK])  # fmt: skip
    else:
        bench.script.reply([Pause(2), *replies.reply(replies.chat(PLAIN))])
    reply = bench.fetch(ROUTE, good(bench, stream=stream))
    assert (reply.status, reply.complete) == (200, True)
    if stream:
        assert frames.without_added_event(reply.body) == b"".join(events)


def between(steps: Iterable[bytes], pause: Pause) -> list[Any]:
    return [step for pair in ((step, pause) for step in steps) for step in pair]


def test_client_that_takes_nothing_is_cut_off_with_its_upstream(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--client-reply-timeout", "1").ready())
    event = replies.chat_chunk({"content": "word " * (MEGABYTE // 16)})
    bench.script.reply([replies.sse_head(), Repeat(replies.chunk(event), 200)])
    with dial_small(bench) as client:
        client.sendall(head(bench, "POST", ROUTE, good(bench, stream=True)))
        assert client.recv(12) == b"HTTP/1.1 200"
        exchange = bench.script.last
        assert exchange.closed.wait(30), "the upstream went on for a client that takes nothing"
    assert not exchange.finished.is_set()
    whole_reply(bench)


def test_others_are_served_beside_slow_clients(start: StartServer, make_bench: MakeBench) -> None:
    """F14: 300 clients that send a byte now and then hold nobody up, and go."""
    bench = make_bench(start("--client-idle-timeout", "3", "--admin-port", "0").ready())
    with ExitStack() as stack:
        slow = [stack.enter_context(dial(bench)) for _ in range(300)]
        for number, client in enumerate(slow):
            client.sendall(head_of(bench, good(bench))[: 20 + number % 60])
        for _ in range(20):
            whole_reply(bench)
        for client in slow:
            assert everything(client) == b""


def test_refused_connections_are_told_of(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--max-connections", "1", "--log-format", "json").ready())
    with dial(bench) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
        for _ in range(20):
            assert bench.fetch(ROUTE, good(bench)).status == 503
    assert bench.server.stop() == 0
    told = lines(bench.server, "connections are refused: there are as many as --max-connections lets")
    assert told and told[0]["level"] == "warning"
    assert len(told) < 20, "one for each"


@pytest.fixture
def few_files(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Sets the soft and hard limits of open files for the processes that are started from here on."""
    real = subprocess.Popen

    def apply(soft: int, hard: int) -> None:
        def limited(*arguments: Any, **more: Any) -> Any:
            more["preexec_fn"] = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            return real(*arguments, **more)

        monkeypatch.setattr(subprocess, "Popen", limited)

    return apply


def limit_of(bench: Bench) -> int:
    rows = Path(f"/proc/{bench.server.process.pid}/limits").read_text().splitlines()
    return next(int(row.split()[3]) for row in rows if row.startswith("Max open files"))


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="no /proc here")
def test_open_files_are_raised(
    start: StartServer, make_bench: MakeBench, few_files: Callable[[int, int], None]
) -> None:
    few_files(256, 4096)
    flags = ["--max-connections", "800", "--max-exchanges", "800", "--log-format", "json"]
    bench = make_bench(start(*flags).ready())
    # Clients, those that are told that they are too many, upstreams, those that are kept, and the rest.
    assert limit_of(bench) == 800 + (100 + 64) + 800 + 1024 + 1024
    assert bench.server.stop() == 0
    assert [line for line in everything_logged(bench) if "open files" in line["message"]] == []
    bench.server = start("--log-format", "json").ready()
    assert limit_of(bench) == 4096
    assert bench.server.stop() == 0
    [line] = [line for line in everything_logged(bench) if "open files" in line["message"]]
    assert line["level"] == "warning" and line["limit"] == 4096 < line["needed"]


def everything_logged(bench: Bench) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (bench.server.folder / "stderr.log").read_text().splitlines()]


def processor_time(bench: Bench) -> float:
    """What the server has taken of it, in seconds."""
    fields = Path(f"/proc/{bench.server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_no_files_left(start: StartServer, make_bench: MakeBench, few_files: Callable[[int, int], None]) -> None:
    """F13, PRX-124: where the system gives no more connections, those that there are go on, and so does the proxy."""
    few_files(128, 128)
    bench = make_bench(start("--log-format", "json").ready())
    with dial(bench) as known, ExitStack() as stack:
        known.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert known.recv(4096).startswith(b"HTTP/1.1 200 ")
        for _ in range(300):
            stack.enter_context(dial(bench))
        known.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert known.recv(4096).startswith(b"HTTP/1.1 200 ")
        # Trying again without a rest would take the whole time of a processor; its own time does not depend on others.
        before = processor_time(bench)
        time.sleep(3)
        assert processor_time(bench) - before < 1.0
    eventually(lambda: bench.fetch("/health", None, "GET").status == 200, "a free place")
    whole_reply(bench)
    assert bench.server.stop() == 0
    told = lines(bench.server, "connections wait: the system has no file or memory for another one")
    assert told and told[0]["level"] == "error"


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="no /proc here")
def test_no_files_left_for_the_other_listeners(
    start: StartServer, make_bench: MakeBench, few_files: Callable[[int, int], None]
) -> None:
    """PRX-124: a connection that cannot be accepted takes no processor time, whichever listener it waits at."""
    few_files(128, 128)
    bench = make_bench(start("--log-format", "json", "--admin-port", "0").ready())
    message = "connections wait: the system has no file or memory for another one"
    with ExitStack() as others:
        with ExitStack() as clients:
            for _ in range(300):
                clients.enter_context(dial(bench))
            eventually(lambda: lines(bench.server, message), "the end of all room")
            asked = []
            for url, path in ((bench.server.ingest, "/api/health"), (bench.server.admin, "/health/live")):
                parts = urlsplit(url)
                other = others.enter_context(socket.create_connection((parts.hostname, parts.port or 0), timeout=20))
                other.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                asked.append(other)
            time.sleep(1)
            before = processor_time(bench)
            time.sleep(3)
            assert processor_time(bench) - before < 1.0
        for other in asked:
            assert other.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert bench.server.stop() == 0
    assert len(lines(bench.server, message)) >= 3, "each listener tells for itself"


def test_reply_that_nobody_takes_holds_its_place(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-154: replies that were read whole and are not taken have a bound, and are under way until they are."""
    flags = ["--max-exchanges-per-key", "2", "--log-level", "info", "--log-format", "json"]
    bench = make_bench(start(*flags).ready())
    large = replies.http(200, replies.encode(replies.chat("word " * (4 * MEGABYTE))))
    bench.script.answer(lambda _: large)
    request = head(bench, "POST", ROUTE, good(bench))
    with dial_small(bench) as first, dial_small(bench) as second:
        for client in (first, second):
            client.sendall(request)
            assert client.recv(12) == b"HTTP/1.1 200"
        for _ in range(3):
            assert bench.fetch(ROUTE, good(bench)).status == 429
        assert [line["status"] for line in await_lines(bench.server, 3)] == [429] * 3
        # Taken whole, one is over, and the next one gets its place.
        taken = b""
        while b"\r\n\r\n" not in taken:
            taken += first.recv(4096)
        top, _, part = taken.partition(b"\r\n\r\n")
        [length] = [int(line.split(b":")[1]) for line in top.lower().split(b"\r\n") if line.startswith(b"content-length")]
        rest = length - len(part)
        while rest > 0:
            rest -= len(first.recv(min(rest, 1 << 20)))
        eventually(lambda: bench.fetch(ROUTE, good(bench)).status == 200, "a free place")
    # The other one leaves without its reply.
    eventually(lambda: any(line["end"] == "client_left" for line in lines(bench.server)), "the end of the other one")
    [left] = [line for line in lines(bench.server) if line["end"] == "client_left"]
    assert left["status"] == 200
    whole_reply(bench)
