"""Counts the instructions of an exchange by callgrind. Run by Benchmarks/proxy/count."""

from __future__ import annotations

import argparse
import http.client
import os
import re
import shutil
import subprocess
from pathlib import Path

import measure
import peers

SHAPE = "4k-1"
# Until what is made once is made, and connections are kept.
WARMING = 200
# What only a thread that carries connections runs.
LOOP = "SelectableEventLoopC3run"


def under_callgrind(folder: Path, out: Path) -> Path:
    """A command that runs the proxy and counts nothing until it is told to."""
    binary = folder / "whyops-proxy"
    # Valgrind reads all of what debuggers need, and this needs names only.
    subprocess.run(["strip", "--strip-debug", "-o", binary, os.environ["WHYOPS_PROXY_BIN"]], check=True)
    command = folder / "counted"
    command.write_text(
        "#!/bin/sh\n"
        f"LD_PRELOAD={folder}/sigsuspend.so exec valgrind -q --tool=callgrind --instr-atstart=no --separate-threads=yes "
        f'--callgrind-out-file={out}/threads {binary} "$@"\n'
    )
    command.chmod(0o755)
    return command


def control(pid: int, *arguments: str) -> None:
    subprocess.run(["callgrind_control", *arguments, str(pid)], check=True, capture_output=True)


def exchange(connection: http.client.HTTPConnection, bodies: list[bytes], count: int) -> None:
    for number in range(count):
        connection.request("POST", "/v1/chat/completions", bodies[number % len(bodies)], measure.HEADERS)
        response = connection.getresponse()
        response.read()
        assert response.status == 200, response.status


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--exchanges", type=int, default=400)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    folder, count = options.folder, options.exchanges
    out = folder / "counts"
    out.mkdir()
    os.environ["WHYOPS_PROXY_BIN"] = str(under_callgrind(folder, out))
    measure.SHAPES = {SHAPE: measure.SHAPES[SHAPE]}
    mock = peers.mock(folder)
    proxy = peers.whyops(folder, mock.port)
    try:
        measure.bodies(folder, proxy.port)
        bodies = [file.read_bytes() for file in sorted((folder / f"bodies-{measure.SHAPES[SHAPE][0]}").iterdir())]
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port)
        exchange(connection, bodies, WARMING)
        control(proxy.process.pid, "--instr=on")
        exchange(connection, bodies, count)
        control(proxy.process.pid, "--dump")
    finally:
        proxy.stop()
        mock.stop()
    # Of other threads nothing is told: how many events are stored together depends on what else the machine does.
    instructions = 0
    # The first dump; what comes after it was not asked for.
    for file in sorted(out.glob("threads.1-*")):
        text = file.read_text()
        total = re.search(r"^totals: (\d+)", text, re.MULTILINE)
        if total and LOOP in text:
            instructions += int(total[1])
    if options.keep:
        shutil.copytree(out, options.keep, dirs_exist_ok=True)
    print(f"{instructions / count:,.0f} instructions an exchange on the threads of connections")


if __name__ == "__main__":
    main()
