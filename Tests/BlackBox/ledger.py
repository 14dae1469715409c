"""What clients were told: every exchange whose reply was read to its end, and whether the store agrees."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

import replies
from bench import Bench
from reader import Event, eventually, user_text


@dataclass
class Ledger:
    """One client on one trace: exchanges with the numbers 0, 1, 2, ... after each other."""

    trace: str
    acknowledged: list[int] = field(default_factory=list)
    begun: int = 0

    def check(self, events: list[Event]) -> None:
        """Acknowledged exchanges are there once, the one that was cut off once or not at all, all in order."""
        assert [event["stepId"] for event in events] == list(range(1, len(events) + 1)), self.trace
        asked = [int(user_text(event)) for event in events if event["eventType"] == "user_message"]
        answered = [event["content"]["content"] for event in events if event["eventType"] == "llm_response"]
        aborted = [event for event in events if event["eventType"] == "error"]
        assert all(event["content"]["code"] == "exchange_aborted" for event in aborted), aborted
        assert len(asked) == len(answered) + len(aborted), (self.trace, asked, answered, aborted)
        assert asked == sorted(set(asked)), (self.trace, asked)
        assert set(self.acknowledged) <= set(asked) <= set(range(self.begun)), (self.trace, self.acknowledged, asked)
        expected = [answer(number) for number in self.acknowledged]
        assert answered[: len(expected)] == expected, (self.trace, expected, answered)
        assert answered[len(expected) :] in ([], [answer(number) for number in asked[len(expected) :]]), self.trace


def answer(number: int) -> str:
    return f"Here is the answer to question {number}."


def converse(bench: Bench, ledger: Ledger, on_reply: threading.Semaphore, padding: str = "") -> None:
    """Asks until the server is gone; every second reply is a stream."""
    while True:
        number = ledger.begun
        ledger.begun += 1
        messages = [{"role": "system", "content": padding}, {"role": "user", "content": str(number)}]
        body = replies.encode({"model": bench.model, "messages": messages, "stream": number % 2 == 1})
        try:
            with bench.open("/v1/chat/completions", body, bench.headers(X_Trace_ID=ledger.trace)) as reply:
                if not reply.rest() or reply.status != 200:
                    return
        except (OSError, EOFError, ValueError) as _:
            return
        except Exception as error:  # http.client has many ways to say that the other side is gone
            assert type(error).__module__ == "http.client", error
            return
        ledger.acknowledged.append(number)
        on_reply.release()


def settled(bench: Bench, ledgers: list[Ledger]) -> Counter[str]:
    """Waits until everything acknowledged is stored, and holds the store to its ledgers; how many exchanges there were."""
    found: Counter[str] = Counter()
    for ledger in ledgers:

        def whole() -> bool:
            kinds = [event["eventType"] for event in bench.reader.events(ledger.trace)]
            ends = kinds.count("llm_response") + kinds.count("error")
            return ends == kinds.count("user_message") and kinds.count("llm_response") >= len(ledger.acknowledged)

        eventually(whole, f"{len(ledger.acknowledged)} replies of {ledger.trace}")
        events = bench.reader.events(ledger.trace)
        ledger.check(events)
        kinds = Counter(event["eventType"] for event in events)
        found["sent"] += ledger.begun
        found["acknowledged"] += len(ledger.acknowledged)
        found["unknown"] += ledger.begun - len(ledger.acknowledged)
        found["stored"] += kinds["user_message"]
        found["aborted"] += kinds["error"]
    return found
