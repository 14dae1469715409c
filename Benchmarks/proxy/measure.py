"""Measures peers in one run, one after the other in each round, so that what disturbs one disturbs all."""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import time
from pathlib import Path
from typing import Callable

import peers
from peers import Peer

HEADERS = {
    "Authorization": f"Bearer {peers.KEY}",
    "X-Agent-Name": "benchmark",
    "Content-Type": "application/json",
    "User-Agent": "OpenAI/Python 2.8.0",
    "Accept": "application/json",
    "X-Stainless-Lang": "python",
    "X-Stainless-Retry-Count": "0",
}
CONVERSATIONS = 64
# Name, size of a body, connections.
SHAPES = {
    "4k-1": (4 << 10, 1),
    "4k-32": (4 << 10, 32),
    "4k-256": (4 << 10, 256),
    "64k-32": (64 << 10, 32),
}


def post(port: int, body: bytes) -> dict:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/v1/chat/completions", body, HEADERS)
    response = connection.getresponse()
    data = response.read()
    assert response.status == 200, (response.status, data)
    connection.close()
    return json.loads(data)


def body(number: int, size: int, answer: str, stream: bool = False) -> bytes:
    """A conversation of some turns, the newest answer of which carries its signature."""
    dice = random.Random(number)
    words = "the cluster was migrated on Tuesday and its nodes joined again after the certificates were renewed".split()

    def prose(length: int) -> str:
        text = ""
        while len(text) < length:
            text += dice.choice(words) + dice.choice([" ", " ", " ", ", ", ".\n", ' "quoted" '])
        return text[:length]

    share = size // 10
    messages = [{"role": "system", "content": f"Conversation {number}. " + prose(share * 2)}]
    for _ in range(3):
        messages.append({"role": "user", "content": prose(share)})
        messages.append({"role": "assistant", "content": prose(share)})
    messages.append({"role": "user", "content": "What happened then?"})
    messages.append({"role": "assistant", "content": answer})
    messages.append({"role": "user", "content": "Go on."})
    value: dict = {"model": "model", "messages": messages, "temperature": 0.2, "metadata": {"padding": ""}}
    if stream:
        value["stream"] = True
    value["metadata"]["padding"] = "x" * max(0, size - len(json.dumps(value)))
    return json.dumps(value, ensure_ascii=False).encode()


def bodies(folder: Path, port: int) -> None:
    """Bodies of each size, with signatures that our proxy has just given."""
    for size in {size for size, _ in SHAPES.values()}:
        place = folder / f"bodies-{size}"
        place.mkdir()
        for number in range(1, CONVERSATIONS + 1):
            answer = post(port, body(number, 1024, "A plain answer."))["choices"][0]["message"]["content"]
            assert len(answer) > len(peers.TEXT) * 4, "the reply has no signature"
            (place / str(number)).write_bytes(body(number, size, answer))
    (folder / "headers").write_text("".join(f"{name}: {value}\n" for name, value in HEADERS.items()))


class Figures:
    """What one run of wrk gave."""

    def __init__(self, line: str, cpu: tuple[float, float]) -> None:
        requests, duration, p50, p99, errors = (int(word) for word in line.split()[1:])
        assert not errors, f"{errors} requests failed"
        self.rate = requests / duration * 1e6
        self.p50 = p50 / 1000
        self.p99 = p99 / 1000
        self.path = cpu[0] / requests * 1e6
        self.whole = sum(cpu) / requests * 1e6


def settled(peer: Peer) -> tuple[float, float]:
    """The processor time of a peer, once what it does behind its requests is done."""
    deadline = time.monotonic() + 60
    before = peer.cpu()
    while time.monotonic() < deadline:
        time.sleep(0.25)
        now = peer.cpu()
        if sum(now) - sum(before) < 0.015:
            return now
        before = now
    return before


def load(folder: Path, peer: Peer, shape: str, seconds: float) -> Figures:
    size, connections = SHAPES[shape]
    env = {
        **os.environ,
        "BODIES": str(folder / f"bodies-{size}"),
        "COUNT": str(CONVERSATIONS),
        "HEADERS": str(folder / "headers"),
    }
    script = Path(__file__).with_name("post.lua")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", "-s", str(script)]
    before = settled(peer)
    result = subprocess.run([*command, f"http://127.0.0.1:{peer.port}"], env=env, capture_output=True, text=True, check=True)
    after = settled(peer)
    line = next(line for line in result.stdout.splitlines() if line.startswith("FIGURES"))
    return Figures(line, (after[0] - before[0], after[1] - before[1]))


