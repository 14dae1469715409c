"""Conversations of LangChain's chat models, whose messages are objects of their own."""

from __future__ import annotations

import textwrap
import unicodedata
from typing import Any, Callable

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, trim_messages
from langchain_openai import ChatOpenAI

import replies
from bench import Bench
from reader import source
from script import Exchange, Reply


def answer(exchange: Exchange) -> Reply:
    request = exchange.json()
    newest = (request.get("messages") or request.get("input"))[-1]["content"]
    question = newest if isinstance(newest, str) else newest[-1]["text"]
    text = f"You have asked me an interesting question, and it was this one: {question}."
    streams = bool(request.get("stream"))
    if exchange.target.startswith("/v1/messages"):
        blocks = [{"type": "text", "text": text}]
        return replies.sse(replies.message_events(blocks)) if streams else replies.reply(replies.message(blocks))
    return replies.sse(replies.chat_events(text)) if streams else replies.reply(replies.chat(text))


def model(bench: Bench, name: str) -> BaseChatModel:
    headers = {"X-Agent-Name": bench.agent}
    options: dict[str, Any] = {"model": bench.model, "api_key": bench.server.key, "max_retries": 0, "default_headers": headers}
    if name == "anthropic":
        return ChatAnthropic(base_url=bench.server.proxy, max_tokens=99, **options)
    return ChatOpenAI(base_url=bench.server.proxy + "/v1", **options)


def visible(message: AIMessage) -> AIMessage:
    """The message as a memory of plain text keeps it."""
    text = "".join(character for character in message.text if unicodedata.category(character) not in ("Cf", "Mn"))
    return AIMessage(textwrap.fill(text, 30))


def converse(
    bench: Bench, chat: BaseChatModel, keep: Callable[[Any], BaseMessage], streaming: bool = False, turns: int = 3
) -> list[str]:
    """What decided about the trace of each request of a conversation, all of one trace."""
    history: list[BaseMessage] = [SystemMessage("Be brief.")]
    for turn in range(turns):
        history.append(HumanMessage(f"question {turn}?"))
        if streaming:
            whole = None
            for chunk in chat.stream(history):
                whole = chunk if whole is None else whole + chunk
            reply: Any = whole
        else:
            reply = chat.invoke(history)
        history.append(keep(reply))
    (thread,) = bench.reader.await_threads(bench.agent, 1, events=2 * turns)
    events = bench.reader.await_types(thread["threadId"], *["user_message", "llm_response"] * turns)
    assert [event["parentStepId"] for event in events[1:]] == list(range(1, 2 * turns))
    return [source(event) for event in events[::2]]


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_conversation_of_messages(bench: Bench, name: str, streaming: bool) -> None:
    bench.script.answer(answer)
    assert converse(bench, model(bench, name), lambda reply: reply, streaming) == ["new", "signature.v2", "signature.v2"]


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_memory_of_plain_text(bench: Bench, name: str, streaming: bool) -> None:
    bench.script.answer(answer)
    assert converse(bench, model(bench, name), visible, streaming) == ["new", "lineage", "lineage"]


def test_history_that_is_trimmed(bench: Bench) -> None:
    """LangChain's own way to shorten a history keeps its end, and so a signature."""
    bench.script.answer(answer)
    chat = model(bench, "openai")
    history: list[BaseMessage] = []
    for turn in range(4):
        history.append(HumanMessage(f"question {turn}?"))
        short = trim_messages(history, max_tokens=3, token_counter=len, strategy="last", start_on="human", allow_partial=False)
        assert len(short) <= 3
        history.append(chat.invoke(short))
    bench.reader.await_threads(bench.agent, 1, events=8)
