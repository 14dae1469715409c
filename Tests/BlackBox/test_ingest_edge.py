"""What stands before every route of ingest: limits of keys and addresses, origins, TLS, methods (ING-100 to ING-107)."""

from __future__ import annotations

import json
import ssl
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

import tenants
from bench import Bench, Headers, RawReply, fetch
from conftest import MakeBench, StartServer
from harness import Server
from openapi import Document
from reader import eventually
from test_listener_tls import begin, install, other_certificate, pair, trusting  # noqa: F401 (a fixture)
from test_upstream_tls import authority  # noqa: F401 (a fixture)

DOCUMENT = Document()
PAGE = "https://app.example.test"
LIMITS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-backend")


def get(server: Server, path: str, key: str | None = None, **head: str) -> RawReply:
    headers: Headers = {"Authorization": f"Bearer {key or server.key}", **{k.replace("_", "-"): v for k, v in head.items()}}
    return fetch(server.ingest, "GET", path, headers)


# Limits


def test_a_key_with_too_many_requests(start: StartServer) -> None:
    server = start("--ingest-requests-per-minute", "3").ready()
    other = tenants.create_key(server, "other", "--requests-per-minute", "1")
    found = [get(server, "/api/threads") for _ in range(3)]
    assert [reply.status for reply in found] == [200] * 3
    assert [[reply.header(name) for name in LIMITS[:2]] for reply in found] == [["3", "2"], ["3", "1"], ["3", "0"]]
    assert {reply.header("x-ratelimit-backend") for reply in found} == {"memory"}
    refused = get(server, "/api/threads")
    assert refused.status == 429
    body = json.loads(refused.body)
    assert body["error"] == "Rate limit exceeded"
    assert body["message"] == "Too many requests. Limit: 3 requests per 60 seconds"
    # The bucket fills one in twenty seconds.
    assert 1 <= int(refused.header("retry-after") or "") <= 20
    assert body["retryAfter"].endswith("Z") and refused.header("x-ratelimit-reset", )
    # Nothing was stored for it, and refusals say how it is like any reply.
    posted = fetch(server.ingest, "POST", "/api/events", {"Authorization": f"Bearer {server.key}"}, b"{}")
    assert posted.status == 429 and all(posted.header(name) for name in LIMITS)
    # Each key has its own; a key's limit for the proxy is none here, so that no event is lost for it.
    assert [get(server, "/api/threads", other).status for _ in range(3)] == [200] * 3
    # Whoever has no key, or needs none, is not counted.
    for path in ("/health", "/api/events/help", "/"):
        reply = get(server, path)
        assert reply.status == 200 and reply.header("x-ratelimit-limit") is None


def test_no_limit_unless_set(bench: Bench) -> None:
    reply = get(bench.server, "/api/threads")
    assert reply.status == 200 and all(reply.header(name) is None for name in LIMITS)


def test_a_bad_request_has_the_figures_too(start: StartServer) -> None:
    server = start(env={"WHYOPS_INGEST_REQUESTS_PER_MINUTE": "5"}).ready()
    for path, status in (("/api/threads?page=0", 400), ("/api/threads/none", 404)):
        reply = get(server, path)
        assert reply.status == status and reply.header("x-ratelimit-limit") == "5"


def test_wrong_keys_of_one_address(start: StartServer) -> None:
    server = start("--failed-keys", "5").ready()
    assert get(server, "/api/threads").status == 200
    found = [get(server, "/api/threads", f"YOPS-{uuid4().hex}") for _ in range(30)]
    statuses = [reply.status for reply in found]
    assert 5 <= statuses.count(401) <= 8 and set(statuses) == {401, 429}
    refused = next(reply for reply in found if reply.status == 429)
    assert 1 <= int(refused.header("retry-after") or "") <= 12
    assert json.loads(refused.body)["error"] == "Too many failed keys"
    # Whoever was let in goes on, and what needs no key does.
    assert get(server, "/api/threads").status == 200
    assert get(server, "/health").status == 200
    # The same refusal for every route with a key: nothing is told apart.
    for path, method, operation in DOCUMENT.routes():
        if "ingest" in operation["tags"] and operation.get("security") != []:
            target = path.replace("{", "").replace("}", "")
            reply = fetch(server.ingest, method, target, {"Authorization": f"Bearer YOPS-{uuid4().hex}"})
            assert reply.status in (401, 429), (method, path)


