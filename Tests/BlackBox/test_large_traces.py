"""Traces that are larger than what is read of one at once: the answer says so, and memory is bounded."""

from __future__ import annotations

from typing import Any

import pytest

from bench import Bench
from conftest import MakeBench, StartServer
from test_backpressure import resident
from test_graph import graph_of
from test_ingest import post
from test_match import match

MEGABYTE = 1 << 20
EVENTS = 18
HALF = 4 * MEGABYTE + 300_000


def answer(at: int) -> str:
    return f"Answer {at} of many." + "x" * HALF


@pytest.fixture
def large(start: StartServer, make_bench: MakeBench) -> tuple[Bench, str]:
    """A trace with 77 MiB of contents and as many of metadata."""
    bench = make_bench(start().ready())
    trace = f"trace-{bench.token}"
    for at in range(EVENTS):
        metadata: dict[str, Any] = {"model": "m", "provider": "p", "latencyMs": 1, "usage": {"totalTokens": 1}, "more": "y" * HALF}
        event = {"eventType": "llm_response", "traceId": trace, "agentName": bench.agent}
        reply = post(bench, [event | {"content": {"content": answer(at)}, "metadata": metadata}])
        assert reply.status == 202, reply.body
    return bench, trace


def test_what_is_read_of_a_trace_is_bounded(large: tuple[Bench, str]) -> None:
    """ING-54, ING-95, ING-111, FND-9"""
    bench, trace = large
    before = resident(bench)
    graph = graph_of(bench)
    assert graph["isTruncated"] is True and 10 <= len(graph["nodes"]) < EVENTS
    status, text = bench.reader.raw(f"/api/visualize/{trace}/mermaid")
    assert status == 200 and text.startswith(b"sequenceDiagram")
    status, body = bench.reader.raw(f"/api/threads/{trace}/findings")
    assert status == 200 and b'"isComplete":true' in body, body
    page = bench.reader.thread(trace)
    assert page and page["eventsPagination"]["hasMore"] is True and 1 <= len(page["events"]) < 8
    # The newest are compared; what lies behind 64 MiB of contents is not found, and nobody waits for it.
    ask = {"role": "user", "content": "And?"}
    found = match(bench, [{"role": "assistant", "content": answer(EVENTS - 1)}, ask])
    assert (found["found"], found.get("traceId"), found.get("source")) == (True, trace, "content")
    missed = match(bench, [{"role": "assistant", "content": answer(0)}, ask])
    assert missed == {"found": False, "reason": "No matching thread found"}
    # All of the trace at once would be 150 MiB as it is stored, and several times that as it is read.
    assert resident(bench) - before < 256 * MEGABYTE, (resident(bench), before)
