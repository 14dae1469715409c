"""A server from which a standby has taken over, and which goes on as if it had not: nobody stopped it (STO-60)."""

from __future__ import annotations

import shutil
from typing import Iterator

import pytest

from bench import fetch
from conftest import StartServer
from harness import Server
from postgres import USER, Database, place, programs
from reader import eventually
from viewer import post


class Pair:
    """A primary, first in the address, and a standby that no commit waits for."""

    def __init__(self) -> None:
        self._folder = place()
        self.old = Database(self._folder / "a", "a")
        self.new = Database(self._folder / "b", "b")
        self.old.create().start(wal_keep_size="128MB")
        self.url = f"postgres://{USER}@/postgres?host={self.old.folder},{self.new.folder}"

    def begin_standby(self) -> None:
        self.new.copy(self.old).start()

    def take_over(self) -> None:
        """The standby becomes the primary; the old one is told nothing, and takes reads and writes as before."""
        sent = self.old.sql("SELECT pg_current_wal_lsn()")
        caught_up = f"SELECT pg_last_wal_replay_lsn() >= '{sent}'"
        eventually(lambda: self.new.sql(caught_up) == "t", "all of the primary on the standby")
        self.new.promote()

    def close(self) -> None:
        self.old.kill()
        self.new.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture
def pair() -> Iterator[Pair]:
    if not programs():
        pytest.skip("needs a PostgreSQL server, of the Debian package postgresql")
    running = Pair()
    yield running
    running.close()


def store(server: Server, trace: str) -> None:
    post(server, [{"eventType": "user_message", "traceId": trace, "agentName": "a", "content": trace}])


def status(server: Server, trace: str) -> int:
    head = {"Authorization": f"Bearer {server.key}"}
    return fetch(server.ingest, "GET", f"/api/threads/{trace}", head).status


def test_server_that_was_taken_over_from(start: StartServer, pair: Pair) -> None:
    at_work = start(folder="at-work", store=pair.url).ready()
    store(at_work, "before")
    pair.begin_standby()
    # All of its connections lead to the old one.
    assert [status(at_work, "before") for _ in range(20)] == [200] * 20
    pair.take_over()

    # One that starts now finds both of them writing, the old one first.
    fresh = start(folder="fresh", store=pair.url).ready()
    store(fresh, "after")
    assert pair.new.sql("SELECT count(*) FROM trace_rows") == "2"
    assert pair.old.sql("SELECT count(*) FROM trace_rows") == "1"
    assert [status(fresh, "after") for _ in range(20)] == [200] * 20

    # One at work, which nobody has anything stored by, finds out by itself, for all of its connections at once.
    eventually(lambda: status(at_work, "after") == 200, "the trace that the new one has")
    assert [status(at_work, "after") for _ in range(20)] == [200] * 20
    store(at_work, "last")
    assert pair.new.sql("SELECT count(*) FROM trace_rows") == "3"

    # Without the new one nobody is asked: 503 is better than what was true once.
    pair.new.kill()
    eventually(lambda: status(at_work, "before") == 503, "a refusal")
    assert [status(at_work, "before") for _ in range(2)] == [503] * 2
    assert pair.old.sql("SELECT count(*) FROM trace_rows") == "1"


def test_another_database_takes_over_from_nobody(start: StartServer, pair: Pair) -> None:
    pair.new.create().start()
    server = start(store=pair.url).ready()
    for number in range(3):
        store(server, f"trace-{number}")
        assert status(server, f"trace-{number}") == 200
    assert pair.old.sql("SELECT count(*) FROM trace_rows") == "3"
    assert pair.new.sql("SELECT count(*) FROM pg_tables WHERE tablename = 'trace_rows'") == "0"
