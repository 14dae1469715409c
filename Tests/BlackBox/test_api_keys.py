"""Keys of clients: made, listed, ended, limited (PRX-32 to PRX-37, PRX-39)."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone

import anthropic
import openai
import pytest

import replies
from bench import Bench
from conftest import MakeBench, StartServer
from openapi import Document
from reader import Reader, eventually
from tenants import create_key, listed, whyops

PLAIN = "Here is a plain answer."


def client(bench: Bench, key: str, **options: object) -> openai.OpenAI:
    headers = {"X-Agent-Name": bench.agent}
    return openai.OpenAI(
        api_key=key, base_url=bench.server.proxy + "/v1", max_retries=0, **{"default_headers": headers, **options}
    )


def ask(bench: Bench, key: str, **options: object) -> str:
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    reply = client(bench, key, **options).chat.completions.with_raw_response.create(
        model=bench.model, messages=[{"role": "user", "content": "Please answer."}]
    )
    assert PLAIN in (reply.parse().choices[0].message.content or "")
    trace = reply.headers["x-trace-id"]
    assert trace
    return trace


def refusal(bench: Bench, key: str) -> str | None:
    """The error that a request with the key gets. Only that is of interest: until there is one the upstream answers."""
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    try:
        client(bench, key).chat.completions.create(model=bench.model, messages=[{"role": "user", "content": "x"}])
    except openai.AuthenticationError as error:
        return str(error)
    return None


def test_a_key_lets_in_until_it_is_revoked(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start().ready())
    key = create_key(bench.server, "ci")
    trace = ask(bench, key)
    # The same environment, so the first key sees it.
    bench.reader.await_types(trace, "user_message", "llm_response")
    assert Reader(bench.server.ingest, key).thread(trace)
    whyops(bench.server, "keys", "revoke", "ci")

    assert "revoked" in eventually(lambda: refusal(bench, key), "a refusal of the revoked key")
    with pytest.raises(anthropic.AuthenticationError, match="revoked"):
        anthropic.Anthropic(api_key=key, base_url=bench.server.proxy, max_retries=0).messages.create(
            model=bench.model, max_tokens=100, messages=[{"role": "user", "content": "x"}]
        )

    def refused_by_ingest() -> bytes | None:
        status, body = Reader(bench.server.ingest, key).raw("/api/threads")
        return body if status == 401 else None

    assert b"revoked" in eventually(refused_by_ingest, "a refusal by ingest")


def test_an_expired_key_says_so(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start().ready())
    key = create_key(bench.server, "short", "--expires", "2s")
    end = datetime.fromisoformat(listed(bench.server, "keys", "list")[1]["expiresAt"])
    ask(bench, key)

    assert "expired" in eventually(lambda: refusal(bench, key), "a refusal of the expired key")
    assert datetime.now(timezone.utc) >= end


def test_what_is_listed_and_what_is_not(start: StartServer) -> None:
    server = start().ready()
    made = json.loads(whyops(server, "keys", "create", "--name", "ci", "--agent", "support", "--json").stdout)
    key = made.pop("key")
    keys = listed(server, "keys", "list")
    assert [entry["name"] for entry in keys] == ["WHYOPS_API_KEY", "ci"]
    assert keys[1] == made and made["prefix"] == key[:12] and made["agentName"] == "support"
    assert keys[0]["prefix"] == "", "the operator's own key may be short"
    text = whyops(server, "keys", "list").stdout
    assert key not in text and key[12:] not in text and server.key not in text
    assert whyops(server, "keys", "revoke", key[:12]).stdout == "The key 'ci' of default/PRODUCTION was revoked.\n"
    assert listed(server, "keys", "list")[1]["revokedAt"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--name", ""],
        ["--name", "a\u200bb"],
        ["--name", "x", "--expires", "tomorrow"],
        ["--name", "x", "--expires", "2020-01-01T00:00:00Z"],
        ["--name", "x", "--requests-per-minute", "0"],
        ["--name", "x", "--agent", ""],
        [],
    ],
)
def test_what_makes_no_key(start: StartServer, arguments: list[str]) -> None:
    server = start().ready()
    done = whyops(server, "keys", "create", *arguments, code=2)
    assert not done.stdout and done.stderr
    assert len(listed(server, "keys", "list")) == 1


def test_misuse_and_refusals(start: StartServer) -> None:
    server = start().ready()
    create_key(server, "ci")
    assert "already" in whyops(server, "keys", "create", "--name", "ci", code=1).stderr
    assert "no key" in whyops(server, "keys", "revoke", "nobody", code=1).stderr
    assert "no environment" in whyops(server, "keys", "create", "--name", "x", "--project", "none", code=1).stderr
    assert "already" in whyops(server, "projects", "create", "default", code=1).stderr


def test_environments_do_not_see_each_other(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-39: neither traces nor the operator's providers."""
    bench = make_bench(start("--allow-private-upstreams", "loopback").ready())
    server = bench.server
    whyops(server, "projects", "create", "shop", "--environments", "LIVE,TEST")
    assert [project["name"] for project in listed(server, "projects", "list")] == ["default", "shop"]
    live = create_key(server, "live", "--project", "shop", "--environment", "LIVE")
    with pytest.raises(openai.BadRequestError, match="No provider is configured"):
        client(bench, live).chat.completions.create(model=bench.model, messages=[{"role": "user", "content": "x"}])
    assert not bench.script.exchanges, "the operator's provider is not theirs"
    address = f"{bench.upstream.url}/v1"
    allowed = ["--allow-private-upstreams", "loopback"]
    whyops(server, "providers", "add", "own", "--project", "shop", "--environment", "LIVE", "--base-url", address, *allowed)

    def served() -> str | None:
        try:
            return ask(bench, live)
        except openai.BadRequestError:
            return None

    trace = eventually(served, "a reply from the new provider")
    assert bench.script.last.header("authorization") is None, "the operator's credential stays theirs"
    theirs = Reader(server.ingest, live)
    theirs.await_types(trace, "user_message", "llm_response")
    assert bench.reader.thread(trace) is None
    test = create_key(server, "test", "--project", "shop", "--environment", "TEST")
    assert Reader(server.ingest, test).thread(trace) is None
    events = theirs.events(trace)
    assert events[-1]["metadata"]["provider"] == "own"


