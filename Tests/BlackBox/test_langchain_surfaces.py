"""What LangChain builds on the official clients, straight to the upstream and through the proxy: the same requests and the
same objects, and conversations that go on.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, Awaitable, Callable

import langchain_anthropic
import langchain_openai
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

import frames
import replies
import responses
from bench import TIMEOUT, Bench
from differential import Both, compared
from reader import sources
from script import Exchange, Reply
from streamed import chat_stream
from test_frameworks import PLAIN, VALUE, Weather, provider
from test_sdk_replies import CALLS, choice, completion

JSON = json.dumps(VALUE)
THOUGHTS = [
    {"type": "thinking", "thinking": "Let me think. ", "signature": "EqQB+/="},
    {"type": "redacted_thinking", "data": "ZGF0YQ=="},
]
BLOCKS = [*THOUGHTS, {"type": "text", "text": PLAIN}, {"type": "tool_use", "id": "toolu_1", "name": "Weather", "input": VALUE}]
USE = [{"type": "tool_use", "id": "toolu_1", "name": "Weather", "input": VALUE}]
RESPONSE = responses.response("r", responses.reasoning("s", "A thought."), responses.message("m", PLAIN), responses.call("c", "Weather", JSON))
CACHED = SystemMessage([{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}])


# What LangChain keeps between models: connections of an event loop that has ended since.
KEPT = (langchain_openai.chat_models._client_utils._cached_async_httpx_client, langchain_anthropic._client_utils._get_default_async_httpx_client)


def chat(bench: Bench, name: str, direct: bool = False, **options: Any) -> Any:
    for kept in KEPT:
        kept.cache_clear()
    base = bench.upstream.url if direct else bench.server.proxy
    headers = {"X-Agent-Name": bench.agent, "X-Client-Request-Id": bench.token}
    key: Any = "direct" if direct else bench.server.key
    shared: dict[str, Any] = {"model": bench.model, "api_key": key, "max_retries": 0, "timeout": TIMEOUT, "default_headers": headers}
    if name == "anthropic":
        return langchain_anthropic.ChatAnthropic(base_url=base, **{"max_tokens": 2048, **shared, **options})
    more: dict[str, Any] = {"use_responses_api": True} if name == "responses" else {}
    return langchain_openai.ChatOpenAI(base_url=base + "/v1", **shared, **more, **options)


def nameless(value: Any) -> Any:
    """Without the ids of LangChain's own runs."""
    if isinstance(value, dict):
        return {name: nameless(item) for name, item in value.items() if name != "run_id"}
    if isinstance(value, list):
        return [nameless(item) for item in value]
    return re.sub(r"^(lc_)?run-.*", "a run", value) if isinstance(value, str) else value


def both(bench: Bench, name: str, given: list[Reply], call: Callable[[Any], Awaitable[Any]], **options: Any) -> Both:
    made = compared(bench, given, lambda direct: asyncio.run(call(chat(bench, name, direct, **options))))  # type: ignore[arg-type]
    return Both(nameless(made.direct), nameless(made.proxied), made.requests)


async def joined(stream: Any) -> Any:
    whole = None
    async for part in stream:
        whole = part if whole is None else whole + part
    return whole


async def last(stream: Any) -> Any:
    parts = [part async for part in stream]
    return parts[-1]


async def kinds_of_events(stream: Any) -> Any:
    """The names of its events in order, each once."""
    return list(dict.fromkeys([event["event"] async for event in stream]))


def given(name: str, text: str | None, *, call: bool = False, stream: bool = False) -> Reply:
    """A text and a call, or one of them."""
    if name == "openai":
        value = completion(choice(0, finish="tool_calls" if call else "stop", content=text, **({"tool_calls": CALLS} if call else {})))
        return replies.sse(chat_stream(value)) if stream else replies.reply(value)
    if name == "responses":
        items = ([responses.message("m", text)] if text else []) + ([responses.call("c", "Weather", JSON)] if call else [])
        form = {"type": "json_schema", "name": "Weather", "schema": {}} if text == JSON else {"type": "text"}
        value = RESPONSE if call and text else responses.response("r", *items, text={"format": form})
        return replies.sse(responses.events(value)) if stream else replies.reply(value)
    blocks = BLOCKS if call and text else USE if call else [{"type": "text", "text": text}]
    stop = "tool_use" if call else "end_turn"
    return replies.sse(replies.message_events(blocks, stop=stop)) if stream else replies.reply(replies.message(blocks, stop=stop))


pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
ASK = "How is the weather?"
# The call, its options, whether it streams, and what comes: text, a call, or both.
SURFACES: dict[str, tuple[Callable[[Any], Awaitable[Any]], bool, tuple[str | None, bool]]] = {
    "ainvoke": (lambda m: m.bind_tools([Weather]).ainvoke(ASK), False, (PLAIN, True)),
    "astream": (lambda m: joined(m.astream(ASK)), True, (PLAIN, False)),
    "astream with tools": (lambda m: joined(m.bind_tools([Weather]).astream(ASK)), True, (PLAIN, True)),
    "astream_events": (lambda m: kinds_of_events(m.astream_events(ASK, version="v2")), True, (PLAIN, False)),
    "structured": (lambda m: m.with_structured_output(Weather, method="json_schema").ainvoke(ASK), False, (JSON, False)),
    "structured and raw": (
        lambda m: m.with_structured_output(Weather, method="json_schema", include_raw=True).ainvoke(ASK), False, (JSON, False),
    ),
    "structured stream": (
        lambda m: last(m.with_structured_output(Weather, method="json_schema").astream(ASK)), True, (JSON, False),
    ),
    "cached": (lambda m: m.ainvoke([CACHED, HumanMessage(ASK)]), False, (PLAIN, False)),
}  # fmt: skip
each_model = pytest.mark.parametrize("model", ["openai", "responses", "anthropic"])


