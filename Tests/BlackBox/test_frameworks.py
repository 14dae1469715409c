"""Frameworks on top of the official clients: langchain and LiteLLM, with nothing set but the address and a header."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import pydantic
import pytest

# Without the first two LiteLLM asks the network for its prices and for the names of Anthropic's betas.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS"] = "True"
os.environ["LANGCHAIN_TRACING_V2"] = "false"
import langchain_anthropic
import langchain_openai
import litellm

import frames
import replies
import responses
from bench import TIMEOUT, Bench
from reader import sources
from script import Exchange, Reply

PLAIN = "Here is a plain answer to your question."
VALUE = {"city": "Oslo", "degrees": 4.5}
MESSAGES: Any = [{"role": "user", "content": "Please answer."}]


class Weather(pydantic.BaseModel):
    """The weather of a city."""

    city: str
    degrees: float


def chat_model(bench: Bench, **options: Any) -> Any:
    return langchain_openai.ChatOpenAI(
        model=bench.model, api_key=bench.server.key, base_url=bench.server.proxy + "/v1", max_retries=0, timeout=TIMEOUT,
        default_headers={"X-Agent-Name": bench.agent}, **options,
    )  # fmt: skip


def claude_model(bench: Bench, **options: Any) -> Any:
    return langchain_anthropic.ChatAnthropic(
        model=bench.model, api_key=bench.server.key, base_url=bench.server.proxy, max_retries=0, timeout=TIMEOUT, max_tokens=2048,
        default_headers={"X-Agent-Name": bench.agent}, **options,
    )  # fmt: skip


def provider(exchange: Exchange) -> Reply:
    """Any of the three APIs: a call where there are tools and no result yet, JSON where a form is asked for, else text."""
    request = exchange.json()
    said = json.dumps(request.get("messages") or request.get("input"))
    streaming = request.get("stream")
    wants_call = bool(request.get("tools")) and "call_" not in said
    name = "Weather" if not wants_call else (request["tools"][0].get("function") or request["tools"][0])["name"]
    is_json = "response_format" in request or (request.get("text") or {}).get("format") or "output_config" in request
    text = json.dumps(VALUE) if is_json else PLAIN
    call_id = f"call_{request['model']}_{len(said)}"
    if exchange.target.startswith("/v1/chat"):
        calls = [replies.tool_call(call_id, name, json.dumps(VALUE))] if wants_call else None
        content = None if wants_call else text
        return replies.sse(replies.chat_events(content, calls=calls)) if streaming else replies.reply(replies.chat(content, calls=calls))
    if exchange.target.startswith("/v1/responses"):
        item = responses.call(call_id, name, json.dumps(VALUE)) if wants_call else responses.message(call_id, text)
        value = responses.response(call_id, item)
        return replies.sse(responses.events(value)) if streaming else replies.reply(value)
    blocks = [{"type": "tool_use", "id": call_id, "name": name, "input": VALUE}] if wants_call else [{"type": "text", "text": text}]
    stop = "tool_use" if wants_call else "end_turn"
    return replies.sse(replies.message_events(blocks, stop=stop)) if streaming else replies.reply(replies.message(blocks, stop=stop))


def text_of(message: Any) -> str:
    content = message.content
    return content if isinstance(content, str) else "".join(part["text"] for part in content if part["type"] == "text")


MODELS: dict[str, Any] = {
    "openai": chat_model,
    "openai responses": lambda bench, **more: chat_model(bench, use_responses_api=True, **more),
    "anthropic": claude_model,
}
each_model = pytest.mark.parametrize("name", MODELS)
each_way = pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])


def ask(model: Any, messages: list[Any], streaming: bool) -> Any:
    if not streaming:
        return model.invoke(messages)
    joined = None
    for part in model.stream(messages):
        joined = part if joined is None else joined + part
    return joined


@each_way
@each_model
def test_langchain_conversation(bench: Bench, name: str, streaming: bool) -> None:
    """Three turns through its own message objects are one trace, and nothing of ours goes upstream."""
    bench.script.answer(provider)
    model = MODELS[name](bench)
    history: list[Any] = [("system", "Be brief."), ("user", "Please answer.")]
    for _ in range(3):
        answer = ask(model, history, streaming)
        assert frames.strip(text_of(answer)) == PLAIN
        history += [answer, ("user", "And now?")]
    for exchange in bench.script.exchanges:
        frames.assert_clean(exchange.body)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    assert thread["threadId"] in frames.ids(text_of(history[2]))
    assert "new" not in sources(bench.reader.events(thread["threadId"]))[2:]


@each_way
@each_model
def test_langchain_tool_loop(bench: Bench, name: str, streaming: bool) -> None:
    bench.script.answer(provider)
    model = MODELS[name](bench).bind_tools([Weather])
    history: list[Any] = [("user", "How is the weather?")]
    first = ask(model, history, streaming)
    [call] = first.tool_calls
    assert (call["name"], call["args"]) == ("Weather", VALUE)
    history += [first, {"role": "tool", "tool_call_id": call["id"], "content": "It rains."}]
    assert frames.strip(text_of(ask(model, history, streaming))) == PLAIN
    [thread] = bench.reader.await_threads(bench.agent, 1, events=4)
    kinds = [event["eventType"] for event in bench.reader.events(thread["threadId"])]
    assert kinds == ["user_message", "llm_response", "tool_result", "llm_response"]


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
@each_model
def test_langchain_structured_output(bench: Bench, name: str, method: str) -> None:
    bench.script.answer(provider)
    model = MODELS[name](bench).with_structured_output(Weather, method=method)
    assert model.invoke("How is the weather?") == Weather(**VALUE)


def test_langchain_async_and_batch(bench: Bench) -> None:
    """Eight questions at once are eight traces."""
    bench.script.answer(provider)
    answers = asyncio.run(chat_model(bench).abatch([f"Question {at}?" for at in range(8)]))
    assert [frames.strip(answer.content) for answer in answers] == [PLAIN] * 8
    threads = bench.reader.await_threads(bench.agent, 8, events=16)
    assert {thread["threadId"] for thread in threads} == {trace for answer in answers for trace in frames.ids(answer.content)}


def test_langchain_embeddings(bench: Bench) -> None:
    data = [{"object": "embedding", "index": at, "embedding": [0.5, at]} for at in range(2)]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    bench.script.reply(replies.reply({"object": "list", "model": "m", "data": data, "usage": usage}))
    embeddings = langchain_openai.OpenAIEmbeddings(
        model=bench.model,
        api_key=bench.server.key,
        base_url=bench.server.proxy + "/v1",
        check_embedding_ctx_length=False,
        default_headers={"X-Agent-Name": bench.agent},
    )
    assert embeddings.embed_documents(["one", "two"]) == [[0.5, 0.0], [0.5, 1.0]]


def test_langchain_thinking_goes_back_as_it_came(bench: Bench) -> None:
    blocks = [
        {"type": "thinking", "thinking": "Let me think. ", "signature": "EqQB+/="},
        {"type": "redacted_thinking", "data": "ZGF0YQ=="},
        {"type": "text", "text": PLAIN},
    ]
    bench.script.reply(replies.sse(replies.message_events(blocks)), replies.reply(replies.message(blocks)))
    model = claude_model(bench, thinking={"type": "enabled", "budget_tokens": 1024})
    history: list[Any] = [("user", "Please answer.")]
    first = ask(model, history, True)
    ask(model, [*history, first, ("user", "And now?")], False)
    sent = bench.script.last.json()["messages"][1]["content"]
    kept = [{name: block[name] for name in original} for block, original in zip(sent, blocks)]
    assert kept == blocks


def lite(bench: Bench, vendor: str, **options: Any) -> Any:
    base = bench.server.proxy + ("/v1" if vendor == "openai" else "")
    return litellm.completion(
        model=f"{vendor}/{bench.model}", api_base=base, api_key=bench.server.key, num_retries=0, timeout=TIMEOUT,
        extra_headers={"X-Agent-Name": bench.agent}, max_tokens=999, **options,
    )  # fmt: skip


@each_way
@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_litellm_conversation(bench: Bench, vendor: str, streaming: bool) -> None:
    bench.script.answer(provider)
    history: list[Any] = [*MESSAGES]
    for _ in range(3):
        made = lite(bench, vendor, messages=history, stream=streaming)
        if streaming:
            text = "".join(part.choices[0].delta.content or "" for part in made)
        else:
            text = made.choices[0].message.content
        assert frames.strip(text) == PLAIN
        history += [{"role": "assistant", "content": text}, *MESSAGES]
    for exchange in bench.script.exchanges:
        frames.assert_clean(exchange.body)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    assert frames.ids(history[1]["content"]) == [thread["threadId"]]


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_litellm_tool_loop(bench: Bench, vendor: str) -> None:
    bench.script.answer(provider)
    tool = {"type": "function", "function": {"name": "Weather", "parameters": Weather.model_json_schema()}}
    history: list[Any] = [*MESSAGES]
    first = lite(bench, vendor, messages=history, tools=[tool]).choices[0].message
    [call] = first.tool_calls
    assert json.loads(call.function.arguments) == VALUE
    history += [first.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "It rains."}]
    last = lite(bench, vendor, messages=history, tools=[tool]).choices[0].message
    assert frames.strip(last.content) == PLAIN
    bench.reader.await_threads(bench.agent, 1, events=4)


@pytest.mark.parametrize(("status", "kind"), [(401, "AuthenticationError"), (429, "RateLimitError"), (404, "NotFoundError")])
@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_litellm_errors(bench: Bench, vendor: str, status: int, kind: str) -> None:
    bench.script.reply(replies.reply(replies.vendor_error(vendor, "some_error", "It is so."), status))
    with pytest.raises(getattr(litellm, kind), match="It is so."):
        lite(bench, vendor, messages=MESSAGES)
    assert len(bench.script.exchanges) == 1


def test_litellm_embeddings_and_responses(bench: Bench) -> None:
    data = [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    options: Any = {
        "model": f"openai/{bench.model}", "api_base": bench.server.proxy + "/v1", "api_key": bench.server.key,
        "extra_headers": {"X-Agent-Name": bench.agent},
    }  # fmt: skip
    bench.script.reply(replies.reply({"object": "list", "model": "m", "data": data, "usage": usage}))
    assert litellm.embedding(input=["one"], **options).data[0]["embedding"] == [0.5, 1.0]
    bench.script.answer(provider)
    made = litellm.responses(input="Please answer.", **options)
    traces = [thread["threadId"] for thread in bench.reader.await_threads(bench.agent, 2, events=4)]
    kinds = {trace: [event["eventType"] for event in bench.reader.events(trace)] for trace in traces}
    assert sorted(kinds.values()) == [["embedding_request", "embedding_response"], ["user_message", "llm_response"]]
    [answered] = [trace for trace, kind in kinds.items() if "llm_response" in kind]
    frames.assert_signed(made.output[0].content[0].text, PLAIN, answered)
