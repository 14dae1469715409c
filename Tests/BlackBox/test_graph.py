"""A trace as a graph and as a diagram (ING-48 to ING-55)."""

from __future__ import annotations

import urllib.parse
from typing import Any

from asking import ask
from bench import Bench
from test_ingest import post


def step(bench: Bench, kind: str, **more: Any) -> dict[str, Any]:
    metadata = {"model": "m", "provider": "p"} if kind == "llm_response" else {}
    if kind.startswith("tool_call_"):
        metadata = {"tool": more.pop("tool", "f")}
    metadata |= more.pop("metadata", {})
    return {"eventType": kind, "traceId": f"trace-{bench.token}", "agentName": bench.agent, "metadata": metadata, **more}


def graph_of(bench: Bench, query: str = "") -> Any:
    answer = ask(bench, "GET", f"/api/threads/trace-{bench.token}/graph{query}")
    assert answer.status == 200, answer.body
    assert answer.body["threadId"] == f"trace-{bench.token}"
    graph = answer.body["graph"]
    steps = {node["id"]: node["stepId"] for node in graph["nodes"]}
    graph["ways"] = {(steps[edge["from"]], steps[edge["to"]], edge["kind"]) for edge in graph["edges"]}
    graph["steps"] = steps
    return graph


def test_tools_side_by_side(bench: Bench) -> None:
    # As the published clients send it: nobody says what follows what.
    batch = [
        step(bench, "user_message", content="Weather in two towns?", timestamp="2026-01-01T00:00:00Z"),
        step(bench, "llm_response", spanId="llm", content={"content": "I look."}, timestamp="2026-01-01T00:00:01Z"),
        step(bench, "tool_call_request", spanId="a", tool="one", timestamp="2026-01-01T00:00:02Z"),
        step(bench, "tool_call_request", spanId="b", tool="two", timestamp="2026-01-01T00:00:02Z"),
        step(bench, "tool_call_response", spanId="a", tool="one", timestamp="2026-01-01T00:00:04Z"),
        step(bench, "tool_call_response", spanId="b", tool="two", timestamp="2026-01-01T00:00:05Z"),
        step(bench, "llm_response", content={"content": "Rain."}, timestamp="2026-01-01T00:00:06Z"),
    ]
    assert post(bench, batch).status == 202
    graph = graph_of(bench)
    assert graph["ways"] == {
        (1, 2, "next"), (2, 3, "next"), (2, 4, "next"), (3, 5, "span"), (4, 6, "span"), (5, 7, "join"), (6, 7, "next"),
    }
    assert [node["type"] for node in graph["nodes"]] == [one["eventType"] for one in batch]
    assert [node["branch"] for node in graph["nodes"]] == [0] * 7
    assert len(graph["branches"]) == 1 and graph["branches"][0]["eventCount"] == 7
    spans = {one["spanId"]: one for one in graph["spans"]}
    assert (spans["a"]["kind"], spans["a"]["name"], spans["a"]["durationMs"], spans["a"]["isOpen"]) == ("tool", "one", 2000, False)
    assert spans["a"]["group"] == spans["b"]["group"] and "group" not in spans["llm"]
    assert spans["a"]["parentSpanId"] == spans["b"]["parentSpanId"] == "llm"
    assert graph["nodes"][2]["tool"] == "one" and graph["nodes"][6]["model"] == "m"
    assert graph["isTruncated"] is False


def test_one_tool_after_another(bench: Bench) -> None:
    kinds = [("llm_response", "l"), ("tool_call_request", "a"), ("tool_call_response", "a"), ("tool_call_request", "b"), ("tool_call_response", "b")]
    assert post(bench, [step(bench, kind, spanId=span) for kind, span in kinds]).status == 202
    graph = graph_of(bench)
    assert graph["ways"] == {(1, 2, "next"), (2, 3, "span"), (3, 4, "next"), (4, 5, "span")}
    assert all("group" not in one for one in graph["spans"])


def test_branches_and_what_is_late(bench: Bench) -> None:
    batch = [
        step(bench, "user_message", timestamp="2026-01-01T00:00:05Z"),
        step(bench, "llm_response"),
        step(bench, "user_message", parentStepId=2, stepId=3),
        step(bench, "user_message", parentStepId=2, stepId=4),
        step(bench, "error", parentStepId=4, stepId=5, timestamp="2026-01-01T00:00:00Z"),
        step(bench, "user_message", parentStepId=99, stepId=6),
    ]
    assert post(bench, batch).status == 202
    graph = graph_of(bench)
    assert [node["branch"] for node in graph["nodes"]] == [0, 0, 0, 1, 1, 2]
    branches = [(graph["steps"].get(one.get("parentEventId")), graph["steps"][one["firstEventId"]], one["eventCount"]) for one in graph["branches"]]
    assert branches == [(None, 1, 3), (2, 4, 2), (None, 6, 1)]
    assert [node["hasError"] for node in graph["nodes"]] == [False, False, False, False, True, False]
    assert graph["nodes"][0]["isLateEvent"] is True and graph["nodes"][4]["timeSinceStart"] == 0


def test_links_open_spans_and_bounds(bench: Bench) -> None:
    batch = [
        step(bench, "llm_response", metadata={"stitch": {"source": "echo", "links": ["other", 5, "other"]}}, timestamp="2026-01-01T00:00:00Z"),
        step(bench, "tool_call_request", spanId="a", timestamp="2026-01-02T00:00:00Z"),
    ]
    assert post(bench, batch).status == 202
    graph = graph_of(bench)
    assert [one["threadId"] for one in graph["links"]] == ["other"]
    assert graph["nodes"][0]["stitchSource"] == "echo"
    assert [one["isOpen"] for one in graph["spans"]] == [False, True]
    late = graph_of(bench, "?startDate=2026-01-02")
    assert [node["stepId"] for node in late["nodes"]] == [2] and late["edges"] == []
    assert graph_of(bench, "?endDate=2025-01-01")["nodes"] == []


def test_diagram(bench: Bench) -> None:
    nasty = "Hi; end\nNote over U: <b>x</b> --> %% " + "y" * 60
    batch = [
        step(bench, "user_message", content=nasty),
        step(bench, "tool_call_request", tool='a"b\n;c', spanId="s", content={"toolCalls": [{"name": "go"}]}),
        step(bench, "tool_call_response", tool='a"b\n;c', spanId="s", content={"toolCalls": [], "toolResults": {"x": 1}}),
        step(bench, "error", content={"message": "broken"}),
    ]
    assert post(bench, batch).status == 202
    answer = ask(bench, "GET", f"/api/visualize/{urllib.parse.quote('trace-' + bench.token)}/mermaid")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/plain")
    rows = answer.body.splitlines()
    assert rows[0] == "sequenceDiagram"
    assert len(rows) == 8, rows
    said = rows[4]
    assert said.startswith("    U->>A0: Hi#59; end Note over U#58; #60;b#62;x") and said.endswith("...")
    assert rows[3] == "    participant T0 as a#34;b #59;c"
    assert rows[5] == "    A0->>T0: go" and rows[7].endswith("error, broken")


def test_nobodys_graph(bench: Bench) -> None:
    for path in ("/api/threads/nobody/graph", "/api/visualize/nobody/mermaid"):
        answer = ask(bench, "GET", path)
        assert (answer.status, answer.body["error"]) == (404, "Thread not found")
