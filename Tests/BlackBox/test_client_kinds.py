"""What the official clients build on a call, with clients of every kind: each gives with us what it gives without us, and
sends the same bytes.
"""

from __future__ import annotations

import json
from typing import Any

import anthropic
import openai
import pytest

import clientkinds
import frames
import replies
import responses
from bench import Bench
from clientkinds import KINDS, Call, both, got, items, opened
from script import HANG, PATIENCE, Reply
from streamed import chat_stream
from test_sdk_errors import READ, failing, hasty
from test_sdk_helpers import PLAIN, TEXT, USER, VALUE, Weather, tool_turns
from test_sdk_replies import CALLS, choice, completion

__all__ = ["hasty"]

each_kind = pytest.mark.parametrize("kind", KINDS)

SAID = completion(choice(0, content=PLAIN))
CALLED = completion(choice(0, finish="tool_calls", content=PLAIN, tool_calls=CALLS))
RESPONSE = responses.response("r", responses.reasoning("s", "A thought."), responses.message("m", PLAIN))
PARSED = responses.response("r", responses.message("m", TEXT))
TOOL_RESPONSE = responses.response("r", responses.message("m", PLAIN), responses.call("c", "Weather", TEXT))
TOOL_USE = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": VALUE}
BLOCKS = [
    {"type": "thinking", "thinking": "Let me think.", "signature": "c2ln"},
    {"type": "text", "text": PLAIN},
    TOOL_USE,
]
CHAT: dict[str, Any] = {"model": "m", "messages": USER}
ASKED: dict[str, Any] = {"model": "m", "max_tokens": 999, "messages": USER}
LOOKUP: Any = {"name": "weather", "input_schema": Weather.model_json_schema()}


def head_of(reply: Any) -> list[Any]:
    """What a raw response tells beside its body."""
    headers = {name: reply.headers.get(name) for name in ("content-type", *READ)}
    return [reply.status_code, reply.request_id, headers, reply.http_request.method, reply.retries_taken]


async def with_id(value: Any) -> Any:
    """A reply, and the id of its request that the client took from the head."""
    reply = await got(value)
    assert reply._request_id in READ.values()
    return [reply, reply._request_id]


async def chat_events(stream: Any) -> Any:
    events = await items(stream)
    return [[event.type for event in events if event.type not in ("chunk", "content.delta")], await got(stream.get_final_completion())]


async def message_events(stream: Any) -> Any:
    """The kinds of events, and what the tool's input looked like each time more of it had come."""
    events = await items(stream)
    snapshots = [event.snapshot for event in events if event.type == "input_json"]
    kinds = [event.type for event in events if event.type not in ("text", "content_block_delta")]
    return [kinds, snapshots, await got(stream.get_final_message()), await got(stream.get_final_text())]


async def chat_helper(c: Any) -> Any:
    async with opened(c.chat.completions.stream(**CHAT, tools=[{"type": "function", "function": {"name": "find", "parameters": {}}}])) as stream:
        return await chat_events(stream)


async def beta_chat_helper(c: Any) -> Any:
    async with opened(c.beta.chat.completions.stream(**CHAT, response_format=Weather)) as stream:
        return await chat_events(stream)


async def response_helper(c: Any) -> Any:
    async with opened(c.responses.stream(model="m", input="x", text_format=Weather)) as stream:
        kinds = [event.type for event in await items(stream)]
        return [kinds, await got(stream.get_final_response())]


async def response_tools(c: Any) -> Any:
    async with opened(c.responses.stream(model="m", input="x", tools=[openai.pydantic_function_tool(Weather)])) as stream:
        kinds = [event.type for event in await items(stream) if event.type != "response.output_text.delta"]
        return [kinds, await got(stream.get_final_response())]


async def message_helper(c: Any) -> Any:
    async with opened(c.messages.stream(**ASKED, tools=[LOOKUP])) as stream:
        return await message_events(stream)


async def beta_message_helper(c: Any) -> Any:
    async with opened(c.beta.messages.stream(**ASKED, tools=[LOOKUP], betas=["fine-grained-tool-streaming-2025-05-14"])) as stream:
        return await message_events(stream)


async def message_parser(c: Any) -> Any:
    async with opened(c.messages.stream(**ASKED, output_format=Weather)) as stream:
        final = await got(stream.get_final_message())
        return [final, final.parsed_output]


async def text_stream(c: Any) -> Any:
    async with opened(c.messages.stream(**ASKED)) as stream:
        return "".join(await items(stream.text_stream))


async def raw_chat(c: Any) -> Any:
    raw = await got(c.chat.completions.with_raw_response.create(**CHAT))
    assert frames.strip_bytes(raw.content) == replies.encode(SAID)
    return [*head_of(raw), await got(raw.parse())]


async def raw_stream(c: Any) -> Any:
    raw = await got(c.responses.with_raw_response.create(model="m", input="x", stream=True))
    return [*head_of(raw), len({event.type for event in await items(await got(raw.parse()))})]


