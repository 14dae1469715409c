"""How long a model took to its first word (EXC-70)."""

from __future__ import annotations

from typing import Any

import pytest

import replies
import responses
from bench import Bench
from script import Pause
from test_equal_events import PATHS
from test_upstream_faults import PLAIN

LONG = 0.3  # seconds that the model takes before its first word, and after it


def events_of(kind: str, token: str) -> tuple[list[bytes], bytes]:
    """A stream, and the piece of its first event that a model made."""
    if kind == "chat":
        return [b": heartbeat\n\n", *replies.chat_events(PLAIN)], b'"content":"'
    if kind == "messages":
        return replies.message_events([{"type": "text", "text": PLAIN}]), b"text_delta"
    return responses.events(responses.response(token, responses.message(token, PLAIN))), b"output_text.delta"


def ask(bench: Bench, kind: str, **more: Any) -> bytes:
    question = {"role": "user", "content": "Answer."}
    asked = {"input": [question]} if kind == "responses" else {"messages": [question], "max_tokens": 1024}
    return replies.encode({"model": bench.model, **asked, **more})


@pytest.mark.parametrize("kind", PATHS)
def test_first_word_counts(bench: Bench, kind: str) -> None:
    """What comes before it, the head, comments, roles and openings, does not; what comes after it does not either."""
    events, mark = events_of(kind, bench.token)
    first = next(at for at, event in enumerate(events) if mark in event and b'"content":""' not in event)
    rest = Pause(LONG)
    bench.script.reply(replies.sse([*events[:first], rest, events[first], rest, *events[first + 1 :]]))
    reply = bench.fetch(PATHS[kind], ask(bench, kind, stream=True))
    [_, answer] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    taken, latency = answer["metadata"]["timeToFirstTokenMs"], answer["metadata"]["latencyMs"]
    # Both are cut to whole milliseconds.
    assert taken >= 1000 * LONG - 1
    assert latency - taken >= 1000 * LONG - 1


@pytest.mark.parametrize("kind", PATHS)
def test_whole_reply_has_none(bench: Bench, kind: str) -> None:
    whole: dict[str, Any] = {
        "chat": replies.chat(PLAIN),
        "messages": replies.message([{"type": "text", "text": PLAIN}]),
        "responses": responses.response(bench.token, responses.message(bench.token, PLAIN)),
    }
    bench.script.reply(replies.reply(whole[kind]))
    reply = bench.fetch(PATHS[kind], ask(bench, kind))
    [_, answer] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert "timeToFirstTokenMs" not in answer["metadata"]


def test_stream_without_a_word_has_none(bench: Bench) -> None:
    bench.script.reply(replies.sse(replies.chat_events("")))
    reply = bench.fetch(PATHS["chat"], ask(bench, "chat", stream=True))
    [_, answer] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert "timeToFirstTokenMs" not in answer["metadata"]
