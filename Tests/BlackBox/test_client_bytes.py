"""What the TypeScript and the Go client send, byte for byte, is accepted and stored as it came (ING-4, ING-17)."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from bench import Bench, Headers, RawReply, fetch
from reader import Event

TYPESCRIPT: Headers = {
    "Content-Type": "application/json",
    "accept": "*/*",
    "accept-language": "*",
    "sec-fetch-mode": "cors",
    "user-agent": "node",
    "accept-encoding": "gzip, deflate",
}
GO: Headers = {"User-Agent": "Go-http-client/1.1", "Content-Type": "application/json", "Accept-Encoding": "gzip"}
CLIENTS = {"typescript": TYPESCRIPT, "go": GO}

# The envelope's members in the order in which each client writes them. Go escapes <, > and &, and sorts the keys of maps.
HEAD = {
    "typescript": '{"eventType":"%s","traceId":"TRACE","agentName":"AGENT","content":%s%s%s}',
    "go": '{"eventType":"%s","traceId":"TRACE","agentName":"AGENT"%s,"content":%s%s}',
}


@dataclass(frozen=True)
class Sent:
    kind: str
    content: str
    metadata: str = ""
    envelope: str = ""
    """Members beside content and metadata, each with its comma before it."""

    def text(self, client: str) -> str:
        metadata = f',"metadata":{self.metadata}' if self.metadata else ""
        if client == "typescript":
            return HEAD[client] % (self.kind, self.content, self.envelope, metadata)
        return HEAD[client] % (self.kind, self.envelope, self.content, metadata)


SPAN = ',"spanId":"0b7f3c1e-8a52-4a44-9d8e-5a9f1c2d3e4f"'

SENT: dict[str, list[Sent]] = {
    "typescript": [
        Sent(
            "user_message",
            '{"messages":[{"role":"user","content":"a < b & c > d, \u0633\u0644\u0627\u0645 \u2028 \U0001f600"}]}',
            '{"systemPrompt":"You are brief.","tools":[{"name":"search"}],"params":{"temperature":0.2}}',
            ',"externalUserId":"user-7"',
        ),
        Sent("llm_thinking", '{"type":"thinking","thinking":"Let me see.","signature":"c2lnbmF0dXJl"}'),
        Sent(
            "llm_response",
            '{"toolCalls":[{"id":"call_1","type":"function","function":{"name":"search","arguments":"{\\"q\\":\\"x\\"}"}}],"finishReason":"tool_calls"}',
            '{"model":"gpt-4o","provider":"openai","usage":{"promptTokens":10,"completionTokens":5,"totalTokens":15},"latencyMs":120}',
        ),
        # Nothing but what the model was: no text, no calls.
        Sent("llm_response", "{}", '{"model":"gpt-4o","provider":"openai"}'),
        Sent(
            "tool_call_request",
            '{"toolCalls":[{"name":"search","arguments":{"q":"x","n":1}}],"requestedAt":"2026-03-28T10:15:30.000Z"}',
            '{"tool":"search"}',
            SPAN,
        ),
        Sent(
            "tool_call_response",
            '{"toolCalls":[{"name":"search","arguments":{"q":"x","n":1}}],"toolResults":{"hits":[1,2.50,1e3]},"respondedAt":"2026-03-28T10:15:31.000Z"}',
            '{"tool":"search","latencyMs":35}',
            SPAN,
        ),
        Sent("tool_result", '{"toolName":"search","output":{"hits":[]}}'),
        Sent("embedding_request", '{"input":["a","b"]}'),
        Sent(
            "embedding_response",
            '{"object":"list","embeddingCount":2,"firstEmbeddingDimensions":1536,"encodingFormat":"float"}',
            '{"model":"text-embedding-3-small","provider":"openai","usage":{"totalTokens":4},"latencyMs":50}',
        ),
        Sent(
            "error",
            '{"message":"it failed","status":503,"stack":"Error: it failed\\n    at x.js:1:1"}',
            "",
            ',"timestamp":"2026-03-28T10:15:30.123Z","idempotencyKey":"KEY"',
        ),
    ],
    "go": [
        Sent(
            "user_message",
            '{"messages":[{"content":"a \\u003c b \\u0026 c \\u003e d, \u0633\u0644\u0627\u0645 \\u2028 \U0001f600","role":"user"}]}',
            '{"params":{"temperature":0.2},"systemPrompt":"You are brief.","tools":[{"name":"search"}]}',
        ),
        Sent("llm_thinking", '{"signature":"c2lnbmF0dXJl","thinking":"Let me see.","type":"thinking"}'),
        Sent(
            "llm_response",
            '{"content":"","finishReason":"tool_calls","toolCalls":[{"function":{"arguments":"{\\"q\\":\\"x\\"}","name":"search"},"id":"call_1","type":"function"}]}',
            '{"latencyMs":120,"model":"gpt-4o","provider":"openai","usage":{"completionTokens":5,"promptTokens":10,"totalTokens":15}}',
        ),
        Sent("llm_response", '{"content":"An answer."}', '{"model":"claude-sonnet-4-5","provider":"anthropic"}'),
        Sent(
            "tool_call_request",
            '{"requestedAt":"2026-03-28T10:15:30Z","toolCalls":[{"arguments":{"n":1,"q":"x"},"name":"search"}]}',
            '{"tool":"search"}',
            SPAN,
        ),
        Sent(
            "tool_call_response",
            '{"toolCalls":[{"arguments":{"n":1,"q":"x"},"name":"search"}],"toolResults":{"hits":[1,2.5,1000]}}',
            '{"latencyMs":35,"tool":"search"}',
            SPAN,
        ),
        Sent("tool_result", '{"output":{"hits":[]},"toolName":"search"}'),
        Sent("embedding_request", '{"input":["a","b"]}'),
        Sent(
            "embedding_response",
            '{"embeddingCount":2,"encodingFormat":"float","firstEmbeddingDimensions":1536,"object":"list"}',
            '{"latencyMs":50,"model":"text-embedding-3-small","provider":"openai","usage":{"totalTokens":4}}',
        ),
        Sent("error", '{"message":"it failed","stack":"goroutine 1 [running]:","status":503}'),
    ],
}


def post(bench: Bench, client: str, url: str, path: str, body: str) -> RawReply:
    head: Headers = {"Authorization": f"Bearer {bench.server.key}", **CLIENTS[client]}
    return fetch(url, "POST", path, head, body.encode())


@pytest.mark.parametrize("client", CLIENTS)
def test_every_method(bench: Bench, client: str) -> None:
    trace = f"{client}-{bench.token}"
    names = {"TRACE": trace, "AGENT": bench.agent, "KEY": f"key-{bench.token}"}
    for sent in SENT[client]:
        text = sent.text(client)
        for name, value in names.items():
            text = text.replace(name, value)
        assert json.loads(text)["traceId"] == trace
        reply = post(bench, client, bench.server.ingest, "/api/events/ingest", text)
        assert (reply.status, json.loads(reply.body)) == (202, {"success": True, "accepted": True, "queuedCount": 1})
    events = bench.reader.await_types(trace, *[sent.kind for sent in SENT[client]])
    for sent, event in zip(SENT[client], events):
        check(bench, sent, event)
    assert events[4]["spanId"] == events[5]["spanId"] == "0b7f3c1e-8a52-4a44-9d8e-5a9f1c2d3e4f"
    assert events[5]["parentStepId"] == 5
    reply_event = events[2]
    assert [reply_event[name] for name in ("model", "promptTokens", "completionTokens", "latencyMs")] == ["gpt-4o", 10, 5, 120]
    # The views of what two languages spell differently are one.
    _, body = bench.reader.raw(f"/api/threads/{trace}", view="canonical")
    views = {event["stepId"]: event["view"] for event in json.loads(body)["events"]}
    assert views[1]["messages"] == [{"role": "user", "text": "a < b & c > d, \u0633\u0644\u0627\u0645 \u2028 \U0001f600"}]
    assert views[3]["toolCalls"][0]["name"] == "search" and views[3]["finishReason"] == "tool_calls"


def check(bench: Bench, sent: Sent, event: Event) -> None:
    """Content and metadata come back in the very bytes that were sent."""
    _, body = bench.reader.raw(f"/api/events/{event['id']}", include="content,metadata")
    assert b'"content":' + sent.content.encode() in body
    assert b'"metadata":' + (sent.metadata or "{}").encode() in body
    if "externalUserId" in sent.envelope:
        assert event["externalUserId"] == "user-7"
    if "timestamp" in sent.envelope:
        assert event["timestamp"] == "2026-03-28T10:15:30.123Z"
        again = sent.text("typescript").replace("TRACE", event_trace(body)).replace("AGENT", bench.agent)
        again = again.replace("KEY", f"key-{bench.token}")
        reply = post(bench, "typescript", bench.server.ingest, "/api/events", again)
        assert (reply.status, json.loads(reply.body)["status"], json.loads(reply.body)["id"]) == (201, "skipped", event["id"])


def event_trace(body: bytes) -> str:
    trace: str = json.loads(body)["traceId"]
    return trace


TOOL = '{"name":"search","inputSchema":"{\\"type\\":\\"object\\"}","outputSchema":"{}","description":"Searches."}'
REGISTRATIONS = {
    # Without a description it has no such member; in Go there always is one.
    "typescript": '{"agentName":"AGENT","metadata":{"systemPrompt":"You are brief.","tools":[TOOL]}}',
    "go": '{"agentName":"AGENT","metadata":{"systemPrompt":"You are brief.","description":"","tools":[TOOL]}}',
}


@pytest.mark.parametrize("client", CLIENTS)
def test_registration_falls_back_to_the_second_address(bench: Bench, client: str) -> None:
    """The first address fails; the client goes to the proxy with the same body, and the next time to the first again."""
    body = REGISTRATIONS[client].replace("AGENT", bench.agent).replace("TOOL", TOOL)
    assert post(bench, client, bench.server.ingest, "/api/nowhere/entities/init", body).status == 404
    second = post(bench, client, bench.server.proxy, "/v1/agents/init", body)
    assert second.status == 201, second.body
    made = json.loads(second.body)
    assert made["success"] is True and made["status"] == "created" and len(made["versionHash"]) == 32
    first = post(bench, client, bench.server.ingest, "/api/entities/init", body)
    assert (first.status, json.loads(first.body)) == (200, {**made, "status": "existing"})


def test_both_clients_mean_one_definition(bench: Bench) -> None:
    """An empty description is another version, as in the original, and the same definition (AGT-21)."""
    found = {}
    for client in ("typescript", "go", "typescript"):
        body = REGISTRATIONS[client].replace("AGENT", bench.agent).replace("TOOL", TOOL)
        reply = post(bench, client, bench.server.ingest, "/api/entities/init", body)
        assert reply.status == (200 if client in found else 201)
        found[client] = json.loads(reply.body)
    assert found["typescript"]["versionHash"] != found["go"]["versionHash"]
    assert found["typescript"]["definitionHash"] == found["go"]["definitionHash"] is not None
