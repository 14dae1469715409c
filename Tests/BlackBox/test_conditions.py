"""Parts, conditions and what is said of a body, on routes whose bodies the proxy leaves as they come (PRX-202)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import replies
from bench import Bench
from harness import Secrets
from vendors import ROUTES, asked, whole

CONDITIONS = {
    "Range": "bytes=2-4",
    "If-Range": '"a"',
    "If-Match": '"a"',
    "If-None-Match": 'W/"a", "b"',
    "If-Modified-Since": "Sat, 01 Aug 2026 10:00:00 GMT",
    "If-Unmodified-Since": "Sat, 01 Aug 2026 10:00:00 GMT",
    "Accept-Language": "fa, en;q=0.5",
}
SAID = {
    "ETag": '"a"',
    "Last-Modified": "Sat, 01 Aug 2026 10:00:00 GMT",
    "Accept-Ranges": "bytes",
    "Content-Language": "fa",
    "Expires": "0",
    "Repr-Digest": "sha-256=:AAAA:",
    "Content-Digest": "sha-256=:AAAA:",
    "Digest": "sha-256=AAAA",
    "Content-MD5": "AAAA",
}
KEPT = {"Content-Disposition": 'attachment; filename="a.bin"', "Cache-Control": "no-store"}
# What would lead a client past the proxy, or is not for it.
DROPPED = {
    "Link": '<https://upstream.example/next>; rel="next"',
    "Content-Location": "https://upstream.example/v1/files/1",
    "Location": "https://upstream.example/v1/files/1",
    "Set-Cookie": "a=b",
    "Refresh": "0; url=https://upstream.example/",
}


def answered(status: int, body: bytes, headers: dict[str, str], kind: str = "application/octet-stream") -> list[Any]:
    more = {name.replace("-", "_"): value for name, value in headers.items()}
    return replies.http(status, body, kind, **more)


def got(reply: Any, names: Any) -> dict[str, str]:
    return {name: value for name in names if (value := reply.header(name)) is not None}


def test_a_part_of_a_file(bench: Bench) -> None:
    said = {**SAID, "Content-Range": "bytes 2-4/9"}
    bench.script.reply(answered(206, b"cde", {**said, **KEPT, **DROPPED}))
    reply = bench.fetch("/v1/files/file-1/content", None, "GET", bench.headers() | CONDITIONS)
    assert (reply.status, reply.body) == (206, b"cde")
    sent = bench.script.last
    assert got(sent, CONDITIONS) == CONDITIONS
    assert got(reply, {**said, **KEPT}) == {**said, **KEPT}
    assert got(reply, DROPPED) == {}


def test_nothing_new(bench: Bench) -> None:
    bench.script.reply([b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nCache-Control: max-age=5\r\n\r\n'])
    reply = bench.fetch("/v1/models", None, "GET", bench.headers() | CONDITIONS)
    assert (reply.status, reply.body) == (304, b"")
    assert got(reply, ["ETag", "Cache-Control"]) == {"ETag": '"a"', "Cache-Control": "max-age=5"}


def test_a_range_that_cannot_be(bench: Bench) -> None:
    bench.script.reply(answered(416, b"no such part", {"Content-Range": "bytes */9"}))
    reply = bench.fetch("/v1/files/file-1/content", None, "GET", bench.headers() | CONDITIONS)
    assert (reply.status, reply.header("content-range")) == (416, "bytes */9")


def test_an_error_that_was_changed(bench: Bench, secret: Secrets) -> None:
    """PRX-171: what is said of the upstream's bytes does not hold for others."""
    for body, expected in [(b'{"error":"none"}', SAID), (b'{"error":"key %s"}' % secret.openai.encode(), {})]:
        bench.script.reply(answered(404, body, SAID))
        reply = bench.fetch("/v1/files/file-1", None, "GET")
        assert reply.status == 404 and len(reply.body) == len(body)
        assert secret.openai.encode() not in reply.body
        assert got(reply, SAID) == expected


@pytest.mark.parametrize("path", ["/v1/messages/batches", "/v1/messages/batches/b_1", "/v1/messages/batches/b_1/cancel"])
def test_batches_whose_addresses_are_changed(bench: Bench, path: str) -> None:
    """PRX-84: a part of such a reply could not be read, and a condition would be about other bytes."""
    address = "https://upstream.example/v1/messages/batches/b_1/results"
    bench.script.reply(answered(200, replies.encode({"id": "b_1", "results_url": address}), SAID, "application/json"))
    reply = bench.fetch(path, None, "GET", bench.headers() | CONDITIONS)
    assert json.loads(reply.body)["results_url"] == "/v1/messages/batches/b_1/results"
    assert got(bench.script.last, CONDITIONS) == {}
    assert got(reply, SAID) == {}


@pytest.mark.parametrize("vendor", list(ROUTES))
def test_recorded_routes_have_none_of_it(bench: Bench, vendor: str) -> None:
    """Their replies may gain a frame."""
    answer = replies.encode(whole(vendor, "It is done, and all of it went well."))
    bench.script.reply(answered(200, answer, {**SAID, **KEPT}, "application/json"))
    body = replies.encode({"model": bench.model, **asked(vendor, "A question.")})
    reply = bench.fetch(ROUTES[vendor], body, headers=bench.headers() | CONDITIONS)
    assert reply.status == 200
    assert got(bench.script.last, CONDITIONS) == {}
    assert got(reply, SAID) == {}
    assert got(reply, KEPT) == KEPT
