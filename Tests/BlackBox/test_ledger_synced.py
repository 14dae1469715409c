"""Acknowledged means on the disk: seen in the calls that the service makes of the system (EVT-17)."""

from __future__ import annotations

import pytest

from producers import SHAPES
from service import STORE, Service
from traced import Call, calls, traced

pytestmark = pytest.mark.skipif(bool(STORE), reason="a database server syncs in processes of its own")


def is_log(call: Call) -> bool:
    return call.path.endswith("whyops.sqlite-wal")


@pytest.mark.parametrize("shape", SHAPES)
def test_every_acknowledgement_follows_a_sync(service: Service, shape: str) -> None:
    """Between a request's last write to the log and the first byte of its answer the log is synced."""
    service.begin()
    client = service.client(shape)
    client.send_one()
    log = service.folder / "calls"
    with traced(service.running.process.pid, log):
        for _ in range(20):
            client.send_one()
    answered, wrote, synced = 0, False, False
    for call in calls(log):
        if is_log(call) and call.name == "pwrite64":
            wrote, synced = True, False
        elif is_log(call) and call.is_sync:
            synced = call.result == 0
        elif call.reply is not None:
            assert call.reply in (201, 202, 207), call
            assert wrote and synced, f"answer {answered} was given before its events were on the disk"
            answered += 1
            wrote = synced = False
    assert answered == 20
    service.prove()


def test_a_sync_that_failed_is_not_taken_for_done_later(service: Service) -> None:
    """A system may forget what it could not write and let the next sync of a file succeed. So what one sync should have
    made durable is written again, from the same place on, before the next one counts."""
    service.begin()
    client = service.client("single")
    client.send_one()
    broken, healed = service.folder / "broken", service.folder / "healed"
    pid = service.running.process.pid
    with traced(pid, broken, "-e", "inject=fdatasync,fsync:error=EIO"):
        client.send_one()
        client.send_one()
    assert service.history.refused == 2
    with traced(pid, healed):
        client.send_one()
    assert service.history.acknowledged == 2
    failed = [call for call in calls(broken) if is_log(call)]
    assert [call.result for call in failed if call.is_sync] and all(call.result == -1 for call in failed if call.is_sync)
    first = min(call.offset for call in failed if call.name == "pwrite64")
    written = False
    for call in [*failed, *(call for call in calls(healed) if is_log(call))]:
        if call.name == "pwrite64":
            written = written or call.offset == first
        elif call.is_sync:
            assert written, "synced again without being written again"
            written = False
    assert sum(call.is_sync and call.result == 0 for call in calls(healed) if is_log(call)) == 1
    service.kill()
    service.restart()
    service.prove()
