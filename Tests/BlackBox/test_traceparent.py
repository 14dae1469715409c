"""Where the client's own tracing puts a call (TRC-47): kept on its events, and nothing decided by it."""

from __future__ import annotations

import pytest

import replies
from bench import Bench

TEXT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
BODY = {"messages": [{"role": "user", "content": "Please answer."}]}


@pytest.mark.parametrize("value,kept", [(TEXT, TEXT), (TEXT.upper(), None), (TEXT + "-more", None), (None, None)])
def test_traceparent_is_kept_on_every_event(bench: Bench, value: str | None, kept: str | None) -> None:
    bench.script.answer(lambda _: replies.reply(replies.chat("Here is a plain answer.")))
    head = bench.headers() | ({} if value is None else {"traceparent": value})
    traces = []
    for _ in range(2):
        reply = bench.fetch("/v1/chat/completions", replies.encode({"model": bench.model, **BODY}), headers=head)
        traces.append(reply.header("x-trace-id"))
    assert traces[0] != traces[1], "it decides nothing"
    for trace in traces:
        events = bench.reader.await_types(trace, "user_message", "llm_response")
        assert [event["metadata"]["stitch"].get("traceparent") for event in events] == [kept] * 2
    assert {exchange.header("traceparent") for exchange in bench.script.exchanges} == {None}
