"""Requests that schemathesis makes of spec/openapi.yaml, right ones and wrong ones: no 5xx, no status and no body that it does
not describe. The same ones in every run; `WHYOPS_SCHEMATHESIS_EXAMPLES` asks for more of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import fetch
from conftest import StartServer
from harness import Server
from openapi import SPEC

EXAMPLES = os.environ.get("WHYOPS_SCHEMATHESIS_EXAMPLES", "6")
# Operations whose rules depend on a query parameter, which no schema of a body can say: the strict profile.
EVENTS = r"^/api/events(/ingest|/tool-result)?$"
# It has no end.
STREAM = "/api/threads/stream"


def fill(server: Server) -> None:
    """Something to be found."""
    head = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
    events = [
        {"eventType": "error", "traceId": trace, "agentName": "a", "content": {"message": "x"}} for trace in ("0", "t", "match")
    ]
    assert fetch(server.ingest, "POST", "/api/events", head, json.dumps(events).encode()).status == 201
    assert fetch(server.ingest, "POST", "/api/events?partial=true", head, b"[{}]").status == 207


@pytest.mark.parametrize("engine", [os.environ.get("WHYOPS_SCHEMATHESIS_STORE", "sqlite")], indirect=True)
@pytest.mark.parametrize("part", ["events", "others"])
def test_what_the_document_says(start: StartServer, tmp_path: Path, part: str) -> None:
    server = start().ready()
    fill(server)
    report = tmp_path / "report.xml"
    excluded = ["positive_data_acceptance"] if part == "events" else []
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            "run",
            str(SPEC / "openapi.yaml"),
            *("--url", server.ingest),
            *("--header", f"Authorization: Bearer {server.key}"),
            *(("--include-path-regex", EVENTS) if part == "events" else ("--exclude-path-regex", f"^/(v1|health|metrics)|{EVENTS}|^{STREAM}$")),
            *("--phases", "examples,coverage,fuzzing"),
            *("--max-examples", EXAMPLES),
            *(("--exclude-checks", ",".join(excluded)) if excluded else ()),
            *("--generation-deterministic", "--continue-on-failure", "--no-color", "--workers", "1"),
            *("--report-junit-path", str(report)),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=tmp_path,
    )
    print(done.stdout[-6000:])
    assert done.returncode == 0, done.stderr[-2000:]
    assert report.exists() and "generated" in done.stdout
    # What it sent has not harmed the service either.
    assert fetch(server.ingest, "GET", "/api/health").status == 200
