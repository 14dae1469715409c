"""Conversations with the official Anthropic client."""

from __future__ import annotations

import json
from typing import Any, Callable

import anthropic
import pytest

import frames
import replies
from bench import Bench
from reader import assert_no_frames, reply_text, sources, user_text

TEXTS = ["The sea is calm tonight.", "The tide is full, the moon lies fair.", "Listen! you hear the grating roar."]
QUESTIONS = ["How is the sea?", "And the tide?", "What do you hear?"]

Send = Callable[[anthropic.Anthropic, dict[str, Any]], Any]


def whole(client: anthropic.Anthropic, request: dict[str, Any]) -> Any:
    return client.messages.create(**request)


def helper(client: anthropic.Anthropic, request: dict[str, Any]) -> Any:
    with client.messages.stream(**request) as stream:
        return stream.get_final_message()


def events(client: anthropic.Anthropic, request: dict[str, Any]) -> Any:
    """`stream=True`, put together by hand as a caller of the low-level interface does."""
    blocks: list[dict[str, Any]] = []
    for event in client.messages.create(stream=True, **request):
        if event.type == "content_block_start":
            blocks.append(event.content_block.model_dump(exclude_none=True))
        elif event.type == "content_block_delta":
            block, delta = blocks[event.index], event.delta
            if delta.type == "text_delta":
                block["text"] += delta.text
            elif delta.type == "thinking_delta":
                block["thinking"] += delta.thinking
            elif delta.type == "signature_delta":
                block["signature"] = delta.signature
            elif delta.type == "input_json_delta":
                block["partial"] = block.get("partial", "") + delta.partial_json
        elif event.type == "content_block_stop" and "partial" in blocks[event.index]:
            blocks[event.index]["input"] = json.loads(blocks[event.index].pop("partial"))
    return anthropic.types.Message.model_construct(
        role="assistant", content=[anthropic.types.TextBlock.model_construct(**block) for block in blocks]
    )


WAYS: list[Any] = [pytest.param(whole, False), pytest.param(helper, True), pytest.param(events, True)]
ways = pytest.mark.parametrize(("send", "streaming"), WAYS, ids=["create", "messages.stream", "stream=True"])


def script(bench: Bench, blocks: list[Any], streaming: bool, stop: str = "end_turn") -> None:
    if streaming:
        bench.script.reply(replies.sse(replies.message_events(blocks, model=bench.model, stop=stop)))
    else:
        bench.script.reply(replies.reply(replies.message(blocks, model=bench.model, stop=stop)))


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def as_sent(message: Any) -> dict[str, Any]:
    """The assistant turn as a caller puts it back into its history."""
    return {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in message.content]}


def converse(send: Send, client: anthropic.Anthropic, model: str) -> list[Any]:
    messages: list[Any] = []
    for question in QUESTIONS:
        messages.append({"role": "user", "content": question})
        request = {"model": model, "max_tokens": 1024, "messages": messages, "system": "Be brief."}
        messages.append(as_sent(send(client, request)))
    return messages


@ways
@pytest.mark.parametrize("path", ["", "/v1"])
def test_conversation_is_one_trace(bench: Bench, send: Send, streaming: bool, path: str) -> None:
    for value in TEXTS:
        script(bench, [text(value)], streaming)
    messages = converse(send, bench.anthropic(path), bench.model)

    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    recorded = bench.reader.await_types(thread["threadId"], *["user_message", "llm_response"] * 3)
    assert sources(recorded) == ["new"] * 2 + ["signature.v2"] * 4
    assert [user_text(event) for event in recorded[::2]] == QUESTIONS
    assert [reply_text(event) for event in recorded[1::2]] == TEXTS
    assert [event["content"]["finishReason"] for event in recorded[1::2]] == ["end_turn"] * 3
    assert recorded[1]["metadata"]["provider"] == "anthropic"
    assert recorded[1]["metadata"]["usage"]["cacheAccounting"] == "exclusive"
    assert_no_frames(recorded)
    for turn, value in zip(messages[1::2], TEXTS):
        frames.assert_signed(turn["content"][0]["text"], value, thread["threadId"])
    assert {exchange.target for exchange in bench.script.exchanges} == {"/v1/messages"}


