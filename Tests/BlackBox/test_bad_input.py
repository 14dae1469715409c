"""Whatever a client sends, it gets a clear answer in its vendor's envelope, and the server goes on."""

from __future__ import annotations

import json
from typing import Any, Iterator

import anthropic
import openai
import pytest

import replies
from bench import Bench, RawReply, fetch
from conftest import MakeBench, StartServer

ROUTES = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}
VENDORS = list(ROUTES)

each_vendor = pytest.mark.parametrize("vendor", VENDORS)


def good(bench: Bench, **more: Any) -> dict[str, Any]:
    return {"model": bench.model, "max_tokens": 1024, "messages": [{"role": "user", "content": "Answer."}], **more}


def assert_refused(reply: RawReply, vendor: str, status: int, *words: str) -> str:
    """The vendor's envelope; the message holds all the words."""
    assert reply.status == status, (reply.status, reply.body)
    assert (reply.header("content-type") or "").startswith("application/json"), reply.headers
    value = json.loads(reply.body)
    error = value["error"]
    if vendor == "anthropic":
        assert value["type"] == "error"
        assert {"type", "message"} <= set(error)
    else:
        assert {"message", "type", "code", "param"} <= set(error)
    assert isinstance(error["type"], str) and isinstance(error["message"], str)
    for word in words:
        assert word in error["message"], error["message"]
    return error["message"]


def assert_alive(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.chat("Here is a plain answer.")))
    reply = bench.fetch("/v1/chat/completions", replies.encode(good(bench)))
    assert reply.status == 200, reply.body


@each_vendor
@pytest.mark.parametrize("value", [None, "", "  "], ids=["missing", "empty", "white space"])
def test_missing_agent_name(bench: Bench, vendor: str, value: str | None) -> None:
    head = bench.headers()
    del head["X-Agent-Name"]
    if value is not None:
        head["X-Agent-Name"] = value
    reply = bench.fetch(ROUTES[vendor], replies.encode(good(bench)), headers=head)
    assert_refused(reply, vendor, 400, "X-Agent-Name", "--default-agent", "WHYOPS_DEFAULT_AGENT")
    assert bench.script.exchanges == []


BODIES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", ""),
    "cut off": (b'{"model":"m","messages":[{"role":"us', "36"),
    "bad byte": (b'{"model": nope}', "11"),
    "trailing": (b'{"model":"m","messages":[]} x', "28"),
    "trailing comma": (b'{"model":"m","messages":[],}', "27"),
    "invalid UTF-8": (b'{"model":"m","messages":[],"x":"\xff"}', "32"),
    "overlong UTF-8": (b'{"model":"m","messages":[],"x":"\xc0\xaf"}', "32"),
    "control character": (b'{"model":"m","messages":[],"x":"a\nb"}', "33"),
    "byte order mark": (b'\xef\xbb\xbf{"model":"m","messages":[]}', "0"),
    "not JSON": (b"model=m&messages=none", "0"),
    "deep": (b'{"model":"m","messages":' + b"[" * 20_000 + b"]" * 20_000 + b"}", ""),
    "ten million brackets": (b"[" * 10_000_000, ""),
    "more values than are read": (b'{"model":"m","messages":[' + b"0," * 1_000_000 + b"0]}", ""),
    "deep objects": (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, ""),
}


@each_vendor
@pytest.mark.parametrize("name", BODIES)
def test_malformed_json(bench: Bench, vendor: str, name: str) -> None:
    body, offset = BODIES[name]
    reply = bench.fetch(ROUTES[vendor], body)
    assert_refused(reply, vendor, 400, offset)
    assert bench.script.exchanges == []


SHAPES: dict[str, tuple[Any, str]] = {
    "array": ([], ""),
    "string": ("hello", ""),
    "null": (None, ""),
    "number": (7, ""),
    "no model": ({"messages": []}, "model"),
    "model is a number": ({"model": 4, "messages": []}, "model"),
    "model is null": ({"model": None, "messages": []}, "model"),
    "no messages": ({"model": "m"}, "messages"),
    "messages is a string": ({"model": "m", "messages": "hello"}, "messages"),
    "messages is an object": ({"model": "m", "messages": {}}, "messages"),
}