async def lines_of_chat(c: Any) -> Any:
    """The lines as they came, but for the one of ours."""
    async with opened(c.chat.completions.with_streaming_response.create(**CHAT, stream=True)) as reply:
        lines = [line for line in await items(reply.iter_lines()) if line]
        return [*head_of(reply), [line for line in lines if not frames.ids_in_bytes(line.encode())]]


async def bytes_of_message(c: Any) -> Any:
    async with opened(c.messages.with_streaming_response.create(**ASKED)) as reply:
        return [*head_of(reply), frames.strip_bytes(b"".join(await items(reply.iter_bytes(7)))).decode()]


async def raw_message(c: Any) -> Any:
    raw = await got(c.messages.with_raw_response.create(**ASKED))
    return [*head_of(raw), await got(raw.parse())]


async def raw_message_stream(c: Any) -> Any:
    raw = await got(c.messages.with_raw_response.create(**ASKED, stream=True))
    return [*head_of(raw), {event.type: 1 for event in await items(await got(raw.parse()))}]


async def results(c: Any) -> Any:
    return [item.custom_id for item in await items(await got(c.messages.batches.results("b_1")))]


def whole(value: Any) -> Reply:
    return replies.reply(value, **{name.replace("-", "_"): text for name, text in READ.items()})


def stream(events: list[bytes]) -> Reply:
    return replies.sse(events, **{name.replace("-", "_"): text for name, text in READ.items()})


COUNTED = {"input_tokens": 3}
BATCH = {
    "id": "b_1", "type": "message_batch", "processing_status": "ended", "created_at": "2026-01-01T00:00:00Z",
    "expires_at": "2026-01-02T00:00:00Z", "results_url": "/v1/messages/batches/b_1/results",
    "request_counts": {"canceled": 0, "errored": 0, "expired": 0, "processing": 0, "succeeded": 1},
}  # fmt: skip
RESULT = replies.encode({"custom_id": "c0", "result": {"type": "succeeded", "message": replies.message([])}}) + b"\n"
VECTORS = {"object": "list", "model": "m", "data": [{"object": "embedding", "index": 0, "embedding": "AACAPw=="}]}
TOOL: Any = openai.pydantic_function_tool(Weather)

SURFACES: dict[str, tuple[str, list[Reply], Call]] = {
    "chat": ("openai", [whole(SAID)], lambda c: with_id(c.chat.completions.create(**CHAT))),
    "chat.stream": ("openai", [stream(chat_stream(CALLED))], chat_helper),
    "chat.parse": ("openai", [whole(replies.chat(TEXT))], lambda c: got(c.chat.completions.parse(**CHAT, response_format=Weather))),
    "chat.parse tools": (
        "openai", [whole(replies.chat(PLAIN, calls=[replies.tool_call("call_1", "Weather", TEXT)]))],
        lambda c: got(c.chat.completions.parse(**CHAT, tools=[TOOL])),
    ),
    "beta.chat.parse": ("openai", [whole(replies.chat(TEXT))], lambda c: got(c.beta.chat.completions.parse(**CHAT, response_format=Weather))),
    "beta.chat.stream": ("openai", [stream(chat_stream(completion(choice(0, content=TEXT))))], beta_chat_helper),
    "responses": ("openai", [whole(RESPONSE)], lambda c: with_id(c.responses.create(model="m", input="x"))),
    "responses.parse": ("openai", [whole(PARSED)], lambda c: got(c.responses.parse(model="m", input="x", text_format=Weather))),
    "responses.parse tools": ("openai", [whole(TOOL_RESPONSE)], lambda c: got(c.responses.parse(model="m", input="x", tools=[TOOL]))),
    "responses.stream": ("openai", [stream(responses.events(PARSED))], response_helper),
    "responses.stream tools": ("openai", [stream(responses.events(TOOL_RESPONSE))], response_tools),
    "embeddings": ("openai", [whole(VECTORS)], lambda c: with_id(c.embeddings.create(model="m", input=["a"]))),
    "raw chat": ("openai", [whole(SAID)], raw_chat),
    "raw stream": ("openai", [stream(responses.events(RESPONSE))], raw_stream),
    "streaming response": ("openai", [stream(chat_stream(SAID))], lines_of_chat),
    "options of one call": (
        "openai", [whole(SAID)],
        lambda c: got(c.with_options(timeout=17.5, max_retries=4, default_query={"a": "b c"}).chat.completions.create(**CHAT)),
    ),
    "messages": ("anthropic", [whole(replies.message(BLOCKS))], lambda c: with_id(c.messages.create(**ASKED))),
    "messages.stream": ("anthropic", [stream(replies.message_events(BLOCKS, stop="tool_use"))], message_helper),
    "text_stream": ("anthropic", [stream(replies.message_events(BLOCKS))], text_stream),
    "messages.stream parsed": ("anthropic", [stream(replies.message_events([{"type": "text", "text": TEXT}]))], message_parser),
    "messages.parse": (
        "anthropic", [whole(replies.message([{"type": "text", "text": TEXT}]))], lambda c: got(c.messages.parse(**ASKED, output_format=Weather)),
    ),
    "beta.messages.parse": (
        "anthropic", [whole(replies.message([{"type": "text", "text": TEXT}]))],
        lambda c: got(c.beta.messages.parse(**ASKED, output_format=Weather, betas=["one-2026-01-01"])),
    ),
    "beta.messages.stream": ("anthropic", [stream(replies.message_events(BLOCKS, stop="tool_use"))], beta_message_helper),
    "count_tokens": ("anthropic", [whole(COUNTED)], lambda c: got(c.messages.count_tokens(model="m", messages=USER))),
    "beta.count_tokens": ("anthropic", [whole(COUNTED)], lambda c: got(c.beta.messages.count_tokens(model="m", messages=USER))),
    "batches.create": (
        "anthropic", [whole(BATCH)], lambda c: got(c.messages.batches.create(requests=[{"custom_id": "c0", "params": ASKED}])),
    ),
    "batches.results": ("anthropic", [whole(BATCH), replies.http(200, RESULT, "application/x-jsonl")], results),
    "raw message": ("anthropic", [whole(replies.message(BLOCKS))], raw_message),
    "raw message stream": ("anthropic", [stream(replies.message_events(BLOCKS))], raw_message_stream),
    "streaming message": ("anthropic", [whole(replies.message(BLOCKS))], bytes_of_message),
    "options of one call of Anthropic": (
        "anthropic", [whole(replies.message(BLOCKS))],
        lambda c: got(c.with_options(timeout=17.5, max_retries=4, default_query={"a": "b c"}).messages.create(**ASKED)),
    ),
}  # fmt: skip


