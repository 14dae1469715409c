"""Which replies carry a signature, and where in the text it stands (SIG-30 to SIG-36, EXC-20 to EXC-26)."""

from __future__ import annotations

from typing import Any

import pytest

import frames
import replies
from bench import Bench
from conftest import MakeBench, StartServer

PLAIN = "Here is a plain answer."

CARRIERS = {
    "sentence": PLAIN,
    "three words": "yes it is",
    "question": "Shall we go on?",
    "quote": 'He said "let us go"',
    "colon": "These are the reasons:",
    "white space after": "A line and another.\n\n",
    "long white space after": "A line and another." + " " * 100,
    "CJK without spaces": "\u4eca\u65e5\u306f\u3068\u3066\u3082\u826f\u3044\u5929\u6c17\u3067\u3059\u3002",
    "Thai without spaces": "\u0e27\u0e31\u0e19\u0e19\u0e35\u0e49\u0e2d\u0e32\u0e01\u0e32\u0e28\u0e14\u0e35",
    "emoji at the end": "That is very good \U0001f600",
}

NOT_CARRIERS = {
    "one word": "Yes.",
    "two words": "Certainly not.",
    "object": '{"answer": "forty two", "sure": true}',
    "array": "[1, 2, 3, 4] and so on",
    "tag": "<answer>it is so</answer> you see",
    "fence": "```swift\nlet x = 1\n```",
    "tildes": "~~~\nsome code here\n~~~",
    "fence at the end": "Here is the code:\n```\nlet x = 1\n```",
    "digit": "The answer is 42",
    "emphasis": "This is **very important**",
    "bracket": "See the note (it is short)",
    "link": "Read more at https://example.com/page",
    "address": "Write to me at someone@example.com",
    "path": "Look into the folder src/main",
    "assignment": "Set the variable name=value",
    "empty": "",
    "white space": " \n ",
}


def create(bench: Bench, reply: dict[str, Any], streaming: bool, **options: Any) -> tuple[str, str]:
    """The text that the client gets, and the trace."""
    text = reply["choices"][0]["message"]["content"]
    calls = reply["choices"][0]["message"].get("tool_calls")
    whole = replies.reply(reply)
    bench.script.reply(replies.sse(replies.chat_events(text, calls=calls, model=bench.model)) if streaming else whole)
    options = {"messages": [{"role": "user", "content": "Please answer."}], **options}
    client: Any = bench.openai()
    raw = client.chat.completions.with_raw_response.create(model=bench.model, stream=streaming, **options)
    trace_id = raw.headers["x-trace-id"]
    if streaming:
        got = "".join(part.choices[0].delta.content or "" for part in raw.parse() if part.choices)
    else:
        got = raw.parse().choices[0].message.content or ""
    return got, trace_id


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("name", CARRIERS)
def test_text_carries(bench: Bench, name: str, streaming: bool) -> None:
    text = CARRIERS[name]
    got, trace_id = create(bench, replies.chat(text), streaming)
    frames.assert_signed(got, text, trace_id)


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("name", NOT_CARRIERS)
def test_text_does_not_carry(bench: Bench, name: str, streaming: bool) -> None:
    got, _ = create(bench, replies.chat(NOT_CARRIERS[name]), streaming)
    frames.assert_unsigned(got, NOT_CARRIERS[name])


CONSTRAINED: dict[str, dict[str, Any]] = {
    "json mode": {"response_format": {"type": "json_object"}},
    "json schema": {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}},
    "logprobs": {"logprobs": True},
    "few tokens": {"max_tokens": 16},
    "few completion tokens": {"max_completion_tokens": 5},
    "prediction": {"prediction": {"type": "content", "content": PLAIN}},
    "audio": {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}},
    "guided json": {"extra_body": {"guided_json": {"type": "object"}}},
    "guided choice": {"extra_body": {"guided_choice": ["a", "b"]}},
    "grammar": {"extra_body": {"grammar": "root ::= x"}},
    "structured outputs": {"extra_body": {"structured_outputs": {"regex": ".*"}}},
    "moderation": {"extra_body": {"moderation": {"model": "m"}}},
    "prefill": {"messages": [{"role": "user", "content": "Go on."}, {"role": "assistant", "content": "Here"}]},
}


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("name", CONSTRAINED)
def test_constrained_output_is_left_alone(bench: Bench, name: str, streaming: bool) -> None:
    got, _ = create(bench, replies.chat(PLAIN), streaming, **CONSTRAINED[name])
    frames.assert_unsigned(got, PLAIN)


