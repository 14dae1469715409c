"""The events of a streamed and of a whole reply with the same content are equal (EXC-51)."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest

import replies
import responses
from bench import Bench
from script import Step
from test_upstream_faults import PLAIN

Pair = tuple[list[Step], list[Step]]

PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses"}
REFUSAL = "I will not help with that."
ARGUMENTS = '{"a":[1,2,{"b":"c"}]}'


def chat(whole: dict[str, Any], *chunks: bytes) -> Pair:
    usage = replies.encode(whole["usage"])
    counts = b'data: {"object":"chat.completion.chunk","model":"scripted","choices":[],"usage":%s}\n\n' % usage
    return replies.reply(whole), replies.sse([*chunks, counts, replies.DONE])


def chat_text(token: str) -> Pair:
    call = replies.tool_call(f"call_{token}", "f", ARGUMENTS)
    return chat(replies.chat(PLAIN, calls=[call]), *replies.chat_events(PLAIN, calls=[call])[:-1])


def chat_refusal(token: str) -> Pair:
    """As OpenAI streams it: the first delta has an empty text, which the whole reply has not."""
    opening = replies.chat_chunk({"role": "assistant", "content": "", "refusal": None})
    pieces = [replies.chat_chunk({"refusal": word}) for word in replies.words(REFUSAL)]
    return chat(replies.chat(None, refusal=REFUSAL), opening, *pieces, replies.chat_chunk({}, "stop"))


def chat_call_after_empty_text(token: str) -> Pair:
    call = replies.tool_call(f"call_{token}", "f", ARGUMENTS)
    return chat(replies.chat(None, calls=[call]), *replies.chat_events("", calls=[call])[:-1])


def chat_empty(token: str) -> Pair:
    return chat(replies.chat("", refusal=None), *replies.chat_events("")[:-1])


def chat_thinking_and_tool(token: str) -> Pair:
    """As OpenRouter passes on what Claude thinks: the text twice, and its seal in a piece of its own (EXC-92, EXC-93)."""
    call = replies.tool_call(f"call_{token}", "f", ARGUMENTS)
    detail = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}
    whole = replies.chat(None, calls=[call])
    whole["choices"][0]["message"] |= {"reasoning": PLAIN, "reasoning_details": [{**detail, "text": PLAIN, "signature": "Eq+/="}]}
    pieces = [{"reasoning": word, "reasoning_details": [{**detail, "text": word}]} for word in replies.words(PLAIN)]
    pieces.append({"reasoning": None, "reasoning_details": [{**detail, "signature": "Eq+/="}]})
    first, *rest = replies.chat_events("", calls=[call])[:-1]
    return chat(whole, first, *(replies.chat_chunk({"content": "", **piece}) for piece in pieces), *rest)


def chat_two_choices(token: str) -> Pair:
    whole = replies.chat(PLAIN)
    whole["choices"].append({**replies.chat("Another answer of some words.")["choices"][0], "index": 1})
    second = [
        replies.chat_chunk({"role": "assistant", "content": ""}, index=1),
        replies.chat_chunk({"content": "Another answer of "}, index=1),
        replies.chat_chunk({"content": "some words."}, index=1),
        replies.chat_chunk({}, "stop", index=1),
    ]
    first = replies.chat_events(PLAIN)[:-1]
    return chat(whole, *first[:3], *second, *first[3:])


def chat_annotations(token: str) -> Pair:
    notes = [{"type": "url_citation", "url_citation": {"url": "https://example.com", "title": "\u6c34"}}]
    events = replies.chat_events(PLAIN)
    events.insert(-2, replies.chat_chunk({"annotations": notes}))
    return chat(replies.chat(PLAIN, annotations=notes), *events[:-1])


def chat_calls_of_every_kind(token: str) -> Pair:
    """Of both forms at once, and of tools whose input is a text (EXC-97)."""
    first = {"id": f"call_{token}", "type": "custom", "custom": {"name": "query", "input": "select 1"}}
    second, old = replies.tool_call(f"call_2_{token}", "f", ARGUMENTS), {"name": "g", "arguments": "[2]"}
    whole = replies.chat(None, calls=[first, second])
    whole["choices"][0]["message"]["function_call"] = old
    pieces = [
        {"role": "assistant", "content": None, "function_call": {"name": "g", "arguments": "["}},
        {"tool_calls": [{"index": 0, **first, "custom": {"name": "query", "input": ""}}]},
        {"tool_calls": [{"index": 0, "function": None, "custom": {"input": "select"}}], "function_call": {"arguments": "2]"}},
        {"tool_calls": [{"index": 0, "custom": {"input": " 1"}}, {"index": 1, **second}]},
    ]
    return chat(whole, *map(replies.chat_chunk, pieces), replies.chat_chunk({}, "tool_calls"))


def chat_empty_finish_reasons(token: str) -> Pair:
    """EXC-96: what is empty says nothing, in a choice that has come to its end as little as before."""
    whole = replies.chat(PLAIN)
    whole["choices"][0]["finish_reason"] = ""
    pieces = [replies.chat_chunk({"content": word}, "") for word in replies.words(PLAIN)]
    return chat(whole, *pieces)


def chat_error(token: str) -> Pair:
    return replies.reply({"error": {"message": "Slow down."}}), replies.sse([replies.data({"error": {"message": "Slow down."}})])


def messages(blocks: list[Any], stop: str) -> Pair:
    whole, events = replies.message(blocks, stop=stop), replies.message_events(blocks, stop=stop)
    return replies.reply(whole), replies.sse(events)


def messages_thinking_and_tool(token: str) -> Pair:
    blocks = [
        {"type": "thinking", "thinking": "Let me think about it.", "signature": f"sig{token}"},
        {"type": "redacted_thinking", "data": f"sealed{token}"},
        {"type": "text", "text": PLAIN},
        {"type": "tool_use", "id": f"toolu_{token}", "name": "f", "input": {"a": [1, 2]}},
    ]
    return messages(blocks, "tool_use")


def messages_citations(token: str) -> Pair:
    cited = {"type": "char_location", "cited_text": "words", "document_index": 0, "start_char_index": 0}
    return messages([{"type": "text", "text": PLAIN, "citations": [cited]}], "end_turn")


def messages_refusal(token: str) -> Pair:
    return messages([{"type": "text", "text": REFUSAL}], "refusal")


def messages_empty_text_before_tool(token: str) -> Pair:
    blocks = [
        {"type": "text", "text": ""},
        {"type": "tool_use", "id": f"toolu_{token}", "name": "f", "input": {"a": [1, 2]}},
    ]
    return messages(blocks, "tool_use")


def messages_calls_of_every_kind(token: str) -> Pair:
    """EXC-97: and a block that nobody knows, which brings its input as a call does."""
    blocks = [
        {"type": "server_tool_use", "id": f"srvtoolu_{token}", "name": "web_search", "input": {"query": "x"}},
        {"type": "mcp_tool_use", "id": f"mcptoolu_{token}", "name": "g", "server_name": "s", "input": {"a": 1}},
        {"type": "later_use", "id": f"later_{token}", "name": "h", "input": {"b": 2}},
    ]
    return messages(blocks, "tool_use")


def messages_error(token: str) -> Pair:
    error = replies.vendor_error("anthropic", "overloaded_error", "Slow down.")
    return replies.reply(error), replies.sse([replies.named("error", error)])


def answered(token: str, *items: Any, **more: Any) -> Pair:
    final = responses.response(token, *items, **more)
    return replies.reply(final), replies.sse(responses.events(final))


def responses_reasoning_and_call(token: str) -> Pair:
    thought, said = responses.reasoning(token, "First.", "Second."), responses.message(token, PLAIN)
    return answered(token, thought, said, responses.call(token, "f", ARGUMENTS))


def responses_refusal(token: str) -> Pair:
    return answered(token, responses.message(token, responses.refusal(REFUSAL)))


def responses_custom_call(token: str) -> Pair:
    return answered(token, responses.custom_call(token, "shell", "ls -l"))


def responses_two_parts(token: str) -> Pair:
    return answered(token, responses.message(token, PLAIN, responses.text("And more of it.", [{"type": "file_path"}])))


CHAT = [chat_text, chat_refusal, chat_call_after_empty_text, chat_empty, chat_two_choices, chat_thinking_and_tool, chat_annotations]
CHAT += [chat_calls_of_every_kind, chat_empty_finish_reasons, chat_error]
MESSAGES = [messages_thinking_and_tool, messages_citations, messages_refusal, messages_empty_text_before_tool]
MESSAGES += [messages_calls_of_every_kind, messages_error]
RESPONSES = [responses_reasoning_and_call, responses_refusal, responses_custom_call, responses_two_parts]


def leave(bench: Bench, make: Callable[[str], Pair], stream: bool) -> list[Any]:
    """What a reply leaves, without times, ids of ours and what says that it was streamed."""
    bench.script.reply(make(bench.token)[stream])
    path = PATHS[make.__name__.split("_")[0]]
    question = {"role": "user", "content": "Answer."}
    asked = {"input": [question]} if "responses" in path else {"messages": [question], "max_tokens": 1024}
    reply = bench.fetch(path, replies.encode({"model": bench.model, "stream": stream, **asked}))
    thoughts = {"chat_thinking_and_tool": 1, "messages_thinking_and_tool": 2, "responses_reasoning_and_call": 1}.get(make.__name__, 0)
    errors = ["error"] * make.__name__.endswith("_error")
    events = bench.reader.await_types(reply.trace, "user_message", *["llm_thinking"] * thoughts, "llm_response", *errors)
    ours = {"latencyMs", "timeToFirstTokenMs"}
    return [
        (event["eventType"], event["content"], {k: v for k, v in event["metadata"].items() if k not in ours})
        for event in events[1:]
    ]


@pytest.mark.parametrize("make", [*CHAT, *MESSAGES, *RESPONSES], ids=lambda make: make.__name__)
def test_streamed_and_whole_replies_leave_equal_events(bench: Bench, make: Callable[[str], Pair]) -> None:
    whole, streamed = leave(bench, make, False), leave(bench, make, True)
    assert whole == streamed


@pytest.mark.parametrize("stream", [False, True])
def test_refusal_of_a_chat_completion(bench: Bench, stream: bool) -> None:
    """EXC-73, EXC-74"""
    [(_, content, _)] = leave(bench, chat_refusal, stream)
    assert content == {"refusal": REFUSAL, "finishReason": "refusal"}
    [(_, content, _)] = leave(bench, messages_refusal, stream)
    assert content == {"content": REFUSAL, "finishReason": "refusal"}


@pytest.mark.parametrize("stream", [False, True])
def test_calls_of_every_kind(bench: Bench, stream: bool) -> None:
    """EXC-97"""

    def calls(make: Callable[[str], Pair]) -> list[tuple[str, str, str]]:
        [(_, content, _)] = leave(bench, make, stream)
        return [(one["type"], one["function"]["name"], one["function"]["arguments"]) for one in content["toolCalls"]]

    assert calls(chat_calls_of_every_kind) == [
        ("custom", "query", "select 1"), ("function", "f", ARGUMENTS), ("function", "g", "[2]"),
    ]  # fmt: skip
    assert [(kind, name, json.loads(given)) for kind, name, given in calls(messages_calls_of_every_kind)] == [
        ("function", "web_search", {"query": "x"}), ("function", "g", {"a": 1}),
    ]  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("make", [chat_error, messages_error], ids=["chat", "messages"])
def test_success_that_brings_an_error(bench: Bench, make: Callable[[str], Pair], stream: bool) -> None:
    """EXC-98"""
    [(_, content, _), (kind, error, _)] = leave(bench, make, stream)
    assert (content, kind) == ({"finishReason": "upstream_error"}, "error")
    assert "Slow down." in json.dumps(error)
