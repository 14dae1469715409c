"""The proxy's own figures on the operator's listener (PRX-85, PRX-86), as a real scraper's parser reads them."""

from __future__ import annotations

import http.client
import json
import uuid
from typing import Any

import httpx
import pytest

import frames
import replies
from bench import Bench, connect, send
from conftest import MakeBench, StartServer
from reader import eventually
from replies import encode
from script import RESET
from tenants import create_key
from test_admin import figures
from test_backpressure import head
from test_edges import dial

PLAIN = "Here is a plain answer."
Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def own(start: StartServer, make_bench: MakeBench) -> Bench:
    """A server of its own, so that nobody else's requests are counted."""
    return make_bench(start("--admin-port", "0").ready())


def read(bench: Bench, name: str, **labels: str) -> float:
    return figures(bench.server.admin)["whyops_proxy_" + name, tuple(sorted(labels.items()))]


def body(bench: Bench, **more: Any) -> bytes:
    return encode({"model": bench.model, "max_tokens": 99, "messages": [{"role": "user", "content": "Please."}], **more})


def answered(bench: Bench) -> Figures:
    """Requests by route, provider and status, those above 0."""
    return {
        labels: value
        for (name, labels), value in figures(bench.server.admin).items()
        if name == "whyops_proxy_requests_total" and value
    }


def key(route: str, status: str) -> tuple[tuple[str, str], ...]:
    return (("route", route), ("status", status))


def test_every_series_is_there_from_the_start(own: Bench) -> None:
    seen = figures(own.server.admin)
    routes = {dict(labels)["route"] for name, labels in seen if name == "whyops_proxy_requests_total"}
    assert routes == {
        "chat", "responses", "messages", "embeddings", "agents", "realtime", "health", "invalid", "pass_through", "none",
    }  # fmt: skip
    sources = {dict(labels)["source"] for name, labels in seen if name == "whyops_proxy_stitched_total"}
    assert len(sources) == 9 and {"signature.v2", "echo", "lineage", "new"} <= sources
    assert len([1 for name, _ in seen if name == "whyops_proxy_upstream_errors_total"]) == 14
    counted = {name: value for (name, _), value in seen.items() if name.startswith("whyops_proxy_") and value}
    assert counted == {}


def test_exchanges_are_counted(own: Bench) -> None:
    bench = own
    chat = replies.chat(PLAIN) | {
        "usage": {
            "prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107,
            "prompt_tokens_details": {"cached_tokens": 40}, "completion_tokens_details": {"reasoning_tokens": 3},
        }
    }  # fmt: skip
    message = replies.message([{"type": "text", "text": PLAIN}])
    message["usage"] = {"input_tokens": 5, "output_tokens": 2, "cache_creation_input_tokens": 6, "cache_read_input_tokens": 8}
    bench.script.reply(replies.reply(chat), replies.sse(replies.chat_events(PLAIN)), replies.reply(message))
    bench.script.reply(replies.reply({"object": "list", "data": [], "usage": {"prompt_tokens": 11, "total_tokens": 11}}))
    bench.script.reply(replies.reply({"data": []}))
    bench.fetch("/v1/chat/completions", body(bench), headers=bench.headers(X_Trace_ID=bench.token))
    bench.fetch("/v1/chat/completions", body(bench, stream=True))
    bench.fetch("/v1/messages", body(bench))
    bench.fetch("/v1/embeddings", encode({"model": bench.model, "input": "x"}))
    bench.fetch(f"/v1/anything/{bench.token}", None, "GET")
    bench.fetch("/health", None, "GET", {})
    assert answered(bench) == {
        key("chat", "2xx"): 2,
        key("messages", "2xx"): 1,
        key("embeddings", "2xx"): 1,
        key("pass_through", "2xx"): 1,
        key("health", "2xx"): 1,
    }
    seen = figures(bench.server.admin)
    assert read(bench, "request_duration_seconds_count", route="chat") == 2
    assert read(bench, "own_duration_seconds_count") == 6
    assert 0 < read(bench, "own_duration_seconds_sum") < 60
    assert read(bench, "upstream_first_byte_seconds_count", vendor="openai") == 4
    assert read(bench, "upstream_first_byte_seconds_count", vendor="anthropic") == 1
    assert (read(bench, "stitched_total", source="new"), read(bench, "stitched_total", source="header.trace")) == (3, 1)
    assert read(bench, "signatures_total") == 3
    tokens = {
        (dict(labels)["vendor"], dict(labels)["kind"]): value
        for (name, labels), value in seen.items()
        if name == "whyops_proxy_tokens_total" and value
    }
    assert tokens == {
        ("openai", "input"): 111, ("openai", "output"): 7, ("openai", "cache_read"): 40, ("openai", "reasoning"): 3,
        ("anthropic", "input"): 5, ("anthropic", "output"): 2, ("anthropic", "cache_read"): 8,
        ("anthropic", "cache_write"): 6,
    }  # fmt: skip
    eventually(lambda: read(bench, "spool_events") == 0 and read(bench, "open_requests") == 0, "everything stored")
    assert read(bench, "hidden_text_total") == 0
    assert read(bench, "events_lost_total") == 0


