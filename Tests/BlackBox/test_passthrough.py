"""Routes that are not recorded: the credentials are swapped, everything else goes through as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

import frames
import replies
from bench import Bench
from harness import Secrets

BINARY = bytes(range(256)) * 33 + b"\r\n\r\n\xe2\x80\x8b"
MODELS = b'{ "object":"list", "data":[{"id":"m","created":1.0e9}] }\n'


@pytest.mark.parametrize("path", ["/v1", "", "/v1/v1"])
def test_models_of_openai(bench: Bench, secret: Secrets, path: str) -> None:
    bench.script.reply(replies.http(200, MODELS))
    reply = bench.fetch(f"{path}/models", None, "GET")
    assert (reply.status, reply.body) == (200, MODELS)
    exchange = bench.script.last
    assert (exchange.method, exchange.target, exchange.body) == ("GET", "/v1/models", b"")
    assert exchange.header("authorization") == f"Bearer {secret.openai}"


def test_models_of_anthropic(bench: Bench, secret: Secrets) -> None:
    bench.script.reply(replies.http(200, MODELS))
    head = bench.headers(anthropic_version="2023-06-01")
    del head["Authorization"]
    head["x-api-key"] = bench.server.key
    reply = bench.fetch("/v1/models?limit=2&after_id=a%2Fb", None, "GET", head)
    assert (reply.status, reply.body) == (200, MODELS)
    exchange = bench.script.last
    assert exchange.target == "/v1/models?limit=2&after_id=a%2Fb"
    assert exchange.header("x-api-key") == secret.anthropic
    assert exchange.header("authorization") is None
    assert exchange.header("anthropic-version") == "2023-06-01"


def test_models_through_the_clients(bench: Bench, secret: Secrets) -> None:
    listed = {"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "x"}]}
    pages = {"data": [{"id": "m", "type": "model", "display_name": "M", "created_at": "2026-01-01T00:00:00Z"}]}
    bench.script.reply(replies.reply(listed), replies.reply({**pages, "has_more": False}))
    token = {"X-Client-Request-Id": bench.token}
    assert [model.id for model in bench.openai().models.list(extra_headers=token)] == ["m"]
    assert [model.id for model in bench.anthropic().models.list(extra_headers=token)] == ["m"]
    first, second = bench.script.exchanges
    assert first.header("authorization") == f"Bearer {secret.openai}"
    assert second.header("x-api-key") == secret.anthropic


def test_no_agent_name_is_needed(bench: Bench) -> None:
    bench.script.reply(replies.http(200, MODELS))
    head = bench.headers()
    del head["X-Agent-Name"]
    assert bench.fetch("/v1/models", None, "GET", head).status == 200
    assert bench.reader.threads(bench.agent) == []


def test_embeddings(bench: Bench) -> None:
    vector = {"object": "embedding", "index": 0, "embedding": [0.25, -1.5, 1e-7]}
    usage = {"prompt_tokens": 3, "total_tokens": 3}
    value = {"object": "list", "model": bench.model, "data": [vector], "usage": usage}
    bench.script.reply(replies.reply(value), replies.reply(value))
    options: Any = {"model": bench.model, "input": ["some text to embed"], "encoding_format": "float"}
    direct = bench.openai_direct().embeddings.create(**options)
    proxied = bench.openai().embeddings.create(**options)
    assert proxied.model_dump() == direct.model_dump()
    bodies = [exchange.body for exchange in bench.script.exchanges]
    assert bodies[0] == bodies[1]


def test_json_of_a_passed_route_is_stripped(bench: Bench) -> None:
    """EXC-7, and what does not parse passes as it came."""
    signed = "some text" + frames.encode("a-trace")
    for body, expected in [
        (replies.encode({"input": [signed], "t": bench.token}), replies.encode({"input": ["some text"], "t": bench.token})),
        (b'{"input": "' + signed.encode() + b'"', None),
        (b'{"input": "\xff"}', None),
        (b"[1.0e0,\t2]", None),
        (b"", None),
    ]:
        bench.script.reply(replies.reply({}))
        assert bench.fetch(f"/v1/anything/{bench.token}", body).status == 200
        assert bench.script.last.body == (body if expected is None else expected)


def test_other_media_are_not_stripped(bench: Bench) -> None:
    body = ("text" + frames.encode("a-trace")).encode()
    for kind in ("text/plain", "application/octet-stream", "multipart/form-data; boundary=x", "application/x-ndjson"):
        bench.script.reply(replies.reply({}))
        assert bench.fetch(f"/v1/files/{bench.token}", body, headers=bench.headers(Content_Type=kind)).status == 200
        assert bench.script.last.body == body
        assert bench.script.last.header("content-type") == kind


@pytest.mark.parametrize("status", [200, 201, 204, 206, 404, 409, 500])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_unknown_route_keeps_method_status_and_bytes(bench: Bench, secret: Secrets, method: str, status: int) -> None:
    answer = b"" if status == 204 else BINARY
    if status == 204:
        bench.script.reply([b"HTTP/1.1 204 No Content\r\n\r\n"])
    else:
        bench.script.reply(replies.http(status, answer, "application/octet-stream", x_request_id="req_9"))
    target = f"/v1/files/{bench.token}%20x/content?a=%2F&b=c+d&b=&%C3%A9"
    head = bench.headers(Content_Type="application/octet-stream")
    body = None if method == "GET" else BINARY
    reply = bench.fetch(target, body, method, head)
    assert (reply.status, reply.body, reply.complete) == (status, answer, True)
    exchange = bench.script.last
    assert (exchange.method, exchange.target, exchange.body) == (method, target, body or b"")
    assert exchange.header("authorization") == f"Bearer {secret.openai}"
    if status != 204:
        assert reply.header("content-type") == "application/octet-stream"
        assert reply.header("x-request-id") == "req_9"


def test_head_request(bench: Bench) -> None:
    bench.script.reply([b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1234\r\n\r\n"])
    reply = bench.fetch("/v1/models", None, "HEAD")
    assert (reply.status, reply.body) == (200, b"")
    assert bench.script.last.method == "HEAD"


def test_stream_on_a_passed_route_is_not_held_back(bench: Bench) -> None:
    parts = [b"event: response.created\ndata: {}\n\n", b": x\n\n", b"data: \xff not even text", b" in two parts\n\n"]
    gates = [bench.upstream.gate() for _ in parts]
    bench.script.reply(replies.sse(replies.gated(parts, gates)))
    body = replies.encode({"model": bench.model, "stream": True})
    with bench.open("/v1/completions", body) as reply:
        for part, gate in zip(parts, gates):
            reply.until(part)
            gate.open()
        assert reply.rest()
        assert reply.body == b"".join(parts)


def test_multipart_upload_through_the_client(bench: Bench) -> None:
    value = {"id": "file-1", "object": "file", "bytes": 3, "created_at": 1, "filename": "a.bin", "purpose": "assistants"}
    bench.script.reply(replies.reply(value))
    uploaded = bench.openai().files.create(file=(f"{bench.token}.bin", BINARY), purpose="assistants")
    assert uploaded.id == "file-1"
    exchange = bench.script.last
    assert BINARY in exchange.body
    assert (exchange.header("content-type") or "").startswith("multipart/form-data; boundary=")


def test_download_through_the_client(bench: Bench) -> None:
    bench.script.reply(replies.http(200, BINARY, "application/octet-stream"))
    assert bench.openai().files.content(f"file-{bench.token}").read() == BINARY


def test_model_name_with_a_slash(bench: Bench) -> None:
    """What the client makes of `org/name` must reach the upstream as it is."""
    value = {"id": "org/name", "object": "model", "created": 1, "owned_by": "x"}
    for _ in range(2):
        bench.script.reply(replies.reply(value))
    bench.openai_direct().models.retrieve(f"org/{bench.token}")
    assert bench.openai().models.retrieve(f"org/{bench.token}").id == "org/name"
    direct, proxied = bench.script.exchanges
    assert proxied.target == direct.target


def test_error_of_a_passed_route(bench: Bench) -> None:
    body = json.dumps(replies.vendor_error("openai", "not_found", "no such file")).encode()
    bench.script.reply(replies.http(404, body, retry_after="5"))
    reply = bench.fetch(f"/v1/files/{bench.token}", None, "GET")
    assert (reply.status, reply.body, reply.header("retry-after")) == (404, body, "5")
    assert bench.reader.threads(bench.agent) == []


SPELLINGS = [
    "/v1/%63hat/completions", "/v1//chat/completions", "/v1/chat%2Fcompletions", "/v1/v1/v1/chat/completions",
    "/V1/Chat/Completions", "//chat/completions/", "/v1/chat/completions;a=b",
]


@pytest.mark.parametrize("path", SPELLINGS)
def test_no_spelling_dodges_the_record(bench: Bench, path: str) -> None:
    """PRX-170"""
    body = replies.encode({"model": bench.model, "messages": [{"role": "user", "content": "Answer."}]})
    bench.script.reply(replies.reply(replies.chat("Here is a plain answer.")))
    reply = bench.fetch(path + "?a=%2F", body)
    assert reply.status == 200, reply.body
    assert bench.script.last.target == "/v1/chat/completions?a=%2F"
    bench.reader.await_types(reply.trace, "user_message", "llm_response")
    nameless = bench.headers()
    del nameless["X-Agent-Name"]
    assert bench.fetch(path, body, headers=nameless).status == 400
    assert len(bench.script.exchanges) == 1


@pytest.mark.parametrize("prefix", ["", "/v1", "/v1/v1"])
def test_health_needs_no_key(bench: Bench, prefix: str) -> None:
    """PRX-1, PRX-18, PRX-172"""
    assert json.loads(bench.fetch(f"{prefix}/health", None, "GET", {}).body)["status"] == "healthy"
    assert json.loads(bench.fetch(f"{prefix}/health/ready", None, "GET", {}).body) == {"status": "ready"}
    assert bench.script.exchanges == []
