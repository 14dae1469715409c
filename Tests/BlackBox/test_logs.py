"""The operator's log: one line for each request, nothing in it that is the client's or a secret (PRX-116 to PRX-118)."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
from typing import Any

import anthropic
import openai
import pytest

import replies
from bench import Bench
from conftest import MakeBench, StartServer
from harness import Secrets, Server
from script import RESET

PLAIN = "Here is a plain answer."
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"


def lines(server: Server, message: str = "request") -> list[dict[str, Any]]:
    """Every line of a log in JSON that has been ended by a line end, in order; those with this message."""
    whole = (server.folder / "stderr.log").read_text().rpartition("\n")[0].splitlines()
    return [line for line in map(json.loads, whole) if line["message"] == message]


def await_lines(server: Server, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 20
    while len(found := lines(server)) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(found) == count, found
    return found


def body(bench: Bench, **more: Any) -> bytes:
    user = {"role": "user", "content": "canary-body"}
    return replies.encode({"model": bench.model, "max_tokens": 1024, "messages": [user], **more})


def test_a_line_for_each_request(start: StartServer, make_bench: MakeBench, secret: Secrets) -> None:
    server = start("--log-level", "info", "--log-format", "json").ready()
    bench = make_bench(server)
    head = bench.headers(X_Trace_ID=f"trace-{bench.token}", Cookie="canary-cookie", User_Agent="canary-agent")
    answered = replies.reply(replies.chat(PLAIN), **{"x-request-id": "req-of-upstream"})
    bench.script.reply(answered)
    whole = bench.fetch(CHAT + "?canary=query", body(bench), headers=head)
    assert whole.status == 200
    bench.script.reply(replies.sse(replies.message_events([{"type": "text", "text": PLAIN}])))
    stream = bench.fetch(MESSAGES, body(bench, stream=True), headers=head)
    bench.script.reply(replies.reply(replies.vendor_error("openai", "x", "y"), 429))
    assert bench.fetch(CHAT, body(bench), headers=head).status == 429
    wrong = bench.headers(Authorization="Bearer canary-wrong-key-0123456789")
    assert bench.fetch("/v1/canary-path", None, "GET", wrong).status == 401
    bench.script.reply([RESET])
    assert bench.fetch(CHAT, body(bench), headers=head).status == 502
    assert bench.fetch(CHAT, b"{", headers=head).status == 400
    bench.script.reply(replies.reply({"object": "list", "data": []}))
    assert bench.fetch("/v1/models", None, "GET", head).status == 200
    assert bench.fetch("/health", None, "GET").status == 200

    found = await_lines(server, 7)
    trace = f"trace-{bench.token}"
    for line in found:
        assert line["end"] == "complete"
        assert 0 <= line["own_ms"] <= line["ms"]
        assert isinstance(line["bytes_in"], int) and isinstance(line["bytes_out"], int)
    chosen = [
        tuple(line.get(name) for name in ("level", "method", "route", "status", "provider", "trace", "code"))
        for line in found
    ]
    assert chosen == [
        ("info", "POST", "chat", 200, "openai", trace, None),
        ("info", "POST", "messages", 200, "anthropic", trace, None),
        ("notice", "POST", "chat", 429, "openai", trace, None),
        ("notice", "GET", "pass_through", 401, None, None, "invalid_api_key"),
        ("warning", "POST", "chat", 502, "openai", trace, "upstream_unreachable"),
        ("notice", "POST", "chat", 400, None, None, found[5]["code"]),
        ("info", "GET", "pass_through", 200, "openai", None, None),
    ]
    assert found[0]["request"] == "req-of-upstream"
    assert found[0]["bytes_in"] == len(body(bench)) and found[0]["bytes_out"] == len(whole.body)
    assert found[1]["bytes_out"] == len(stream.body)
    assert server.stop() == 0
    assert len(lines(server)) == 7, "health is told of at debug only"
    log = (server.folder / "stderr.log").read_text()
    for canary in ("canary", "query", secret.whyops, secret.openai, secret.anthropic, PLAIN):
        assert canary not in log, canary


@pytest.mark.parametrize("name", ["X-Request-Id", "X-Client-Request-Id", "Idempotency-Key"])
def test_what_a_client_calls_its_request_is_not_told(
    start: StartServer, make_bench: MakeBench, name: str
) -> None:
    """PRX-173: neither as the upstream gives it back, nor with something around it, nor a part of it."""
    server = start("--log-level", "info", "--log-format", "json").ready()
    bench = make_bench(server)
    sent = f"{bench.token}-canary-Word"
    ids = [sent, f"req_{sent}_1", "canary", sent.lower(), "x" * 129, "a canary", "caf\u00e9", "req_of-upstream.1:2"]
    for given in ids:
        bench.script.reply(replies.reply(replies.chat(PLAIN), **{"x-request-id": given}))
        head = bench.headers() | {"X-Client-Request-Id": bench.token, name: sent}
        reply = bench.fetch(CHAT, body(bench), headers=head)
        assert reply.status == 200
    found = await_lines(server, len(ids))
    assert [line.get("request") for line in found] == [None] * (len(ids) - 1) + ["req_of-upstream.1:2"]
    assert "canary" not in (server.folder / "stderr.log").read_text()


def test_failures_alone_are_told_of_by_default(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start().ready())
    bench.script.reply(replies.reply(replies.chat(PLAIN)), [RESET])
    assert bench.fetch(CHAT, body(bench)).status == 200
    assert bench.fetch(CHAT, body(bench), headers=bench.headers(Authorization="Bearer no-key")).status == 401
    assert bench.fetch(CHAT, body(bench)).status == 502
    assert bench.server.stop() == 0
    found = [line for line in bench.server.log().splitlines() if " request " in line]
    assert [line.split()[1] for line in found] == ["notice", "warning"], found
    assert "status=401" in found[0] and "code=invalid_api_key" in found[0]
    assert "status=502" in found[1] and "provider=openai" in found[1] and "end=complete" in found[1]


@pytest.mark.parametrize("end", ["client_left", "broken_off"])
def test_how_a_stream_ended(start: StartServer, make_bench: MakeBench, end: str) -> None:
    server = start("--log-level", "info", "--log-format", "json").ready()
    bench = make_bench(server)
    events = replies.chat_events(PLAIN)
    gate = bench.upstream.gate()
    head = [replies.sse_head(), replies.chunk(events[0]), replies.chunk(events[1]), gate]
    bench.script.reply([*head, RESET])
    with bench.open(CHAT, body(bench, stream=True)) as stream:
        stream.until(b"\n\n")
        if end == "broken_off":
            gate.open()
            assert not stream.rest()
    [line] = await_lines(server, 1)
    gate.open()
    assert (line["end"], line["status"], line["route"]) == (end, 200, "chat")
    broken = end == "broken_off"
    assert line.get("code") == ("upstream_unreachable" if broken else None)
    assert line["level"] == ("warning" if broken else "info")
    assert line["bytes_out"] > 0


def test_a_flood_of_wrong_keys_is_counted_instead(start: StartServer, make_bench: MakeBench) -> None:
    server = start("--log-format", "json", "--failed-keys", "100000").ready()
    bench = make_bench(server)
    began = time.monotonic()
    for number in range(300):
        head = {"Authorization": f"Bearer wrong-{number}"}
        assert bench.fetch("/v1/models", None, "GET", head).status == 401
    # A request that was let in is told of however many were not.
    bench.script.reply([RESET])
    assert bench.fetch(CHAT, body(bench)).status == 502
    seconds = time.monotonic() - began
    assert server.stop() == 0
    refused = [line for line in lines(server) if line["status"] != 502]
    assert 60 <= len(refused) <= 61 + seconds
    assert len(refused) + sum(line.get("left_out", 0) for line in refused) <= 300
    assert [line["status"] for line in lines(server)][-1] == 502


def test_what_is_no_request_is_told_of(start: StartServer) -> None:
    server = start("--log-format", "json").ready()
    host, port = server.proxy.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"\x16\x03\x01canary\r\n\r\n")
        while connection.recv(4096):
            pass
    [line] = await_lines(server, 1)
    assert (line["method"], line["route"], line["status"]) == ("none", "none", 400)
    assert "canary" not in (server.folder / "stderr.log").read_text()


def test_unsigned_replies_are_told_of_once(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--log-format", "json", env={"WHYOPS_SIGNING_KEY": ""}).ready())
    with sqlite3.connect(bench.server.store, timeout=60) as connection:
        connection.execute("ALTER TABLE signing_keys RENAME TO signing_keys_away")
    connection.close()
    for _ in range(3):
        bench.script.reply(replies.reply(replies.chat(PLAIN)))
        reply = bench.fetch(CHAT, body(bench))
        assert json.loads(reply.body)["choices"][0]["message"]["content"] == PLAIN
    assert bench.server.stop() == 0
    [line] = [line for line in lines(bench.server, lines_of_signing)]
    assert line["level"] == "warning" and line["environment"]


lines_of_signing = "replies go unsigned: the environment has no signing key that can be used"


def test_replies_of_ours_are_named(start: StartServer, make_bench: MakeBench) -> None:
    """The clients show the id, the log has it, and where there are events it is their span (PRX-119)."""
    server = start("--log-format", "json").ready()
    bench = make_bench(server)
    user: list[Any] = [{"role": "user", "content": "Answer."}]

    def chat(client: openai.OpenAI) -> Any:
        return client.chat.completions.create(model=bench.model, messages=user)

    def message(client: anthropic.Anthropic) -> Any:
        return client.messages.create(model=bench.model, max_tokens=1024, messages=user)

    ids = []
    for call, client, error in [
        (chat, bench.openai().with_options(api_key="wrong-key"), openai.AuthenticationError),
        (message, bench.anthropic().with_options(api_key="wrong-key"), anthropic.AuthenticationError),
        (chat, bench.openai(), openai.InternalServerError),
        (message, bench.anthropic(), anthropic.InternalServerError),
    ]:
        bench.script.drop_replies()
        bench.script.reply([RESET])
        with pytest.raises(error) as caught:
            call(client)
        assert caught.value.request_id
        ids.append(caught.value.request_id)
        trace = caught.value.response.headers.get("x-trace-id")
        if trace:
            events = bench.reader.await_types(trace, "user_message", "error")
            assert {event["spanId"] for event in events} == {ids[-1]}
    assert len(set(ids)) == 4
    assert [line["request"] for line in await_lines(server, 4)] == ids
