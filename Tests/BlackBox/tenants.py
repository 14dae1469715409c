"""The commands that manage projects, keys and providers, over a server's store."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from harness import Server, run


def whyops(
    server: Server, *arguments: str, env: dict[str, str] | None = None, given: str | None = None, code: int = 0
) -> subprocess.CompletedProcess[str]:
    """Runs a command that must end with `code`."""
    done = run(server.folder, *arguments, "--store", server.store_url, env=env, given=given)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def create_key(server: Server, name: str, *arguments: str) -> str:
    """A new key for clients."""
    key = whyops(server, "keys", "create", "--name", name, *arguments).stdout.strip()
    assert key.startswith("YOPS-") and len(key) == 37
    return key


def listed(server: Server, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(whyops(server, *arguments, "--json").stdout)
    return found
