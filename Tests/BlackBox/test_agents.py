"""Agents and versions over HTTP (ING-29 to ING-37)."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from asking import ask, register
from bench import Bench
from test_ingest import event, post

TOOL = {"name": "search", "inputSchema": '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}'}
WIDER = {"name": "search", "inputSchema": {"type": "object", "properties": {"a": {"type": "string"}}}}


def agent_of(bench: Bench, **query: str) -> Any:
    """The agent as the list has it."""
    for page in range(1, 100):
        answer = ask(bench, "GET", f"/api/entities?count=100&page={page}" + "".join(f"&{k}={v}" for k, v in query.items()))
        assert answer.status == 200 and answer.body["success"] is True
        for agent in answer.body["agents"]:
            if agent["name"] == bench.agent:
                return agent
        if not answer.body["pagination"]["hasMore"]:
            return None


def test_versions_and_rollback(bench: Bench) -> None:
    first = register(bench, "A", tools=[TOOL]).body
    second = register(bench, "B", tools=[TOOL]).body
    agent_id = first["agentId"]
    listed = ask(bench, "GET", f"/api/entities/{agent_id}/version-ids").body
    assert listed["versionIds"] == [second["agentVersionId"], first["agentVersionId"]]
    assert listed["currentVersionId"] == second["agentVersionId"]
    assert [one["hash"] for one in listed["versions"]] == [second["versionHash"], first["versionHash"]]
    assert [one["definitionHash"] for one in listed["versions"]] == [second["definitionHash"], first["definitionHash"]]
    back = ask(bench, "POST", f"/api/entities/{agent_id}/rollback", {"versionId": first["agentVersionId"]})
    assert (back.status, back.body["status"]) == (200, "rollback")
    assert back.body["previousVersionId"] == second["agentVersionId"]
    again = ask(bench, "POST", f"/api/entities/{agent_id}/rollback", {"versionId": first["agentVersionId"]})
    assert again.body["status"] == "existing"
    # What comes now belongs to the version that was rolled back to.
    assert post(bench, event(bench)).status == 202
    assert bench.reader.events(f"trace-{bench.token}")[0]["agentVersionId"] == first["agentVersionId"]
    one = ask(bench, "GET", f"/api/entities/versions/{first['agentVersionId']}").body["version"]
    assert (one["name"], one["isCurrent"], one["systemPrompt"]) == (bench.agent, True, "A")
    assert one["tools"][0]["name"] == "search"
    assert ask(bench, "GET", f"/api/entities/versions/{second['agentVersionId']}").body["version"]["isCurrent"] is False


def test_differences_of_two_versions(bench: Bench) -> None:
    first = register(bench, "A", tools=[TOOL]).body
    second = register(bench, "B", tools=[WIDER]).body
    found = ask(bench, "GET", f"/api/entities/{first['agentId']}/diff").body
    assert (found["from"]["id"], found["to"]["id"]) == (first["agentVersionId"], second["agentVersionId"])
    assert [one["code"] for one in found["changes"]] == ["prompt.changed", "property.became-optional"]
    assert found["changes"][1]["sentence"] == "tool `search`: property `a` became optional"
    assert (found["isSame"], found["reason"]) == (False, None)
    back = ask(bench, "GET", f"/api/entities/{first['agentId']}/diff?from={second['agentVersionId']}&to={first['agentVersionId']}")
    assert back.body["changes"][1]["code"] == "property.became-required"
    # Nothing but the spelling of a schema.
    spelled = register(bench, "B", tools=[{"name": "search", "inputSchema": '{"properties": {"a":{"type":"string"}}, "type":"object"}'}])
    same = ask(bench, "GET", f"/api/entities/{first['agentId']}/diff").body
    assert same["to"]["id"] == spelled.body["agentVersionId"]
    assert (same["isSame"], same["changes"]) == (True, [])


def test_what_was_only_observed_has_no_difference(bench: Bench) -> None:
    odd = {"systemPrompt": "s", "tools": [5]}
    assert post(bench, event(bench, metadata=odd)).status == 202
    agent_id = agent_of(bench)["id"]
    register(bench, "B")
    found = ask(bench, "GET", f"/api/entities/{agent_id}/diff").body
    assert (found["isSame"], found["changes"], found["reason"]) == (None, None, "agent.invalid")


def test_list_and_detail_count(bench: Bench) -> None:
    batch = [event(bench, 0, traceId=f"{bench.token}-1", externalUserId="u"), event(bench, 1, traceId=f"{bench.token}-2")]
    batch.append({"eventType": "error", "traceId": f"{bench.token}-2", "agentName": bench.agent})
    assert post(bench, batch).status == 202
    agent = agent_of(bench, include="metadata")
    assert (agent["traceCount"], agent["successPercentage"]) == (2, 66.67)
    assert agent["latestVersion"]["metadata"]["tools"] == []
    assert agent["maxTraces"] is None and agent["latestVersion"]["samplingRate"] == 1
    one = ask(bench, "GET", f"/api/entities/{agent['id']}").body["agent"]
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    assert one["successPercentage"] == {today: 66.67}
    assert one["traceCounts"] == {today: 2}
    assert len(one["versions"]) == 1
    mine = ask(bench, "GET", f"/api/entities/{agent['id']}?externalUserId=u").body["agent"]
    assert (mine["successPercentage"], mine["traceCounts"]) == ({today: 100}, {today: 1})


def test_newest_activity_comes_first(bench: Bench) -> None:
    post(bench, event(bench))
    listed = ask(bench, "GET", "/api/entities?count=1").body
    assert listed["agents"][0]["name"] == bench.agent
    assert listed["pagination"]["count"] == 1 and listed["pagination"]["hasMore"] is True or listed["pagination"]["total"] == 1


def test_sampling_holds_for_the_trace(bench: Bench) -> None:
    agent_id = register(bench, "A").body["agentId"]
    kept = f"{bench.token}-kept"
    assert post(bench, event(bench, traceId=kept)).headers
    changed = ask(bench, "PATCH", f"/api/entities/{agent_id}/sampling-rate", {"samplingRate": 0})
    assert (changed.status, changed.body["samplingRate"], changed.body["updatedVersions"]) == (200, 0, 1)
    reply = ask(bench, "POST", "/api/events", event(bench))
    assert (reply.status, reply.body["id"], reply.body["status"]) == (201, None, "sampled_out")
    assert reply.headers["x-whyops-sampled"] == "out"
    both = ask(bench, "POST", "/api/events", [event(bench), event(bench, traceId=kept)])
    assert [one["status"] for one in both.body] == ["sampled_out", "saved"]
    assert both.headers["x-whyops-sampled"] == "in"
    ask(bench, "PATCH", f"/api/entities/{agent_id}/sampling-rate", {"samplingRate": 1})
    # The decision was stored.
    assert ask(bench, "POST", "/api/events", event(bench)).body["status"] == "sampled_out"
    assert bench.reader.thread(f"trace-{bench.token}") is None
    assert len(bench.reader.events(kept)) == 2
    # A new version takes the rate of the one before.
    ask(bench, "PATCH", f"/api/entities/{agent_id}/sampling-rate", {"samplingRate": 0.256})
    version = register(bench, "B").body["agentVersionId"]
    assert ask(bench, "GET", f"/api/entities/versions/{version}").body["version"]["samplingRate"] == 0.26


def test_limits(bench: Bench) -> None:
    agent_id = register(bench, "A").body["agentId"]
    settings = ask(bench, "PATCH", f"/api/agent-settings/{agent_id}", {"maxTraces": 2, "maxSpans": 1}).body["settings"]
    assert (settings["maxTraces"], settings["maxSpans"], settings["samplingRate"]) == (2, 1, 1)
    batch = [event(bench, at, traceId=f"{bench.token}-{at}", spanId="s") for at in range(3)]
    results = ask(bench, "POST", "/api/events", batch).body
    assert [one["status"] for one in results] == ["saved", "saved", "sampled_out"]
    assert "(2/2)" in results[2]["message"]
    spans = [event(bench, 5, traceId=f"{bench.token}-0", spanId="s"), event(bench, 6, traceId=f"{bench.token}-0", spanId="t")]
    results = ask(bench, "POST", "/api/events", spans).body
    assert [one["status"] for one in results] == ["saved", "sampled_out"]
    assert results[1]["spanId"] == "t"
    ask(bench, "PATCH", f"/api/agent-settings/{agent_id}", {"maxTraces": None, "maxSpans": None})
    shown = ask(bench, "GET", f"/api/agent-settings/{agent_id}").body["settings"]
    assert (shown["maxTraces"], shown["maxSpans"]) == (None, None)
    assert ask(bench, "POST", "/api/events", event(bench, traceId=f"{bench.token}-9")).body["status"] == "saved"


@pytest.mark.parametrize("rate", [-0.1, 1.5, "1", None, True])
def test_rates_that_cannot_be(bench: Bench, rate: Any) -> None:
    agent_id = register(bench, "A").body["agentId"]
    reply = ask(bench, "PATCH", f"/api/entities/{agent_id}/sampling-rate", {"samplingRate": rate})
    assert (reply.status, reply.body["details"][0]["pointer"]) == (400, "/samplingRate")
    both = ask(bench, "PATCH", f"/api/agent-settings/{agent_id}", {"samplingRate": 0.5, "maxTraces": 0})
    assert [one["pointer"] for one in both.body["details"]] == ["/maxTraces"]
    assert ask(bench, "GET", f"/api/agent-settings/{agent_id}").body["settings"]["samplingRate"] == 1


def test_deleting_takes_everything_of_the_agent(bench: Bench) -> None:
    other = f"other-{bench.agent}"
    shared, own = f"{bench.token}-shared", f"{bench.token}-own"
    post(bench, [event(bench, 0, traceId=own), event(bench, 1, traceId=own, agentName=other)])
    post(bench, [event(bench, 2, traceId=shared, agentName=other), event(bench, 3, traceId=shared)])
    register(bench, "B")
    agent_id = agent_of(bench)["id"]
    gone = ask(bench, "DELETE", f"/api/entities/{agent_id}")
    assert gone.status == 200, gone.body
    counts = {name: gone.body[name] for name in ("deletedTraceEvents", "deletedTraces", "deletedEntities", "deletedApiKeys")}
    assert counts == {"deletedTraceEvents": 3, "deletedTraces": 1, "deletedEntities": 2, "deletedApiKeys": 0}
    assert bench.reader.thread(own) is None
    left = bench.reader.thread(shared)
    assert left and left["eventCount"] == 1 and [one["agentName"] for one in left["events"]] == [other]
    assert agent_of(bench) is None
    assert ask(bench, "GET", f"/api/entities/{agent_id}").status == 404
    assert ask(bench, "DELETE", f"/api/entities/{agent_id}").status == 404
    # The name is free again.
    assert register(bench, "A").body["agentId"] != agent_id


def test_missing_and_foreign_are_the_same(bench: Bench) -> None:
    mine = register(bench, "A").body
    nobody = "3b241101-e2bb-4255-8caf-4136c566a962"
    for method, path, body in [
        ("GET", f"/api/entities/{nobody}", None),
        ("DELETE", f"/api/entities/{nobody}", None),
        ("GET", f"/api/entities/{nobody}/version-ids", None),
        ("GET", f"/api/entities/{nobody}/diff", None),
        ("GET", f"/api/entities/{nobody}/user-distribution", None),
        ("GET", f"/api/agent-settings/{nobody}", None),
        ("PATCH", f"/api/agent-settings/{nobody}", {"maxTraces": 1}),
        ("PATCH", f"/api/entities/{nobody}/sampling-rate", {"samplingRate": 1}),
        ("POST", f"/api/entities/{nobody}/rollback", {"versionId": mine["agentVersionId"]}),
    ]:
        reply = ask(bench, method, path, body)
        assert (reply.status, reply.body["success"], reply.body["error"]) == (404, False, "Agent not found"), (method, path)
    for method, path, body in [
        ("GET", f"/api/entities/versions/{nobody}", None),
        ("GET", f"/api/entities/{mine['agentId']}/diff?from={nobody}", None),
        ("POST", f"/api/entities/{mine['agentId']}/rollback", {"versionId": nobody}),
    ]:
        reply = ask(bench, method, path, body)
        assert (reply.status, reply.body["error"]) == (404, "Entity version not found"), (method, path)
