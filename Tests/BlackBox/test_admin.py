"""The operator's listener: metrics that a real scraper's parser reads, and health (PRX-80 to PRX-83)."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from conftest import StartServer
from harness import Secrets, run
from openapi import Document

KEY = "operator-key-of-the-tests"


def figures(address: str, **headers: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    reply = httpx.get(f"{address}/metrics", headers=headers)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = list(text_string_to_metric_families(reply.text))
    assert all(family.documentation for family in families), "every metric says what it means"
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_requests_of_ingest_are_counted(start: StartServer) -> None:
    server = start("--admin-port", "0").ready()
    before = figures(server.admin)
    refused = (("status", "4xx"),)
    answered = (("status", "2xx"),)
    assert before["whyops_ingest_requests_total", refused] == 0
    for key in ("wrong-key-of-the-tests", server.key, server.key):
        httpx.get(f"{server.ingest}/api/threads", headers={"Authorization": f"Bearer {key}"})
    after = figures(server.admin)
    assert after["whyops_ingest_requests_total", refused] == 1
    assert after["whyops_ingest_requests_total", answered] == 2
    assert after["whyops_ingest_request_duration_seconds_count", ()] == 3
    assert after["whyops_ingest_request_duration_seconds_bucket", (("le", "+Inf"),)] == 3
    assert after["process_resident_memory_bytes", ()] > 1_000_000
    assert after["process_cpu_seconds_total", ()] > 0


def test_health(start: StartServer) -> None:
    server = start("--admin-port", "0").ready()
    for path, word in (("live", "live"), ("ready", "ready")):
        reply = httpx.get(f"{server.admin}/health/{path}")
        assert (reply.status_code, reply.json()) == (200, {"status": word})


def test_other_listeners_do_not_serve_it(start: StartServer) -> None:
    server = start("--admin-port", "0").ready()
    for address in (server.proxy, server.ingest):
        reply = httpx.get(f"{address}/metrics")
        assert reply.status_code in (401, 404)
        assert "whyops_ingest" not in reply.text


def test_key_is_asked_for(start: StartServer) -> None:
    server = start("--admin-port", "0", env={"WHYOPS_ADMIN_KEY": KEY}).ready()
    for headers in ({}, {"Authorization": "Bearer " + KEY[:-1] + "x"}, {"Authorization": f"Bearer {server.key}"}):
        for path in ("metrics", "health/ready", "none"):
            reply = httpx.get(f"{server.admin}/{path}", headers=headers)
            assert reply.status_code == 401, path
            assert KEY not in reply.text
    assert figures(server.admin, Authorization=f"Bearer {KEY}")


def test_every_operation_of_the_operator(start: StartServer) -> None:
    """T22: each wants the operator's key, and a key of clients opens none; what the document has of them, and no other route."""
    server = start("--admin-port", "0", env={"WHYOPS_ADMIN_KEY": KEY}).ready()
    document = Document()
    found = [(path, method, one) for path, method, one in document.routes() if "operator" in one["tags"]]
    assert {path for path, _, _ in found} == {"/metrics", "/health/live", "/health/ready"}
    for path, method, operation in found:
        name = operation["operationId"]
        for key, status in ((KEY, 200), (server.key, 401), (None, 401)):
            head = {"Authorization": f"Bearer {key}"} if key else {}
            reply = httpx.request(method, f"{server.admin}{path}", headers=head)
            assert reply.status_code == status, (name, status)
            if operation["tags"] == ["operator"]:
                assert document.faults(name, status, reply.headers["content-type"], reply.content) == []
    # Nor does its key open anything of theirs.
    assert httpx.get(f"{server.ingest}/api/threads", headers={"Authorization": f"Bearer {KEY}"}).status_code == 401
    for path in ("/api/threads", "/v1/models", "/api/dlq", "/none"):
        assert httpx.get(f"{server.admin}{path}", headers={"Authorization": f"Bearer {KEY}"}).status_code == 404


@pytest.mark.parametrize("host", ["0.0.0.0", "127.example.org", "127.0.0", "::"])
def test_address_beyond_loopback_needs_a_key(tmp_path: Path, secret: Secrets, host: str) -> None:
    done = run(tmp_path, "serve", "--admin-port", "0", "--admin-host", host, env={"WHYOPS_API_KEY": secret.whyops})
    assert done.returncode == 2
    assert "WHYOPS_ADMIN_KEY" in done.stderr
