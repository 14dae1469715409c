"""Runs the driver `Cost` under callgrind and compares what it counted with the limits. Run by .ci/cost.

Instructions do not depend on what else the machine does. They move a little with the compiler and the C library, hence
the margin; the slow run proves that the gate can fail.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LIMITS = Path("Benchmarks/limits.txt")
# Of what was measured when the limits were written.
MARGIN = 1.10
# Twice the text may cost that many times as much; from this many instructions on, where nothing fixed shows.
GROWTH = 2.3
TRIFLE = 20_000

Counts = dict[str, tuple[int, int]]


def count(binary: str, *arguments: str) -> Counts:
    """Instructions and allocations of each case, in the order in which the driver did them."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        run = subprocess.run(
            [
                "valgrind",
                "--tool=callgrind",
                "--collect-atstart=no",
                "--toggle-collect=whyops_cost_measured",
                "--dump-after=whyops_cost_measured",
                f"--callgrind-out-file={out}",
                binary,
                *arguments,
            ],
            capture_output=True,
            text=True,
            # Symbols are found before anything is counted.
            env=os.environ | {"LD_BIND_NOW": "1"},
        )
        if run.returncode != 0:
            sys.exit(f"cost: {binary} {' '.join(arguments)} failed\n{run.stderr[-2000:]}")
        counts: Counts = {}
        for number, line in enumerate(run.stdout.splitlines(), 1):
            name, allocations = line.rsplit(" ", 1)
            totals = [
                row.split()[1] for row in Path(f"{out}.{number}").read_text().splitlines() if row.startswith("totals:")
            ]
            counts[name] = (int(totals[0]), int(allocations))
        return counts


def read_limits() -> Counts:
    limits: Counts = {}
    for line in LIMITS.read_text().splitlines():
        if line and not line.startswith("#"):
            name, instructions, allocations = line.split()
            limits[name] = (int(instructions), int(allocations))
    return limits


def write_limits(counts: Counts) -> None:
    width = max(map(len, counts))
    lines = [f"{name:<{width}} {int(ir * MARGIN):>10} {allocations:>6}\n" for name, (ir, allocations) in counts.items()]
    head = "# The most instructions and allocations that each case may take; written by `.ci/cost --update`.\n"
    LIMITS.write_text(head + "".join(lines))


def over(counts: Counts, limits: Counts) -> list[str]:
    """What a limit does not allow."""
    found = [f"{name}: counted, but without a limit" for name in counts.keys() - limits.keys()]
    found += [f"{name}: has a limit, but was not counted" for name in limits.keys() - counts.keys()]
    for name in counts.keys() & limits.keys():
        for what, value, limit in zip(("instructions", "allocations"), counts[name], limits[name]):
            if value > limit:
                found.append(f"{name}: {value} {what}, at most {limit}")
    return sorted(found)


def growth(counts: Counts) -> list[str]:
    """Cases whose cost grows faster than their text."""
    found = []
    for name, (ir, _) in counts.items():
        case, size = name.rsplit(" ", 1)
        twice = counts.get(f"{case} {2 * int(size)}")
        if twice and twice[0] > TRIFLE and twice[0] > GROWTH * ir:
            found.append(f"{name}: {ir} instructions, {twice[0]} for twice the text")
    return found


def main() -> int:
    binary, *flags = sys.argv[1:]
    if flags == ["--update"]:
        write_limits(count(binary, "limits"))
        return 0
    size = str((8 if "--full" in flags else 1 / 32) * 1024 * 1024).split(".")[0]
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(count, binary, "limits", "--slow")
        normal = pool.submit(count, binary, "limits")
        linear = pool.submit(count, binary, "linear", size)
    limits = read_limits()
    problems = over(normal.result(), limits) + growth(linear.result())
    slowed = {line.split(":")[0] for line in over(slow.result(), limits)}
    problems += [f"{name}: done a slow way, and no limit notices" for name in sorted(limits.keys() - slowed)]
    for problem in problems:
        print(f"cost: {problem}", file=sys.stderr)
    print(f"cost: {len(normal.result())} cases within limits, {len(linear.result()) // 2} texts doubled, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
