"""Keys that take another's place, projects that are not active, limits of the operator, secrets under another encryption
key, and variables that a project may name (PRX-130 to PRX-134)."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

import openai
import pytest

import replies
from bench import Bench
from conftest import MakeBench, StartServer
from harness import Server
from reader import Reader, eventually
from tenants import create_key, listed, whyops

PLAIN = "Here is a plain answer."
LOOPBACK = ("--allow-private-upstreams", "loopback")


def ask(bench: Bench, key: str, model: str | None = None) -> Any:
    """A call with a key; the error that it raises, or nothing."""
    client = openai.OpenAI(
        api_key=key, base_url=bench.server.proxy + "/v1", max_retries=0, default_headers={"X-Agent-Name": bench.agent}
    )
    bench.script.answer(lambda _: replies.reply(replies.chat(PLAIN)))
    try:
        client.chat.completions.create(model=model or bench.model, messages=[{"role": "user", "content": "x"}])
    except openai.APIStatusError as error:
        return error
    return None


def becomes(bench: Bench, key: str, status: int, text: str = "") -> None:
    """PRX-33: known to a running process within 5 seconds."""

    def probe() -> bool:
        error = ask(bench, key)
        return (error.status_code if error else 200) == status and text in str(error or "")

    eventually(probe, f"{status} {text}")


def refused_by_ingest(bench: Bench, key: str) -> bytes | None:
    status, body = Reader(bench.server.ingest, key).raw("/api/threads")
    return body if status == 401 else None


# MARK: Rotation


def test_a_new_key_takes_the_place_of_another_at_once(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start().ready())
    first = create_key(bench.server, "ci", "--agent", "support", "--requests-per-minute", "600")
    assert ask(bench, first) is None
    done = whyops(bench.server, "keys", "rotate", "ci")
    second = done.stdout.strip()
    assert second != first and second.startswith("YOPS-") and "has ended" in done.stderr
    assert ask(bench, second) is None
    becomes(bench, first, 401, "revoked")
    [old, new] = [key for key in listed(bench.server, "keys", "list") if key["name"] == "ci"]
    assert old["replacedBy"] == new["id"] and old["revokedAt"]
    assert (new["agentName"], new["requestsPerMinute"]) == ("support", 600)


def test_the_old_key_goes_on_for_a_while(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start().ready())
    first = create_key(bench.server, "ci")
    done = whyops(bench.server, "keys", "rotate", "ci", "--keep", "4s")
    end = time.monotonic() + 4
    assert "ends at" in done.stderr
    second = done.stdout.strip()
    if time.monotonic() < end - 2:
        assert ask(bench, first) is None
    becomes(bench, first, 401, "expired")
    assert ask(bench, second) is None
    refused = whyops(bench.server, "keys", "rotate", first[:12], code=1)
    assert "expired" in refused.stderr
    assert "There is no key" in whyops(bench.server, "keys", "rotate", "none", code=1).stderr


def test_a_name_ends_every_key_that_has_it(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-135: whoever revokes a key that leaked does not leave the one before it alive."""
    bench = make_bench(start().ready())
    first = create_key(bench.server, "ci")
    second = whyops(bench.server, "keys", "rotate", "ci", "--keep", "1h").stdout.strip()
    assert ask(bench, first) is None and ask(bench, second) is None
    done = whyops(bench.server, "keys", "revoke", "ci")
    assert len(done.stdout.splitlines()) == 2 and "goes on" not in done.stderr
    for key in (first, second):
        becomes(bench, key, 401, "revoked")
    third = create_key(bench.server, "ci")
    fourth = whyops(bench.server, "keys", "rotate", "ci", "--keep", "1h").stdout.strip()
    done = whyops(bench.server, "keys", "revoke", fourth[:12])
    assert len(done.stdout.splitlines()) == 1 and "goes on until" in done.stderr
    becomes(bench, fourth, 401, "revoked")
    assert ask(bench, third) is None


# MARK: Activity


