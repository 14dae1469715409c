"""F1, F19: ingest is killed and stopped at random points under load; what was acknowledged is there, and nothing else."""

from __future__ import annotations

import random
import signal
import sqlite3
import time

from conftest import Figures
from faults import Tier
from service import Service

# Generous, for a debug build on a machine that does other things; the figures are in the table.
REOPENED = 30.0


def random_point(service: Service, dice: random.Random) -> None:
    """Some answers on, and somewhere between two of them."""
    service.history.await_acknowledged(dice.randint(1, 300))
    # Not to wait for anything: it is where the fault falls that is random.
    time.sleep(dice.random() * 0.02)


def test_killed_at_any_point(service: Service, tier: Tier, seed: str, dice: random.Random, figures: Figures) -> None:
    """Clients go on over all restarts: to what they sent before, and to repetitions of what they do not know."""
    service.begin()
    service.produce(seed)
    slowest = 0.0
    for _ in range(tier.kill_points):
        random_point(service, dice)
        service.kill()
        slowest = max(slowest, service.restart())
    service.history.await_acknowledged(100)
    service.rest()
    found = service.prove()
    assert found["acknowledged"] > tier.kill_points and found["unknown"] > 0, found
    assert slowest < REOPENED
    assert service.running.stop() == 0
    figures(fault="kill -9", times=tier.kill_points, **found, slowest_start_s=round(slowest, 2))


def test_killed_and_opened_by_another_process_first(service: Service, seed: str) -> None:
    """What recovers the log is not always the service: another program may look at the file before it."""
    service.begin()
    service.produce(seed)
    service.history.await_acknowledged(300)
    service.kill()
    if service.is_sqlite:
        with sqlite3.connect(service.database) as connection:
            [(count,)] = connection.execute("SELECT count(*) FROM event_rows").fetchall()
        connection.close()
        assert count >= service.history.acknowledged - 50
    service.restart()
    service.history.await_acknowledged(100)
    service.rest()
    service.prove()


def test_stopped_under_load(service: Service, tier: Tier, seed: str, dice: random.Random, figures: Figures) -> None:
    """SIGTERM in the middle of load: it answers or hangs up, ends with 0, and starts again."""
    service.begin()
    service.produce(seed)
    times = tier.pick(5, 20)
    slowest = 0.0
    for _ in range(times):
        random_point(service, dice)
        begun = time.monotonic()
        assert service.running.stop(signal.SIGTERM) == 0, service.running.log()
        slowest = max(slowest, time.monotonic() - begun)
        service.restart()
    service.history.await_acknowledged(100)
    service.rest()
    figures(fault="SIGTERM under load", times=times, **service.prove(), slowest_stop_s=round(slowest, 2))


def test_halted_and_continued(service: Service, tier: Tier, seed: str, figures: Figures) -> None:
    """SIGSTOP and SIGCONT: whoever waited gets an answer, and it goes on as before."""
    service.begin()
    service.produce(seed)
    for _ in range(tier.pick(2, 5)):
        service.history.await_acknowledged(200)
        service.running.send_signal(signal.SIGSTOP)
        # How long it is away, not a wait for anything.
        time.sleep(tier.pick(1, 10))
        service.running.send_signal(signal.SIGCONT)
    service.history.await_acknowledged(200)
    service.rest()
    found = service.prove()
    assert found["unknown"] == 0, "nobody was hung up on"
    assert service.running.stop() == 0
    figures(fault="SIGSTOP", times=tier.pick(2, 5), **found)
