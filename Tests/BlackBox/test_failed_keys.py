"""Keys that let nobody in are counted for each address (PRX-96), and their refusals are alike (PRX-34)."""

from __future__ import annotations

import json
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anthropic
import openai
import pytest

from bench import Bench, RawReply
from conftest import MakeBench, StartServer
from reader import eventually
from tenants import create_key, whyops
from test_api_keys import ask
from test_bad_input import ROUTES, assert_refused, each_vendor
from test_gzip import memory
from test_upstream_faults import good


def wrong() -> str:
    return "YOPS-" + secrets.token_hex(16)


def attempt(bench: Bench, key: str, vendor: str = "openai") -> RawReply:
    return bench.fetch(ROUTES[vendor], good(bench), headers=bench.headers(Authorization=f"Bearer {key}"))


@each_vendor
def test_a_thousand_wrong_keys(start: StartServer, make_bench: MakeBench, vendor: str) -> None:
    bench = make_bench(start("--failed-keys", "50").ready())
    ask(bench, bench.server.key)
    before = memory(bench.server)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: attempt(bench, wrong(), vendor), range(1000)))
    statuses = [reply.status for reply in found]
    # The bucket fills while they come, at 50 a minute.
    assert 50 <= statuses.count(401) <= 150 and set(statuses) == {401, 429}, statuses.count(401)
    refused = next(reply for reply in found if reply.status == 429)
    assert_refused(refused, vendor, 429, "address")
    assert 1 <= int(refused.header("retry-after") or "") <= 2
    assert json.loads(refused.body)["error"].get("code", "too_many_failed_keys") == "too_many_failed_keys"
    assert memory(bench.server) - before < 64
    # Who has a right key and is known here goes on, from the same address, and so does one without any.
    ask(bench, bench.server.key)
    assert_refused(bench.fetch(ROUTES[vendor], good(bench), headers=bench.headers(Authorization=None)), vendor, 401)  # type: ignore[arg-type]


def test_sdk_error_classes(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--failed-keys", "2").ready())
    user: Any = [{"role": "user", "content": "x"}]
    call = bench.openai().with_options(api_key=wrong()).chat.completions
    for _ in range(2):
        with pytest.raises(openai.AuthenticationError):
            call.create(model=bench.model, messages=user)
    with pytest.raises(openai.RateLimitError):
        call.create(model=bench.model, messages=user)
    with pytest.raises(anthropic.RateLimitError):
        bench.anthropic().with_options(api_key=wrong()).messages.create(model=bench.model, max_tokens=9, messages=user)


def test_right_keys_are_not_counted(start: StartServer, make_bench: MakeBench) -> None:
    """Each of them is looked up once, and that is no guess."""
    bench = make_bench(start("--failed-keys", "1").ready())
    for number in range(5):
        ask(bench, create_key(bench.server, f"key-{number}"))
    assert attempt(bench, wrong()).status == 401
    assert attempt(bench, wrong()).status == 429


def test_limit_can_be_switched_off(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--failed-keys", "0").ready())
    assert {attempt(bench, wrong()).status for _ in range(300)} == {401}


def test_refusals_are_alike(start: StartServer, make_bench: MakeBench) -> None:
    """T4, T14: no key and unknown, expired and revoked ones get the same but for the text of the message."""
    bench = make_bench(start().ready())
    expired = create_key(bench.server, "expired", "--expires", "1s")
    revoked = create_key(bench.server, "revoked")
    whyops(bench.server, "keys", "revoke", "revoked")
    eventually(lambda: b"expired" in attempt(bench, expired).body, "the end of the key")

    def shape(reply: RawReply) -> Any:
        body = json.loads(reply.body)
        message = body["error"].pop("message")
        differing = ("date", "content-length", "x-request-id", "request-id")
        head = [(name, re.sub(r"[0-9.]+$", "N", value)) for name, value in reply.headers if name.lower() not in differing]
        return reply.status, body, head, bool(message)

    for vendor in ROUTES:
        [first, *rest] = [shape(attempt(bench, key, vendor)) for key in (wrong(), expired, revoked, "")]
        assert first[0] == 401
        assert rest == [first] * 3
