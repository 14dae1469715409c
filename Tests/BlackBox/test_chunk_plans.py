"""Streams cut into every piece that a plan names, through the running proxy: what comes out never depends on the cuts
(EXC-37), and what the official clients read of it is what they read without us.

The cases are those of the conformance suite; what the clients read is judged where the vectors say what the clients of the
vendors made of the reply (flag `Original`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Iterator

import anthropic
import openai
import pytest

import frames
import replies
from bench import Bench, fetch
from conftest import MakeBench
from harness import Secrets, Server
from reader import Event, eventually
from script import Reply
from upstream import Upstream

VECTORS = Path(__file__).parent.parent.parent / "Conformance" / "vectors" / "exchange"
PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses"}
TRACE = "a-trace-of-the-vectors"


@pytest.fixture(scope="module")
def aside(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream, secret: Secrets) -> Iterator[Server]:
    """A server of their own: the ids in the replies of the suite would name their trace to the other tests."""
    running = Server(tmp_path_factory.mktemp("vectors"), secret, upstream.url).ready()
    yield running
    assert running.stop() == 0, running.log()


@pytest.fixture
def bench(aside: Server, make_bench: MakeBench) -> Bench:
    return make_bench(aside)


def text(value: Any) -> bytes:
    """A text in one of the forms of the suite."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if "hex" in value:
        return bytes.fromhex(value["hex"])
    if "escaped" in value:
        return json.loads(f'"{value["escaped"]}"').encode("utf-8", "surrogatepass")
    if "repeat" in value:
        return text(value["repeat"]) * value["times"]
    return b"".join(text(part) for part in value["concat"])


def pieces(body: bytes, plan: dict[str, Any]) -> list[bytes]:
    cuts = plan["cuts"] if "cuts" in plan else range(plan["every"], len(body), plan["every"])
    edges = [0, *cuts, len(body)]
    return [body[start:end] for start, end in zip(edges, edges[1:])]


def cut_reply(body: bytes, plan: dict[str, Any], status: int = 200, kind: str = "text/event-stream; charset=utf-8") -> Reply:
    """Each piece is one HTTP chunk, written by itself."""
    head = f"HTTP/1.1 {status} Scripted\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return [head, *(replies.chunk(piece) for piece in pieces(body, plan)), replies.LAST_CHUNK]


def play(
    bench: Bench, path: str, request: bytes, reply: Reply, signature: str = "v2", trace: str = TRACE
) -> tuple[int, bytes]:
    bench.script.reply(reply)
    head = bench.headers(X_Trace_ID=trace, X_WhyOps_Signature=signature)
    got = fetch(bench.server.proxy, "POST", path, head, request)
    assert got.complete
    assert bench.script.last.body == frames.strip_bytes(request)
    return got.status, got.body


def cases() -> Iterator[Any]:
    for name in ("embed-stream", "embed-stream-responses"):
        for case in json.loads((VECTORS / f"{name}.json").read_text())["cases"]:
            plain = case["input"]
            if "policy" not in plain:
                yield pytest.param(plain, id=case["id"].rpartition("/")[2])


@pytest.mark.parametrize("case", cases())
def test_cuts_change_nothing(bench: Bench, case: dict[str, Any]) -> None:
    body, request = text(case["reply"]), text(case["request"])
    plans = [{"cuts": []}, *case["chunkPlans"], {"every": 61}]
    got = [play(bench, PATHS[case["format"]], request, cut_reply(body, plan)) for plan in plans]
    assert len(got[0][1]) >= len(body)
    assert [at for at, one in enumerate(got) if one != got[0]] == []


def rows() -> Iterator[Any]:
    for name in ("embed", "embed-stream", "embed-responses", "embed-stream-responses"):
        for case in json.loads((VECTORS / f"{name}.json").read_text())["cases"]:
            if "Original" in case["flags"]:
                yield pytest.param(case, "stream" in name, id=f"{name}-{case['id'].rpartition('/')[2]}")


def chat_fields(choices: list[Any]) -> dict[str, Any]:
    """As the vectors tell it, one entry a choice: parsed choices or chunks of them, in any order."""
    found: dict[int, dict[str, Any]] = {}
    for choice in choices:
        part = choice.message if hasattr(choice, "message") else choice.delta
        into = found.setdefault(choice.index, {"text": None, "finish_reason": None, "refusal": None, "calls": {}})
        for name, value in (("text", part.content), ("refusal", part.refusal)):
            if value is not None:
                into[name] = (into[name] or "") + value
        into["finish_reason"] = choice.finish_reason or into["finish_reason"]
        for at, call in enumerate(part.tool_calls or []):
            kept = into["calls"].setdefault(getattr(call, "index", at), {"id": None, "type": None, "name": "", "arguments": ""})
            kept["id"], kept["type"] = call.id or kept["id"], call.type or kept["type"]
            function = getattr(call, "function", None) or getattr(call, "custom", None)
            if function is not None:
                kept["name"] += function.name or ""
                kept["arguments"] += getattr(function, "arguments", None) or getattr(function, "input", None) or ""
    ordered = [found[index] for index in sorted(found)]
    fields = {name: [one[name] for one in ordered] for name in ("text", "finish_reason", "refusal")}
    return {**fields, "tool_calls": [[one["calls"][at] for at in sorted(one["calls"])] for one in ordered]}