def test_a_project_or_an_environment_that_is_not_active(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start(*LOOPBACK).ready())
    whyops(bench.server, "projects", "create", "shop", "--environments", "LIVE,TEST")
    keys = {}
    for name in ("LIVE", "TEST"):
        where = ("--project", "shop", "--environment", name)
        keys[name] = create_key(bench.server, name, *where)
        whyops(bench.server, "providers", "add", "own", "--base-url", f"{bench.upstream.url}/v1", *LOOPBACK, *where)
        becomes(bench, keys[name], 200)
    whyops(bench.server, "projects", "deactivate", "shop", "--environment", "TEST")
    becomes(bench, keys["TEST"], 401, "environment of the API key is not active")
    assert b"environment of the API key is not active" in eventually(
        lambda: refused_by_ingest(bench, keys["TEST"]), "a refusal by ingest"
    )
    assert ask(bench, keys["LIVE"]) is None
    whyops(bench.server, "projects", "deactivate", "shop")
    becomes(bench, keys["LIVE"], 401, "project of the API key is not active")
    assert ask(bench, bench.server.key) is None, "the other project"
    [shop] = [project for project in listed(bench.server, "projects", "list") if project["name"] == "shop"]
    assert not shop["active"] and [one["active"] for one in shop["environments"]] == [True, False]
    assert "shop (not active)  LIVE, TEST (not active)" in whyops(bench.server, "projects", "list").stdout
    whyops(bench.server, "projects", "activate", "shop")
    becomes(bench, keys["LIVE"], 200)
    assert "environment" in str(ask(bench, keys["TEST"]))
    whyops(bench.server, "projects", "activate", "shop", "--environment", "TEST")
    becomes(bench, keys["TEST"], 200)
    for arguments in (("none",), ("shop", "--environment", "none")):
        assert "There is no" in whyops(bench.server, "projects", "deactivate", *arguments, code=1).stderr


# MARK: Limits


def test_the_operators_limit_is_for_keys_without_one(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--requests-per-minute", "2").ready())
    own = create_key(bench.server, "own", "--requests-per-minute", "600")
    assert [ask(bench, bench.server.key), ask(bench, bench.server.key)] == [None, None]
    refused = ask(bench, bench.server.key)
    assert isinstance(refused, openai.RateLimitError)
    assert refused.response.headers["x-ratelimit-limit"] == "2" and int(refused.response.headers["retry-after"]) > 0
    assert [ask(bench, own) for _ in range(4)] == [None] * 4


# MARK: Encryption keys


def sealed(server: Server, slug: str, url: str, env: dict[str, str]) -> None:
    arguments = ("--base-url", f"{url}/v1", *LOOPBACK, "--credential", "stdin", "--default")
    whyops(server, "providers", "add", slug, *arguments, env=env, given="sk-sealed-credential\n")


def test_another_encryption_key(start: StartServer, make_bench: MakeBench, tmp_path: Path) -> None:
    """PRX-133: proxies with both keys go on through the change, and those with the new one alone after it."""
    old, new = secrets.token_hex(32), secrets.token_hex(32)
    options: dict[str, Any] = {"folder": "sealed"}
    server = start(*LOOPBACK, env={"WHYOPS_ENCRYPTION_KEY": old}, **options).ready()
    sealed(server, "own", server_url(make_bench(server)), {"WHYOPS_ENCRYPTION_KEY": old})
    assert server.stop() == 0
    both = {"WHYOPS_ENCRYPTION_KEY": new, "WHYOPS_OLD_ENCRYPTION_KEY": old}
    bench = make_bench(start(*LOOPBACK, env=both, **options).ready())

    def served() -> bool:
        return ask(bench, bench.server.key) is None and bench.script.last.header("authorization") == "Bearer sk-sealed-credential"

    assert served()
    # With the wrong old key nothing changes, and the message names the key that is wanted.
    wrong = {**both, "WHYOPS_OLD_ENCRYPTION_KEY": secrets.token_hex(32)}
    [before] = listed(bench.server, "providers", "list")
    message = whyops(bench.server, "keys", "reseal", env=wrong, code=1).stderr
    assert before["sealedBy"] in message and "nothing was changed" in message
    assert listed(bench.server, "providers", "list") == [before]
    (tmp_path / "old.key").write_text(old + "\n")
    done = whyops(
        bench.server, "keys", "reseal", "--old-key", f"file:{tmp_path / 'old.key'}", env={"WHYOPS_ENCRYPTION_KEY": new}
    )
    assert "1 secret was sealed anew." in done.stdout or "2 secrets were sealed anew." in done.stdout
    [after] = listed(bench.server, "providers", "list")
    assert after["sealedBy"] != before["sealedBy"]
    assert served()
    assert bench.server.stop() == 0
    bench = make_bench(start(*LOOPBACK, env={"WHYOPS_ENCRYPTION_KEY": new}, **options).ready())
    assert served()
    for text in (old, new, "sk-sealed-credential"):
        assert not [path.name for path in bench.server.files() if text.encode() in path.read_bytes()]


def server_url(bench: Bench) -> str:
    return bench.upstream.url


def test_a_credential_under_another_key_says_which(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start(*LOOPBACK, env={"WHYOPS_SIGNING_KEY": ""}, url=None).ready())
    sealed(bench.server, "own", bench.upstream.url, {"WHYOPS_ENCRYPTION_KEY": secrets.token_hex(32)})
    [record] = listed(bench.server, "providers", "list")
    assert record["sealedBy"] in str(eventually(lambda: ask(bench, bench.server.key), "a refusal"))


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        ((), {}),
        ((), {"WHYOPS_OLD_ENCRYPTION_KEY": "ab" * 32}),
        ((), {"WHYOPS_ENCRYPTION_KEY": "ab" * 32, "WHYOPS_OLD_ENCRYPTION_KEY": "short"}),
        (("--old-key", "cd" * 32), {"WHYOPS_ENCRYPTION_KEY": "ab" * 32}),
        (("--old-key", "file:not-there"), {"WHYOPS_ENCRYPTION_KEY": "ab" * 32}),
    ],
    ids=["no key", "only the old one", "no key of 32 bytes", "as an argument", "no file"],
)
def test_what_reseals_nothing(start: StartServer, arguments: tuple[str, ...], env: dict[str, str]) -> None:
    server = start().ready()
    code = 1 if not env or "file:not-there" in arguments else 2
    done = whyops(server, "keys", "reseal", *arguments, env=env, code=code)
    assert "ENCRYPTION_KEY" in done.stderr or "old-key" in done.stderr or "not-there" in done.stderr
    assert "cd" * 32 not in done.stderr


