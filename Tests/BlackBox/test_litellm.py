"""LiteLLM as the client, straight to the upstream and through the proxy: the same requests, the same objects, the same errors."""

from __future__ import annotations

import asyncio
import inspect
import json
from typing import Any, Callable

import pytest

import frames
import replies
import responses
from bench import TIMEOUT, Bench
from differential import Both, compared, plain
from script import Exchange, Reply
from streamed import chat_stream
from test_frameworks import MESSAGES, PLAIN, VALUE, Weather, litellm, provider
from test_sdk_errors import hasty
from test_sdk_replies import CALLS, choice, completion

__all__ = ["hasty"]

# What it leaves behind in its own logging and serializing.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:coroutine 'Logging:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
    pytest.mark.usefixtures("hasty"),
]
Call = Callable[..., Any]

TOOL = {"type": "function", "function": {"name": "Weather", "parameters": Weather.model_json_schema()}}
THOUGHT = {"type": "thinking", "thinking": "Let me think. ", "signature": "EqQB+/="}


# Models that LiteLLM knows, since what it sends depends on what they can do.
KNOWN = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5-20250929"}


def options(bench: Bench, vendor: str, direct: bool = False, model: str = "") -> dict[str, Any]:
    base = (bench.upstream.url if direct else bench.server.proxy) + ("/v1" if vendor == "openai" else "")
    headers = {"X-Agent-Name": bench.agent, "X-Client-Request-Id": bench.token}
    key = "direct" if direct else bench.server.key
    return {
        "model": f"{vendor}/{model or bench.model}", "api_base": base, "api_key": key, "timeout": TIMEOUT, "num_retries": 0, "extra_headers": headers,
    }  # fmt: skip


async def settled(value: Any) -> Any:
    """A reply as a value: streams are read to their end and put together as LiteLLM itself does."""
    is_async = inspect.isawaitable(value)
    value = await value if is_async else value
    if not hasattr(value, "__next__") and not hasattr(value, "__anext__"):
        return value
    # Its streams can be read in both ways, but only in the one in which they were asked for.
    chunks = [chunk async for chunk in value] if is_async else list(value)
    if hasattr(chunks[0], "choices"):
        return litellm.stream_chunk_builder(chunks, messages=MESSAGES)
    return [chunk.type for chunk in chunks if chunk.type != "response.output_text.delta"] + [chunks[-1].response]


def timeless(value: Any) -> Any:
    """Without what LiteLLM makes up anew for each reply, and without our frames."""
    value = plain(value)
    if isinstance(value, list):
        return [timeless(item) for item in value]
    return {name: item for name, item in value.items() if name not in ("id", "created")} if isinstance(value, dict) else value


def both(bench: Bench, vendor: str, given: list[Reply], call: Call, **more: Any) -> Both:
    """Makes `call` both ways: the values, or the errors raised."""

    async def run(direct: bool) -> Any:
        try:
            return timeless(await settled(call(**{**options(bench, vendor, direct, KNOWN[vendor]), **more})))
        except Exception as error:
            return [type(error).__name__, getattr(error, "status_code", None), str(error)]

    return compared(bench, given, lambda direct: asyncio.run(run(direct)))


CALLED = completion(choice(0, finish="tool_calls", content=PLAIN, tool_calls=CALLS))
BLOCKS = [THOUGHT, {"type": "text", "text": PLAIN}, {"type": "tool_use", "id": "toolu_1", "name": "Weather", "input": VALUE}]
JSON = json.dumps(VALUE)
RESPONSE = responses.response("r", responses.message("m", PLAIN), responses.call("c", "Weather", JSON))
VECTORS = {"object": "list", "model": "m", "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}], "usage": {"prompt_tokens": 1, "total_tokens": 1}}

COMPLETIONS: dict[str, Call] = {"sync": litellm.completion, "async": litellm.acompletion}
RESPONSES: dict[str, Call] = {"sync": litellm.responses, "async": litellm.aresponses}
EMBEDDINGS: dict[str, Call] = {"sync": litellm.embedding, "async": litellm.aembedding}

# How it is called, with what, and what the upstream answers.
SURFACES: dict[str, tuple[dict[str, Call], str, dict[str, Any], Reply]] = {
    "chat": (COMPLETIONS, "openai", {"messages": MESSAGES}, replies.reply(completion(choice(0, content=PLAIN)))),
    "chat with tools": (COMPLETIONS, "openai", {"messages": MESSAGES, "tools": [TOOL]}, replies.reply(CALLED)),
    "chat stream with tools": (
        COMPLETIONS, "openai", {"messages": MESSAGES, "tools": [TOOL], "stream": True, "stream_options": {"include_usage": True}},
        replies.sse(chat_stream(CALLED)),
    ),
    "chat that is parsed": (COMPLETIONS, "openai", {"messages": MESSAGES, "response_format": Weather}, replies.reply(replies.chat(JSON))),
    "chat stream that is parsed": (
        COMPLETIONS, "openai", {"messages": MESSAGES, "response_format": Weather, "stream": True}, replies.sse(replies.chat_events(JSON)),
    ),
    "messages": (COMPLETIONS, "anthropic", {"messages": MESSAGES}, replies.reply(replies.message(BLOCKS[1:2]))),
    "messages with thinking and tools": (
        COMPLETIONS, "anthropic", {"messages": MESSAGES, "tools": [TOOL], "thinking": {"type": "enabled", "budget_tokens": 1024}},
        replies.reply(replies.message(BLOCKS, stop="tool_use")),
    ),
    "messages stream with thinking and tools": (
        COMPLETIONS, "anthropic",
        {"messages": MESSAGES, "tools": [TOOL], "thinking": {"type": "enabled", "budget_tokens": 1024}, "stream": True},
        replies.sse(replies.message_events(BLOCKS, stop="tool_use")),
    ),
    "messages that are cached": (
        COMPLETIONS, "anthropic",
        {"messages": [{"role": "system", "content": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]}, *MESSAGES]},
        replies.reply(replies.message(BLOCKS[1:2])),
    ),
    "messages that are parsed": (
        COMPLETIONS, "anthropic", {"messages": MESSAGES, "response_format": Weather}, replies.reply(replies.message([{"type": "text", "text": JSON}])),
    ),
    "responses": (RESPONSES, "openai", {"input": "Please answer."}, replies.reply(RESPONSE)),
    "responses stream": (RESPONSES, "openai", {"input": "Please answer.", "stream": True}, replies.sse(responses.events(RESPONSE))),
    "embeddings": (EMBEDDINGS, "openai", {"input": ["one"]}, replies.reply(VECTORS)),
}  # fmt: skip


