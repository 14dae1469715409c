"""Delivery of streams: nothing is held back, a client that goes ends the upstream's work."""

from __future__ import annotations

from typing import Any

import pytest

import frames
import replies
import vendors
from bench import Bench, connect, send
from faults import Tier
from reader import eventually
from test_bad_input import assert_alive
from test_upstream_faults import good
from vendors import BEGUN, PLAIN, ROUTES, each_vendor


@each_vendor
def test_each_event_arrives_before_the_next_is_sent(bench: Bench, vendor: str) -> None:
    """The upstream waits at a gate after every event, and the gate opens only when the client has that event."""
    events = vendors.events(vendor, PLAIN)
    comment = b": heartbeat\n\n"
    events = [comment, *events[:3], comment, *events[3:]]
    gates = [bench.upstream.gate() for _ in events]
    bench.script.reply(replies.sse(replies.gated(events, gates)))
    with bench.open(ROUTES[vendor], good(bench, vendor, stream=True)) as reply:
        for event, gate in zip(events, gates):
            reply.until(event, vendors.plain)
            gate.open()
        assert reply.rest()
        assert set(frames.ids_in_bytes(reply.body)) == {reply.trace}


def test_comment_line_arrives_without_its_blank_line(bench: Bench) -> None:
    """EXC-31: a comment outside an event goes on when its line is complete."""
    events = replies.chat_events(PLAIN)
    gate = bench.upstream.gate()
    bench.script.reply(replies.sse([events[0], b": OPENROUTER PROCESSING\n", gate, *events[1:]]))
    with bench.open(ROUTES["openai"], good(bench, stream=True)) as reply:
        reply.until(b": OPENROUTER PROCESSING\n")
        gate.open()
        assert reply.rest()


def test_head_arrives_before_the_first_event(bench: Bench) -> None:
    gate = bench.upstream.gate()
    bench.script.reply([replies.sse_head(x_request_id="req_1"), gate, *replies.sse(replies.chat_events(PLAIN))[1:]])
    with bench.open(ROUTES["openai"], good(bench, stream=True)) as reply:
        assert reply.status == 200
        assert reply.header("x-request-id") == "req_1"
        assert reply.trace
        gate.open()
        assert reply.rest()


@each_vendor
def test_clients_see_each_event_as_it_comes(bench: Bench, vendor: str) -> None:
    events = vendors.events(vendor, PLAIN)
    gates = [bench.upstream.gate() for _ in events]
    bench.script.reply(replies.sse(replies.gated(events, gates)))
    waiting = list(gates)
    if vendor == "anthropic":
        # This client keeps `ping` to itself, so nothing would open the gate behind it.
        waiting.pop(2).open()
    text = ""
    for item in vendors.create(bench, vendor)(model=bench.model, stream=True, **vendors.asked(vendor, "Answer.")):
        delta: Any = item.choices[0].delta if vendor == "openai" else getattr(item, "delta", None)
        if isinstance(delta, str):
            text += delta
        text += getattr(delta, "content" if vendor == "openai" else "text", None) or ""
        if waiting:
            waiting.pop(0).open()
    assert frames.strip(text) == PLAIN


@each_vendor
def test_client_that_goes_ends_the_upstream_request(bench: Bench, vendor: str) -> None:
    """PRX-10, and what came until then is kept (EXC-53)."""
    events = vendors.events(vendor, PLAIN)
    until = len(vendors.begun(vendor))
    gate = bench.upstream.gate()
    bench.script.reply(replies.sse([*events[:until], gate, *events[until:]]))
    with bench.open(ROUTES[vendor], good(bench, vendor, stream=True)) as reply:
        reply.until(events[until - 1])
    assert bench.script.last.closed.wait(20), "the upstream request went on without its client"
    [_, response] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert response["content"]["finishReason"] == "client_disconnected"
    assert response["content"]["content"] == BEGUN
    assert_alive(bench)


@each_vendor
def test_client_that_goes_at_any_place(bench: Bench, vendor: str, tier: Tier) -> None:
    """F9: wherever it goes, the upstream's request ends, and what came until then is kept once."""
    events = b"".join(vendors.events(vendor, PLAIN))
    count = tier.pick(8, 50)
    for cut in [1 + len(events) * place // count for place in range(count)]:
        gate = bench.upstream.gate()
        bench.script.reply(replies.sse([events[:cut], gate, events[cut:]]))
        trace = f"trace-{bench.token}-{cut}"
        head = bench.headers(X_Trace_ID=trace, X_WhyOps_Signature="off")
        with bench.open(ROUTES[vendor], good(bench, vendor, stream=True), headers=head) as reply:
            # What is complete until there has come; the rest of an event waits for its end (EXC-31).
            whole = events[:cut].rpartition(b"\n\n")
            reply.until(whole[0] + whole[1])
        assert bench.script.last.closed.wait(20), f"the upstream request went on without its client, cut at {cut}"
        [_, response] = bench.reader.await_types(trace, "user_message", "llm_response")
        # A client that has had the event which ends the reply has all of it.
        assert response["content"]["finishReason"] in ("client_disconnected", vendors.FINISHED[vendor]), cut
        assert PLAIN.startswith(response["content"].get("content", "")), cut
    assert_alive(bench)


def test_client_that_goes_before_the_head(bench: Bench) -> None:
    gate = bench.upstream.gate()
    bench.script.reply([gate, *replies.reply(replies.chat(PLAIN))])
    connection = connect(bench.server.proxy)
    head = bench.headers(X_Trace_ID=f"trace-{bench.token}")
    send(connection, "POST", ROUTES["openai"], head, good(bench))
    [exchange] = bench.script.wait()
    connection.close()
    assert exchange.closed.wait(20), "the upstream request went on without its client"
    events = eventually(lambda: len(found := bench.reader.events(f"trace-{bench.token}")) >= 2 and found, "two events")
    assert events[0]["eventType"] == "user_message"
    assert events[1]["eventType"] in ("llm_response", "error")
    assert_alive(bench)


def test_helper_that_breaks_off_its_loop(bench: Bench) -> None:
    """What agents do: take what is needed and leave."""
    events = replies.chat_events(PLAIN)
    gate = bench.upstream.gate()
    bench.script.reply(replies.sse([*events[:4], gate, *events[4:]]))
    user: Any = [{"role": "user", "content": "Answer."}]
    with bench.openai().chat.completions.create(model=bench.model, messages=user, stream=True) as stream:
        for chunk in stream:
            if chunk.choices[0].delta.content == " a":
                break
    assert bench.script.last.closed.wait(20)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=2)
    [_, response] = bench.reader.await_types(thread["threadId"], "user_message", "llm_response")
    assert response["content"]["finishReason"] == "client_disconnected"
