"""The checker of the ledger finds what is wrong: histories and stores that were forged one fault at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable

import pytest

from acknowledged import History, Outcome, Receipt, Sent, Stored, faults

OK, FAIL, UNKNOWN = Outcome.OK, Outcome.FAIL, Outcome.UNKNOWN
# Numbers 3 and 6 of every producer are of the kinds that need not be there; the rest was acknowledged.
OUTCOMES = [OK, OK, OK, UNKNOWN, OK, OK, FAIL, OK]


def honest() -> tuple[History, list[Stored]]:
    """Two tenants with equal trace ids, two producers on each trace in turns, and a store that keeps its word."""
    history = History()
    rows: list[Stored] = []
    for tenant in ("alpha", "beta"):
        for trace in ("one", "two"):
            producers = [f"{tenant}-{trace}-{name}" for name in ("a", "b")]
            step = 0
            for number, outcome in enumerate(OUTCOMES):
                for producer in producers:
                    event = Sent(tenant, trace, producer, number, f"text {producer} {number}")
                    attempt = history.invoke([event])
                    step += outcome is OK
                    receipt = Receipt(f"id-{tenant}-{trace}-{step}", step) if outcome is OK else Receipt()
                    history.end(attempt, [(event, outcome, receipt)])
                    if outcome is OK:
                        assert receipt.id
                        rows.append(Stored(tenant, trace, step, receipt.id, producer, number, event.text))
    return history, rows


def kinds(history: History, rows: list[Stored]) -> set[str]:
    return {fault.kind for fault in faults(history, rows)}


def find(rows: list[Stored], producer: str, number: int) -> int:
    return next(at for at, row in enumerate(rows) if row.name == (producer, number))


def test_an_honest_store_has_no_faults() -> None:
    history, rows = honest()
    assert faults(history, rows) == []
    assert (history.count(OK), history.count(UNKNOWN), history.count(FAIL)) == (48, 8, 8)
    # The order in which a store is read is no promise.
    assert faults(history, list(reversed(rows))) == []


def test_what_nobody_knows_of_may_be_there_once() -> None:
    history, rows = honest()
    late = history.sent["alpha-one-a", 7]
    sent = Sent(late.tenant, late.trace, late.producer, 8, "the last one")
    history.invoke([sent])
    assert faults(history, rows) == [], "an attempt without an end is not missed"
    step = 1 + max(row.step for row in rows if (row.tenant, row.trace) == ("alpha", "one"))
    there = Stored(sent.tenant, sent.trace, step, "id-late", sent.producer, 8, sent.text)
    assert faults(history, [*rows, there]) == []
    assert kinds(history, [*rows, there, replace(there, step=step + 1, id="id-later")]) == {"doubled", "disorder"}


def shifted(rows: list[Stored], after: Stored, by: int) -> list[Stored]:
    """With other steps behind one event of a trace."""
    return [
        replace(row, step=row.step + by)
        if (row.tenant, row.trace) == (after.tenant, after.trace) and row.step > after.step
        else row
        for row in rows
    ]


def lost(rows: list[Stored]) -> list[Stored]:
    return [row for row in rows if row.name != ("alpha-two-b", 7)]


def lost_and_closed_up(rows: list[Stored]) -> list[Stored]:
    gone = rows[find(rows, "alpha-one-a", 2)]
    return shifted([row for row in rows if row is not gone], gone, -1)


def lost_in_the_middle(rows: list[Stored]) -> list[Stored]:
    gone = rows[find(rows, "alpha-one-a", 2)]
    return [row for row in rows if row is not gone]


def lost_trace(rows: list[Stored]) -> list[Stored]:
    return [row for row in rows if (row.tenant, row.trace) != ("beta", "two")]


def doubled(rows: list[Stored]) -> list[Stored]:
    last = max((row for row in rows if (row.tenant, row.trace) == ("beta", "one")), key=lambda row: row.step)
    return [*rows, replace(last, step=last.step + 1, id="id-again")]


def doubled_at_its_step(rows: list[Stored]) -> list[Stored]:
    return [*rows, replace(rows[3], id="id-again")]


def swapped(rows: list[Stored]) -> list[Stored]:
    first, second = find(rows, "alpha-one-b", 4), find(rows, "alpha-one-b", 5)
    changed = list(rows)
    changed[first] = replace(rows[second], step=rows[first].step, id=rows[first].id)
    changed[second] = replace(rows[first], step=rows[second].step, id=rows[second].id)
    return changed


def swapped_producers(rows: list[Stored]) -> list[Stored]:
    """Each producer's own order stands; only the answers said another step."""
    first, second = find(rows, "alpha-one-a", 4), find(rows, "alpha-one-b", 4)
    changed = list(rows)
    changed[first], changed[second] = replace(rows[first], step=rows[second].step), replace(rows[second], step=rows[first].step)
    return changed


