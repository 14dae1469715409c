"""F16: the network between the nodes, their server and its standby is cut, and comes back."""

from __future__ import annotations

import shutil
import subprocess
import threading
from typing import Iterator

import pytest

from conftest import Figures
from faults import Tier
from network import OtherMachine, other_machine
from postgres import USER, Database, place, programs
from reader import eventually
from service import Service
from test_ledger_postgres import prove

# The standby is told apart from one that is slow after some seconds, whatever the system's own times are.
SETTINGS = {"wal_keep_size": "512MB", "wal_sender_timeout": "5s"}
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
STANDBYS = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'"


class Pair:
    """A primary on another machine, and a standby on ours, which follows it through the cable."""

    def __init__(self, machine: OtherMachine) -> None:
        self.folder = place()
        self.primary = Database(self.folder / "a", "a", machine.entering)
        self.standby = Database(self.folder / "b", "b")
        self.primary.create().let_in("10.77.0.0/16").start(listen_addresses=machine.theirs, **SETTINGS)
        # Not among the settings of the process, which nobody could change later.
        self.primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (a, b)'", "SELECT pg_reload_conf()")
        self.standby.copy(self.primary)
        self.standby.follow(self.primary, machine.theirs)
        self.standby.start(**SETTINGS)
        self.await_standby()
        self.url = f"postgres://{USER}@/postgres?host={machine.theirs},{self.standby.folder}"

    def await_standby(self) -> None:
        eventually(lambda: self.primary.sql(STANDBYS) == "1", "a synchronous standby")

    def close(self) -> None:
        self.primary.kill()
        self.standby.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def apart() -> Iterator[tuple[OtherMachine, Pair]]:
    if not programs():
        pytest.skip("needs a PostgreSQL server, of the Debian package postgresql")
    with other_machine() as machine:
        pair = Pair(machine)
        try:
            yield machine, pair
        finally:
            pair.close()


def test_network_that_is_cut(
    service: Service, apart: tuple[OtherMachine, Pair], tier: Tier, seed: str, figures: Figures
) -> None:
    machine, pair = apart
    service.store = pair.url
    nodes = {name: service.begin("--spool", "off", node=name) for name in ("one", "two")}
    load = service.produce(seed)
    for name, node in nodes.items():
        load.target.up(node.ingest, name)
    load.target.down("only")
    service.history.await_acknowledged(200)

    # Out and in again: all goes on by itself.
    times = tier.pick(1, 5)
    for _ in range(times):
        machine.unplug()
        service.history.await_refused(4, seconds=120)
        machine.plug()
        service.history.await_acknowledged(200, seconds=120)
        pair.await_standby()

    # Out, and the standby takes over; meanwhile nothing is acknowledged by anybody.
    machine.unplug()
    service.history.await_refused(8, seconds=120)
    before = service.history.acknowledged
    service.history.await_refused(4, seconds=120)
    assert service.history.acknowledged == before
    # Somebody on the cut-off machine itself gets no commit either.
    stuck = threading.Thread(target=write_alone, args=[pair.primary])
    stuck.start()
    eventually(lambda: int(pair.primary.sql(WAITING)) >= 1, "a commit that waits")
    pair.standby.promote()
    # It is the operator's word that it need not wait for the one that is gone.
    pair.standby.sql("ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()")
    service.history.await_acknowledged(400, seconds=120)

    # The old one is back and takes itself for the primary. Nodes that are at work stay where they are, and one that comes to
    # the old one gets nothing acknowledged.
    machine.plug()
    service.history.await_acknowledged(200, seconds=120)
    service.rest()
    assert stuck.is_alive()
    pair.primary.kill()
    stuck.join(60)
    assert not stuck.is_alive()
    found = prove(service, nodes["one"], f"postgres://{USER}@/postgres?host={pair.standby.folder}")
    for node in nodes.values():
        assert node.stop() == 0
    figures(fault="network to the primary cut, and at last the standby takes over", times=times + 1, **found)


def write_alone(database: Database) -> None:
    try:
        database.sql("CREATE TABLE written_alone (number INT)")
    except (AssertionError, subprocess.TimeoutExpired):
        # It was killed before it said that this was done.
        return
    raise AssertionError("a primary without a standby has acknowledged something")
