"""F16 on PostgreSQL: a primary with two synchronous standbys fails over, and nodes die one after the other; what clients of
ingest and of proxies were told holds all through."""

from __future__ import annotations

import random
import shutil
import threading
import time
from typing import Iterator

import pytest

import replies
from bench import Bench
from conftest import Figures, MakeBench
from faults import Tier
from harness import Server
from ledger import Ledger, settled
from postgres import USER, Database, place, programs
from reader import eventually
from service import Service, own_database
from test_spool import scripted

SETTINGS = {"synchronous_standby_names": "ANY 1 (a, b, c)", "wal_keep_size": "512MB", "max_connections": "200"}


class Cluster:
    """A primary with two standbys, of which each commit waits for one."""

    def __init__(self) -> None:
        self._folder = place()
        self.databases = {name: Database(self._folder / name, name) for name in "abc"}
        try:
            self.primary = self.databases["a"].create().start(**SETTINGS)
            for standby in self.standbys:
                standby.copy(self.primary).start(**SETTINGS)
            self.await_standbys()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Names all of them; who writes is for the nodes to find out."""
        return f"postgres://{USER}@/postgres?host={','.join(str(one.folder) for one in self.databases.values())}"

    @property
    def standbys(self) -> list[Database]:
        return [one for one in self.databases.values() if one is not self.primary]

    def await_standbys(self) -> None:
        count = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'"
        eventually(lambda: self.primary.sql(count) == "2", "two synchronous standbys")

    def fail_over(self) -> Database:
        """The primary's machine is gone from one moment to the next, and of the standbys the one that has more takes over."""
        old = self.primary
        old.kill()
        received = "SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')"
        standbys = sorted((one for one in self.databases.values() if one is not old), key=lambda one: int(one.sql(received)))
        standbys[-1].promote()
        standbys[0].follow(standbys[-1])
        self.primary = standbys[-1]
        return old

    def repair(self, lost: Database) -> None:
        """One that was lost comes back as a standby."""
        lost.copy(self.primary).start(**SETTINGS)
        self.await_standbys()

    def close(self) -> None:
        for one in self.databases.values():
            one.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    if not programs():
        pytest.skip("needs a PostgreSQL server, of the Debian package postgresql")
    running = Cluster()
    yield running
    running.close()


class Caller(threading.Thread):
    """A client of one proxy with one call after the other; a reply that breaks off begins another trace."""

    def __init__(self, bench: Bench, name: str) -> None:
        super().__init__(name=name, daemon=True)
        bench.script.answer(scripted)
        self.bench = bench
        self.ledgers: list[Ledger] = []
        self.refusals: list[tuple[int, bytes]] = []
        self.error: BaseException | None = None
        self._ended = threading.Event()
        self._up = threading.Event()
        self._up.set()

    def run(self) -> None:
        try:
            while not self._ended.is_set():
                self._up.wait(1)
                ledger = Ledger(f"{self.bench.token}-{self.name}-{len(self.ledgers)}")
                self.ledgers.append(ledger)
                # A page of a trace holds a thousand events.
                while ledger.begun < 200 and self._call(ledger):
                    pass
                if ledger.begun == 0:
                    self.ledgers.pop()
        except BaseException as error:  # told by `finish`
            self.error = error

    def _call(self, ledger: Ledger) -> bool:
        if self._ended.is_set() or not self._up.is_set():
            return False
        number = ledger.begun
        ledger.begun += 1
        body = replies.encode(
            {
                "model": self.bench.model,
                "messages": [{"role": "user", "content": str(number)}],
                "stream": number % 2 == 1,
            }
        )
        try:
            with self.bench.open("/v1/chat/completions", body, self.bench.headers(X_Trace_ID=ledger.trace)) as reply:
                if not reply.rest():
                    return False
                if reply.status != 200:
                    self.refusals.append((reply.status, reply.body))
                    return False
        except (OSError, EOFError, ValueError):
            return False
        except Exception as error:  # http.client has many ways to say that the other side is gone
            assert type(error).__module__ == "http.client", error
            return False
        ledger.acknowledged.append(number)
        # Enough calls to be under way at any moment, and few enough for what reads them back.
        self._ended.wait(0.02)
        return True

    def down(self) -> None:
        """The proxy is to be killed: no further call begins."""
        self._up.clear()

    def up(self, server: Server) -> None:
        self.bench.server = server
        self._up.set()

    def finish(self) -> int:
        """The calls that were answered, all of which are stored."""
        self._ended.set()
        self._up.set()
        self.join(60)
        assert not self.is_alive()
        if self.error:
            raise self.error
        settled(self.bench, self.ledgers)
        return sum(len(ledger.acknowledged) for ledger in self.ledgers)


