"""A PostgreSQL server that a test may hurt: one that stands still, that does not wait for its standbys, whose nodes delete
what others write to."""

from __future__ import annotations

import json
import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Iterator

import pytest

from bench import Bench, fetch
from conftest import MakeBench, StartServer
from postgres import Database, place, programs
from reader import eventually
from service import own_database
from test_ingest import event, post
from test_two_tenants import Tenant, ask, fill, operations

NOBODY = ("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
HISTORY = {"messages": [{"role": "assistant", "content": "Some words."}, {"role": "user", "content": "And?"}]}
# What is the service's own.
WITHOUT_A_STORE = {"eventHelp", "getPrices", "getSettingsLimits"}
WAITING = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@pytest.fixture
def database() -> Iterator[Database]:
    if not programs():
        pytest.skip("needs a PostgreSQL server, of the Debian package postgresql")
    folder = place()
    try:
        with Database(folder / "only") as running:
            yield running.create().start()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def node(start: StartServer, make_bench: MakeBench, database: Database) -> Bench:
    # Whatever a role or an address says of what a client is told.
    return make_bench(start(store=database.url + "&options=-cclient_min_messages%3Derror").ready())


def broken_off(database: Database, bench: Bench, *requests: tuple[object, dict[str, str]]) -> None:
    """Sends requests that wait for a standby, whose waiting an operator ends: nothing of them may be acknowledged."""
    with ThreadPoolExecutor(len(requests)) as pool:
        replies = [pool.submit(post, bench, body, "/api/events", **head) for body, head in requests]
        eventually(lambda: int(database.sql(f"SELECT count(*) {WAITING}")) >= 1, "a commit that waits")
        while not all(reply.done() for reply in replies):
            database.sql(f"SELECT pg_cancel_backend(pid) {WAITING}")
        for reply in (reply.result() for reply in replies):
            assert reply.status == 503, reply.body
            assert json.loads(reply.body)["outcome"] == "unknown", "STO-51"


def test_commit_that_no_standby_has_is_not_acknowledged(node: Bench, database: Database) -> None:
    """STO-2, with the warning that says so: neither the first time nor when the same comes again."""
    request = [event(node, 1, idempotencyKey="k")], {"Idempotency_Key": f"r-{node.token}"}
    keyed = [event(node, 2, idempotencyKey="k-2")], {}
    assert post(node, event(node, 0)).status == 202
    database.sql(*NOBODY)
    for body, head in (request, keyed):
        # The second time it is there, on this server alone.
        for _ in range(2):
            broken_off(database, node, (body, head))
    database.sql("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
    for body, head in (request, keyed):
        reply = post(node, body, "/api/events", **head)
        assert reply.status in (200, 201) and json.loads(reply.body)[0]["status"] == "skipped", reply.body
    assert [one["stepId"] for one in node.reader.events(f"trace-{node.token}")] == [1, 2, 3]


def test_registration_that_no_standby_has_is_not_acknowledged(node: Bench, database: Database) -> None:
    body = {"agentName": node.agent, "metadata": {"systemPrompt": "Be brief.", "tools": []}}
    assert post(node, body, "/api/entities/init").status < 300
    database.sql(*NOBODY)
    with ThreadPoolExecutor(1) as pool:
        reply = pool.submit(post, node, body, "/api/entities/init")
        eventually(lambda: int(database.sql(f"SELECT count(*) {WAITING}")) >= 1, "a commit that waits")
        while not reply.done():
            database.sql(f"SELECT pg_cancel_backend(pid) {WAITING}")
        assert reply.result().status == 503, reply.result().body


def test_server_that_stands_still(node: Bench, database: Database) -> None:
    """STO-11: everybody gets an answer, and all is as ever when the server goes on."""
    trace = f"trace-{node.token}"
    assert post(node, event(node, 0)).status == 202
    database.signal(signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(16) as pool:
            writes = [pool.submit(post, node, event(node, at, idempotencyKey=f"k-{at}")) for at in range(1, 9)]
            reads = [pool.submit(node.reader.raw, f"/api/threads/{trace}") for _ in range(8)]
            wanted = pool.submit(post, node, HISTORY, "/api/threads/match")
            assert {write.result().status for write in writes} == {503}
            assert {read.result()[0] for read in reads} == {503}
            assert wanted.result().status == 503
    finally:
        database.signal(signal.SIGCONT)
    for at in range(1, 9):
        assert post(node, event(node, at, idempotencyKey=f"k-{at}")).status == 202
    found = node.reader.events(trace)
    assert sorted(one["content"]["output"]["at"] for one in found) == list(range(9))


def test_store_that_is_gone(node: Bench, database: Database) -> None:
    """Whatever is asked for, the answer is that it cannot be had now, and never that it is not there."""
    red = Tenant(node.server.key, node.token, {})
    fill(node.server.ingest, red)
    database.kill()
    with ThreadPoolExecutor(16) as pool:
        asked = {
            operation: pool.submit(ask, node.server.ingest, red, red, operation, method, path)
            for operation, method, path in operations()
            if operation not in WITHOUT_A_STORE
        }
    for operation, reply in asked.items():
        found = reply.result()
        assert found.status == 503 and found.header("retry-after"), (operation, found)
        assert json.loads(found.body)["error"], operation
    assert {"matchThread", "getFindings", "getGraph", "getUsage", "listUsers", "ingestEvents", "initAgent"} <= set(asked)
    assert post(node, HISTORY, "/api/threads/match").status == 503
    database.start()
    eventually(lambda: post(node, HISTORY, "/api/threads/match").status == 200, "the store is back")
    assert json.loads(ask(node.server.ingest, red, red, "getThread", "GET", "/api/threads/{traceId}").body)["eventCount"] == 4


def test_agents_that_are_deleted_under_load(start: StartServer, make_bench: MakeBench, database: Database) -> None:
    """Nobody waits for another who waits for him: the server has to break nothing off."""
    store = own_database(database.url)
    one, two = (make_bench(start(folder=name, store=store).ready()) for name in ("one", "two"))
    ended = threading.Event()
    statuses: set[int] = set()

    def write(number: int) -> None:
        node = (one, two)[number % 2]
        at = 0
        while not ended.is_set():
            at += 1
            names = [f"{one.token}-{(at * step + number) % 60}" for step in (1, 7, 11)]
            events = [event(node, at, traceId=name, agentName="busy") for name in names]
            statuses.add(post(node, events, "/api/events").status)

    with ThreadPoolExecutor(6) as pool:
        writers = [pool.submit(write, number) for number in range(6)]
        try:
            for _ in range(8):
                [agent] = eventually(
                    lambda: [agent for agent in entities(two) if agent["name"] == "busy"], "the agent, begun anew"
                )
                reply = delete(two, agent["id"])
                assert reply in (200, 204), reply
        finally:
            ended.set()
        for writer in writers:
            writer.result()
    assert statuses == {201}
    name = store.partition("?")[0].rpartition("/")[2]
    assert database.sql(f"SELECT deadlocks FROM pg_stat_database WHERE datname = '{name}'") == "0"


def entities(bench: Bench) -> list[dict[str, str]]:
    status, body = bench.reader.raw("/api/entities", count=100)
    assert status == 200, body
    found = json.loads(body)
    return next(value for value in found.values() if isinstance(value, list))


def delete(bench: Bench, id: str) -> int:
    head: dict[str, str | bytes] = {"Authorization": f"Bearer {bench.server.key}"}
    return fetch(bench.server.ingest, "DELETE", f"/api/entities/{id}", head).status
