"""T7: credentials lie sealed, each in its own place, and go under another encryption key all together or not at all."""

from __future__ import annotations

import random
import secrets
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

import harness
from conftest import Figures, MakeBench, StartServer
from faults import Tier
from harness import Server
from sealing import opened, provider_place, seal
from tenants import listed, whyops
from test_tenancy import LOOPBACK, ask, sealed

pytestmark = pytest.mark.skipif(bool(harness.POSTGRES), reason="looks into the file of the store")

ENVIRONMENTS, EACH = 100, 100
URL = "https://models.example.com/v1"


def rows(store: Path) -> list[tuple[str, str, str, bytes, str]]:
    with sqlite3.connect(store) as database:
        sql = "SELECT environment_id, slug, base_url, credential, sealed_by FROM providers WHERE credential IS NOT NULL"
        found = list(database.execute(sql))
    database.close()
    return found


def fill(server: Server, key: bytes) -> dict[str, bytes]:
    """Ten thousand credentials of a hundred environments; what each of them is, by its slug."""
    names = ",".join(f"E{number}" for number in range(ENVIRONMENTS))
    whyops(server, "projects", "create", "bulk", "--environments", names)
    sealed(server, "first", "https://models.example.com", {"WHYOPS_ENCRYPTION_KEY": key.hex()})
    [(_, _, _, _, key_id)] = rows(server.store)
    known: dict[str, bytes] = {"first": b"sk-sealed-credential"}
    with sqlite3.connect(server.store) as database:
        sql = "SELECT e.id FROM environments e JOIN projects p ON p.id = e.project_id WHERE p.name = 'bulk'"
        places = [place for (place,) in database.execute(sql)]
        assert len(places) == ENVIRONMENTS
        for number in range(ENVIRONMENTS * EACH):
            slug, place, secret = f"p{number}", places[number % ENVIRONMENTS], f"sk-canary-{secrets.token_hex(16)}".encode()
            known[slug] = secret
            box = seal(key, secret, provider_place(place, slug, URL))
            database.execute(
                "INSERT INTO providers (environment_id, slug, vendor, base_url, credential, sealed_by, is_whyops, is_default,"
                " created_at) VALUES (?, ?, 'openai', ?, ?, ?, 0, 0, '2026-01-01T00:00:00.000Z')",
                (place, slug, URL, box, key_id),
            )
    database.close()
    return known


