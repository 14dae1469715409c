"""Nothing that passed the proxy is lost on its way into the store, however odd it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

import replies
import vendors
from bench import Bench
from conftest import MakeBench, StartServer
from reader import user_text
from test_bad_input import ROUTES
from test_upstream_faults import PLAIN, good


def test_same_request_twice_is_two_exchanges(bench: Bench) -> None:
    """Equal content is no repetition of an event."""
    for _ in range(3):
        bench.script.reply(replies.reply(replies.chat(PLAIN)))
        head = bench.headers(X_Trace_ID=f"trace-{bench.token}")
        bench.fetch(ROUTES["openai"], good(bench), headers=head)
    bench.reader.await_types(f"trace-{bench.token}", *["user_message", "llm_response"] * 3)


@pytest.mark.parametrize("size", [1, 8], ids=["1 MiB", "8 MiB"])
def test_large_request_and_reply(bench: Bench, size: int) -> None:
    text = "many words, " * (size * 1024 * 1024 // 12) + "to the end."
    bench.script.reply(replies.reply(replies.chat(text)))
    body = replies.encode({"model": bench.model, "messages": [{"role": "user", "content": text}]})
    reply = bench.fetch(ROUTES["openai"], body)
    assert reply.status == 200
    events = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert user_text(events[0]) == text
    assert events[1]["content"]["content"] == text


ODD_HEADERS: dict[str, dict[str, str | bytes]] = {
    "long user": {"X_External_User_Id": "u" * 300},
    "user in UTF-8": {"X_External_User_Id": "us\u00e9r".encode()},
    "user in latin-1": {"X_External_User_Id": b"us\xe9r"},
    "agent in UTF-8": {"X_Agent_Name": "ag\u00e9nt".encode()},
    "agent in latin-1": {"X_Agent_Name": b"ag\xe9nt"},
    "longest agent": {"X_Agent_Name": "a" * 255},
    "agent with spaces": {"X_Agent_Name": "an agent / of mine"},
}


@pytest.mark.parametrize("name", ODD_HEADERS)
def test_odd_headers_lose_no_event(bench: Bench, name: str) -> None:
    """Either the request is refused with a 400, or it is recorded."""
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    head = bench.headers(X_Trace_ID=f"trace-{bench.token}", **ODD_HEADERS[name])
    reply = bench.fetch(ROUTES["openai"], good(bench), headers=head)
    if reply.status == 400:
        assert bench.script.exchanges == []
        return
    assert reply.status == 200, reply.body
    bench.reader.await_types(f"trace-{bench.token}", "user_message", "llm_response")


ODD_REPLIES: dict[str, Any] = {
    "long finish reason": {"finish_reason": "f" * 500},
    "finish reason a number": {"finish_reason": 7},
    "NUL": {"message": {"role": "assistant", "content": "a\u0000b c d."}},
    "lone surrogate": {"message": {"role": "assistant", "content": "lone \ud83d surrogate here."}},
    "call without function": {"message": {"role": "assistant", "content": None, "tool_calls": [{"id": "x"}]}},
    "call of a number": {"message": {"role": "assistant", "content": None, "tool_calls": [7]}},
    "deep arguments": {
        "message": {"role": "assistant", "tool_calls": [replies.tool_call("c", "f", "[" * 500 + "]" * 500)]}
    },
    "no message": {"message": None},
}


@pytest.mark.parametrize("name", ODD_REPLIES)
def test_odd_replies_lose_no_event(bench: Bench, name: str) -> None:
    value = replies.chat(PLAIN)
    value["choices"][0].update(ODD_REPLIES[name])
    body = json.dumps(value).encode()
    bench.script.reply(replies.http(200, body))
    reply = bench.fetch(ROUTES["openai"], good(bench))
    assert reply.status == 200
    if b'"content": "' not in body:
        assert reply.body == body
    bench.reader.await_types(reply.trace, "user_message", "llm_response")


ODD_USAGE: dict[str, Any] = {
    "negative": {"prompt_tokens": -1, "completion_tokens": -2, "total_tokens": -3},
    "fractions": {"prompt_tokens": 1.5, "completion_tokens": 1e3, "total_tokens": "many"},
    "beyond 64 bits": {"prompt_tokens": 10**30, "completion_tokens": 2, "total_tokens": 10**30},
    "null": None,
    "list": [1],
}


@pytest.mark.parametrize("name", ODD_USAGE)
def test_odd_usage_loses_no_event(bench: Bench, name: str) -> None:
    for anthropic in (False, True):
        value = replies.message([{"type": "text", "text": PLAIN}]) if anthropic else replies.chat(PLAIN)
        value["usage"] = ODD_USAGE[name]
        if anthropic and isinstance(value["usage"], dict):
            value["usage"] = {"input_tokens": value["usage"]["prompt_tokens"], "output_tokens": 10**30}
        bench.script.reply(replies.reply(value))
        reply = bench.fetch(ROUTES["anthropic" if anthropic else "openai"], good(bench))
        assert reply.status == 200
        bench.reader.await_types(reply.trace, "user_message", "llm_response")


def test_request_metadata(bench: Bench) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    messages = [{"role": "system", "content": "You are brief."}, {"role": "user", "content": "Answer."}]
    value = {"model": bench.model, "messages": messages, "tools": [tool], "temperature": 0.5, "top_p": 0.25}
    reply = bench.fetch(ROUTES["openai"], replies.encode(value))
    [request, response] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    metadata = request["metadata"]
    assert metadata["systemPrompt"] == "You are brief."
    assert metadata["tools"] == [tool]
    assert metadata["params"]["temperature"] == 0.5
    assert (metadata["model"], metadata["provider"]) == (bench.model, "openai")
    assert response["metadata"]["latencyMs"] >= 0
    assert request["agentName"] == response["agentName"] == bench.agent


# What the official clients can ask for beside their messages, and what its event calls that.
ASKED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "openai": (
        {"temperature": 0.5, "top_p": 0.25, "frequency_penalty": 0.1, "presence_penalty": -0.2, "reasoning_effort": "low",
         "max_completion_tokens": 900},
        {"temperature": 0.5, "topP": 0.25, "frequencyPenalty": 0.1, "presencePenalty": -0.2, "reasoningEffort": "low",
         "maxTokens": 900},
    ),
    "anthropic": (
        {"extra_body": {"temperature": 1.0, "top_p": 0.97, "top_k": 40}, "stop_sequences": ["END"], "max_tokens": 2000,
         "tool_choice": {"type": "auto"}, "thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"temperature": 1.0, "topP": 0.97, "topK": 40, "stopSequences": ["END"], "maxTokens": 2000,
         "toolChoice": {"type": "auto"}, "thinking": {"type": "enabled", "budget_tokens": 1024}},
    ),
    "responses": (
        {"temperature": 0.5, "top_p": 0.25, "max_output_tokens": 900, "truncation": "auto", "reasoning": {"effort": "low"},
         "tool_choice": "auto", "parallel_tool_calls": False, "previous_response_id": "resp_of_nobody"},
        {"temperature": 0.5, "topP": 0.25, "maxOutputTokens": 900, "truncation": "auto", "reasoning": {"effort": "low"},
         "toolChoice": "auto", "parallelToolCalls": False, "previousResponseId": "resp_of_nobody"},
    ),
}


@vendors.each_vendor
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_all_that_a_call_asks_for(bench: Bench, vendor: str, streams: bool) -> None:
    """EXC-50, EXC-56: one event of what was asked and one of what was answered, with one span and the same names."""
    options, named = ASKED[vendor]
    tool: Any = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}
    if vendor == "openai":
        tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    elif vendor == "anthropic":
        tool = {"name": "f", "input_schema": {"type": "object"}}
    turns: list[Any] = [{"role": "user", "content": "Answer."}]
    request: dict[str, Any] = {"model": bench.model, "tools": [tool], **options}
    if vendor == "openai":
        turns.insert(0, {"role": "developer", "content": "You are brief."})
    else:
        request["system" if vendor == "anthropic" else "instructions"] = "You are brief."
    request["input" if vendor == "responses" else "messages"] = turns
    if streams:
        bench.script.reply(replies.sse(vendors.events(vendor, PLAIN)))
        for _ in vendors.create(bench, vendor)(**request, stream=True):
            pass
    else:
        bench.script.reply(replies.reply(vendors.whole(vendor, PLAIN)))
        vendors.create(bench, vendor)(**request)
    [thread] = bench.reader.await_threads(bench.agent, 1, 2)
    asked, answered = bench.reader.await_types(thread["threadId"], "user_message", "llm_response")
    provider = "anthropic" if vendor == "anthropic" else "openai"
    for event in (asked, answered):
        metadata = event["metadata"]
        assert (metadata["model"], metadata["provider"], event["agentName"]) == (bench.model, provider, bench.agent)
        assert event["spanId"] == asked["spanId"]
    assert asked["content"] == turns
    metadata = asked["metadata"]
    assert (metadata["systemPrompt"], metadata["tools"]) == ("You are brief.", [tool])
    assert {name: (metadata if vendor == "anthropic" else metadata["params"]).get(name) for name in named} == named
    assert answered["content"]["content"] == PLAIN and answered["content"]["finishReason"] == vendors.FINISHED[vendor]
    assert answered["metadata"]["latencyMs"] >= 0 and ("timeToFirstTokenMs" in answered["metadata"]) == streams


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({"max_tokens": 7}, 7),
        ({"max_tokens": None, "max_completion_tokens": 8}, 8),
        ({"max_tokens": 7, "max_completion_tokens": 8}, 7),
    ],
)
def test_limit_under_either_name(bench: Bench, more: dict[str, Any], count: int) -> None:
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    reply = bench.fetch(ROUTES["openai"], good(bench, **more))
    [request, _] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert request["metadata"]["params"]["maxTokens"] == count


def test_recorded_before_the_server_stops(start: StartServer, make_bench: MakeBench) -> None:
    """Fifty exchanges, then SIGTERM at once: all of them are in the store."""
    server = start().ready()
    bench = make_bench(server)
    bench.script.answer(lambda _: replies.reply(replies.chat(PLAIN)))
    traces = [bench.fetch(ROUTES["openai"], good(bench)).trace for _ in range(50)]
    assert server.stop() == 0
    bench.server = start().ready()
    for trace_id in traces:
        bench.reader.await_types(trace_id, "user_message", "llm_response")
