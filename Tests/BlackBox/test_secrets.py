"""What must not cross: our key and headers never reach an upstream, provider keys never leave the server."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import tempfile
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest

import faults
import frames
import harness
import replies
import tenants
from bench import Bench
from conftest import MakeBench, StartServer
from faults import wrapper
from harness import Secrets, Server
from reader import eventually
from script import CLOSE, RESET
from tenants import whyops

PLAIN = "Here is a plain answer."

OURS = {
    "X-Agent-Name",
    "X-Trace-ID",
    "X-Thread-ID",
    "X-External-User-Id",
    "X-WhyOps-Signature",
    "X-WhyOps-Anything",
    "x-whyops-session",
}

FORWARDED = {
    "accept": "application/json",
    "content-type": "application/json",
    "user-agent": "black-box/1",
    "idempotency-key": "once",
    "x-request-id": "req-1",
    "openai-organization": "org-1",
    "openai-project": "proj-1",
    "openai-beta": "assistants=v2",
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "a,b",
    "anthropic-dangerous-direct-browser-access": "true",
    "x-stainless-lang": "python",
    "x-stainless-something-new": "1",
}

DROPPED = {
    "Cookie": "session=canary-cookie",
    "X-Forwarded-For": "203.0.113.7",
    "Forwarded": "for=203.0.113.7",
    "Referer": "http://canary.example/",
    "Proxy-Authorization": "Basic Y2FuYXJ5",
    "X-User-Id": "canary-user",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "X-Unknown": "canary-unknown",
}

ROUTES = [("POST", "/v1/chat/completions"), ("POST", "/v1/messages"), ("POST", "/v1/embeddings"), ("GET", "/v1/models")]


def request(bench: Bench, route: str) -> bytes:
    return replies.encode(
        {"model": bench.model, "max_tokens": 1024, "input": "x", "messages": [{"role": "user", "content": "Answer."}]}
    )


def answer(route: str) -> Any:
    return replies.message([{"type": "text", "text": PLAIN}]) if route == "/v1/messages" else replies.chat(PLAIN)


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=[route for _, route in ROUTES])
def test_key_that_stands_elsewhere_too_stays_here(bench: Bench, secret: Secrets, method: str, route: str) -> None:
    """PRX-6: in a header or a parameter that would go upstream."""
    bench.script.reply(replies.reply(answer(route)))
    # A mark that joins the last letter makes it another character.
    more = {"OpenAI-Api-Key": secret.whyops, "User-Agent": f"agent {secret.whyops}\u0301".encode().decode("latin-1")}
    more |= {"X-Request-Id": "of-mine", "Via": f"1.1 {secret.whyops}"}
    encoded = "".join(f"%{byte:02x}" for byte in secret.whyops.encode())
    target = f"{route}?a=1&api_key={secret.whyops}&&{encoded}=c&b=%32"
    body = request(bench, route) if method == "POST" else None
    assert bench.fetch(target, body, method, bench.headers() | more | {"x-client-request-id": bench.token}).status == 200
    exchange = bench.script.last
    assert secret.whyops not in f"{exchange.target} {exchange.headers}"
    assert exchange.target == f"{route}?a=1&&b=%32"
    assert exchange.header("x-request-id") == "of-mine" and exchange.header("user-agent") is None


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=[route for _, route in ROUTES])
@pytest.mark.parametrize("key_in", ["Authorization", "x-api-key"])
def test_upstream_gets_its_own_key_and_nothing_of_ours(
    bench: Bench, secret: Secrets, method: str, route: str, key_in: str
) -> None:
    bench.script.reply(replies.reply(answer(route)))
    head: dict[str, Any] = {**FORWARDED, **DROPPED, **{name: "canary-header" for name in OURS}}
    head |= {"x-client-request-id": bench.token, "Accept-Encoding": "br, gzip"}
    head[key_in] = f"Bearer {secret.whyops}" if key_in == "Authorization" else secret.whyops
    if route != "/v1/messages":
        del head["anthropic-version"]
    reply = bench.fetch(route, request(bench, route) if method == "POST" else None, method, head)
    assert reply.status == 200, reply.body
    exchange = bench.script.last

    everything = f"{exchange.target} {exchange.headers}"
    assert secret.whyops not in everything
    assert "canary-header" not in everything
    assert not [name for name, _ in exchange.headers if name.lower().startswith(("x-whyops", "x-agent", "x-trace"))]
    got = {name.lower(): value for name, value in exchange.headers}
    assert len(got) == len(exchange.headers), f"a header came twice: {exchange.headers}"
    for name, value in DROPPED.items():
        assert value not in everything, name
    for name, value in FORWARDED.items():
        if name in head:
            assert got.pop(name, None) == value, name
    # Both vendors have `/models`; whose it is without `anthropic-version` is open, whose key it gets is not.
    if route == "/v1/messages" or (route == "/v1/models" and "x-api-key" in got):
        assert got.pop("x-api-key", None) == secret.anthropic
        assert "authorization" not in got
    else:
        assert got.pop("authorization", None) == f"Bearer {secret.openai}"
        assert "x-api-key" not in got
    assert got.pop("x-client-request-id") == bench.token
    assert got.pop("accept-encoding") == "identity"
    assert got.pop("host") == f"127.0.0.1:{bench.upstream.port}"
    assert got.pop("via")
    assert set(got) <= {"content-length", "connection"}, got


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_response_headers_by_the_list_only(bench: Bench, secret: Secrets, streaming: bool) -> None:
    kept: dict[str, Any] = {
        "request-id": "req_1",
        "x-request-id": "req_2",
        "openai-processing-ms": "12",
        "openai-version": "2020-10-01",
        "openai-organization": "org",
        "anthropic-organization-id": "org-a",
        "retry-after": "7",
        "retry-after-ms": "7000",
        "x-should-retry": "false",
        "cache-control": "no-store",
        "cf-ray": "ray",
        "x-ratelimit-remaining-requests": "99",
        "anthropic-ratelimit-tokens-reset": "2026-01-01T00:00:00Z",
    }
    dropped: dict[str, Any] = {
        "set-cookie": "canary=1",
        "authorization": f"Bearer {secret.openai}",
        "x-api-key": secret.openai,
        "location": "http://canary.example/",
        "server": "canary-server",
        "x-trace-id": "canary-trace",
        "strict-transport-security": "max-age=1",
        "alt-svc": "h3=canary",
        "x-internal": "canary-internal",
    }
    if streaming:
        bench.script.reply(replies.sse(replies.chat_events(PLAIN), **kept, **dropped))
    else:
        bench.script.reply(replies.reply(replies.chat(PLAIN), **kept, **dropped))
    body = {"model": bench.model, "messages": [{"role": "user", "content": "Answer."}], "stream": streaming}
    reply = bench.fetch("/v1/chat/completions", replies.encode(body))
    got = {name.lower(): value for name, value in reply.headers}
    for name, value in kept.items():
        assert got.get(name) == value, name
    assert "canary" not in str(reply.headers) and secret.openai not in str(reply.headers)
    assert not set(dropped) - {"x-trace-id", "server"} & set(got)


ECHOES = [*ROUTES, ("POST", "/v1/files"), ("GET", "/v1/messages/batches")]


@pytest.mark.parametrize(("method", "route"), ECHOES, ids=[f"{method}{route}" for method, route in ECHOES])
def test_credential_in_a_refusal_stays_here(bench: Bench, secret: Secrets, method: str, route: str) -> None:
    """PRX-171: an upstream that repeats its key tells it nobody, and every other byte of its refusal goes on."""
    own = secret.anthropic if "messages" in route else secret.openai
    for status in (400, 401, 503):
        refusal = replies.vendor_error("openai", "invalid", f"Incorrect key: {own}, {own}.")
        bench.script.reply(replies.reply(refusal, status))
        reply = bench.fetch(route, request(bench, route) if method == "POST" else None, method)
        assert reply.status == status and reply.complete
        assert own in str(bench.script.last.headers)
        assert reply.body == replies.encode(refusal).replace(own.encode(), b"*" * len(own))


@pytest.mark.parametrize("encoding", ["identity", "Identity", "", "identity \t", "\t "])
@pytest.mark.parametrize("route", ["/v1/chat/completions", "/v1/embeddings", "/v1/files"])
def test_an_encoding_that_is_none_hides_no_credential(bench: Bench, secret: Secrets, route: str, encoding: str) -> None:
    """PRX-171: what says that it is not encoded is read as what says nothing, also with white space behind it (PRX-220)."""
    own = secret.openai
    refusal = replies.vendor_error("openai", "invalid", f"Incorrect key: {own}.")
    bench.script.reply(replies.reply(refusal, 401, content_encoding=encoding))
    reply = bench.fetch(route, request(bench, route), "POST")
    assert reply.status == 401 and reply.complete
    assert reply.body == replies.encode(refusal).replace(own.encode(), b"*" * len(own))


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_a_credential_in_the_escapes_of_json_is_found(
    start: StartServer, make_bench: MakeBench, secret: Secrets, streaming: bool
) -> None:
    """PRX-171: some libraries write `+` and `-` with four digits, and a text within a text has its backslashes twice."""
    bench = make_bench(start().ready())
    spelled = secret.openai.replace("-", "\\u002D", 1).replace("-", "\\\\u002d")
    text = '{"error":{"type":"invalid","message":"Incorrect key: %s."}}' % spelled
    trace = f"trace-{bench.token}"
    if streaming:
        bench.script.reply(replies.sse([*replies.chat_events(PLAIN)[:2], f"data: {text}\n\n".encode()]))
    else:
        bench.script.reply(replies.http(401, text.encode()))
    value = {**json.loads(request(bench, "")), "stream": streaming}
    reply = bench.fetch("/v1/chat/completions", replies.encode(value), headers=bench.headers(X_Trace_ID=trace))
    assert text.replace(spelled, "*" * len(spelled)).encode() in reply.body
    kinds = ["user_message", *(["llm_response"] if streaming else []), "error"]
    assert "Incorrect key: [redacted]." in json.dumps(bench.reader.await_types(trace, *kinds)[-1]["content"])


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_credential_that_a_reply_repeats_is_not_kept(
    start: StartServer, make_bench: MakeBench, secret: Secrets, streaming: bool
) -> None:
    """The reply goes as it came, since the client is promised that; what is stored of it has no secret."""
    bench = make_bench(start().ready())
    words = f"The key is {secret.openai} indeed."
    trace = f"trace-{bench.token}"
    value = {**json.loads(request(bench, "")), "stream": streaming}
    bench.script.reply(replies.sse(replies.chat_events(words)) if streaming else replies.reply(replies.chat(words)))
    head = bench.headers(X_Trace_ID=trace, X_WhyOps_Signature="off")
    reply = bench.fetch("/v1/chat/completions", replies.encode(value), headers=head)
    assert reply.status == 200
    if not streaming:
        assert secret.openai.encode() in reply.body
    _, event = bench.reader.await_types(trace, "user_message", "llm_response")
    assert secret.openai not in json.dumps(event) and "[redacted]" in json.dumps(event)
    assert bench.server.stop() == 0
    assert scan(bench.server, [secret.openai]) == []


@pytest.mark.parametrize("route", ["/v1/chat/completions", "/v1/embeddings", "/v1/models", "/v1/completions"])
def test_credential_in_a_header_stays_here(start: StartServer, make_bench: MakeBench, secret: Secrets, route: str) -> None:
    """PRX-180: neither the client nor the log has it; the other headers go on."""
    bench = make_bench(start("--log-level", "trace").ready())
    headers = {"x_request_id": secret.openai, "openai_processing_ms": "7", "openai_organization": f"of {secret.openai}"}
    bench.script.reply(replies.reply(replies.chat(PLAIN), **headers))
    value = {"model": "m", "input": "x"} if "embeddings" in route else json.loads(request(bench, ""))
    reply = bench.fetch(route, *((None, "GET") if "models" in route else (replies.encode(value),)))
    assert reply.status == 200 and reply.header("openai-processing-ms") == "7"
    assert secret.openai not in str(reply.headers)
    assert bench.server.stop() == 0
    assert scan(bench.server, [secret.openai]) == []


def test_credential_in_the_error_of_a_stream_stays_here(bench: Bench, secret: Secrets) -> None:
    events = replies.chat_events(PLAIN)[:2]
    error = replies.data({"error": {"message": f"Bad key {secret.openai}", "type": "invalid", "code": None}})
    bench.script.reply(replies.sse([*events, error]))
    value = {**json.loads(request(bench, "")), "stream": True}
    reply = bench.fetch("/v1/chat/completions", replies.encode(value))
    assert secret.openai.encode() not in reply.body
    assert error.replace(secret.openai.encode(), b"*" * len(secret.openai)) in reply.body


@pytest.mark.parametrize("end", [[], [RESET]], ids=["ends", "breaks off"])
def test_credential_that_is_cut_where_events_pass_unread(bench: Bench, secret: Secrets, end: list[Any]) -> None:
    """PRX-216: its pieces are put together, and only what may be its beginning waits for the next one."""
    own = secret.openai.encode()
    large = b": " + b"c" * (5 << 20) + b"\n\n"
    start, rest = b'data: {"error":{"message":"Bad key ', b'."}}\n\n'
    value = replies.encode({**json.loads(request(bench, "")), "stream": True})
    for cut in (1, len(own) // 2, len(own) - 1, len(own)):
        gates = [bench.upstream.gate() for _ in range(4)]
        steps = [large, gates[0], start, gates[1], own[:cut], gates[2], own[cut:] + rest + b"data: " + own[:3], gates[3], *end]
        bench.script.reply(replies.sse(steps))
        with bench.open("/v1/chat/completions", value) as reply:
            for piece, gate in zip([large, start, b"*" * cut if cut == len(own) else b"", rest + b"data: "], gates):
                reply.until(piece)
                gate.open()
            assert reply.rest() == (not end)
            assert reply.body == large + start + b"*" * len(own) + rest + b"data: " + own[:3]
    gates = [bench.upstream.gate() for _ in range(2)]
    bench.script.reply(replies.sse([large, gates[0], start + b"- " + own[:-1], gates[1], *end]))
    with bench.open("/v1/chat/completions", value) as reply:
        for piece, gate in zip([large, b"- "], gates):
            reply.until(piece)
            gate.open()
        assert reply.rest() == (not end)
        assert reply.body == large + start + b"- " + b"*" * (len(own) - 1)


TRACED = {"X_Trace_ID": "trace-of-every-secret"}


def scan(server: Server, canaries: list[str]) -> list[tuple[str, str]]:
    """Where a canary stands in anything that the server wrote: store, journal, spool, logs."""
    found = []
    for path in server.files():
        data = path.read_bytes()
        found += [(path.name, canary[:20]) for canary in canaries if canary.encode() in data]
    return found


def test_secrets_are_nowhere_on_disk(start: StartServer, make_bench: MakeBench, secret: Secrets) -> None:
    server = start("--log-level", "trace").ready()
    bench = make_bench(server)
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    bench.script.reply(replies.sse(replies.message_events([{"type": "text", "text": PLAIN}])))
    bench.script.reply(replies.reply(replies.vendor_error("openai", "x", "y"), 401))
    head = bench.headers(X_Trace_ID=f"trace-{bench.token}", Cookie="session=canary-cookie")
    for route in ("/v1/chat/completions", "/v1/messages", "/v1/chat/completions"):
        value = {**json.loads(request(bench, route)), "stream": route == "/v1/messages"}
        reply = bench.fetch(route, replies.encode(value), headers=head)
        assert secret.openai not in str(reply) and secret.anthropic not in str(reply)
    wrong = bench.headers(Authorization="Bearer canary-wrong-key-0123456789")
    assert bench.fetch("/v1/chat/completions", request(bench, ""), headers=wrong).status == 401
    bench.reader.await_types(f"trace-{bench.token}", *["user_message", "llm_response"] * 2, "user_message", "error")
    canaries = [secret.whyops, secret.openai, secret.anthropic, "canary-cookie", "canary-wrong-key"]
    assert any(path.name == server.store.name for path in server.files())
    assert any(f"trace-{bench.token}".encode() in path.read_bytes() for path in server.files())
    assert scan(server, canaries) == []
    assert server.stop() == 0
    assert scan(server, canaries) == []


def test_every_secret_everywhere(start: StartServer, make_bench: MakeBench, secret: Secrets) -> None:
    """T6: of all kinds of secrets none is in what is logged, stored, counted, listed, or said in an error."""
    admin, sealing = "operator-canary-" + token_hex(16), token_hex(32)
    stored, variable = "sk-canary-stored-" + token_hex(16), "sk-canary-variable-" + token_hex(16)
    env = {"WHYOPS_ADMIN_KEY": admin, "WHYOPS_ENCRYPTION_KEY": sealing, "OTHER_KEY": variable}
    server = start("--log-level", "trace", "--admin-port", "0", "--allow-private-upstreams", "loopback", env=env).ready()
    bench = make_bench(server)
    at, loopback = f"{bench.upstream.url}/v1", ("--allow-private-upstreams", "loopback")
    client = tenants.create_key(server, "client")
    whyops(server, "providers", "add", "kept", "--base-url", at, *loopback, "--credential", "stdin", env=env, given=stored)
    whyops(server, "providers", "add", "named", "--base-url", at, *loopback, "--credential", "env:OTHER_KEY")
    whyops(server, "providers", "add", "gone", "--base-url", "http://127.0.0.1:9/v1", *loopback, "--credential", "env:OTHER_KEY")
    canaries = [
        *vars(secret).values(), admin, sealing, stored, variable, client, frames.SIGNING_KEY.partition(":")[2],
        "canary-wrong-key",
    ]
    said: list[str] = []

    def ask(model: str, key: str = client, **more: Any) -> int:
        value = {**json.loads(request(bench, "")), "model": model, **more}
        reply = bench.fetch(
            "/v1/chat/completions", replies.encode(value), headers=bench.headers(Authorization=f"Bearer {key}", **TRACED)
        )
        said.append(f"{reply.headers} {reply.body!r}")
        return reply.status

    eventually(lambda: ask(f"gone/{bench.model}") == 502, "the providers")
    for slug, own in (("kept", stored), ("named", variable)):
        model = f"{slug}/{bench.model}"
        bench.script.reply(replies.reply(replies.chat(PLAIN)))
        assert ask(model) == 200 and bench.script.last.header("authorization") == f"Bearer {own}"
        bench.script.reply(replies.reply(replies.vendor_error("openai", "invalid", f"Bad key {own}."), 401, x_request_id=own))
        assert ask(model) == 401
        error = replies.data({"error": {"message": f"Bad key {own}", "type": "invalid", "code": None}})
        bench.script.reply(replies.sse([*replies.chat_events(PLAIN)[:2], error]))
        ask(model, stream=True)
        bench.script.reply([b"HTTP/1.1 200 " + own.encode() + b"\r\n\r\n" + own.encode(), CLOSE])
        ask(model)
    assert ask("x", "canary-wrong-key-0123456789") == 401
    eventually(lambda: len(bench.reader.events(TRACED["X_Trace_ID"])) >= 15, "the events")
    for path in ("/api/events?include=content,metadata", "/api/threads", "/api/dlq?include=event", "/api/analytics/usage"):
        said.append(str(server.reader.raw(path)))
    said.append(str(bench.reader.events(TRACED["X_Trace_ID"])))
    said.append(httpx.get(f"{server.admin}/metrics", headers={"Authorization": f"Bearer {admin}"}).text)
    assert "whyops_proxy_requests_total" in said[-1]
    for command in ("keys list", "providers list", "projects list", "keys signing list"):
        done = whyops(server, *command.split(), env=env)
        said.append(done.stdout + done.stderr)
    done = whyops(server, "providers", "test", "gone", *loopback, env=env, code=1)
    said.append(done.stdout + done.stderr)
    assert [(text[:60], canary[:20]) for text in said for canary in canaries if canary in text] == []
    assert scan(server, canaries) == []
    assert server.stop() == 0
    assert scan(server, canaries) == []


def test_no_core_file(start: StartServer, make_bench: MakeBench, tmp_path: Path) -> None:
    """PRX-191: a crash leaves nothing of what the process held, whatever the limits of its parent are."""
    binary = wrapper(tmp_path, "cores", "ulimit -c unlimited", f'exec {faults.binary()} "$@"')
    server = start(binary=binary, env={"SWIFT_BACKTRACE": "enable=no"}).ready()
    make_bench(server)
    limits = Path(f"/proc/{server.process.pid}/limits")
    if limits.exists():
        [cores] = [line for line in limits.read_text().splitlines() if line.startswith("Max core file size")]
        assert cores.split()[4:6] == ["0", "0"]
    server.send_signal(signal.SIGABRT)
    assert server.wait() == -signal.SIGABRT
    assert [path.name for path in server.files() if path.name.startswith("core")] == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc here")
def test_nobody_is_given_its_memory(start: StartServer, make_bench: MakeBench, tmp_path: Path) -> None:
    """PRX-191: the kernel hands the image of such a process to nobody, and its files in /proc are root's."""
    folder, program = tmp_path, f'exec {faults.binary()} "$@"'
    if os.getuid() == 0:
        # Everything of root's is root's: as somebody else.
        if not shutil.which("setpriv"):
            pytest.skip("needs setpriv, of the Debian package util-linux")
        program = f'exec setpriv --reuid 65534 --regid 65534 --clear-groups {faults.binary()} "$@"'
        folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
        folder.chmod(0o777)
    try:
        binary = wrapper(tmp_path, "somebody", program)
        (folder / "server").mkdir()
        (folder / "server").chmod(0o777)
        server = start("--admin-port", "0", binary=binary, folder=str(folder / "server")).ready()
        assert Path(f"/proc/{server.process.pid}/environ").stat().st_uid == 0
        bench = make_bench(server)
        bench.script.reply(replies.reply(replies.chat("Here is a plain answer.")))
        body = {"model": bench.model, "messages": [{"role": "user", "content": "Hi"}]}
        assert bench.fetch("/v1/chat/completions", replies.encode(body)).status == 200
        # What it reads of itself it still can.
        metrics = httpx.get(f"{server.admin}/metrics").text
        for name, least in ("process_open_fds", 5.0), ("process_resident_memory_bytes", 1e6):
            found = re.search(rf"(?m)^{name} (\S+)$", metrics)
            assert found and float(found[1]) > least, name
        assert server.stop() == 0
    finally:
        if folder != tmp_path:
            shutil.rmtree(folder)


def test_what_run_starts_has_its_own_limit(alone: Bench, tmp_path: Path) -> None:
    """PRX-191 is for what holds conversations."""
    command = ["run", "--proxy-url", alone.server.proxy, "--", "sh", "-c", "ulimit -Hc; stat -c %u /proc/self/environ"]
    done = harness.run(tmp_path, *command, env={"WHYOPS_API_KEY": alone.server.key})
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    said = "unlimited" if hard == resource.RLIM_INFINITY else str(hard // 512)
    assert done.stdout.split() == [said, str(os.getuid())], done.stderr