@ways
def test_upstream_bodies_are_what_the_client_sends_without_us(bench: Bench, send: Send, streaming: bool) -> None:
    for value in TEXTS * 2:
        script(bench, [text(value)], streaming)
    converse(send, bench.anthropic(), bench.model)
    converse(send, bench.anthropic_direct(), bench.model)
    bodies = [exchange.body for exchange in bench.script.wait(6)]
    for body in bodies:
        frames.assert_clean(body)
    assert bodies[:3] == bodies[3:]


# A thinking text with a frame in it: nobody may touch it, for the provider has signed it.
THOUGHT = "First the tide, then the moon." + frames.encode("not-ours-to-touch") + " So be it."


@ways
def test_thinking_and_tool_use_survive(bench: Bench, send: Send, streaming: bool) -> None:
    blocks = [
        {"type": "thinking", "thinking": THOUGHT, "signature": f"c2lnbmF0dXJl{bench.token}=="},
        {"type": "redacted_thinking", "data": f"cmVkYWN0ZWQ{bench.token}"},
        text("I shall look at the tide table."),
        {"type": "tool_use", "id": f"toolu_{bench.token}", "name": "tide", "input": {"port": "Dover", "n": 1}},
    ]
    script(bench, blocks, streaming, stop="tool_use")
    script(bench, [text("High water is at noon.")], streaming)
    client = bench.anthropic()
    request: dict[str, Any] = {
        "model": bench.model,
        "max_tokens": 4096,
        "thinking": {"type": "enabled", "budget_tokens": 2048},
        "messages": [{"role": "user", "content": "When is high water?"}],
        "tools": [{"name": "tide", "input_schema": {"type": "object"}}],
    }
    first = as_sent(send(client, request))
    assert first["content"][:2] == blocks[:2]
    assert {key: first["content"][3][key] for key in ("id", "name", "input")} == {
        key: blocks[3][key] for key in ("id", "name", "input")
    }
    result = {"type": "tool_result", "tool_use_id": f"toolu_{bench.token}", "content": "noon"}
    request["messages"] += [first, {"role": "user", "content": [result]}]
    send(client, request)

    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    recorded = bench.reader.await_types(
        thread["threadId"],
        *["user_message", "llm_thinking", "llm_thinking", "llm_response", "tool_result", "llm_response"],
    )
    assert sources(recorded) == ["new"] * 4 + ["signature.v2"] * 2
    frames.assert_signed(first["content"][2]["text"], "I shall look at the tide table.", thread["threadId"])
    assert recorded[1]["content"]["signature"] == blocks[0]["signature"]
    assert recorded[2]["content"]["data"] == blocks[1]["data"]
    [call] = recorded[3]["content"]["toolCalls"]
    assert (call["id"], call["function"]["name"]) == (f"toolu_{bench.token}", "tide")
    assert json.loads(call["function"]["arguments"]) == {"port": "Dover", "n": 1}

    sent = bench.script.exchanges[1]
    assert sent.json()["messages"][1]["content"][:2] == blocks[:2]
    assert frames.ids_in_bytes(sent.body) == ["not-ours-to-touch"]


def test_cache_control_and_headers_go_through(bench: Bench) -> None:
    script(bench, [text("All of it is cached.")], False)
    script(bench, [text("All of it is cached.")], False)
    request: dict[str, Any] = {
        "model": bench.model,
        "max_tokens": 1024,
        "system": [{"type": "text", "text": "Long. " * 50, "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "messages": [
            {"role": "user", "content": "Remember this."},
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "I remember it.", "cache_control": {"type": "ephemeral"}}],
            },
            {"role": "user", "content": "What was it?"},
        ],
        "extra_headers": {"anthropic-beta": "one-2026-01-01,two-2026-02-02"},
    }
    bench.anthropic_direct().messages.create(**request)
    request["messages"][1]["content"][0]["text"] += frames.encode(f"trace-{bench.token}")
    bench.anthropic().messages.create(**request)
    direct, proxied = bench.script.wait(2)
    assert proxied.body == direct.body
    for name in ("anthropic-beta", "anthropic-version", "user-agent", "x-stainless-lang", "content-type"):
        assert proxied.header(name) == direct.header(name), name
