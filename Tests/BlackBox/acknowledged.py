"""The ledger of what clients of ingest were told, and whether a store agrees with it."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO


class Outcome(Enum):
    """What a client knows of an attempt to have an event stored."""

    OK = "ok"
    FAIL = "fail"
    # The connection broke before an answer came, or the answer says that nobody knows.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Sent:
    """One event as a client sent it. A producer belongs to one tenant and numbers its events from 0."""

    tenant: str
    trace: str
    producer: str
    number: int
    text: str

    @property
    def name(self) -> tuple[str, int]:
        return self.producer, self.number


@dataclass(frozen=True)
class Receipt:
    """What an answer says of where the event is, as far as it does."""

    id: str | None = None
    step: int | None = None


@dataclass(frozen=True)
class Stored:
    """One event as it is read back."""

    tenant: str
    trace: str
    step: int
    id: str
    producer: str
    number: int
    text: str

    @property
    def name(self) -> tuple[str, int]:
        return self.producer, self.number


@dataclass(frozen=True)
class Fault:
    """A promise that was broken: `kind` is lost, doubled, revived, stranger, foreign, misplaced, altered, disorder, gap or
    taken-twice."""

    kind: str
    where: str


class History:
    """Every attempt with its outcome, in memory and, while it happens, in a file that outlives a test that fails."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Condition()
        self._file: IO[str] | None = path.open("w", encoding="utf-8") if path else None
        self._attempts = 0
        self.sent: dict[tuple[str, int], Sent] = {}
        self.outcomes: dict[tuple[str, int], list[Outcome]] = defaultdict(list)
        self.receipts: dict[tuple[str, int], list[Receipt]] = defaultdict(list)
        self.acknowledged = 0
        self.refused = 0

    def _write(self, **entry: object) -> None:
        if self._file:
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()

    def invoke(self, events: list[Sent]) -> int:
        """Before the first byte of a request leaves. An attempt that is never ended counts as unknown."""
        with self._lock:
            attempt = self._attempts
            self._attempts += 1
            for event in events:
                known = self.sent.setdefault(event.name, event)
                assert known == event, f"{event.name} stands for two events"
            self._write(
                op="invoke",
                attempt=attempt,
                tenant=events[0].tenant,
                trace=events[0].trace,
                producer=events[0].producer,
                numbers=[event.number for event in events],
            )
            return attempt

    def end(self, attempt: int, told: list[tuple[Sent, Outcome, Receipt]], status: int | None = None) -> None:
        with self._lock:
            for event, outcome, receipt in told:
                self.outcomes[event.name].append(outcome)
                if outcome is Outcome.OK:
                    self.receipts[event.name].append(receipt)
                    self.acknowledged += 1
            self.refused += status is not None and status >= 400
            ends = [[event.number, outcome.value, receipt.step] for event, outcome, receipt in told]
            self._write(op="end", attempt=attempt, status=status, told=ends)
            self._lock.notify_all()

    def verdict(self, name: tuple[str, int]) -> Outcome:
        """What is known of an event after all its attempts."""
        outcomes = self.outcomes.get(name, [])
        if Outcome.OK in outcomes:
            return Outcome.OK
        return Outcome.FAIL if outcomes and Outcome.UNKNOWN not in outcomes else Outcome.UNKNOWN

    def known(self) -> set[tuple[str, int]]:
        """Everything that was acknowledged so far."""
        with self._lock:
            return {name for name, receipts in self.receipts.items() if receipts}

    def count(self, outcome: Outcome) -> int:
        return sum(self.verdict(name) is outcome for name in self.sent)

    def await_acknowledged(self, more: int, seconds: float = 60) -> None:
        """Until `more` events were acknowledged from now on."""
        with self._lock:
            wanted = self.acknowledged + more
            assert self._lock.wait_for(lambda: self.acknowledged >= wanted, seconds), (
                f"only {self.acknowledged} of {wanted} events were acknowledged in {seconds} seconds"
            )

    def await_refused(self, more: int = 1, seconds: float = 60) -> None:
        """Until `more` requests were refused from now on."""
        with self._lock:
            wanted = self.refused + more
            assert self._lock.wait_for(lambda: self.refused >= wanted, seconds), "nothing was refused"

    def close(self) -> None:
        if self._file:
            self._file.close()


def faults(history: History, stored: Iterable[Stored]) -> list[Fault]:
    """Every promise that what is stored breaks; empty where there is none.

    What was acknowledged is there once, what nobody knows of once or not at all, what was refused not at all; everything in
    the trace and under the tenant that it was sent for, as it was sent, at the step and with the id of its answer; what a
    producer sent after another event stands after it; the steps of a trace are 1, 2, 3, ...
    """
    found: list[Fault] = []
    places: dict[tuple[str, int], list[Stored]] = defaultdict(list)
    traces: dict[tuple[str, str], list[Stored]] = defaultdict(list)
    for row in stored:
        traces[row.tenant, row.trace].append(row)
        event = history.sent.get(row.name)
        if event is None:
            found.append(Fault("stranger", f"{row}"))
            continue
        places[row.name].append(row)
        if row.tenant != event.tenant:
            found.append(Fault("foreign", f"{row} is of {event.tenant}"))
        elif row.trace != event.trace:
            found.append(Fault("misplaced", f"{row} is of trace {event.trace}"))
        if row.text != event.text:
            found.append(Fault("altered", f"{row} was sent as {event.text[:80]!r}"))
        for receipt in history.receipts.get(row.name, []):
            if (receipt.step or row.step, receipt.id or row.id) != (row.step, row.id):
                found.append(Fault("misplaced", f"{row} was acknowledged as {receipt}"))
    for name, event in history.sent.items():
        count = len(places[name])
        verdict = history.verdict(name)
        if count > 1:
            found.append(Fault("doubled", f"{event} is there {count} times"))
        if count == 0 and verdict is Outcome.OK:
            found.append(Fault("lost", f"{event}"))
        if count > 0 and verdict is Outcome.FAIL:
            found.append(Fault("revived", f"{event} was refused"))
    for (tenant, trace), rows in traces.items():
        rows.sort(key=lambda row: row.step)
        last: dict[str, int] = {}
        for at, row in enumerate(rows):
            if at > 0 and row.step == rows[at - 1].step:
                found.append(Fault("taken-twice", f"step {row.step} of {trace} of {tenant}"))
            elif row.step != (rows[at - 1].step + 1 if at > 0 else 1):
                found.append(Fault("gap", f"before step {row.step} of {trace} of {tenant}"))
            if row.number <= last.get(row.producer, -1):
                found.append(Fault("disorder", f"{row} stands after number {last[row.producer]}"))
            last[row.producer] = row.number
    return found
