"""F3 to F5: the disk is full, does not sync, does not write. What was refused stays away, and nothing that was acknowledged goes."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from conftest import Figures
from faults import FaultyDisk, Tier
from reader import eventually
from service import STORE, Service
from test_spool import small_disk

pytestmark = pytest.mark.skipif(bool(STORE), reason="the disk of a database server is its own affair")

SYNCS = ("sync/fdatasync", "sync/fsync")
WRITES = ("rw/pwrite",)


def reads(service: Service) -> bool:
    return service.running.reader.raw("/api/threads")[0] == 200


def test_full_disk(service: Service, seed: str, tmp_path: Path, figures: Figures) -> None:
    """503 until there is room, and then it goes on by itself; those who read notice nothing."""
    with small_disk(tmp_path / "disk", "6m") as disk:
        service.store = f"sqlite:{disk}/whyops.sqlite"
        service.begin("--spool", "off")
        service.produce(seed, padding=4000)
        service.history.await_refused(50)
        assert reads(service) and service.running.reader.raw("/api/health")[0] == 200
        subprocess.run(["mount", "-o", "remount,size=256m", str(disk)], check=True)
        service.history.await_acknowledged(200)
        service.rest()
        found = service.prove()
        assert found["refused"] > 0 and found["unknown"] == 0, found
        assert service.running.stop() == 0
        figures(fault="disk full", times=1, **found)


def test_full_disk_at_the_end(service: Service, seed: str, tmp_path: Path) -> None:
    """Killed while it is full: the next start has room again, and finds what was acknowledged."""
    with small_disk(tmp_path / "disk", "6m") as disk:
        service.store = f"sqlite:{disk}/whyops.sqlite"
        service.begin("--spool", "off")
        service.produce(seed, padding=4000)
        service.history.await_refused(20)
        service.kill()
        subprocess.run(["mount", "-o", "remount,size=256m", str(disk)], check=True)
        service.restart("--spool", "off")
        service.history.await_acknowledged(100)
        service.rest()
        service.prove()


@pytest.mark.parametrize("names", [SYNCS, WRITES], ids=["syncs", "writes"])
@pytest.mark.parametrize("killed", [False, True], ids=["heals", "killed"])
def test_disk_that_fails(
    service: Service,
    tier: Tier,
    seed: str,
    dice: random.Random,
    figures: Figures,
    names: tuple[str, ...],
    killed: bool,
) -> None:
    """Every call fails for a while, and then none; or the process ends while they fail."""
    disk = FaultyDisk(service.folder / "fiu")
    service.begin(binary=disk.binary)
    service.produce(seed)
    times = tier.pick(4, 20)
    for _ in range(times):
        service.history.await_acknowledged(dice.randint(1, 100))
        disk.fail(service.running.process.pid, *names)
        service.history.await_refused(dice.randint(1, 40))
        assert reads(service)
        if killed:
            service.kill()
            service.restart(binary=disk.binary)
        else:
            disk.heal(service.running.process.pid, *names)
    service.history.await_acknowledged(100)
    service.rest()
    found = service.prove()
    assert found["refused"] > 0
    if not killed:
        assert service.running.stop() == 0
    figures(fault=f"every {names[0].partition('/')[2]} fails", times=times, ends="killed" if killed else "heals", **found)


def test_calls_that_fail_now_and_then(
    service: Service, tier: Tier, seed: str, dice: random.Random, figures: Figures
) -> None:
    """Single calls out of many, with a kill in between."""
    disk = FaultyDisk(service.folder / "fiu")
    service.begin(binary=disk.binary)
    service.produce(seed)
    times = tier.pick(3, 20)
    for _ in range(times):
        pid = service.running.process.pid
        disk.fail(pid, *SYNCS, probability=0.1)
        disk.fail(pid, *WRITES, probability=0.01)
        service.history.await_refused(dice.randint(1, 60))
        service.history.await_acknowledged(dice.randint(1, 60))
        service.kill()
        service.restart(binary=disk.binary)
    service.history.await_acknowledged(100)
    service.rest()
    figures(fault="syncs (0.1) and writes (0.01) fail", times=times, **service.prove())


def test_a_refused_event_does_not_come_back(service: Service) -> None:
    """STO-50: a commit whose sync failed lies in the log as a whole; a process that dies then must not find it there."""
    disk = FaultyDisk(service.folder / "fiu")
    service.begin(binary=disk.binary)
    client = service.client("single")
    client.send_one()
    for _ in range(2):
        disk.fail(service.running.process.pid, *SYNCS, once=True)
        client.send_one()
    assert service.history.refused == 2, "the disk did not fail"
    service.kill()
    service.restart()
    assert service.prove()["stored"] == 1
