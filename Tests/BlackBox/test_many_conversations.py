"""Conversations side by side never mix."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import frames
import replies
from bench import Bench
from reader import assert_no_frames, reply_text, user_text
from script import Exchange, Reply

CONVERSATIONS, TURNS = 20, 3


def answer(exchange: Exchange) -> Reply:
    """Repeats the question, so that a mix-up shows in the text."""
    request = exchange.json()
    text = f"You have asked me this: {request['messages'][-1]['content']}"
    return replies.in_form_of(exchange.target, request, text)


def question(who: str, turn: int) -> str:
    return f"question {turn} of {who}?"


def ask(bench: Bench, client: Any, history: list[Any], text: str, streaming: bool) -> None:
    history.append({"role": "user", "content": text})
    reply = client.chat.completions.create(model=bench.model, messages=history, stream=streaming)
    if streaming:
        got = "".join(part.choices[0].delta.content or "" for part in reply if part.choices)
    else:
        got = reply.choices[0].message.content
    history.append({"role": "assistant", "content": got})


def assert_whole(bench: Bench, trace_id: str, who: str) -> None:
    events = bench.reader.await_types(trace_id, *["user_message", "llm_response"] * TURNS)
    asked = [question(who, turn) for turn in range(TURNS)]
    assert [user_text(event) for event in events[::2]] == asked
    assert [reply_text(event) for event in events[1::2]] == [f"You have asked me this: {text}" for text in asked]
    assert_no_frames(events)


def trace_of(history: list[Any]) -> str:
    """The one trace that every assistant turn of a history carries."""
    found = {trace_id for turn in history[1::2] for trace_id in frames.ids(turn["content"])}
    assert len(found) == 1, found
    return found.pop()


def test_two_interleaved_conversations_of_one_agent(bench: Bench) -> None:
    bench.script.answer(answer)
    client = bench.openai()
    histories: dict[str, list[Any]] = {"first": [], "second": []}
    for turn in range(TURNS):
        for who, history in histories.items():
            ask(bench, client, history, question(who, turn), streaming=who == "second")
    bench.reader.await_threads(bench.agent, 2, events=2 * 2 * TURNS)
    traces = {who: trace_of(history) for who, history in histories.items()}
    assert traces["first"] != traces["second"]
    for who, trace_id in traces.items():
        assert_whole(bench, trace_id, who)


def test_twenty_conversations_at_once(bench: Bench) -> None:
    bench.script.answer(answer)
    together = Barrier(CONVERSATIONS)

    def converse(at: int) -> list[Any]:
        client, history = bench.openai(), list[Any]()
        for turn in range(TURNS):
            together.wait(60)
            ask(bench, client, history, question(f"speaker {at}", turn), streaming=at % 2 == 0)
        return history

    with ThreadPoolExecutor(CONVERSATIONS) as pool:
        histories = list(pool.map(converse, range(CONVERSATIONS)))
    bench.reader.await_threads(bench.agent, CONVERSATIONS, events=CONVERSATIONS * TURNS * 2)
    traces = [trace_of(history) for history in histories]
    assert len(set(traces)) == CONVERSATIONS
    for at, trace_id in enumerate(traces):
        assert_whole(bench, trace_id, f"speaker {at}")


def test_one_history_continued_twice_stays_one_trace(bench: Bench) -> None:
    """Two continuations of the same reply are branches of its trace."""
    bench.script.answer(answer)
    client, history = bench.openai(), list[Any]()
    ask(bench, client, history, question("me", 0), streaming=False)
    for at in range(2):
        branch = list(history)
        ask(bench, client, branch, f"branch {at}?", streaming=at == 1)
        assert trace_of(branch) == trace_of(history)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    assert thread["threadId"] == trace_of(history)


def test_newest_turn_decides_and_others_become_links(bench: Bench) -> None:
    """A history put together from two conversations belongs to the newer one (TRC-4, TRC-10)."""
    bench.script.answer(answer)
    client = bench.openai()
    first, second = list[Any](), list[Any]()
    ask(bench, client, first, question("first", 0), streaming=False)
    ask(bench, client, second, question("second", 0), streaming=False)
    merged = [*first, *second]
    ask(bench, client, merged, "And together?", streaming=False)
    assert frames.ids(merged[-1]["content"]) == [trace_of(second)]
    events = bench.reader.await_types(trace_of(second), *["user_message", "llm_response"] * 2)
    assert trace_of(first) in str(events[2]["metadata"]["stitch"])


def test_both_vendors_in_one_trace(bench: Bench) -> None:
    """An agent that changes the provider within a conversation keeps its trace."""
    bench.script.answer(answer)
    history: list[Any] = []
    ask(bench, bench.openai(), history, question("me", 0), streaming=True)
    history.append({"role": "user", "content": question("me", 1)})
    message = bench.anthropic().messages.create(model=bench.model, max_tokens=1024, messages=history)
    block = message.content[0]
    assert block.type == "text"
    history.append({"role": "assistant", "content": block.text})
    ask(bench, bench.openai(), history, question("me", 2), streaming=False)
    bench.reader.await_threads(bench.agent, 1, events=2 * TURNS)
    assert_whole(bench, trace_of(history), "me")
