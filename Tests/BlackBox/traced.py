"""What a process asks of the system, in order, by strace."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest

from faults import needed

CALLS = "fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg"
LINE = re.compile(r"(\d+) +(\w+)\((\d+)<([^>]*)>(.*)")
RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
RESULT = re.compile(r"= (-?\d+)(?: (E\w+))?")
REPLY = re.compile(r'"HTTP/1\.1 (\d{3}) ')


@dataclass
class Call:
    """A call that has ended; one that did not end in time has no result."""

    name: str
    path: str
    arguments: str
    result: int | None = None

    @property
    def is_sync(self) -> bool:
        return self.name in ("fsync", "fdatasync")

    @property
    def offset(self) -> int:
        """Where `pwrite64` writes."""
        found = re.search(r", (\d+)\) = ", self.arguments)
        assert found, self
        return int(found[1])

    @property
    def reply(self) -> int | None:
        """The status of a reply that begins in this call."""
        found = REPLY.search(self.arguments)
        return int(found[1]) if found else None


def calls(log: Path) -> list[Call]:
    """Syncs and writes to files where they end, writes to sockets where they begin."""
    found: list[Call] = []
    open_calls: dict[str, Call] = {}
    for line in log.read_text(errors="replace").splitlines():
        if match := LINE.match(line):
            call = Call(match[2], match[4], match[5])
            if "<unfinished ...>" in line:
                open_calls[match[1]] = call
                if call.path.startswith("socket:"):
                    found.append(call)
                continue
        elif match := RESUMED.match(line):
            if match[1] not in open_calls:
                continue
            call = open_calls.pop(match[1])
            call.arguments = call.arguments.replace(" <unfinished ...>", "") + match[3]
            if call.path.startswith("socket:"):
                continue
        else:
            continue
        result = RESULT.search(call.arguments)
        call.result = int(result[1]) if result else None
        found.append(call)
    return found


@contextmanager
def traced(pid: int, log: Path, *more: str) -> Iterator[None]:
    """Follows a running process from the first line of the body to its last."""
    command = [needed("strace", "strace"), "-f", "-y", "-s", "40", "-e", f"trace={CALLS}", *more, "-o", str(log), "-p", str(pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr
    first = tracer.stderr.readline()
    if "attached" not in first:
        tracer.kill()
        tracer.wait()
        pytest.skip(f"no right to trace a process: {first.strip()}")
    try:
        yield
    finally:
        tracer.terminate()
        tracer.communicate(timeout=30)
