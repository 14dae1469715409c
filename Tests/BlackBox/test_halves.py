"""`whyops-proxy` and `whyops-ingest`: one half each, over the same store."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator
from urllib.parse import urlsplit

import pytest

import harness
import replies
from bench import Bench
from harness import Secrets
from reader import Reader
from upstream import Upstream


@contextmanager
def half(name: str, folder: Path, values: dict[str, str], *flags: str) -> Iterator[str]:
    """The address of one half, which must end with 0 when it is told to."""
    binary = Path(harness.BINARY).with_name(f"whyops-{name}")
    command = [str(binary), f"--{name}-port", "0", "--store", f"sqlite:{folder}/shared.sqlite", *flags]
    process = subprocess.Popen(command, env=harness.environment(folder, values), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        kind, address = process.stdout.readline().split()
        assert kind == name
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(harness.STOP_PATIENCE)
    assert code == 0


def test_halves_meet_in_the_store(tmp_path: Path, upstream: Upstream, secret: Secrets, bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.chat("Here is a plain answer.")))
    values = {
        "WHYOPS_API_KEY": secret.whyops,
        "OPENAI_API_KEY": secret.openai,
        "WHYOPS_OPENAI_BASE_URL": f"{upstream.url}/v1",
    }
    with half("ingest", tmp_path, values) as ingest:
        with half("proxy", tmp_path, values) as proxy:
            connection = http.client.HTTPConnection(urlsplit(proxy).netloc, timeout=20)
            body = {"model": bench.model, "messages": [{"role": "user", "content": "Please answer."}]}
            connection.request("POST", "/v1/chat/completions", json.dumps(body), bench.headers())
            reply = connection.getresponse()
            assert reply.status == 200, reply.read()
            trace = reply.headers["X-Trace-ID"]
            reply.read()
        # The proxy has stopped, so what it took is stored.
        kept = Reader(ingest, secret.whyops).events(trace)
        assert [event["eventType"] for event in kept] == ["user_message", "llm_response"]
    assert (tmp_path / "shared.sqlite").stat().st_mode & 0o077 == 0, "others can read the store"


@pytest.mark.parametrize("key", ["given", "made"])
@pytest.mark.parametrize(("name", "path"), [("proxy", "/v1/models"), ("ingest", "/api/threads")])
def test_nobody_gets_in_without_a_key(tmp_path: Path, secret: Secrets, name: str, path: str, key: str) -> None:
    """T23: also where everybody can be reached from, and no key was given."""
    values = {"WHYOPS_API_KEY": secret.whyops} if key == "given" else {}
    with half(name, tmp_path, values, "--host", "0.0.0.0") as address:
        port = address.rsplit(":", 1)[1]
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer YOPS-wrong"}, {"X-API-Key": "wrong"}):
            connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
            connection.request("GET", path, headers=headers)
            assert connection.getresponse().status == 401, headers
            connection.close()
