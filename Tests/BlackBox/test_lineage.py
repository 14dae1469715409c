"""Conversations of clients that lose the signature and every id: what was said tells which one it is."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from pathlib import Path
from typing import Any, Callable

import pytest

import frames
import replies
from bench import Bench
from conftest import MakeBench
from harness import Secrets, Server
from reader import source
from script import Exchange, Reply
from upstream import Upstream


def answer(exchange: Exchange) -> Reply:
    """Depends on the last question alone, as a model without randomness would."""
    question = exchange.json()["messages"][-1]["content"]
    text = f"**You** have asked me \u201can interesting question\u201d, and it was this one: {question}."
    return replies.in_form_of(exchange.target, exchange.json(), text)


def without_marks(text: str) -> str:
    """What is left of a text in a client that keeps visible characters only."""
    visible = "".join(character for character in text if unicodedata.category(character) not in ("Cf", "Mn"))
    assert frames.ids(visible) == []
    return visible


CHANGES: dict[str, Callable[[str], str]] = {
    "nothing but the signature": lambda text: text,
    "trimmed": lambda text: f"\n {text.strip()}  \n",
    "wrapped": lambda text: textwrap.fill(text, 20),
    "normalised": lambda text: unicodedata.normalize("NFKC", text),
    "without markup": lambda text: text.replace("**", "").replace("\u201c", '"').replace("\u201d", '"'),
    "on one line": lambda text: re.sub(r"\s+", "\u00a0", text),
}


class Talk:
    """A conversation of a client that sends back what it shows."""

    def __init__(self, bench: Bench, change: Callable[[str], str] = CHANGES["trimmed"], **options: Any) -> None:
        self.bench = bench
        self.change = change
        self.client = bench.openai(**options)
        self.history: list[Any] = []

    def ask(self, text: str, stream: bool = False) -> str:
        """The trace that the exchange belongs to."""
        self.history.append({"role": "user", "content": text})
        raw = self.client.chat.completions.with_raw_response.create(
            model=self.bench.model, messages=self.history, stream=stream
        )
        trace, reply = raw.headers["x-trace-id"], raw.parse()
        if stream:
            got = "".join(part.choices[0].delta.content or "" for part in reply if part.choices)
        else:
            got = reply.choices[0].message.content
        assert frames.ids(got) == [trace]
        self.history.append({"role": "assistant", "content": self.change(without_marks(got))})
        return trace


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_conversation_without_its_signature(bench: Bench, change: Callable[[str], str], stream: bool) -> None:
    bench.script.answer(answer)
    talk = Talk(bench, change)
    assert len({talk.ask(f"question {turn}?", stream) for turn in range(3)}) == 1
    (thread,) = bench.reader.await_threads(bench.agent, 1, events=6)
    events = bench.reader.await_types(thread["threadId"], *["user_message", "llm_response"] * 3)
    assert [source(event) for event in events] == ["new"] * 2 + ["lineage"] * 4
    # A turn that is recognised by its words is also found as a parent.
    assert [event["parentStepId"] for event in events if event["stepId"] > 1] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_anthropic_conversation_without_its_signature(bench: Bench, stream: bool) -> None:
    bench.script.answer(answer)
    client, history, traces = bench.anthropic(), list[Any](), set[str]()
    for turn in range(3):
        history.append({"role": "user", "content": f"question {turn}?"})
        raw = client.messages.with_raw_response.create(model=bench.model, max_tokens=99, messages=history, stream=stream)
        traces.add(raw.headers["x-trace-id"])
        reply = raw.parse()
        if stream:
            text = "".join(event.delta.text for event in reply if event.type == "content_block_delta")
        else:
            text = reply.content[0].text
        history.append({"role": "assistant", "content": textwrap.fill(without_marks(text), 30)})
    assert len(traces) == 1


def test_conversation_that_changes_the_provider(bench: Bench) -> None:
    bench.script.answer(answer)
    talk = Talk(bench)
    first = talk.ask("question?")
    raw = bench.anthropic().messages.with_raw_response.create(
        model=bench.model, max_tokens=99, messages=[*talk.history, {"role": "user", "content": "and another?"}]
    )
    assert raw.headers["x-trace-id"] == first


def test_same_words_are_never_joined(bench: Bench) -> None:
    """Two people ask the same and are told the same; from then on nobody can tell them apart by their words."""
    bench.script.answer(answer)
    left, right = Talk(bench), Talk(bench)
    traces = {"left": [left.ask("the same question")], "right": [right.ask("the same question")]}
    for turn in range(3):
        traces["left"].append(left.ask(f"left {turn}"))
        traces["right"].append(right.ask(f"right {turn}"))
    assert not set(traces["left"]) & set(traces["right"])
    # What they said after it tells them apart again, so each has split once.
    assert len(set(traces["left"])) == len(set(traces["right"])) == 2


def test_same_words_later_are_never_joined(bench: Bench) -> None:
    bench.script.answer(answer)
    left, right = Talk(bench), Talk(bench)
    first = {left.ask("the same question"), left.ask("left 1"), left.ask("left 2")}
    assert len(first) == 1
    second = {right.ask("the same question"), right.ask("right 1"), right.ask("right 2")}
    assert not first & second
    assert left.ask("left 3") in first


def test_other_user_is_another_conversation(bench: Bench) -> None:
    bench.script.answer(answer)
    ann = Talk(bench, headers={"X-External-User-Id": "ann"})
    bob = Talk(bench, headers={"X-External-User-Id": "bob"})
    first = ann.ask("question?")
    bob.history = list(ann.history)
    assert bob.ask("and another?") != first
    assert ann.ask("and another?") == first


def test_edited_end_belongs_to_the_same_conversation(bench: Bench) -> None:
    bench.script.answer(answer)
    talk = Talk(bench)
    first = talk.ask("one")
    assert talk.ask("two") == first
    talk.history[-1]["content"] = "Something else, which nobody but the client has ever said."
    assert talk.ask("three") == first
    threads = bench.reader.await_threads(bench.agent, 1, events=6)
    events = bench.reader.await_types(threads[0]["threadId"], *["user_message", "llm_response"] * 3)
    # A branch of the first answer.
    assert events[4]["parentStepId"] == 2


def test_history_that_was_cut_or_summarised_is_not_recognised(bench: Bench) -> None:
    bench.script.answer(answer)
    talk = Talk(bench)
    first = talk.ask("one")
    assert talk.ask("two") == first
    whole = list(talk.history)
    talk.history = whole[2:]
    assert talk.ask("three") != first
    talk.history = [{"role": "user", "content": "Summary: we counted."}, *whole[3:]]
    assert talk.ask("three") != first


def test_memory_of_final_answers_only(bench: Bench) -> None:
    """A client that forgets the calls of its tools, as simple memories do."""
    bench.script.answer(lambda exchange: answer(exchange) if "tool" not in str(exchange.json()) else final)
    call = {"id": f"call_{bench.token}", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    text = "After a look at the tool's result I can say that it is forty-two."
    final = replies.reply(replies.chat(text))
    client = bench.openai()
    question = {"role": "user", "content": "one"}
    bench.script.reply(replies.reply(replies.chat(None, calls=[call])))
    raw = client.chat.completions.with_raw_response.create(model=bench.model, messages=[question])
    first = raw.headers["x-trace-id"]
    loop = [question, {"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "tool", "tool_call_id": call["id"], "content": "42"}]
    raw = client.chat.completions.with_raw_response.create(model=bench.model, messages=loop)
    assert raw.headers["x-trace-id"] == first
    kept = [question, {"role": "assistant", "content": text}, {"role": "user", "content": "two"}]
    raw = client.chat.completions.with_raw_response.create(model=bench.model, messages=kept)
    assert raw.headers["x-trace-id"] == first


def test_lineage_survives_a_restart(tmp_path: Path, upstream: Upstream, secret: Secrets, make_bench: MakeBench) -> None:
    server = Server(tmp_path, secret, upstream.url).ready()
    bench = make_bench(server)
    bench.script.answer(answer)
    talk = Talk(bench)
    first = talk.ask("one")
    bench.reader.await_threads(bench.agent, 1, events=2)
    assert server.stop() == 0
    again = Server(tmp_path, secret, upstream.url).ready()
    try:
        bench.server = again
        talk.client = bench.openai()
        assert talk.ask("two") == first
    finally:
        again.stop()
