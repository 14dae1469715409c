"""Who follows whom inside a trace: edited histories, forks, sub-agents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

import replies
from bench import Bench
from reader import Event
from script import Exchange, Reply



def answer(exchange: Exchange) -> Reply:
    question = exchange.json()["messages"][-1]["content"]
    return replies.reply(replies.chat(f"You have asked me this: {question}."))


def ask(bench: Bench, history: list[Any], text: str, **options: Any) -> list[Any]:
    """The history with the question and the answer to it."""
    asked = [*history, {"role": "user", "content": text}]
    reply = bench.openai(**options).chat.completions.create(model=bench.model, messages=asked)
    return [*asked, {"role": "assistant", "content": reply.choices[0].message.content}]


def parent_questions(events: list[Event]) -> dict[str, str | None]:
    """For every question the one whose answer it follows."""
    asked = {event["spanId"]: event["content"][-1]["content"] for event in events if event["eventType"] == "user_message"}
    requests = [event for event in events if event["eventType"] == "user_message"]
    return {asked[event["spanId"]]: asked.get(event.get("parentSpanId", "")) for event in requests}


def test_conversation_that_is_continued_twice(bench: Bench) -> None:
    bench.script.answer(answer)
    start = ask(bench, [], "the first question")
    left = ask(bench, start, "left")
    right = ask(bench, start, "right")
    ask(bench, left, "left again")
    ask(bench, right, "right again")
    (thread,) = bench.reader.await_threads(bench.agent, 1, events=10)
    events = bench.reader.await_types(thread["threadId"], *["user_message", "llm_response"] * 5)
    assert parent_questions(events) == {
        "the first question": None,
        "left": "the first question",
        "right": "the first question",
        "left again": "left",
        "right again": "right",
    }
    # Every other event follows its own request.
    steps = {event["stepId"]: event for event in events}
    for event in events:
        if event["eventType"] == "llm_response":
            assert steps[event["parentStepId"]]["spanId"] == event["spanId"]
            assert "parentSpanId" not in event


def test_edited_answer_follows_the_newest_reply_that_is_left(bench: Bench) -> None:
    bench.script.answer(answer)
    first = ask(bench, [], "one")
    second = ask(bench, first, "two")
    edited = [*second[:-1], {"role": "assistant", "content": "Something that nobody ever answered."}]
    ask(bench, edited, "three")
    (thread,) = bench.reader.await_threads(bench.agent, 1, events=6)
    events = bench.reader.await_types(thread["threadId"], *["user_message", "llm_response"] * 3)
    assert parent_questions(events) == {"one": None, "two": "one", "three": "one"}


def test_edited_question_follows_the_reply_before_it(bench: Bench) -> None:
    bench.script.answer(answer)
    first = ask(bench, [], "one")
    ask(bench, first, "two")
    ask(bench, first, "two, but better")
    (thread,) = bench.reader.await_threads(bench.agent, 1, events=6)
    events = bench.reader.await_types(thread["threadId"], *["user_message", "llm_response"] * 3)
    assert parent_questions(events) == {"one": None, "two": "one", "two, but better": "one"}


def test_shortened_history_follows_the_last_answer(bench: Bench) -> None:
    bench.script.answer(answer)
    history = ask(bench, ask(bench, [], "one"), "two")
    ask(bench, [{"role": "user", "content": "Summary: we spoke of numbers."}, *history[-1:]], "three")
    (thread,) = bench.reader.await_threads(bench.agent, 1, events=6)
    events = bench.reader.await_types(thread["threadId"], *["user_message", "llm_response"] * 3)
    assert parent_questions(events)["three"] == "two"


@dataclass(frozen=True)
class Harness:
    """What a harness sends for the agent that leads and for the one that works for it (TRC-31 to TRC-33)."""

    session: str
    main: dict[str, str]
    task: dict[str, str]
    parent: str | None = None


ID = "0c1f4a52-6a0e-4c39-9d55-1c39b1f7a001"

HARNESSES = {
    "claude-code": Harness(
        ID,
        {"X-Claude-Code-Session-Id": ID},
        {"X-Claude-Code-Session-Id": ID, "X-Claude-Code-Agent-Id": "agent-1", "X-Claude-Code-Parent-Agent-Id": "lead"},
        parent="lead",
    ),
    "opencode": Harness(
        ID,
        {"X-OpenCode-Session": ID},
        {"X-OpenCode-Session": "agent-1", "X-Parent-Session-Id": ID},
    ),
    "codex": Harness(
        ID,
        {"Originator": "codex_cli_rs", "Session-Id": ID, "Thread-Id": ID},
        {"Originator": "codex_cli_rs", "Session-Id": ID, "Thread-Id": "agent-1", "X-Codex-Parent-Thread-Id": "lead"},
        parent="lead",
    ),
    "codex, by its user agent": Harness(
        ID,
        {"User-Agent": "Codex/1.0", "session_id": ID},
        {"User-Agent": "Codex/1.0", "session_id": ID, "Thread-Id": "agent-1"},
    ),
}


@pytest.mark.parametrize("name", HARNESSES)
def test_agents_of_a_harness_session(bench: Bench, name: str) -> None:
    """One trace, and every agent a branch of its own."""
    bench.script.answer(answer)
    # Sessions are the operator's: each test has its own.
    harness = HARNESSES[name]
    session, agent = (
        {key: value.replace(ID, f"{ID}-{bench.token}") for key, value in headers.items()}
        for headers in (harness.main, harness.task)
    )
    main = ask(bench, [], "main", headers=session)
    task = ask(bench, [], "task", headers=agent)
    ask(bench, task, "task again", headers=agent)
    ask(bench, main, "main again", headers=session)
    (thread,) = bench.reader.await_threads(bench.agent, 1, events=8)
    assert thread["threadId"] == f"{name.split(',')[0]}:{ID}-{bench.token}"
    for exchange in bench.script.exchanges:
        assert not exchange.holds(ID) and not exchange.holds("agent-1"), "the session went upstream"
    events = bench.reader.await_types(thread["threadId"], *["user_message", "llm_response"] * 4)
    assert parent_questions(events) == {"main": None, "task": None, "task again": "task", "main again": "main"}
    sources = {event["content"][-1]["content"]: event["metadata"]["stitch"] for event in events if event["eventType"] == "user_message"}
    assert sources["main"]["source"] == sources["task"]["source"] == "harness"
    assert sources["task"]["branch"] == sources["task again"]["branch"] == "agent-1"
    assert sources["task"].get("parentBranch") == harness.parent
    assert "branch" not in sources["main"] and "parentBranch" not in sources["main"]


def test_merged_histories_keep_the_others_as_links(bench: Bench) -> None:
    bench.script.answer(answer)
    left, right = ask(bench, [], "left"), ask(bench, [], "right")
    threads = bench.reader.await_threads(bench.agent, 2, events=4)
    ask(bench, left + right, "both")
    threads = bench.reader.await_threads(bench.agent, 2, events=6)
    joined = next(thread for thread in threads if thread["eventCount"] == 4)
    events = bench.reader.await_types(joined["threadId"], *["user_message", "llm_response"] * 2)
    assert parent_questions(events) == {"right": None, "both": "right"}
    other = next(thread for thread in threads if thread["eventCount"] == 2)
    assert events[2]["metadata"]["stitch"]["links"] == [other["threadId"]]
