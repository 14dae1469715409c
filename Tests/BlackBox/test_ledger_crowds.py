"""F14, F15: slow clients, many who listen. Whoever behaves goes on, and everything acknowledged is there."""

from __future__ import annotations

import http.client
import json
import os
import resource
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import harness
from acknowledged import Sent
from conftest import Figures
from faults import Tier, needed
from producers import Tenancy, value
from reader import eventually
from service import Service

STREAMS_OF_AN_ENVIRONMENT = 100
STREAMS = 1000
# What a stream that says nothing may take, in a debug build, buffers and both halves of its connection included.
STREAM_BYTES = 128 * 1024


def address(service: Service) -> tuple[str, int]:
    parts = urlsplit(service.running.ingest)
    return parts.hostname or "", parts.port or 0


def processor_seconds(service: Service) -> float:
    fields = Path(f"/proc/{service.running.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(service: Service) -> int:
    pages = int(Path(f"/proc/{service.running.process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.parametrize("how", ["heads", "bodies", "replies"])
def test_slow_clients(service: Service, tier: Tier, seed: str, how: str, figures: Figures) -> None:
    """Crowds that dribble their heads or bodies, or take their replies a few bytes at a time."""
    program = needed("slowhttptest", "slowhttptest")
    service.begin()
    service.produce(seed)
    service.history.await_acknowledged(100)
    kind = {
        "heads": ["-H", "-i", "1", "-t", "GET"],
        "bodies": ["-B", "-i", "1", "-t", "POST", "-s", "8192", "-x", "8"],
        "replies": ["-X", "-w", "8", "-y", "16", "-n", "1", "-z", "4", "-k", "2"],
    }[how]
    count, seconds = tier.pick(200, 1000), tier.pick(2, 30)
    command = [program, *kind, "-c", str(count), "-r", "200", "-l", str(seconds), "-p", "2"]
    url = service.running.ingest + ("/api/events" if how == "bodies" else "/api/health")
    before = service.history.acknowledged
    crowd = subprocess.run([*command, "-u", url], capture_output=True, text=True, timeout=seconds + 60)
    assert crowd.returncode == 0, crowd.stdout[-2000:]
    during = service.history.acknowledged - before
    service.history.await_acknowledged(100)
    service.rest()
    found = service.prove()
    assert during > 0 and found["unknown"] == 0
    assert service.running.stop() == 0
    figures(fault=f"{count} clients slow with {how}", seconds=seconds, during=during, **found)


class Listener:
    """A stream of changes, read by hand."""

    def __init__(self, service: Service, key: str) -> None:
        self._socket = socket.create_connection(address(service), timeout=60)
        head = f"GET /api/threads/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n"
        self._socket.sendall(head.encode())
        self._read = b""

    def until(self, text: bytes) -> None:
        while text not in self._read:
            data = self._socket.recv(65536)
            assert data, f"the stream ended before {text!r}: {self._read[-300:]!r}"
            self._read += data

    def close(self) -> None:
        self._socket.close()


def environments(service: Service, count: int) -> list[Tenancy]:
    """Keys of as many environments."""
    place, store = service.running.folder, ["--store", service.store]
    names = [f"E{number}" for number in range(count)]
    made = harness.run(place, "projects", "create", "crowd", "--environments", ",".join(names), *store)
    assert made.returncode == 0, made.stderr
    tenants = []
    for name in names:
        done = harness.run(place, "keys", "create", "--name", name, "--project", "crowd", "--environment", name, *store)
        assert done.returncode == 0, done.stderr
        tenants.append(Tenancy(name, done.stdout.strip()))
    return tenants


def test_many_who_listen(service: Service, tier: Tier, figures: Figures) -> None:
    """As many streams as there can be, idle; then each of them is told of a change in its environment. One more gets 503."""
    service.begin()
    tenants = environments(service, STREAMS // STREAMS_OF_AN_ENVIRONMENT)
    before = resident_bytes(service)
    with ExitStack() as stack:
        listeners: dict[str, list[Listener]] = {}
        for tenant in tenants:
            listeners[tenant.name] = [Listener(service, tenant.key) for _ in range(STREAMS_OF_AN_ENVIRONMENT)]
            for one in listeners[tenant.name]:
                stack.callback(one.close)
        for one in (one for crowd in listeners.values() for one in crowd):
            one.until(b"event: ready")
        assert service.running.reader.raw("/api/threads/stream")[0] == 503
        each = (resident_bytes(service) - before) // STREAMS
        assert each < STREAM_BYTES
        # A minute of nothing in a night: what it costs is no processor's time.
        busy, seconds = processor_seconds(service), tier.pick(2, 60)
        time.sleep(seconds)
        busy = processor_seconds(service) - busy
        for tenant in tenants:
            connection = http.client.HTTPConnection(*address(service), timeout=60)
            event: Any = value(Sent(tenant.name, f"told-{tenant.name}", "crowd", 0, "x"), False)
            headers = {"Authorization": f"Bearer {tenant.key}", "Content-Type": "application/json"}
            connection.request("POST", "/api/events", json.dumps(event).encode(), headers)
            assert connection.getresponse().status == 201
            connection.close()
        for tenant in tenants:
            for one in listeners[tenant.name]:
                one.until(f"told-{tenant.name}".encode())
    eventually(lambda: free(service), "a place for a stream")
    assert service.running.stop() == 0
    figures(fault=f"{STREAMS} streams", seconds=seconds, bytes_each=each, processor_s=round(busy, 2))


def free(service: Service) -> bool:
    connection = http.client.HTTPConnection(*address(service), timeout=60)
    connection.request("GET", "/api/threads/stream", headers={"Authorization": f"Bearer {service.running.key}"})
    status = connection.getresponse().status
    connection.close()
    return status == 200
