"""What is posted: events of about a kilobyte, as an agent's calls look."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

WORDS = "the cluster was migrated on Tuesday and its nodes joined again after the certificates were renewed".split()
TRACES = 512


def text(dice: random.Random, length: int) -> str:
    found = ""
    while len(found) < length:
        found += dice.choice(WORDS) + " "
    return found[:length]


def event(dice: random.Random, trace: str) -> dict[str, Any]:
    return {
        "eventType": "llm_response",
        "traceId": trace,
        "agentName": f"agent-{dice.randrange(8)}",
        "externalUserId": f"user-{dice.randrange(64)}",
        "content": {"content": text(dice, 640), "finishReason": "stop"},
        "metadata": {
            "model": "gpt-4o-mini",
            "provider": "openai",
            "usage": {"promptTokens": 900, "completionTokens": 90, "totalTokens": 990},
            "latencyMs": dice.randrange(200, 4000),
        },
    }


def write(path: Path, bodies: list[bytes]) -> Path:
    with path.open("wb") as file:
        for body in bodies:
            file.write(f"{len(body)}\n".encode() + body)
    return path


def batches(seed: int, size: int, count: int) -> list[bytes]:
    """Each batch is of one trace, as clients collect them."""
    dice = random.Random(seed)
    found = []
    for number in range(count):
        trace = f"trace-{seed}-{number % TRACES}"
        events = [event(dice, trace) for _ in range(size)]
        found.append(json.dumps(events[0] if size == 1 else events).encode())
    return found
