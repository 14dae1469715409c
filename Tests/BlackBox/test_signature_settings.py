"""Signatures as they are set for environments and agents (PRX-176, PRX-177)."""

from __future__ import annotations

import json

import pytest

import frames
import replies
import tenants
from bench import Bench
from conftest import MakeBench, StartServer
from reader import eventually

PLAIN = "Here is a plain answer."
SHORT = "Yes"


def say(bench: Bench, text: str = PLAIN, agent: str | None = None, asked: str | None = None) -> str:
    """What the reply with this text has behind it: `v1`, `v2` or `off`."""
    bench.script.reply(replies.reply(replies.chat(text)))
    head = bench.headers()
    if agent is not None:
        head["X-Agent-Name"] = agent
    if asked is not None:
        head["X-WhyOps-Signature"] = asked
    body = {"model": bench.model, "messages": [{"role": "user", "content": "Please answer."}]}
    reply = bench.fetch("/v1/chat/completions", replies.encode(body), headers=head)
    assert reply.status == 200, reply.body
    content: str = json.loads(reply.body)["choices"][0]["message"]["content"]
    assert frames.strip(content) == text
    if content == text:
        return "off"
    return "v2" if content.removeprefix(text).startswith("\u2060") else "v1"


def setting(bench: Bench, *arguments: str, code: int = 0) -> str:
    return tenants.whyops(bench.server, "projects", "signature", *arguments, code=code).stdout


def test_the_nearest_setting_decides(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start().ready())
    assert (say(bench), say(bench, SHORT)) == ("v2", "off")
    setting(bench, "set", "--signature", "off")
    setting(bench, "set", "--agent", "old", "--signature", "v1")
    setting(bench, "set", "--agent", "bold", "--signature", "v2", "--policy", "always")
    eventually(lambda: say(bench) == "off", "the environment's setting")
    assert say(bench, agent="another") == "off"
    assert (say(bench, agent="old"), say(bench, SHORT, "old")) == ("v1", "off")
    assert (say(bench, agent="bold"), say(bench, SHORT, "bold")) == ("v2", "v2")
    # The request comes first, whatever is set.
    assert say(bench, asked="v2") == "v2"
    assert say(bench, agent="old", asked="off") == "off"
    assert say(bench, SHORT, "bold", asked="v1") == "v1"
    assert tenants.listed(bench.server, "projects", "signature", "list") == [
        {"signature": "off"},
        {"agent": "bold", "signature": "v2", "policy": "always"},
        {"agent": "old", "signature": "v1"},
    ]
    setting(bench, "unset")
    setting(bench, "unset", "--agent", "old")
    eventually(lambda: say(bench) == "v2", "the proxy's setting")
    assert say(bench, agent="old") == "v2"
    # It is kept with the store.
    assert bench.server.stop() == 0
    bench.server = start().ready()
    assert say(bench, SHORT, "bold") == "v2"


def test_what_the_operator_switched_off_stays_off(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-21"""
    bench = make_bench(start("--signature", "off").ready())
    setting(bench, "set", "--signature", "v2", "--policy", "always")
    setting(bench, "set", "--agent", bench.agent, "--signature", "v1")
    assert bench.server.stop() == 0
    bench.server = start("--signature", "off").ready()
    assert say(bench) == say(bench, agent="another") == say(bench, asked="v2") == "off"


def test_a_setting_is_its_environments(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start().ready())
    tenants.whyops(bench.server, "projects", "create", "shop")
    setting(bench, "set", "--signature", "off", "--project", "shop")
    assert bench.server.stop() == 0
    bench.server = start().ready()
    assert say(bench) == "v2"


@pytest.mark.parametrize(
    "arguments",
    [("set",), ("set", "--signature", "v3"), ("set", "--policy", "off"), ("set", "--agent", "", "--signature", "v1")],
)
def test_what_cannot_be_set(start: StartServer, make_bench: MakeBench, arguments: tuple[str, ...]) -> None:
    bench = make_bench(start().ready())
    assert tenants.whyops(bench.server, "projects", "signature", *arguments, code=2).stderr
    assert "no environment" in tenants.whyops(
        bench.server, "projects", "signature", "set", "--signature", "off", "--project", "none", code=1
    ).stderr