@each_kind
@pytest.mark.parametrize("name", SURFACES)
def test_surface(bench: Bench, name: str, kind: str) -> None:
    vendor, given, call = SURFACES[name]
    same = both(bench, vendor, kind, given, call)
    assert same.proxied == same.direct


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("kind", KINDS[1:])
def test_tool_runner(bench: Bench, kind: str, streaming: bool) -> None:
    """Three rounds of the client's own loop, of which each sends what it sends without us."""

    @anthropic.beta_async_tool
    async def weather(city: str) -> str:
        """The weather of a city."""
        return f"It rains in {city}."

    async def call(c: Any) -> Any:
        asked = {**ASKED, "model": bench.model}
        runner = c.beta.messages.tool_runner(**asked, tools=[weather], stream=streaming)
        return [await turn.get_final_message() if streaming else turn async for turn in runner]

    bench.script.answer(tool_turns)
    same = both(bench, "anthropic", kind, [], call)
    assert same.proxied == same.direct
    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    kinds = [event["eventType"] for event in bench.reader.events(thread["threadId"])]
    assert kinds == ["user_message", "llm_response"] + ["tool_result", "llm_response"] * 2


CREATE: dict[str, Call] = {
    "openai": lambda c: got(c.chat.completions.create(**CHAT)),
    "anthropic": lambda c: got(c.messages.create(**ASKED)),
}
each_vendor = pytest.mark.parametrize("vendor", CREATE)


@each_vendor
@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("status", [400, 401, 404, 429, 529])
def test_errors(bench: Bench, vendor: str, kind: str, status: int) -> None:
    """Class, request id, body and head, as the synchronous clients are tried in test_sdk_errors."""

    async def call(c: Any) -> Any:
        with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)) as caught:
            await CREATE[vendor](c)
        error = caught.value
        headers = {name: error.response.headers.get(name) for name in READ}
        return [type(error).__name__, error.status_code, error.request_id, str(error), json.dumps(error.body), headers]

    body = replies.vendor_error(vendor, "some_type", f"It is {status}.")
    given = replies.reply(body, status, **{name.replace("-", "_"): text for name, text in READ.items()})
    same = both(bench, vendor, kind, [given], call)
    assert same.proxied == same.direct


@pytest.mark.usefixtures("hasty")
@each_vendor
@pytest.mark.parametrize("kind", KINDS[1:])
def test_retries(bench: Bench, vendor: str, kind: str) -> None:
    """Each try says which it is, under one idempotency key, and the reply to the last one is what the caller gets."""
    good = replies.chat(PLAIN) if vendor == "openai" else replies.message([{"type": "text", "text": PLAIN}])
    given = [failing(500, vendor), failing(429, vendor, retry_after_ms="1"), replies.reply(good)]
    same = both(bench, vendor, kind, given, CREATE[vendor], max_retries=2)
    assert same.proxied == same.direct
    tries = bench.script.exchanges[3:]
    assert [exchange.header("x-stainless-retry-count") for exchange in tries] == ["0", "1", "2"]


@each_vendor
@pytest.mark.parametrize("kind", KINDS[1:])
def test_timeout(bench: Bench, vendor: str, kind: str) -> None:
    """Its own limit, in its own class, and nobody works on for it."""
    bench.script.answer(lambda _: [HANG])
    with pytest.raises((openai.APITimeoutError, anthropic.APITimeoutError)):
        clientkinds.made(bench, vendor, kind, CREATE[vendor], timeout=0.4)
    assert all(exchange.closed.wait(PATIENCE) for exchange in bench.script.wait())
