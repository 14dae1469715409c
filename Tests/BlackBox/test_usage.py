"""Counts of tokens as the record has them: nothing left out, and what contains what is said (EXC-54)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import replies
import vendors
from bench import Bench
from vendors import PLAIN, ROUTES, each_vendor

CACHED = {
    "input_tokens": 12,
    "cache_creation_input_tokens": 300,
    "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
    "cache_read_input_tokens": 4000,
    "output_tokens": 50,
    "output_tokens_details": {"thinking_tokens": 30},
}
RECORDED = {
    "promptTokens": 12,
    "completionTokens": 50,
    "totalTokens": 12 + 300 + 4000 + 50,
    "cacheReadTokens": 4000,
    "cacheCreationTokens": 300,
    "cacheWrite5mTokens": 100,
    "cacheWrite1hTokens": 200,
    "reasoningTokens": 30,
    "cacheAccounting": "exclusive",
}


def usage(bench: Bench, vendor: str, stream: bool) -> Any:
    body = replies.encode({"model": bench.model, **vendors.asked(vendor, "Answer.", stream=stream)})
    reply = bench.fetch(ROUTES[vendor], body)
    [_, response] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    return response["metadata"].get("usage")


def with_usage(event: bytes, change: Any) -> bytes:
    """An Anthropic event with other counts."""
    head, data = event.split(b"\ndata: ")
    value = json.loads(data)
    holder = value["message"] if "message" in value else value
    holder["usage"] = change
    return head + b"\ndata: " + replies.encode(value) + b"\n\n"


STARTS = {**CACHED, "output_tokens": 1, "output_tokens_details": {"thinking_tokens": 0}}
ENDS = {"output_tokens": 50, "output_tokens_details": {"thinking_tokens": 30}}

# How Anthropic's streams tell them: all at the start and the output again at the end, or everything again.
ENDINGS = {"the output only": ENDS, "everything": CACHED, "as totals so far": {**CACHED, "cache_creation": None}}


def test_cache_and_thinking_of_a_whole_message(bench: Bench) -> None:
    message = replies.message([{"type": "text", "text": PLAIN}])
    bench.script.reply(replies.reply({**message, "usage": CACHED}))
    assert usage(bench, "anthropic", False) == RECORDED


@pytest.mark.parametrize("name", ENDINGS)
def test_cache_and_thinking_of_a_stream(bench: Bench, name: str) -> None:
    events = vendors.events("anthropic", PLAIN)
    events[0] = with_usage(events[0], STARTS)
    events[-2] = with_usage(events[-2], ENDINGS[name])
    bench.script.reply(replies.sse(events))
    assert usage(bench, "anthropic", True) == RECORDED


def test_cache_that_was_not_used_is_left_out(bench: Bench) -> None:
    counts = {
        "input_tokens": 12,
        "cache_creation_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "cache_read_input_tokens": 0,
        "output_tokens": 50,
        "server_tool_use": None,
        "service_tier": "standard",
    }
    bench.script.reply(replies.reply({**replies.message([{"type": "text", "text": PLAIN}]), "usage": counts}))
    expected = {"promptTokens": 12, "completionTokens": 50, "totalTokens": 62, "serviceTier": "standard", "cacheAccounting": "exclusive"}
    assert usage(bench, "anthropic", False) == expected


ODD: dict[str, Any] = {
    "none": None,
    "a number": 5,
    "a list": [1],
    "texts": {"input_tokens": "12", "prompt_tokens": "12"},
    "nested wrongly": {"cache_creation": 5, "output_tokens_details": [], "prompt_tokens_details": 0, "input_tokens_details": 1},
}


@each_vendor
@pytest.mark.parametrize("name", ODD)
def test_odd_counts_do_no_harm(bench: Bench, vendor: str, name: str) -> None:
    """The reply goes on as ever, and the event claims no count that was not there."""
    bench.script.reply(replies.reply({**vendors.whole(vendor, PLAIN), "usage": ODD[name]}))
    found = usage(bench, vendor, False) or {}
    assert not any(isinstance(value, int) and value for value in found.values()), found
