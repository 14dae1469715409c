"""One call of an official client made twice, straight to the upstream and through the proxy: nothing may tell the two apart.

What the upstream gets must be the same but for the credential and what the proxy sets (PRX-6); what the client's caller
gets must be the same but for a signature where one belongs.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any, Callable

import pydantic

import frames
from bench import Bench
from script import Exchange, Reply

# Set by the proxy or by the connection, and the one header of ours that these clients send.
UNLIKE = {
    "authorization", "x-api-key", "host", "via", "accept-encoding", "connection", "x-agent-name", "content-length",
}  # fmt: skip


def head(exchange: Exchange) -> dict[str, str]:
    """The headers that the proxy has no say in. The boundary of a multipart body is new in every request."""
    names = [name.lower() for name, _ in exchange.headers]
    assert len(set(names)) == len(names), f"a header came twice: {exchange.headers}"
    pairs = {name.lower(): value for name, value in exchange.headers}
    return {name: without_boundary(value, exchange) for name, value in pairs.items() if name not in UNLIKE}


def boundary(exchange: Exchange) -> str | None:
    found = re.search(r"boundary=\"?([^\";]+)", exchange.header("content-type") or "")
    return found[1] if found else None


def without_boundary(text: str, exchange: Exchange) -> str:
    mark = boundary(exchange)
    return text.replace(mark, "BOUNDARY") if mark else text


def body(exchange: Exchange) -> bytes:
    mark = boundary(exchange)
    return exchange.body.replace(mark.encode(), b"BOUNDARY") if mark else exchange.body


def assert_same_request(direct: Exchange, proxied: Exchange) -> None:
    assert (proxied.method, proxied.target) == (direct.method, direct.target)
    assert body(proxied) == body(direct), f"{body(proxied)[:800]!r}, expected {body(direct)[:800]!r}"
    there, here = head(direct).items(), head(proxied).items()
    assert here == there, f"lost {there - here}, added {here - there}"


def plain(value: Any) -> Any:
    """What a client's method gave back, as values that can be compared."""
    if isinstance(value, pydantic.BaseModel):
        return plain(value.model_dump(warnings=False))
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return frames.strip(value)
    if value is None or isinstance(value, (bytes, int, float, datetime.datetime)):
        return value
    if hasattr(value, "read"):
        return value.read()
    assert hasattr(value, "__iter__"), type(value)
    return [plain(item) for item in value]


@dataclass
class Both:
    """What a call gave, without frames, and what the upstream saw of it."""

    direct: Any
    proxied: Any
    requests: tuple[Exchange, Exchange]


Call = Callable[..., Any]


def both(bench: Bench, vendor: str, reply: Reply, call: Call, *, path: str | None = None, signed: str = "") -> Both:
    """Makes `call(client, suffix)` both ways. `suffix` is empty, and through the proxy `signed`, which must not arrive."""
    mark = {"X-Client-Request-Id": bench.token}
    seen = len(bench.script.exchanges)
    bench.script.reply(reply, reply)
    if vendor == "openai":
        clients: list[Any] = [bench.openai_direct(headers=mark), bench.openai(path or "/v1", headers=mark)]
    else:
        clients = [bench.anthropic_direct(headers=mark), bench.anthropic(path or "", headers=mark)]
    given = [plain(call(client, suffix)) for client, suffix in zip(clients, ("", signed))]
    direct, proxied = bench.script.wait(seen + 2)[seen:]
    assert_same_request(direct, proxied)
    return Both(given[0], given[1], (direct, proxied))


def compared(bench: Bench, given: list[Reply], run: Callable[[bool], Any]) -> Both:
    """`run(True)` straight to the upstream and `run(False)` through the proxy, each with the replies `given`.

    However many requests it takes, they are the same ones (PRX-6).
    """
    values = []
    for is_direct in (True, False):
        bench.script.drop_replies()
        bench.script.reply(*given)
        values.append(plain(run(is_direct)))
    seen = bench.script.exchanges
    half = len(seen) // 2
    assert seen and len(seen) == 2 * half, [exchange.target for exchange in seen]
    for direct, proxied in zip(seen, seen[half:]):
        assert_same_request(direct, proxied)
    return Both(values[0], values[1], (seen[0], seen[half]))
