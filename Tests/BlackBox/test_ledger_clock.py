"""F6: the clock of the day jumps under load. Order is by step, and no time that is waited for depends on that clock."""

from __future__ import annotations

import random

from conftest import Figures
from faults import FakeClock, Tier
from readback import all_events, all_threads
from service import Service

JUMPS = ["-3600s", "+3600s", "+2y", "-2y", "-1d", "+1d", "+0s", "+0.5s", "-0.5s"]


def years(service: Service) -> set[str]:
    """Of the moments at which events came."""
    reader = service.running.reader
    traces = [thread["threadId"] for thread in all_threads(reader)]
    return {event["timestamp"][:4] for trace in traces for event in all_events(reader, trace)}


def test_jumping_clock(service: Service, tier: Tier, seed: str, dice: random.Random, figures: Figures) -> None:
    clock = FakeClock(service.folder)
    service.begin(binary=clock.binary)
    service.produce(seed)
    times = tier.pick(10, 60)
    for jump in range(times):
        clock.set(JUMPS[jump % len(JUMPS)] if jump < len(JUMPS) else dice.choice(JUMPS))
        service.history.await_acknowledged(dice.randint(20, 100))
    service.rest()
    found = service.prove()
    assert found["unknown"] == 0 and service.history.refused == 0
    assert len(years(service)) > 1, "the clock never jumped"
    assert service.running.stop() == 0
    figures(fault="clock jumps of -2 y to +2 y", times=times, **found)


def test_clock_that_goes_back_over_a_restart(service: Service, seed: str) -> None:
    """What was stored in the future stays where it is, and what comes then stands behind it."""
    clock = FakeClock(service.folder)
    clock.set("+2y")
    service.begin(binary=clock.binary)
    service.produce(seed)
    service.history.await_acknowledged(100)
    clock.set("+0s")
    service.kill()
    service.restart()
    service.history.await_acknowledged(100)
    service.rest()
    service.prove()
    assert len(years(service)) == 2
