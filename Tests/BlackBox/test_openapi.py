"""Every operation that spec/openapi.yaml describes is called, and every reply is what it says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

import replies
from bench import Bench, RawReply, fetch
from conftest import MakeBench, StartServer
from openapi import Document

DOCUMENT = Document()

CHAT = {"model": "m", "messages": [{"role": "user", "content": "How are you today?"}]}
CHAT_REPLY = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Fine, thank you."}, "finish_reason": "stop"}],
}
MESSAGE = {"max_tokens": 100, **CHAT}
MESSAGE_REPLY = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "Fine, thank you."}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 1, "output_tokens": 1},
}
EVENT = {"eventType": "tool_result", "traceId": "t", "agentName": "a", "content": {"toolName": "f", "output": 1}}
RESULT = {"traceId": "t", "agentName": "a", "metadata": {"tool": "f"}, "content": {"toolCalls": [], "toolResults": 1}}
AGENT = {"agentName": "a", "metadata": {"systemPrompt": "s", "tools": []}}
ELSEWHERE = "3b241101-e2bb-4255-8caf-4136c566a962"


@dataclass(frozen=True)
class Call:
    operation: str
    status: int
    body: Any = None
    query: str = ""
    upstream: Any = None
    path: str = ""
    """What stands for the path's parameter."""
    head: tuple[tuple[str, str | None], ...] = ()

    def __str__(self) -> str:
        return f"{self.operation}-{self.status}-{self.query or 'plain'}"


ANONYMOUS = (("Authorization", None),)
NAMELESS = (("X-Agent-Name", None),)
TEXT = (("Content-Type", "text/plain"),)
BROTLI = (("Content-Encoding", "br"),)