def read(client: Any, format: str, streaming: bool, request: dict[str, Any]) -> dict[str, Any]:
    """What an official client reads of the reply."""
    if format == "chat":
        made = client.chat.completions.create(**request)
        made = list(made) if streaming else [made]
        counts = [one.usage for one in made if one.usage is not None]
        return {**chat_fields([choice for one in made for choice in one.choices]), "usage": raw(counts[-1] if counts else None)}
    if format == "responses":
        made = client.responses.create(**request)
        if streaming:
            finals = [event.response for event in made if event.type in ("response.completed", "response.incomplete", "response.failed")]
            if not finals:
                return {}
            made = finals[-1]
        items = [item.content for item in made.output if item.type == "message"]
        texts = [[part.text for part in parts if part.type == "output_text"] for parts in items]
        kinds = [item.type for item in made.output]
        status = made.status + (f":{made.incomplete_details.reason}" if made.incomplete_details else "")
        fields = {"text_parts": texts, "output_types": kinds, "finish_reason": [status], "usage": raw(made.usage)}
        return {**fields, "text": joined([text for parts in texts for text in parts])}
    if streaming:
        with client.messages.stream(**{name: value for name, value in request.items() if name != "stream"}) as stream:
            for _ in stream:
                pass
            made = stream.current_message_snapshot
    else:
        made = client.messages.create(**request)
    texts = [block.text for block in made.content if block.type == "text"]
    calls = [
        {"id": block.id, "type": block.type, "name": block.name, "arguments": block.input}
        for block in made.content
        if block.type in ("tool_use", "server_tool_use")
    ]
    kinds = [block.type for block in made.content]
    fields = {"text_parts": texts, "block_types": kinds, "text": joined(texts), "usage": raw(made.usage)}
    return {**fields, "finish_reason": [made.stop_reason], "tool_calls": [calls]}


def raw(usage: Any) -> dict[str, Any] | None:
    """What the provider counted, under its own names."""
    counts: dict[str, Any] | None = usage and usage.to_dict()
    return counts


def counted(format: str, usage: dict[str, Any]) -> dict[str, Any]:
    """The same under the names of events (EXC-54, EXC-86)."""
    before, after = ("prompt", "completion") if format == "chat" else ("input", "output")
    into, out_of = usage.get(f"{before}_tokens_details") or {}, usage.get(f"{after}_tokens_details") or {}
    written, uses = usage.get("cache_creation") or {}, usage.get("server_tool_use") or {}
    one, other = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    more = {
        "cacheReadTokens": one or into.get("cached_tokens"),
        "cacheCreationTokens": other or into.get("cache_write_tokens"),
        "cacheWrite5mTokens": written.get("ephemeral_5m_input_tokens"),
        "cacheWrite1hTokens": written.get("ephemeral_1h_input_tokens"),
        "reasoningTokens": out_of.get("reasoning_tokens"),
        "audioPromptTokens": into.get("audio_tokens"),
        "audioCompletionTokens": out_of.get("audio_tokens"),
        "webSearchRequests": uses.get("web_search_requests"),
        "webFetchRequests": uses.get("web_fetch_requests"),
    }
    prompt, completion = usage[f"{before}_tokens"], usage[f"{after}_tokens"]
    total = prompt + completion + (one or 0) + (other or 0) if format == "messages" else usage["total_tokens"]
    counts = {"promptTokens": prompt, "completionTokens": completion, "totalTokens": total}
    kind = "exclusive" if format == "messages" else "inclusive"
    return {**counts, **{name: count for name, count in more.items() if count}, "cacheAccounting": kind}


def joined(texts: list[str]) -> list[str]:
    return ["".join(texts)]


def plain(value: Any) -> Any:
    """Without frames, and numbers as a reader has them that knows only doubles."""
    if isinstance(value, str):
        return frames.strip(value)
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if one is not None}
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def expectation(value: Any) -> Any:
    """A value of the suite, whose texts may come in one of its forms."""
    if isinstance(value, list):
        return [expectation(one) for one in value]
    if isinstance(value, dict) and len(value) < 3 and {"hex", "escaped", "repeat", "concat"} & value.keys():
        return text(value).decode("utf-8", "surrogatepass")
    if isinstance(value, dict):
        return {name: expectation(one) for name, one in value.items()}
    return value


def tells_error(stream: bytes) -> bool:
    """Whether an event of a stream is an error: of that type, or with one that is not null."""
    for event in re.split(rb"\n\n+", re.sub(rb"\r\n|\r", b"\n", stream)):
        data = b"\n".join(line[5:] for line in event.split(b"\n") if line.startswith(b"data:")).strip()
        if data.startswith(b"{"):
            value = json.loads(data)
            if value.get("type") == "error" or value.get("error") is not None:
                return True
    return False


