"""What is to be kept no longer goes, whole, while clients write; nothing else does (STO-20 to STO-29)."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any, Callable

import pytest

import harness
from bench import fetch
from conftest import StartServer
from faults import Tier
from reader import Reader
from service import Service

ANCIENT = "ancient"
EVENTS = 40
OLD = ("--retention-age", "1h", "--retention-interval", "1")
PATIENCE = 60.0


def execute(service: Service, sql: str) -> list[tuple[Any, ...]]:
    """Past the service, in its database."""
    if service.is_sqlite:
        with sqlite3.connect(service.database, timeout=30) as connection:
            rows = connection.execute(sql).fetchall()
        connection.close()
        return rows
    done = subprocess.run(["psql", "-XAtqc", sql, service.store], capture_output=True, text=True, check=True)
    return [tuple(line.split("|")) for line in done.stdout.splitlines()]


def store_ancient_traces(service: Service, count: int) -> None:
    """Traces that were written to two days ago."""
    server = service.running
    for trace in range(count):
        events = [
            {
                "eventType": "tool_result",
                "traceId": f"{ANCIENT}-{trace}",
                "agentName": ANCIENT,
                "content": {"output": "x" * 500},
            }
            for _ in range(EVENTS)
        ]
        headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
        reply = fetch(server.ingest, "POST", "/api/events", headers, json.dumps(events).encode())
        assert reply.status == 201, reply.body
    assert server.stop() == 0
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 2 * 86_400))
    execute(service, f"UPDATE trace_rows SET last_activity = '{moment}' WHERE trace_id LIKE '{ANCIENT}-%'")
    # They would be taken for the newest that there is.
    execute(service, "DELETE FROM retention_clock")
    execute(service, f"INSERT INTO retention_clock (id, believed) VALUES (1, {time.time()})")


def visible(service: Service) -> dict[str, int]:
    """The ancient traces that readers see, with their events."""
    rows = execute(
        service,
        "SELECT t.trace_id, count(*) FROM traces t JOIN event_rows r ON r.trace = t.key "
        f"WHERE t.trace_id LIKE '{ANCIENT}-%' GROUP BY t.trace_id",
    )
    return {str(name): int(count) for name, count in rows}


def rows_left(service: Service) -> int:
    [(count,)] = execute(service, f"SELECT count(*) FROM event_rows WHERE agent_name = '{ANCIENT}'")
    return int(count)


def await_that(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_killed_under_load_while_it_removes(service: Service, tier: Tier, seed: str) -> None:
    """The ledger stays exact, whoever is killed in the middle; no ancient trace is ever seen in part."""
    service.begin()
    store_ancient_traces(service, tier.pick(120, 400))
    service.begin(*OLD)
    service.produce(seed)
    partial = 0
    for _ in range(tier.pick(3, 10)):
        before = rows_left(service)
        if not before:
            break
        await_that(lambda: rows_left(service) < before)
        service.kill()
        seen = visible(service)
        assert set(seen.values()) <= {EVENTS}, seen
        left = rows_left(service)
        partial += left > sum(seen.values())
        service.restart(*OLD)
    await_that(lambda: rows_left(service) == 0)
    service.history.await_acknowledged(100)
    service.rest()
    service.prove()
    assert visible(service) == {}
    hidden = execute(service, "SELECT count(*) FROM trace_rows WHERE environment < 0")
    assert [int(row[0]) for row in hidden] == [0]
    assert service.running.stop() == 0
    print(f"{partial} kills left rows that nobody saw")


def test_stopped_while_it_removes(service: Service) -> None:
    service.begin()
    store_ancient_traces(service, 60)
    server = service.begin(*OLD)
    await_that(lambda: rows_left(service) < 60 * EVENTS)
    assert server.stop() == 0
    assert set(visible(service).values()) <= {EVENTS}
    assert "fatal" not in server.log().lower()


def test_what_was_removed_is_told(service: Service) -> None:
    service.begin()
    store_ancient_traces(service, 3)
    server = service.begin(*OLD, "--admin-port", "0")
    await_that(lambda: "retention removed" in server.log())
    assert "traces=3" in server.log() and f"events={3 * EVENTS}" in server.log(), server.log()
    text = fetch(server.admin, "GET", "/metrics", {}).body.decode()
    assert "whyops_retention_removed_traces_total 3" in text, text
    assert f"whyops_retention_removed_events_total {3 * EVENTS}" in text
    assert "whyops_retention_failures_total 0" in text
    status, body = Reader(server.ingest, server.key).raw(f"/api/threads/{ANCIENT}-0")
    assert status == 404, body


def test_a_project_has_its_own_limit(service: Service) -> None:
    server = service.begin()
    store_ancient_traces(service, 2)

    def retention(*arguments: str) -> dict[str, str]:
        done = harness.run(
            server.folder, "projects", "retention", "default", "--json", *arguments, "--store", service.store
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert retention() == {"project": "default", "age": "default", "size": "default"}
    assert retention("--none") == {"project": "default", "age": "none", "size": "none"}
    server = service.begin(*OLD, "--admin-port", "0")
    ran = lambda: "whyops_retention_clock_lead_seconds" in fetch(server.admin, "GET", "/metrics", {}).body.decode()
    await_that(ran)
    assert len(visible(service)) == 2
    # A running service follows.
    assert retention("--age", "1d") == {"project": "default", "age": "1d", "size": "none"}
    await_that(lambda: visible(service) == {})
    assert retention("--size", "10GB") == {"project": "default", "age": "1d", "size": "10GB"}
    assert retention("--default") == {"project": "default", "age": "default", "size": "default"}


@pytest.mark.parametrize(
    "arguments, code",
    [
        (["default", "--age", "10m"], 2),
        (["default", "--age", "1x"], 2),
        (["default", "--size", "10"], 2),
        (["default", "--none", "--age", "1d"], 2),
        (["default", "--none", "--default"], 2),
        (["nobody", "--age", "1d"], 1),
        (["nobody"], 1),
    ],
    ids=str,
)
def test_limits_that_are_none(start: StartServer, arguments: list[str], code: int) -> None:
    server = start().ready()
    done = harness.run(server.folder, "projects", "retention", *arguments, "--store", f"sqlite:{server.store}")
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert "rror" in done.stderr


@pytest.mark.parametrize("flags", [["--retention-age", "59m"], ["--retention-size", "1"], ["--retention-interval", "0"]])
def test_settings_that_are_none(tmp_path: Path, flags: list[str]) -> None:
    done = harness.run(tmp_path, "serve", *flags)
    assert done.returncode == 2 and flags[0] in done.stderr, done.stderr
