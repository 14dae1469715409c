"""The program on a PostgreSQL server: several nodes write to one database (STO-2 to STO-11)."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import harness
import replies
from bench import Bench
from conftest import MakeBench, StartServer
from harness import Secrets, Server
from reader import eventually
from test_ingest import event, post
from vendors import ROUTES


@pytest.fixture
def nodes(start: StartServer, make_bench: MakeBench, tmp_path: Path, postgres: str) -> list[Bench]:
    """Two nodes with one database, each with proxy and ingest, which start at the same time."""
    store = harness.schema_url(postgres, tmp_path / "both")
    servers = [start(folder=name, store=store) for name in ("one", "two")]
    one, other = (make_bench(server.ready()) for server in servers)
    other.agent, other.model, other.token, other.script = one.agent, one.model, one.token, one.script
    return [one, other]


def test_health_names_the_engine(nodes: list[Bench]) -> None:
    with urllib.request.urlopen(f"{nodes[0].server.ingest}/health", timeout=20) as reply:
        assert json.load(reply)["engine"] == "postgresql"


def test_two_nodes_write_to_the_same_traces(nodes: list[Bench]) -> None:
    """What was acknowledged is there, once, and each trace has the steps from 1 on without a gap."""
    bench = nodes[0]
    traces = [f"{bench.token}-{number}" for number in range(4)]
    rounds = 24

    def ingest(number: int) -> None:
        # Half of the senders go through the traces the other way round.
        order = traces if number % 4 < 2 else traces[::-1]
        events = [event(bench, number, traceId=trace, idempotencyKey=f"k-{number}") for trace in order]
        # Each is sent to both nodes, as by a client that did not wait for the first answer.
        for node in (nodes[number % 2], nodes[1 - number % 2]):
            assert post(node, events).status == 202

    def proxy(number: int) -> None:
        node = nodes[number % 2]
        node.script.reply(replies.reply(replies.chat(f"Answer {number}.")))
        body = {"model": node.model, "messages": [{"role": "user", "content": f"Question {number}."}]}
        headers = node.headers(X_Trace_ID=traces[number % 4])
        assert node.fetch(ROUTES["openai"], replies.encode(body), headers=headers).status == 200

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda job: job[0](job[1]), [(do, at) for at in range(rounds) for do in (ingest, proxy)]))

    for place, trace in enumerate(traces):
        calls = len([number for number in range(rounds) if number % 4 == place])
        whole = rounds + 2 * calls
        eventually(lambda: len(nodes[1].reader.events(trace)) >= whole, f"{whole} events of {trace}")
        stored: list[dict[str, Any]] = nodes[0].reader.events(trace)
        assert sorted(one["stepId"] for one in stored) == list(range(1, whole + 1))
        sent = [one["content"]["output"]["at"] for one in stored if one["eventType"] == "tool_result"]
        assert sorted(sent) == list(range(rounds))
        asked = [one["stepId"] for one in stored if one["eventType"] == "user_message"]
        answered = [one["stepId"] for one in stored if one["eventType"] == "llm_response"]
        assert len(asked) == len(answered) == calls
        for one in stored:
            if one["eventType"] == "llm_response":
                assert one["stepId"] > min(asked)


def test_password_stays_a_secret(tmp_path: Path, secret: Secrets) -> None:
    """STO-8: neither where the server cannot be reached nor where the address is no address."""
    for url in ("postgres://someone:hunter2@127.0.0.1:1/db", "postgrse://someone:hunter2@127.0.0.1/db"):
        command = [harness.BINARY, "serve", "--proxy-port", "0", "--ingest-port", "0", "--store", url]
        values = {"WHYOPS_API_KEY": secret.whyops}
        done = subprocess.run(
            command, env=harness.environment(tmp_path, values), cwd=tmp_path, capture_output=True, timeout=60
        )
        assert done.returncode != 0
        assert b"hunter2" not in done.stdout + done.stderr
        if url.startswith("postgres:"):
            assert b"The password in --store can be read" in done.stderr
            assert b"postgres://127.0.0.1:1/db" in done.stderr


def test_node_comes_back_after_the_server_ended_its_connections(nodes: list[Bench], postgres: str) -> None:
    """STO-6"""
    bench = nodes[0]
    assert post(bench, event(bench, 0)).status == 202
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'whyops'"
    subprocess.run(["psql", "-qAtd", postgres, "-c", end], check=True, capture_output=True)
    assert post(bench, event(bench, 1)).status == 202
    assert [one["stepId"] for one in bench.reader.events(f"trace-{bench.token}")] == [1, 2]


def test_nodes_start_on_one_empty_database(start: StartServer, tmp_path: Path, postgres: str) -> None:
    """STO-7"""
    store = harness.schema_url(postgres, tmp_path / "empty")
    servers: list[Server] = [start(folder=f"node-{number}", store=store) for number in range(4)]
    for server in servers:
        server.ready()