def recorded(bench: Bench, trace: str, count: int) -> list[list[Event]]:
    """What each of `count` exchanges has left, without ids and times."""

    def exchanges() -> list[list[Event]]:
        spans: dict[str, list[Event]] = {}
        for event in bench.reader.events(trace):
            spans.setdefault(event["spanId"], []).append(event)
        whole = [events for events in spans.values() if events[-1]["eventType"] in ("llm_response", "error")]
        return whole if len(whole) == count else []

    eventually(exchanges, f"events of {count} exchanges")
    ours = {"latencyMs", "timeToFirstTokenMs", "stitch", "retry"}
    return [
        [
            {
                "type": event["eventType"],
                "content": event["content"],
                "metadata": {name: value for name, value in event["metadata"].items() if name not in ours},
            }
            for event in events
        ]
        for events in exchanges()
    ]


def assert_recorded(exchanges: list[list[Event]], format: str, status: int, body: bytes, expected: dict[str, Any]) -> None:
    """Every way of cutting leaves the same events (EXC-51), and they have what the official client read of the reply."""
    assert [at for at, one in enumerate(exchanges) if one != exchanges[0]] == []
    if status >= 400 or tells_error(body):
        assert "error" in [event["type"] for event in exchanges[0]]
        return
    # One that failed, or that was cut off, leaves an error behind it.
    [(content, metadata)] = [
        (event["content"], event["metadata"]) for event in exchanges[0] if event["type"] == "llm_response"
    ]
    if "usage" in expected:
        usage = metadata.get("usage")
        if usage:
            usage.pop("serviceTier", None)
        assert usage == (counted(format, expected["usage"]) if expected["usage"] else None)
    # Of several choices the first stands for itself, and all of them in `choices`.
    choices = content.get("choices", [content])
    texts = [frames.strip(text) for text in expected.get("text", []) if text]
    # Half a surrogate pair is no text.
    texts = [re.sub("[\ud800-\udfff]", "\ufffd", text) for text in texts]
    assert [frames.strip(one["content"]) for one in choices if one.get("content")] == texts
    if format != "responses" and "finish_reason" in expected:
        reasons = [one.get("finishReason") for one in choices]
        # Where the reply gives none, the event says how it was cut off (EXC-53), and it tells refusals (EXC-74).
        for own, given in zip(reasons, expected["finish_reason"]):
            assert own == given or own == "refusal" or given is None and own == "upstream_error"
    if "tool_calls" in expected and format != "responses":
        # A call of the old form, `function_call`, has none.
        calls = [[call["id"] for call in one.get("toolCalls", []) if "id" in call] for one in choices]
        assert calls == ([[call["id"] for call in one] for one in expected["tool_calls"]] or [[]])


@pytest.mark.parametrize(("case", "streaming"), rows())
def test_recorded_reply(bench: Bench, case: dict[str, Any], streaming: bool) -> None:
    given, expected = case["input"], expectation(case["expect"]["output"])
    body, request, status = text(given["reply"]), text(given["request"]), given.get("status", 200)
    whole = "application/json" if body.lstrip()[:1] in b"{[" else "text/html"
    kind = "text/event-stream; charset=utf-8" if streaming else whole
    plans = given.get("chunkPlans", [{"cuts": []}, {"every": 1000}, {"every": 7}])
    trace = f"trace-{bench.token}"
    got = [
        play(bench, PATHS[given["format"]], request, cut_reply(body, plan, status, kind), trace=trace) for plan in plans
    ]
    assert [at for at, one in enumerate(got) if one != got[0]] == []
    assert got[0][0] == status
    assert_recorded(recorded(bench, trace, len(plans)), given["format"], status, body, expected)
    ours = frames.sign(trace).encode()
    if not streaming:
        assert got[0][1].replace(ours, b"") == body
    assert got[0][1].count(ours) >= sum(expected["signed"]) and (any(expected["signed"]) or ours not in got[0][1])
    # Once more through the client, which has to be able to make of it what it makes of the original.
    options: dict[str, Any] = {"headers": {"X-Trace-ID": trace, "X-Client-Request-Id": bench.token}}
    client: Any = bench.anthropic(**options) if given["format"] == "messages" else bench.openai(**options)
    bench.script.reply(cut_reply(body, plans[-1], status, kind))
    try:
        seen = plain(read(client, given["format"], streaming, json.loads(request)))
    except (openai.APIError, anthropic.APIError) as error:
        # An error of the upstream's, whole or as an event of the stream, and nothing else.
        assert status >= 400 or streaming and tells_error(body), repr(error)
        assert getattr(error, "status_code", status) == status
        return
    assert status < 400, "the client took no notice of the error"
    # The clients for Responses hand an error of a stream on as an event.
    assert expected.keys() & seen.keys() or streaming and tells_error(body), "nothing was compared"
    for name, value in seen.items():
        if name in expected:
            assert value == plain(expected[name]), name