def begin_callers(benches: list[Bench], each: int = 2) -> list[Caller]:
    callers = [Caller(bench, f"{place}-{copy}") for place, bench in enumerate(benches) for copy in range(each)]
    for caller in callers:
        caller.start()
    return callers


def prove(service: Service, node: Server, store: str) -> dict[str, int]:
    """What a node tells is what was promised, and what the database itself says at `store`."""
    service.store = store
    service.server = node
    return service.prove()


def test_fail_over(
    service: Service,
    cluster: Cluster,
    make_bench: MakeBench,
    tier: Tier,
    seed: str,
    dice: random.Random,
    figures: Figures,
) -> None:
    """Nothing that was acknowledged is missing, doubled or out of order after the primary is gone; no proxy refuses a call."""
    service.store = cluster.url
    nodes = {name: service.begin(node=name) for name in ("one", "two", "three")}
    load = service.produce(seed)
    for name, node in nodes.items():
        load.target.up(node.ingest, name)
    load.target.down("only")
    callers = begin_callers([make_bench(nodes[name]) for name in ("one", "two")])
    times = tier.pick(1, 12)
    slowest = 0.0
    for _ in range(times):
        service.history.await_acknowledged(dice.randint(100, 400))
        begun = time.monotonic()
        lost = cluster.fail_over()
        service.history.await_acknowledged(1)
        slowest = max(slowest, time.monotonic() - begun)
        service.history.await_acknowledged(200)
        if times > 1:
            cluster.repair(lost)
    service.rest()
    calls = sum(caller.finish() for caller in callers)
    assert not [refusal for caller in callers for refusal in caller.refusals]
    found = prove(service, nodes["three"], cluster.primary.url)
    for node in nodes.values():
        assert node.stop() == 0
    figures(fault="fail-over to a synchronous standby", times=times, calls=calls, slowest_s=round(slowest, 1), **found)


def test_commits_wait_for_a_standby(service: Service, cluster: Cluster) -> None:
    """0 acks without quorum: what no standby has is not acknowledged, and is found once where one comes back."""
    service.store = cluster.url
    service.begin(node="one")
    client = service.client("keyed")
    client.send_one()
    standbys = cluster.standbys
    for standby in standbys:
        standby.kill()
    sending = threading.Thread(target=client.send_one)
    acknowledged = service.history.acknowledged
    sending.start()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    eventually(lambda: cluster.primary.sql(waiting) == "1", "a commit that waits")
    service.history.await_refused()
    assert service.history.acknowledged == acknowledged
    standbys[0].start(**SETTINGS)
    sending.join(90)
    assert service.history.acknowledged == acknowledged + 1
    prove(service, service.running, cluster.primary.url)


def test_nodes_that_die(
    service: Service,
    postgres: str,
    make_bench: MakeBench,
    tier: Tier,
    seed: str,
    dice: random.Random,
    figures: Figures,
) -> None:
    """Three nodes with ingest under load and two with proxies on one server, of which one is killed every two seconds."""
    service.store = store = own_database(postgres)
    nodes = {name: service.begin(node=name) for name in ("one", "two", "three")}
    load = service.produce(seed)
    for name, node in nodes.items():
        load.target.up(node.ingest, name)
    load.target.down("only")
    for name in ("four", "five"):
        nodes[name] = service.begin(node=name)
        load.target.down(name)
    callers = begin_callers([make_bench(nodes[name]) for name in ("four", "five")])
    of = {"four": callers[:2], "five": callers[2:]}
    times = tier.pick(6, 60)
    for _ in range(times):
        begun = time.monotonic()
        service.history.await_acknowledged(1)
        victim = dice.choice(sorted(nodes))
        load.target.down(victim)
        nodes[victim].kill()
        for caller in of.get(victim, []):
            caller.down()
        nodes[victim] = service.begin(node=victim)
        if victim in of:
            load.target.down(victim)
        for caller in of.get(victim, []):
            caller.up(nodes[victim])
        # The pace is what is asked for here, not that something has happened.
        time.sleep(max(0.0, begun + 2 - time.monotonic()))
    service.history.await_acknowledged(100)
    service.rest()
    calls = sum(caller.finish() for caller in callers)
    found = prove(service, nodes["one"], store)
    for node in nodes.values():
        assert node.stop() == 0
    figures(fault="3 ingest nodes and 2 proxies, one killed every 2 s", times=times, calls=calls, engine="postgres", **found)
