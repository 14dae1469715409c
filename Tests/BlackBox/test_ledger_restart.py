"""F11: a start after a kill with much that is not yet where it belongs: a large log of the database, a large spool."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest

from conftest import Figures, MakeBench
from faults import Tier
from ledger import Ledger, converse, settled
from reader import eventually
from service import STORE, Service
from test_spool import away, scripted, spool_files

# Generous, for a debug build; the figures are in the table.
READY = 30.0


@pytest.mark.skipif(bool(STORE), reason="a database server recovers by itself")
def test_large_log(service: Service, tier: Tier, figures: Figures) -> None:
    """Somebody's long look at the database keeps its log from being taken over while it grows; then a kill."""
    service.begin("--spool", "off")
    client = service.client("thousand")
    client.traces = [f"trace-{number}" for number in range(tier.pick(10, 200))]
    client.send_one()
    reader = sqlite3.connect(service.database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM event_rows").fetchall()
    events = tier.pick(10_000, 1_000_000)
    while service.history.acknowledged < events:
        client.send_one()
    service.kill()
    # The last one who closes a database takes its log over, so this one must not close it but vanish, too.
    size = service.database.with_name(service.database.name + "-wal").stat().st_size
    assert size > events * 100
    copy = service.database.parent.with_name("copy")
    copy.mkdir()
    for name in (service.database.name, service.database.name + "-wal"):
        (copy / name).write_bytes((service.database.parent / name).read_bytes())
    reader.close()
    service.store = f"sqlite:{copy}/{service.database.name}"
    seconds = service.restart("--spool", "off")
    assert seconds < READY
    found = service.prove()
    assert found["stored"] == found["acknowledged"] >= events
    assert service.running.stop() == 0
    figures(fault="large log", megabytes=size >> 20, start_s=round(seconds, 2), **found)


def test_large_spool(service: Service, tier: Tier, make_bench: MakeBench, figures: Figures) -> None:
    """The store is away while the proxy goes on; a kill; the next start stores everything, once and in order."""
    if STORE:
        pytest.skip("locks a SQLite file")
    bench = make_bench(service.begin())
    bench.script.answer(scripted)
    ledgers = [Ledger(f"{bench.token}-{client}") for client in range(tier.pick(8, 100))]
    replied = threading.Semaphore(0)
    clients = [threading.Thread(target=converse, args=(bench, ledger, replied)) for ledger in ledgers]
    # The key and the agent are known before the store goes.
    first = Ledger(f"{bench.token}-first")
    known = threading.Thread(target=converse, args=(bench, first, replied))
    known.start()
    assert replied.acquire(timeout=30)
    exchanges = tier.pick(500, 25_000)
    with away(bench.server):
        for client in clients:
            client.start()
        for _ in range(exchanges):
            assert replied.acquire(timeout=60), bench.server.log()
        service.kill()
        for client in [known, *clients]:
            client.join()
    size = sum(path.stat().st_size for path in spool_files(bench.server))
    begun = time.monotonic()
    bench.server = service.begin()
    ready = time.monotonic() - begun
    assert ready < READY
    eventually(lambda: sum(path.stat().st_size for path in spool_files(bench.server)) < size, "the first file's end")
    settled(bench, [first, *ledgers])
    drained = time.monotonic() - begun
    assert bench.server.stop() == 0
    figures(
        fault="large spool",
        events=2 * sum(len(ledger.acknowledged) for ledger in ledgers),
        megabytes=size >> 20,
        start_s=round(ready, 2),
        drained_s=round(drained, 1),
    )
