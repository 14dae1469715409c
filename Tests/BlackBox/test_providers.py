"""Providers of the store: added, chosen by the model's prefix, tried, guarded (PRX-38 to PRX-48)."""

from __future__ import annotations

import ipaddress
import json
import secrets
import socket
from pathlib import Path
from typing import Any, Iterator

import openai
import pytest

import frames
import replies
from bench import Bench
from conftest import MakeBench, StartServer
from harness import Secrets, Server
from reader import eventually
from tenants import create_key, listed, whyops
from test_secrets import scan
from upstream import Upstream

PLAIN = "Here is a plain answer."
LOOPBACK = ["--allow-private-upstreams", "loopback"]


@pytest.fixture
def second() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.close()


def add(server: Server, slug: str, url: str, *arguments: str, **options: str) -> None:
    whyops(server, "providers", "add", slug, "--base-url", url, *LOOPBACK, *arguments, **options)


def body(model: str, **more: object) -> bytes:
    return replies.encode({"model": model, "messages": [{"role": "user", "content": "Please answer."}], **more})


def follows(bench: Bench, target: str, sent: bytes, status: int = 200) -> None:
    """Running proxies follow a change within 5 seconds (PRX-48)."""

    def probe() -> bool:
        return bench.fetch(target, sent).status == status

    eventually(probe, f"{status} for {sent!r}")


def test_the_prefix_of_the_model_names_the_provider(
    start: StartServer, make_bench: MakeBench, second: Upstream
) -> None:
    bench = make_bench(start(*LOOPBACK, env={"SECOND_KEY": "sk-second"}).ready())
    other = second.script(bench.token)
    bench.script.answer(lambda _: replies.reply(replies.chat("From the first.")))
    other.answer(lambda _: replies.reply(replies.chat("From the second.")))
    add(bench.server, "second", f"{second.url}/openai/v1", "--credential", "env:SECOND_KEY")

    sent = b'{ "messages":[{"role":"user","content":"Please answer."}], "x" : 1.50e+01,  "model":"second/' + (
        bench.model.encode() + b'/v1" , "y":"\\u00e9"}'
    )
    eventually(lambda: b"second" in bench.fetch("/v1/chat/completions", sent).body, "a reply of the second")
    exchange = other.last
    assert exchange.target == "/openai/v1/chat/completions"
    assert exchange.header("authorization") == "Bearer sk-second"
    assert exchange.body == sent.replace(b"second/", b""), "nothing else may change"

    reply = bench.openai().chat.completions.with_raw_response.create(
        model=f"second/{bench.model}", messages=[{"role": "user", "content": "Please answer."}]
    )
    assert (reply.parse().choices[0].message.content or "").startswith("From the second.")
    events = bench.reader.await_types(reply.headers["x-trace-id"], "user_message", "llm_response")
    assert [event["metadata"]["provider"] for event in events] == ["second"] * 2
    assert [event["metadata"]["model"] for event in events] == [bench.model] * 2

    # Embeddings and whatever else is JSON, too.
    other.reply(replies.reply({"data": []}))
    bench.fetch("/v1/embeddings", replies.encode({"model": f"second/{bench.model}", "input": "x"}))
    assert other.last.target == "/openai/v1/embeddings" and other.last.json()["model"] == bench.model

    for model in (bench.model, f"meta-llama/{bench.model}", f"openai/{bench.model}", f"SECOND/{bench.model}"):
        reply_body = bench.fetch("/v1/chat/completions", body(model)).body
        assert b"From the first." in reply_body
        assert bench.script.last.json()["model"] == model, "an unknown prefix is part of the name"


def test_a_conversation_goes_on_at_another_provider(
    start: StartServer, make_bench: MakeBench, second: Upstream
) -> None:
    bench = make_bench(start(*LOOPBACK).ready())
    other = second.script(bench.token)
    bench.script.answer(lambda _: replies.reply(replies.chat(PLAIN)))
    other.answer(lambda _: replies.reply(replies.chat(PLAIN)))
    add(bench.server, "second", f"{second.url}/v1")
    follows(bench, "/v1/chat/completions", body(f"second/{bench.model}"))
    first = bench.fetch("/v1/chat/completions", body(bench.model))
    said = json.loads(first.body)["choices"][0]["message"]
    messages = [{"role": "user", "content": "Please answer."}, said, {"role": "user", "content": "Go on."}]
    again = bench.fetch("/v1/chat/completions", replies.encode({"model": f"second/{bench.model}", "messages": messages}))
    assert again.trace == first.trace
    frames.assert_clean(other.last.body)


