"""The published `whyops` package against both halves: its proxy helpers, its nine event methods, agent registration."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any, Callable

import anthropic
import openai
import pytest
from whyops import WhyOps

import frames
import replies
from bench import TIMEOUT, Bench
from reader import Event, sources

PLAIN = "Here is a plain answer."
METADATA: Any = {"systemPrompt": "You are brief.", "description": "A test agent."}
TOOL: Any = {"name": "f", "inputSchema": '{"type":"object"}', "outputSchema": "{}", "description": "does f"}


class SettableOpenAI(openai.OpenAI):
    """The package assigns `default_headers`, which the client's class refuses; this one takes it."""

    assigned: dict[str, Any] = {}

    @property
    def default_headers(self) -> dict[str, Any]:
        return {**super().default_headers, **self.assigned}

    @default_headers.setter
    def default_headers(self, value: dict[str, Any]) -> None:
        self.assigned = dict(value)


class SettableAnthropic(anthropic.Anthropic):
    assigned: dict[str, Any] = {}

    @property
    def default_headers(self) -> dict[str, Any]:
        return {**super().default_headers, **self.assigned}

    @default_headers.setter
    def default_headers(self, value: dict[str, Any]) -> None:
        self.assigned = dict(value)


def client(bench: Bench, **changes: Any) -> WhyOps:
    options: dict[str, Any] = {
        "api_key": bench.server.key,
        "agent_name": bench.agent,
        "agent_metadata": METADATA,
        "proxy_base_url": bench.server.proxy,
        "analyse_base_url": bench.server.ingest + "/api",
        **changes,
    }
    return WhyOps(**options)


def test_openai_helper(bench: Bench) -> None:
    """It sets a base URL without `/v1`."""
    bench.script.reply(replies.reply(replies.chat(PLAIN)), replies.sse(replies.chat_events(PLAIN)))
    patched = client(bench).openai(SettableOpenAI(api_key="sk-of-the-user", max_retries=0, timeout=TIMEOUT))
    messages: list[Any] = [{"role": "user", "content": "Answer."}]
    first = patched.chat.completions.create(model=bench.model, messages=messages).choices[0].message
    messages += [first, {"role": "user", "content": "Go on."}]
    stream = patched.chat.completions.create(model=bench.model, messages=messages, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=4)
    frames.assert_signed(first.content or "", PLAIN, thread["threadId"])
    frames.assert_signed(text, PLAIN, thread["threadId"])
    assert sources(bench.reader.events(thread["threadId"])) == ["new"] * 2 + ["signature.v2"] * 2
    for exchange in bench.script.exchanges:
        assert "sk-of-the-user" not in str(exchange.headers)


def test_anthropic_helper(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.message([{"type": "text", "text": PLAIN}])))
    patched = client(bench).anthropic(SettableAnthropic(api_key="sk-of-the-user", max_retries=0, timeout=TIMEOUT))
    message = patched.messages.create(
        model=bench.model, max_tokens=1024, messages=[{"role": "user", "content": "Answer."}]
    )
    [thread] = bench.reader.await_threads(bench.agent, 1, events=2)
    assert message.content[0].type == "text"
    frames.assert_signed(message.content[0].text, PLAIN, thread["threadId"])
    assert "sk-of-the-user" not in str(bench.script.last.headers)


Call = tuple[str, tuple[Any, ...], dict[str, Any]]

CALLS: list[Call] = [
    ("user_message", ([{"role": "user", "content": "Hello \u0633\u0644\u0627\u0645"}],), {"metadata": {"params": {"temperature": 0.5}}}),
    ("llm_thinking", ("Let me think.",), {"signature": "c2ln"}),
    (
        "llm_response",
        ("gpt-x", "openai", "An answer."),
        {"finish_reason": "stop", "usage": {"promptTokens": 3, "completionTokens": 2, "totalTokens": 5}, "latency_ms": 7},
    ),
    ("tool_call_request", ("search", [{"name": "search", "arguments": {"q": "x"}}]), {"span_id": "span-1"}),
    ("tool_call_response", ("search", "span-1", [{"name": "search", "arguments": {}}], {"hits": [1]}), {"latency_ms": 9}),
    ("tool_result", ("search", {"hits": [1, 2.5]}), {}),
    ("embedding_request", (["a", "b"],), {}),
    ("embedding_response", ("emb-x", "openai", 2, 256), {"total_tokens": 4}),
    ("error", ("it failed",), {"status": 503, "stack": "line 1\nline 2"}),
]


