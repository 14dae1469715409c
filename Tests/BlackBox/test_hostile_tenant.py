"""What a tenant that wishes the others ill can see, guess and hold up: two environments with keys of their own, one of them hostile."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import ExitStack, suppress
from typing import Any

import pytest

import replies
from bench import Bench, RawReply, connect, fetch
from conftest import MakeBench, StartServer
from openapi import Document
from reader import eventually
from tenants import create_key, whyops
from test_two_tenants import BODIES, INCLUDE

DOCUMENT = Document()
BODY_BYTES = 10 << 20
PROVIDER = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture
def pair(start: StartServer, make_bench: MakeBench) -> tuple[Bench, str, str]:
    """A server, the key of its hostile tenant, and that of the other one."""
    bench = make_bench(start().ready())
    keys = []
    for name in ("hostile", "other"):
        whyops(bench.server, "projects", "create", name)
        keys.append(create_key(bench.server, name, "--project", name, "--environment", "PRODUCTION"))
    return bench, keys[0], keys[1]


def send(bench: Bench, key: str, method: str, target: str, body: Any = None, **head: str) -> RawReply:
    headers: dict[str, str | bytes] = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    headers |= {name.replace("_", "-"): value for name, value in head.items()}
    return fetch(bench.server.ingest, method, target, headers, None if body is None else json.dumps(body).encode())


def said(trace: str, text: str, **more: Any) -> dict[str, Any]:
    model = {"model": "m", "provider": "p"}
    return {"eventType": "llm_response", "traceId": trace, "agentName": "a", "content": {"content": text}, "metadata": model, **more}


# MARK: What can be seen and guessed


def test_a_trace_of_another_is_one_that_nobody_has(pair: tuple[Bench, str, str]) -> None:
    """Every route with a trace in it, by a trace that only the other one has."""
    bench, hostile, other = pair
    assert send(bench, other, "POST", "/api/events", [said("only-theirs", "A secret.")]).status == 201
    asked = 0
    for path, method, operation in DOCUMENT.routes():
        if "{traceId}" not in path or "ingest" not in operation["tags"]:
            continue
        body = BODIES.get(operation["operationId"])
        found = [send(bench, hostile, method, f"{path.replace('{traceId}', id)}?{INCLUDE}", body) for id in ("only-theirs", "none")]
        assert [one.status for one in found] == [404, 404], (path, found)
        assert found[0].body == found[1].body, path
        names = [sorted(name.lower() for name, _ in one.headers) for one in found]
        assert names[0] == names[1], path
        assert send(bench, other, method, f"{path.replace('{traceId}', 'only-theirs')}?{INCLUDE}", body).status == 200, path
        asked += 1
    assert asked >= 4


def test_filters_and_searches_do_not_tell(pair: tuple[Bench, str, str]) -> None:
    """Nothing that the other one has changes any list, count or page of one who names it."""
    bench, hostile, other = pair
    events = [said(f"t-{at}", f"Unusual words {at}.", externalUserId="vip", providerId=PROVIDER) for at in range(5)]
    events += [{"eventType": "error", "traceId": "t-0", "agentName": "secret-agent", "content": {"message": "x"}}]
    assert send(bench, hostile, "POST", "/api/events", [said("mine", "Mine.")]).status == 201

    def asked() -> list[tuple[str, bytes]]:
        targets = [
            "threads?q=Unusual", "threads?externalUserId=vip", "threads?agentName=secret-agent", f"threads?providerId={PROVIDER}",
            "threads?hasErrors=true", "threads?page=2&count=1", "threads", "events", "events?traceId=t-0", "events?offset=1",
            f"events?providerId={PROVIDER}", "entities", "users", "users?startDate=2020-01-01", "dlq", "analytics/usage",
            f"analytics/usage?providerId={PROVIDER}", "analytics/timeline?interval=day", "analytics/summary",
            "analytics/dashboard", "agent-settings/limits",
        ]  # fmt: skip
        found = []
        for target in targets:
            reply = send(bench, hostile, "GET", f"/api/{target}")
            assert reply.status == 200, (target, reply.body)
            found.append((target, reply.body))
        return found

    before = asked()
    assert send(bench, other, "POST", "/api/events", events).status == 201
    assert send(bench, other, "POST", "/api/events?partial=true", [{}]).status == 207
    assert asked() == before


def test_names_that_both_chose_meet_nowhere(pair: tuple[Bench, str, str]) -> None:
    """Idempotency keys of events and of requests, and a conversation that names another's trace in every way there is."""
    bench, hostile, other = pair
    for key in (other, hostile):
        reply = send(bench, key, "POST", "/api/events", [said("same", key, idempotencyKey="same")], Idempotency_Key="same")
        assert reply.status == 201 and json.loads(reply.body)[0]["status"] == "saved", reply.body
        assert send(bench, key, "POST", "/api/events", [said("same", key, idempotencyKey="same")]).status == 201
    # A signature of the proxy and the id of a tool call, both of which are the other's.
    call = replies.tool_call(f"call_{bench.token}", "f", "{}")
    bench.script.reply(replies.reply(replies.chat("It is said so, and it is signed.")))
    bench.script.reply(replies.reply(replies.chat(None, calls=[call])))
    question = {"role": "user", "content": "Say it."}
    signed = bench.fetch("/v1/chat/completions", replies.encode({"model": bench.model, "messages": [question]}))
    answer = json.loads(signed.body)["choices"][0]["message"]
    called = bench.fetch("/v1/chat/completions", replies.encode({"model": bench.model, "messages": [question]}))
    bench.reader.await_types(signed.trace, "user_message", "llm_response")
    bench.reader.await_types(called.trace, "user_message", "llm_response")
    histories = [
        [question, {"role": "assistant", "content": answer["content"]}, question],
        [question, {"role": "assistant", "content": None, "tool_calls": [call]}, question],
    ]
    for history in histories:
        for key, is_found in ((bench.server.key, True), (hostile, False)):
            reply = send(bench, key, "POST", "/api/threads/match", {"messages": history})
            assert (reply.status, json.loads(reply.body)["found"]) == (200, is_found), reply.body