def above_zero(bench: Bench, name: str, label: str) -> dict[str, float]:
    return {
        dict(labels)[label]: value
        for (series, labels), value in figures(bench.server.admin).items()
        if series == "whyops_proxy_" + name and value
    }


def test_stripped_frames_are_counted_by_what_they_prove(own: Bench) -> None:
    """T1: a signature that proves nothing is told of, in the figures and in the event of its request (EXC-90)."""
    bench, trace = own, str(uuid.uuid4())
    good = frames.sign(trace)
    foreign = frames.sign(trace, key_id=frames.KEY_ID + 1)
    forged = frames.sign(trace, key=bytes(32))
    later = "\u2060\U000e01d8\U000e0100"
    nested = good[:-1] + frames.encode("inner") + good[-1]
    said = [
        {"role": "user", "content": f"One.{foreign} Two.{forged}{forged}"},
        {"role": "assistant", "content": f"{PLAIN}{good}{frames.encode('old-trace')}{later}"},
        {"role": "user", "content": f"Three.{nested}"},
    ]
    bench.script.reply(replies.reply(replies.chat(PLAIN)), replies.reply({"data": []}))
    reply = bench.fetch("/v1/chat/completions", encode({"model": bench.model, "max_tokens": 99, "messages": said}))
    assert reply.trace == trace
    once = {"verified": 1, "version_1": 2, "unknown_key": 1, "wrong_tag": 2, "later_version": 1, "nested": 1}
    assert above_zero(bench, "stripped_frames_total", "proof") == once
    event = bench.reader.await_types(trace, "user_message", "llm_response")[0]
    assert event["metadata"]["strippedFrames"] == {"unknownKey": 1, "wrongTag": 2, "laterVersion": 1, "nested": 1}
    # A route that is not recorded takes them out as well, and a request that goes nowhere does not count.
    bench.fetch(f"/v1/anything/{bench.token}", encode({"text": f"Four.{forged}"}))
    bench.fetch("/v1/chat/completions", encode({"messages": said}))
    assert above_zero(bench, "stripped_frames_total", "proof") == {**once, "wrong_tag": 3}
    for sent in bench.script.exchanges:
        frames.assert_clean(sent.body)
        assert forged not in json.loads(sent.body).__str__()


def test_headers_that_name_no_trace_are_counted(own: Bench) -> None:
    bench = own
    bench.script.reply(replies.reply(replies.chat(PLAIN)), replies.reply({"data": []}))
    long = "x" * 129
    given = {"X-Trace-ID": "caf\u00e9".encode(), "X-Thread-ID": "", "X-Claude-Code-Session-Id": long, "traceparent": "00-0"}
    headers = bench.headers() | given
    reply = bench.fetch("/v1/chat/completions", body(bench), headers=headers)
    bench.fetch("/v1/embeddings", encode({"model": bench.model, "input": "x"}), headers=bench.headers(X_Thread_ID=long))
    assert above_zero(bench, "ignored_headers_total", "header") == {
        "x-trace-id": 1,
        "x-thread-id": 2,
        "x-claude-code-session-id": 1,
        "traceparent": 1,
    }
    stitch = bench.reader.await_types(reply.trace, "user_message", "llm_response")[0]["metadata"]["stitch"]
    assert (stitch["source"], stitch["ignoredHeaders"]) == ("new", 3)


