"""Two tenants with equal names for everything: no route tells one of the other (ING-3, ING-14).

The routes are those of spec/openapi.yaml, which `.ci/schemas` holds against the sources: none can be forgotten.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

import tenants
from bench import Bench, Headers, RawReply, fetch
from conftest import MakeBench, StartServer
from openapi import Document

DOCUMENT = Document()
TRACE = "session-123"
AGENT = "support"
USER = "user-1"
ANSWER = "The same words in both."


@dataclass
class Tenant:
    """An environment of its own project, and what stands in it."""

    key: str
    secret: str
    """A text that is in every value of this tenant's that may differ."""
    ids: dict[str, str]

    def send(self, ingest: str, method: str, target: str, body: Any = None, **head: str) -> RawReply:
        headers: Headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        headers |= {name.replace("_", "-"): value for name, value in head.items()}
        return fetch(ingest, method, target, headers, None if body is None else json.dumps(body).encode())


def events(secret: str) -> list[dict[str, Any]]:
    common = {"traceId": TRACE, "agentName": AGENT, "externalUserId": USER}
    model = {"model": f"model-{secret}", "provider": f"provider-{secret}", "usage": {"totalTokens": 7}}
    return [
        {**common, "eventType": "user_message", "content": {"messages": [{"role": "user", "content": f"Ask {secret}."}]}},
        {**common, "eventType": "llm_response", "content": {"content": ANSWER, "finishReason": secret}, "metadata": model},
        {**common, "eventType": "tool_call_request", "content": {"toolCalls": []}, "metadata": {"tool": f"tool-{secret}"}},
        {**common, "eventType": "error", "content": {"message": secret}, "providerId": None},
    ]


def fill(ingest: str, tenant: Tenant) -> None:
    def made(reply: RawReply, status: int) -> Any:
        assert reply.status == status, reply.body
        return json.loads(reply.body)

    definition = {"systemPrompt": f"You are {tenant.secret}.", "tools": []}
    agent = made(tenant.send(ingest, "POST", "/api/entities/init", {"agentName": AGENT, "metadata": definition}), 201)
    stored = [{name: value for name, value in event.items() if value is not None} for event in events(tenant.secret)]
    results = made(tenant.send(ingest, "POST", "/api/events", stored, Idempotency_Key="the-same-request"), 201)
    letter = made(
        tenant.send(ingest, "POST", "/api/events?partial=true", [{"traceId": TRACE, "agentName": tenant.secret}]), 207
    )
    tenant.ids |= {
        "agent": agent["agentId"],
        "version": agent["agentVersionId"],
        "event": results[1]["id"],
        "letter": letter["results"][0]["deadLetterId"],
    }


# What each operation is asked for; one that is not here is asked without a body.
BODIES: dict[str, Any] = {
    "postEvents": events("x")[:1],
    "ingestEvents": events("x")[:1],
    "postToolResults": {"traceId": TRACE, "agentName": AGENT, "metadata": {"tool": "f"}, "content": {"toolResults": 1}},
    "matchThread": {"messages": [{"role": "assistant", "content": ANSWER}, {"role": "user", "content": "And?"}]},
    "initAgent": {"agentName": AGENT, "metadata": {"systemPrompt": "Another.", "tools": []}},
    "rollBackAgent": {"versionId": "version"},
    "setSamplingRate": {"samplingRate": 1},
    "setAgentSettings": {"maxTraces": 1000},
    "getPrices": {"models": ["gpt-4o"]},
    "replayDeadLetters": {"all": True},
    "purgeDeadLetters": {"all": True},
}
PLACES = {
    "/api/events/": "event",
    "/api/entities/versions/": "version",
    "/api/entities/": "agent",
    "/api/agent-settings/": "agent",
    "/api/dlq/": "letter",
}
# Threads that would have the names of routes.
NAMED = {"streamThreads", "getThreadNamedMatch"}
LAST = {"deleteDeadLetter", "purgeDeadLetters", "replayDeadLetters", "deleteAgent"}
INCLUDE = (
    "include=content,metadata,systemPrompt,tools,event&eventInclude=content,metadata&view=canonical&count=100&limit=200"
    "&eventLimit=1000&agentCount=100"
)


