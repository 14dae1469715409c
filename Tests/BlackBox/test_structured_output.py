"""JSON mode and structured outputs: what must parse still parses, and the next turn goes on."""

from __future__ import annotations

import json
from typing import Any

import pydantic
import pytest

import frames
import replies
from bench import Bench

VALUE = {"answer": "Paris is the capital of France.", "certain": True}
TEXT = json.dumps(VALUE)


class Answer(pydantic.BaseModel):
    answer: str
    certain: bool


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("kind", ["json_object", "json_schema"])
def test_json_mode_parses_and_the_next_turn_works(bench: Bench, kind: str, streaming: bool) -> None:
    # A sentence as a JSON string passes the test on the text; only the request says that it must stay JSON.
    texts = [TEXT, json.dumps("Paris, of course, as you said.")]
    for text in texts:
        whole = replies.reply(replies.chat(text))
        bench.script.reply(replies.sse(replies.chat_events(text)) if streaming else whole)
    client = bench.openai()
    form: Any = {"type": kind}
    if kind == "json_schema":
        form["json_schema"] = {"name": "answer", "schema": Answer.model_json_schema()}
    messages: list[Any] = [{"role": "user", "content": "The capital of France, as JSON."}]
    for text in texts:
        reply: Any = client.chat.completions.create(
            model=bench.model, messages=messages, response_format=form, stream=streaming
        )
        if streaming:
            got = "".join(part.choices[0].delta.content or "" for part in reply if part.choices)
        else:
            got = reply.choices[0].message.content
        assert got == text
        assert json.loads(got) == json.loads(text)
        messages += [{"role": "assistant", "content": got}, {"role": "user", "content": "Are you sure?"}]
    second = bench.script.wait(2)[1]
    assert second.json()["messages"][1]["content"] == TEXT
    assert second.json()["response_format"] == form


def test_parse_gives_the_object(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.chat(TEXT)))
    completion = bench.openai().chat.completions.parse(
        model=bench.model, messages=[{"role": "user", "content": "The capital of France?"}], response_format=Answer
    )
    assert completion.choices[0].message.parsed == Answer(**VALUE)
    assert completion.choices[0].message.content == TEXT


def test_parse_helper_streams(bench: Bench) -> None:
    bench.script.reply(replies.sse(replies.chat_events(TEXT)))
    with bench.openai().chat.completions.stream(
        model=bench.model, messages=[{"role": "user", "content": "The capital of France?"}], response_format=Answer
    ) as stream:
        completion = stream.get_final_completion()
    assert completion.choices[0].message.parsed == Answer(**VALUE)


def test_strict_tool_arguments_parse(bench: Bench) -> None:
    """Nothing is added to arguments, so a schema without additional properties holds."""
    arguments = json.dumps(VALUE)
    call = replies.tool_call(f"call_{bench.token}", "Answer", arguments)
    bench.script.reply(replies.reply(replies.chat(None, calls=[call])))
    parameters = {**Answer.model_json_schema(), "additionalProperties": False}
    tool: Any = {"type": "function", "function": {"name": "Answer", "strict": True, "parameters": parameters}}
    completion = bench.openai().chat.completions.create(
        model=bench.model, messages=[{"role": "user", "content": "The capital of France?"}], tools=[tool]
    )
    [got] = completion.choices[0].message.tool_calls or []
    assert got.type == "function" and got.function.arguments == arguments


def test_anthropic_parse_gives_the_object(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.message([{"type": "text", "text": TEXT}])))
    message = bench.anthropic().messages.parse(
        model=bench.model,
        max_tokens=1024,
        messages=[{"role": "user", "content": "The capital of France?"}],
        output_format=Answer,
    )
    assert message.parsed_output == Answer(**VALUE)


def test_text_after_json_mode_is_signed_again(bench: Bench) -> None:
    """JSON mode belongs to one request; a signed turn before it still decides."""
    plain = "Here is a plain answer."
    for text in (plain, TEXT, plain):
        bench.script.reply(replies.reply(replies.chat(text)))
    client = bench.openai()
    messages: list[Any] = [{"role": "user", "content": "Hello there."}]
    traces = []
    for form in ("text", "json_object", "text"):
        raw = client.chat.completions.with_raw_response.create(
            model=bench.model, messages=messages, response_format={"type": form}
        )
        traces.append(raw.headers["x-trace-id"])
        messages += [raw.parse().choices[0].message, {"role": "user", "content": "Go on."}]
    assert len(set(traces)) == 1
    frames.assert_signed(messages[5].content, plain, traces[0])
    bench.reader.await_types(traces[0], *["user_message", "llm_response"] * 3)