def test_the_agent_of_a_key(bench: Bench) -> None:
    """PRX-37: the header is first, the key's agent second."""
    key = create_key(bench.server, bench.token, "--agent", f"{bench.agent}-bound")
    trace = ask(bench, key, default_headers={})
    bench.reader.await_types(trace, "user_message", "llm_response")
    assert bench.reader.threads(f"{bench.agent}-bound")[0]["threadId"] == trace
    trace = ask(bench, key)
    bench.reader.await_types(trace, "user_message", "llm_response")
    assert bench.reader.threads(bench.agent)[0]["threadId"] == trace


def test_the_rate_limit_of_a_key(bench: Bench) -> None:
    """PRX-35, PRX-36: the error class of each vendor, and nothing goes upstream."""
    key = create_key(bench.server, bench.token, "--requests-per-minute", "2")
    bench.script.reply(*[replies.reply(replies.chat(PLAIN))] * 2)
    head = bench.headers(Authorization=f"Bearer {key}")
    body = replies.encode({"model": bench.model, "messages": [{"role": "user", "content": "x"}]})
    for left in ("1", "0"):
        reply = bench.fetch("/v1/chat/completions", body, headers=head)
        assert reply.status == 200
        assert reply.header("x-ratelimit-limit") == "2" and reply.header("x-ratelimit-remaining") == left
        assert reply.header("x-ratelimit-backend") == "memory" and reply.header("retry-after") is None
        reset = datetime.fromisoformat(reply.header("x-ratelimit-reset") or "")
        assert 0 < reset.timestamp() - time.time() <= 61
    with pytest.raises(openai.RateLimitError) as refused:
        client(bench, key).chat.completions.create(model=bench.model, messages=[{"role": "user", "content": "x"}])
    assert refused.value.code == "rate_limit_exceeded"
    assert 1 <= int(refused.value.response.headers["retry-after"]) <= 30
    assert refused.value.response.headers["x-ratelimit-remaining"] == "0"
    with pytest.raises(anthropic.RateLimitError):
        anthropic.Anthropic(
            api_key=key, base_url=bench.server.proxy, max_retries=0, default_headers={"X-Agent-Name": bench.agent}
        ).messages.create(model=bench.model, max_tokens=100, messages=[{"role": "user", "content": "x"}])
    for operation, method, target in (("createChatCompletion", "POST", "/v1/chat/completions"), ("listModels", "GET", "/v1/models")):
        reply = bench.fetch(target, body if method == "POST" else None, method, head)
        assert reply.status == 429
        assert Document().faults(operation, 429, reply.header("content-type"), reply.body) == []
    assert len(bench.script.exchanges) == 2
    # Other keys have what is theirs.
    ask(bench, bench.server.key)


def test_the_upstreams_own_limits_pass_where_the_key_has_none(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.chat(PLAIN), x_ratelimit_limit="77"))
    body = replies.encode({"model": bench.model, "messages": [{"role": "user", "content": "x"}]})
    reply = bench.fetch("/v1/chat/completions", body)
    assert reply.header("x-ratelimit-limit") == "77" and reply.header("x-ratelimit-backend") is None


def test_the_last_use_is_written_down(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start().ready())
    key = create_key(bench.server, "ci")
    assert "lastUsedAt" not in listed(bench.server, "keys", "list")[1]
    ask(bench, key)
    eventually(lambda: "lastUsedAt" in listed(bench.server, "keys", "list")[1], "the last use")


def test_a_revoked_bootstrap_key_stays_revoked(start: StartServer) -> None:
    server = start().ready()
    whyops(server, "keys", "revoke", "WHYOPS_API_KEY")
    assert server.stop() == 0
    again = start().ready()
    assert "lets nobody in" in again.log()
    status, body = again.reader.raw("/api/threads")
    assert status == 401 and b"revoked" in body