# MARK: Variables


def test_a_project_names_only_what_was_granted_to_it(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-134"""
    env = {"GRANTED_KEY": "sk-granted", "OTHER_KEY": "sk-canary-other"}
    bench = make_bench(start(*LOOPBACK, "--credential-variables", "GRANTED_KEY=shop/LIVE", env=env).ready())
    whyops(bench.server, "projects", "create", "shop", "--environments", "LIVE,TEST")
    keys = {}
    for name in ("LIVE", "TEST"):
        where = ("--project", "shop", "--environment", name)
        keys[name] = create_key(bench.server, name, *where)
        for slug, variable in (("granted", "GRANTED_KEY"), ("other", "OTHER_KEY"), ("vendor", "OPENAI_API_KEY")):
            done = whyops(
                bench.server, "providers", "add", slug, "--base-url", f"{bench.upstream.url}/v1", *LOOPBACK, *where,
                "--credential", f"env:{variable}",
            )
            assert f"{variable}=shop/{name}" in done.stderr, "whoever adds it is told what it needs"
    granted = f"granted/{bench.model}"
    eventually(lambda: ask(bench, keys["LIVE"], granted) is None, "the granted credential")
    assert bench.script.last.header("authorization") == "Bearer sk-granted"
    count = len(bench.script.exchanges)
    for key, slug in (("LIVE", "other"), ("LIVE", "vendor"), ("TEST", "granted"), ("TEST", "other")):
        error = ask(bench, keys[key], f"{slug}/{bench.model}")
        assert error.status_code == 400 and "not granted" in str(error), (key, slug)
    assert len(bench.script.exchanges) == count, "nothing was sent"
    # The operator's own environment names what it likes, but nothing of ours.
    whyops(bench.server, "providers", "add", "mine", "--base-url", f"{bench.upstream.url}/v1", *LOOPBACK, "--credential", "env:OTHER_KEY")
    eventually(lambda: ask(bench, bench.server.key, f"mine/{bench.model}") is None, "the operator's provider")
    assert bench.script.last.header("authorization") == "Bearer sk-canary-other"


def test_grants_that_are_none(start: StartServer) -> None:
    server = start("--credential-variables", "KEY")
    assert server.wait() == 2
    assert "--credential-variables" in server.log()
