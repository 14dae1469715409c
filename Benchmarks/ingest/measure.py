"""Measures peers in one run, one after the other in each round, so that what disturbs one disturbs all."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import socket
import sqlite3
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import bodies

KEY = "YOPS-benchmark-key-0123456789abcdef"
# Name: events in a request, connections.
SHAPES = {"single-1": (1, 1), "single-32": (1, 32), "single-256": (1, 256), "batch-64": (64, 4), "batch-1000": (1000, 4)}
BODIES = {1: 4096, 64: 256, 1000: 32}
READS = 50
EVENTS_OF_A_TRACE = 1000


@dataclass
class Figures:
    events: float
    p50: float
    p99: float
    refused: int = 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], port: int, log: Path, env: dict[str, str]) -> Iterator[None]:
    with log.open("ab") as file:
        process = subprocess.Popen(command, env={**os.environ, **env}, stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + 180
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, log.read_text(errors="replace")[-2000:]
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def whyops(home: Path) -> Iterator[int]:
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [os.environ["WHYOPS_INGEST_BIN"], "--ingest-port", str(port), "--store", f"sqlite:{home}/store.sqlite"]
    with running(command, port, home / "log", {"WHYOPS_API_KEY": KEY}):
        yield port


@contextmanager
def phoenix(home: Path, binary: str) -> Iterator[int]:
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    env = {"PHOENIX_PORT": str(port), "PHOENIX_GRPC_PORT": str(free_port()), "PHOENIX_WORKING_DIR": str(home), "PHOENIX_HOST": "127.0.0.1"}
    with running([binary, "serve"], port, home / "log", env):
        yield port


# MARK: Writes


def posted(folder: Path, port: int, shape: str, seconds: float, target: str, headers: dict[str, str], file: Path) -> Figures:
    size, connections = SHAPES[shape]
    (folder / "headers").write_text("".join(f"{name}: {value}\n" for name, value in headers.items()))
    env = {**os.environ, "BODIES": str(file), "TARGET": target, "HEADERS": str(folder / "headers")}
    script = Path(__file__).with_name("post.lua")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "60s", "--latency", "-s", str(script)]
    done = subprocess.run([*command, f"http://127.0.0.1:{port}"], env=env, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("FIGURES"))
    requests, duration, p50, p99, broken, refused = map(int, line.split()[1:])
    assert broken == 0, done.stdout
    return Figures((requests - refused) * size / (duration / 1e6), p50 / 1000, p99 / 1000, refused)


def logged(folder: Path, size: int, seconds: float) -> Figures:
    """The least that acknowledging durably can cost: events appended to a file that is synced for each request."""
    data = bodies.batches(9, size, 16)
    taken: list[float] = []
    with (folder / "bare.log").open("wb", buffering=0) as file:
        begun = time.perf_counter()
        while (now := time.perf_counter()) - begun < seconds:
            file.write(data[len(taken) % len(data)])
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - now)
        whole = time.perf_counter() - begun
    taken.sort()
    return Figures(len(taken) * size / whole, taken[len(taken) // 2] * 1000, taken[len(taken) * 99 // 100] * 1000)


def writes(folder: Path, options: argparse.Namespace) -> None:
    files = {size: bodies.write(folder / f"events-{size}", bodies.batches(1, size, count)) for size, count in BODIES.items()}
    own = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    print("| requests | peer | events/s | p50 ms | p99 ms | refused |\n|---|---|--:|--:|--:|--:|")
    for shape in options.only or SHAPES:
        size = SHAPES[shape][0]
        found: dict[str, list[Figures]] = {"bare log, one writer": [], "whyops": [], "phoenix": []}
        for number in range(options.rounds):
            found["bare log, one writer"].append(logged(folder, size, options.seconds / 2))
            with whyops(folder / f"whyops-{shape}-{number}") as port:
                found["whyops"].append(posted(folder, port, shape, options.seconds, "/api/events/ingest", own, files[size]))
            checked(folder / f"whyops-{shape}-{number}", found["whyops"][-1], options.seconds)
            if options.phoenix_bin:
                with phoenix(folder / f"phoenix-{shape}-{number}", options.phoenix_bin) as port:
                    head = {"Content-Type": "application/x-protobuf"}
                    spans = folder / f"spans-{size}"
                    found["phoenix"].append(posted(folder, port, shape, options.seconds, "/v1/traces", head, spans))
        for name, rounds in found.items():
            if rounds:
                middle = sorted(rounds, key=lambda one: one.events)[len(rounds) // 2]
                refused = sum(one.refused for one in rounds)
                print(f"| {shape} | {name} | {middle.events:,.0f} | {middle.p50:.1f} | {middle.p99:.1f} | {refused} |", flush=True)


def checked(home: Path, figures: Figures, seconds: float) -> None:
    """What was counted is there."""
    with sqlite3.connect(home / "store.sqlite") as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM event_rows").fetchall()
    connection.close()
    assert count >= figures.events * seconds * 0.9, (count, figures)


# MARK: Reads


def fill(port: int, first: int, count: int) -> None:
    """Batches of a thousand, each a trace of its own; the numbers of traces go on from `first`."""

    def send(numbers: range) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for number in numbers:
            dice = random.Random(number)
            head = [bodies.event(dice, f"read-{number}") for _ in range(8)]
            events = [head[at % 8] for at in range(EVENTS_OF_A_TRACE)]
            while True:
                connection.request(
                    "POST",
                    "/api/events/ingest",
                    json.dumps(events).encode(),
                    {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
                )
                reply = connection.getresponse()
                data = reply.read()
                if reply.status == 202:
                    break
                assert reply.status == 503, data
        connection.close()

    traces = range(first, first + count // EVENTS_OF_A_TRACE)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(send, [traces[at::3] for at in range(3)]))


def reads(folder: Path, options: argparse.Namespace) -> None:
    print("\n| events stored | read | p50 ms | p99 ms |\n|---|---|--:|--:|")
    stored = 0
    with whyops(folder / "reads") as port:
        for total in sorted(options.events):
            fill(port, stored // EVENTS_OF_A_TRACE, total - stored)
            stored = total
            # The same traces whatever the store has grown to.
            routes = {
                "list of threads": lambda n: "/api/threads?count=20",
                "a thread of 1,000 events": lambda n: f"/api/threads/read-{n % 10}?eventLimit=1000&eventInclude=content,metadata",
                "search": lambda n: "/api/threads?q=certificates&count=20",
                "usage": lambda n: "/api/analytics/usage",
            }
            for name, route in routes.items():
                taken = sorted(timed(port, route(number)) for number in range(READS if name != "usage" else 5))
                print(
                    f"| {total:,} | {name} | {statistics.median(taken) * 1000:.1f} | {taken[len(taken) * 99 // 100] * 1000:.1f} |",
                    flush=True,
                )


def timed(port: int, path: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    begun = time.perf_counter()
    connection.request("GET", path, headers={"Authorization": f"Bearer {KEY}"})
    reply = connection.getresponse()
    data = reply.read()
    taken = time.perf_counter() - begun
    assert reply.status == 200, data[:300]
    connection.close()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", type=lambda text: text.split(","), help="shapes of requests")
    parser.add_argument("--events", type=lambda text: [int(one) for one in text.split(",")], default=[10_000, 1_000_000])
    parser.add_argument("--phoenix-bin")
    options = parser.parse_args()
    writes(options.folder, options)
    if options.events != [0]:
        reads(options.folder, options)


if __name__ == "__main__":
    main()
