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
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import bodies
import fill

KEY = "YOPS-benchmark-key-0123456789abcdef"
# Name: events in a request, connections.
SHAPES = {"single-1": (1, 1), "single-32": (1, 32), "single-256": (1, 256), "batch-64": (64, 4), "batch-1000": (1000, 4)}
BODIES = {1: 4096, 64: 256, 1000: 32}
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


def writes(folder: Path, options: argparse.Namespace) -> list[str]:
    files = {size: bodies.write(folder / f"events-{size}", bodies.batches(1, size, count)) for size, count in BODIES.items()}
    own = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    lines = ["| requests | peer | events/s | of the bare log | p50 ms | p99 ms | refused |", "|---|---|--:|--:|--:|--:|--:|"]
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
        bare = statistics.median(one.events for one in found["bare log, one writer"])
        for name, rounds in found.items():
            if rounds:
                middle = sorted(rounds, key=lambda one: one.events)[len(rounds) // 2]
                refused = sum(one.refused for one in rounds)
                ratio = middle.events / bare
                lines.append(f"| {shape} | {name} | {middle.events:,.0f} | {ratio:.2f} | {middle.p50:.1f} | {middle.p99:.1f} | {refused} |")
                print(lines[-1], file=sys.stderr, flush=True)
    lines.append("")
    lines.append(f"Medians of {options.rounds} rounds of {options.seconds:g} s, which take turns.")
    return lines


def checked(home: Path, figures: Figures, seconds: float) -> None:
    """What was counted is there."""
    with sqlite3.connect(home / "store.sqlite") as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM event_rows").fetchall()
    connection.close()
    assert count >= figures.events * seconds * 0.9, (count, figures)


# MARK: Reads


def post_traces(port: int, numbers: range, size: int) -> None:
    """Each trace is one batch, and says what its template says (see fill.py)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    for number in numbers:
        dice = random.Random(number % fill.TEMPLATES)
        head = [bodies.event(dice, f"read-{number}") for _ in range(8)]
        data = json.dumps([head[at % 8] for at in range(size)]).encode()
        while True:
            connection.request("POST", "/api/events/ingest", data, {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
            reply = connection.getresponse()
            text = reply.read()
            if reply.status == 202:
                break
            assert reply.status == 503, text
    connection.close()


def prove(folder: Path) -> None:
    """A store that was filled says what one says that was posted whole."""
    both = 2 * fill.TEMPLATES
    for name, count in (("posted", both), ("filled", fill.TEMPLATES)):
        with whyops(folder / name) as port:
            post_traces(port, range(count), 16)
    fill.copy(folder / "filled" / "store.sqlite", fill.TEMPLATES, both - fill.TEMPLATES)
    fill.proof(folder / "posted" / "store.sqlite", folder / "filled" / "store.sqlite")


# The same traces whatever the store has grown to.
ROUTES = {
    "list of threads": lambda n: "/api/threads?count=20",
    "list, one user": lambda n: f"/api/threads?count=20&externalUserId=user-{n % 64}",
    "list, page 400": lambda n: "/api/threads?count=20&page=400",
    "a thread of 1,000 events": lambda n: f"/api/threads/read-{n % 10}?eventLimit=1000&eventInclude=content,metadata",
    "findings of it": lambda n: f"/api/threads/read-{n % 10}/findings",
    "newest events": lambda n: "/api/events?limit=100",
    "search": lambda n: "/api/threads?q=certificates&count=20",
    "agents": lambda n: "/api/entities",
    "usage, all of it": lambda n: "/api/analytics/usage",
}
# Those that add up all that there is.
HEAVY = {"agents": 5, "usage, all of it": 3}


def reads(folder: Path, options: argparse.Namespace) -> list[str]:
    prove(folder)
    sizes = sorted(options.events)
    home = folder / "reads"
    first = min(fill.TEMPLATES, sizes[0] // EVENTS_OF_A_TRACE)
    with whyops(home) as port:
        post_traces(port, range(fill.TEMPLATES), EVENTS_OF_A_TRACE)
    found: dict[str, dict[int, tuple[float, float]]] = {name: {} for name in ROUTES}
    stored = fill.TEMPLATES
    for total in sizes:
        wanted = total // EVENTS_OF_A_TRACE
        small = wanted < fill.TEMPLATES
        if small:
            # Templates are more than the smallest store holds.
            with whyops(folder / "small") as port:
                post_traces(port, range(first), EVENTS_OF_A_TRACE)
        elif wanted > stored:
            begun = time.perf_counter()
            fill.copy(home / "store.sqlite", stored, wanted - stored)
            print(f"{total:,} events after {time.perf_counter() - begun:.0f} s of filling", file=sys.stderr, flush=True)
            stored = wanted
        with whyops(folder / "small" if small else home) as port:
            for name, route in ROUTES.items():
                try:
                    timed(port, route(0))
                    taken = sorted(timed(port, route(number)) for number in range(HEAVY.get(name, options.reads)))
                except TooLong:
                    continue
                found[name][total] = (statistics.median(taken) * 1000, taken[len(taken) * 99 // 100] * 1000)
                print(f"{name}, {total:,} events: {found[name][total][0]:,.1f} ms", file=sys.stderr, flush=True)
    lines = ["", "| read | " + " | ".join(f"{size:,} events" for size in sizes) + " | growth |", "|---|" + "--:|" * (len(sizes) + 1)]
    for name, figures in found.items():
        cells = [f"{figures[size][0]:,.1f} ({figures[size][1]:,.1f})" if size in figures else "refused" for size in sizes]
        whole = sizes[0] in figures and sizes[-1] in figures
        growth = f"{figures[sizes[-1]][0] / figures[sizes[0]][0]:.1f}" if whole else ""
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {growth} |")
    lines.append("")
    lines.append("Milliseconds: median (99th percentile); growth is the last median by the first; refused after 120 s (ING-117).")
    return lines


def timed(port: int, path: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    begun = time.perf_counter()
    connection.request("GET", path, headers={"Authorization": f"Bearer {KEY}"})
    reply = connection.getresponse()
    data = reply.read()
    taken = time.perf_counter() - begun
    connection.close()
    if reply.status == 503 and b"took too long" in data:
        raise TooLong
    assert reply.status == 200, data[:300]
    return taken


class TooLong(Exception):
    """The service has ended a read."""


HEADING = "## Ingest"


def write(lines: list[str]) -> None:
    """Puts the tables into RESULTS.md, in place of those that are there."""
    file = Path(__file__).parent.parent / "RESULTS.md"
    before, found, rest = file.read_text("utf-8").partition(f"\n{HEADING}\n")
    after = rest[at:] if found and (at := rest.find("\n## ")) >= 0 else ""
    file.write_text(before.rstrip("\n") + f"\n\n{HEADING}\n\n" + "\n".join(lines) + "\n" + after, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--reads", type=int)
    parser.add_argument("--only", type=lambda text: text.split(","), help="shapes of requests, or none")
    parser.add_argument("--events", type=lambda text: [int(one) for one in text.split(",")], help="sizes of stores, or 0")
    parser.add_argument("--quick", action="store_true", help="to see that it works: figures of seconds, and stores of up to 200,000 events")
    parser.add_argument("--write", action="store_true", help="put the tables into Benchmarks/RESULTS.md")
    parser.add_argument("--phoenix-bin")
    options = parser.parse_args()
    options.seconds = options.seconds or (1 if options.quick else 6)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.reads = options.reads or (5 if options.quick else 30)
    options.events = options.events or ([10_000, 200_000] if options.quick else [10_000, 100_000, 1_000_000, 10_000_000])
    lines: list[str] = []
    if options.only != ["none"]:
        lines += writes(options.folder, options)
    if options.events != [0]:
        lines += reads(options.folder, options)
    print("\n".join(lines))
    if options.write:
        write(lines)


if __name__ == "__main__":
    main()
