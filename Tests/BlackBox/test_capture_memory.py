"""What is captured of all streams at once is bounded, and so are events without an end (PRX-210, PRX-211)."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import frames
import replies
import vendors
from bench import Bench, RawStream
from conftest import MakeBench, StartServer
from reader import eventually
from replies import DONE, encode, sse
from script import HANG, RESET, Step
from test_backpressure import MEGABYTE
from test_figures import read
from vendors import ROUTES, each_vendor

# 720 KiB: one of them has room, two have not.
TEXT = " ".join(f"{number}" + "word" * 3840 for number in range(48))
# How many events come after the last piece of a text.
END = {"openai": 2, "anthropic": 3, "responses": 4}


@pytest.fixture
def own(start: StartServer, make_bench: MakeBench) -> Bench:
    return make_bench(start("--admin-port", "0", "--max-held-bytes", str(MEGABYTE)).ready())


def begin(bench: Bench, vendor: str, number: int, *then: Step) -> RawStream:
    """A stream that has come as far as its large text goes; `then` is what follows, and the end where nothing is said."""
    events = vendors.events(vendor, TEXT)
    begun, rest = events[: -END[vendor]], events[-END[vendor] :]
    bench.script.reply(sse([*begun, *(then or ()), *rest]))
    # Each asks something else, or it would be the repetition of another one.
    body = encode({"model": bench.model, "stream": True, **vendors.asked(vendor, f"Please {number}.")})
    stream = bench.open(ROUTES[vendor], body)
    assert stream.status == 200
    if then:
        stream.until(begun[-1])
    return stream


def recorded(bench: Bench, stream: RawStream) -> dict[str, Any]:
    [_, event] = bench.reader.await_types(stream.trace, "user_message", "llm_response")
    return event


@each_vendor
def test_streams_without_room_are_passed_on(own: Bench, vendor: str) -> None:
    bench = own
    gates = [bench.upstream.gate(), bench.upstream.gate()]
    with begin(bench, vendor, 1, gates[0]) as first, begin(bench, vendor, 2, gates[1]) as second:
        assert 0 < read(bench, "captured_bytes") <= MEGABYTE
        gates[1].open()
        assert second.rest()
        event = recorded(bench, second)
        assert event["metadata"]["captureTruncated"] is True
        said = event["content"]["content"]
        # What there was room for, and the rest of it is not made up.
        assert 0 < len(said) < len(TEXT) and TEXT.startswith(said)
        gates[0].open()
        assert first.rest()
        event = recorded(bench, first)
        assert event["content"]["content"] == TEXT and "captureTruncated" not in event["metadata"]
    # Both clients have the same bytes, but for what names the trace.
    assert vendors.plain(first.body) == vendors.plain(second.body)
    for stream in (first, second):
        assert set(frames.ids_in_bytes(stream.body)) == {stream.trace}
    eventually(lambda: read(bench, "captured_bytes") == 0, "all is given back")
    assert read(bench, "captures_truncated_total") == 1
    with begin(bench, vendor, 3) as third:
        assert third.rest()
        assert recorded(bench, third)["content"]["content"] == TEXT


def test_room_comes_back_however_an_exchange_ends(own: Bench) -> None:
    bench = own
    gates = [bench.upstream.gate(), bench.upstream.gate()]
    with begin(bench, "openai", 1, gates[0]) as left:
        assert read(bench, "captured_bytes") > 0
    eventually(lambda: read(bench, "captured_bytes") == 0, "the client has gone")
    assert recorded(bench, left)["content"]["content"] == TEXT
    with begin(bench, "openai", 2, gates[1], RESET) as broken:
        assert read(bench, "captured_bytes") > 0
        gates[1].open()
        assert not broken.rest()
    eventually(lambda: read(bench, "captured_bytes") == 0, "the upstream has gone")
    [_, event, _] = bench.reader.await_types(broken.trace, "user_message", "llm_response", "error")
    assert event["content"] == {"content": TEXT, "finishReason": "upstream_error"}
    gates[0].open()
    assert read(bench, "captures_truncated_total") == 0


# Of an event that never ends, and of lines that are an event together: what is noted of each takes more than they do.
ENDLESS = {"one line": b"data: {\"x\":\"" + b"x" * (1 << 20), "many lines": b"data:\n" * (1 << 15), "a comment": b": " + b"c" * (1 << 20)}


def resident(bench: Bench) -> int:
    [line] = [line for line in Path(f"/proc/{bench.server.process.pid}/status").read_text().splitlines() if "VmRSS" in line]
    return int(line.split()[1]) << 10


@pytest.mark.parametrize("form", list(ENDLESS))
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
def test_events_without_an_end(own: Bench, form: str) -> None:
    """PRX-211: however many streams there are, what is held of their events is bounded, and all of it goes on."""
    bench, part, count = own, ENDLESS[form], 24
    gates = [bench.upstream.gate() for _ in range(count)]
    before = resident(bench)
    body = encode({"model": bench.model, "stream": True, **vendors.asked("openai", "Please.")})
    with ExitStack() as stack:
        streams = []
        for gate in gates:
            bench.script.reply(sse([part, gate, b"\n\n", DONE]))
            streams.append(stack.enter_context(bench.open(ROUTES["openai"], body)))
        # Those that found no room have passed, and no more than two can have found some.
        eventually(lambda: sum(stream.waits for stream in streams) >= count - 2, "all have come")
        assert 0 < read(bench, "event_bytes") <= MEGABYTE * 2
        assert resident(bench) - before < 100 << 20
        for gate, stream in zip(gates, streams):
            gate.open()
            assert stream.rest()
            assert stream.body == part + b"\n\n" + DONE
            [_, event] = bench.reader.await_types(stream.trace, "user_message", "llm_response")
            assert "finishReason" not in event["content"]
    eventually(lambda: read(bench, "event_bytes") == 0, "all is given back")


def test_an_event_that_finds_no_room_passes(own: Bench) -> None:
    """As one that is too large: nothing of it changes, and the end of its stream is known all the same (EXC-94)."""
    bench = own
    large = replies.chat_chunk({"content": "word " * (MEGABYTE // 4)})
    half = len(large) // 2
    gates = [bench.upstream.gate(), bench.upstream.gate()]
    body = encode({"model": bench.model, "stream": True, **vendors.asked("openai", "Please.")})
    rest = replies.chat_events("And so it ends.")[1:]
    for gate in gates:
        bench.script.reply(sse([large[:half], gate, large[half:], *rest]))
    with bench.open(ROUTES["openai"], body) as first:
        eventually(lambda: read(bench, "event_bytes") > 512 << 10, "the first one waits")
        with bench.open(ROUTES["openai"], body) as second:
            second.until(large[:half])
            gates[1].open()
            assert second.rest()
            assert second.body == large + b"".join(rest)
            [_, event] = bench.reader.await_types(second.trace, "user_message", "llm_response")
            assert event["metadata"]["captureTruncated"] is True
        gates[0].open()
        assert first.rest()
        assert set(frames.ids_in_bytes(first.body)) == {first.trace}
    eventually(lambda: read(bench, "event_bytes") == 0, "all is given back")


@each_vendor
@pytest.mark.parametrize("how", ["ends", "breaks off", "client leaves"])
@pytest.mark.parametrize("why", ["no room", "too large"])
def test_what_is_cut_off_after_it_was_truncated(own: Bench, vendor: str, how: str, why: str) -> None:
    """EXC-53, EXC-60: that not all was captured does not make it whole."""
    bench = own
    events = vendors.events(vendor, TEXT)[: -END[vendor]]
    large = b": " + b"c" * (5 << 20) + b"\n\n" if why == "too large" else b""
    gates = [bench.upstream.gate(), bench.upstream.gate()]
    with ExitStack() as stack:
        if why == "no room":
            stack.enter_context(begin(bench, vendor, 1, gates[0]))
        after = {"ends": [], "breaks off": [RESET], "client leaves": [HANG]}[how]
        bench.script.reply(sse([*events, large, gates[1], b"\n", *after]) if large else sse([*events, gates[1], b"\n", *after]))
        body = encode({"model": bench.model, "stream": True, **vendors.asked(vendor, "Please 2.")})
        with bench.open(ROUTES[vendor], body) as stream:
            stream.until(large or events[-1])
            gates[1].open()
            if how != "client leaves":
                assert stream.rest() == (how == "ends")
        # A chat may end without `[DONE]`, and its choices in what was no longer read.
        is_judged = how != "ends" or why != "too large" or vendor != "openai"
        types = ["user_message", "llm_response", "error"]
        found = bench.reader.await_types(stream.trace, *(types if is_judged and how != "client leaves" else types[:2]))
        assert found[1]["metadata"]["captureTruncated"] is True
        reason = "client_disconnected" if how == "client leaves" else "upstream_error" if is_judged else None
        assert found[1]["content"].get("finishReason") == reason
        gates[0].open()


@each_vendor
def test_client_that_leaves_at_the_end_after_a_large_event(own: Bench, vendor: str) -> None:
    """EXC-94: official clients leave at the last event, and what they have is whole."""
    bench = own
    large = b": " + b"c" * (5 << 20) + b"\n\n"
    events = vendors.events(vendor, "Here is a plain answer.")
    gate = bench.upstream.gate()
    bench.script.reply(sse([large, *events, gate]))
    body = encode({"model": bench.model, "stream": True, **vendors.asked(vendor, "Please.")})
    with bench.open(ROUTES[vendor], body) as stream:
        stream.until(events[-1])
        [_, event] = bench.reader.await_types(stream.trace, "user_message", "llm_response")
        assert "finishReason" not in event["content"] and event["metadata"]["captureTruncated"] is True
    bench.script.last.closed.wait(20)
    assert [event["eventType"] for event in bench.reader.events(stream.trace)] == ["user_message", "llm_response"]
