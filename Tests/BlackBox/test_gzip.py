"""Request bodies in gzip (PRX-90 to PRX-92)."""

from __future__ import annotations

import gzip
import importlib
import json
import re
import zlib
from pathlib import Path
from typing import Any, Callable, Iterator

import anthropic
import httpx
import openai
import pytest

import frames
import replies
from bench import TIMEOUT, Bench, Headers
from conftest import MakeBench, StartServer
from harness import Server
from test_bad_input import ROUTES, assert_alive, assert_refused, each_vendor
from test_upstream_faults import good

# What this client is built on: one library in older versions, its successor in newer ones.
ANTHROPIC_HTTP: Any = importlib.import_module(anthropic.DefaultHttpxClient.__mro__[2].__module__.partition(".")[0])

ANSWER = "Here is a plain answer."
READ = [*ROUTES.values(), "/v1/responses", "/v1/embeddings", "/v1/messages/count_tokens"]


def compressing(http: Any, pack: Callable[[bytes], bytes] = gzip.compress) -> Any:
    """A client that sends every body in gzip, as one does that is told to; the vendors use two libraries for it."""

    class Transport(http.HTTPTransport):  # type: ignore[misc]
        def handle_request(self, request: Any) -> Any:
            body = pack(request.read())
            headers = [item for item in request.headers.raw if item[0].lower() != b"content-length"]
            headers += [(b"Content-Encoding", b"gzip"), (b"Content-Length", str(len(body)).encode())]
            return super().handle_request(
                http.Request(request.method, request.url, headers=headers, content=body, extensions=request.extensions)
            )

    return http.Client(transport=Transport(), timeout=TIMEOUT)


def encoded(bench: Bench, encoding: str = "gzip", **more: str | bytes) -> Headers:
    return bench.headers(Content_Encoding=encoding, **more)


def memory(server: Server) -> int:
    """The most that the process has held so far, in MiB."""
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    assert found
    return int(found[1]) // 1024


def test_openai_client(bench: Bench) -> None:
    """Two turns of a conversation: the trace is found in the history that comes packed."""
    client = bench.openai(http_client=compressing(httpx))
    messages: list[Any] = [{"role": "user", "content": "First question, \u05e9\u05dc\u05d5\u05dd."}]
    traces = []
    for _ in range(2):
        bench.script.reply(replies.reply(replies.chat(ANSWER)))
        raw = client.chat.completions.with_raw_response.create(model=bench.model, messages=messages)
        traces.append(raw.headers["x-trace-id"])
        message = raw.parse().choices[0].message
        messages += [message.model_dump(exclude_none=True), {"role": "user", "content": "And then?"}]
    assert traces[0] == traces[1]
    sent = bench.script.last
    assert sent.header("content-encoding") is None
    assert sent.header("content-length") == str(len(sent.body))
    assert json.loads(sent.body)["messages"][1]["content"] == ANSWER, "the upstream got the signature"


def test_anthropic_client(bench: Bench) -> None:
    client = bench.anthropic(http_client=compressing(ANTHROPIC_HTTP))
    bench.script.reply(replies.reply(replies.message([{"type": "text", "text": ANSWER}])))
    user: Any = [{"role": "user", "content": "Answer."}]
    reply: Any = client.messages.create(model=bench.model, max_tokens=64, messages=user)
    assert frames.strip(reply.content[0].text) == ANSWER
    assert json.loads(bench.script.last.body)["messages"] == user


@pytest.mark.parametrize("route", READ)
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZip"])
def test_upstream_gets_the_same_bytes(bench: Bench, route: str, encoding: str) -> None:
    body = good(bench, input="x", pad=[1.0, 1e2, "\u200d"])
    bench.script.reply(replies.http(200, b"{}"))
    bench.fetch(route, gzip.compress(body), headers=encoded(bench, encoding))
    sent = bench.script.last
    assert sent.body == body
    assert (sent.header("content-encoding"), sent.header("content-length")) == (None, str(len(body)))


@pytest.mark.parametrize("encoding", ["", "identity", "Identity", "identity \t"])
def test_encodings_that_are_none(bench: Bench, encoding: str) -> None:
    bench.script.reply(replies.reply(replies.chat(ANSWER)))
    reply = bench.fetch(ROUTES["openai"], good(bench), headers=encoded(bench, encoding))
    assert reply.status == 200
    assert (bench.script.last.body, bench.script.last.header("content-encoding")) == (good(bench), None)


