"""Trace headers: who wins, what is refused, what every response says."""

from __future__ import annotations

import re
from typing import Any

import pytest

import frames
import replies
from bench import Bench
from reader import sources

PLAIN = "Here is a plain answer."
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def body(bench: Bench, history: list[Any] | None = None, **more: Any) -> bytes:
    messages = [*(history or []), {"role": "user", "content": "Please answer."}]
    return replies.encode({"model": bench.model, "messages": messages, **more})


def signed(trace_id: str) -> list[Any]:
    return [{"role": "assistant", "content": PLAIN + frames.encode(trace_id)}]


def test_header_wins_over_signature(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    mine = f"trace.{bench.token}/~x"
    head = bench.headers(X_Trace_ID=mine, X_Thread_ID="thread-loses")
    reply = bench.fetch("/v1/chat/completions", body(bench, signed("signature-loses")), headers=head)
    assert (reply.header("x-trace-id"), reply.header("x-thread-id")) == (mine, mine)
    assert frames.ids_in_bytes(reply.body) == [mine]
    events = bench.reader.await_types(mine, "user_message", "llm_response")
    assert sources(events) == ["header.trace"] * 2
    links = str(events[0]["metadata"]["stitch"])
    assert "signature-loses" in links


def test_thread_header_is_second(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    mine = f"thread-{bench.token}"
    head = bench.headers(X_Thread_ID=f"  {mine} ")
    reply = bench.fetch("/v1/chat/completions", body(bench, signed("signature-loses")), headers=head)
    assert (reply.header("x-trace-id"), reply.header("x-thread-id")) == (mine, mine)
    assert sources(bench.reader.await_types(mine, "user_message", "llm_response")) == ["header.thread"] * 2


def test_new_ids_are_lower_case_uuids(bench: Bench) -> None:
    seen = set()
    for _ in range(3):
        bench.script.reply(replies.reply(replies.chat(PLAIN)))
        seen.add(bench.fetch("/v1/chat/completions", body(bench)).trace)
    assert len(seen) == 3
    assert all(UUID4.fullmatch(trace_id) for trace_id in seen), seen


@pytest.mark.parametrize("length", [1, 128])
def test_longest_and_shortest_id(bench: Bench, length: int) -> None:
    mine = (bench.token * 8)[:length] if length > 1 else "~"
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    reply = bench.fetch("/v1/chat/completions", body(bench), headers=bench.headers(X_Trace_ID=mine))
    assert reply.trace == mine
    assert frames.ids_in_bytes(reply.body) == [mine]
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    again = bench.fetch("/v1/chat/completions", body(bench, signed(mine)))
    assert again.trace == mine


BAD: dict[str, bytes] = {
    "too long": b"x" * 129,
    "empty": b"",
    "white space": b"   ",
    "tab inside": b"a\tb",
    "latin-1": b"na\xefve",
    "UTF-8": "\u00e9t\u00e9".encode(),
    "a frame of marks": frames.encode("x").encode(),
}


@pytest.mark.parametrize("header", ["X-Trace-ID", "X-Thread-ID"])
@pytest.mark.parametrize("name", BAD)
def test_invalid_header_is_ignored_and_not_echoed(bench: Bench, name: str, header: str) -> None:
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    head = bench.headers(**{header: BAD[name]})
    reply = bench.fetch("/v1/chat/completions", body(bench, signed(f"trace-{bench.token}")), headers=head)
    assert reply.status == 200
    assert (reply.header("x-trace-id"), reply.header("x-thread-id")) == (f"trace-{bench.token}",) * 2
    events = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert sources(events) == ["signature.v1"] * 2


def test_invalid_trace_header_gives_way_to_a_valid_thread_header(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    head = bench.headers(X_Trace_ID="x" * 129, X_Thread_ID=f"thread-{bench.token}")
    assert bench.fetch("/v1/chat/completions", body(bench), headers=head).trace == f"thread-{bench.token}"


@pytest.mark.parametrize("route", ["/v1/chat/completions", "/v1/messages"])
def test_headers_on_streams_and_errors(bench: Bench, route: str) -> None:
    anthropic = route == "/v1/messages"
    blocks = [{"type": "text", "text": PLAIN}]
    bench.script.reply(replies.sse(replies.message_events(blocks) if anthropic else replies.chat_events(PLAIN)))
    bench.script.reply(replies.reply(replies.vendor_error("anthropic" if anthropic else "openai", "x", "y"), 429))
    mine = f"trace-{bench.token}"
    for status in (200, 429):
        request = body(bench, max_tokens=1024, stream=True)
        reply = bench.fetch(route, request, headers=bench.headers(X_Trace_ID=mine))
        assert reply.status == status
        assert (reply.header("x-trace-id"), reply.header("x-thread-id")) == (mine, mine)
    events = bench.reader.await_types(mine, "user_message", "llm_response", "user_message", "error")
    assert sources(events) == ["header.trace"] * 4


def test_external_user_is_on_every_event(bench: Bench) -> None:
    call = replies.tool_call(f"call_{bench.token}", "f", "{}")
    blocks = [{"type": "thinking", "thinking": "Hm.", "signature": f"s{bench.token}"}, {"type": "text", "text": PLAIN}]
    bench.script.reply(replies.reply(replies.chat(None, calls=[call])))
    bench.script.reply(replies.sse(replies.message_events(blocks)))
    bench.script.reply(replies.reply(replies.vendor_error("openai", "x", "y"), 500))
    head = bench.headers(X_Trace_ID=f"trace-{bench.token}", X_External_User_Id="user-7")
    for route in ("/v1/chat/completions", "/v1/messages", "/v1/chat/completions"):
        bench.fetch(route, body(bench, max_tokens=1024, stream=route == "/v1/messages"), headers=head)
    events = bench.reader.await_types(
        f"trace-{bench.token}",
        *["user_message", "llm_response", "user_message", "llm_thinking", "llm_response", "user_message", "error"],
    )
    thread = bench.reader.thread(f"trace-{bench.token}")
    assert thread and thread["externalUserId"] == "user-7"
    [listed] = bench.reader.threads(bench.agent)
    assert listed["externalUserId"] == "user-7"
    for event in events:
        assert event.get("externalUserId") == "user-7", event


def test_default_agent_serves_clients_without_the_header(start: Any, make_bench: Any) -> None:
    bench = make_bench(start("--default-agent", "fallback").ready())
    for _ in range(2):
        bench.script.reply(replies.reply(replies.chat(PLAIN)))
    head = bench.headers()
    del head["X-Agent-Name"]
    assert bench.fetch("/v1/chat/completions", body(bench), headers=head).status == 200
    assert bench.fetch("/v1/chat/completions", body(bench)).status == 200
    bench.reader.await_threads("fallback", 1, events=2)
    bench.reader.await_threads(bench.agent, 1, events=2)


def test_external_user_that_is_too_long_is_refused(bench: Bench) -> None:
    """PRX-19: 255 characters are kept whole, one more is told."""
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    longest = "u" * 255
    reply = bench.fetch("/v1/chat/completions", body(bench), headers=bench.headers(X_External_User_Id=longest))
    events = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert [event.get("externalUserId") for event in events] == [longest] * 2
    refused = bench.fetch("/v1/chat/completions", body(bench), headers=bench.headers(X_External_User_Id="u" * 256))
    assert refused.status == 400
    assert b"X-External-User-Id" in refused.body
