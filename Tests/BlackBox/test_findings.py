"""What is said about traces without asking a model (spec/findings.md): over HTTP, from the shell, and of what real clients do."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import replies
from asking import ask
from bench import Bench
from harness import run
from tenants import create_key, whyops
from test_graph import step
from test_ingest import post

TOOLS: list[Any] = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]


def two_calls(bench: Bench) -> list[Any]:
    return [replies.tool_call(f"call_{city}_{bench.token}", "weather", json.dumps({"city": city})) for city in ("Oslo", "Rome")]


def analysis_of(bench: Bench, trace: str, query: str = "") -> Any:
    answer = ask(bench, "GET", f"/api/threads/{trace}/findings{query}")
    assert answer.status == 200, answer.body
    assert answer.body["success"] is True and answer.body["analysis"]["traceId"] == trace
    assert answer.body["analysis"]["version"] == "static-v1"
    return answer.body["analysis"]


def told(analysis: Any) -> list[tuple[str, str, int]]:
    return [(one["severity"], one["code"], one["stepId"]) for one in analysis["findings"]]


def broken(bench: Bench) -> list[dict[str, Any]]:
    """A conversation with much that is wrong."""
    call = {"toolCalls": [{"name": "look", "arguments": {"id": 7}}]}
    model = {"metadata": {"latencyMs": 5, "usage": {"totalTokens": 9}}}
    batch = [step(bench, "user_message", content="Where is it?", timestamp="2026-01-01T00:00:10Z")]
    for span in "abc":
        batch += [step(bench, "tool_call_request", spanId=span, tool="look", content=call)]
        batch += [step(bench, "tool_call_response", spanId=span, tool="look", content=call | {"toolResults": {}})]
    batch += [step(bench, "tool_call_request", spanId="left", tool="fetch", content={"toolCalls": [{"name": "fetch"}]})]
    batch += [step(bench, "llm_response", content={"content": "I do not know."}, **model)]
    batch += [step(bench, "error", content={"message": f"failed {at}"}) for at in range(3)]
    batch += [step(bench, "tool_call_response", spanId="nobody", tool="", content=call | {"toolResults": 1})]
    for at, event in enumerate(batch[1:]):
        event["timestamp"] = f"2026-01-01T00:00:{at + 11:02}Z"
    batch[12]["timestamp"] = "2026-01-01T00:00:01Z"
    batch += [step(bench, "llm_response", parentStepId=40, content={"content": "Sorry."}, timestamp="2026-01-01T00:01:00Z")]
    return batch


BROKEN = [
    ("high", "IDENTICAL_TOOL_CALL_LOOP", 2),
    ("high", "MISSING_TOOL_CALL_RESPONSE", 8),
    ("high", "CONSECUTIVE_ERROR_STREAK", 10),
    ("high", "STEP_ORDER_DECREASED", 13),
    ("high", "MISSING_PARENT_STEP", 14),
    ("medium", "ORPHAN_TOOL_CALL_RESPONSE", 13),
    ("low", "MISSING_METADATA_TOOL", 13),
    ("low", "LLM_RESPONSE_METADATA_INCOMPLETE", 14),
]


def test_what_is_wrong_is_told(bench: Bench) -> None:
    assert post(bench, broken(bench)).status == 202
    trace = f"trace-{bench.token}"
    analysis = analysis_of(bench, trace)
    assert told(analysis) == BROKEN
    assert (analysis["eventCount"], analysis["isComplete"], analysis["findingCount"]) == (14, True, 8)
    assert analysis["severities"] == {"critical": 0, "high": 5, "medium": 1, "low": 2}
    loop = analysis["findings"][0]
    assert loop["evidence"] == {"issue": loop["code"], "steps": [2, 4, 6], "count": 3, "tool": "look"}
    events = {event["stepId"]: event["id"] for event in bench.reader.thread(trace)["events"]}
    assert [one["eventId"] for one in analysis["findings"]] == [events[one["stepId"]] for one in analysis["findings"]]
    # The same list every time; less of it where less is wanted, but counted as before.
    assert analysis_of(bench, trace) == analysis
    high = analysis_of(bench, trace, "?minSeverity=high")
    assert told(high) == BROKEN[:5] and high["findingCount"] == 8
    assert told(analysis_of(bench, trace, "?minSeverity=critical")) == []


def test_who_may_not_ask(bench: Bench) -> None:
    assert post(bench, [step(bench, "user_message")]).status == 202
    trace = f"trace-{bench.token}"
    assert ask(bench, "GET", f"/api/threads/{trace}/findings?minSeverity=awful").body["error"] == "Invalid minSeverity"
    missing = ask(bench, "GET", f"/api/threads/{trace}-none/findings")
    assert missing.status == 404
    project = f"p-{bench.token}"
    whyops(bench.server, "projects", "create", project)
    key = create_key(bench.server, "reader", "--project", project)
    foreign = ask(bench, "GET", f"/api/threads/{trace}/findings", key=key)
    assert (foreign.status, foreign.body) == (missing.status, missing.body)


def no_false_alarm(bench: Bench, events: int, notes: list[Any]) -> None:
    """The one trace of the bench has these notes and nothing else."""
    [thread] = bench.reader.await_threads(bench.agent, 1, events=events)
    analysis = analysis_of(bench, thread["threadId"])
    assert told(analysis) == notes and analysis["eventCount"] == events


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_parallel_calls_of_a_model_are_no_fault(bench: Bench, streaming: bool) -> None:
    """Two calls at once, their results in one request, another turn, and a history that is edited and continued."""
    both = two_calls(bench)
    for text, calls in ((None, both), ("Rain in both.", None), ("Take a coat.", None), ("Stay in.", None)):
        if streaming:
            bench.script.reply(replies.sse(replies.chat_events(text, calls=calls, model=bench.model)))
        else:
            bench.script.reply(replies.reply(replies.chat(text, calls=calls, model=bench.model)))
    client = bench.openai()

    def turn(messages: list[Any]) -> Any:
        if not streaming:
            return client.chat.completions.create(model=bench.model, messages=messages, tools=TOOLS).choices[0].message.model_dump(exclude_none=True)
        with client.chat.completions.stream(model=bench.model, messages=messages, tools=TOOLS) as stream:
            message = stream.get_final_completion().choices[0].message
        said: dict[str, Any] = {"role": "assistant", "content": message.content}
        if message.tool_calls:
            said["tool_calls"] = [replies.tool_call(call.id, call.function.name, call.function.arguments) for call in message.tool_calls]
        return said

    messages: list[Any] = [{"role": "user", "content": "Does it rain in Oslo and in Rome?"}]
    messages.append(turn(messages))
    messages += [{"role": "tool", "tool_call_id": call["id"], "content": "rain"} for call in both]
    messages.append(turn(messages))
    turn([*messages, {"role": "user", "content": "What shall I wear?"}])
    turn([*messages, {"role": "user", "content": "Shall I go at all?"}])
    # A stream has figures only where they are asked for.
    no_false_alarm(bench, 8, [("low", "LLM_RESPONSE_METADATA_INCOMPLETE", 2)] if streaming else [])


def test_requests_at_once_are_no_fault(bench: Bench) -> None:
    """Ten continuations of one conversation at the same time."""
    bench.script.answer(lambda _: replies.reply(replies.chat("I think of the number seven, and say it aloud: seven.", model=bench.model)))
    first: Any = [{"role": "user", "content": "Think of a number, and say it aloud."}]
    client = bench.openai()
    said = client.chat.completions.create(model=bench.model, messages=first).choices[0].message
    history: Any = [*first, {"role": "assistant", "content": said.content}]

    def guess(at: int) -> Any:
        return client.chat.completions.create(model=bench.model, messages=[*history, {"role": "user", "content": f"Guess {at}"}])

    with ThreadPoolExecutor(10) as pool:
        assert len(list(pool.map(guess, range(10)))) == 10
    no_false_alarm(bench, 22, [])


def test_tools_that_a_client_reports(bench: Bench) -> None:
    """As the published clients send a run with two tools side by side: nobody says what follows what."""
    figures = {"latencyMs": 40, "usage": {"totalTokens": 9}}
    batch = [
        step(bench, "user_message", content="Weather in two towns?"),
        step(bench, "llm_response", content={"toolCalls": two_calls(bench), "finishReason": "tool_calls"}, metadata=figures),
        step(bench, "tool_call_request", spanId="a", tool="weather", content={"toolCalls": [{"name": "weather", "arguments": {}}]}),
        step(bench, "tool_call_request", spanId="b", tool="weather", content={"toolCalls": [{"name": "weather", "arguments": {}}]}),
        step(bench, "tool_call_request", spanId="c", tool="weather", content={"toolCalls": [{"name": "weather", "arguments": {}}]}),
        *(step(bench, "tool_call_response", spanId=span, tool="weather", content={"toolCalls": [], "toolResults": {}}) for span in "bca"),
        step(bench, "llm_response", content={"content": "Rain."}, metadata=figures),
    ]
    trace = f"trace-{bench.token}"
    # While it goes on, calls that are not answered yet are notes at most.
    for at, event in enumerate(batch):
        assert post(bench, [event]).status == 202
        assert {one[0] for one in told(analysis_of(bench, trace))} <= {"low"}, at
    assert told(analysis_of(bench, trace)) == []


def test_errors_of_an_upstream_are_a_streak(bench: Bench) -> None:
    for _ in range(3):
        bench.script.reply(replies.reply({"error": {"message": "no such model", "type": "invalid_request_error"}}, status=404))
    for at in range(3):
        with pytest.raises(Exception, match="no such model"):
            bench.openai(headers={"X-Trace-ID": f"trace-{bench.token}"}).chat.completions.create(
                model=bench.model, messages=[{"role": "user", "content": f"Hello {at}"}]
            )
    bench.reader.await_threads(bench.agent, 1, events=6)
    assert told(analysis_of(bench, f"trace-{bench.token}")) == [("high", "CONSECUTIVE_ERROR_STREAK", 2)]


# From the shell.


def lint(bench: Bench, folder: Path, *arguments: str, given: str | None = None, key: str | None = None) -> Any:
    return run(folder, "lint-trace", *arguments, given=given, env={"WHYOPS_API_KEY": key} if key else None)


def test_one_list_from_every_place(bench: Bench, tmp_path: Path) -> None:
    events = broken(bench)
    assert post(bench, events).status == 202
    trace = f"trace-{bench.token}"
    served = analysis_of(bench, trace)
    full = ask(bench, "GET", f"/api/threads/{trace}?eventInclude=content,metadata&eventLimit=1000").body
    (tmp_path / "answer.json").write_text(json.dumps(full), encoding="utf-8")
    (tmp_path / "key").write_text(bench.server.key + "\n", encoding="ascii")
    store = bench.server.store_url
    places = {
        "store": lint(bench, tmp_path, trace, "--store", store, "--json"),
        "variable": lint(bench, tmp_path, trace, "--url", bench.server.ingest, "--json", key=bench.server.key),
        "file of a key": lint(bench, tmp_path, trace, "--url", bench.server.ingest + "/", "--key-file", "key", "--json"),
        "answer": lint(bench, tmp_path, "--file", "answer.json", "--json"),
        "array": lint(bench, tmp_path, "--file", "-", "--json", given=json.dumps(events)),
        "lines": lint(bench, tmp_path, "--file", "-", "--json", given="\n\n".join(map(json.dumps, events)) + "\n"),
    }
    for place, done in places.items():
        assert (done.returncode, done.stderr) == (1, ""), place
        found = json.loads(done.stdout)
        if place in ("array", "lines"):
            # What was not stored has no ids.
            for one in served["findings"]:
                one.pop("eventId", None)
        assert found["findings"] == served["findings"], place
    lines = lint(bench, tmp_path, trace, "--store", store).stdout.splitlines()
    assert [tuple(line.split()[:4]) for line in lines] == [(severity, code, "step", str(at)) for severity, code, at in BROKEN]
    assert lines[0].endswith("The same call of look 3 times in a row, with the same arguments.")
    high = lint(bench, tmp_path, trace, "--store", store, "--min-severity", "high")
    assert (high.returncode, len(high.stdout.splitlines())) == (1, 5)
    worst = lint(bench, tmp_path, trace, "--store", store, "--min-severity", "critical")
    assert (worst.returncode, worst.stdout) == (0, "")


def test_what_a_file_leaves_out_is_filled_in(bench: Bench, tmp_path: Path) -> None:
    """Without steps, spans, parents and times, and with two traces."""
    one = [{"eventType": kind, "traceId": "one", "agentName": "a"} for kind in ("user_message", "error", "error", "error")]
    two = [
        {"eventType": "tool_call_request", "traceId": "two", "agentName": "a", "spanId": "s", "metadata": {"tool": "f"}},
        {"eventType": "tool_call_response", "traceId": "two", "agentName": "a", "spanId": "s", "metadata": {"tool": "f\x1b[31m\u202e"}},
        {"eventType": "tool_call_response", "traceId": "two", "agentName": "a", "metadata": {"tool": "f\x1b[31m\u202e"}},
    ]
    mixed = [two[0], *one, *two[1:]]
    done = lint(bench, tmp_path, "--file", "-", given="\n".join(map(json.dumps, mixed)))
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "medium    ORPHAN_TOOL_CALL_RESPONSE  step 3  The result of f\\u{1B}[31m\\u{202E} answers no call: "
        "no tool_call_request before it has its span.  | two",
        "high      CONSECUTIVE_ERROR_STREAK  step 2  3 errors in a row, with no success between them.  | one",
    ]
    assert lint(bench, tmp_path, "--file", "-", given=json.dumps(two[:2])).returncode == 0
    empty = lint(bench, tmp_path, "--file", "-", given="[]")
    assert empty.returncode == 1 and empty.stdout.split()[:2] == ["critical", "TRACE_HAS_NO_EVENTS"]


def test_misuse(bench: Bench, tmp_path: Path) -> None:
    assert post(bench, [step(bench, "user_message")]).status == 202
    trace = f"trace-{bench.token}"
    store = ("--store", bench.server.store_url)
    project = f"q-{bench.token}"
    whyops(bench.server, "projects", "create", project)
    bare = json.dumps(ask(bench, "GET", f"/api/threads/{trace}").body)
    cases: list[tuple[tuple[str, ...], str | None, str]] = [
        ((), None, "Name a trace"),
        ((trace, "--file", "x"), None, "not both"),
        ((trace + "-none", *store), None, "There is no trace"),
        ((trace, *store, "--environment", "NONE"), None, "There is no environment"),
        ((trace, *store, "--project", project), None, "There is no trace"),
        ((trace, "--store", "sqlite:none.sqlite"), None, "There is no store"),
        ((trace, *store, "--min-severity", "awful"), None, "--min-severity"),
        ((trace, "--url", bench.server.ingest), None, "WHYOPS_API_KEY"),
        ((trace, "--url", "ftp://example.org", "--key-file", "key"), None, "--url"),
        ((trace + "-none", "--url", bench.server.ingest, "--key-file", "key"), None, "has no trace"),
        ((trace, "--url", bench.server.ingest, "--key-file", "wrong"), None, "does not know the API key"),
        ((trace, "--url", "http://127.0.0.1:1", "--key-file", "key"), None, "cannot be asked"),
        (("--file", "none.json"), None, "cannot be read"),
        (("--file", "-"), "[1]", "event 1: it is no object"),
        (("--file", "-"), '{"eventType":"error"}\n{', "line 2"),
        (("--file", "-"), '[{"eventType":"party"}]', "none of the ten"),
        (("--file", "-"), bare, "eventInclude=content,metadata"),
    ]
    (tmp_path / "key").write_text(bench.server.key, encoding="ascii")
    (tmp_path / "wrong").write_text("YOPS-wrong-key-000000", encoding="ascii")
    for arguments, given, said in cases:
        done = lint(bench, tmp_path, *arguments, given=given)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert said in done.stderr and bench.server.key not in done.stderr, (arguments, done.stderr)
