"""Further ways in which the official clients call: asynchronous, beta, Responses, bearer tokens, legacy options."""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic
import openai

import frames
import replies
from bench import TIMEOUT, Bench
from reader import reply_text, sources
from test_many_conversations import answer

PLAIN = "Here is a plain answer."
USER: Any = {"role": "user", "content": "Answer."}


def test_async_openai(bench: Bench) -> None:
    """This client reads the body to its end after `[DONE]`, unlike the synchronous one. Ten at once, two turns each."""
    bench.script.answer(answer)

    async def converse(client: openai.AsyncOpenAI, at: int) -> list[Any]:
        history: list[Any] = []
        for turn in range(2):
            history.append({"role": "user", "content": f"question {turn} of {at}?"})
            stream = await client.chat.completions.create(model=bench.model, messages=history, stream=True)
            text = "".join([part.choices[0].delta.content or "" async for part in stream if part.choices])
            history.append({"role": "assistant", "content": text})
        return history

    async def all_of_them() -> list[list[Any]]:
        headers = {"X-Agent-Name": bench.agent}
        async with openai.AsyncOpenAI(
            api_key=bench.server.key,
            base_url=bench.server.proxy + "/v1",
            default_headers=headers,
            max_retries=0,
            timeout=TIMEOUT,
        ) as client:
            return list(await asyncio.gather(*(converse(client, at) for at in range(10))))

    histories = asyncio.run(all_of_them())
    bench.reader.await_threads(bench.agent, 10, events=40)
    for at, history in enumerate(histories):
        [trace_id] = {trace for turn in history[1::2] for trace in frames.ids(turn["content"])}
        events = bench.reader.events(trace_id)
        assert [reply_text(event) for event in events[1::2]] == [
            f"You have asked me this: question {turn} of {at}?" for turn in range(2)
        ]
        assert {event["content"]["finishReason"] for event in events[1::2]} == {"stop"}


def test_async_anthropic(bench: Bench) -> None:
    blocks = [{"type": "text", "text": PLAIN}]
    bench.script.reply(replies.sse(replies.message_events(blocks)), replies.reply(replies.message(blocks)))

    async def converse() -> tuple[str, str]:
        async with anthropic.AsyncAnthropic(
            api_key=bench.server.key,
            base_url=bench.server.proxy,
            default_headers={"X-Agent-Name": bench.agent},
            max_retries=0,
            timeout=TIMEOUT,
        ) as client:
            async with client.messages.stream(model=bench.model, max_tokens=99, messages=[USER]) as stream:
                first = await stream.get_final_text()
            history = [USER, {"role": "assistant", "content": first}, USER]
            second = await client.messages.create(model=bench.model, max_tokens=99, messages=history)
            return first, getattr(second.content[0], "text", "")

    first, second = asyncio.run(converse())
    [thread] = bench.reader.await_threads(bench.agent, 1, events=4)
    frames.assert_signed(first, PLAIN, thread["threadId"])
    frames.assert_signed(second, PLAIN, thread["threadId"])


def test_anthropic_with_a_bearer_token(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.message([{"type": "text", "text": PLAIN}])))
    client = anthropic.Anthropic(
        auth_token=bench.server.key, base_url=bench.server.proxy, default_headers={"X-Agent-Name": bench.agent}
    )
    client.messages.create(model=bench.model, max_tokens=99, messages=[USER])
    exchange = bench.script.last
    assert exchange.header("x-api-key") and exchange.header("authorization") is None


def test_beta_messages(bench: Bench) -> None:
    for _ in range(2):
        bench.script.reply(replies.reply(replies.message([{"type": "text", "text": PLAIN}])))
    options: Any = {"model": bench.model, "max_tokens": 99, "messages": [USER], "betas": ["one-2026-01-01"]}
    bench.anthropic_direct().beta.messages.create(**options)
    message = bench.anthropic().beta.messages.create(**options)
    direct, proxied = bench.script.exchanges
    assert proxied.target == direct.target
    assert proxied.header("anthropic-beta") == direct.header("anthropic-beta")
    [thread] = bench.reader.await_threads(bench.agent, 1, events=2)
    frames.assert_signed(getattr(message.content[0], "text", ""), PLAIN, thread["threadId"])


def test_query_of_a_recorded_route(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    client = bench.openai(default_query={"api-version": "2026-01-01", "x": "a b&c"})
    client.chat.completions.create(model=bench.model, messages=[USER])
    assert bench.script.last.target == "/v1/chat/completions?api-version=2026-01-01&x=a+b%26c"
    bench.reader.await_threads(bench.agent, 1, events=2)


def test_function_call_of_before_tools(bench: Bench) -> None:
    function = {"name": "f", "arguments": '{"a":1}'}
    reply = replies.chat(None, finish="function_call", function_call=function)
    bench.script.reply(replies.reply(reply), replies.reply(replies.chat(PLAIN)))
    client = bench.openai()
    messages: list[Any] = [USER]
    first = client.chat.completions.create(model=bench.model, messages=messages).choices[0].message
    assert first.function_call and first.function_call.arguments == '{"a":1}'
    messages += [first, {"role": "function", "name": "f", "content": "2"}]
    client.chat.completions.create(model=bench.model, messages=messages)
    traces = [thread["threadId"] for thread in bench.reader.await_threads(bench.agent, 2, events=4)]
    kinds = sorted(event["eventType"] for trace_id in traces for event in bench.reader.events(trace_id))
    assert kinds == ["llm_response", "llm_response", "tool_result", "user_message"]


def test_unknown_members_of_a_reply_survive(bench: Bench) -> None:
    """Reasoning of self-hosted models, extra content of others: the client gets it, and sends it back."""
    extra: dict[str, Any] = {"reasoning_content": "Let me think.", "reasoning_details": [{"type": "x", "data": "y"}]}
    bench.script.reply(replies.reply(replies.chat(PLAIN, **extra)), replies.reply(replies.chat(PLAIN)))
    client: Any = bench.openai()
    first = client.chat.completions.create(model=bench.model, messages=[USER]).choices[0].message
    assert first.model_extra and first.model_extra["reasoning_content"] == "Let me think."
    client.chat.completions.create(model=bench.model, messages=[USER, first.model_dump(exclude_none=True), USER])
    sent = bench.script.last.json()["messages"][1]
    assert {name: sent[name] for name in extra} == extra
    assert sent["content"] == PLAIN
    [thread] = bench.reader.await_threads(bench.agent, 1, events=5)
    assert sources(bench.reader.events(thread["threadId"]))[3] == "signature.v2"
