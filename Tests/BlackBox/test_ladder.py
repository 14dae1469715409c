"""Every rung of the ladder by which a request finds its trace (TRC-7), each reached by the official clients of each vendor."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import frames
import replies
import responses
import vendors
from bench import Bench
from reader import source
from vendors import PLAIN, asked, create, each_vendor

QUESTION = {"role": "user", "content": "And then?"}
# A turn of the assistant in a history, and the options of a client, by which a trace is known.
History = tuple[list[dict[str, Any]], dict[str, str]]
Rung = Callable[[Bench, str, str], History]


def said(text: str) -> History:
    return [{"role": "assistant", "content": text}], {}


def trace_header(bench: Bench, vendor: str, trace: str) -> History:
    return said(PLAIN)[0], {"X-Trace-ID": trace}


def thread_header(bench: Bench, vendor: str, trace: str) -> History:
    return said(PLAIN)[0], {"X-Thread-ID": trace}


def version_1(bench: Bench, vendor: str, trace: str) -> History:
    return said(PLAIN + frames.encode(trace))


def version_2(bench: Bench, vendor: str, trace: str) -> History:
    return said(PLAIN + frames.sign(trace))


def tool_argument(bench: Bench, vendor: str, trace: str) -> History:
    name, arguments = f"argument_{bench.token}", replies.encode({"_whyops_trace_id": trace, "x": 1}).decode()
    if vendor == "responses":
        call = {"type": "function_call", "call_id": name, "name": "f", "arguments": arguments}
        return [call, {"type": "function_call_output", "call_id": name, "output": "1"}], {}
    if vendor == "anthropic":
        use = {"type": "tool_use", "id": name, "name": "f", "input": {"_whyops_trace_id": trace, "x": 1}}
        result = {"type": "tool_result", "tool_use_id": name, "content": "1"}
        return [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}], {}
    turn = {"role": "assistant", "content": None, "tool_calls": [replies.tool_call(name, "f", arguments)]}
    return [turn, {"role": "tool", "tool_call_id": name, "content": "1"}], {}


def asks(bench: Bench, vendor: str, turns: list[dict[str, Any]], reply: Any, **headers: str) -> Any:
    bench.script.reply(replies.reply(reply))
    request = asked(vendor, "A question.")
    request["input" if vendor == "responses" else "messages"] += turns
    # The bench's token has to be in the request.
    return create(bench, vendor, headers=headers)(model=bench.model, **request)


def decided(bench: Bench, trace: str) -> str:
    """What decided the last request of a trace."""
    def newest() -> list[Any]:
        return [event for event in bench.reader.events(trace) if event["eventType"] in ("user_message", "tool_result")]

    return source(newest()[-1])


RUNGS: dict[str, Rung] = {
    "header.trace": trace_header,
    "header.thread": thread_header,
    "signature.v2": version_2,
    "signature.v1": version_1,
    "tool-argument": tool_argument,
}


@each_vendor
@pytest.mark.parametrize("rung", RUNGS)
def test_what_a_request_brings(bench: Bench, vendor: str, rung: str) -> None:
    trace = f"trace-{bench.token}"
    turns, headers = RUNGS[rung](bench, vendor, trace)
    asks(bench, vendor, [*turns, QUESTION], vendors.whole(vendor, PLAIN), **headers)
    [event, _] = bench.reader.await_types(trace, "user_message", "llm_response")
    assert source(event) == rung
    assert frames.ids_in_bytes(bench.script.last.body) == [] and b"_whyops_trace_id" not in bench.script.last.body


@each_vendor
def test_nothing_that_a_request_brings(bench: Bench, vendor: str) -> None:
    asks(bench, vendor, [*said(PLAIN)[0], QUESTION], vendors.whole(vendor, PLAIN))
    [thread] = bench.reader.await_threads(bench.agent, 1, 2)
    assert decided(bench, thread["threadId"]) == "new"


def echoed(bench: Bench, vendor: str) -> tuple[Any, list[dict[str, Any]]]:
    """A reply with a call of a tool, and the turns that answer it."""
    name = f"call_{bench.token}"
    if vendor == "responses":
        call = responses.call(bench.token, "f", "{}")
        sent = {key: value for key, value in call.items() if key != "id"}
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "1"}
        return responses.response(bench.token, call), [sent, output]
    if vendor == "anthropic":
        use = {"type": "tool_use", "id": name, "name": "f", "input": {}}
        result = {"type": "tool_result", "tool_use_id": name, "content": "1"}
        return replies.message([use]), [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    call = replies.tool_call(name, "f", "{}")
    turn = {"role": "assistant", "content": None, "tool_calls": [call]}
    return replies.chat(None, calls=[call]), [turn, {"role": "tool", "tool_call_id": name, "content": "1"}]


@each_vendor
def test_ids_that_come_back(bench: Bench, vendor: str) -> None:
    reply, turns = echoed(bench, vendor)
    asks(bench, vendor, [], reply)
    asks(bench, vendor, turns, vendors.whole(vendor, PLAIN))
    [thread] = bench.reader.await_threads(bench.agent, 1, 4)
    assert decided(bench, thread["threadId"]) == "echo"


@each_vendor
def test_words_that_come_back(bench: Bench, vendor: str) -> None:
    """Of a client that hands on the text alone, without the signature and the ids."""
    text = f"{PLAIN} It is one of those that were given to {bench.token}."
    asks(bench, vendor, [], vendors.whole(vendor, text))
    asks(bench, vendor, [*said(text)[0], QUESTION], vendors.whole(vendor, PLAIN))
    [thread] = bench.reader.await_threads(bench.agent, 1, 4)
    assert decided(bench, thread["threadId"]) == "lineage"


# By the clients of each vendor that harnesses are made of.
HARNESSES = {
    "anthropic": ("X-Claude-Code-Session-Id", {}, "claude-code"),
    "openai": ("x-opencode-session", {}, "opencode"),
    "responses": ("session_id", {"originator": "codex_cli_rs", "User-Agent": "codex_cli_rs/0.60.0"}, "codex"),
}


@each_vendor
def test_session_of_a_harness(bench: Bench, vendor: str) -> None:
    name, more, harness = HARNESSES[vendor]
    session = f"session-{bench.token}"
    asks(bench, vendor, [*said(PLAIN)[0], QUESTION], vendors.whole(vendor, PLAIN), **{name: session, **more})
    [thread] = bench.reader.await_threads(bench.agent, 1, 2)
    assert thread["threadId"] == f"{harness}:{session}"
    assert decided(bench, thread["threadId"]) == "harness"


@each_vendor
def test_each_rung_goes_before_those_below(bench: Bench, vendor: str) -> None:
    """All of them at once, and one less each time, from the top."""
    name, more, harness = HARNESSES[vendor]
    reply, turns = echoed(bench, vendor)
    asks(bench, vendor, [], reply, **{"X-Trace-ID": f"echo-{bench.token}"})
    argument = tool_argument(bench, vendor, f"argument-{bench.token}")[0]
    history = [
        *argument,
        *said(PLAIN + frames.encode(f"v1-{bench.token}"))[0],
        *turns,
        *said(PLAIN + frames.sign(f"v2-{bench.token}"))[0],
        QUESTION,
    ]
    headers = {"X-Trace-ID": f"trace-{bench.token}", "X-Thread-ID": f"thread-{bench.token}", name: bench.token, **more}
    expected = [("header.trace", "trace"), ("header.thread", "thread"), ("signature.v2", "v2"), ("echo", "echo")]
    expected += [("signature.v1", "v1"), ("tool-argument", "argument")]
    for at, (rung, trace) in enumerate(expected):
        asks(bench, vendor, history, vendors.whole(vendor, PLAIN), **headers)
        # That of the echoed id has been there from the start.
        bench.reader.await_threads(bench.agent, at + (2 if at < 3 else 1), at * 2 + 4)
        assert decided(bench, f"{trace}-{bench.token}") == rung
        if rung.startswith("header"):
            headers.pop("X-Trace-ID" if rung == "header.trace" else "X-Thread-ID")
        elif rung == "signature.v2":
            history = [*history[:-2], QUESTION]
        elif rung == "echo":
            history = [*argument, *said(PLAIN + frames.encode(f"v1-{bench.token}"))[0], QUESTION]
        else:
            history = [*argument, QUESTION]
    asks(bench, vendor, [*said(PLAIN)[0], QUESTION], vendors.whole(vendor, PLAIN), **headers)
    bench.reader.await_types(f"{harness}:{bench.token}", "user_message", "llm_response")
    assert decided(bench, f"{harness}:{bench.token}") == "harness"
