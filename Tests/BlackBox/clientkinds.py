"""One way to call the official clients of every kind: synchronous, asynchronous, and asynchronous over aiohttp."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from typing import Any, AsyncIterator, Awaitable, Callable

import anthropic
import openai

from bench import TIMEOUT, Bench
from differential import Both, compared
from script import Reply

KINDS = ["sync", "async", "aiohttp"]

Call = Callable[[Any], Awaitable[Any]]


async def got(value: Any) -> Any:
    """What a call gives, of whatever kind its client is."""
    return await value if inspect.isawaitable(value) else value


async def items(values: Any) -> list[Any]:
    return [item async for item in values] if hasattr(values, "__aiter__") else list(values)


@contextlib.asynccontextmanager
async def opened(manager: Any) -> AsyncIterator[Any]:
    if hasattr(manager, "__aenter__"):
        async with manager as value:
            yield value
    else:
        with manager as value:
            yield value


def client(bench: Bench, vendor: str, kind: str, *, direct: bool = False, **options: Any) -> Any:
    """A client of a kind through the proxy, or straight to the upstream."""
    module: Any = openai if vendor == "openai" else anthropic
    name = module.__name__.replace("openai", "OpenAI").replace("anthropic", "Anthropic")
    if kind == "aiohttp":
        options["http_client"] = module.DefaultAioHttpClient()
    base = bench.upstream.url if direct else bench.server.proxy
    headers = {"X-Client-Request-Id": bench.token} | ({} if direct else {"X-Agent-Name": bench.agent})
    return getattr(module, name if kind == "sync" else f"Async{name}")(
        api_key="direct" if direct else bench.server.key,
        base_url=base + ("/v1" if vendor == "openai" else ""),
        default_headers=headers,
        **{"max_retries": 0, "timeout": TIMEOUT, **options},
    )


def made(bench: Bench, vendor: str, kind: str, call: Call, *, direct: bool = False, **options: Any) -> Any:
    """What `call(client)` gives with a client of its own."""

    async def run() -> Any:
        async with opened(client(bench, vendor, kind, direct=direct, **options)) as one:
            return await call(one)

    return asyncio.run(run())


def both(bench: Bench, vendor: str, kind: str, given: list[Reply], call: Call, **options: Any) -> Both:
    """Makes `call` both ways."""
    return compared(bench, given, lambda direct: made(bench, vendor, kind, call, direct=direct, **options))
