"""Servers that speak an API in their own way: every byte of theirs passes, their text is signed, and the record is
that of any reply.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

import frames
import replies
from bench import Bench
from dialects import DIALECTS, PLAIN, THOUGHT, WHOLE, Dialect, openrouter_that_fails, whole
from dialects_native import MESSAGES, RESPONSES
from differential import both
from reader import Event
from vendors import ROUTES, asked, plain

each_dialect = pytest.mark.parametrize("name", DIALECTS)


def request(bench: Bench, dialect: Dialect) -> dict[str, Any]:
    return {"model": bench.model, "messages": [{"role": "user", "content": "Where is it?"}], "stream": True, **dialect.request}


def calls_of(event: Event) -> list[tuple[str, str, str]]:
    calls = event["content"].get("toolCalls", [])
    return [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in calls]


def tokens_of(event: Event) -> tuple[int, int] | None:
    usage = event["metadata"].get("usage")
    return usage and (usage["promptTokens"], usage["completionTokens"])


def without_ours(stream: bytes) -> bytes:
    """A stream of either API without the delta that is a frame, the frames of its copies, and the numbers of its events."""
    kept = []
    for event in stream.split(b"\n\n"):
        value = json.loads(event.partition(b"data: ")[2]) if frames.ids_in_bytes(event) else {}
        delta = value.get("delta")
        text = delta.get("text") if isinstance(delta, dict) else delta
        if not isinstance(text, str) or frames.strip(text):
            kept.append(event)
    return plain(b"\n\n".join(kept))


@each_dialect
def test_every_byte_passes_and_the_record_is_right(bench: Bench, name: str) -> None:
    dialect = DIALECTS[name]
    bench.script.reply(replies.sse(dialect.events))
    reply = bench.fetch("/v1/chat/completions", replies.encode(request(bench, dialect)))
    assert frames.ids_in_bytes(reply.body) == [reply.trace] * dialect.is_signed
    stream = b"".join(dialect.events)
    # Where the finish chunk has text itself the frame stands in that, else in a chunk of its own (EXC-32).
    assert stream in (frames.without_added_event(reply.body), frames.strip_bytes(reply.body))
    check_record(bench, reply.trace, dialect)


def check_record(bench: Bench, trace: str, dialect: Dialect) -> None:
    [_, *thoughts, event] = bench.reader.await_types(trace, "user_message", *["llm_thinking"] * len(dialect.thoughts), "llm_response")
    # EXC-92, EXC-93
    assert [thought["content"].get("thinking") or thought["content"].get("data") for thought in thoughts] == dialect.thoughts
    assert {(thought["spanId"], thought["metadata"]["model"]) for thought in thoughts} <= {(event["spanId"], event["metadata"]["model"])}
    content, metadata = event["content"], event["metadata"]
    assert (content.get("content"), content.get("finishReason")) == (dialect.text, dialect.finish)
    assert calls_of(event) == dialect.calls
    assert tokens_of(event) == dialect.tokens
    assert metadata["responseModel"] == dialect.model and metadata["responseId"]


@each_dialect
def test_clients_read_it_as_without_us(bench: Bench, name: str) -> None:
    """Chunk by chunk; the one of ours has the names of its neighbours, a text and nothing else."""
    dialect = DIALECTS[name]
    bench.script.reply(replies.sse(dialect.events), replies.sse(dialect.events))
    given = []
    for client in (bench.openai_direct(), bench.openai()):
        given.append([chunk.model_dump(warnings=False) for chunk in client.chat.completions.create(**request(bench, dialect))])
    direct, proxied = given
    added = [chunk for chunk in proxied if frames.ids_in_bytes(replies.encode(chunk)) and chunk not in direct]
    if added and frames.strip(added[0]["choices"][0]["delta"]["content"]) == "":
        place = proxied.index(added[0])
        proxied.remove(added[0])
        names = ("id", "object", "created", "model")
        assert [added[0][one] for one in names] == [direct[place][one] for one in names]
    assert len(added) == dialect.is_signed
    assert json.loads(frames.strip_bytes(replies.encode(proxied))) == direct


@pytest.mark.parametrize("name", WHOLE)
def test_whole_reply_leaves_the_record_of_a_stream(bench: Bench, name: str) -> None:
    """EXC-51"""
    value = replies.encode(whole(name))
    bench.script.reply(replies.http(200, value))
    reply = bench.fetch("/v1/chat/completions", replies.encode({**request(bench, DIALECTS[name]), "stream": False}))
    assert frames.ids_in_bytes(reply.body) == [reply.trace] * DIALECTS[name].is_signed
    assert frames.strip_bytes(reply.body) == value
    check_record(bench, reply.trace, DIALECTS[name])


NATIVE = {**{name: ("anthropic", dialect) for name, dialect in MESSAGES.items()}, **{name: ("responses", dialect) for name, dialect in RESPONSES.items()}}


@pytest.mark.parametrize("name", NATIVE)
def test_other_apis(bench: Bench, name: str) -> None:
    vendor, dialect = NATIVE[name]
    bench.script.reply(replies.sse(dialect.events))
    request = {"model": bench.model, **asked(vendor, "Where is it?"), "stream": True}
    reply = bench.fetch(ROUTES[vendor], replies.encode(request))
    assert set(frames.ids_in_bytes(reply.body)) == ({reply.trace} if dialect.is_signed else set())
    assert without_ours(reply.body) == plain(b"".join(dialect.events))
    [_, *thoughts, event] = bench.reader.await_types(
        reply.trace, "user_message", *["llm_thinking"] * len(dialect.thoughts), "llm_response"
    )
    assert [thought["content"]["thinking"] for thought in thoughts] == dialect.thoughts
    assert (event["content"].get("content"), event["content"].get("finishReason")) == (dialect.text, dialect.finish)
    assert calls_of(event) == dialect.calls and tokens_of(event) == dialect.tokens


@pytest.mark.parametrize("name", NATIVE)
def test_clients_of_other_apis_read_it_as_without_us(bench: Bench, name: str) -> None:
    vendor, dialect = NATIVE[name]

    def call(client: Any, suffix: str) -> Any:
        create = client.messages.create if vendor == "anthropic" else client.responses.create
        events = [event.model_dump(warnings=False) for event in create(model=bench.model, **asked(vendor, "Where is it?"), stream=True)]
        for event in events:
            event.pop("sequence_number", None)
        texts = [event["delta"].get("text") if isinstance(event.get("delta"), dict) else event.get("delta") for event in events]
        return [event for event, text in zip(events, texts) if text is None or frames.strip(text)]

    made = both(bench, "anthropic" if vendor == "anthropic" else "openai", replies.sse(dialect.events), call)
    assert made.proxied == made.direct
    # Anthropic's client reads nothing of events without a line that names them.
    assert made.direct or name == "messages without names"


def test_error_of_openrouter(bench: Bench) -> None:
    """It comes in a stream that ends in order, beside a finish reason of `error`."""
    events = openrouter_that_fails()
    bench.script.reply(replies.sse(events))
    reply = bench.fetch("/v1/chat/completions", replies.encode(request(bench, DIALECTS["OpenRouter"])))
    assert reply.body == b"".join(events)
    [_, thought, response, error] = bench.reader.await_types(reply.trace, "user_message", "llm_thinking", "llm_response", "error")
    assert thought["content"] == {"type": "thinking", "thinking": THOUGHT}
    assert response["content"] == {"content": PLAIN, "finishReason": "error"}
    assert "Provider disconnected" in json.dumps(error["content"])
