"""The thread that a history goes on from (ING-111)."""

from __future__ import annotations

import json
from typing import Any

import replies
from bench import Bench, fetch


def match(bench: Bench, messages: list[Any], **more: Any) -> dict[str, Any]:
    body = json.dumps({"messages": messages, **more}).encode()
    reply = fetch(bench.server.ingest, "POST", "/api/threads/match", bench.headers(), body)
    assert reply.status == 200, reply.body
    found: dict[str, Any] = json.loads(reply.body)
    return found


def post(bench: Bench, *events: dict[str, Any]) -> list[Any]:
    common = {"agentName": bench.agent, "metadata": {"model": "m", "provider": "p"}}
    body = json.dumps([{**common, **event} for event in events]).encode()
    reply = fetch(bench.server.ingest, "POST", "/api/events", bench.headers(), body)
    assert reply.status == 201, reply.body
    results: list[Any] = json.loads(reply.body)
    return results


def test_by_the_words_of_the_last_answer(bench: Bench) -> None:
    said = f'It is "{bench.token}", \u0633\u0644\u0627\u0645, with a \\ and\na line. ' + "And more. " * 60
    first, second = f"first-{bench.token}", f"second-{bench.token}"
    answers = [
        {"traceId": first, "eventType": "llm_response", "content": {"content": said}},
        # The same beginning, another end.
        {"traceId": second, "eventType": "llm_response", "content": {"content": said + "Not the same."}},
    ]
    [event, _] = post(bench, *answers)
    ask = [{"role": "user", "content": "And?"}]
    for content in (said, [{"type": "text", "text": said}]):
        history = [{"role": "user", "content": "What is it?"}, {"role": "assistant", "content": content}, *ask]
        assert match(bench, history) == {"found": True, "traceId": first, "matchEventId": event["id"], "source": "content"}
    history = [{"role": "assistant", "content": said + "Something else."}, *ask]
    assert match(bench, history) == {"found": False, "reason": "No matching thread found"}


def test_by_what_the_proxy_gave_out(bench: Bench) -> None:
    """A tool call's id says it, although the answer has no words."""
    call = replies.tool_call(f"call_{bench.token}", "f", "{}")
    bench.script.reply(replies.reply(replies.chat(None, calls=[call])))
    question = {"role": "user", "content": "Call it."}
    reply = bench.fetch("/v1/chat/completions", replies.encode({"model": bench.model, "messages": [question]}))
    bench.reader.await_types(reply.trace, "user_message", "llm_response")
    history = [question, {"role": "assistant", "content": None, "tool_calls": [call]}]
    found = match(bench, [*history, {"role": "tool", "tool_call_id": call["id"], "content": "done"}])
    assert found == {"found": True, "traceId": reply.trace, "matchEventId": None, "source": "echo"}
    # Messages of the other vendor say it in their own way.
    use = {"type": "tool_use", "id": call["id"], "name": "f", "input": {}}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call["id"], "content": "done"}]}
    found = match(bench, [question, {"role": "assistant", "content": [use]}, result])
    assert (found["found"], found.get("traceId")) == (True, reply.trace)


def test_too_little(bench: Bench) -> None:
    user = {"role": "user", "content": "x"}
    for messages in ([], [user], [{"role": "assistant", "content": "said"}]):
        assert match(bench, messages) == {"found": False, "reason": "Insufficient history"}
    assert match(bench, [user, user]) == {"found": False, "reason": "No anchor message found"}
    assert match(bench, [{"role": "assistant", "content": None}, user]) == {"found": False, "reason": "No matching thread found"}


def test_what_is_no_history(bench: Bench) -> None:
    faults = {
        b"[]": ["body.type"],
        b"{}": ["messages.required"],
        b'{"messages":{}}': ["messages.required"],
        b'{"messages":[1,{},"x"],"providerId":5}': ["message.type", "message.type", "providerId.type"],
    }
    for body, rules in faults.items():
        reply = fetch(bench.server.ingest, "POST", "/api/threads/match", bench.headers(), body)
        assert (reply.status, [fault["rule"] for fault in json.loads(reply.body)["details"]]) == (400, rules)


def test_a_thread_of_that_name(bench: Bench) -> None:
    post(bench, {"traceId": "match", "eventType": "llm_response", "content": {"content": "x"}})
    for path in ("/api/threads/match", "/api/threads/match/graph", "/api/visualize/match/mermaid", "/api/threads/stream/graph"):
        status, body = bench.reader.raw(path)
        assert status == (404 if "stream" in path else 200), (path, body)
    thread = bench.reader.thread("match")
    assert thread and thread["threadId"] == "match"
