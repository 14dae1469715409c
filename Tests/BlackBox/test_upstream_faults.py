"""Upstreams that fail: the client always learns it, nothing is repeated, and the trace says so."""

from __future__ import annotations

import gzip
import json
import random
import socket
from typing import Any

import anthropic
import openai
import pytest

import replies
import vendors
from bench import Bench, RawReply
from conftest import MakeBench, StartServer
from faults import Tier
from reader import Event, eventually
from script import CLOSE, HANG, RESET, Reply
from test_bad_input import assert_alive, assert_refused
from vendors import BEGUN, FINISHED, PLAIN, ROUTES, each_vendor

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n"


def good(bench: Bench, vendor: str = "openai", **more: Any) -> bytes:
    return replies.encode({"model": bench.model, **vendors.asked(vendor, "Answer.", **more)})


def assert_error_event(bench: Bench, reply: RawReply, *words: str) -> None:
    [_, error] = bench.reader.await_types(reply.trace, "user_message", "error")
    text = json.dumps(error["content"])
    for word in words:
        assert word in text, text


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@each_vendor
def test_refused_connection(start: StartServer, make_bench: MakeBench, vendor: str) -> None:
    bench = make_bench(start(url=f"http://127.0.0.1:{closed_port()}").ready())
    for stream in (False, True):
        reply = bench.fetch(ROUTES[vendor], good(bench, vendor, stream=stream))
        assert_refused(reply, vendor, 502)
        assert_error_event(bench, reply, "502")
    with pytest.raises(openai.InternalServerError) as caught:
        bench.openai().chat.completions.create(model="m", messages=[{"role": "user", "content": "Answer."}])
    assert caught.value.status_code == 502
    assert_refused(bench.fetch("/v1/models", None, "GET"), "openai", 502)


BEFORE_THE_REPLY: dict[str, tuple[Reply, int]] = {
    "reset before the head": ([RESET], 502),
    "closed before the head": ([CLOSE], 502),
    "reset in the head": ([b"HTTP/1.1 200 OK\r\nContent-T", RESET], 502),
    "not HTTP": ([b"SSH-2.0-OpenSSH_9.6\r\n\r\n", CLOSE], 502),
    "hang before the head": ([HANG], 504),
    "hang in the head": ([b"HTTP/1.1 200 OK\r\nContent-T", HANG], 504),
}

each_fault = pytest.mark.parametrize("name", BEFORE_THE_REPLY)


@each_vendor
@each_fault
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_fault_before_the_reply(strict_bench: Bench, vendor: str, name: str, stream: bool) -> None:
    bench = strict_bench
    steps, status = BEFORE_THE_REPLY[name]
    bench.script.reply(steps)
    reply = bench.fetch(ROUTES[vendor], good(bench, vendor, stream=stream))
    assert_refused(reply, vendor, status)
    assert_error_event(bench, reply, str(status))
    # Sent once, never again, although the client may well ask again (PRX-9).
    assert_alive(bench)
    assert len(bench.script.exchanges) == 2