def assert_recorded(events: list[Event]) -> None:
    content = {event["eventType"]: event["content"] for event in events}
    metadata = {event["eventType"]: event["metadata"] for event in events}
    assert content["user_message"] == {"messages": CALLS[0][1][0]}
    assert metadata["user_message"]["params"] == {"temperature": 0.5}
    assert content["llm_thinking"] == {"type": "thinking", "thinking": "Let me think.", "signature": "c2ln"}
    assert content["llm_response"] == {"content": "An answer.", "finishReason": "stop"}
    response = metadata["llm_response"]
    assert (response["model"], response["provider"], response["latencyMs"]) == ("gpt-x", "openai", 7)
    assert response["usage"] == {"promptTokens": 3, "completionTokens": 2, "totalTokens": 5}
    assert content["tool_call_request"] == {"toolCalls": [{"name": "search", "arguments": {"q": "x"}}]}
    assert metadata["tool_call_request"]["tool"] == "search"
    assert content["tool_call_response"]["toolResults"] == {"hits": [1]}
    assert content["tool_result"] == {"toolName": "search", "output": {"hits": [1, 2.5]}}
    assert content["embedding_request"] == {"input": ["a", "b"]}
    assert content["embedding_response"]["embeddingCount"] == 2
    assert content["error"] == {"message": "it failed", "status": 503, "stack": "line 1\nline 2"}
    spans = {event["eventType"]: event["spanId"] for event in events}
    assert spans["tool_call_request"] == spans["tool_call_response"] == "span-1"


def test_no_method_is_forgotten(bench: Bench) -> None:
    """What the package offers is called here, in both ways."""
    package = client(bench)
    offered = {name for name in dir(package.trace("t")) if not name.startswith("_")}
    assert offered == {name + way for name, _, _ in CALLS for way in ("", "_sync")}
    assert {name for name in dir(WhyOps) if not name.startswith("_")} == {"openai", "anthropic", "init_agent", "init_agent_sync", "trace"}


def test_nine_methods(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    trace = client(bench).trace(f"manual-{bench.token}")
    for name, values, options in CALLS:
        getattr(trace, f"{name}_sync")(*values, **options)
    events = bench.reader.await_types(f"manual-{bench.token}", *[name for name, _, _ in CALLS])
    assert_recorded(events)
    assert capfd.readouterr().err == ""


def test_nine_methods_async(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    trace = client(bench).trace(f"manual-{bench.token}")

    async def all_of_them() -> None:
        for name, values, options in CALLS:
            method: Callable[..., Any] = getattr(trace, name)
            await method(*values, **options)

    asyncio.run(all_of_them())
    events = bench.reader.await_types(f"manual-{bench.token}", *[name for name, _, _ in CALLS])
    assert_recorded(events)
    assert capfd.readouterr().err == ""


def test_envelope_options(bench: Bench) -> None:
    trace = client(bench).trace(f"manual-{bench.token}")
    for _ in range(2):
        trace.error_sync(
            "once", span_id="s", step_id=7, timestamp="2026-01-02T03:04:05.678Z", idempotency_key=f"key-{bench.token}"
        )
    trace.error_sync("twice", parent_step_id=7)
    trace.error_sync("twice", parent_step_id=7)
    events = bench.reader.events(f"manual-{bench.token}")
    assert [event["content"]["message"] for event in events] == ["once", "twice", "twice"]
    assert (events[0]["stepId"], events[0]["spanId"]) == (7, "s")
    assert events[0]["timestamp"] == "2026-01-02T03:04:05.678Z"
    assert [event["stepId"] for event in events[1:]] == [8, 9]


@pytest.mark.parametrize("way", ["ingest", "proxy"])
def test_agent_registration(bench: Bench, way: str) -> None:
    # A base that answers 404 sends the package to its second address, the proxy.
    changes = {} if way == "ingest" else {"analyse_base_url": bench.server.ingest + "/api/nowhere"}
    for tools, status in ((None, "created"), (None, "existing"), ([TOOL], "created"), (None, "existing")):
        metadata = {**METADATA, "tools": tools} if tools else METADATA
        info = client(bench, agent_metadata=metadata, **changes).init_agent_sync()
        assert info is not None
        assert info["status"] == status, info
        assert uuid.UUID(info["agentId"]) and uuid.UUID(info["agentVersionId"])
        assert len(info["versionHash"]) == 32
    other = client(bench, **({} if way == "proxy" else {"analyse_base_url": bench.server.ingest + "/api/nowhere"}))
    again = asyncio.run(other.init_agent())
    assert again is not None and again["agentId"] == info["agentId"] and again["status"] == "existing"


def test_manual_and_proxied_events_share_a_trace(bench: Bench) -> None:
    trace_id = f"mixed-{bench.token}"
    client(bench).trace(trace_id).tool_result_sync("f", {"x": 1})
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    bench.openai(headers={"X-Trace-ID": trace_id}).chat.completions.create(
        model=bench.model, messages=[{"role": "user", "content": "Answer."}]
    )
    bench.reader.await_types(trace_id, "tool_result", "user_message", "llm_response")
