"""Conversations over the Responses API with the official client: one trace, honest bytes both ways, every copy agreeing."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

import frames
import replies
import responses
from bench import Bench
from reader import assert_no_frames, reply_text, sources

TEXTS = [
    "Paris is the capital of France.",
    "It has about two million inhabitants, more with its suburbs.\n",
    "The river that runs through it is the Seine!",
]
QUESTIONS = ["What is the capital of France?", "How many people live there?", "Which river?"]
ARGUMENTS = '{"city": "Lisbon",  "units":"metric", "n": 1.0e0}'
TOOLS: list[Any] = [
    {
        "type": "function",
        "name": "weather",
        "strict": False,
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
]
BOTH = pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])


def answer(bench: Bench, final: dict[str, Any], streaming: bool) -> None:
    bench.script.reply(replies.sse(responses.events(final)) if streaming else replies.reply(final))


def ask(client: openai.OpenAI, streaming: bool, **request: Any) -> Any:
    """The final response as the client has it, after it has checked that all copies of its texts agree."""
    if not streaming:
        return client.responses.create(**request)
    texts: dict[tuple[int, int], str] = {}
    copies: dict[tuple[int, int], list[str]] = {}
    numbers = []
    final: Any = None
    for event in client.responses.create(**request, stream=True):
        numbers.append(event.sequence_number)
        if event.type == "response.output_text.delta":
            place = (event.output_index, event.content_index)
            texts[place] = texts.get(place, "") + event.delta
        elif event.type == "response.output_text.done":
            copies.setdefault((event.output_index, event.content_index), []).append(event.text)
        elif event.type == "response.content_part.done" and event.part.type == "output_text":
            copies.setdefault((event.output_index, event.content_index), []).append(event.part.text)
        elif event.type == "response.output_item.done" and event.item.type == "message":
            for at, part in enumerate(event.item.content):
                if part.type == "output_text":
                    copies.setdefault((event.output_index, at), []).append(part.text)
        elif event.type in ("response.completed", "response.incomplete", "response.failed"):
            final = event.response
    assert numbers == list(range(len(numbers)))
    for output, item in enumerate(final.output):
        for at, part in enumerate(item.content if item.type == "message" else []):
            if part.type == "output_text":
                assert copies[output, at] == [part.text] * 3
                assert texts[output, at] == part.text
    return final


def script(bench: Bench, streaming: bool, repeat: int = 1) -> None:
    for number, text in enumerate(TEXTS * repeat):
        token = f"{bench.token}_{number}"
        answer(bench, responses.response(token, responses.message(token, text), model=bench.model), streaming)


def converse(client: openai.OpenAI, model: str, streaming: bool) -> list[Any]:
    """A conversation whose client keeps the history itself; its replies."""
    history: list[Any] = []
    said = []
    for question in QUESTIONS:
        history.append({"role": "user", "content": question})
        reply = ask(client, streaming, model=model, input=history, instructions="You are brief.")
        history += [item.model_dump(exclude_none=True) for item in reply.output]
        said.append(reply)
    return said


@pytest.mark.parametrize("path", ["/v1", "", "/v1/v1"])
@BOTH
def test_conversation_by_history_is_one_trace(bench: Bench, streaming: bool, path: str) -> None:
    script(bench, streaming)
    said = converse(bench.openai(path), bench.model, streaming)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    trace_id = thread["threadId"]
    events = bench.reader.await_types(trace_id, *["user_message", "llm_response"] * 3)
    assert sources(events)[:2] == ["new"] * 2
    # A verified frame of version 2 is asked before the echoed id, and that before a frame of version 1.
    assert set(sources(events)[2:]) <= {"signature.v2", "echo"}
    assert [event["content"][-1]["content"] for event in events[::2]] == QUESTIONS
    assert [reply_text(event) for event in events[1::2]] == TEXTS
    assert [event["content"]["finishReason"] for event in events[1::2]] == ["completed"] * 3
    assert [event["metadata"]["systemPrompt"] for event in events[::2]] == ["You are brief."] * 3
    assert_no_frames(events)
    for reply, text in zip(said, TEXTS):
        frames.assert_signed(reply.output_text, text, trace_id)
    assert {exchange.target for exchange in bench.script.exchanges} == {"/v1/responses"}


@BOTH
def test_text_alone_stitches(bench: Bench, streaming: bool) -> None:
    """A client that keeps only roles and texts, as easy messages."""
    script(bench, streaming)
    history: list[Any] = []
    for question in QUESTIONS:
        history.append({"role": "user", "content": question})
        reply = ask(bench.openai(), streaming, model=bench.model, input=history)
        history.append({"role": "assistant", "content": reply.output_text})
    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    events = bench.reader.events(thread["threadId"])
    assert all(source.startswith("signature.") for source in sources(events)[2:]), sources(events)


@BOTH
def test_previous_response_id_stitches(bench: Bench, streaming: bool) -> None:
    script(bench, streaming)
    previous = None
    for question in QUESTIONS:
        reply = ask(
            bench.openai(), streaming, model=bench.model, input=question, previous_response_id=previous or openai.omit
        )
        previous = reply.id
    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    events = bench.reader.await_types(thread["threadId"], *["user_message", "llm_response"] * 3)
    assert sources(events) == ["new"] * 2 + ["echo"] * 4
    assert [event["content"] for event in events[::2]] == QUESTIONS
    assert bench.script.wait(3)[2].json()["previous_response_id"] == f"resp_{bench.token}_1"


@BOTH
def test_conversation_stitches(bench: Bench, streaming: bool) -> None:
    """TRC-30: the history is the provider's, and only the conversation's id tells what belongs together."""
    name = f"conv_{bench.token}"
    bench.script.reply(replies.reply({"id": name, "object": "conversation", "created_at": 1, "metadata": {}}))
    client = bench.openai()
    conversation = client.conversations.create(metadata={"token": bench.token})
    assert conversation.id == name and bench.script.last.target == "/v1/conversations"
    for number, text in enumerate(TEXTS):
        token = f"{bench.token}_{number}"
        final = responses.response(token, responses.message(token, text), model=bench.model, conversation={"id": name})
        answer(bench, final, streaming)
    spellings: list[Any] = [name, {"id": name}, name]
    for question, spelling in zip(QUESTIONS, spellings):
        ask(client, streaming, model=bench.model, input=question, conversation=spelling)
    # Another one, whose text is the same.
    answer(bench, responses.response(bench.token, responses.message(bench.token, TEXTS[0]), conversation={"id": "conv_x"}), streaming)
    ask(client, streaming, model=bench.model, input=QUESTIONS[1], conversation=f"{name}_other")
    threads = bench.reader.await_threads(bench.agent, 2, events=8)
    thread = next(thread for thread in threads if thread["eventCount"] == 6)
    events = bench.reader.await_types(thread["threadId"], *["user_message", "llm_response"] * 3)
    assert sources(events) == ["new"] * 2 + ["echo"] * 4
    assert [event["content"] for event in events[::2]] == QUESTIONS
    assert bench.script.exchanges[2].json()["conversation"] == {"id": name}


def test_item_reference_stitches(bench: Bench) -> None:
    script(bench, False)
    client = bench.openai()
    first = client.responses.create(model=bench.model, input=QUESTIONS[0])
    reference: Any = {"type": "item_reference", "id": first.output[0].id}
    client.responses.create(model=bench.model, input=[reference, {"role": "user", "content": QUESTIONS[1]}])
    [thread] = bench.reader.await_threads(bench.agent, 1, events=4)
    assert sources(bench.reader.events(thread["threadId"]))[2:] == ["echo"] * 2


@BOTH
def test_upstream_bodies_are_what_the_client_sends_without_us(bench: Bench, streaming: bool) -> None:
    script(bench, streaming, repeat=2)
    signed = converse(bench.openai(), bench.model, streaming)
    assert all(frames.ids(reply.output_text) for reply in signed)
    first = [exchange.body for exchange in bench.script.wait(3)]
    for number in range(3):
        # The second round's ids differ, as they do from one reply to the next.
        first = [body.replace(f"{bench.token}_{number}".encode(), f"{bench.token}_{number + 3}".encode()) for body in first]
    converse(bench.openai_direct(), bench.model, streaming)
    bodies = [exchange.body for exchange in bench.script.wait(6)]
    for body in bodies:
        frames.assert_clean(body)
    assert first == bodies[3:]


@BOTH
def test_tool_loop_is_one_trace(bench: Bench, streaming: bool) -> None:
    token = bench.token
    calls = [
        responses.reasoning(token, "The user asks for the weather.", "I call the tool."),
        responses.call(token, "weather", ARGUMENTS),
        responses.custom_call(token + "x", "sql", "select 1"),
    ]
    answer(bench, responses.response(token, *calls, model=bench.model), streaming)
    text = "It is sunny in Lisbon, with a light wind."
    answer(bench, responses.response(token + "2", responses.message(token, text), model=bench.model), streaming)
    history: list[Any] = [{"role": "user", "content": "How is the weather in Lisbon?"}]
    first = ask(bench.openai(), streaming, model=bench.model, input=history, tools=TOOLS)
    assert first.output[1].arguments == ARGUMENTS
    history += [item.model_dump(exclude_none=True) for item in first.output]
    history += [
        {"type": "function_call_output", "call_id": f"call_{token}", "output": "sunny, 24 degrees"},
        {"type": "custom_tool_call_output", "call_id": f"call_{token}x", "output": "1"},
    ]
    second = ask(bench.openai(), streaming, model=bench.model, input=history, tools=TOOLS)

    [thread] = bench.reader.await_threads(bench.agent, 1, events=5)
    events = bench.reader.await_types(
        thread["threadId"], "user_message", "llm_thinking", "llm_response", "tool_result", "llm_response"
    )
    assert sources(events) == ["new"] * 3 + ["echo"] * 2
    assert events[0]["metadata"]["tools"] == TOOLS
    assert events[1]["content"]["thinking"] == "The user asks for the weather.\n\nI call the tool."
    assert events[2]["content"]["toolCalls"] == [
        {"id": f"call_{token}", "type": "function", "function": {"name": "weather", "arguments": ARGUMENTS}},
        {"id": f"call_{token}x", "type": "custom", "function": {"name": "sql", "arguments": "select 1"}},
    ]
    assert not events[2]["content"].get("content")
    frames.assert_signed(second.output_text, text, thread["threadId"])
    assert bench.script.wait(2)[1].json()["input"][1]["encrypted_content"] == f"gAAAAAB{token}=="
    assert_no_frames(events)


@BOTH
def test_usage_and_model_are_recorded(bench: Bench, streaming: bool) -> None:
    final = responses.response(bench.token, responses.message(bench.token, TEXTS[0]), model="gpt-4.1-2025-04-14")
    answer(bench, final, streaming)
    ask(bench.openai(), streaming, model=bench.model, input="Count.", max_output_tokens=900, temperature=0.5)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=2)
    request, reply = bench.reader.await_types(thread["threadId"], "user_message", "llm_response")
    assert request["metadata"]["params"] == {"temperature": 0.5, "maxOutputTokens": 900}
    metadata = reply["metadata"]
    assert (metadata["model"], metadata["provider"]) == (bench.model, "openai")
    assert (metadata["responseModel"], metadata["responseId"]) == ("gpt-4.1-2025-04-14", f"resp_{bench.token}")
    assert metadata["usage"] == {
        "promptTokens": 21,
        "completionTokens": 9,
        "totalTokens": 30,
        "cacheReadTokens": 16,
        "reasoningTokens": 4,
        "cacheAccounting": "inclusive",
    }


@BOTH
def test_stream_and_whole_leave_equal_events(bench: Bench, streaming: bool) -> None:
    """EXC-51: what is recorded does not tell how it came."""
    token = bench.token
    annotation = {"type": "url_citation", "start_index": 0, "end_index": 5, "url": "https://example.com", "title": "x"}
    items = [
        responses.reasoning(token, "Thinking about it."),
        responses.message(token, responses.text(TEXTS[0], [annotation]), " And more of it."),
        responses.call(token, "weather", ARGUMENTS),
    ]
    answer(bench, responses.response(token, *items, model=bench.model), streaming)
    ask(bench.openai(), streaming, model=bench.model, input="Go.")
    [thread] = bench.reader.await_threads(bench.agent, 1, events=3)
    _, thought, reply = bench.reader.await_types(thread["threadId"], "user_message", "llm_thinking", "llm_response")
    assert thought["content"] == {
        "type": "thinking",
        "thinking": "Thinking about it.",
        "signature": f"gAAAAAB{token}==",
    }
    assert reply["content"] == {
        "content": TEXTS[0] + " And more of it.",
        "toolCalls": [
            {"id": f"call_{token}", "type": "function", "function": {"name": "weather", "arguments": ARGUMENTS}}
        ],
        "finishReason": "completed",
        "annotations": [annotation],
    }


def test_stream_helper_accumulates(bench: Bench) -> None:
    """The client's own accumulation, which is strict about indices and kinds."""
    token = bench.token
    final = responses.response(
        token, responses.reasoning(token, "Hm."), responses.message(token, TEXTS[0], "A second part of it."),
        responses.call(token, "weather", ARGUMENTS), model=bench.model,
    )  # fmt: skip
    answer(bench, final, True)
    with bench.openai().responses.stream(model=bench.model, input="Go.") as stream:
        seen = [event.type for event in stream]
        reply = stream.get_final_response()
    assert seen[-1] == "response.completed"
    [thread] = bench.reader.await_threads(bench.agent, 1, events=3)
    message = reply.output[1]
    frames.assert_signed(message.content[0].text, TEXTS[0], thread["threadId"])
    frames.assert_unsigned(message.content[1].text, "A second part of it.")


