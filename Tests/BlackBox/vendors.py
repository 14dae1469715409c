"""The three routes whose replies are read, and one plain exchange of each: its request, its reply whole and streamed."""

from __future__ import annotations

import re
from typing import Any, Callable

import pytest

import frames
import replies
import responses
from bench import Bench

ROUTES = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages", "responses": "/v1/responses"}

PLAIN = "Here is a plain answer."

# How many events of a stream of PLAIN bring the client BEGUN.
_UNTIL = {"openai": 4, "anthropic": 6, "responses": 7}
BEGUN = "Here is a"

# What the record says of a reply that came to its end.
FINISHED = {"openai": "stop", "anthropic": "end_turn", "responses": "completed"}

each_vendor = pytest.mark.parametrize("vendor", list(ROUTES))


def create(bench: Bench, vendor: str, **options: Any) -> Callable[..., Any]:
    """What the official client calls, through the proxy; `options` are the client's."""
    if vendor == "anthropic":
        return bench.anthropic(**options).messages.create
    client = bench.openai(**options)
    return client.responses.create if vendor == "responses" else client.chat.completions.create


def asked(vendor: str, content: Any, **more: Any) -> dict[str, Any]:
    """A request with one turn of the user, all but its model."""
    turns = [{"role": "user", "content": content}]
    if vendor == "responses":
        return {"max_output_tokens": 1024, "input": turns, **more}
    return {"max_tokens": 1024, "messages": turns, **more}


def whole(vendor: str, text: str) -> dict[str, Any]:
    if vendor == "anthropic":
        return replies.message([{"type": "text", "text": text}])
    if vendor == "responses":
        return responses.response("scripted", responses.message("scripted", text))
    return replies.chat(text)


def events(vendor: str, text: str) -> list[bytes]:
    """The stream of `whole`."""
    if vendor == "anthropic":
        return replies.message_events([{"type": "text", "text": text}])
    if vendor == "responses":
        return responses.events(whole(vendor, text))
    return replies.chat_events(text)


def begun(vendor: str) -> list[bytes]:
    """The stream of PLAIN until BEGUN has come."""
    return events(vendor, PLAIN)[: _UNTIL[vendor]]


def plain(stream: bytes) -> bytes:
    """Without what the proxy puts in: frames, and the numbers that an added event moves (EXC-41)."""
    return re.sub(rb'"sequence_number":\d+,', b"", frames.strip_bytes(stream))