def test_defaults(start: StartServer, make_bench: MakeBench, second: Upstream) -> None:
    """PRX-42: the chosen one, else the operator's variables, else the only one."""
    bench = make_bench(start(*LOOPBACK).ready())
    other = second.script(bench.token)
    bench.script.answer(lambda _: replies.reply(replies.chat("From the first.")))
    other.answer(lambda _: replies.reply(replies.chat("From the second.")))
    add(bench.server, "second", f"{second.url}/v1")
    follows(bench, "/v1/chat/completions", body(f"second/{bench.model}"))
    assert b"first" in bench.fetch("/v1/chat/completions", body(bench.model)).body
    whyops(bench.server, "providers", "default", "second")
    eventually(lambda: b"second" in bench.fetch("/v1/chat/completions", body(bench.model)).body, "the new default")
    # The other vendor's requests go where they went.
    bench.script.reply(replies.reply(replies.message([{"type": "text", "text": PLAIN}])))
    reply = bench.fetch("/v1/messages", body(bench.model, max_tokens=100))
    assert reply.status == 200 and bench.script.last.target == "/v1/messages"
    whyops(bench.server, "providers", "remove", "second")
    eventually(lambda: b"first" in bench.fetch("/v1/chat/completions", body(bench.model)).body, "the old default")


def test_several_providers_and_no_default(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start(*LOOPBACK, url=None).ready())
    for slug in ("a", "b"):
        add(bench.server, slug, f"{bench.upstream.url}/v1")
    with pytest.raises(openai.BadRequestError, match="a/MODEL, b/MODEL"):
        bench.openai().chat.completions.create(model=bench.model, messages=[{"role": "user", "content": "x"}])
    reply = bench.fetch("/v1/messages", body(bench.model, max_tokens=10))
    assert reply.status == 400 and b"No provider is configured for anthropic" in reply.body


def test_what_a_provider_speaks(start: StartServer, make_bench: MakeBench, upstream: Upstream) -> None:
    bench = make_bench(start(*LOOPBACK).ready())
    add(bench.server, "claude", upstream.url, "--vendor", "anthropic", "--credential", "env:NOT_SET")
    follows(bench, "/v1/chat/completions", body(f"claude/{bench.model}"), 400)
    reply = bench.fetch("/v1/chat/completions", body(f"claude/{bench.model}"))
    assert json.loads(reply.body)["error"]["code"] == "provider_mismatch"
    reply = bench.fetch("/v1/messages", body(f"claude/{bench.model}", max_tokens=100))
    assert reply.status == 400 and b"NOT_SET" in reply.body
    assert not bench.script.exchanges


def test_credentials_are_sealed_and_never_shown(
    start: StartServer, make_bench: MakeBench, secret: Secrets, tmp_path: Path
) -> None:
    """PRX-38"""
    sealing = {"WHYOPS_ENCRYPTION_KEY": secrets.token_hex(32)}
    bench = make_bench(start("--log-level", "trace", *LOOPBACK, env=sealing).ready())
    server, url = bench.server, f"{bench.upstream.url}/v1"
    given, filed = (f"sk-canary-{secrets.token_hex(16)}" for _ in range(2))
    file = tmp_path / "credential"
    file.write_text(filed + "\n")
    arguments = ["providers", "add", "given", "--base-url", url, *LOOPBACK, "--credential", "stdin"]
    assert "WHYOPS_ENCRYPTION_KEY" in whyops(server, *arguments, given=given, code=1).stderr
    said = [whyops(server, *arguments, given=given + "\n", env=sealing)]
    said.append(
        whyops(server, "providers", "add", "filed", "--base-url", url, *LOOPBACK, "--credential", f"file:{file}", env=sealing)
    )
    for slug, credential in (("given", given), ("filed", filed)):
        follows(bench, "/v1/chat/completions", body(f"{slug}/{bench.model}"), 500)
        assert bench.script.last.header("authorization") == f"Bearer {credential}"
    # An upstream that repeats the credential in its error: what is recorded has it not.
    bench.script.reply(replies.reply(replies.vendor_error("openai", f"Incorrect key {given}", "y"), 401))
    reply = bench.fetch("/v1/chat/completions", body(f"given/{bench.model}"))
    events = eventually(lambda: bench.reader.events(reply.trace)[1:], "the error event")
    assert given not in json.dumps(events)
    said += [whyops(server, "providers", "list"), whyops(server, "providers", "list", "--json")]
    key = create_key(server, "ci")
    text = "".join(done.stdout + done.stderr for done in said)
    assert given not in text and filed not in text
    assert scan(server, [given, filed, key, secret.whyops, *sealing.values()]) == []
    # With another encryption key the provider says so, and nothing is sent without its credential.
    assert server.stop() == 0
    bench.server = start(
        *LOOPBACK, env={"WHYOPS_ENCRYPTION_KEY": secrets.token_hex(32)} | {"WHYOPS_SIGNING_KEY": frames.SIGNING_KEY}
    ).ready()
    count = len(bench.script.exchanges)
    reply = bench.fetch("/v1/chat/completions", body(f"given/{bench.model}"))
    assert reply.status == 400 and b"sealed with the encryption key" in reply.body
    assert len(bench.script.exchanges) == count