@each_model
@pytest.mark.parametrize("name", SURFACES)
def test_surface(bench: Bench, name: str, model: str) -> None:
    call, stream, (text, has_call) = SURFACES[name]
    same = both(bench, model, [given(model, text, call=has_call, stream=stream)], call)
    assert same.proxied == same.direct
    if name.startswith("structured"):
        parsed = same.proxied["parsed"] if "raw" in name else same.proxied
        assert parsed == VALUE


@each_model
def test_raw_call_beside_its_value(bench: Bench, model: str) -> None:
    """A value by way of a tool's call, and a reply that does not hold one, which is told of and not raised."""

    async def call(m: Any) -> Any:
        form = m.with_structured_output(Weather, method="function_calling", include_raw=True)
        made = await form.ainvoke(ASK)
        return [made["raw"], made["parsed"], repr(made["parsing_error"])]

    if model == "openai":
        value = completion(choice(0, finish="tool_calls", tool_calls=[replies.tool_call("call_1", "Weather", JSON)]))
        reply = replies.reply(value)
    else:
        reply = given(model, None, call=True)
    same = both(bench, model, [reply], call)
    assert same.proxied == same.direct
    assert same.proxied[1:] == [VALUE, "None"]
    bench.script.exchanges.clear()
    same = both(bench, model, [given(model, PLAIN)], call)
    assert same.proxied == same.direct
    assert same.proxied[1] is None


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_thinking(bench: Bench, streaming: bool) -> None:
    """Thoughts, their seals and a call, and the turn after it with all of them in the history."""

    async def call(m: Any) -> Any:
        model = m.bind_tools([Weather])
        first = await (joined(model.astream(ASK)) if streaming else model.ainvoke(ASK))
        history = [HumanMessage(ASK), first, {"role": "tool", "tool_call_id": "toolu_1", "content": "It rains."}]
        return [first, await model.ainvoke(history)]

    thinking = {"type": "enabled", "budget_tokens": 1024}
    same = both(bench, "anthropic", [given("anthropic", PLAIN, call=True, stream=streaming), given("anthropic", PLAIN)], call, thinking=thinking)
    assert same.proxied == same.direct
    sent = bench.script.last.json()["messages"][1]["content"]
    assert [{name: block[name] for name in thought} for block, thought in zip(sent, THOUGHTS)] == THOUGHTS


def test_count_of_tokens(bench: Bench) -> None:
    async def call(m: Any) -> Any:
        return m.get_num_tokens_from_messages([HumanMessage(ASK)], tools=[Weather])

    same = both(bench, "anthropic", [replies.reply({"input_tokens": 17})], call)
    assert same.proxied == same.direct == 17


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_response_that_is_named(bench: Bench, streaming: bool) -> None:
    """LangChain sends no history then, only the id of the response before."""

    def answer(exchange: Exchange) -> Reply:
        token = f"{bench.token}_{len(bench.script.exchanges)}"
        value = responses.response(token, responses.message(token, PLAIN))
        return replies.sse(responses.events(value)) if exchange.json().get("stream") else replies.reply(value)

    bench.script.answer(answer)
    model = chat(bench, "responses", use_previous_response_id=True)

    async def converse() -> None:
        history: list[Any] = [HumanMessage(ASK)]
        for _ in range(3):
            reply = await (joined(model.astream(history)) if streaming else model.ainvoke(history))
            history.extend([reply, HumanMessage("And now?")])

    asyncio.run(converse())
    named = [exchange.json().get("previous_response_id") for exchange in bench.script.exchanges]
    assert named == [None, f"resp_{bench.token}_1", f"resp_{bench.token}_2"]
    assert len(bench.script.last.json()["input"]) == 1
    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    assert sources(bench.reader.events(thread["threadId"]))[2:] == ["echo"] * 4


@each_model
def test_batch(bench: Bench, model: str) -> None:
    """Four at once, each a trace of its own, which goes on."""
    bench.script.answer(provider)
    one = chat(bench, model)
    questions: list[list[Any]] = [[HumanMessage(f"Question {at}?")] for at in range(4)]
    first = one.batch(questions)
    histories = [[*asked, reply, HumanMessage("And now?")] for asked, reply in zip(questions, first)]
    second = asyncio.run(one.abatch(histories))
    threads = bench.reader.await_threads(bench.agent, 4, events=16)
    texts: list[AIMessage] = [*first, *second]
    assert sorted(trace for message in texts for trace in frames.ids(message.text)) == sorted([thread["threadId"] for thread in threads] * 2)
