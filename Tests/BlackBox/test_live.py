"""Traces as they change, over server-sent events (ING-56 to ING-59)."""

from __future__ import annotations

import http.client
import json
from typing import Any, Iterator

import pytest

from asking import register
from bench import Bench, connect, fetch
from conftest import MakeBench, StartServer
from tenants import create_key, whyops
from test_ingest import event, post


class Stream:
    """Reads one event after the other."""

    def __init__(self, bench: Bench, last: str | None = None, query: str = "", key: str | None = None) -> None:
        self.connection = connect(bench.server.ingest)
        headers = {"Authorization": f"Bearer {key or bench.server.key}"}
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


def test_other_environments_hear_nothing(alone: Bench) -> None:
    assert fetch(alone.server.ingest, "GET", "/api/threads/stream").status == 401
    whyops(alone.server, "projects", "create", "shop", "--environments", "OTHER")
    other = create_key(alone.server, "other", "--project", "shop", "--environment", "OTHER")
    mine, theirs = Stream(alone), Stream(alone, key=other)
    assert mine.next()[0] == theirs.next()[0] == "ready"
    post(alone, event(alone, traceId="mine"))
    mine.until("mine")
    # Theirs is told of after mine was, and nothing stands before it.
    post(alone, event(alone, traceId="theirs"), key=other)
    assert theirs.next()[2]["threadId"] == "theirs"
    post(alone, event(alone, traceId="mine-too"))
    assert mine.next()[2]["threadId"] == "mine-too"
    mine.close()
    theirs.close()


def test_spellings_of_one_text_are_two_threads(alone: Bench) -> None:
    opened = Stream(alone)
    opened.next()
    post(alone, [event(alone, traceId="caf\u00e9"), event(alone, traceId="cafe\u0301")])
    assert {opened.next()[2]["threadId"], opened.next()[2]["threadId"]} == {"caf\u00e9", "cafe\u0301"}
    # Neither is told again: what comes next is the next change.
    post(alone, event(alone, traceId="next"))
    assert opened.next()[2]["threadId"] == "next"
    opened.close()


def test_definition_is_told_where_it_is_asked_for(bench: Bench) -> None:
    register(bench, "A prompt")
    opened = Stream(bench, query="?include=systemPrompt")
    opened.next()
    post(bench, event(bench))
    assert opened.until(f"trace-{bench.token}")[2]["systemPrompt"] == "A prompt"
    opened.close()


def test_thread_named_stream(alone: Bench) -> None:
    """ING-74"""
    post(alone, event(alone, traceId="stream"))
    headers = {"Authorization": f"Bearer {alone.server.key}", "Accept": "application/json"}
    reply = fetch(alone.server.ingest, "GET", "/api/threads/stream", headers=headers)
    assert json.loads(reply.body)["threadId"] == "stream"
    headers["Accept"] = "text/event-stream, application/json"
    connection = connect(alone.server.ingest)
    connection.request("GET", "/api/threads/stream", headers=headers)
    assert connection.getresponse().getheader("content-type", "").startswith("text/event-stream")
    connection.close()


def test_streams_of_an_environment_are_limited(alone: Bench) -> None:
    opened = [Stream(alone) for _ in range(100)]
    assert {one.reply.status for one in opened} == {200}
    refused = Stream(alone)
    assert (refused.reply.status, refused.reply.getheader("retry-after")) == (503, "10")
    for one in [*opened, refused]:
        one.close()


def test_streams_end_with_the_server(alone: Bench) -> None:
    opened = Stream(alone)
    opened.next()
    assert alone.server.stop() == 0
    try:
        assert opened.reply.read() == b""
    except (http.client.HTTPException, ConnectionError):
        pass