# Every answer


def test_every_answer_says_how_long_it_took(bench: Bench) -> None:
    for path in ("/", "/health", "/api/threads", "/api/threads/none", "/api/none", "/api/threads?page=0"):
        timing = get(bench.server, path).header("server-timing") or ""
        assert timing.startswith("whyops;dur=") and float(timing.removeprefix("whyops;dur=")) >= 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
def test_other_methods(bench: Bench, method: str) -> None:
    """Every path that there is, with every method that it does not take; with a key and without."""
    methods: dict[str, set[str]] = {}
    for path, known, operation in DOCUMENT.routes():
        if "ingest" in operation["tags"]:
            methods.setdefault(path, set()).update({known, "HEAD"} if known == "GET" else {known})
    for path, known_methods in methods.items():
        if method in known_methods:
            continue
        target = path.replace("{", "").replace("}", "")
        for key in (bench.server.key, "nobody-knows-this-key"):
            reply = fetch(bench.server.ingest, method, target, {"Authorization": f"Bearer {key}"})
            assert reply.status == 405, (method, path, reply.status)
            assert set((reply.header("allow") or "").split(", ")) == known_methods, (method, path)
            if method != "HEAD":
                assert json.loads(reply.body)["error"] == "Method Not Allowed"
    health = fetch(bench.server.ingest, "HEAD", "/health")
    assert (health.status, health.body) == (200, b"") and int(health.header("content-length") or "") > 0
    unknown = fetch(bench.server.ingest, method, "/api/nowhere", {"Authorization": f"Bearer {bench.server.key}"})
    assert unknown.status == 404


# Pages


def cors(reply: RawReply) -> dict[str, str]:
    return {name.lower(): value for name, value in reply.headers if name.lower().startswith("access-control-")}


PREFLIGHT: Headers = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
}


def test_no_page_unless_set(bench: Bench) -> None:
    reply = get(bench.server, "/api/threads", Origin=PAGE)
    assert reply.status == 200 and cors(reply) == {} and reply.header("vary") is None
    asked = fetch(bench.server.ingest, "OPTIONS", "/api/threads", PREFLIGHT)
    assert asked.status == 405 and cors(asked) == {}


@pytest.mark.parametrize("origin", [PAGE, "*"])
def test_pages(start: StartServer, origin: str) -> None:
    server = start("--cors-origin", origin, "--ingest-requests-per-minute", "100").ready()
    for path in ("/api/threads", "/api/events/ingest", "/api/entities/x/rollback", "/api/nowhere", "/health", "/"):
        asked = fetch(server.ingest, "OPTIONS", path, PREFLIGHT)
        assert (asked.status, asked.body) == (204, b"")
        got = cors(asked)
        assert got["access-control-allow-origin"] == origin
        assert "PATCH" in got["access-control-allow-methods"].split(", ")
        assert got["access-control-allow-headers"] == PREFLIGHT["Access-Control-Request-Headers"]
        assert got["access-control-max-age"] == "600" and "access-control-allow-credentials" not in got
    for path, status in (("/api/threads", 200), ("/api/threads/none", 404), ("/api/threads?page=0", 400), ("/api/none", 404)):
        reply = get(server, path, Origin=PAGE)
        assert reply.status == status and cors(reply)["access-control-allow-origin"] == origin
        exposed = set(cors(reply)["access-control-expose-headers"].lower().split(", "))
        assert "server-timing" in exposed
        assert (reply.header("x-ratelimit-limit") is None) or set(LIMITS) <= exposed
    refused = get(server, "/api/threads", "nobody-knows-this-key", Origin=PAGE)
    assert refused.status == 401 and cors(refused)["access-control-allow-origin"] == origin
    with httpx.stream("GET", f"{server.ingest}/api/threads/stream", headers={"Origin": PAGE, "X-API-Key": server.key}) as stream:
        assert stream.headers["access-control-allow-origin"] == origin
    if origin != "*":
        other = get(server, "/api/threads", Origin="https://evil.example.test")
        assert cors(other) == {} and other.header("vary") == "Origin"
        asked = fetch(server.ingest, "OPTIONS", "/api/threads", {**PREFLIGHT, "Origin": "https://evil.example.test"})
        assert asked.status == 405 and "access-control-allow-origin" not in cors(asked)