CALLS = [
    Call("proxyReady", 200),
    Call("createChatCompletion", 200, CHAT, upstream=CHAT_REPLY),
    Call("createChatCompletion", 400, CHAT, head=NAMELESS),
    Call("createChatCompletion", 400, {"messages": 5}),
    Call("createChatCompletion", 400, b"{"),
    Call("createChatCompletion", 401, CHAT, head=ANONYMOUS),
    Call("createChatCompletion", 415, CHAT, head=BROTLI),
    Call("createChatCompletion", 502, CHAT, upstream=b"no JSON"),
    Call("createMessage", 200, MESSAGE, upstream=MESSAGE_REPLY),
    Call("createMessage", 400, MESSAGE, head=NAMELESS),
    Call("createMessage", 400, {"messages": 5}),
    Call("createMessage", 401, MESSAGE, head=ANONYMOUS),
    Call("createMessage", 415, MESSAGE, head=BROTLI),
    Call("createMessage", 502, MESSAGE, upstream=b"no JSON"),
    Call("createResponse", 200, {"model": "m", "input": "x"}, upstream={"id": "r", "object": "response", "output": []}),
    Call("createResponse", 400, {"model": "m", "input": 5}),
    Call("createResponse", 401, {"model": "m", "input": "x"}, head=ANONYMOUS),
    Call("createEmbedding", 200, {"model": "m", "input": "x"}, upstream={"object": "list", "data": []}),
    Call("createEmbedding", 400, {"input": "x"}),
    Call("createEmbedding", 401, {"input": "x"}, head=ANONYMOUS),
    Call("listModels", 200, upstream={"object": "list", "data": []}),
    Call("listModels", 401, head=ANONYMOUS),
    Call("realtime", 501),
    Call("realtime", 401, head=ANONYMOUS),
    Call("initAgentByProxy", 201, AGENT),
    Call("initAgentByProxy", 200, AGENT),
    Call("initAgentByProxy", 400, {}),
    Call("initAgentByProxy", 400, b"{"),
    Call("initAgentByProxy", 415, AGENT, head=BROTLI),
    Call("initAgentByProxy", 401, AGENT, head=ANONYMOUS),
    Call("passThroughGet", 200, path="files/x", upstream={}),
    Call("passThroughGet", 400, path="..%2Fx"),
    Call("passThroughGet", 401, path="files", head=ANONYMOUS),
    Call("passThroughPost", 200, {"x": 1}, path="moderations", upstream={}),
    Call("passThroughPost", 401, {"x": 1}, path="moderations", head=ANONYMOUS),
    Call("passThroughDelete", 200, path="responses/x", upstream={}),
    Call("passThroughDelete", 401, path="messages/batches/x", head=ANONYMOUS),
    Call("ingestHealth", 200),
    Call("ingestReady", 200),
    Call("postEvents", 201, EVENT),
    Call("postEvents", 201, [EVENT, EVENT]),
    Call("postEvents", 201, {**EVENT, "idempotencyKey": "k"}),
    Call("postEvents", 201, {**EVENT, "idempotencyKey": "k"}, "profile=strict"),
    Call("postEvents", 409, {**EVENT, "idempotencyKey": "k", "content": 1}),
    Call("postEvents", 400, [{}, 5, {"traceId": 1}]),
    Call("postEvents", 400, b"[1"),
    Call("postEvents", 400, EVENT, "profile=loose"),
    Call("postEvents", 400, {**EVENT, "content": {}}, "profile=strict"),
    Call("postEvents", 403, {**EVENT, "userId": ELSEWHERE}, "profile=strict"),
    Call("postEvents", 401, EVENT, head=ANONYMOUS),
    Call("postEvents", 413, [EVENT] * 1001),
    Call("postEvents", 415, EVENT, head=TEXT),
    Call("ingestEvents", 202, EVENT),
    Call("ingestEvents", 202, []),
    Call("ingestEvents", 400, {}),
    Call("ingestEvents", 403, {**EVENT, "environmentId": ELSEWHERE}, "profile=strict"),
    Call("ingestEvents", 409, [{**EVENT, "stepId": 7}, {**EVENT, "stepId": 7}]),
    Call("ingestEvents", 401, EVENT, head=ANONYMOUS),
    Call("ingestEvents", 413, [EVENT] * 1001),
    Call("ingestEvents", 415, EVENT, head=TEXT),
    Call("postToolResults", 201, RESULT),
    Call("postToolResults", 201, [RESULT], "profile=strict"),
    Call("postToolResults", 400, {}),
    Call("postToolResults", 403, {**RESULT, "projectId": ELSEWHERE}, "profile=strict"),
    Call("postToolResults", 409, [{**RESULT, "stepId": 9}, {**RESULT, "stepId": 9}]),
    Call("postToolResults", 401, RESULT, head=ANONYMOUS),
    Call("postToolResults", 413, [RESULT] * 1001),
    Call("postToolResults", 415, RESULT, head=TEXT),
    Call("listEvents", 200, query="include=content,metadata"),
    Call("listEvents", 400, query="limit=0"),
    Call("listEvents", 401, head=ANONYMOUS),
    Call("eventHelp", 200),
    Call("getEvent", 200, path="EVENT", query="include=content,metadata"),
    Call("getEvent", 400, path=ELSEWHERE, query="include=%ff"),
    Call("getEvent", 404, path=ELSEWHERE),
    Call("getEvent", 401, path=ELSEWHERE, head=ANONYMOUS),
    Call("listThreads", 200, query="include=systemPrompt,tools,metadata"),
    Call("listThreads", 400, query="startDate=never"),
    Call("listThreads", 401, head=ANONYMOUS),
    Call("getThread", 200, path="t", query="eventInclude=content,metadata"),
    Call("getThread", 400, path="t", query="eventLimit=0"),
    Call("getThread", 404, path="none"),
    Call("getThread", 401, path="t", head=ANONYMOUS),
    Call("initAgent", 201, {**AGENT, "agentName": "b"}),
    Call("initAgent", 200, {**AGENT, "agentName": "b"}),
    Call("initAgent", 400, {}),
    Call("initAgent", 401, AGENT, head=ANONYMOUS),
    Call("initAgent", 413, b" " * (10 << 20) + b"{}"),
    Call("initAgent", 415, AGENT, head=TEXT),
]

# Described, but not to be had from a healthy server in a test of this kind; other tests of this folder bring them about.
NOT_CALLED = {413: "proxy", 429: "proxy", 500: "both", 503: "both", 504: "proxy", 508: "proxy"}


