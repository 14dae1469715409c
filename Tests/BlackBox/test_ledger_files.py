"""F13: the system lets the process open no more files."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Callable

from conftest import Figures
from reader import eventually
from service import Service
from test_ledger_crowds import address
from test_slow_clients import few_files

__all__ = ["few_files"]


def test_no_files_left(
    service: Service, seed: str, few_files: Callable[[int, int], None], figures: Figures
) -> None:
    """Those who are connected go on; when the others go, there is room again."""
    few_files(256, 256)
    service.begin()
    service.produce(seed)
    service.history.await_acknowledged(100)
    with ExitStack() as idle:
        for _ in range(400):
            idle.enter_context(socket.create_connection(address(service), timeout=20))
        eventually(lambda: "no file or memory" in service.running.log(), "the end of all files")
        service.history.await_acknowledged(300)
        assert service.running.process.poll() is None
    eventually(lambda: service.running.reader.raw("/api/health")[0] == 200, "a free place")
    service.history.await_acknowledged(100)
    service.rest()
    found = service.prove()
    assert service.running.stop() == 0
    figures(fault="400 connections, 256 files", times=1, **found)