@each_vendor
@pytest.mark.parametrize("name", SHAPES)
def test_wrong_shape(bench: Bench, vendor: str, name: str) -> None:
    value, pointer = SHAPES[name]
    reply = bench.fetch(ROUTES[vendor], replies.encode(value))
    assert_refused(reply, vendor, 400, pointer)
    assert bench.script.exchanges == []


ODD_MESSAGES: dict[str, Any] = {
    "numbers": [1, 2, None, True],
    "no role": [{"content": "x"}],
    "role is a number": [{"role": 3, "content": "x"}],
    "content is a number": [{"role": "user", "content": 5}],
    "assistant of nulls": [{"role": "assistant", "content": None, "tool_calls": None}],
    "calls of numbers": [{"role": "assistant", "tool_calls": [1, {"function": 2}, {"function": {"arguments": 3}}]}],
    "arguments are no JSON": [{"role": "assistant", "tool_calls": [{"function": {"arguments": "{_whyops_trace_id"}}]}],
    "parts of numbers": [{"role": "assistant", "content": [1, {"type": "text"}, {"type": 2, "text": 3}]}],
    "nested lists": [[[["x"]]]],
    "empty": [],
    "stream is a string": [{"role": "user", "content": "x"}],
}


@each_vendor
@pytest.mark.parametrize("name", ODD_MESSAGES)
def test_odd_messages_are_the_providers_business(bench: Bench, vendor: str, name: str) -> None:
    """What is inside the messages is not ours to judge: it is forwarded as it came."""
    error = replies.vendor_error(vendor, "invalid_request_error", "scripted")
    bench.script.reply(replies.reply(error, 400))
    value = good(bench, messages=ODD_MESSAGES[name], tools=7, temperature="warm")
    if name.startswith("stream"):
        value["stream"] = "yes"
    body = replies.encode(value)
    reply = bench.fetch(ROUTES[vendor], body)
    assert (reply.status, reply.body) == (400, replies.encode(error))
    assert bench.script.last.body == body


@each_vendor
@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
def test_body_over_the_limit(strict_bench: Bench, vendor: str, chunked: bool) -> None:
    bench = strict_bench
    body = replies.encode(good(bench, padding="x" * 70_000))

    def pieces() -> Iterator[bytes]:
        for at in range(0, len(body), 8192):
            yield body[at : at + 8192]

    reply = bench.fetch(ROUTES[vendor], pieces() if chunked else body)
    assert_refused(reply, vendor, 413)
    assert bench.script.exchanges == []
    assert_alive(bench)


def test_body_just_under_the_limit(strict_bench: Bench) -> None:
    bench = strict_bench
    bench.script.reply(replies.reply(replies.chat("Here is a plain answer.")))
    empty = len(replies.encode(good(bench, padding="")))
    body = replies.encode(good(bench, padding="x" * (65_536 - empty)))
    assert len(body) == 65_536
    assert bench.fetch("/v1/chat/completions", body).status == 200
    assert bench.script.last.body == body


@each_vendor
def test_unknown_and_missing_keys(bench: Bench, vendor: str) -> None:
    body = replies.encode(good(bench))
    for wrong in ("Bearer YOPS-" + "x" * 32, "Bearer short", "Bearer ", "Basic abc", None):
        head = bench.headers(Authorization=wrong)  # type: ignore[arg-type]
        assert_refused(bench.fetch(ROUTES[vendor], body, headers=head), vendor, 401)
    head = bench.headers(Authorization="Bearer nobody-knows-this-key")
    head["x-api-key"] = bench.server.key
    assert_refused(bench.fetch(ROUTES[vendor], body, headers=head), vendor, 401)
    for empty in ("", "Bearer", "Bearer ", "Bearer \t "):
        # An empty one is none, and the other header decides.
        key = bench.headers(Authorization=empty) | {"x-api-key": "nobody-knows-this-key"}
        assert_refused(bench.fetch(ROUTES[vendor], body, headers=key), vendor, 401)
        key["x-api-key"] = bench.server.key
        assert bench.fetch("/v1/realtime", None, "GET", key).status == 501
    assert_refused(bench.fetch("/v1/files/x", None, "GET", bench.headers(Authorization="Bearer no")), "openai", 401)
    assert bench.script.exchanges == []