IN_A_WHOLE_REPLY: dict[str, tuple[Reply, int]] = {
    "length too long": ([HEAD + replies.encode(replies.chat(PLAIN)), CLOSE], 502),
    "reset in the body": ([HEAD + b'{"id":', RESET], 502),
    "chunks without an end": (
        [b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n", CLOSE],
        502,
    ),
    "bad chunk": (
        [b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", CLOSE],
        502,
    ),
    "hang in the body": ([HEAD + b'{"id":', HANG], 504),
}


@each_vendor
@pytest.mark.parametrize("name", IN_A_WHOLE_REPLY)
def test_fault_in_a_whole_reply(strict_bench: Bench, vendor: str, name: str) -> None:
    """The whole reply is read before the first byte of it is given on, so the client can still be told."""
    bench = strict_bench
    steps, status = IN_A_WHOLE_REPLY[name]
    bench.script.reply(steps)
    reply = bench.fetch(ROUTES[vendor], good(bench, vendor))
    assert_refused(reply, vendor, status)
    assert_error_event(bench, reply, str(status))
    assert_alive(bench)


SAID_TO_BE_JSON: dict[str, bytes] = {
    "HTML": b"<html><body>Welcome to the hotel network</body></html>",
    "cut off": replies.encode(replies.chat(PLAIN))[:-20],
    "empty": b"",
    "two documents": b"{}{}",
    "a line of text": b"error: the house is full\n",
    "the beginning of a beginning": b"dat",
}


@each_vendor
@pytest.mark.parametrize("name", SAID_TO_BE_JSON)
def test_success_that_is_not_json(bench: Bench, vendor: str, name: str) -> None:
    """PRX-16: a page with status 200 must not reach a client that expects a completion."""
    bench.script.reply(replies.http(200, SAID_TO_BE_JSON[name]))
    reply = bench.fetch(ROUTES[vendor], good(bench, vendor))
    assert_refused(reply, vendor, 502)
    assert_error_event(bench, reply)


CODINGS = ["gzip, chunked", "chunked, identity", "chunked, chunked", "chunked\t", "chunked\r\nTransfer-Encoding: chunked", ",chunked"]


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("route", [*ROUTES.values(), "/v1/embeddings", "/v1/files"])
def test_transfer_coding_that_nobody_takes_away(bench: Bench, route: str, coding: str) -> None:
    """PRX-223: handed on, its bytes would be something else."""
    body = replies.encode(replies.chat(PLAIN))
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: {coding}\r\n\r\n".encode()
    bench.script.reply([head, replies.chunk(gzip.compress(body) if "gzip" in coding else body), replies.LAST_CHUNK])
    reply = bench.fetch(route, replies.encode({"input": "x", **json.loads(good(bench))}))
    assert_refused(reply, "anthropic" if route == ROUTES["anthropic"] else "openai", 502, "transfer coding")


@pytest.mark.parametrize("coding", ["Chunked", "identity, chunked", "chunked "])
def test_transfer_coding_that_is_taken_away(bench: Bench, coding: str) -> None:
    body = replies.encode(replies.chat(PLAIN))
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: {coding}\r\n\r\n".encode()
    bench.script.reply([head, replies.chunk(body), replies.LAST_CHUNK])
    reply = bench.fetch("/v1/files", good(bench))
    assert (reply.status, reply.body) == (200, body)


BEGINNINGS = [b"", b": wait\n\n", b"id:1\n", b"retry: 9\n", b"event:\n"]


@each_vendor
@pytest.mark.parametrize("kind", [None, "text/plain", "application/json", "application/octet-stream"])
@pytest.mark.parametrize("beginning", BEGINNINGS, ids=lambda beginning: beginning.decode().strip() or "data")
def test_stream_that_is_not_said_to_be_one(bench: Bench, vendor: str, kind: str | None, beginning: bytes) -> None:
    """PRX-222: however its first bytes are cut, it is recorded, signed and passed like any other."""
    events = vendors.events(vendor, PLAIN)
    body = beginning + b"".join(events)
    bench.script.reply(replies.sse([body]))
    trace, path = f"trace-{bench.token}", ROUTES[vendor]
    head = bench.headers(X_Trace_ID=trace)
    usual = bench.fetch(path, good(bench, vendor, stream=True), headers=head)
    said = f"Content-Type: {kind}\r\n" if kind else ""
    cuts = [body[:1], *(body[at : at + 1] for at in range(1, 9)), body[9:]]
    for pieces in ([body], cuts):
        headed = f"HTTP/1.1 200 OK\r\n{said}Transfer-Encoding: chunked\r\n\r\n".encode()
        bench.script.reply([headed, *(replies.chunk(piece) for piece in pieces), replies.LAST_CHUNK])
        reply = bench.fetch(path, good(bench, vendor, stream=True), headers=head)
        assert (reply.status, reply.body, reply.complete) == (200, usual.body, True)
        assert reply.header("content-type") == kind
    assert usual.body != body, "it was not signed"
    recorded = bench.reader.await_types(trace, *["user_message", "llm_response"] * 3)
    assert {event["content"].get("content") for event in recorded if event["eventType"] == "llm_response"} == {PLAIN}


@each_vendor
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_page_with_status_200(bench: Bench, vendor: str, stream: bool) -> None:
    page = SAID_TO_BE_JSON["HTML"]
    bench.script.reply(replies.http(200, page, "text/html; charset=utf-8"))
    reply = bench.fetch(ROUTES[vendor], good(bench, vendor, stream=stream))
    assert_refused(reply, vendor, 502)
    assert_error_event(bench, reply)


MID_STREAM: dict[str, Any] = {"reset": RESET, "close": CLOSE, "hang": HANG, "garbage": b"no size of a chunk\r\n"}


@each_vendor
@pytest.mark.parametrize("name", MID_STREAM)
def test_fault_in_a_stream(strict_bench: Bench, vendor: str, name: str) -> None:
    """The client's response ends without its proper end (PRX-12); what came is recorded, and the error (EXC-53)."""
    bench = strict_bench
    events = vendors.begun(vendor)
    gate = bench.upstream.gate()
    bench.script.reply([replies.sse_head(), *map(replies.chunk, events), gate, MID_STREAM[name]])
    with bench.open(ROUTES[vendor], good(bench, vendor, stream=True)) as reply:
        assert reply.status == 200
        reply.until(events[-1])
        gate.open()
        assert not reply.rest(), "a reply that was cut off ended as if it were whole"
        assert reply.body == b"".join(events)
        recorded = bench.reader.await_types(reply.trace, "user_message", "llm_response", "error")
    assert recorded[1]["content"]["finishReason"] == "upstream_error"
    assert recorded[1]["content"]["content"] == BEGUN
    assert_alive(bench)


@each_vendor
@pytest.mark.parametrize("name", ["reset", "close"])
def test_stream_that_breaks_off_at_any_byte(
    bench: Bench, vendor: str, name: str, tier: Tier, dice: random.Random
) -> None:
    """F8: nothing but what came reaches the client, no frame among it, and no proper end; each leaves its error."""
    whole = b"".join(vendors.begun(vendor))
    cuts = range(1, len(whole)) if tier.is_nightly else sorted(dice.sample(range(1, len(whole)), 12))
    traces = []
    for cut in cuts:
        bench.script.reply([replies.sse_head(), replies.chunk(whole[:cut]), MID_STREAM[name]])
        reply = bench.fetch(ROUTES[vendor], good(bench, vendor, stream=True))
        assert reply.status in (200, 502) and not (reply.status == 200 and reply.complete), cut
        assert reply.status == 502 or whole[:cut].startswith(reply.body), cut
        traces.append(reply.trace)
    for trace in traces:
        types = [event["eventType"] for event in eventually(lambda: ended(bench, trace), f"the end of {trace}")]
        assert types in (["user_message", "error"], ["user_message", "llm_response", "error"]), types
    assert_alive(bench)


def ended(bench: Bench, trace: str) -> list[Event]:
    events = bench.reader.events(trace)
    return events if events and events[-1]["eventType"] == "error" else []


def test_clients_notice_a_cut_stream(strict_bench: Bench) -> None:
    bench = strict_bench
    user: Any = [{"role": "user", "content": "Answer."}]
    bench.script.reply([replies.sse_head(), *map(replies.chunk, replies.chat_events(PLAIN)[:4]), CLOSE])
    with pytest.raises(Exception, match="(?i)peer closed|incomplete|connection"):
        for _ in bench.openai().chat.completions.create(model=bench.model, messages=user, stream=True):
            pass
    events = replies.message_events([{"type": "text", "text": PLAIN}])[:6]
    bench.script.reply([replies.sse_head(), *map(replies.chunk, events), CLOSE])
    with pytest.raises(Exception, match="(?i)peer closed|incomplete|connection"):
        with bench.anthropic().messages.stream(model=bench.model, max_tokens=1024, messages=user) as stream:
            stream.get_final_message()


def test_clients_raise_on_a_fault(strict_bench: Bench) -> None:
    bench = strict_bench
    user: Any = [{"role": "user", "content": "Answer."}]
    for steps, status in BEFORE_THE_REPLY.values():
        bench.script.reply(steps, steps)
        with pytest.raises(openai.InternalServerError) as one:
            bench.openai().chat.completions.create(model=bench.model, messages=user)
        with pytest.raises(anthropic.InternalServerError) as other:
            bench.anthropic().messages.create(model=bench.model, max_tokens=1024, messages=user)
        assert (one.value.status_code, other.value.status_code) == (status, status)


@each_vendor
def test_stream_that_ends_without_its_finish(bench: Bench, vendor: str) -> None:
    """EXC-60: the bytes and their end go as they came, and the record says that the upstream cut the reply off."""
    events = vendors.begun(vendor)
    bench.script.reply(replies.sse(events))
    reply = bench.fetch(ROUTES[vendor], good(bench, vendor, stream=True))
    assert (reply.status, reply.body, reply.complete) == (200, b"".join(events), True)
    recorded = bench.reader.await_types(reply.trace, "user_message", "llm_response", "error")
    assert recorded[1]["content"]["finishReason"] == "upstream_error"
    assert recorded[1]["content"]["content"] == BEGUN
    assert "before the reply was finished" in recorded[2]["content"]["message"]


def test_clients_read_a_stream_that_ends_without_its_finish(bench: Bench) -> None:
    """What official clients have then, the record has too."""
    user: Any = [{"role": "user", "content": "Answer."}]
    trace = f"trace-{bench.token}-openai"
    bench.script.reply(replies.sse(vendors.begun("openai")))
    chunks = list(
        bench.openai().chat.completions.create(
            model=bench.model, messages=user, stream=True, extra_headers={"X-Trace-ID": trace}
        )
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert all(chunk.choices[0].finish_reason is None for chunk in chunks)
    recorded = bench.reader.await_types(trace, "user_message", "llm_response", "error")
    assert (recorded[1]["content"]["content"], recorded[1]["content"]["finishReason"]) == (text, "upstream_error")

    trace = f"trace-{bench.token}-anthropic"
    bench.script.reply(replies.sse(vendors.begun("anthropic")))
    with bench.anthropic().messages.stream(
        model=bench.model, max_tokens=1024, messages=user, extra_headers={"X-Trace-ID": trace}
    ) as stream:
        text = "".join(stream.text_stream)
    recorded = bench.reader.await_types(trace, "user_message", "llm_response", "error")
    assert (recorded[1]["content"]["content"], recorded[1]["content"]["finishReason"]) == (text, "upstream_error")


SLOW_DOWN = {"code": "overloaded_error", "message": "Slow down.", "param": None}
ERRORS = {
    "openai": replies.data({"error": {"type": "overloaded_error", **SLOW_DOWN}}),
    "anthropic": replies.named("error", replies.vendor_error("anthropic", "overloaded_error", "Slow down.")),
    "responses": replies.named("error", {**SLOW_DOWN, "sequence_number": 7}),
    "responses, the error within": replies.named("error", {"error": SLOW_DOWN, "sequence_number": 7}),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_stream_that_ends_with_an_error(bench: Bench, kind: str) -> None:
    """EXC-60: the error that the stream itself brought is the one that is recorded."""
    vendor, last = kind.split(",")[0], ERRORS[kind]
    events = [*vendors.begun(vendor), last]
    bench.script.reply(replies.sse(events))
    reply = bench.fetch(ROUTES[vendor], good(bench, vendor, stream=True))
    assert (reply.status, reply.body, reply.complete) == (200, b"".join(events), True)
    recorded = bench.reader.await_types(reply.trace, "user_message", "llm_response", "error")
    assert recorded[1]["content"]["finishReason"] == "upstream_error"
    assert "Slow down." in json.dumps(recorded[2]["content"])


@pytest.mark.parametrize("kind", ERRORS)
def test_error_event_is_recorded_before_its_reader_goes(bench: Bench, kind: str) -> None:
    """PRX-60: clients raise on the error and close, whatever the upstream still has to say."""
    vendor, last = kind.split(",")[0], ERRORS[kind]
    bench.script.reply(replies.sse([*vendors.begun(vendor), last, bench.upstream.gate()]))
    trace = f"trace-{bench.token}"
    with bench.open(ROUTES[vendor], good(bench, vendor, stream=True), bench.headers(X_Trace_ID=trace)) as reply:
        reply.until(last)
    assert bench.script.last.closed.wait(20)
    recorded = bench.reader.await_types(trace, "user_message", "llm_response", "error")
    assert recorded[1]["content"]["finishReason"] == "upstream_error"
    assert "Slow down." in json.dumps(recorded[2]["content"])


@each_vendor
def test_upstream_that_breaks_off_after_the_end(bench: Bench, vendor: str) -> None:
    """EXC-75: the reply is whole, so its events say nothing of its connection."""
    events = vendors.events(vendor, PLAIN)
    gate = bench.upstream.gate()
    bench.script.reply([replies.sse_head(), *map(replies.chunk, events), gate, RESET])
    trace = f"trace-{bench.token}"
    with bench.open(ROUTES[vendor], good(bench, vendor, stream=True), bench.headers(X_Trace_ID=trace)) as reply:
        reply.until(events[-1], vendors.plain)
        gate.open()
        assert not reply.rest()
    bench.reader.await_types(trace, "user_message", "llm_response")
    assert_alive(bench)
    assert [event["eventType"] for event in bench.reader.events(trace)] == ["user_message", "llm_response"]


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_finished_stream_without_its_end_mark(bench: Bench, vendor: str) -> None:
    """EXC-60: a reply that has its finish reason is whole."""
    events = vendors.events(vendor, PLAIN)[:-1]
    bench.script.reply(replies.sse(events))
    reply = bench.fetch(ROUTES[vendor], good(bench, vendor, stream=True))
    assert reply.complete and reply.body.endswith(events[-1])
    [_, response] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert response["content"]["finishReason"] == FINISHED[vendor]
