"""Faults that come from outside of a process: of its disk, its clock and its limits; and how much of them a run makes."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

import harness


@dataclass(frozen=True)
class Tier:
    """How much a run does: what a change waits for, or what a night has time for (design: tiers)."""

    is_nightly: bool
    points: int | None = None

    @property
    def kill_points(self) -> int:
        return self.points or (100 if self.is_nightly else 20)

    def pick(self, ci: int, nightly: int) -> int:
        return nightly if self.is_nightly else ci


def needed(command: str, package: str) -> str:
    """The path of a program; without it a test is skipped, which is seen."""
    found = shutil.which(command)
    if not found:
        pytest.skip(f"needs {command}, of the Debian package {package}")
    return found


def wrapper(folder: Path, name: str, *lines: str) -> str:
    """A program that does something and becomes the one under test, so that a signal reaches that."""
    path = folder / name
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    path.chmod(0o700)
    return str(path)


def binary() -> str:
    return os.path.abspath(harness.BINARY)


class FaultyDisk:
    """Makes system calls of one process fail, by libfiu."""

    def __init__(self, folder: Path) -> None:
        needed("fiu-run", "fiu-utils")
        folder.mkdir(parents=True, exist_ok=True)
        self._prefix = folder / "fiu"
        self.binary = wrapper(folder, "faulty", f'exec fiu-run -x -f {self._prefix} {binary()} "$@"')

    def _command(self, pid: int, command: str) -> None:
        subprocess.run(["fiu-ctrl", "-f", str(self._prefix), "-c", command, str(pid)], check=True, capture_output=True)

    def fail(self, pid: int, *names: str, probability: float | None = None, once: bool = False) -> None:
        """`names` such as `sync/fdatasync`; always, or with a probability, or only the next time."""
        for name in names:
            how = "enable" if probability is None else "enable_random"
            more = "" if probability is None else f",probability={probability}"
            self._command(pid, f"{how} name=posix/io/{name}{',onetime' if once else ''}{more}")

    def heal(self, pid: int, *names: str) -> None:
        for name in names:
            self._command(pid, f"disable name=posix/io/{name}")


class FakeClock:
    """A process's clock of the day, which a test sets; its monotonic clock goes on as ever."""

    def __init__(self, folder: Path) -> None:
        needed("faketime", "faketime")
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not found:
            pytest.skip("needs libfaketimeMT.so.1, of the Debian package libfaketime")
        self._file = folder / "clock"
        self.set("+0s")
        self.binary = wrapper(
            folder,
            "clocked",
            f"export LD_PRELOAD={found[0]} DONT_FAKE_MONOTONIC=1 FAKETIME_NO_CACHE=1",
            f"export FAKETIME_TIMESTAMP_FILE={self._file}",
            # By way of another program: the library changes the environment of the first one that it is loaded into, and
            # Swift looks for a process's arguments beside its environment.
            f'exec /usr/bin/env {binary()} "$@"',
        )

    def set(self, offset: str) -> None:
        """From now on the clock is off by so much, such as `-3600s` or `+2y`."""
        # In one step: it is read for every look at the clock.
        fresh = self._file.with_suffix(".new")
        fresh.write_text(offset + "\n", encoding="ascii")
        fresh.replace(self._file)