def test_clients_raise_their_own_errors(bench: Bench) -> None:
    user: Any = [{"role": "user", "content": "Answer."}]
    with pytest.raises(openai.AuthenticationError):
        bench.openai().with_options(api_key="unknown").chat.completions.create(model=bench.model, messages=user)
    with pytest.raises(anthropic.AuthenticationError) as caught:
        client = bench.anthropic().with_options(api_key="unknown")
        client.messages.create(model=bench.model, max_tokens=1024, messages=user)
    assert caught.value.type == "authentication_error"
    with pytest.raises(openai.BadRequestError, match="X-Agent-Name"):
        bench.openai(headers={"X-Agent-Name": ""}).chat.completions.create(model=bench.model, messages=user)
    with pytest.raises(anthropic.BadRequestError, match="X-Agent-Name"):
        bench.anthropic(headers={"X-Agent-Name": ""}).messages.create(
            model=bench.model, max_tokens=1024, messages=user
        )


@each_vendor
def test_unknown_content_encoding(bench: Bench, vendor: str) -> None:
    head = bench.headers(Content_Encoding="compress")
    assert_refused(bench.fetch(ROUTES[vendor], b"\x1f\x9d\x90", headers=head), vendor, 415)
    assert bench.script.exchanges == []


@each_vendor
def test_missing_provider(start: StartServer, make_bench: MakeBench, vendor: str) -> None:
    other = "anthropic" if vendor == "openai" else "openai"
    bench = make_bench(start(vendors=(other,)).ready())
    reply = bench.fetch(ROUTES[vendor], replies.encode(good(bench)))
    assert_refused(reply, vendor, 400, f"{vendor.upper()}_API_KEY")


@pytest.mark.parametrize("route", ["/v1/realtime", "/realtime", "/v1/realtime?model=m", "/v1/responses"])
def test_websocket_is_refused(bench: Bench, route: str) -> None:
    head = bench.headers(
        Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13", Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAA=="
    )
    assert_refused(bench.fetch(route, None, "GET", head), "openai", 501)
    assert bench.script.exchanges == []
    assert_alive(bench)


@pytest.mark.parametrize("target", ["@127.0.0.1:9", ":9", ".localhost:9", "127.0.0.1:9"])
def test_target_that_is_no_path(bench: Bench, target: str) -> None:
    """Joined to a base address it could name another host, which would get the credential."""
    assert_refused(bench.fetch(target, None, "CONNECT"), "openai", 501)
    assert bench.script.exchanges == []
    assert_alive(bench)


@each_vendor
def test_loop_is_broken(bench: Bench, vendor: str) -> None:
    assert_alive(bench)
    via = bench.script.last.header("via")
    assert via
    reply = bench.fetch(ROUTES[vendor], replies.encode(good(bench)), headers=bench.headers(Via=f"1.1 other, {via}"))
    assert_refused(reply, vendor, 508)
    bench.script.reply(replies.reply(replies.chat("Here is a plain answer.")))
    reply = bench.fetch("/v1/chat/completions", replies.encode(good(bench)), headers=bench.headers(Via="1.1 other"))
    assert reply.status == 200


def test_health_needs_no_key(bench: Bench) -> None:
    for url in (bench.server.proxy, bench.server.ingest):
        assert fetch(url, "GET", "/health").status == 200