@pytest.mark.parametrize(
    "options",
    [{"response_format": {"type": "text"}}, {"max_tokens": 17}, {"modalities": ["text"]}, {"logprobs": False}],
    ids=["text format", "enough tokens", "text only", "no logprobs"],
)
def test_unconstrained_output_is_signed(bench: Bench, options: dict[str, Any]) -> None:
    got, trace_id = create(bench, replies.chat(PLAIN), False, **options)
    frames.assert_signed(got, PLAIN, trace_id)


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_tool_calls_and_refusals_carry_nothing(bench: Bench, streaming: bool) -> None:
    call = replies.tool_call(f"call_{bench.token}", "look_up", '{"what":"a thing in three words"}')
    for reply in (replies.chat(None, calls=[call]), replies.chat(None, refusal="I cannot help with that.")):
        bench.script.reply(
            replies.sse(replies.chat_events(None, calls=reply["choices"][0]["message"].get("tool_calls")))
            if streaming
            else replies.reply(reply)
        )
        body = {"model": bench.model, "messages": [{"role": "user", "content": "Do it."}], "stream": streaming}
        got = bench.fetch("/v1/chat/completions", replies.encode(body))
        assert got.status == 200
        assert frames.ids_in_bytes(got.body) == []
        assert b"_whyops_trace_id" not in got.body


@pytest.mark.parametrize("flags", [("--signature", "off"), ("--signature-policy", "off")], ids=lambda flags: flags[0])
def test_signature_can_be_switched_off(start: StartServer, make_bench: MakeBench, flags: tuple[str, str]) -> None:
    bench = make_bench(start(*flags).ready())
    for streaming in (False, True):
        got, trace_id = create(bench, replies.chat(PLAIN), streaming)
        frames.assert_unsigned(got, PLAIN)
        assert trace_id
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    body = replies.encode({"model": bench.model, "messages": [{"role": "user", "content": "Hello."}]})
    asked = bench.fetch("/v1/chat/completions", body, headers=bench.headers(X_WhyOps_Signature="v2"))
    assert asked.body == replies.encode(replies.chat(PLAIN))
    history = [{"role": "assistant", "content": PLAIN + frames.encode("trace-of-before")}]
    messages = [*history, {"role": "user", "content": "And then?"}]
    _, trace_id = create(bench, replies.chat(PLAIN), False, messages=messages)
    assert trace_id == "trace-of-before"
    frames.assert_clean(bench.script.last.body)


def test_policy_always_signs_any_visible_text(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--signature-policy", "always").ready())
    for text in ("Yes.", "The answer is 42", "`code`"):
        got, trace_id = create(bench, replies.chat(text), False)
        frames.assert_signed(got, text, trace_id)
    got, _ = create(bench, replies.chat(" \n"), False)
    frames.assert_unsigned(got, " \n")
    got, _ = create(bench, replies.chat(PLAIN), False, response_format={"type": "json_object"})
    frames.assert_unsigned(got, PLAIN)


def test_history_without_signature_support_still_gets_a_header(bench: Bench) -> None:
    """An id that a frame cannot carry goes by header only (SIG-2, EXC-26)."""
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    raw = bench.openai().chat.completions.with_raw_response.create(
        model=bench.model,
        messages=[{"role": "user", "content": "Hello."}],
        extra_headers={"X-Trace-ID": f"two words {bench.token}"},
    )
    assert raw.headers["x-trace-id"] == f"two words {bench.token}"
    frames.assert_unsigned(raw.parse().choices[0].message.content or "", PLAIN)
