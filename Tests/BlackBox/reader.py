"""Reads what was recorded, through ingest's HTTP interface."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Callable

import frames

Event = dict[str, Any]

PATIENCE = 20.0
PAUSE = 0.02


def eventually(probe: Callable[[], Any], what: str) -> Any:
    """The first truthy answer of `probe`, asked again until a deadline."""
    deadline = time.monotonic() + PATIENCE
    while True:
        if answer := probe():
            return answer
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(PAUSE)


class Reader:
    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key

    def raw(self, path: str, **query: str | int) -> tuple[int, bytes]:
        target = f"{self.url}{path}"
        if query:
            target += "?" + urllib.parse.urlencode(query, safe=",")
        request = urllib.request.Request(target, headers={"Authorization": f"Bearer {self.key}"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def threads(self, agent: str) -> list[dict[str, Any]]:
        status, body = self.raw("/api/threads", agentName=agent, count=100, include="systemPrompt,tools,metadata")
        assert status == 200, (status, body)
        threads: list[dict[str, Any]] = json.loads(body)["threads"]
        return threads

    def thread(self, trace_id: str) -> dict[str, Any] | None:
        status, body = self.raw(
            f"/api/threads/{urllib.parse.quote(trace_id, safe='')}",
            include="systemPrompt,tools,metadata",
            eventInclude="content,metadata",
            eventLimit=1000,
        )
        if status == 404:
            return None
        assert status == 200, (status, body)
        thread: dict[str, Any] = json.loads(body)
        return thread

    def events(self, trace_id: str) -> list[Event]:
        thread = self.thread(trace_id)
        return sorted(thread["events"], key=lambda event: event["stepId"]) if thread else []

    def await_types(self, trace_id: str, *types: str) -> list[Event]:
        """The events of a trace, once they are of exactly these types in the order of their steps."""
        found: list[Event] = []

        def whole() -> bool:
            found[:] = self.events(trace_id)
            return len(found) >= len(types)

        try:
            eventually(whole, f"{len(types)} events")
        except AssertionError:
            pass
        assert [event["eventType"] for event in found] == list(types), json.dumps(found)[:4000]
        assert [event["stepId"] for event in found] == list(range(1, len(types) + 1))
        return found

    def await_threads(self, agent: str, count: int, events: int) -> list[dict[str, Any]]:
        """The threads of an agent, once there are `count` with `events` events in all."""
        found: list[dict[str, Any]] = []

        def whole() -> bool:
            found[:] = self.threads(agent)
            return sum(thread["eventCount"] for thread in found) >= events

        try:
            eventually(whole, f"{events} events of {agent}")
        except AssertionError:
            pass
        summary = [(thread["threadId"], thread["eventCount"]) for thread in found]
        assert len(found) == count and sum(thread["eventCount"] for thread in found) == events, summary
        return found


def source(event: Event) -> str:
    """What decided the trace of a proxied call (TRC-7)."""
    decided: str = event["metadata"]["stitch"]["source"]
    return decided


def sources(events: list[Event]) -> list[str]:
    return [source(event) for event in events]


def user_text(event: Event) -> str:
    """The text of the newest user turn that a request event holds."""
    content = event["content"]
    messages = content["messages"] if isinstance(content, dict) and "messages" in content else content
    if isinstance(messages, str):
        return messages
    newest = next(item for item in reversed(messages) if item.get("role") == "user")["content"]
    if isinstance(newest, str):
        return newest
    return "".join(part["text"] for part in newest if part.get("type") == "text")


def reply_text(event: Event) -> str:
    text = event["content"].get("content")
    assert text is None or isinstance(text, str), event
    return text or ""


def assert_no_frames(events: list[Event]) -> None:
    """Captured content holds no signature (EXC-52)."""
    for event in events:
        for text in frames.strings(event.get("content")):
            assert frames.ids(text) == [], event
