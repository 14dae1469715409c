"""Clients of ingest that send events as fast as they are answered, and write into the ledger what they were told."""

from __future__ import annotations

import http.client
import json
import random
import threading
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from acknowledged import History, Outcome, Receipt, Sent

AGENT = "ledger"
WORDS = ["alpha", "b\u00e9ta", "\u0433\u0430\u043c\u043c\u0430", '"quoted"', "back\\slash", "line\nbreak", "\u0645\u0631\u062d\u0628\u0627", "\U0001f980"]
# How a producer sends: what goes in a request, and what makes a repetition of it safe.
SHAPES = ("single", "keyed", "batch", "partial", "poisoned", "request-key", "keyed-batch")
# An event that can never be stored, among others that can.
POISON = "poison "
REPEATED = {"keyed", "request-key", "keyed-batch"}

ATTEMPT_SECONDS = 60.0


class Target:
    """Where the service is now: one address for each node, which changes when a node starts again."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._urls: dict[str, str] = {}
        self._ended = False

    def up(self, url: str, node: str = "only") -> None:
        with self._changed:
            self._urls[node] = url
            self._changed.notify_all()

    def down(self, node: str) -> None:
        """Nobody new goes there; who is connected finds out."""
        with self._changed:
            self._urls.pop(node, None)

    def end(self) -> None:
        """Nobody waits for an address any longer."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        return self._ended

    def pick(self, dice: random.Random) -> str | None:
        """Any node's address."""
        with self._changed:
            self._changed.wait_for(lambda: self._urls or self._ended)
            return None if self._ended else dice.choice(sorted(self._urls.values()))

    def pause(self) -> None:
        """A moment before the next try at a node that refused, or until there is another address."""
        with self._changed:
            self._changed.wait(0.02)


@dataclass
class Tenancy:
    name: str
    key: str


