"""Streams of servers that speak Anthropic's API, or OpenAI's Responses, in their own way."""

from __future__ import annotations

import json
import re
from typing import Any, Callable

import replies
import responses
from dialects import PLAIN, THOUGHT, Dialect
from replies import data

Value = dict[str, Any]


def rewritten(events: list[bytes], change: Callable[[Value], Value | None]) -> list[bytes]:
    """The events with each value changed, and without those that become none."""
    made = []
    for event in events:
        head, _, body = event.partition(b"data: ")
        value = change(json.loads(body))
        if value is not None:
            made.append(head + data(value))
    return made


def _without(*names: str) -> Callable[[Value], Value]:
    return lambda value: {name: member for name, member in value.items() if name not in names}


def _bare(events: list[bytes]) -> list[bytes]:
    """Without the line that names each event."""
    return [re.sub(rb"\Aevent: [^\n]*\n", b"", event) for event in events]


# Anthropic's

_TEXT = {"type": "text", "text": PLAIN}
_PLAIN = replies.message_events([_TEXT])
_NO_PING = [event for event in _PLAIN if not event.startswith(b"event: ping")]
_THOUGHTS = replies.message_events([{"type": "thinking", "thinking": THOUGHT, "signature": "c2ln"}, _TEXT])


def _metrics(value: Value) -> Value:
    """As Bedrock ends a stream."""
    metrics = {"inputTokenCount": 12, "outputTokenCount": 8, "invocationLatency": 1543, "firstByteLatency": 402}
    return {**value, "amazon-bedrock-invocationMetrics": metrics} if value["type"] == "message_stop" else value


def _late_usage(value: Value) -> Value:
    """The tokens of the prompt are not known at the start."""
    if value["type"] == "message_start":
        value["message"]["usage"] = {"input_tokens": 0, "output_tokens": 0}
    elif value["type"] == "message_delta":
        value["usage"] = {"input_tokens": 12, "output_tokens": 8, "cache_read_input_tokens": 0}
    return value


def _unsealed(value: Value) -> Value | None:
    """Thoughts without a signature, neither at their start nor at their end."""
    if (value.get("delta") or {}).get("type") == "signature_delta":
        return None
    (value.get("content_block") or {}).pop("signature", None)
    return value


MESSAGES: dict[str, Dialect] = {
    "Bedrock": Dialect(rewritten(_NO_PING, _metrics), finish="end_turn", tokens=(12, 8)),
    "vLLM's messages": Dialect([*_NO_PING, replies.DONE], finish="end_turn", tokens=(12, 8)),
    "tokens at the end": Dialect(rewritten(_PLAIN, _late_usage), finish="end_turn", tokens=(12, 8)),
    "thoughts without a seal": Dialect(rewritten(_THOUGHTS, _unsealed), finish="end_turn", tokens=(12, 8), thoughts=[THOUGHT]),
    "messages without names": Dialect(_bare(_PLAIN), finish="end_turn", tokens=(12, 8)),
    "a call in one piece": Dialect(
        [
            *replies.message_events([{"type": "tool_use", "id": "toolu_7", "name": "find", "input": {}}], stop="tool_use")[:2],
            replies.named("content_block_delta", {"index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"q": "x"}'}}),
            *replies.message_events([{"type": "tool_use", "id": "toolu_7", "name": "find", "input": {}}], stop="tool_use")[-3:],
        ],
        text=None, finish="tool_use", tokens=(12, 8), calls=[("toolu_7", "find", '{"q": "x"}')], is_signed=False,
    ),
}  # fmt: skip

# Responses

_RESPONSE = responses.events(responses.response("r", responses.message("m", PLAIN), model="served"))
_BARE_MEMBERS = ("sequence_number", "obfuscation", "logprobs")


def _filtered(value: Value) -> Value:
    """As Azure says of every response what its filters found."""
    if "response" in value:
        value["response"]["content_filters"] = [{"blocked": False, "source_type": "prompt", "content_filter_results": {}}]
    return value


def _empty_end(value: Value) -> Value:
    """The last response has none of the items that came before."""
    if value["type"] == "response.completed":
        value["response"]["output"] = []
    return value


def _no_parts(value: Value) -> Value | None:
    return None if value["type"].startswith("response.content_part") else value


def _reasoning() -> list[bytes]:
    """Thoughts as texts of their own, as models that can be downloaded have them."""
    item = {"id": "rs_1", "type": "reasoning", "summary": [], "status": "completed"}
    whole = {**item, "content": [{"type": "reasoning_text", "text": THOUGHT}]}
    place = {"item_id": "rs_1", "output_index": 0, "content_index": 0}
    final = responses.response("r", whole, responses.message("m", PLAIN), model="served")
    said = rewritten(responses.events(final), lambda value: None if "rs_1" in json.dumps(value.get("item", {})) else value)
    thought = [
        replies.named("response.output_item.added", {"output_index": 0, "item": {**item, "content": []}}),
        *(replies.named("response.reasoning_text.delta", {**place, "delta": word}) for word in replies.words(THOUGHT)),
        replies.named("response.reasoning_text.done", {**place, "text": THOUGHT}),
        replies.named("response.output_item.done", {"output_index": 0, "item": whole}),
    ]
    return rewritten([*said[:2], *thought, *said[2:]], _without("sequence_number"))


RESPONSES: dict[str, Dialect] = {
    "responses without numbers": Dialect(rewritten(_RESPONSE, _without(*_BARE_MEMBERS)), finish="completed", tokens=(21, 9)),
    "OpenRouter's responses": Dialect(
        [b": OPENROUTER PROCESSING\n\n", *_RESPONSE, replies.DONE], finish="completed", tokens=(21, 9)
    ),
    "Azure's responses": Dialect(rewritten(_RESPONSE, _filtered), finish="completed", tokens=(21, 9)),
    "responses without names": Dialect(_bare(_RESPONSE), finish="completed", tokens=(21, 9)),
    "responses without parts": Dialect(rewritten(_RESPONSE, _no_parts), finish="completed", tokens=(21, 9)),
    "responses with an empty end": Dialect(rewritten(_RESPONSE, _empty_end), finish="completed", tokens=(21, 9)),
    "thoughts as texts": Dialect(_reasoning(), finish="completed", tokens=(21, 9), thoughts=[THOUGHT]),
}
