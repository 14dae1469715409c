"""Fills a store fast: traces that ingest has stored are copied row by row inside the database, under new names and ids.

The first `TEMPLATES` traces are posted; trace n then says what trace n % TEMPLATES says, so that a copy is what posting it would have
made, but for ids, spans and moments. `proof` shows that, on two small stores.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

TEMPLATES = 64
# What differs from one event or trace to the next whoever makes it; the numbers of what an agent began are not made anew.
OWN = {"id", "span_id", "timestamp", "created_at", "first_event_at", "last_event_at", "last_activity", "last_active", "agent_number", "version_number"}


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def copied(table: str, names: list[str], made: dict[str, str]) -> str:
    """An INSERT that copies rows of a template: `made` says what is not taken over."""
    values = ", ".join(made.get(name, f"old.{name}") for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} AS old"


def later(name: str) -> str:
    """A moment one second after the template's for each turn, as the store spells it."""
    return f"strftime('%Y-%m-%dT%H:%M:%fZ', old.{name}, (?1 / {TEMPLATES}) || ' seconds')"


def copy(file: Path, first: int, count: int) -> None:
    """Makes the traces read-`first` to read-`first + count - 1`. Nobody else may have the file open."""
    connection = sqlite3.connect(file, isolation_level=None)
    # A copy that breaks off is made anew from the start, and there is nothing in it to be lost.
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA foreign_keys = OFF")
    templates = {number: key for key, number in connection.execute("SELECT key, CAST(substr(trace_id, 6) AS INTEGER) FROM trace_rows") if number < TEMPLATES}
    assert len(templates) == TEMPLATES, len(templates)
    [(key,)] = connection.execute("SELECT max(key) FROM trace_rows")
    moments = {name: later(name) for name in ("first_event_at", "last_event_at", "created_at", "last_activity")}
    traces = copied("trace_rows", columns(connection, "trace_rows"), {"key": "?2", "trace_id": "'read-' || ?1", **moments}) + " WHERE old.key = ?3"
    # As many digits as the store's ids have, and with the time first, so that the indexes grow at their end as theirs do.
    made = {
        "trace": "?2",
        "id": "printf('%08x-%04x-7%03x-8%03x-%012x', ?1 / 65536, ?1 % 65536, old.step_id % 4096, ?1 % 4096, abs(random()) % 281474976710656)",
        "span_id": "'span_' || substr(hex(randomblob(11)), 1, 21)",
        "timestamp": later("timestamp"),
        "created_at": later("created_at"),
    }
    events = copied("event_rows", columns(connection, "event_rows"), made) + " WHERE old.trace = ?3 ORDER BY old.step_id"
    agents = (
        copied("trace_agents", columns(connection, "trace_agents"), {"trace": "?2", "last_active": later("last_active")})
        + " WHERE old.trace = ?3"
    )
    for begun in range(first, first + count, 256):
        connection.execute("BEGIN")
        for number in range(begun, min(begun + 256, first + count)):
            key += 1
            for statement in (traces, events, agents):
                connection.execute(statement, (number, key, templates[number % TEMPLATES]))
        connection.execute("COMMIT")
    # Sums of the events are not copied: the service that opens the file adds them up anew, as it does with one of an earlier version.
    if columns(connection, "sum_rows"):
        connection.executescript("DROP TABLE sum_rows; DELETE FROM grdb_migrations WHERE identifier = '16-sums'")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def said(file: Path) -> list[list[tuple[object, ...]]]:
    """All that traces, events and agents of traces say, without what is anybody's own."""
    connection = sqlite3.connect(file)
    names = dict(connection.execute("SELECT key, trace_id FROM trace_rows").fetchall())
    versions = dict(connection.execute("SELECT v.id, a.name FROM agent_versions v JOIN agents a ON a.id = v.agent_id").fetchall())
    agents = dict(connection.execute("SELECT id, name FROM agents").fetchall())
    found = []
    for table in ("trace_rows", "event_rows", "trace_agents"):
        wanted = [name for name in columns(connection, table) if name not in OWN | {"key"}]
        rows = []
        for row in connection.execute(f"SELECT {', '.join(wanted)} FROM {table}"):
            named = dict(zip(wanted, row))
            for name, texts in (("trace", names), ("agent_version_id", versions), ("agent_id", agents)):
                if name in named:
                    named[name] = texts[named[name]]
            rows.append(tuple(named.values()))
        found.append(sorted(rows, key=repr))
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    return found


def proof(posted: Path, filled: Path) -> None:
    """Two stores of the same traces say the same, one posted whole and one filled."""
    assert said(posted) == said(filled), "a copied trace is not what posting it makes"