def reseal(server: Server, new: bytes, old: bytes) -> subprocess.Popen[bytes]:
    env = {"WHYOPS_ENCRYPTION_KEY": new.hex(), "WHYOPS_OLD_ENCRYPTION_KEY": old.hex()}
    return subprocess.Popen(
        [harness.BINARY, "keys", "reseal", "--store", server.store_url],
        env=harness.environment(server.folder, env),
        cwd=server.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_ten_thousand_credentials_under_another_key(
    start: StartServer, tier: Tier, dice: random.Random, figures: Figures
) -> None:
    """PRX-133: killed at any point, all lie under the one key or all under the other, and the next run does it."""
    server = start(env={"WHYOPS_SIGNING_KEY": ""}).ready()
    assert server.stop() == 0
    old, new = secrets.token_bytes(32), secrets.token_bytes(32)
    known = fill(server, old)
    begun = time.monotonic()
    running = reseal(server, new, old)
    output, _ = running.communicate(timeout=120)
    seconds = time.monotonic() - begun
    assert running.returncode == 0 and f"{len(known)} secrets were sealed anew.".encode() in output, output
    for environment_id, slug, url, box, _ in rows(server.store):
        place = provider_place(environment_id, slug, url)
        assert opened(new, box, place) == known[slug] and opened(old, box, place) is None
    cut = 0
    for number in range(tier.pick(6, 60)):
        old, new = new, old
        [before] = {key_id for *_, key_id in rows(server.store)}
        running = reseal(server, new, old)
        # Not to wait for anything: it is where the kill falls that is random.
        time.sleep(seconds / 4 if number == 0 else dice.random() * seconds)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        found = rows(server.store)
        assert len(found) == len(known)
        [after] = {key_id for *_, key_id in found}
        if before == after:
            cut += 1
            old, new = new, old
        for environment_id, slug, url, box, _ in dice.sample(found, 100):
            assert opened(new, box, provider_place(environment_id, slug, url)) == known[slug]
    assert cut > 0, "no kill fell into a run"
    # None of them stands anywhere in the open, not in the journal either, nor does a key.
    texts = [b"sk-canary-", b"sk-sealed-credential", old, new, old.hex().encode(), new.hex().encode()]
    held = b"".join(path.read_bytes() for path in server.files())
    assert not [text[:12] for text in texts if text in held]
    figures(fault="kill -9 while 10001 credentials are resealed", times=tier.pick(6, 60), cut=cut, whole_s=round(seconds, 2))


def test_a_credential_that_was_moved_does_not_open(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-38: neither at another provider, nor at another address, nor in another environment: nothing is sent there."""
    env = {"WHYOPS_ENCRYPTION_KEY": secrets.token_hex(32)}
    bench = make_bench(start(*LOOPBACK, env={**env, "WHYOPS_SIGNING_KEY": ""}, url=None).ready())
    url = bench.upstream.url
    for slug in ("one", "two"):
        whyops(
            bench.server, "providers", "add", slug, "--base-url", f"{url}/v1", *LOOPBACK, "--credential", "stdin",
            env=env, given=f"sk-canary-of-{slug}\n",
        )
    whyops(bench.server, "projects", "create", "other", "--environments", "OTHER")
    whyops(
        bench.server, "providers", "add", "two", "--base-url", f"{url}/v1", *LOOPBACK, "--credential", "stdin",
        "--project", "other", "--environment", "OTHER", env=env, given="sk-canary-of-another\n",
    )
    assert ask(bench, bench.server.key, f"one/{bench.model}") is None
    assert bench.script.last.header("authorization") == "Bearer sk-canary-of-one"
    assert bench.server.stop() == 0
    whole = bench.server.folder / "whole.sqlite"
    shutil.copy(bench.server.store, whole)
    changes: dict[str, tuple[Any, ...]] = {
        "UPDATE providers SET credential = (SELECT credential FROM providers WHERE slug = 'one') WHERE slug = 'two'": (),
        # Of the same name at the same address, in another environment.
        "UPDATE providers SET credential = p.credential FROM providers p JOIN environments e ON e.id = p.environment_id"
        " WHERE e.name = 'OTHER' AND providers.slug = 'two' AND providers.environment_id <> e.id": (),
        "UPDATE providers SET base_url = ? WHERE slug = 'two'": (f"{url}/v1/elsewhere",),
        "UPDATE providers SET credential = CAST(substr(credential, 1, 20) || x'00' || substr(credential, 22) AS BLOB)": (),
        "UPDATE providers SET credential = x''": (),
    }
    for sql, values in changes.items():
        shutil.copy(whole, bench.server.store)
        with sqlite3.connect(bench.server.store) as database:
            assert database.execute(sql, values).rowcount > 0
        database.close()
        bench.server = start(*LOOPBACK, env={**env, "WHYOPS_SIGNING_KEY": ""}, url=None).ready()
        count = len(bench.script.exchanges)
        error = ask(bench, bench.server.key, f"two/{bench.model}")
        assert error is not None and error.status_code == 400 and "sk-canary" not in str(error), sql
        assert len(bench.script.exchanges) == count, sql
        assert bench.server.stop() == 0


def test_a_credential_needs_the_key(start: StartServer) -> None:
    """What the encryption key is not there for is not kept, rather than kept in the open."""
    server = start().ready()
    arguments = ("providers", "add", "own", "--base-url", URL, "--credential", "stdin")
    done = whyops(server, *arguments, given="sk-canary-unsealed\n", code=1)
    assert "WHYOPS_ENCRYPTION_KEY" in done.stderr and listed(server, "providers", "list") == []
    assert not [path for path in server.files() if b"sk-canary-unsealed" in path.read_bytes()]
