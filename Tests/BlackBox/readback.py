"""Reads back everything that a store holds: through ingest's HTTP interface, and past it from the database."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import urllib.parse
from typing import Any

from acknowledged import Fault, History, Outcome, Stored, faults
from producers import AGENT, Tenancy
from reader import Reader

SQL = """
    SELECT e.name, t.trace_id, r.step_id, r.id, r.metadata, r.content
    FROM event_rows r JOIN trace_rows t ON t.key = r.trace JOIN environments e ON e.number = r.environment
    WHERE t.key IN (SELECT trace FROM event_rows WHERE agent_name = 'ledger')
"""


def row(tenant: str, trace: str, step: int, id: str, metadata: Any, content: Any) -> Stored:
    return Stored(tenant, trace, step, id, str(metadata["producer"]), int(metadata["number"]), str(content["output"]))


def through_http(url: str, tenants: list[Tenancy]) -> list[Stored]:
    """Every event of every trace with events of the ledger, as each tenant sees them. Figures of a trace have to agree."""
    found = []
    for tenant in tenants:
        reader = Reader(url, tenant.key)
        for thread in all_threads(reader):
            events = all_events(reader, thread["threadId"])
            assert thread["eventCount"] == len(events), (thread, len(events))
            found += [
                row(tenant.name, thread["threadId"], event["stepId"], event["id"], event["metadata"], event["content"])
                for event in events
            ]
    return found


def all_threads(reader: Reader) -> list[dict[str, Any]]:
    threads: list[dict[str, Any]] = []
    while True:
        status, body = reader.raw("/api/threads", agentName=AGENT, count=100, page=len(threads) // 100 + 1)
        assert status == 200, (status, body)
        page = json.loads(body)["threads"]
        threads += page
        if len(page) < 100:
            assert len({thread["threadId"] for thread in threads}) == len(threads)
            return threads


def all_events(reader: Reader, trace: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while True:
        path = f"/api/threads/{urllib.parse.quote(trace, safe='')}"
        status, body = reader.raw(path, eventInclude="content,metadata", eventLimit=1000, eventOffset=len(events))
        assert status == 200, (status, body)
        thread = json.loads(body)
        events += thread["events"]
        if len(thread["events"]) == 0 or len(events) >= thread["eventCount"]:
            return events


def from_database(store: str, names: dict[str, str]) -> list[Stored]:
    """Every row of the database behind a store's URL; `names` says which tenant an environment stands for."""
    if store.startswith("sqlite:"):
        connection = sqlite3.connect(f"file:{store.removeprefix('sqlite:')}?mode=ro", uri=True)
        try:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            rows = connection.execute(SQL).fetchall()
        finally:
            connection.close()
    else:
        # Rows as they are, each on a line of its own, since JSON escapes the ends of lines.
        select = f"SELECT row_to_json(x) FROM ({SQL}) x"
        done = subprocess.run(["psql", "-XAtq", "-c", select, store], capture_output=True, text=True, check=True)
        rows = [list(json.loads(line).values()) for line in done.stdout.split("\n") if line]
    return [
        row(names[environment], trace, step, id, json.loads(metadata), json.loads(content))
        for environment, trace, step, id, metadata, content in rows
    ]


def prove(history: History, url: str, store: str, tenants: list[Tenancy], environments: dict[str, str]) -> dict[str, int]:
    """Holds what is stored to the ledger; the figures of a history without faults."""
    seen = through_http(url, tenants)
    found: list[Fault] = faults(history, seen)
    assert not found, f"{len(found)} faults, the first: " + "\n".join(f"{one.kind}: {one.where}" for one in found[:10])
    rows = from_database(store, environments)
    assert sorted(rows, key=repr) == sorted(seen, key=repr), "the interface and the database say different things"
    return {
        "sent": len(history.sent),
        "acknowledged": history.count(Outcome.OK),
        "unknown": history.count(Outcome.UNKNOWN),
        "refused": history.count(Outcome.FAIL),
        "stored": len(rows),
    }