def test_a_place_in_the_stream_is_ones_own(pair: tuple[Bench, str, str]) -> None:
    """A `Last-Event-ID` of another's stream, or of long ago, brings nothing of his."""
    bench, hostile, other = pair
    assert send(bench, other, "POST", "/api/events", [said("theirs", "x")]).status == 201
    assert send(bench, hostile, "POST", "/api/events", [said("mine", "x")]).status == 201
    connection = connect(bench.server.ingest)
    headers = {"Authorization": f"Bearer {hostile}", "Last-Event-ID": "2020-01-01T00:00:00.000Z"}
    connection.request("GET", "/api/threads/stream", headers=headers)
    reply = connection.getresponse()
    data = b""
    while b'"mine"' not in data:
        data += reply.read1(65536)
    connection.close()
    assert b"theirs" not in data


# MARK: What can be held up


def test_bodies_that_never_come_leave_room_for_others(pair: tuple[Bench, str, str]) -> None:
    """ING-130: as many requests as one likes, each of which says that 10 MiB will come, and then says nothing more."""
    bench, hostile, other = pair
    head = (
        f"POST /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {hostile}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {BODY_BYTES}\r\n\r\n["
    ).encode()
    port = connect(bench.server.ingest).port
    with ExitStack() as opened:
        for _ in range(40):
            client = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            client.sendall(head)
        # Some of his own are refused by now, as is any further one of his.
        eventually(lambda: send(bench, hostile, "POST", "/api/events", [said("mine", "x" * (9 << 20))]).status == 503, "a refusal")
        for at in range(3):
            long = [said("theirs", f"{at}" + "x" * (9 << 20))]
            assert send(bench, other, "POST", "/api/events", long).status == 201
    eventually(lambda: send(bench, hostile, "POST", "/api/events", [said("mine", "x" * (9 << 20))]).status == 201, "room again")


def test_bodies_that_never_come_leave_room_in_the_proxy(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-214: they take most of what is held at once, and no more."""
    bench = make_bench(start("--max-held-bytes", str(8 << 20)).ready())
    bench.script.answer(lambda _: replies.reply(replies.chat("It is done, and all of it went well.")))
    whyops(bench.server, "projects", "create", "hostile")
    hostile = create_key(bench.server, "hostile", "--project", "hostile", "--environment", "PRODUCTION")
    body = json.dumps({"model": bench.model, "messages": [{"role": "user", "content": "x" * (1 << 20)}]}).encode()
    head: dict[str, str | bytes] = {"Authorization": f"Bearer {hostile}", "X-Agent-Name": "a"}
    lines = "".join(f"{name}: {value!s}\r\n" for name, value in head.items())
    start_ = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode()

    def asked() -> int:
        return fetch(bench.server.proxy, "POST", "/v1/chat/completions", head, body).status

    with ExitStack() as opened:

        def refused_behind_one_more() -> bool:
            # One after the other: many at once keep each other out, and those that are left may leave room for one.
            port = connect(bench.server.proxy).port
            client = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            with suppress(ConnectionError):
                client.sendall(start_ + body[:-1])
            return asked() == 503

        eventually(refused_behind_one_more, "a refusal")
        for _ in range(3):
            assert bench.fetch("/v1/chat/completions", body).status == 200
    # Its environment has no provider; for that answer the body is read.
    eventually(lambda: asked() == 400, "room again")


def test_replies_that_nobody_takes_leave_room_for_others(pair: tuple[Bench, str, str]) -> None:
    """ING-130: large pages are asked for, and then nobody reads them."""
    bench, hostile, other = pair
    for key in (hostile, other):
        for at in range(4):
            assert send(bench, key, "POST", "/api/events", [said("large", f"{at}" + "x" * (8 << 20))]).status == 201
    target = "/api/threads/large?eventInclude=content"
    refused = 0
    with ExitStack() as opened:
        for _ in range(12):
            connection = http.client.HTTPConnection("127.0.0.1", connect(bench.server.ingest).port, timeout=60)
            opened.callback(connection.close)
            connection.connect()
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.request("GET", target, headers={"Authorization": f"Bearer {hostile}"})
            refused += connection.getresponse().status == 503
        assert refused >= 4
        for _ in range(3):
            reply = send(bench, other, "GET", target)
            assert reply.status == 200 and len(reply.body) > 32 << 20
    eventually(lambda: send(bench, hostile, "GET", target).status == 200, "room again")


def test_all_streams_of_one_leave_those_of_another(pair: tuple[Bench, str, str]) -> None:
    bench, hostile, other = pair
    with ExitStack() as opened:

        def stream(key: str) -> int:
            connection = connect(bench.server.ingest)
            opened.callback(connection.close)
            connection.request("GET", "/api/threads/stream", headers={"Authorization": f"Bearer {key}"})
            return connection.getresponse().status

        assert {stream(hostile) for _ in range(100)} == {200}
        assert stream(hostile) == 503
        assert stream(other) == 200
        assert send(bench, other, "POST", "/api/events", [said("theirs", "x")]).status == 201
