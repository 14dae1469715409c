"""`whyops store`: copies under load, what is refused, and a restore that is killed (STO-30 to STO-42)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

import harness
from bench import fetch
from conftest import StartServer
from harness import POSTGRES, Server
from service import STORE, Service

pytestmark = pytest.mark.skipif(bool(STORE or POSTGRES), reason="copies are files of SQLite")


def store_command(server: Server, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    place = () if env else ("--store", f"sqlite:{server.store}")
    return harness.run(server.folder, "store", *arguments, *place, env=env)


def send(server: Server, trace: str, count: int = 1, size: int = 10) -> None:
    events = [
        {"eventType": "tool_result", "traceId": trace, "agentName": "a", "content": {"output": "x" * size}}
        for _ in range(count)
    ]
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
    reply = fetch(server.ingest, "POST", "/api/events", headers, json.dumps(events).encode())
    assert reply.status == 201, reply.body


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(path) as connection:
        found = connection.execute(sql).fetchall()
    connection.close()
    return found


def test_a_copy_under_load_holds_what_was_acknowledged(service: Service, seed: str, tmp_path: Path) -> None:
    server = service.begin()
    service.produce(seed)
    service.history.await_acknowledged(200)
    for number in range(3):
        known = service.history.known()
        assert known
        copy = tmp_path / f"copy-{number}"
        done = store_command(server, "backup", str(copy))
        assert done.returncode == 0, done.stderr
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        found = {
            (str(json.loads(text)["producer"]), int(json.loads(text)["number"]))
            for (text,) in rows(copy, "SELECT metadata FROM event_rows WHERE agent_name = 'ledger'")
        }
        assert known <= found, len(known - found)
        # Of every trace its first steps, none left out.
        for last, count in rows(copy, "SELECT last_step, event_count FROM trace_rows"):
            assert last == count
        service.history.await_acknowledged(50)
    service.rest()
    service.prove()


def test_a_store_that_is_in_use_is_not_replaced(start: StartServer) -> None:
    server = start().ready()
    send(server, "one")
    copy = server.folder / "copy"
    assert store_command(server, "backup", "copy").returncode == 0
    send(server, "two")
    done = store_command(server, "restore", str(copy), "--force")
    assert done.returncode == 2 and "in use" in done.stderr, done.stderr
    assert server.stop() == 0
    done = store_command(server, "restore", str(copy))
    assert done.returncode == 2 and "--force" in done.stderr, done.stderr
    done = store_command(server, "restore", str(copy), "--force")
    assert done.returncode == 0 and "1 trace, 1 event" in done.stdout, (done.stdout, done.stderr)
    again = start().ready()
    status, body = again.reader.raw("/api/threads")
    assert (status, [one["threadId"] for one in json.loads(body)["threads"]]) == (200, ["one"])
    send(again, "three")


def test_a_restore_that_is_killed_leaves_the_store_whole(start: StartServer) -> None:
    server = start().ready()
    for number in range(40):
        send(server, f"big-{number}", count=4, size=400_000)
    assert store_command(server, "backup", "copy").returncode == 0
    assert server.stop() == 0
    # The store is another one meanwhile.
    other = server.folder / "whyops.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("UPDATE trace_rows SET model = 'changed'")
    connection.close()
    kept = server.folder / "kept"
    shutil.copy(other, kept)
    journal = Path(f"{other}-journal")
    cut = 0
    for _ in range(6):
        command = [harness.BINARY, "store", "restore", "copy", "--force", "--store", f"sqlite:{other}"]
        process = subprocess.Popen(command, cwd=server.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None:
            try:
                if journal.stat().st_size > 100_000:
                    break
            except FileNotFoundError:
                pass
        process.send_signal(signal.SIGKILL)
        cut += process.wait() == -signal.SIGKILL
        models = {model for (model,) in rows(other, "SELECT DISTINCT model FROM trace_rows")}
        assert models in ({"changed"}, {None})
        assert rows(other, "PRAGMA integrity_check") == [("ok",)]
        assert rows(other, "SELECT count(*) FROM event_rows") == [(160,)]
        if models == {None}:
            shutil.copy(kept, other)
    assert cut > 0
    done = store_command(server, "restore", "copy", "--force")
    assert done.returncode == 0, done.stderr
    assert rows(other, "SELECT DISTINCT model FROM trace_rows") == [(None,)]
    done = store_command(server, "check")
    assert (done.returncode, done.stdout) == (0, "sound: 40 traces, 160 events\n"), done.stderr


def test_what_does_not_fit_is_told(start: StartServer) -> None:
    server = start().ready()
    send(server, "one", count=3)
    # Beside a service.
    done = store_command(server, "check", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["sound"], report["traces"], report["events"]) == (0, True, 1, 3)
    assert server.stop() == 0
    with sqlite3.connect(server.store) as connection:
        connection.execute("UPDATE trace_rows SET event_count = 7")
    connection.close()
    before = server.store.read_bytes()
    done = store_command(server, "check")
    assert done.returncode == 1 and done.stdout.startswith("trace.event-count  trace_rows 1  "), done.stdout
    report = json.loads(store_command(server, "check", "--json").stdout)
    assert (report["sound"], report["findingCount"], report["findings"][0]["code"]) == (False, 1, "trace.event-count")
    done = store_command(server, "backup", "copy")
    assert done.returncode == 1 and "damaged" in done.stderr, done.stderr
    assert not (server.folder / "copy").exists()
    assert server.store.read_bytes() == before


@pytest.mark.parametrize("command", [["check"], ["backup", "copy"]], ids=" ".join)
def test_a_store_that_is_not_there(tmp_path: Path, command: list[str]) -> None:
    done = harness.run(tmp_path, "store", *command, "--store", "sqlite:none")
    assert done.returncode == 2 and "none" in done.stderr, done.stderr
    assert not [name for name in os.listdir(tmp_path) if name.startswith(("none", "copy"))]
    (tmp_path / "none").write_bytes(b"not a database at all" * 100)
    done = harness.run(tmp_path, "store", *command, "--store", "sqlite:none")
    assert done.returncode == 2 and "damaged" in done.stderr, done.stderr


@pytest.mark.parametrize("command, tool", [("backup", "pg_dump"), ("restore", "pg_restore")])
def test_a_server_has_its_own_tools(tmp_path: Path, command: str, tool: str) -> None:
    env = {"WHYOPS_STORE": "postgres://who:secret-word@db.example/whyops"}
    done = harness.run(tmp_path, "store", command, "copy", env=env)
    assert done.returncode == 2 and f"{tool} " in done.stderr, done.stderr
    assert "postgres://db.example/whyops" in done.stderr and "secret-word" not in done.stderr
