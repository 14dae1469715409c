"""Two proxies over one store at the same time: what a reply of one has proved is known to the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest

import replies
import responses
from bench import Bench
from conftest import MakeBench, StartServer
from reader import Event, eventually, sources
from vendors import PLAIN, ROUTES

QUESTION = {"role": "user", "content": "A question that nobody else asks."}
RESULT = "done"

Request = dict[str, Any]
# The reply to a request of a number, under names of its own, and what the next request has of it.
Exchange = tuple[dict[str, Any], Callable[[dict[str, Any]], Request]]


def messages(*turns: Any) -> Request:
    return {"messages": [QUESTION, *turns], "max_tokens": 1024}


def items(*given: Any) -> Request:
    return {"input": [QUESTION, *given]}


def tool_call(name: str) -> Exchange:
    call = replies.tool_call(f"call_{name}", "f", "{}")
    result = {"role": "tool", "tool_call_id": call["id"], "content": RESULT}
    return replies.chat(None, calls=[call]), lambda reply: messages(reply["choices"][0]["message"], result)


def blocks(*content: dict[str, Any]) -> Exchange:
    """Anthropic's blocks as they came; a text of them is too short for a signature."""
    made = replies.message([*content, {"type": "text", "text": "Ok."}])
    return made, lambda reply: messages({"role": "assistant", "content": reply["content"]}, QUESTION)


def tool_use(name: str) -> Exchange:
    return blocks({"type": "tool_use", "id": f"toolu_{name}", "name": "f", "input": {}})


def thinking(name: str) -> Exchange:
    return blocks({"type": "thinking", "thinking": "Hm.", "signature": f"seal-{name}"})


def redacted_thinking(name: str) -> Exchange:
    return blocks({"type": "redacted_thinking", "data": f"sealed-{name}"})


def previous_message(name: str) -> Exchange:
    made = {**replies.message([{"type": "text", "text": "Ok."}]), "id": f"msg_{name}"}
    return made, lambda reply: {**messages(), "thread": {"previous_message_id": reply["id"]}}


def short(name: str, **more: Any) -> dict[str, Any]:
    return responses.response(name, responses.message(name, "Ok."), **more)


def previous_response(name: str) -> Exchange:
    return short(name), lambda reply: {**items(), "previous_response_id": reply["id"]}


def conversation(name: str) -> Exchange:
    kept = f"conv_{name}"
    return short(name, conversation={"id": kept}), lambda reply: {**items(), "conversation": reply["conversation"]["id"]}


def item_reference(name: str) -> Exchange:
    return short(name), lambda reply: items({"type": "item_reference", "id": reply["output"][0]["id"]}, QUESTION)


def function_call(name: str) -> Exchange:
    made = responses.response(name, responses.call(name, "f", "{}"))

    def following(reply: dict[str, Any]) -> Request:
        call = {key: value for key, value in reply["output"][0].items() if key != "id"}
        return items(call, {"type": "function_call_output", "call_id": call["call_id"], "output": RESULT})

    return made, following


def reasoning(name: str) -> Exchange:
    made = responses.response(name, {**responses.reasoning(name, "Hm."), "encrypted_content": f"sealed-{name}"})

    def following(reply: dict[str, Any]) -> Request:
        thought = {key: value for key, value in reply["output"][0].items() if key != "id"}
        return items(thought, QUESTION)

    return made, following


def words(name: str) -> Exchange:
    text = f"{PLAIN} It is one of those that were given to {name}."
    return replies.chat(text), lambda reply: messages({"role": "assistant", "content": text}, QUESTION)


def signature(name: str) -> Exchange:
    return replies.chat(PLAIN), lambda reply: messages(reply["choices"][0]["message"], QUESTION)


# By what the trace is found, over which API, and what decides.
EVIDENCE = [
    (tool_call, "openai", "echo"),
    (tool_use, "anthropic", "echo"),
    (thinking, "anthropic", "echo"),
    (redacted_thinking, "anthropic", "echo"),
    (previous_message, "anthropic", "echo"),
    (previous_response, "responses", "echo"),
    (conversation, "responses", "echo"),
    (item_reference, "responses", "echo"),
    (function_call, "responses", "echo"),
    (reasoning, "responses", "echo"),
    (words, "openai", "lineage"),
    (signature, "openai", "signature.v2"),
]


@pytest.mark.parametrize(("make", "vendor", "source"), EVIDENCE, ids=[make.__name__ for make, _, _ in EVIDENCE])
def test_what_one_has_seen_the_other_knows(
    start: StartServer,
    make_bench: MakeBench,
    tmp_path: Path,
    make: Callable[[str], Exchange],
    vendor: str,
    source: str,
) -> None:
    """TRC-6, TRC-41: there and back, with nothing in the history but one proof."""
    one = make_bench(start().ready())
    # Under the names of the first, at another address.
    other = make_bench(start("--spool", f"{tmp_path}/second.spool").ready())
    other.agent, other.model, other.token, other.script = one.agent, one.model, one.token, one.script
    turns = "input" if vendor == "responses" else "messages"
    request = items() if vendor == "responses" else messages()
    traces = []
    for number, bench in enumerate((one, other, one)):
        answer, following = make(f"{one.token}_{number}")
        one.script.reply(replies.reply(answer))
        signed = "v2" if source == "signature.v2" else "off"
        body = replies.encode({"model": one.model, **request})
        reply = bench.fetch(ROUTES[vendor], body, headers=bench.headers(X_WhyOps_Signature=signed))
        assert reply.status == 200, reply.body
        more = following(json.loads(reply.body))
        said = request[turns] + more[turns][1:]
        request = {**more, turns: said}
        traces.append(reply.trace)
        # The other node knows it when the store does.
        eventually(lambda: len(finished(one.reader.events(reply.trace))) == number + 1, "the reply's event")
    assert len(set(traces)) == 1
    decided = sources([event for event in one.reader.events(traces[0]) if event["eventType"] != "llm_thinking"])
    assert decided == ["new"] * 2 + [source] * 4


def finished(events: list[Event]) -> list[Event]:
    return [event for event in events if event["eventType"] == "llm_response"]
