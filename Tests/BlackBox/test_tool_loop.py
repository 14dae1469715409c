"""Tool loops: a reply without text is stitched by the ids that the client echoes."""

from __future__ import annotations

import json
from typing import Any

import pytest

import frames
import replies
from bench import Bench
from reader import assert_no_frames, sources

ANSWER = "It is sunny in Lisbon, with a light wind."
ARGUMENTS = '{"city": "Lisbon",  "units":"metric", "n": 1.0e0}'

TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]


def turn(bench: Bench, messages: list[Any], streaming: bool) -> dict[str, Any]:
    client = bench.openai()
    if not streaming:
        message = client.chat.completions.create(model=bench.model, messages=messages, tools=TOOLS).choices[0].message
        return message.model_dump(exclude_none=True)
    with client.chat.completions.stream(model=bench.model, messages=messages, tools=TOOLS) as stream:
        message = stream.get_final_completion().choices[0].message
    got: dict[str, Any] = {"role": "assistant", "content": message.content}
    if message.tool_calls:
        got["tool_calls"] = [
            replies.tool_call(call.id, call.function.name, call.function.arguments) for call in message.tool_calls
        ]
    return got


def answers(bench: Bench, streaming: bool, *turns: tuple[str | None, list[Any]]) -> None:
    for text, calls in turns:
        if streaming:
            bench.script.reply(replies.sse(replies.chat_events(text, calls=calls, model=bench.model)))
        else:
            bench.script.reply(replies.reply(replies.chat(text, calls=calls, model=bench.model)))


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_tool_call_only_reply_is_stitched_by_echo(bench: Bench, streaming: bool) -> None:
    call = replies.tool_call(f"call_{bench.token}", "weather", ARGUMENTS)
    answers(bench, streaming, (None, [call]), (ANSWER, []))

    messages: list[Any] = [{"role": "user", "content": "How is the weather in Lisbon?"}]
    first = turn(bench, messages, streaming)
    assert first["tool_calls"][0]["function"]["arguments"] == ARGUMENTS
    messages += [first, {"role": "tool", "tool_call_id": call["id"], "content": "sunny, 24 degrees"}]
    second = turn(bench, messages, streaming)

    [thread] = bench.reader.await_threads(bench.agent, 1, events=4)
    events = bench.reader.await_types(
        thread["threadId"], "user_message", "llm_response", "tool_result", "llm_response"
    )
    assert sources(events) == ["new", "new", "echo", "echo"]
    [recorded] = events[1]["content"]["toolCalls"]
    assert recorded["id"] == call["id"]
    assert recorded["function"] == {"name": "weather", "arguments": ARGUMENTS}
    assert events[1]["content"]["finishReason"] == "tool_calls"
    assert not events[1]["content"].get("content")
    frames.assert_signed(second["content"], ANSWER, thread["threadId"])
    assert_no_frames(events)


def test_text_and_call_in_one_reply(bench: Bench) -> None:
    """A frame that verifies is asked before the echoed id of the same turn (TRC-4); both name the same trace."""
    call = replies.tool_call(f"call_{bench.token}", "weather", ARGUMENTS)
    text = "Let me look that up."
    answers(bench, False, (text, [call]), (ANSWER, []))
    messages: list[Any] = [{"role": "user", "content": "How is the weather?"}]
    first = turn(bench, messages, False)
    frames.assert_signed(first["content"], text, frames.ids(first["content"])[0])
    messages += [first, {"role": "tool", "tool_call_id": call["id"], "content": "sunny"}]
    turn(bench, messages, False)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=4)
    assert frames.ids(first["content"]) == [thread["threadId"]]
    assert sources(bench.reader.events(thread["threadId"]))[2:] == ["signature.v2", "signature.v2"]


def test_echo_is_known_before_the_reply_has_ended(bench: Bench) -> None:
    """A client may answer a tool call while the reply that brought it is still open (TRC-6)."""
    call = replies.tool_call(f"call_{bench.token}", "weather", ARGUMENTS)
    events = replies.chat_events(None, calls=[call], model=bench.model)
    gate = bench.upstream.gate()
    bench.script.reply(replies.sse([*events[:-2], gate, *events[-2:]]))
    bench.script.reply(replies.reply(replies.chat(ANSWER, model=bench.model)))
    user = {"role": "user", "content": "How is the weather?"}
    body = replies.encode({"model": bench.model, "messages": [user], "stream": True})
    with bench.open("/v1/chat/completions", body) as open_reply:
        open_reply.until(events[-3])
        messages = [
            user,
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": "sunny"},
        ]
        second = bench.fetch("/v1/chat/completions", replies.encode({"model": bench.model, "messages": messages}))
        assert second.trace == open_reply.trace
        gate.open()
        assert open_reply.rest()


def test_parallel_calls_any_of_which_stitches(bench: Bench) -> None:
    calls = [replies.tool_call(f"call_{bench.token}_{at}", "weather", ARGUMENTS) for at in range(3)]
    answers(bench, True, (None, calls), (ANSWER, []))
    first = turn(bench, [{"role": "user", "content": "Three cities, please."}], True)
    assert [call["id"] for call in first["tool_calls"]] == [call["id"] for call in calls]
    # A client that trimmed its history to the last call.
    messages = [
        {"role": "assistant", "tool_calls": [first["tool_calls"][2]]},
        {"role": "tool", "tool_call_id": calls[2]["id"], "content": "rain"},
    ]
    turn(bench, messages, True)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=4)
    events = bench.reader.events(thread["threadId"])
    assert [call["id"] for call in events[1]["content"]["toolCalls"]] == [call["id"] for call in calls]


def test_id_in_tool_arguments_is_read_and_removed(bench: Bench) -> None:
    """`_whyops_trace_id`, as the original put it in: read as evidence, never sent on, the rest byte for byte (EXC-2)."""
    trace_id = f"trace-{bench.token}"
    arguments = '{"city": "Lisbon", "_whyops_trace_id": "%s", "n": 1.0e0}' % trace_id
    messages = [
        {"role": "user", "content": "How is the weather?"},
        {"role": "assistant", "content": None, "tool_calls": [replies.tool_call("call_old", "weather", arguments)]},
        {"role": "tool", "tool_call_id": "call_old", "content": "sunny"},
    ]
    answers(bench, False, (ANSWER, []))
    turn(bench, messages, False)
    events = bench.reader.await_types(trace_id, "tool_result", "llm_response")
    assert sources(events) == ["tool-argument"] * 2
    body = bench.script.last.body
    assert b"_whyops_trace_id" not in body and trace_id.encode() not in body
    sent = bench.script.last.json()["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(sent) == {"city": "Lisbon", "n": 1.0}
    assert '"n": 1.0e0' in sent


def test_frames_in_tool_results_are_removed_and_not_read(bench: Bench) -> None:
    """A tool that quotes an assistant's text does not decide the trace (TRC-5)."""
    quoted = "as I said before" + frames.encode("some-other-trace")
    messages = [
        {"role": "user", "content": "Go on, please."},
        {"role": "assistant", "tool_calls": [replies.tool_call("call_x", "quote", json.dumps({"q": quoted}))]},
        {"role": "tool", "tool_call_id": "call_x", "content": quoted},
        {"role": "user", "content": [{"type": "text", "text": quoted}]},
    ]
    answers(bench, False, (ANSWER, []))
    body = replies.encode({"model": bench.model, "messages": messages})
    reply = bench.fetch("/v1/chat/completions", body)
    assert reply.trace != "some-other-trace"
    frames.assert_clean(bench.script.last.body)
    events = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert sources(events) == ["new"] * 2