# MARK: Streams


class StreamClient:
    """Asks for streams on one connection and takes the time until the first event."""

    def __init__(self, port: int, request: bytes) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = [f"{name}: {value}" for name, value in HEADERS.items()]
        head = "\r\n".join(["POST /v1/chat/completions HTTP/1.1", "Host: x", *lines, f"Content-Length: {len(request)}"])
        self._request = head.encode() + b"\r\n\r\n" + request
        self.reply = b""

    def first_byte(self) -> float:
        start = time.perf_counter()
        self._socket.sendall(self._request)
        data, first = b"", 0.0
        while not data.endswith(b"0\r\n\r\n"):
            more = self._socket.recv(65536)
            assert more, data
            data += more
            if not first and b"data: " in data:
                first = time.perf_counter() - start
        assert data.startswith(b"HTTP/1.1 200"), data[:200]
        self.reply = data
        return first

    @property
    def text(self) -> str:
        """What the model said in the reply that was read last."""
        events = (line[6:] for line in self.reply.splitlines() if line.startswith(b"data: {"))
        return "".join(json.loads(event)["choices"][0]["delta"].get("content", "") for event in events)


def first_bytes(request: bytes, ports: dict[str, int], count: int) -> dict[str, list[float]]:
    """Milliseconds to the first event, taken in turns."""
    clients = {name: StreamClient(port, request) for name, port in ports.items()}
    times: dict[str, list[float]] = {name: [] for name in ports}
    for turn in range(count + 5):
        for name, client in clients.items():
            spent = client.first_byte() * 1000
            if turn >= 5:
                times[name].append(spent)
    return times


# MARK: Memory


async def hold(
    port: int, request: bytes, connections: int, times: int, pause: float, note: Callable[[], None], every: float
) -> None:
    """Many connections send a large request again and again, with a pause between; something is noted all the while."""
    head = "\r\n".join(f"{name}: {value}" for name, value in HEADERS.items())
    message = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n{head}\r\nContent-Length: {len(request)}\r\n\r\n"

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(pause * number / connections)
        for _ in range(times):
            writer.write(message.encode() + request)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(answer.split(b"content-length:")[1].split(b"\r\n")[0]))
            await asyncio.sleep(pause)
        writer.close()

    async def watch() -> None:
        while True:
            note()
            await asyncio.sleep(every)

    watcher = asyncio.create_task(watch())
    await asyncio.gather(*(one(number) for number in range(connections)))
    watcher.cancel()


# MARK: The run


def row(*cells: object) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def ratio(value: float, other: float) -> str:
    """How many times another one; nothing where that is too little to compare with."""
    return f"{value / other:.2f}" if other > 0 else ""


def report_loads(folder: Path, all_peers: list[Peer], shapes: list[str], rounds: int, seconds: float) -> None:
    row("load", "peer", "CPU us, connections", "of nginx", "CPU us, all", "of nginx", "requests/s", "p50 ms", "p99 ms", "added p50", "added p99")
    row(*["---"] * 11)
    for shape in shapes:
        taken: dict[str, list[Figures]] = {peer.name: [] for peer in all_peers}
        for _ in range(rounds):
            for peer in all_peers:
                taken[peer.name].append(load(folder, peer, shape, seconds))

        def middle(name: str, part: str) -> float:
            return statistics.median(getattr(one, part) for one in taken[name])

        for peer in all_peers:
            path, p50, p99 = middle(peer.name, "path"), middle(peer.name, "p50"), middle(peer.name, "p99")
            row(
                shape,
                peer.name,
                f"{path:.1f}",
                ratio(path, middle("nginx", "path")),
                f"{middle(peer.name, 'whole'):.1f}",
                ratio(middle(peer.name, "whole"), middle("nginx", "whole")),
                f"{middle(peer.name, 'rate'):.0f}",
                f"{p50:.2f}",
                f"{p99:.2f}",
                f"{p50 - middle('mock', 'p50'):+.2f}",
                f"{p99 - middle('mock', 'p99'):+.2f}",
            )
    for peer in all_peers:
        if lost := peer.lost():
            print(f"\n{peer.name}: {lost} events lost: its store was too slow for this load")
    print()


