"""What is captured of all streams at once is bounded, and no client notices (PRX-210)."""

from __future__ import annotations

from typing import Any

import pytest

import frames
import vendors
from bench import Bench, RawStream
from conftest import MakeBench, StartServer
from reader import eventually
from replies import encode, sse
from script import RESET, Step
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
