"""A service with two tenants under the load of ledger producers, which a test kills, stops, hurts and holds to its word."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any, Callable

import harness
from acknowledged import History
from harness import Server
from producers import Load, Producer, Target, Tenancy
from readback import prove

# Where the store of these tests is; unset, each test has a SQLite file of its own. `postgres://...` names a server on which
# each test makes a database of its own.
STORE = os.environ.get("WHYOPS_LEDGER_STORE", "")
TENANTS = {"PRODUCTION": "alpha", "STAGING": "beta"}


def own_database(server: str) -> str:
    """The address of a new database on a server, by the address of the one that is there always."""
    name = f"ledger_{uuid.uuid4().hex}"
    subprocess.run(["psql", "-Xqc", f"CREATE DATABASE {name}", server], check=True)
    return server.replace("/postgres?", f"/{name}?", 1)


class Service:
    """One place for a store, and the processes over it."""

    def __init__(self, start: Callable[..., Server], folder: Path, name: str) -> None:
        self._start = start
        self.folder = folder
        self.history = History(folder / "ledger.jsonl")
        self.store = f"sqlite:{folder}/server/whyops.sqlite"
        self.database.parent.mkdir(exist_ok=True)
        if STORE:
            database = f"ledger_{uuid.uuid4().hex}"
            subprocess.run(["psql", "-Xqc", f"CREATE DATABASE {database}", STORE], check=True)
            self.store = f"{STORE.rstrip('/')}/{database}"
        self.tenants: list[Tenancy] = []
        self.load: Load | None = None
        self.server: Server | None = None

    @property
    def is_sqlite(self) -> bool:
        return self.store.startswith("sqlite:")

    @property
    def database(self) -> Path:
        return Path(self.store.removeprefix("sqlite:"))

    @property
    def running(self) -> Server:
        assert self.server
        return self.server

    # MARK: Life

    def begin(self, *flags: str, node: str = "only", **options: Any) -> Server:
        """Starts a process, and the first time makes the tenants; producers that are at work go on with it."""
        place = {} if node == "only" else {"folder": f"node-{node}"}
        started = self._start(*flags, store=self.store, **place, **options).ready()
        if not self.tenants:
            self.tenants = [Tenancy("alpha", started.key), Tenancy("beta", self._second_key(started))]
        self.server = started
        if self.load:
            self.load.target.up(started.ingest, node)
        return started

    def _second_key(self, server: Server) -> str:
        for arguments in (
            ["projects", "create", "second", "--environments", "STAGING"],
            ["keys", "create", "--name", "ledger", "--project", "second", "--environment", "STAGING"],
        ):
            done = harness.run(server.folder, *arguments, "--store", self.store)
            assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def produce(self, seed: str, each: int = 1, padding: int = 200, round: str = "") -> Load:
        self.load = Load.begin(self.history, self.tenants, seed, self.running.ingest, each, padding, round)
        return self.load

    def client(self, shape: str, name: str = "alone") -> Producer:
        """A client that sends when the test says so."""
        target = Target()
        target.up(self.running.ingest)
        return Producer(self.history, target, self.tenants[0], name, ["trace-alone"], shape, name)

    def rest(self) -> None:
        """Producers get their last answers and go."""
        if self.load:
            self.load.finish()
            self.load = None

    def kill(self) -> None:
        self.running.send_signal(signal.SIGKILL)
        self.running.wait()

    def restart(self, *flags: str, **options: Any) -> float:
        """Seconds until it was ready."""
        begun = time.monotonic()
        self.begin(*flags, **options)
        return time.monotonic() - begun

    def end(self) -> None:
        if self.load:
            self.load.target.end()
        self.history.close()

    # MARK: The proof

    def prove(self) -> dict[str, int]:
        """With the load at rest: everything that was acknowledged is there, as this process and its database tell."""
        return prove(self.history, self.running.ingest, self.store, self.tenants, TENANTS)
