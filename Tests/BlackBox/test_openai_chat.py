"""Conversations with the official OpenAI client: one trace, honest bytes both ways."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

import frames
import replies
from bench import Bench
from reader import assert_no_frames, reply_text, sources, user_text

TEXTS = [
    "Paris is the capital of France.",
    "It has about two million inhabitants, more with its suburbs.",
    "The river that runs through it is the Seine!",
]
QUESTIONS = ["What is the capital of France?", "How many people live there?", "Which river?"]

Messages = list[Any]


def ask(client: openai.OpenAI, model: str, messages: Messages) -> Any:
    """One turn; the message as the client would append it."""
    return client.chat.completions.create(model=model, messages=messages).choices[0].message


def ask_streaming(client: openai.OpenAI, model: str, messages: Messages) -> Any:
    stream = client.chat.completions.create(
        model=model, messages=messages, stream=True, stream_options={"include_usage": True}
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    return {"role": "assistant", "content": text}


def content_of(turn: Any) -> str:
    text = turn["content"] if isinstance(turn, dict) else turn.content
    assert isinstance(text, str)
    return text


def converse(turn: Any, client: openai.OpenAI, model: str) -> Messages:
    messages: Messages = [{"role": "system", "content": "You are brief."}]
    for question in QUESTIONS:
        messages.append({"role": "user", "content": question})
        messages.append(turn(client, model, messages))
    return messages


def script(bench: Bench, streaming: bool, repeat: int = 1) -> None:
    for text in TEXTS * repeat:
        if streaming:
            bench.script.reply(replies.sse(replies.chat_events(text, model=bench.model)))
        else:
            bench.script.reply(replies.reply(replies.chat(text, model=bench.model)))


@pytest.mark.parametrize("path", ["/v1", "", "/v1/v1"])
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_conversation_is_one_trace(bench: Bench, streaming: bool, path: str) -> None:
    script(bench, streaming)
    messages = converse(ask_streaming if streaming else ask, bench.openai(path), bench.model)

    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    trace_id = thread["threadId"]
    events = bench.reader.await_types(trace_id, *["user_message", "llm_response"] * 3)
    assert sources(events) == ["new"] * 2 + ["signature.v2"] * 4
    assert [user_text(event) for event in events[::2]] == QUESTIONS
    assert [reply_text(event) for event in events[1::2]] == TEXTS
    assert [event["content"]["finishReason"] for event in events[1::2]] == ["stop"] * 3
    assert_no_frames(events)
    for turn, text in zip(messages[2::2], TEXTS):
        frames.assert_signed(content_of(turn), text, trace_id)
    assert {exchange.target for exchange in bench.script.exchanges} == {"/v1/chat/completions"}


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_upstream_bodies_are_what_the_client_sends_without_us(bench: Bench, streaming: bool) -> None:
    script(bench, streaming, repeat=2)
    turn = ask_streaming if streaming else ask
    signed = converse(turn, bench.openai(), bench.model)
    assert all(frames.ids(content_of(one)) for one in signed[2::2])
    converse(turn, bench.openai_direct(), bench.model)

    bodies = [exchange.body for exchange in bench.script.wait(6)]
    for body in bodies:
        frames.assert_clean(body)
    assert bodies[:3] == bodies[3:]


def test_reply_bytes_differ_by_the_frame_only(bench: Bench) -> None:
    """Odd but valid JSON: spacing, number spelling, escapes, unknown and repeated members (EXC-20, JSON-4)."""
    body = (
        b'{ "id" :"x",\n\t"object":"chat.completion","created":1.76e9,"model":"m","x_unknown":{"n":1.0E+2,"n":-0.0},'
        b'"choices":[{"index":0,"message":{"role":"assistant","content":"Caf\\u00e9 costs a\\/lot \\ud83d\\ude00 today.",'
        b'"x":[ ]},"finish_reason":"stop" } ],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}} \n'
    )
    bench.script.reply(replies.http(200, body))
    request = replies.encode({"model": bench.model, "messages": [{"role": "user", "content": "Hello there."}]})
    reply = bench.fetch("/v1/chat/completions", request)
    assert reply.status == 200
    assert frames.ids_in_bytes(reply.body) == [reply.trace]
    assert frames.strip_bytes(reply.body) == body


def test_stream_bytes_differ_by_one_event_only(bench: Bench) -> None:
    """The frame comes in a delta of its own, before the finish chunk, with the upstream's own envelope (EXC-32)."""
    events = replies.chat_events("The answer is forty and two.", model=bench.model)
    bench.script.reply(replies.sse(events))
    request = {"model": bench.model, "messages": [{"role": "user", "content": "Hello there."}], "stream": True}
    reply = bench.fetch("/v1/chat/completions", replies.encode(request))

    parts = [part + b"\n\n" for part in reply.body.split(b"\n\n")[:-1]]
    signed = [at for at, part in enumerate(parts) if frames.ids_in_bytes(part)]
    assert len(signed) == 1, reply.body
    added = parts.pop(signed[0])
    assert b"".join(parts) == b"".join(events)
    assert signed[0] == len(events) - 2
    chunk = json.loads(added.removeprefix(b"data:"))
    original = json.loads(events[1].removeprefix(b"data:"))
    for name in ("id", "object", "created", "model"):
        assert chunk[name] == original[name]
    assert [choice["index"] for choice in chunk["choices"]] == [0]
    assert chunk["choices"][0]["delta"] == {"content": frames.sign(reply.trace)}
    assert chunk["choices"][0].get("finish_reason") is None


