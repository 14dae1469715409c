"""What happens to a request's bytes: frames and trace ids go, everything else stays (EXC-1 to EXC-4, JSON-4)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import frames
import replies
from bench import Bench
from test_bad_input import ROUTES

FRAME = frames.encode("some-old-trace")


def escaped(text: str, upper: bool) -> str:
    return "".join(f"\\u{ord(mark):04X}" if upper else f"\\u{ord(mark):04x}" for mark in text)


SPELLINGS = {
    "raw": FRAME,
    "lower": escaped(FRAME, upper=False),
    "upper": escaped(FRAME, upper=True),
    "mixed": "".join(escaped(mark, upper=at % 2 == 0) if at % 3 else mark for at, mark in enumerate(FRAME)),
}

# Odd spacing, repeated names, escapes, numbers as nobody writes them; the frame stands wherever @ stands.
BODY = (
    '{ "x":[1.0, -0, 1e+2, 1e400, -1E-400, ' + "9" * 5000 + ',\r\n"a@b",\t{"@k":"@"}] , "messages" : [{"role":"user","content":"one@ \\u0041\\/"}],\n'
    '"messages":[ {"role":"system","content":"be@"},{"content":"q@","role":"user","name":"\\ud83d\\ude00@"},'
    '{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"@r@"}]} ,{"role":"user","content":"go"} ],'
    '"model":"MODEL","metadata":{"deep":[[[{"t":"@@"}]]],"e":""},"max_tokens":1024}\n'
)


@pytest.mark.parametrize("vendor", list(ROUTES))
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_frames_go_and_nothing_else(bench: Bench, vendor: str, spelling: str) -> None:
    template = BODY.replace("MODEL", bench.model).replace('"@k"', '"k"')
    bench.script.reply(replies.reply(replies.chat("Yes.")))
    sent = template.replace("@", SPELLINGS[spelling]).encode()
    assert bench.fetch(ROUTES[vendor], sent).status == 200
    assert bench.script.last.body == template.replace("@", "").encode()


def test_frames_within_frames(bench: Bench) -> None:
    """Removing one frame may complete another; that goes too (SIG-21)."""
    inner, outer = frames.encode("inner"), frames.encode("outer")
    cut = len(outer) // 2
    text = f"before{outer[:cut]}{inner}{outer[cut:]}after"
    bench.script.reply(replies.reply(replies.chat("Yes.")))
    body = replies.encode({"model": bench.model, "messages": [{"role": "assistant", "content": text}, {"role": "user"}]})
    reply = bench.fetch(ROUTES["openai"], body)
    assert bench.script.last.json()["messages"][0]["content"] == "beforeafter"
    assert reply.trace not in ("outer",)


def test_last_frame_of_a_text_decides(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.chat("Yes.")))
    text = f"one{frames.encode('first')} two{frames.encode(f'last-{bench.token}')} three"
    body = {"model": bench.model, "messages": [{"role": "assistant", "content": text}, {"role": "user", "content": "x"}]}
    assert bench.fetch(ROUTES["openai"], replies.encode(body)).trace == f"last-{bench.token}"


def test_parts_of_an_assistant_turn_are_read(bench: Bench) -> None:
    for vendor in ROUTES:
        bench.script.reply(replies.reply(replies.chat("Yes.")))
        parts = [{"type": "text", "text": "no frame"}, {"type": "text", "text": "here" + frames.encode(f"p-{bench.token}")}]
        messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": parts}, {"role": "user", "content": "x"}]
        body = replies.encode({"model": bench.model, "max_tokens": 99, "messages": messages})
        assert bench.fetch(ROUTES[vendor], body).trace == f"p-{bench.token}"
        frames.assert_clean(bench.script.last.body)


ARGUMENTS = {
    "only": ('{"_whyops_trace_id":"T"}', "{}"),
    "first": ('{"_whyops_trace_id":"T","a":1.0}', '{"a":1.0}'),
    "middle": ('{"a":1.0,"_whyops_trace_id":"T","b":[ ]}', '{"a":1.0,"b":[ ]}'),
    "last": ('{"a":1.0,"_whyops_trace_id":"T"}', '{"a":1.0}'),
    "not ours": ('{"a":{"_whyops_trace_id":"T"}}', None),
    "not JSON": ('{"_whyops_trace_id":"T"', None),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_trace_id_goes_from_tool_arguments(bench: Bench, name: str) -> None:
    """In both vendors' forms, and only as a member of the arguments themselves (EXC-2)."""
    before, after = (value and value.replace("T", f"t-{bench.token}") for value in ARGUMENTS[name])
    assert before
    user = {"role": "user", "content": "x"}
    call = replies.tool_call("call_x", "f", before)
    body = replies.encode({"model": bench.model, "messages": [user, {"role": "assistant", "tool_calls": [call]}, user]})
    bench.script.reply(replies.reply(replies.chat("Yes.")))
    reply = bench.fetch(ROUTES["openai"], body)
    sent = bench.script.last.json()["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert sent == (before if after is None else after)
    assert (reply.trace == f"t-{bench.token}") == (after is not None)
    if name == "not JSON":
        return
    use = {"type": "tool_use", "id": "toolu_x", "name": "f", "input": "@"}
    value = {"model": bench.model, "max_tokens": 99, "messages": [user, {"role": "assistant", "content": [use]}, user]}
    text = json.dumps(value).replace('"@"', before)
    bench.script.reply(replies.reply(replies.message([])))
    reply = bench.fetch(ROUTES["anthropic"], text.encode())
    assert bench.script.last.body == text.replace(before, after or before).encode()
    assert (reply.trace == f"t-{bench.token}") == (after is not None)


def test_large_body_goes_through_unchanged(bench: Bench) -> None:
    image = "data:image/png;base64," + "A" * (6 * 1024 * 1024)
    parts: list[Any] = [{"type": "image_url", "image_url": {"url": image}}, {"type": "text", "text": "What is this?"}]
    history = [{"role": "assistant", "content": f"turn {at} of many"} for at in range(2000)]
    body = replies.encode({"model": bench.model, "messages": [*history, {"role": "user", "content": parts}]})
    bench.script.reply(replies.reply(replies.chat("Yes.")))
    assert bench.fetch(ROUTES["openai"], body).status == 200
    assert bench.script.last.body == body


def test_chunked_request_goes_through_unchanged(bench: Bench) -> None:
    text = "a long question " * 1000 + FRAME
    body = replies.encode({"model": bench.model, "messages": [{"role": "user", "content": text}]})
    bench.script.reply(replies.reply(replies.chat("Yes.")))
    assert bench.fetch(ROUTES["openai"], iter([body[at : at + 13] for at in range(0, len(body), 13)])).status == 200
    assert bench.script.last.body == body.replace(FRAME.encode(), b"")


def test_a_request_chooses_its_signature(bench: Bench) -> None:
    """A chained proxy, or a caller who knows better (PRX-20)."""
    body = replies.encode({"model": bench.model, "messages": [{"role": "user", "content": "x"}]})
    text = "Here is a plain answer."
    for value, frame in (
        ("off", lambda trace: ""), ("V1", frames.encode), ("v2", frames.sign), ("v3", frames.sign), ("", frames.sign),
    ):
        bench.script.reply(replies.reply(replies.chat(text)))
        reply = bench.fetch(ROUTES["openai"], body, headers=bench.headers(X_WhyOps_Signature=value))
        assert json.loads(reply.body)["choices"][0]["message"]["content"] == text + frame(reply.trace)
        assert frames.strip_bytes(reply.body) == replies.encode(replies.chat(text))
