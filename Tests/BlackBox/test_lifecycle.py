"""Stopping, and starting again on the same store."""

from __future__ import annotations

import json
import re
import signal
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

import frames
import replies
from bench import Bench, fetch
from conftest import MakeBench, StartServer
from harness import Server
from reader import eventually
from test_upstream_faults import PLAIN, good


def listening(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        return False
    return True


def finish_under_signal(bench: Bench, server: Server, number: int) -> str:
    """Signals in the middle of a stream, lets the upstream go on, and sees the stream to its end."""
    events = replies.chat_events(PLAIN)
    gate = bench.upstream.gate()
    bench.script.reply(replies.sse([*events[:4], gate, *events[4:]]))
    with bench.open("/v1/chat/completions", good(bench, stream=True)) as reply:
        reply.until(events[3])
        server.send_signal(number)
        eventually(lambda: not listening(server.proxy), "the end of listening")
        gate.open()
        assert reply.rest(), reply.body
        assert reply.body.endswith(replies.DONE)
        assert frames.ids_in_bytes(reply.body) == [reply.trace]
        return reply.trace


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_stream_finishes_and_is_recorded(start: StartServer, make_bench: MakeBench, number: signal.Signals) -> None:
    server = start().ready()
    bench = make_bench(server)
    trace_id = finish_under_signal(bench, server, number)
    assert server.wait() == 0, server.log()
    assert not listening(server.ingest)
    bench.server = start().ready()
    [_, response] = bench.reader.await_types(trace_id, "user_message", "llm_response")
    assert (response["content"]["content"], response["content"]["finishReason"]) == (PLAIN, "stop")


def test_stream_without_an_end_does_not_hold_it_up_forever(start: StartServer, make_bench: MakeBench) -> None:
    """After the shutdown's own limit the stream is broken off, and what came of it is kept."""
    server = start("--shutdown-timeout", "1").ready()
    bench = make_bench(server)
    events = replies.chat_events(PLAIN)
    bench.script.reply(replies.sse([*events[:4], bench.upstream.gate(), *events[4:]]))
    with bench.open("/v1/chat/completions", good(bench, stream=True)) as reply:
        reply.until(events[3])
        server.send_signal(signal.SIGTERM)
        assert not reply.rest()
    server.wait()
    bench.server = start().ready()
    events_kept = bench.reader.events(reply.trace)
    assert [event["eventType"] for event in events_kept][:2] == ["user_message", "llm_response"]
    assert events_kept[1]["content"]["content"] == "Here is a"


def test_much_that_is_cut_off_is_recorded_or_waits(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-122: the rest of the time is not enough for all of it, so that some is left to the next start."""
    server = start("--shutdown-timeout", "2").ready()
    bench = make_bench(server)
    text = "word " * 19_000
    bench.script.answer(
        lambda _: [replies.sse_head(), *[replies.chunk(replies.chat_chunk({"content": text}))] * 10, bench.upstream.gate()]
    )
    with ExitStack() as stack:
        streams = [
            stack.enter_context(bench.open("/v1/chat/completions", good(bench, stream=True))) for _ in range(12)
        ]
        for stream in streams:
            while stream.body.count(b"\n\n") < 10:
                assert stream.take()
        server.send_signal(signal.SIGTERM)
        assert [stream.rest() for stream in streams] == [False] * 12
    assert server.wait() == 0, server.log()
    bench.server = start().ready()
    for stream in streams:
        eventually(lambda trace=stream.trace: len(bench.reader.events(trace)) >= 2, "both events")
        response = bench.reader.events(stream.trace)[1]
        assert response["content"]["content"] == text * 10


def test_idle_server_stops_at_once(start: StartServer) -> None:
    server = start().ready()
    assert listening(server.proxy) and listening(server.ingest)
    assert server.stop() == 0
    assert not listening(server.proxy) and not listening(server.ingest)


def test_idle_connections_do_not_hold_it_up(start: StartServer, make_bench: MakeBench) -> None:
    """Clients keep connections open; they must not delay the end."""
    server = start().ready()
    bench = make_bench(server)
    client = bench.openai()
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    client.chat.completions.create(model=bench.model, messages=[{"role": "user", "content": "Answer."}])
    assert server.stop() == 0


def test_ready_lines_are_all_of_stdout(start: StartServer, make_bench: MakeBench) -> None:
    server = start("--log-level", "debug").ready()
    bench = make_bench(server)
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    assert bench.fetch("/v1/chat/completions", good(bench)).status == 200
    assert server.stop() == 0
    lines = (server.folder / "stdout.log").read_text().splitlines()
    assert sorted(line.split(" ")[0] for line in lines) == ["ingest", "proxy"]
    assert all(re.fullmatch(r"(proxy|ingest) http://127\.0\.0\.1:\d+", line) for line in lines)


def test_restart_keeps_the_evidence(start: StartServer, make_bench: MakeBench) -> None:
    """A conversation goes on over a restart, by its signature and by its tool ids."""
    bench = make_bench(start().ready())
    call = replies.tool_call(f"call_{bench.token}", "f", "{}")
    bench.script.reply(replies.reply(replies.chat(None, calls=[call])))
    user = {"role": "user", "content": "Answer."}
    first = bench.fetch("/v1/chat/completions", good(bench))
    bench.reader.await_types(first.trace, "user_message", "llm_response")
    assert bench.server.stop() == 0
    bench.server = start().ready()
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    messages = [
        user,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "done"},
    ]
    body = replies.encode({"model": bench.model, "messages": messages})
    assert bench.fetch("/v1/chat/completions", body).trace == first.trace


def test_what_a_stop_cuts_off_is_told_of(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-152: the stop was ours, and neither the client's nor an error of a listener."""
    server = start("--shutdown-timeout", "5", "--log-format", "json", "--admin-port", "0").ready()
    bench = make_bench(server)
    events = replies.chat_events(PLAIN)
    gate = bench.upstream.gate()
    bench.script.reply(replies.sse([*events[:4], gate, *events[4:]]), [gate, *replies.reply(replies.chat(PLAIN))])
    with ThreadPoolExecutor(1) as pool, bench.open("/v1/chat/completions", good(bench, stream=True)) as reply:
        reply.until(events[3])
        waiting = pool.submit(bench.fetch, "/v1/chat/completions", good(bench))
        eventually(lambda: len(bench.script.exchanges) == 2, "the second exchange at the upstream")
        server.send_signal(signal.SIGTERM)
        assert not reply.rest()
        refused = waiting.result()
    assert refused.status == 503 and json.loads(refused.body)["error"]["code"] == "proxy_stopping"
    assert server.wait() == 0, server.log()
    logged = [json.loads(line) for line in (server.folder / "stderr.log").read_text().splitlines()]
    # A machine may let it have fewer files than it would like, which is told at its start.
    loud = [line for line in logged if line["level"] in ("warning", "error", "critical")]
    found = [line for line in loud if "open files" not in line["message"]]
    assert {(line["message"], line["end"], line["status"], line["code"]) for line in found} == {
        ("request", "broken_off", 200, "proxy_stopping"),
        ("request", "complete", 503, "proxy_stopping"),
    }
    assert len(found) == 2
    bench.server = start().ready()
    bench.reader.await_types(reply.trace, "user_message", "llm_response", "error")


def test_requests_that_wait_for_the_store_do_not_hold_it_up(start: StartServer) -> None:
    """PRX-122: the stop comes to its end while another process keeps the store, and before what waits for that gives up."""
    server = start("--shutdown-timeout", "2").ready()
    host, port = server.ingest.removeprefix("http://").split(":")
    body = json.dumps({"eventType": "user_message", "traceId": "t", "agentName": "a", "content": "x"}).encode()
    head = f"POST /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\nContent-Type: application/json\r\n"
    message = head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    with ExitStack() as stack:
        other = sqlite3.connect(server.store, isolation_level=None)
        stack.callback(other.close)
        other.execute("BEGIN IMMEDIATE")
        clients = [stack.enter_context(socket.create_connection((host, int(port)), timeout=60)) for _ in range(8)]
        for client in clients:
            client.sendall(message)
        # Those that came before this one are being worked on.
        assert fetch(server.ingest, "GET", "/api/health").status == 200
        server.send_signal(signal.SIGTERM)
        assert server.wait() == 0, server.log()
        for client in clients:
            try:
                assert client.recv(1024) == b""
            except ConnectionResetError:
                continue
    assert "the store does not answer" in server.log()
