"""Asks ingest for JSON by any method."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bench import Bench, fetch


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


def ask(bench: Bench, method: str, target: str, body: Any = None, key: str | None = None, **head: str) -> Answer:
    """A request to ingest; `body` is bytes or what JSON is made of."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    headers: Any = {"Authorization": f"Bearer {key or bench.server.key}"}
    if data is not None:
        headers["Content-Type"] = "application/json"
    headers |= {name.replace("_", "-"): value for name, value in head.items()}
    reply = fetch(bench.server.ingest, method, target, headers, data)
    kind = reply.header("content-type") or ""
    value = json.loads(reply.body) if "json" in kind else reply.body.decode()
    return Answer(reply.status, value, {name.lower(): value for name, value in reply.headers})


def register(bench: Bench, prompt: str, name: str | None = None, tools: Any = ()) -> Answer:
    metadata = {"systemPrompt": prompt, "tools": list(tools)}
    return ask(bench, "POST", "/api/entities/init", {"agentName": name or bench.agent, "metadata": metadata})
