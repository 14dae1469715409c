"""Requests that a client sends again are recorded, each for itself, and say of which one they are a repetition."""

from __future__ import annotations

import json

import pytest

import replies
import vendors
from bench import Bench
from reader import Event
from vendors import each_vendor


def requests(bench: Bench, count: int) -> list[Event]:
    """The request events of an agent in the order of their time."""
    threads = bench.reader.await_threads(bench.agent, count, events=2 * count)
    events = [event for thread in threads for event in bench.reader.events(thread["threadId"])]
    return sorted((event for event in events if event["eventType"] == "user_message"), key=lambda event: event["timestamp"])


@each_vendor
def test_client_that_tries_again(bench: Bench, vendor: str) -> None:
    failure = replies.reply({"error": {"message": "Try again.", "type": "server_error"}}, status=500)
    bench.script.reply(failure, failure, replies.reply(vendors.whole(vendor, "There you are at last.")))
    vendors.create(bench, vendor, max_retries=2)(model=bench.model, **vendors.asked(vendor, "Hello?"))
    first, second, third = requests(bench, 3)
    assert "retry" not in first["metadata"]
    told = {"spanId": first["spanId"], "traceId": first_trace(bench, first)}
    assert second["metadata"]["retry"] == {"count": 1, **told}
    assert third["metadata"]["retry"] == {"count": 2, **told}


def first_trace(bench: Bench, event: Event) -> str:
    for thread in bench.reader.threads(bench.agent):
        if any(one["spanId"] == event["spanId"] for one in bench.reader.events(thread["threadId"])):
            return str(thread["threadId"])
    raise AssertionError(event)


def send(bench: Bench, text: str, **headers: str) -> None:
    body = {"model": bench.model, "messages": [{"role": "user", "content": text}]}
    bench.script.reply(replies.reply(replies.chat("There you are.")))
    assert bench.fetch("/v1/chat/completions", json.dumps(body).encode(), headers=bench.headers(**headers)).status == 200


def test_two_that_could_have_been_the_first(bench: Bench) -> None:
    for count in ("0", "0", "1"):
        send(bench, "Hello?", x_stainless_retry_count=count)
    events = requests(bench, 3)
    assert [event["metadata"].get("retry") for event in events] == [None, None, {"count": 1}]


def test_key_of_the_request_tells_which_one(bench: Bench) -> None:
    for text, key in (("Hello?", "one"), ("Hello?", "two"), ("Hello?", "two"), ("Hullo?", "two")):
        send(bench, text, idempotency_key=bench.token + key)
    first, second, third, fourth = requests(bench, 4)
    assert third["metadata"]["retry"]["spanId"] == second["spanId"]
    assert [event["metadata"].get("retry") for event in (first, second, fourth)] == [None] * 3


@pytest.mark.parametrize("count", ["", "0", "-1", "x", "100", "1.5"])
def test_count_that_is_none(bench: Bench, count: str) -> None:
    send(bench, "Hello?", x_stainless_retry_count=count)
    assert "retry" not in requests(bench, 1)[0]["metadata"]
