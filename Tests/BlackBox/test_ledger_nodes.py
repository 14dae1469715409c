"""F16: three nodes over one store, one of which is killed again and again; clients go to whichever answers."""

from __future__ import annotations

import random

from conftest import Figures
from faults import Tier
from harness import Server
from service import Service

NODES = ("one", "two", "three")


def test_nodes_that_die(service: Service, tier: Tier, seed: str, dice: random.Random, figures: Figures) -> None:
    nodes: dict[str, Server] = {}
    for node in NODES:
        nodes[node] = service.begin("--spool", "off", node=node)
    load = service.produce(seed)
    for node, server in nodes.items():
        load.target.up(server.ingest, node)
    load.target.down("only")
    times = tier.pick(3, 60)
    for _ in range(times):
        service.history.await_acknowledged(dice.randint(50, 300))
        victim = dice.choice(NODES)
        load.target.down(victim)
        nodes[victim].kill()
        service.history.await_acknowledged(dice.randint(1, 50))
        nodes[victim] = service.begin("--spool", "off", node=victim)
    service.history.await_acknowledged(100)
    service.rest()
    found: dict[str, int] = {}
    for node in NODES:
        service.server = nodes[node]
        found = service.prove()
    for node in NODES:
        assert nodes[node].stop() == 0
    figures(fault="3 nodes, one killed", times=times, engine=service.store.partition(":")[0], **found)