def test_stream_differs_by_one_event_and_what_repeats_it(bench: Bench) -> None:
    """EXC-40 to EXC-42, on the bytes."""
    events = responses.events(responses.response(bench.token, responses.message(bench.token, TEXTS[0])))
    bench.script.reply(replies.sse(events))
    request = {"model": bench.model, "input": "Hello there.", "stream": True}
    reply = bench.fetch("/v1/responses", replies.encode(request))
    parts = [part + b"\n\n" for part in reply.body.split(b"\n\n")[:-1]]
    assert len(parts) == len(events) + 1
    at = next(at for at, part in enumerate(parts) if frames.ids_in_bytes(part))
    added = parts.pop(at)
    assert parts[:at] == events[:at]
    assert added.startswith(b"event: response.output_text.delta\ndata: ")
    delta = json.loads(added.split(b"data: ")[1])
    before = json.loads(events[at - 1].split(b"data: ")[1])
    assert (frames.ids(delta["delta"]), frames.strip(delta["delta"])) == ([reply.trace], "")
    for name in ("type", "item_id", "output_index", "content_index", "logprobs"):
        assert delta[name] == before[name]
    assert delta["sequence_number"] == at
    for number, (ours, theirs) in enumerate(zip(parts[at:], events[at:]), start=at):
        moved = ours.replace(f'"sequence_number":{number + 1},'.encode(), f'"sequence_number":{number},'.encode())
        assert frames.strip_bytes(moved) == theirs
        assert len(frames.ids_in_bytes(ours)) == 1


