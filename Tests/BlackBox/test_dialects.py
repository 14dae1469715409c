"""Servers that speak OpenAI's API in their own way: every byte of theirs passes, their text is signed, and the record is
that of any reply.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

import frames
import replies
from bench import Bench
from dialects import DIALECTS, PLAIN, Dialect, openrouter_that_fails
from reader import Event

each_dialect = pytest.mark.parametrize("name", DIALECTS)


def request(bench: Bench, dialect: Dialect) -> dict[str, Any]:
    return {"model": bench.model, "messages": [{"role": "user", "content": "Where is it?"}], "stream": True, **dialect.request}


def calls_of(event: Event) -> list[tuple[str, str, str]]:
    calls = event["content"].get("toolCalls", [])
    return [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in calls]


@each_dialect
def test_every_byte_passes_and_the_record_is_right(bench: Bench, name: str) -> None:
    dialect = DIALECTS[name]
    bench.script.reply(replies.sse(dialect.events))
    reply = bench.fetch("/v1/chat/completions", replies.encode(request(bench, dialect)))
    assert frames.ids_in_bytes(reply.body) == [reply.trace] * dialect.is_signed
    stream = b"".join(dialect.events)
    # Where the finish chunk has text itself the frame stands in that, else in a chunk of its own (EXC-32).
    assert stream in (frames.without_added_event(reply.body), frames.strip_bytes(reply.body))
    [_, event] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    content, metadata = event["content"], event["metadata"]
    assert (content.get("content"), content.get("finishReason")) == (dialect.text, dialect.finish)
    assert calls_of(event) == dialect.calls
    usage = metadata.get("usage")
    assert (usage and (usage["promptTokens"], usage["completionTokens"])) == dialect.tokens
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


def test_error_of_openrouter(bench: Bench) -> None:
    """It comes in a stream that ends in order, beside a finish reason of `error`."""
    events = openrouter_that_fails()
    bench.script.reply(replies.sse(events))
    reply = bench.fetch("/v1/chat/completions", replies.encode(request(bench, DIALECTS["OpenRouter"])))
    assert reply.body == b"".join(events)
    [_, response, error] = bench.reader.await_types(reply.trace, "user_message", "llm_response", "error")
    assert response["content"] == {"content": PLAIN, "finishReason": "error"}
    assert "Provider disconnected" in json.dumps(error["content"])