def test_headers_that_come_twice(own: Bench) -> None:
    """TRC-3: the same trace twice is that trace; two different ones are none."""
    bench = own
    bench.script.answer(lambda _: replies.reply(replies.chat(PLAIN)))
    for second, source in ((f"trace-{bench.token}", "header.trace"), ("another", "new")):
        more = [f"X-Trace-ID: trace-{bench.token} \t", f"X-Trace-ID: {second}", f"X-Agent-Name:\t{bench.agent} "]
        message = head(bench, "POST", "/v1/chat/completions", body(bench))
        lines = [line for line in message.split(b"\r\n") if not line.lower().startswith(b"x-agent-name")]
        with dial(bench) as client:
            client.sendall(b"\r\n".join([lines[0], *(line.encode() for line in more), *lines[1:]]))
            answered = http.client.HTTPResponse(client)
            answered.begin()
            trace = answered.headers["x-trace-id"]
        assert (trace == f"trace-{bench.token}") == (source == "header.trace")
        event = bench.reader.await_types(trace, "user_message", "llm_response")[0]
        assert (event["metadata"]["stitch"]["source"], event["agentName"]) == (source, bench.agent)
    assert above_zero(bench, "ignored_headers_total", "header") == {"x-trace-id": 1}


def test_errors_and_refusals_are_counted(own: Bench) -> None:
    bench = own
    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    bench.script.reply(replies.reply({"error": {"message": "slow down"}}, 429), replies.reply({"error": "x"}, 503))
    bench.script.reply(replies.http(200, b"no JSON"), [b"no HTTP"])
    bench.script.reply(replies.sse(replies.chat_events(PLAIN)[:2]), [start + replies.chunk(replies.chat_events(PLAIN)[0]), RESET])
    for stream in (False, False, False, False, True, True):
        bench.fetch("/v1/chat/completions", body(bench, stream=stream))
    bench.fetch("/v1/chat/completions", b"[]")
    bench.fetch("/v1/messages", body(bench), headers={"Authorization": "Bearer wrong-key-of-the-tests"})
    bench.fetch("/v1/realtime", None, "GET")
    kinds = {
        kind: read(bench, "upstream_errors_total", vendor="openai", kind=kind)
        for kind in ("status_4xx", "status_5xx", "unreadable", "unreachable", "incomplete", "timeout")
    }
    assert kinds == {"status_4xx": 1, "status_5xx": 1, "unreadable": 1, "unreachable": 2, "incomplete": 1, "timeout": 0}
    codes = ("request.body-type", "invalid_api_key", "not_supported")
    assert [read(bench, "refusals_total", code=code) for code in codes] == [1] * 3
    assert answered(bench) == {
        key("chat", "2xx"): 2,
        key("chat", "4xx"): 2,
        key("chat", "5xx"): 3,
        key("messages", "4xx"): 1,
        key("realtime", "5xx"): 1,
    }


def test_open_requests_and_a_client_that_goes(own: Bench) -> None:
    bench = own
    gate = bench.upstream.gate()
    bench.script.reply([gate, *replies.reply(replies.chat(PLAIN))])
    connection = connect(bench.server.proxy)
    send(connection, "POST", "/v1/chat/completions", bench.headers(), body(bench))
    bench.script.wait(1)
    assert read(bench, "open_requests") == 1
    connection.close()
    eventually(lambda: read(bench, "open_requests") == 0, "the request is over")
    gate.open()
    assert answered(bench) == {key("chat", "none"): 1}