# TLS


def test_tls(start: StartServer, pair: tuple[Path, Path], authority: Path) -> None:  # noqa: F811
    server = begin(start, pair)
    assert server.ingest.startswith("https://127.0.0.1:")
    context = trusting(authority)
    with httpx.Client(base_url=server.ingest, verify=context, headers={"X-API-Key": server.key}, timeout=30) as client:
        event = {"eventType": "error", "traceId": "t", "agentName": "a", "content": {"message": "x" * 3_000_000}}
        assert client.post("/api/events", json=event).status_code == 201
        thread = client.get("/api/threads/t", params={"eventInclude": "content"}).json()
        assert thread["events"][0]["content"] == event["content"]
        with client.stream("GET", "/api/threads/stream") as stream:
            assert next(stream.iter_lines()) == "event: ready"
    # Nobody speaks plain HTTP with it.
    with pytest.raises(httpx.HTTPError):
        httpx.get(server.ingest.replace("https", "http") + "/health", timeout=20)
    # A new certificate is for new connections.
    install(pair[0].parent, *other_certificate(authority, "50"))
    assert shown(server, context)

    def is_new() -> bool:
        return shown(server, context) == "32"

    eventually(is_new, "the new certificate")
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 20


def shown(server: Server, context: ssl.SSLContext) -> str:
    import socket
    from urllib.parse import urlsplit

    parts = urlsplit(server.ingest)
    plain = socket.create_connection((parts.hostname, parts.port or 0), timeout=20)
    with context.wrap_socket(plain, server_hostname=parts.hostname) as client:
        certificate: Any = client.getpeercert()
        return str(certificate["serialNumber"])


# Agents and traces