class Producer(threading.Thread):
    """One client with one connection. It never sends before its last request was answered or lost."""

    def __init__(
        self,
        history: History,
        target: Target,
        tenant: Tenancy,
        name: str,
        traces: list[str],
        shape: str,
        seed: str,
        padding: int = 200,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.history = history
        self.target = target
        self.tenant = tenant
        self.traces = traces
        self.shape = shape
        self.padding = padding
        self.error: BaseException | None = None
        self._dice = random.Random(f"{seed}-{name}")
        self._number = 0
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        try:
            while not self.target.ended:
                self._send(self._request())
        except BaseException as error:  # told by `finish`
            self.error = error
        finally:
            self._hang_up()

    def send_one(self) -> None:
        """One request in the caller's own thread."""
        self._send(self._request())

    # MARK: What is sent

    def _request(self) -> list[Sent]:
        trace = self._dice.choice(self.traces)
        count = {"single": 1, "keyed": 1, "thousand": 1000}.get(self.shape) or self._dice.randint(2, 20)
        events = []
        for _ in range(count):
            text = " ".join(self._dice.choices(WORDS, k=self._dice.randint(1, 8)))
            text += "p" * self._dice.randint(0, self.padding)
            events.append(Sent(self.tenant.name, trace, self.name, self._number, text))
            self._number += 1
        if self.shape == "poisoned":
            at = self._dice.randrange(count)
            events[at] = replace(events[at], text=POISON + events[at].text)
        return events

    def _body(self, events: list[Sent]) -> bytes:
        values = [value(event, self.shape in ("keyed", "keyed-batch")) for event in events]
        return json.dumps(values[0] if self.shape in ("single", "keyed") else values).encode()

    def _path(self) -> str:
        if self.shape == "batch" and self._dice.random() < 0.5:
            return "/api/events/ingest"
        return "/api/events?partial=true" if self.shape in ("partial", "poisoned") else "/api/events"

    def _send(self, events: list[Sent]) -> None:
        """Until it is acknowledged where a repetition is safe, else once."""
        path, body = self._path(), self._body(events)
        headers = {"Authorization": f"Bearer {self.tenant.key}", "Content-Type": "application/json"}
        if self.shape == "request-key":
            headers["Idempotency-Key"] = f"{self.name}-{events[0].number}"
        while not self.target.ended:
            connection = self._connected()
            if connection is None:
                continue
            attempt = self.history.invoke(events)
            told = self._attempt(connection, path, body, headers, attempt, events)
            if told is Outcome.OK or (told is not None and self.shape not in REPEATED):
                return
            self.target.pause()

    # MARK: The wire

    def _connected(self) -> http.client.HTTPConnection | None:
        if self._connection is not None:
            return self._connection
        url = self.target.pick(self._dice)
        if url is None:
            return None
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=ATTEMPT_SECONDS)
        try:
            connection.connect()
        except OSError:
            # Nothing was sent, so nothing of it can be stored.
            self.target.pause()
            return None
        self._connection = connection
        return connection

    def _hang_up(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def _attempt(
        self,
        connection: http.client.HTTPConnection,
        path: str,
        body: bytes,
        headers: dict[str, str],
        attempt: int,
        events: list[Sent],
    ) -> Outcome:
        try:
            connection.request("POST", path, body, headers)
            reply = connection.getresponse()
            data = reply.read()
        except TimeoutError:
            raise AssertionError(f"no answer in {ATTEMPT_SECONDS} seconds") from None
        except (OSError, http.client.HTTPException):
            self._hang_up()
            self.history.end(attempt, [(event, Outcome.UNKNOWN, Receipt()) for event in events])
            return Outcome.UNKNOWN
        if reply.will_close:
            self._hang_up()
        told = judged(reply.status, reply.headers.get("Retry-After"), data, events)
        self.history.end(attempt, told, reply.status)
        return Outcome.OK if reply.status < 300 else told[0][1]


def value(event: Sent, is_keyed: bool) -> dict[str, Any]:
    return {
        "eventType": "tool_result",
        "traceId": event.trace,
        "agentName": AGENT,
        "content": {"toolName": "ledger", "output": event.text},
        "metadata": {"producer": event.producer, "number": event.number},
        **({"stepId": 0} if event.text.startswith(POISON) else {}),
        **({"idempotencyKey": f"{event.producer}-{event.number}"} if is_keyed else {}),
    }


def judged(status: int, retry_after: str | None, data: bytes, events: list[Sent]) -> list[tuple[Sent, Outcome, Receipt]]:
    """What an answer says of each event. Any that the interface does not know is an error of the service."""
    answer = json.loads(data)
    if status == 202:
        assert answer["queuedCount"] == len(events), answer
        return [(event, Outcome.OK, Receipt()) for event in events]
    if status in (201, 207):
        results = answer["results"] if status == 207 else answer if isinstance(answer, list) else [answer]
        assert len(results) == len(events), answer
        told = []
        for event, one in zip(events, results):
            is_bad = event.text.startswith(POISON)
            assert one["status"] in (("invalid",) if is_bad else ("saved", "skipped")), one
            receipt = Receipt() if is_bad else Receipt(one["id"], one["stepId"])
            told.append((event, Outcome.FAIL if is_bad else Outcome.OK, receipt))
        return told
    assert status in (429, 503) and retry_after, (status, retry_after, data)
    outcome = Outcome.UNKNOWN if answer.get("outcome") == "unknown" else Outcome.FAIL
    return [(event, outcome, Receipt()) for event in events]


@dataclass
class Load:
    """Producers of every shape and both tenants on the same traces; tenants' traces have equal ids."""

    history: History
    target: Target
    producers: list[Producer]

    @classmethod
    def begin(
        cls, history: History, tenants: list[Tenancy], seed: str, url: str, each: int = 1, padding: int = 200, round: str = ""
    ) -> Load:
        target = Target()
        target.up(url)
        producers = [
            Producer(
                history,
                target,
                tenant,
                f"{round}{tenant.name}-{shape}-{copy}",
                [f"{round}trace-{number}" for number in range(4)],
                shape,
                seed,
                padding,
            )
            for tenant in tenants
            for shape in SHAPES
            for copy in range(each)
        ]
        load = cls(history, target, producers)
        for producer in producers:
            producer.start()
        return load

    def finish(self) -> None:
        """Every producer has had its last answer."""
        self.target.end()
        for producer in self.producers:
            producer.join(ATTEMPT_SECONDS + 10)
            assert not producer.is_alive(), f"{producer.name} never came to an end"
        for producer in self.producers:
            if producer.error:
                raise producer.error
