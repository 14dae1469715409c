"""What a scripted provider answers: steps, the requests it has seen, and one script for each test.

A reply is a list of steps. `bytes` are written as they are, so a reply may be as wrong as a test wants; a `Gate` holds
the reply until the test opens it; HANG waits until the other side goes; CLOSE and RESET end the connection early.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Union

HANG, CLOSE, RESET = object(), object(), object()

PATIENCE = 20.0


class Gate:
    """Holds a reply until `open()`; safe to open from any thread, before or after it is reached."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._event = asyncio.Event()

    def open(self) -> None:
        self._loop.call_soon_threadsafe(self._event.set)

    async def passed(self) -> None:
        await self._event.wait()


@dataclass(frozen=True)
class Repeat:
    """`chunk`, written `count` times with flow control."""

    chunk: bytes
    count: int


@dataclass(frozen=True)
class Pause:
    """Time that passes in the reply: for tests of time limits, where nothing else can stand for it."""

    seconds: float


Step = Union[bytes, Gate, Repeat, Pause, object]
Reply = Iterable[Step]


@dataclass
class Exchange:
    """One request as it came, and what became of the reply."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    sent: int = 0
    closed: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return values[0] if values else None

    def json(self) -> Any:
        return json.loads(self.body)

    def holds(self, token: str) -> bool:
        head = f"{self.target}\n{self.headers}"
        return token in head or token.encode() in self.body


class Script:
    """What one test's upstream answers. `reply` queues; `answer` decides by request, and is asked when the queue is empty."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.exchanges: list[Exchange] = []
        # Answers as soon as the head of a request is in; the token must be in that head. The body is read afterwards.
        self.is_hasty = False
        self._replies: deque[Reply] = deque()
        self._answer: Callable[[Exchange], Reply] | None = None
        self._arrived = threading.Condition()

    def reply(self, *replies: Reply) -> None:
        self._replies.extend(replies)

    def drop_replies(self) -> None:
        """Forgets what is queued and was not asked for."""
        self._replies.clear()

    def answer(self, function: Callable[[Exchange], Reply]) -> None:
        self._answer = function

    def take(self, exchange: Exchange) -> Reply:
        with self._arrived:
            self.exchanges.append(exchange)
            self._arrived.notify_all()
        if self._replies:
            return self._replies.popleft()
        if self._answer:
            return self._answer(exchange)
        return [b"HTTP/1.1 500 Unscripted\r\nContent-Length: 10\r\n\r\nunscripted"]

    def wait(self, count: int = 1) -> list[Exchange]:
        """The exchanges, once at least `count` requests have come."""
        with self._arrived:
            done = self._arrived.wait_for(lambda: len(self.exchanges) >= count, PATIENCE)
            assert done, f"the upstream saw {len(self.exchanges)} requests of {count}"
            return list(self.exchanges)

    @property
    def last(self) -> Exchange:
        return self.wait()[-1]