def test_connections_and_limits(start: StartServer, make_bench: MakeBench) -> None:
    """Refusals for want of a connection or of a key's share, and what hides in a request."""
    bench = make_bench(start("--admin-port", "0", "--max-connections", "2").ready())
    held = [dial(bench) for _ in range(2)]
    eventually(lambda: read(bench, "open_connections") == 2, "both are open")
    assert bench.fetch("/v1/models", None, "GET").status == 503
    assert read(bench, "refused_connections_total", how="told") == 1
    assert read(bench, "refused_connections_total", how="dropped") == 0
    assert read(bench, "refusals_total", code="too_many_connections") == 1
    for connection in held:
        connection.close()
    eventually(lambda: read(bench, "open_connections") == 0, "all have gone")
    key = create_key(bench.server, "few", "--requests-per-minute", "1")
    bench.script.answer(lambda _: replies.reply(replies.chat(PLAIN)))
    head = bench.headers(Authorization=f"Bearer {key}")
    hidden = {"role": "user", "content": "Hello" + "\u200b" * 4}
    sent = encode({"model": bench.model, "messages": [hidden]})
    assert [bench.fetch("/v1/chat/completions", sent, headers=head).status for _ in range(3)] == [200, 429, 429]
    assert read(bench, "refusals_total", code="rate_limit_exceeded") == 2
    assert read(bench, "hidden_text_total") == 1


def test_what_is_held_in_memory(own: Bench) -> None:
    """Bodies until they are sent on, and what is remembered of traces."""
    bench = own
    padding = "x" * 100_000
    sent = body(bench, padding=padding)
    connection = dial(bench)
    start = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bench.server.key}\r\n"
    head = f"{start}X-Agent-Name: {bench.agent}\r\nContent-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
    connection.sendall(head.encode() + sent[:-1])
    eventually(lambda: read(bench, "held_bytes") == len(sent) - 1, "all but the last byte is held")
    connection.close()
    eventually(lambda: read(bench, "held_bytes") == 0, "it is let go of")
    calls = [replies.tool_call("call_" + bench.token, "look", "{}")]
    bench.script.reply(replies.reply(replies.chat(PLAIN * 2)), replies.reply(replies.chat(None, calls=calls)))
    bench.fetch("/v1/chat/completions", body(bench))
    assert (read(bench, "link_entries", kind="echo"), read(bench, "link_entries", kind="lineage")) == (0, 1)
    bench.fetch("/v1/chat/completions", body(bench, seed=1))
    assert (read(bench, "link_entries", kind="echo"), read(bench, "link_entries", kind="lineage")) == (1, 1)
    bench.script.reply(replies.sse([b"data: {" + b"x" * (5 << 20) + b"}\n\n"]))
    assert bench.fetch("/v1/chat/completions", body(bench, stream=True)).status == 200
    assert read(bench, "captures_truncated_total") == 1
    assert read(bench, "captured_bytes") == 0


def test_figures_of_an_upstream_never_go_back(own: Bench) -> None:
    """PRX-86: counts up to the limit of 64 bits, and below 0."""
    bench = own
    for count in (2**63 - 1, 2**63 - 1, -5, 2**80, 1.5):
        usage = {"prompt_tokens": count, "completion_tokens": 1, "total_tokens": count}
        bench.script.reply(replies.reply(replies.chat(PLAIN) | {"usage": usage}))
        assert bench.fetch("/v1/chat/completions", body(bench)).status == 200
    assert read(bench, "tokens_total", vendor="openai", kind="output") == 5
    assert read(bench, "tokens_total", vendor="openai", kind="input") == 2 * 2**32


def test_nothing_of_a_request_is_shown(own: Bench) -> None:
    bench = own
    bench.script.answer(lambda _: replies.reply(replies.chat(PLAIN)))
    head = bench.headers(X_Trace_ID="trace-" + bench.token, X_External_User_Id="user-" + bench.token)
    bench.fetch("/v1/chat/completions", body(bench), headers=head)
    bench.fetch(f"/v1/path-{bench.token}", body(bench), headers=head)
    shown = httpx.get(f"{bench.server.admin}/metrics").text
    for text in (bench.token, bench.model, bench.agent, bench.server.key, PLAIN):
        assert text not in shown