def test_client_that_stops_at_done_has_not_disconnected(bench: Bench) -> None:
    """The client closes its connection as soon as it has read `[DONE]`; that is no cut-off reply."""
    for _ in range(8):
        bench.script.reply(replies.sse(replies.chat_events("All is well that ends well.", model=bench.model)))
    client = bench.openai()
    for _ in range(8):
        ask_streaming(client, bench.model, [{"role": "user", "content": "Say it."}])
    for thread in bench.reader.await_threads(bench.agent, 8, events=16):
        [_, response] = bench.reader.await_types(thread["threadId"], "user_message", "llm_response")
        assert response["content"]["finishReason"] == "stop"


def test_usage_and_model_are_recorded(bench: Bench) -> None:
    reply = replies.chat("Counted to the last token.", model=bench.model)
    reply["usage"] = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 64},
    }
    bench.script.reply(replies.reply(reply))
    raw = bench.openai().chat.completions.with_raw_response.create(
        model=bench.model, messages=[{"role": "user", "content": "Count."}]
    )
    events = bench.reader.await_types(raw.headers["x-trace-id"], "user_message", "llm_response")
    metadata = events[1]["metadata"]
    assert metadata["model"] == bench.model
    assert metadata["provider"] == "openai"
    usage = metadata["usage"]
    assert (usage["promptTokens"], usage["completionTokens"], usage["totalTokens"]) == (100, 20, 120)
    assert usage["cacheReadTokens"] == 64
    assert usage["cacheAccounting"] == "inclusive"


def test_every_choice_is_signed(bench: Bench) -> None:
    reply = replies.chat("The first of two answers.", model=bench.model)
    second = json.loads(json.dumps(reply["choices"][0]))
    second["index"], second["message"]["content"] = 1, "The second of two answers."
    reply["choices"].append(second)
    bench.script.reply(replies.reply(reply))
    raw = bench.openai().chat.completions.with_raw_response.create(
        model=bench.model, messages=[{"role": "user", "content": "Twice."}], n=2
    )
    trace_id = raw.headers["x-trace-id"]
    for choice, text in zip(raw.parse().choices, ["The first of two answers.", "The second of two answers."]):
        frames.assert_signed(choice.message.content or "", text, trace_id)