@pytest.mark.parametrize(
    "arguments",
    [
        ["a", "--credential", "sk-canary-argument"],
        ["a", "--credential", "env:WHYOPS_API_KEY"],
        ["a", "--credential", "env:"],
        ["A"],
        ["a/b"],
        [""],
        ["a", "--base-url", "http://api.example.com/v1"],
        ["a", "--base-url", "https://user:canary@api.example.com/v1"],
        ["a", "--base-url", "https://127.0.0.1/v1"],
        ["a", "--base-url", "https://localhost/v1"],
        ["a", "--base-url", "https://[::1]/v1"],
        ["a", "--base-url", "https://169.254.169.254/latest", *LOOPBACK],
        ["a", "--base-url", "https://10.0.0.8/v1", *LOOPBACK],
        ["a", "--base-url", "https://2130706433/v1", *LOOPBACK],
        ["a", "--base-url", "https://api.example.com/v1?key=x"],
        ["a", "--base-url", "ftp://api.example.com"],
        ["a", "--vendor", "other"],
    ],
)
def test_what_is_no_provider(start: StartServer, arguments: list[str]) -> None:
    server = start().ready()
    done = whyops(server, "providers", "add", *arguments, code=2)
    assert done.stderr and not done.stdout and "canary" not in done.stderr
    assert listed(server, "providers", "list") == []


