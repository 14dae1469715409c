"""Two proxies over one store at the same time: what a reply of one has proved is known to the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import replies
from bench import Bench
from conftest import MakeBench, StartServer
from reader import sources
from vendors import PLAIN, ROUTES

QUESTION = {"role": "user", "content": "A question that nobody else asks."}


def call(bench: Bench, answer: dict[str, Any], *turns: Any) -> tuple[dict[str, Any], str]:
    """The reply's message and the trace."""
    bench.script.reply(replies.reply(answer))
    body = {"model": bench.model, "messages": [QUESTION, *turns]}
    reply = bench.fetch(ROUTES["openai"], replies.encode(body))
    assert reply.status == 200, reply.body
    return json.loads(reply.body)["choices"][0]["message"], reply.trace


@pytest.mark.parametrize("evidence", ["tool call", "words"])
def test_what_one_has_seen_the_other_knows(
    start: StartServer, make_bench: MakeBench, tmp_path: Path, evidence: str
) -> None:
    """TRC-6, TRC-41: there and back, with nothing in the history but an echoed id, or what was said."""
    one = make_bench(start().ready())
    # Under the names of the first, at another address.
    other = make_bench(start("--spool", f"{tmp_path}/second.spool").ready())
    other.agent, other.model, other.token, other.script = one.agent, one.model, one.token, one.script
    history: list[Any] = []
    traces = []
    for number, bench in enumerate((one, other, one)):
        if evidence == "tool call":
            tool = replies.tool_call(f"call_{one.token}_{number}", "f", "{}")
            message, trace = call(bench, replies.chat(None, calls=[tool]), *history)
            result = {"role": "tool", "tool_call_id": tool["id"], "content": "done"}
            history += [message, result]
        else:
            said = f"{PLAIN} It is number {number} of those that were given to {one.token}."
            _, trace = call(bench, replies.chat(said), *history)
            history += [{"role": "assistant", "content": said}, {"role": "user", "content": f"And then? {number}"}]
        traces.append(trace)
        types = ["user_message" if number == 0 or evidence == "words" else "tool_result" for number in range(number + 1)]
        one.reader.await_types(trace, *(kind for asked in types for kind in (asked, "llm_response")))
    assert len(set(traces)) == 1
    decided = sources(one.reader.events(traces[0]))
    assert decided == ["new"] * 2 + ["echo" if evidence == "tool call" else "lineage"] * 4
