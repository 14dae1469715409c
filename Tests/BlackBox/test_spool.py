"""The spool: what clients have seen the end of is stored, whatever happens to the process, the store or the disk."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import stat
import subprocess
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import pytest

import replies
from bench import Bench, RawReply
from conftest import Figures, MakeBench, StartServer
from faults import Tier
from harness import Server
from ledger import Ledger, answer, converse, settled
from reader import Event, eventually, sources
from script import Exchange, Pause, Reply
from test_upstream_faults import PLAIN, good

CHAT = "/v1/chat/completions"


def scripted(exchange: Exchange) -> Reply:
    """Answers a question of the ledger, as a stream where that was asked for, whose events take their time."""
    question = exchange.json()
    text = answer(int(question["messages"][-1]["content"]))
    if not question["stream"]:
        return replies.reply(replies.chat(text))
    return [step for piece in replies.sse(replies.chat_events(text)) for step in (piece, Pause(0.002))]


def spool_files(server: Server) -> list[Path]:
    return sorted((server.folder / "whyops.sqlite.spool").glob("*.spool"))


@contextmanager
def away(server: Server) -> Iterator[sqlite3.Connection]:
    """Another program holds the database, so that nothing can be written to it."""
    connection = sqlite3.connect(server.store, timeout=60, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    finally:
        connection.close()


def ask(bench: Bench, trace: str, text: str = PLAIN, **more: Any) -> RawReply:
    bench.script.reply(replies.reply(replies.chat(text)))
    return bench.fetch(CHAT, good(bench, **more), headers=bench.headers(X_Trace_ID=trace))


def gaps(events: list[Event]) -> list[dict[str, Any]]:
    return [event["metadata"]["gap"] for event in events if event["metadata"].get("gap")]


def test_killed_at_any_point(
    start: StartServer, make_bench: MakeBench, tier: Tier, dice: random.Random, figures: Figures
) -> None:
    """F2: kill -9 in the middle of load, again and again on one folder: nothing acknowledged is missing or doubled."""
    bench = make_bench(start().ready())
    bench.script.answer(scripted)
    found: Counter[str] = Counter()
    for point in range(tier.kill_points):
        ledgers = [Ledger(f"{bench.token}-{point}-{client}") for client in range(6)]
        replied = threading.Semaphore(0)
        clients = [threading.Thread(target=converse, args=(bench, ledger, replied, "p" * 4000)) for ledger in ledgers]
        for client in clients:
            client.start()
        for _ in range(dice.randint(1, 60)):
            assert replied.acquire(timeout=30), bench.server.log()
        # Not to wait for anything: it is where the kill falls that is random.
        time.sleep(dice.random() * 0.02)
        bench.server.send_signal(signal.SIGKILL)
        for client in clients:
            client.join()
        bench.server.wait()
        bench.server = start().ready()
        found += settled(bench, ledgers)
    assert bench.server.stop() == 0
    assert spool_files(bench.server) == []
    assert found["aborted"] > 0, "no kill fell into the middle of a reply"
    figures(fault="kill -9 of the proxy", times=tier.kill_points, **found)


def test_killed_in_the_middle_of_a_reply(start: StartServer, make_bench: MakeBench) -> None:
    """The trace says that the exchange was cut off, whether its request was in the store already or not; only once (PRX-218)."""
    bench = make_bench(start().ready())
    events = replies.chat_events(PLAIN)
    for early in (True, False):
        trace = f"{early}-{bench.token}"
        bench.script.reply(replies.sse([*events[:4], bench.upstream.gate(), *events[4:]]))
        with bench.open(CHAT, good(bench, stream=True), bench.headers(X_Trace_ID=trace)) as reply:
            reply.until(events[3])
            if early:
                bench.reader.await_types(trace, "user_message")
            bench.server.send_signal(signal.SIGKILL)
            assert not reply.rest()
        bench.server.wait()
        for _ in range(2):
            bench.server = start().ready()
            [asked, cut] = bench.reader.await_types(trace, "user_message", "error")
            assert (cut["content"]["code"], cut["spanId"]) == ("exchange_aborted", asked["spanId"])
            assert sources([asked, cut]) == ["header.trace"] * 2, "TRC-49"
            bench.server.kill()
        bench.server = start().ready()


def test_killed_after_an_error_event(start: StartServer, make_bench: MakeBench) -> None:
    """An error that ends a stream is there with its reply once a client has seen it (PRX-60)."""
    bench = make_bench(start().ready())
    trace = f"trace-{bench.token}"
    last = replies.data(replies.vendor_error("openai", "overloaded_error", "Slow down."))
    with away(bench.server):
        bench.script.reply(replies.sse([*replies.chat_events(PLAIN)[:4], last, bench.upstream.gate()]))
        with bench.open(CHAT, good(bench, stream=True), bench.headers(X_Trace_ID=trace)) as reply:
            reply.until(last)
            bench.server.send_signal(signal.SIGKILL)
        bench.server.wait()
    bench.server = start().ready()
    [_, replied, error] = bench.reader.await_types(trace, "user_message", "llm_response", "error")
    assert replied["content"]["finishReason"] == "upstream_error"
    assert "Slow down." in json.dumps(error["content"])


def test_killed_while_the_store_is_away(start: StartServer, make_bench: MakeBench) -> None:
    """Replies go on at once, and what they left is stored when both are back."""
    bench = make_bench(start().ready())
    assert ask(bench, f"{bench.token}-0").status == 200
    bench.reader.await_types(f"{bench.token}-0", "user_message", "llm_response")
    with away(bench.server):
        for number in range(1, 30):
            assert ask(bench, f"{bench.token}-{number % 3}").status == 200
        assert bench.reader.events(f"{bench.token}-1") == []
        bench.server.kill()
        assert spool_files(bench.server) != []
    bench.server = start().ready()
    for number in range(3):
        bench.reader.await_types(f"{bench.token}-{number}", *["user_message", "llm_response"] * 10)


def test_store_that_comes_back_gets_everything(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start().ready())
    trace = f"trace-{bench.token}"
    ask(bench, trace)
    with away(bench.server):
        for _ in range(20):
            assert ask(bench, trace).status == 200
    bench.reader.await_types(trace, *["user_message", "llm_response"] * 21)


def test_stopped_while_the_store_is_away(start: StartServer, make_bench: MakeBench) -> None:
    """SIGTERM is obeyed in time, and the next start brings what was left to the store."""
    bench = make_bench(start().ready())
    trace = f"trace-{bench.token}"
    ask(bench, trace)
    with away(bench.server):
        for _ in range(10):
            assert ask(bench, trace).status == 200
        assert bench.server.stop() == 0, bench.server.log()
        assert spool_files(bench.server) != []
    bench.server = start().ready()
    bench.reader.await_types(trace, *["user_message", "llm_response"] * 11)


def test_stopped_while_draining(start: StartServer, make_bench: MakeBench) -> None:
    """A signal comes while a long spool is brought to the store: nothing is lost or doubled by it."""
    bench = make_bench(start().ready())
    trace = f"trace-{bench.token}"
    ask(bench, trace)
    text = "word " * 4000
    with away(bench.server):
        for _ in range(100):
            assert ask(bench, trace, text).status == 200
        bench.server.kill()
    for number in (signal.SIGTERM, signal.SIGKILL):
        again = start()
        eventually(lambda: (again.folder / "whyops.sqlite.spool" / "lock").exists(), "the spool's owner")
        again.send_signal(number)
        again.wait()
    bench.server = start().ready()
    bench.reader.await_types(trace, *["user_message", "llm_response"] * 101)


def test_full_spool_is_seen_in_the_trace(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--spool-bytes", "65536").ready())
    trace = f"trace-{bench.token}"
    ask(bench, trace)
    bench.reader.await_types(trace, "user_message", "llm_response")
    text = "word " * 1000
    with away(bench.server):
        for _ in range(40):
            reply = ask(bench, trace, text)
            assert reply.status == 200 and reply.complete
        size = sum(path.stat().st_size for path in spool_files(bench.server))
        assert size <= 65536 * 17 // 16
    eventually(lambda: gaps(bench.reader.events(trace)), "a marker")
    ask(bench, trace, "And now there is room.")
    eventually(lambda: "there is room" in json.dumps(bench.reader.events(trace)[-1]), "the last reply")
    events = bench.reader.events(trace)
    missing = sum(gap["events"] for gap in gaps(events))
    assert {gap["reason"] for gap in gaps(events)} == {"spool_full"}
    assert set(sources(events)) == {"header.trace"}, "TRC-49"
    assert 0 < missing and len(events) - len(gaps(events)) + missing == 2 * 42
    assert "Events cannot be kept" in bench.server.log()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk needs the right to mount one: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_full_disk(start: StartServer, make_bench: MakeBench, tmp_path: Path) -> None:
    """The disk of the spool is full: replies come as ever, the traces say what they lack, and it mends itself."""
    with small_disk(tmp_path / "disk", "512k") as disk:
        bench = make_bench(start("--spool", str(disk / "spool")).ready())
        trace = f"trace-{bench.token}"
        ask(bench, trace)
        bench.reader.await_types(trace, "user_message", "llm_response")
        text = "word " * 4000
        with away(bench.server):
            for _ in range(40):
                reply = ask(bench, trace, text)
                assert reply.status == 200 and reply.complete
        eventually(lambda: gaps(bench.reader.events(trace)), "a marker")
        ask(bench, trace, "And now there is room.")
        eventually(lambda: "there is room" in json.dumps(bench.reader.events(trace)[-1]), "the last reply")
        events = bench.reader.events(trace)
        missing = sum(gap["events"] for gap in gaps(events))
        assert {gap["reason"] for gap in gaps(events)} == {"spool_failed"}
        assert 0 < missing and len(events) - len(gaps(events)) + missing == 2 * 42
        assert bench.server.stop() == 0


def test_file_size_limit_is_no_end(start: StartServer, make_bench: MakeBench, tmp_path: Path) -> None:
    """A limit that the system sets ends no process: it is a disk that is full."""
    wrapper = tmp_path / "limited"
    wrapper.write_text(f'#!/bin/sh\nulimit -f 2048\nexec "{os.path.abspath(os.environ["WHYOPS_BIN"])}" "$@"\n')
    wrapper.chmod(0o700)
    bench = make_bench(start(binary=str(wrapper)).ready())
    trace = f"trace-{bench.token}"
    text = "word " * 60_000
    for _ in range(12):
        reply = ask(bench, trace, text)
        assert reply.status == 200 and reply.complete
    assert bench.server.process.poll() is None
    bench.server.kill()
    bench.server = start().ready()
    bench.reader.await_types(trace, *["user_message", "llm_response"] * 12)


def test_second_owner_is_refused(start: StartServer, make_bench: MakeBench) -> None:
    first = start().ready()
    second = start()
    assert second.wait() == 1
    assert f"'{first.store}.spool' is in use by another process" in second.log()
    third = start("--spool", str(first.folder / "other")).ready()
    assert third.stop() == 0
    assert ask(make_bench(first), "trace-of-the-first").status == 200


def test_only_the_owner_can_read_it(start: StartServer, make_bench: MakeBench) -> None:
    """Prompts wait there; keys never do."""
    bench = make_bench(start().ready())
    ask(bench, f"trace-{bench.token}")
    with away(bench.server):
        ask(bench, f"trace-{bench.token}", "A text that waits in the spool.")
        folder = bench.server.folder / "whyops.sqlite.spool"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        held = b""
        for path in folder.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
            held += path.read_bytes()
        assert b"A text that waits in the spool." in held
        for credential in (bench.server.key, "sk-canary-openai-", "sk-ant-canary-"):
            assert credential.encode() not in held


@pytest.mark.parametrize("how", ["flag", "variable", "file"])
def test_settings(start: StartServer, make_bench: MakeBench, tmp_path: Path, how: str) -> None:
    place = tmp_path / "elsewhere"
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"spool": str(place), "spool-bytes": 1 << 20}))
    server = {
        "flag": lambda: start("--spool", str(place), "--spool-bytes", "1048576"),
        "variable": lambda: start(env={"WHYOPS_SPOOL": str(place), "WHYOPS_SPOOL_BYTES": "1048576"}),
        "file": lambda: start("--config", str(file)),
    }[how]().ready()
    assert (place / "lock").exists() and not (server.folder / "whyops.sqlite.spool").exists()


def test_without_a_spool(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--spool", "off").ready())
    ask(bench, f"trace-{bench.token}")
    bench.reader.await_types(f"trace-{bench.token}", "user_message", "llm_response")
    assert not (bench.server.folder / "whyops.sqlite.spool").exists()


def test_links_survive_with_the_events(start: StartServer, make_bench: MakeBench) -> None:
    """A tool call's id that was given out before a kill stitches the conversation after it."""
    bench = make_bench(start().ready())
    ask(bench, f"other-{bench.token}")
    call = replies.tool_call(f"call_{bench.token}", "f", "{}")
    with away(bench.server):
        bench.script.reply(replies.reply(replies.chat(None, calls=[call])))
        first = bench.fetch(CHAT, good(bench))
        bench.server.kill()
    bench.server = start().ready()
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    messages = [
        {"role": "user", "content": "Answer."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "done"},
    ]
    body = replies.encode({"model": bench.model, "messages": messages})
    assert bench.fetch(CHAT, body).trace == first.trace