def foreign(rows: list[Stored]) -> list[Stored]:
    return [replace(row, tenant="beta", step=13) if row.name == ("alpha-one-b", 7) else row for row in rows]


def foreign_too(rows: list[Stored]) -> list[Stored]:
    """There is nothing missing where it belongs."""
    return [*rows, replace(rows[find(rows, "alpha-one-b", 7)], tenant="beta", step=13)]


def another_trace(rows: list[Stored]) -> list[Stored]:
    return [replace(row, trace="two", step=13) if row.name == ("alpha-one-b", 7) else row for row in rows]


def altered(rows: list[Stored]) -> list[Stored]:
    return [replace(rows[0], text=rows[0].text + " "), *rows[1:]]


def stranger(rows: list[Stored]) -> list[Stored]:
    return [*rows, replace(rows[-1], producer="nobody", number=0, step=13, id="id-nobody")]


def revived(rows: list[Stored]) -> list[Stored]:
    """An event that was refused is there all the same, in its order."""
    before = rows[find(rows, "beta-two-b", 5)]
    there = replace(before, step=before.step + 1, id="id-revived", number=6, text="text beta-two-b 6")
    return [*shifted(rows, before, 1), there]


def gap(rows: list[Stored]) -> list[Stored]:
    return shifted(rows, rows[find(rows, "beta-one-a", 4)], 1)


def late_start(rows: list[Stored]) -> list[Stored]:
    return [replace(row, step=row.step + 1) if (row.tenant, row.trace) == ("beta", "one") else row for row in rows]


def another_id(rows: list[Stored]) -> list[Stored]:
    return [replace(rows[5], id="id-other") if row is rows[5] else row for row in rows]


FORGED: dict[Callable[[list[Stored]], list[Stored]], set[str]] = {
    lost: {"lost"},
    lost_and_closed_up: {"lost", "misplaced"},
    lost_in_the_middle: {"lost", "gap"},
    lost_trace: {"lost"},
    doubled: {"doubled", "misplaced", "disorder"},
    doubled_at_its_step: {"doubled", "misplaced", "disorder", "taken-twice"},
    swapped: {"misplaced", "disorder"},
    swapped_producers: {"misplaced"},
    foreign: {"foreign", "misplaced"},
    foreign_too: {"foreign", "doubled", "misplaced"},
    another_trace: {"misplaced"},
    altered: {"altered"},
    stranger: {"stranger"},
    revived: {"revived", "misplaced"},
    gap: {"gap", "misplaced"},
    late_start: {"gap", "misplaced"},
    another_id: {"misplaced"},
}


@pytest.mark.parametrize("forge", FORGED, ids=lambda forge: forge.__name__)
def test_forged(forge: Callable[[list[Stored]], list[Stored]]) -> None:
    history, rows = honest()
    assert kinds(history, forge(rows)) == FORGED[forge]


def test_every_single_loss_and_every_single_double_is_found() -> None:
    history, rows = honest()
    for at, row in enumerate(rows):
        assert "lost" in kinds(history, rows[:at] + rows[at + 1 :]), row
        assert "doubled" in kinds(history, [*rows, row]), row


def test_swaps_of_one_producer_are_found_without_receipts() -> None:
    """Answers of `/api/events/ingest` name no steps; the order alone has to tell."""
    history, rows = honest()
    history.receipts.clear()
    for first, one in enumerate(rows):
        for second, other in enumerate(rows[first + 1 :], first + 1):
            if one.producer == other.producer:
                changed = list(rows)
                changed[first], changed[second] = replace(one, step=other.step), replace(other, step=one.step)
                assert kinds(history, changed) == {"disorder"}, (one, other)


def test_a_retry_that_succeeds_decides() -> None:
    """A keyed event that was refused or unknown first, and acknowledged later, has to be there once."""
    history = History()
    event = Sent("alpha", "one", "p", 0, "text")
    for outcome in (FAIL, UNKNOWN, OK):
        history.end(history.invoke([event]), [(event, outcome, Receipt())])
    row = Stored("alpha", "one", 1, "id", "p", 0, "text")
    assert kinds(history, []) == {"lost"}
    assert kinds(history, [row]) == set()
    assert "doubled" in kinds(history, [row, replace(row, step=2, id="id-2")])
    # The other way round: once unknown, a refusal of the repetition does not say that it is absent.
    history.outcomes[event.name] = [UNKNOWN, FAIL]
    assert kinds(history, []) == kinds(history, [row]) == set()