@pytest.mark.parametrize("kind", COMPLETIONS)
@pytest.mark.parametrize("name", SURFACES)
def test_surface(bench: Bench, name: str, kind: str) -> None:
    calls, vendor, more, reply = SURFACES[name]
    same = both(bench, vendor, [reply], calls[kind], **more)
    assert same.proxied == same.direct
    assert isinstance(same.proxied, dict) or same.proxied[0] == "response.created"


FAILURES: dict[str, tuple[int, str]] = {
    "BadRequestError": (400, "It is so."),
    "ContextWindowExceededError": (400, "This model's maximum context length is 4096 tokens."),
    "PermissionDeniedError": (403, "It is so."),
    "UnprocessableEntityError": (422, "It is so."),
    "RateLimitError": (429, "It is so."),
    "InternalServerError": (500, "It is so."),
    "ServiceUnavailableError": (503, "It is so."),
}


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
@pytest.mark.parametrize("name", FAILURES)
def test_errors(bench: Bench, name: str, vendor: str) -> None:
    """Its own class for each, made of the status and the words."""
    status, text = FAILURES[name]
    given = replies.reply(replies.vendor_error(vendor, "some_error", text), status, retry_after="0")
    same = both(bench, vendor, [given], litellm.acompletion, messages=MESSAGES)
    assert same.proxied == same.direct
    assert same.proxied[0].endswith("Error")


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_retries(bench: Bench, vendor: str) -> None:
    """LiteLLM's own, which the proxy neither adds to nor hides."""
    failure = replies.reply(replies.vendor_error(vendor, "some_error", "It is so."), 500, retry_after="0")
    good = replies.chat(PLAIN) if vendor == "openai" else replies.message([{"type": "text", "text": PLAIN}])
    given = [failure, failure, replies.reply(good)]
    same = both(bench, vendor, given, litellm.completion, messages=MESSAGES, num_retries=2)
    assert same.proxied == same.direct
    assert same.proxied["choices"][0]["message"]["content"] == PLAIN
    bench.reader.await_threads(bench.agent, 3, events=6)


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_stream_that_breaks_off(bench: Bench, vendor: str) -> None:
    """What it makes of an error inside a stream, it makes of it through the proxy."""
    if vendor == "openai":
        events = [*replies.chat_events(PLAIN)[:3], replies.data({"error": {"message": "It broke.", "type": "server_error", "code": 500}})]
    else:
        events = replies.message_events([{"type": "text", "text": PLAIN}])[:5]
        events.append(replies.named("error", {"error": {"type": "overloaded_error", "message": "It broke."}}))
    same = both(bench, vendor, [replies.sse(events)], litellm.acompletion, messages=MESSAGES, stream=True)
    assert same.proxied == same.direct
    assert "It broke." in str(same.proxied)


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_streamed_tool_loop_is_one_trace(bench: Bench, vendor: str) -> None:
    """The messages that LiteLLM puts together of a stream go back as history."""
    bench.script.answer(provider)

    async def ask(history: list[Any]) -> Any:
        made = litellm.acompletion(**options(bench, vendor), messages=history, tools=[TOOL], stream=True)
        return (await settled(made)).choices[0].message

    history: list[Any] = [*MESSAGES]
    first = asyncio.run(ask(history))
    [call] = first.tool_calls
    assert json.loads(call.function.arguments) == VALUE
    history += [first.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "It rains."}]
    second = asyncio.run(ask(history))
    assert frames.strip(second.content) == PLAIN
    for exchange in bench.script.exchanges:
        frames.assert_clean(exchange.body)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=4)
    frames.assert_signed(second.content, PLAIN, thread["threadId"])


def test_response_that_is_named(bench: Bench) -> None:
    """LiteLLM puts the ids of responses into ids of its own, and takes them out again before they go back."""

    def answer(exchange: Exchange) -> Reply:
        token = f"{bench.token}_{len(bench.script.exchanges)}"
        return replies.reply(responses.response(token, responses.message(token, PLAIN)))

    bench.script.answer(answer)
    first = litellm.responses(**options(bench, "openai"), input="Please answer.")
    litellm.responses(**options(bench, "openai"), input="And now?", previous_response_id=first.id)
    assert bench.script.last.json()["previous_response_id"] == f"resp_{bench.token}_1"
    bench.reader.await_threads(bench.agent, 1, events=4)