def test_the_permission_is_the_proxys_own(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-45: whoever adds a provider can say what is allowed there, not here."""
    bench = make_bench(start().ready())
    for slug, host in (("name", "localhost"), ("address", "127.0.0.1")):
        add(bench.server, slug, f"http://{host}:{bench.upstream.port}/v1")
    for slug in ("name", "address"):
        reply = bench.fetch("/v1/chat/completions", body(f"{slug}/{bench.model}"))
        assert json.loads(reply.body)["error"]["code"] == "provider_unusable"
    assert not bench.script.exchanges


def test_no_connection_is_made_to_an_address_that_is_forbidden(start: StartServer, make_bench: MakeBench) -> None:
    """And who looks on cannot tell such a host from one that is not there (PRX-46)."""
    host = socket.gethostname()
    try:
        resolved = {entry[4][0] for entry in socket.getaddrinfo(host, 443, socket.AF_INET)}
    except OSError:
        resolved = set()
    if not resolved or not all(ipaddress.ip_address(address).is_loopback for address in resolved):
        pytest.skip(f"the name of this machine, {host}, does not stand for loopback: {resolved}")
    # The permission was the command's alone: the proxy has none.
    bench = make_bench(start().ready())
    allowed = ["--allow-private-upstreams", host]
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as closed:
        open_port, closed_port = listener.getsockname()[1], closed.getsockname()[1]
        closed.close()
        for slug, url in [
            ("listens", f"https://{host}:{open_port}/v1"),
            ("refuses", f"https://{host}:{closed_port}/v1"),
            ("nowhere", "https://provider.invalid/v1"),
        ]:
            whyops(bench.server, "providers", "add", slug, "--base-url", url, *allowed)
        follows(bench, "/v1/chat/completions", body("nowhere/m"), 502)
        told = set()
        for slug in ("listens", "refuses", "nowhere"):
            reply = bench.fetch("/v1/chat/completions", body(f"{slug}/m"))
            assert reply.status == 502
            told.add(reply.body.decode().replace(slug, "SLUG"))
        assert len(told) == 1, told
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_this_proxy_is_no_provider(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-47"""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    bench = make_bench(start("--proxy-port", str(port), *LOOPBACK).ready())
    add(bench.server, "self", f"http://localhost:{port}/v1")
    follows(bench, "/v1/chat/completions", body(f"self/{bench.model}"), 400)
    assert b"this proxy itself" in bench.fetch("/v1/chat/completions", body(f"self/{bench.model}")).body


def test_a_provider_that_is_a_second_whyops(
    start: StartServer, make_bench: MakeBench, secret: Secrets
) -> None:
    """PRX-44: one trace in both, signed once, and the second records as well."""
    far = start(folder="far").ready()
    bench = make_bench(start(*LOOPBACK, folder="near", url=None, env={"HUB_KEY": far.key}).ready())
    bench.script.answer(lambda _: replies.reply(replies.chat(PLAIN)))
    add(bench.server, "hub", f"{far.proxy}/v1", "--whyops", "--credential", "env:HUB_KEY")
    follows(bench, "/v1/chat/completions", body(f"hub/{bench.model}"))
    reply = bench.openai(headers={"X-External-User-Id": "user-1"}).chat.completions.with_raw_response.create(
        model=f"hub/{bench.model}", messages=[{"role": "user", "content": "Please answer."}]
    )
    text = reply.parse().choices[0].message.content or ""
    assert text.startswith(PLAIN) and text.count("\u2060") == 1, ascii(text)
    trace = reply.headers["x-trace-id"]
    for reader in (bench.reader, far.reader):
        events = reader.await_types(trace, "user_message", "llm_response")
        assert events[0].get("externalUserId") == "user-1"
    assert far.reader.threads(bench.agent), "the agent goes along"
    assert bench.script.last.header("x-trace-id") is None, "the vendor learns nothing"
    # And the turn after, both ways to write it.
    messages = [
        {"role": "user", "content": "Please answer."},
        {"role": "assistant", "content": text},
        {"role": "user", "content": "Go on."},
    ]
    again = bench.fetch("/v1/chat/completions", replies.encode({"model": f"hub/{bench.model}", "messages": messages}))
    assert again.trace == trace
    far.reader.await_types(trace, *["user_message", "llm_response"] * 2)
    # The vendor's other API, through the same provider.
    bench.script.reply(replies.reply(replies.message([{"type": "text", "text": PLAIN}])))
    reply_raw = bench.fetch("/v1/messages", body(f"hub/{bench.model}", max_tokens=100))
    assert reply_raw.status == 200, reply_raw.body


def test_providers_test(start: StartServer, make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(start(*LOOPBACK).ready())
    server = bench.server
    # The credential is what the upstream knows the test by.
    env = {"TRY_KEY": bench.token}
    add(server, "try", f"{bench.upstream.url}/v1", "--credential", "env:TRY_KEY")
    add(server, "claude", bench.upstream.url, "--vendor", "anthropic", "--credential", "env:TRY_KEY")
    command = ["providers", "test", "try", *LOOPBACK]
    bench.script.reply(replies.reply({"data": [{"id": "one"}, {"id": "two"}]}))
    assert "2 models" in whyops(server, *command, env=env).stdout
    assert bench.script.last.target == "/v1/models"
    assert bench.script.last.header("authorization") == f"Bearer {bench.token}"
    bench.script.reply(replies.reply({"data": []}))
    found = json.loads(whyops(server, "providers", "test", "claude", "--json", *LOOPBACK, env=env).stdout)
    assert found["ok"] and found["models"] == 0 and bench.script.last.header("x-api-key") == bench.token
    bench.script.reply(replies.reply(replies.vendor_error("openai", f"no {bench.token}", "y"), 401))
    done = whyops(server, *command, env=env, code=1)
    assert "refused the credential" in done.stdout and bench.token not in done.stdout + done.stderr
    bench.script.reply(replies.reply({}, 302, Location="http://127.0.0.1:1/"))
    assert "never followed" in whyops(server, *command, env=env, code=1).stdout
    bench.script.reply(replies.http(200, b"<html>", "text/html"))
    assert "not with models" in whyops(server, *command, env=env, code=1).stdout
    assert "TRY_KEY" in whyops(server, *command, code=1).stderr
    assert "allow-private-upstreams" in whyops(server, "providers", "test", "try", env=env, code=1).stderr
    assert "no provider" in whyops(server, "providers", "test", "none", code=1).stderr
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    add(server, "gone", f"http://127.0.0.1:{port}/v1")
    assert "cannot be reached" in whyops(server, "providers", "test", "gone", *LOOPBACK, code=1).stderr


def test_providers_test_says_whether_the_credential_was_checked(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-195: who lists its models for everybody has not looked at the credential."""
    bench = make_bench(start(*LOOPBACK).ready())
    server, script = bench.server, bench.script
    env = {"TRY_KEY": "credential-of-the-tests"}
    # The upstream knows the test by the address here: one of the two requests has no credential.
    add(server, "try", f"{bench.upstream.url}/{bench.token}/v1", "--credential", "env:TRY_KEY")
    add(server, "open", f"{bench.upstream.url}/{bench.token}/v1")
    models = replies.reply({"data": [{"id": "one"}]})
    refused = replies.reply(replies.vendor_error("openai", "authentication_error", "Who are you?"), 401)

    def tried(*more: str, code: int = 0) -> tuple[str, dict[str, Any]]:
        """What it says, as text and as JSON; both make the same calls."""
        text = whyops(server, "providers", "test", *more, *LOOPBACK, env=env, code=code).stdout
        return text, json.loads(whyops(server, "providers", "test", *more, "--json", *LOOPBACK, env=env, code=code).stdout)

    script.reply(models, models, models, models)
    said, found = tried("try")
    assert "1 models" in said and "not checked" in said and "--model" in said
    assert (found["ok"], found["credential"]) == (True, "unchecked")
    assert [one.header("authorization") for one in script.exchanges] == ["Bearer credential-of-the-tests", None] * 2
    for strange in (replies.reply({}, 404), replies.reply({}, 302, Location="http://127.0.0.1:1/")):
        script.reply(models, strange, models, strange)
        assert tried("try")[1]["credential"] == "unchecked"
    script.reply(models, refused, models, refused)
    said, found = tried("try")
    assert "the credential lets in" in said and "not checked" not in said
    assert (found["ok"], found["credential"]) == (True, "accepted")
    script.reply(refused, refused)
    assert tried("try", code=1)[1]["credential"] == "refused"
    # Without a credential there is nothing to check.
    before = len(script.exchanges)
    script.reply(models, models)
    said, found = tried("open")
    assert "credential" not in said and found["credential"] == "none"
    assert len(script.exchanges) == before + 2


def test_providers_test_asks_a_model(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start(*LOOPBACK).ready())
    server, script = bench.server, bench.script
    env = {"TRY_KEY": bench.token}
    add(server, "try", f"{bench.upstream.url}/v1", "--credential", "env:TRY_KEY")
    add(server, "claude", bench.upstream.url, "--vendor", "anthropic", "--credential", "env:TRY_KEY")

    def tried(slug: str, code: int = 0) -> str:
        return whyops(server, "providers", "test", slug, "--model", "m-1", *LOOPBACK, env=env, code=code).stdout

    script.reply(replies.reply(replies.chat("ok")))
    assert "m-1 answered" in (said := tried("try")) and "the credential lets in" in said
    asked = script.last
    assert (asked.method, asked.target, asked.header("authorization")) == ("POST", "/v1/chat/completions", f"Bearer {bench.token}")
    assert (asked.json()["model"], asked.json()["max_tokens"]) == ("m-1", 16)
    # The limit has another name with newer models.
    wants = replies.vendor_error("openai", "invalid_request_error", "Use 'max_completion_tokens' instead.")
    script.reply(replies.reply(wants, 400), replies.reply(replies.chat("ok")))
    assert "m-1 answered" in tried("try")
    assert (script.last.json().get("max_tokens"), script.last.json()["max_completion_tokens"]) == (None, 16)
    script.reply(replies.reply(replies.message([{"type": "text", "text": "ok"}])))
    assert "m-1 answered" in tried("claude")
    asked = script.last
    assert (asked.target, asked.header("x-api-key"), asked.header("anthropic-version")) == ("/v1/messages", bench.token, "2023-06-01")
    script.reply(replies.reply(replies.vendor_error("openai", "x", bench.token), 401))
    assert "refused the credential" in (said := tried("try", 1)) and bench.token not in said
    script.reply(replies.reply(replies.vendor_error("openai", "model_not_found", "No."), 404))
    assert "knows no model 'm-1'" in tried("try", 1)
    script.reply(replies.reply({"data": []}))
    assert "not with a reply of a model" in tried("try", 1)
    done = whyops(server, "providers", "test", "try", "--model", "", *LOOPBACK, env=env, code=2)
    assert "--model" in done.stderr