@BOTH
@pytest.mark.parametrize(
    "more",
    [
        {"text": {"format": {"type": "json_object"}}},
        {"text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}}},
        {"top_logprobs": 2, "include": ["message.output_text.logprobs"]},
        {"max_output_tokens": 16},
    ],
    ids=["json_object", "json_schema", "logprobs", "limit"],
)
def test_constrained_reply_is_not_signed(bench: Bench, streaming: bool, more: dict[str, Any]) -> None:
    answer(bench, responses.response(bench.token, responses.message(bench.token, TEXTS[1])), streaming)
    reply = ask(bench.openai(), streaming, model=bench.model, input="Go.", **more)
    frames.assert_unsigned(reply.output_text, TEXTS[1])


@BOTH
def test_refusal_is_recorded_and_not_signed(bench: Bench, streaming: bool) -> None:
    item = responses.message(bench.token, responses.refusal("I cannot help with that, sorry."))
    answer(bench, responses.response(bench.token, item), streaming)
    reply = ask(bench.openai(), streaming, model=bench.model, input="Go.")
    assert reply.output[0].content[0].refusal == "I cannot help with that, sorry."
    [thread] = bench.reader.await_threads(bench.agent, 1, events=2)
    event = bench.reader.events(thread["threadId"])[1]
    assert event["content"] == {"finishReason": "refusal", "refusal": "I cannot help with that, sorry."}


@BOTH
def test_incomplete_reply_is_told(bench: Bench, streaming: bool) -> None:
    item = responses.message(bench.token, "This one was cut off", status="incomplete")
    details = {"reason": "max_output_tokens"}
    answer(bench, responses.response(bench.token, item, status="incomplete", incomplete_details=details), streaming)
    reply = ask(bench.openai(), streaming, model=bench.model, input="Go.")
    [thread] = bench.reader.await_threads(bench.agent, 1, events=2)
    frames.assert_signed(reply.output_text, "This one was cut off", thread["threadId"])
    assert bench.reader.events(thread["threadId"])[1]["content"]["finishReason"] == "max_output_tokens"


@BOTH
def test_failed_reply_leaves_an_error_too(bench: Bench, streaming: bool) -> None:
    error = {"code": "server_error", "message": "The model broke."}
    answer(bench, responses.response(bench.token, status="failed", error=error), streaming)
    ask(bench.openai(), streaming, model=bench.model, input="Go.")
    [thread] = bench.reader.await_threads(bench.agent, 1, events=3)
    events = bench.reader.await_types(thread["threadId"], "user_message", "llm_response", "error")
    assert events[1]["content"] == {"finishReason": "failed"}
    assert events[2]["content"]["error"] == error


def test_stored_prompt_needs_no_model(bench: Bench) -> None:
    """EXC-8: the reply tells the model."""
    answer(bench, responses.response(bench.token, responses.message(bench.token, TEXTS[0]), model="gpt-9"), False)
    bench.openai().responses.create(prompt={"id": "pmpt_1"}, input=bench.token)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=2)
    request, reply = bench.reader.events(thread["threadId"])
    assert "model" not in request["metadata"]
    assert reply["metadata"]["model"] == "gpt-9"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"model": "m", "input": 5}, "/input"), ({"model": "m", "input": {}}, "/input"), ({"input": "x"}, "/model")],
)
def test_body_that_cannot_be_read_is_refused(bench: Bench, body: dict[str, Any], pointer: str) -> None:
    reply = bench.fetch("/v1/responses", replies.encode(body))
    assert reply.status == 400
    error = json.loads(reply.body)["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", pointer)
    assert not bench.script.exchanges


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/responses/resp_1"),
        ("GET", "/v1/responses/resp_1?stream=true&starting_after=7"),
        ("GET", "/v1/responses/resp_1/input_items?limit=2"),
        ("POST", "/v1/responses/resp_1/cancel"),
        ("DELETE", "/v1/responses/resp_1"),
    ],
)
def test_what_lies_below_passes_through(bench: Bench, method: str, path: str) -> None:
    stored = replies.encode(responses.response(bench.token, responses.message(bench.token, TEXTS[0])))
    bench.script.reply(replies.http(200, stored))
    reply = bench.fetch(path, method=method)
    assert (reply.status, reply.body) == (200, stored)
    assert (bench.script.last.method, bench.script.last.target) == (method, path)
    assert bench.reader.threads(bench.agent) == []


