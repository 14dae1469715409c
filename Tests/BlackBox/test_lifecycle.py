"""Stopping, and starting again on the same store."""

from __future__ import annotations

import re
import signal
import socket
from contextlib import ExitStack

import pytest

import frames
import replies
from bench import Bench
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
