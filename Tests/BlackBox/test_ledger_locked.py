"""F10: another process keeps the database locked. Ingest says so in time, and the proxy does not care."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from conftest import Figures, MakeBench
from ledger import Ledger, converse, settled
from service import STORE, Service
from test_spool import scripted

pytestmark = pytest.mark.skipif(bool(STORE), reason="no process locks all of a database server")


def test_locked_database(service: Service, make_bench: MakeBench, seed: str, figures: Figures) -> None:
    bench = make_bench(service.begin())
    bench.script.answer(scripted)
    service.produce(seed)
    service.history.await_acknowledged(50)
    ledgers = [Ledger(f"{bench.token}-{client}") for client in range(4)]
    replied = threading.Semaphore(0)
    clients = [threading.Thread(target=converse, args=(bench, ledger, replied)) for ledger in ledgers]
    other = sqlite3.connect(service.database, timeout=60, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        for client in clients:
            client.start()
        # ING-73: about ten seconds. By then the proxy has answered hundreds.
        service.history.await_refused(len(service.tenants))
        for _ in range(50):
            assert replied.acquire(timeout=30), service.running.log()
    finally:
        other.close()
    service.history.await_acknowledged(200)
    service.rest()
    found = service.prove()
    assert found["unknown"] == 0 and found["refused"] > 0
    # Its clients go when it does.
    assert service.running.stop() == 0
    for client in clients:
        client.join()
    bench.server = service.begin()
    settled(bench, ledgers)
    exchanges = sum(len(ledger.acknowledged) for ledger in ledgers)
    figures(fault="locked for 10 s", times=1, exchanges=exchanges, **found)