@pytest.mark.parametrize("kind", ["application/octet-stream", "application/x-ndjson", None])
def test_body_that_is_not_read_stays_as_it_is(bench: Bench, kind: str | None) -> None:
    body = gzip.compress(b"some file") + b"and a tail"
    bench.script.reply(replies.http(200, b"{}"))
    bench.fetch(f"/v1/files/{bench.token}", body, headers=encoded(bench, Content_Type=kind))  # type: ignore[arg-type]
    assert (bench.script.last.body, bench.script.last.header("content-encoding")) == (body, "gzip")


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip, gzip, gzip", "identity, gzip"])
def test_other_encodings_are_refused(bench: Bench, encoding: str) -> None:
    body = gzip.compress(good(bench))
    reply = bench.fetch(ROUTES["openai"], body, headers=encoded(bench, encoding))
    assert_refused(reply, "openai", 415)
    assert reply.header("accept-encoding") == "gzip"
    assert bench.script.exchanges == []


def test_members_and_chunks(bench: Bench) -> None:
    """A body of three members, in chunks that end anywhere."""
    body = good(bench, pad="y" * 100_000)
    parts = [body[:10], body[10:50_000], body[50_000:]]
    packed = b"".join(gzip.compress(part) for part in parts)

    def pieces(size: int) -> Iterator[bytes]:
        for at in range(0, len(packed), size):
            yield packed[at : at + size]

    for size in (1, 7, 100_000):
        bench.script.reply(replies.reply(replies.chat(ANSWER)))
        assert bench.fetch(ROUTES["openai"], pieces(size), headers=encoded(bench)).status == 200
        assert bench.script.last.body == body


DAMAGED = {
    "no gzip": lambda body: body,
    "zlib": zlib.compress,
    "nothing": lambda body: b"",
    "cut off": lambda body: gzip.compress(body)[:-1],
    "half a member behind": lambda body: gzip.compress(body) + gzip.compress(b" ")[:12],
    "garbage behind": lambda body: gzip.compress(body) + b"garbage",
    "zeros behind": lambda body: gzip.compress(body) + bytes(512),
    "wrong sum": lambda body: gzip.compress(body)[:-8] + bytes(8),
    "packed twice": lambda body: gzip.compress(gzip.compress(body)),
}


@each_vendor
@pytest.mark.parametrize("name", DAMAGED)
def test_damaged(bench: Bench, vendor: str, name: str) -> None:
    body = DAMAGED[name](good(bench))
    reply = bench.fetch(ROUTES[vendor], body, headers=encoded(bench))
    assert_refused(reply, vendor, 400)
    assert bench.script.exchanges == []
    assert_alive(bench)


@each_vendor
@pytest.mark.parametrize("form", ["decoded", "encoded"])
def test_over_the_limit(strict_bench: Bench, vendor: str, form: str) -> None:
    """64 KiB, of what comes and of what it decodes to."""
    bench = strict_bench
    body = good(bench, padding="x" * 70_000 if form == "decoded" else "")
    packed = gzip.compress(body) + (b"" if form == "decoded" else gzip.compress(b"") * 4000)
    assert (len(packed) > 65_536) == (form == "encoded")
    assert_refused(bench.fetch(ROUTES[vendor], packed, headers=encoded(bench)), vendor, 413)
    assert_refused(bench.fetch(ROUTES[vendor], iter([packed]), headers=encoded(bench)), vendor, 413)
    assert bench.script.exchanges == []
    assert_alive(bench)


def test_just_under_the_limit(strict_bench: Bench) -> None:
    bench = strict_bench
    bench.script.reply(replies.reply(replies.chat(ANSWER)))
    body = good(bench, padding="")
    body = good(bench, padding="x" * (65_536 - len(body)))
    assert len(body) == 65_536
    assert bench.fetch(ROUTES["openai"], gzip.compress(body), headers=encoded(bench)).status == 200
    assert bench.script.last.body == body


def test_bombs(start: StartServer, make_bench: MakeBench) -> None:
    """Ten MiB that decode to ten GiB, as one member and as many: refused, and the memory stays what it was."""
    bench = make_bench(start("--max-body-bytes", "16777216").ready())
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    one = b"".join(packer.compress(zeros) for _ in range(1024)) + packer.flush()
    many = gzip.compress(bytes(1 << 26)) * 160
    assert len(many) < 16 << 20
    bench.fetch(ROUTES["openai"], gzip.compress(zeros * 15), headers=encoded(bench))
    before = memory(bench.server)
    for _ in range(4):
        for bomb in (one, many):
            assert_refused(bench.fetch(ROUTES["openai"], bomb, headers=encoded(bench)), "openai", 413)
    grown = memory(bench.server) - before
    assert grown < 48, f"{grown} MiB more"
    assert_alive(bench)


def test_sdk_error_classes(bench: Bench) -> None:
    """What the clients make of the refusals."""
    user: Any = [{"role": "user", "content": "Answer."}]
    with pytest.raises(openai.BadRequestError):
        client = bench.openai(http_client=compressing(httpx, bytes))
        client.chat.completions.create(model=bench.model, messages=user)
    with pytest.raises(anthropic.BadRequestError):
        other = bench.anthropic(http_client=compressing(ANTHROPIC_HTTP, bytes))
        other.messages.create(model=bench.model, max_tokens=64, messages=user)