def report_streams(folder: Path, streaming: Peer, binary: str | None) -> None:
    home = folder / "streams"
    home.mkdir()
    running = [
        streaming,
        peers.nginx_proxy(home, streaming.port),
        peers.haproxy(home, streaming.port),
        peers.whyops(home, streaming.port),
    ]
    if binary:
        running.append(peers.litellm(home, streaming.port, binary))
    ports = {peer.name: peer.port for peer in running}
    unsigned = body(1, 4 << 10, "A plain answer.", stream=True)
    client = StreamClient(ports["whyops"], unsigned)
    client.first_byte()
    assert not client.text.isascii(), "the reply has no signature"
    signed = body(1, 4 << 10, client.text, stream=True)
    # What has no signature is looked up in the store before it goes on.
    for history, request in (("signed history", signed), ("unsigned history", unsigned)):
        times = first_bytes(request, ports, 200)
        direct = statistics.median(times["streaming"])
        beside = statistics.median(times["nginx"])
        row(f"stream, first event, {history}", "p50 ms", "of nginx", "p99 ms", "added p50 ms", "of nginx")
        row(*["---"] * 6)
        for name, values in times.items():
            p50, p99 = statistics.median(values), statistics.quantiles(values, n=100)[98]
            row(
                "direct" if name == "streaming" else name,
                f"{p50:.3f}",
                ratio(p50, beside),
                f"{p99:.3f}",
                f"{p50 - direct:+.3f}",
                ratio(p50 - direct, beside - direct),
            )
        print()
    for peer in running:
        peer.stop()


def report_memory(folder: Path, all_peers: list[Peer]) -> None:
    request = (folder / f"bodies-{64 << 10}" / "1").read_bytes()
    taken: dict[str, list[float]] = {}
    for peer in all_peers:
        seen = taken[peer.name] = [peer.resident()]
        asyncio.run(hold(peer.port, request, 256, 8, 1, lambda: seen.append(peer.resident()), 0.2))
    row("memory, 256 connections, a request of 64 KB a second each", "MB at start", "of nginx", "MB at most", "of nginx")
    row(*["---"] * 5)
    beside = taken["nginx"]
    for name, seen in taken.items():
        row(name, f"{seen[0]:.0f}", ratio(seen[0], beside[0]), f"{max(seen):.0f}", ratio(max(seen), max(beside)))


def report_soak(folder: Path, ours: Peer, minutes: float) -> None:
    """Memory over a long time: a row for each tenth of it, the first of which is warming up."""
    request = (folder / f"bodies-{64 << 10}" / "1").read_bytes()
    pause = 20.0
    seen: list[float] = []
    asyncio.run(
        hold(ours.port, request, 256, max(1, round(minutes * 60 / pause)), pause, lambda: seen.append(ours.resident()), 1)
    )
    row(f"256 connections, a request of 64 KB every {pause:.0f} s each", "MB, median", "MB at most")
    row(*["---"] * 3)
    size = max(1, len(seen) // 10)
    for start in range(0, size * 10, size):
        part = seen[start : start + size]
        if part:
            row(f"{start / 60:.0f} to {(start + size) / 60:.0f} min", f"{statistics.median(part):.1f}", f"{max(part):.1f}")
    if lost := ours.lost():
        print(f"\n{lost} events lost")
    print()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(SHAPES))
    parser.add_argument("--no-streams", action="store_true")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--think", type=float, default=0, metavar="MS", help="how long the upstream takes before a first event")
    parser.add_argument("--litellm-bin")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="measure memory over that time, and nothing else")
    options = parser.parse_args()
    folder: Path = options.folder
    mock = peers.mock(folder)
    ours = peers.whyops(folder, mock.port)
    running = [mock, peers.nginx_proxy(folder, mock.port), peers.haproxy(folder, mock.port), ours]
    try:
        bodies(folder, ours.port)
        if options.soak:
            running.append(peers.whyops(folder, mock.port, "soak"))
            return report_soak(folder, running[-1], options.soak)
        if not options.no_memory:
            fresh = peers.whyops(folder, mock.port, "memory")
            report_memory(folder, [*running[:3], fresh])
            fresh.stop()
            print()
        if options.litellm_bin:
            running.append(peers.litellm(folder, mock.port, options.litellm_bin))
        if options.only:
            report_loads(folder, running, options.only.split(","), options.rounds, options.seconds)
        if not options.no_streams:
            streaming = peers.streaming_mock(folder, options.think / 1000)
            report_streams(folder, streaming, options.litellm_bin)
    finally:
        for peer in running:
            peer.stop()


if __name__ == "__main__":
    main()
