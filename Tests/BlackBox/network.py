"""Another machine: a network namespace with a cable to ours, which can be pulled out."""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from typing import Callable, Iterator, TypeVar

import pytest

CLONE_NEWNET = 0x40000000
REFUSED = re.compile(r"Operation not permitted|Permission denied|must be root", re.IGNORECASE)

Result = TypeVar("Result")


class MissingRight(Exception):
    """What this process may not do."""


class OtherMachine:
    """Its sockets are made by `dial`; `address` is ours as it sees it, and `theirs` its own."""

    def __init__(self) -> None:
        number = secrets.randbelow(1 << 14)
        network, first = f"10.77.{number >> 6}", (number & 63) << 2
        self.address, self.theirs = f"{network}.{first + 1}", f"{network}.{first + 2}"
        self._ours, self._cable = f"wo{number:04x}a", f"wo{number:04x}b"
        # It lives as long as a process in it does.
        self._holder = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def begin(self) -> OtherMachine:
        # The holder is in its namespace when it is no longer in ours.
        ours = os.readlink("/proc/self/ns/net")
        while self._place() == ours:
            if self._holder.poll() is not None:
                raise MissingRight("unshare --net")
        run("ip", "link", "add", self._ours, "type", "veth", "peer", "name", self._cable)
        run("ip", "link", "set", self._cable, "netns", str(self._holder.pid))
        run("ip", "addr", "add", f"{self.address}/30", "dev", self._ours)
        run("ip", "link", "set", self._ours, "up")
        self._inside("ip", "addr", "add", f"{self.theirs}/30", "dev", self._cable)
        self._inside("ip", "link", "set", self._cable, "up")
        return self

    def _place(self) -> str:
        """The namespace that the holder is in; where it has ended already, what `poll` tells next decides."""
        try:
            return os.readlink(self._namespace)
        except FileNotFoundError:
            return os.readlink("/proc/self/ns/net")

    @property
    def _namespace(self) -> str:
        return f"/proc/{self._holder.pid}/ns/net"

    def _inside(self, *command: str) -> None:
        run(*self.entering, *command)

    def dial(self, port: int) -> socket.socket:
        """A connection from there to us."""

        def connect() -> socket.socket:
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
            client.settimeout(30)
            client.connect((self.address, port))
            return client

        return self._within(connect)

    def _within(self, action: Callable[[], Result]) -> Result:
        """What a thread does that is in the namespace: a socket stays where it was made."""
        results: list[Result] = []

        def enter() -> None:
            libc = ctypes.CDLL(None, use_errno=True)
            with open(self._namespace) as place:
                assert libc.setns(place.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            results.append(action())

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        [result] = results
        return result

    def unplug(self) -> None:
        """From now on nothing comes from there, and nothing gets there."""
        self._inside("ip", "link", "set", self._cable, "down")

    def plug(self) -> None:
        """The cable is back in."""
        self._inside("ip", "link", "set", self._cable, "up")

    @property
    def entering(self) -> list[str]:
        """What stands before a command that is to run there."""
        return ["nsenter", f"--net={self._namespace}"]

    def end(self) -> None:
        self._holder.kill()
        self._holder.communicate()
        # Its end of the cable goes with the namespace, and ours with that; at once where it is asked for.
        subprocess.run(["ip", "link", "del", self._ours], capture_output=True)


def run(*command: str) -> None:
    """Runs a command of the network; only that it is not allowed to is no fault."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0 and REFUSED.search(done.stderr):
        raise MissingRight(f"{' '.join(command)}: {done.stderr.strip()}")
    assert done.returncode == 0, (command, done.stderr)


@contextmanager
def other_machine() -> Iterator[OtherMachine]:
    """Skips where that needs rights or programs that are not there."""
    for program in ("unshare", "nsenter", "ip"):
        if not shutil.which(program):
            pytest.skip(f"needs {program}")
    machine = OtherMachine()
    try:
        try:
            machine.begin()
        except (MissingRight, PermissionError) as fault:
            pytest.skip(f"needs the right to make a network: {fault}")
        yield machine
    finally:
        machine.end()