def test_a_limit_on_agents(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--max-agents", "2").ready())
    head = bench.headers()

    def register(name: str, url: str, path: str, prompt: str = "s") -> RawReply:
        body = json.dumps({"agentName": name, "metadata": {"systemPrompt": prompt, "tools": []}}).encode()
        return fetch(url, "POST", path, head, body)

    ingest, proxy = bench.server.ingest, bench.server.proxy
    limits = json.loads(get(bench.server, "/api/agent-settings/limits").body)
    assert limits["limits"] == {"maxAgents": 2}
    assert register("a", ingest, "/api/entities/init").status == 201
    assert register("b", proxy, "/v1/agents/init").status == 201
    for url, path in ((ingest, "/api/entities/init"), (proxy, "/v1/agents/init")):
        refused = register("c", url, path)
        assert (refused.status, json.loads(refused.body)) == (
            409,
            {"success": False, "error": "Account agent limit reached (Agent limit reached for environment (max: 2))"},
        )
        assert DOCUMENT.faults("initAgent", 409, refused.header("content-type"), refused.body) == []
    # Those that are there may change, and an event is not lost for it.
    assert register("a", ingest, "/api/entities/init", "other").status == 201
    event = json.dumps({"eventType": "error", "traceId": "t", "agentName": "d"}).encode()
    assert fetch(ingest, "POST", "/api/events", head, event).status == 201
    # One that is deleted makes room.
    agents = json.loads(get(bench.server, "/api/entities").body)["agents"]
    for agent in agents:
        if agent["name"] in ("a", "d"):
            assert fetch(ingest, "DELETE", f"/api/entities/{agent['id']}", head).status == 200
    assert register("c", ingest, "/api/entities/init").status == 201


def test_a_limit_on_traces_of_a_version(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--max-traces-per-version", "2").ready())
    head = bench.headers()

    def post(trace: str) -> tuple[str, str | None]:
        event = {"eventType": "error", "traceId": trace, "agentName": "a"}
        reply = fetch(bench.server.ingest, "POST", "/api/events", head, json.dumps(event).encode())
        assert reply.status == 201
        return json.loads(reply.body)["status"], json.loads(reply.body).get("message")

    def register(prompt: str) -> None:
        body = json.dumps({"agentName": "a", "metadata": {"systemPrompt": prompt, "tools": []}}).encode()
        assert fetch(bench.server.ingest, "POST", "/api/entities/init", head, body).status in (200, 201)

    register("first")
    assert [post(trace)[0] for trace in ("1", "2")] == ["saved"] * 2
    assert post("3") == ("sampled_out", "Trace rejected by entity limit (2/2)")
    # Those that were begun go on; the decision on the third stays; a new version begins anew.
    assert post("1")[0] == "saved"
    register("second")
    assert [post(trace)[0] for trace in ("3", "4", "5", "6")] == ["sampled_out", "saved", "saved", "sampled_out"]
    register("first")
    assert post("7")[0] == "sampled_out"


def test_settings_can_be_taken_back(bench: Bench) -> None:
    head = bench.headers()
    body = json.dumps({"agentName": bench.agent, "metadata": {"systemPrompt": "s", "tools": []}}).encode()
    agent = json.loads(fetch(bench.server.ingest, "POST", "/api/entities/init", head, body).body)["agentId"]
    path = f"/api/agent-settings/{agent}"

    def settings(method: str, body: bytes | None = None) -> dict[str, Any]:
        reply = fetch(bench.server.ingest, method, path, head, body)
        assert reply.status == 200, reply.body
        found = json.loads(reply.body)["settings"]
        return {name: found[name] for name in ("samplingRate", "maxTraces", "maxSpans")}

    free = {"samplingRate": 1, "maxTraces": None, "maxSpans": None}
    changed = {"samplingRate": 0.25, "maxTraces": 7, "maxSpans": 9}
    assert settings("GET") == free
    # A whole number however it is spelled (as the schema has it).
    assert settings("PATCH", b'{"samplingRate":0.25,"maxTraces":7.0,"maxSpans":0.9e1}') == changed
    assert settings("GET") == changed
    assert settings("DELETE") == free
    assert settings("GET") == free
    refused = fetch(bench.server.ingest, "PATCH", path, head, b"{}")
    assert (refused.status, json.loads(refused.body)["details"][0]["rule"]) == (400, "settings.required")
    limits = json.loads(get(bench.server, "/api/agent-settings/limits").body)
    assert limits == {
        "success": True,
        "limits": {"maxAgents": None},
        "permissions": {"canChangeAgentMaxTraces": True, "canChangeAgentMaxSpans": True},
    }


# Help


def test_help_is_the_schema(bench: Bench) -> None:
    """ING-108: what it says of an event is what spec/schema says."""
    help = json.loads(get(bench.server, "/api/events/help").body)
    folder = Path(__file__).resolve().parents[2] / "spec" / "schema"
    original = json.loads((folder / "event.schema.json").read_text())
    assert help["schemas"] == {"original": original, "strict": json.loads((folder / "event-strict.schema.json").read_text())}
    assert help["supportedEventTypes"] == original["$defs"]["eventType"]["enum"] == list(help["eventDetails"])
    envelope = original["$defs"]["envelope"]
    common = help["commonFields"]
    assert set(common["required"]) == {*envelope["required"], "eventType"}
    assert set(common["optional"]) == set(envelope["properties"]) - set(envelope["required"])
    assert common["types"] == {**envelope["properties"], "eventType": original["$defs"]["eventType"]}
    needed = {name: details["requiredMetadata"] for name, details in help["eventDetails"].items() if details["requiredMetadata"]}
    assert needed == {
        "tool_call_request": ["tool"],
        "tool_call_response": ["tool"],
        "llm_response": ["model", "provider"],
        "embedding_response": ["model", "provider"],
    }
    for details in help["eventDetails"].values():
        found: Any = help
        for part in details["strictContent"].removeprefix("#/").split("/"):
            found = found[part]
        assert found is not None