def operations() -> list[tuple[str, str, str]]:
    described = [
        (operation["operationId"], method, path)
        for path, method, operation in DOCUMENT.routes()
        if "ingest" in operation["tags"] and operation.get("security") != []
    ]
    return sorted(described, key=lambda one: (one[0] in LAST, one[0] == "deleteAgent"))


def id_of(path: str, tenant: Tenant) -> str:
    if "{traceId}" in path:
        return TRACE
    return tenant.ids[next(place for start, place in PLACES.items() if path.startswith(start))]


def ask(ingest: str, who: Tenant, whose: Tenant, operation: str, method: str, path: str, name: str | None = None) -> RawReply:
    """One operation with one tenant's key on another's things."""
    body = BODIES.get(operation)
    if operation == "rollBackAgent":
        body = {"versionId": whose.ids["version"]}
    before, brace, after = path.partition("{")
    target = before + ((name or id_of(path, whose)) if brace else "") + after.partition("}")[2]
    head = {"Accept": "application/json"} if operation == "streamThreads" else {}
    return who.send(ingest, method, f"{target}?{INCLUDE}", body, **head)


@pytest.fixture
def pair(start: StartServer, make_bench: MakeBench) -> tuple[Bench, Tenant, Tenant]:
    bench = make_bench(start().ready())
    found = []
    for name in ("red", "blue"):
        tenants.whyops(bench.server, "projects", "create", name)
        key = tenants.create_key(bench.server, name, "--project", name, "--environment", "PRODUCTION")
        tenant = Tenant(key, f"{name}-{bench.token}", {})
        fill(bench.server.ingest, tenant)
        found.append(tenant)
    return bench, found[0], found[1]


def test_every_route_is_one_tenants_own(pair: tuple[Bench, Tenant, Tenant]) -> None:
    bench, red, blue = pair
    ingest = bench.server.ingest
    seen = set()
    for operation, method, path in operations():
        for mine, other in ((red, blue), (blue, red)):
            foreign = [other.secret.encode(), *(id.encode() for id in other.ids.values())]
            own = ask(ingest, mine, mine, operation, method, path)
            assert own.status < 300 or operation in NAMED, (operation, own.status, own.body)
            for text in foreign:
                assert text not in own.body, (operation, text)
            if mine.secret.encode() in own.body:
                seen.add(operation)
    # It is shown to whom it belongs: what shows nothing proves nothing.
    showing = {
        "listEvents", "getEvent", "listThreads", "getThread", "getGraph", "getAgent", "getVersion", "listDeadLetters",
        "getDeadLetter", "getUsage",
    }
    assert showing <= seen, showing - seen


def test_what_is_foreign_is_missing(pair: tuple[Bench, Tenant, Tenant]) -> None:
    """Each id of the other's gets, byte for byte, what an id that nobody has gets, and nothing becomes of it."""
    bench, red, blue = pair
    ingest = bench.server.ingest
    nobody = "00000000-0000-4000-8000-000000000000"
    for operation, method, path in operations():
        if "{" not in path or "{traceId}" in path:
            continue
        foreign = ask(ingest, red, blue, operation, method, path)
        missing = ask(ingest, red, blue, operation, method, path, nobody)
        assert foreign.status == 404, (operation, foreign.status, foreign.body)
        same = foreign.body.replace(id_of(path, blue).encode(), b"ID") == missing.body.replace(nobody.encode(), b"ID")
        assert same, (operation, foreign.body, missing.body)
        assert blue.secret.encode() not in foreign.body
    for operation, method, path in operations():
        if "{" in path and operation not in LAST:
            assert ask(ingest, blue, blue, operation, method, path).status == 200, operation
    for body in ({"ids": [blue.ids["letter"]]},):
        for action in ("replay", "purge"):
            assert red.send(ingest, "POST", f"/api/dlq/{action}", body).status == 200
    assert blue.send(ingest, "GET", f"/api/dlq/{blue.ids['letter']}").status == 200