def perform(bench: Bench, call: Call) -> RawReply:
    path, method = DOCUMENT.route(call.operation)
    target = path.split("{")[0] + call.path + (f"?{call.query}" if call.query else "")
    head = {**bench.headers(), **{name: value for name, value in call.head}}
    base = bench.server.ingest if "ingest" in DOCUMENT.operations[call.operation]["tags"] else bench.server.proxy
    if isinstance(call.upstream, bytes):
        bench.script.reply(replies.http(200, call.upstream))
    elif call.upstream is not None:
        bench.script.reply(replies.reply(call.upstream))
    body = call.body if isinstance(call.body, bytes) or call.body is None else json.dumps(call.body).encode()
    return fetch(base, method, target, {name: value for name, value in head.items() if value is not None}, body)


def test_every_operation_answers_as_described(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start().ready())
    problems: list[str] = []
    event = ""
    for call in CALLS:
        if call.path == "EVENT":
            call = Call(call.operation, call.status, query=call.query, path=event)
        reply = perform(bench, call)
        if reply.status != call.status:
            problems.append(f"{call}: {reply.status} {reply.body[:300]!r}")
            continue
        problems += [f"{call}: {fault}" for fault in DOCUMENT.faults(
            call.operation, reply.status, reply.header("content-type"), reply.body
        )]
        if call.operation == "postEvents" and isinstance(call.body, dict) and reply.status == 201:
            event = json.loads(reply.body)["id"]
    assert problems == []


PUBLIC = {"health", "proxyReady", "ingestHealth", "ingestReady", "eventHelp"}


def bare(operation: str, head: tuple[tuple[str, str | None], ...]) -> Call:
    """The least that reaches an operation."""
    path, method = DOCUMENT.route(operation)
    return Call(operation, 401, None if method == "GET" else {}, path="x" if "{" in path else "", head=head)


@pytest.mark.parametrize("operation", DOCUMENT.operations)
@pytest.mark.parametrize("head", [ANONYMOUS, (("Authorization", "Bearer YOPS-" + "x" * 32),)], ids=["no key", "unknown key"])
def test_who_gets_in_without_a_key(bench: Bench, operation: str, head: tuple[tuple[str, str | None], ...]) -> None:
    """Everything wants a key but for what is listed here, and the document says the same."""
    described = DOCUMENT.operations[operation]
    is_public = described.get("security", DOCUMENT.content["security"]) == []
    assert is_public == (operation in PUBLIC)
    reply = perform(bench, bare(operation, head))
    assert (reply.status == 200) if is_public else (reply.status == 401), reply.body
    assert bench.script.exchanges == []


@pytest.mark.parametrize("key", ["given", "made"])
def test_who_listens_to_everybody_wants_a_key_too(start: StartServer, make_bench: MakeBench, key: str) -> None:
    """There is no way to start without one: where none is given, one is made."""
    bench = make_bench(start("--host", "0.0.0.0", env={} if key == "given" else {"WHYOPS_API_KEY": ""}).ready())
    for operation in DOCUMENT.operations.keys() - PUBLIC:
        assert perform(bench, bare(operation, ANONYMOUS)).status == 401, operation


@pytest.mark.parametrize("base", ["proxy", "ingest"])
def test_health_of_both(bench: Bench, base: str) -> None:
    reply = fetch(getattr(bench.server, base), "GET", "/health")
    assert DOCUMENT.faults("health", reply.status, reply.header("content-type"), reply.body) == []


def test_every_described_status_is_called() -> None:
    called = {(call.operation, str(call.status)) for call in CALLS} | {("health", "200")}
    missing = []
    for _, _, operation in DOCUMENT.routes():
        name = operation["operationId"]
        side = operation["tags"][0]
        for status in operation["responses"]:
            if status == "default" or (name, status) in called:
                continue
            if NOT_CALLED.get(int(status)) in (side, "both"):
                continue
            missing.append(f"{name} {status}")
    # Errors of a provider's own or of the way to it are alike on all routes of the proxy; two routes stand for all.
    alike = {"createResponse", "createEmbedding", "listModels", "passThroughGet", "passThroughPost", "passThroughDelete"}
    missing = [one for one in missing if one.split()[0] not in alike or one.split()[1] not in {"400", "415", "501", "502"}]
    assert missing == []