def test_compact_is_stripped_and_not_recorded(bench: Bench) -> None:
    bench.script.reply(replies.reply({"id": "resp_2", "object": "response.compaction", "output": []}))
    item = responses.message(bench.token, TEXTS[0] + frames.encode("some-trace"))
    reply = bench.fetch("/v1/responses/compact", replies.encode({"model": bench.model, "input": [item]}))
    assert reply.status == 200
    assert bench.script.last.body == replies.encode(
        {"model": bench.model, "input": [responses.message(bench.token, TEXTS[0])]}
    )
    assert bench.reader.threads(bench.agent) == []


@pytest.mark.parametrize("seen", [1, 3, 6])
def test_stream_that_is_taken_up_again(bench: Bench, seen: int) -> None:
    """EXC-91: the client counts as the upstream does, so that it gets every event once, from whichever node."""
    item = responses.message(bench.token, TEXTS[0])
    events = responses.events(responses.response(bench.token, item, background=True))
    gate = bench.upstream.gate()
    bench.script.reply(replies.sse([*events[:seen], gate, *events[seen:]]))
    client = bench.openai()
    got: list[Any] = []
    with client.responses.create(model=bench.model, input="Go.", background=True, stream=True) as stream:
        for event in stream:
            got.append(event)
            if len(got) == seen:
                break
    assert bench.script.last.closed.wait(20)
    bench.script.reply(replies.sse(events[seen:]))
    last = got[-1].sequence_number
    with client.responses.retrieve(f"resp_{bench.token}", stream=True, starting_after=last) as stream:
        got += list(stream)
    assert bench.script.last.target == f"/v1/responses/resp_{bench.token}?starting_after={last}&stream=true"
    assert [event.sequence_number for event in got] == list(range(len(events)))
    assert [event.type for event in got] == [json.loads(one.partition(b"data: ")[2])["type"] for one in events]
    assert got[-1].response.output_text == TEXTS[0]


def test_stream_that_cannot_be_taken_up_again(bench: Bench) -> None:
    """What OpenAI says of every stream that may carry a frame."""
    said = "This response cannot be streamed because it was not created with background=true."
    bench.script.reply(replies.reply(replies.vendor_error("openai", "invalid_request_error", said), 400))
    with pytest.raises(openai.BadRequestError, match="not created with background=true"):
        bench.openai().responses.retrieve(f"resp_{bench.token}", stream=True, starting_after=9)
