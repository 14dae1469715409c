"""Traces as they change, over server-sent events (ING-56 to ING-59)."""

from __future__ import annotations

import http.client
import json
from typing import Any, Iterator

import pytest

from bench import Bench, connect, fetch
from conftest import MakeBench, StartServer
from test_ingest import event, post


class Stream:
    """Reads one event after the other."""

    def __init__(self, bench: Bench, last: str | None = None, query: str = "") -> None:
        self.connection = connect(bench.server.ingest)
        headers = {"Authorization": f"Bearer {bench.server.key}"}
        if last is not None:
            headers["Last-Event-ID"] = last
        self.connection.request("GET", f"/api/threads/stream{query}", headers=headers)
        self.reply = self.connection.getresponse()

    def next(self) -> tuple[str, str | None, Any]:
        """Name, id and data of the next event; comments are passed over."""
        fields: dict[str, str] = {}
        while True:
            line = self.reply.readline()
            assert line, "the stream has ended"
            text = line.decode().rstrip("\n")
            if text == "" and fields:
                return fields["event"], fields.get("id"), json.loads(fields["data"])
            if text and not text.startswith(":"):
                name, _, value = text.partition(": ")
                fields[name] = value

    def until(self, trace: str) -> tuple[str, str | None, Any]:
        while True:
            found = self.next()
            if found[2].get("threadId") == trace:
                return found

    def close(self) -> None:
        self.reply.close()
        self.connection.close()


@pytest.fixture
def alone(start: StartServer, make_bench: MakeBench) -> Bench:
    return make_bench(start().ready())


@pytest.fixture
def stream(bench: Bench) -> Iterator[Stream]:
    opened = Stream(bench)
    yield opened
    opened.close()


def test_new_and_changed_traces_are_told(bench: Bench, stream: Stream) -> None:
    assert stream.reply.status == 200
    assert stream.reply.getheader("content-type", "").startswith("text/event-stream")
    assert stream.next()[0] == "ready"
    post(bench, event(bench))
    name, id, thread = stream.until(f"trace-{bench.token}")
    assert (name, thread["eventCount"], thread["entityName"]) == ("trace", 1, bench.agent)
    assert id == thread["lastActivity"]
    post(bench, event(bench))
    assert stream.until(f"trace-{bench.token}")[2]["eventCount"] == 2


def test_coming_back_misses_nothing(alone: Bench) -> None:
    first = Stream(alone)
    first.next()
    post(alone, event(alone, traceId="one"))
    _, last, _ = first.until("one")
    first.close()
    post(alone, event(alone, traceId="two"))
    second = Stream(alone, last)
    assert second.next()[0] == "ready"
    assert second.until("two")[2]["eventCount"] == 1
    second.close()
    # Without an id what was long before is not told.
    third = Stream(alone, "2020-01-01T00:00:00Z")
    fourth = Stream(alone)
    assert third.next()[0] == fourth.next()[0] == "ready"
    assert {third.next()[2]["threadId"], third.next()[2]["threadId"]} == {"one", "two"}
    post(alone, event(alone, traceId="three"))
    told = {fourth.next()[2]["threadId"]}
    while "three" not in told:
        told.add(fourth.next()[2]["threadId"])
    assert "one" not in told
    third.close()
    fourth.close()


def test_other_environments_hear_nothing(bench: Bench, stream: Stream) -> None:
    reply = fetch(bench.server.ingest, "GET", "/api/threads/stream")
    assert reply.status == 401


def test_streams_end_with_the_server(alone: Bench) -> None:
    opened = Stream(alone)
    opened.next()
    assert alone.server.stop() == 0
    try:
        assert opened.reply.read() == b""
    except (http.client.HTTPException, ConnectionError):
        pass
