"""Streams cut into every piece that a plan names, through the running proxy: what comes out never depends on the cuts
(EXC-37), and what the official clients read of it is what they read without us.

The cases are those of the conformance suite, and the recorded replies of a folder that WHYOPS_PROXY_VECTORS names, if it
does: one reply a line in `*.ndjson`, with what the official clients made of it. That set is not part of this repository.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Iterator

import pytest

import frames
import replies
from bench import Bench, fetch
from script import Reply

VECTORS = Path(__file__).parent.parent.parent / "Conformance" / "vectors" / "exchange"
FOLDER = os.environ.get("WHYOPS_PROXY_VECTORS")
PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses"}
TRACE = "a-trace-of-the-vectors"


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


def play(bench: Bench, path: str, request: bytes, reply: Reply, signature: str = "v2") -> tuple[int, bytes]:
    bench.script.reply(reply)
    head = bench.headers(X_Trace_ID=TRACE, X_WhyOps_Signature=signature)
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
    for path in sorted(Path(FOLDER).glob("*.ndjson")) if FOLDER else []:
        for line in path.read_bytes().split(b"\n"):
            if line:
                row = json.loads(line)
                yield pytest.param(row, id=f"{row['protocol']}-{row['mode']}-{row['name']}")


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


def read(client: Any, row: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """What an official client reads of the reply."""
    streaming = row["mode"] == "stream"
    if row["protocol"] == "openai-chat":
        made = client.chat.completions.create(**request)
        parts = [choice for one in (made if streaming else [made]) for choice in one.choices]
        return chat_fields(parts)
    if row["protocol"] == "openai-responses":
        made = client.responses.create(**request)
        if streaming:
            finals = [event.response for event in made if event.type in ("response.completed", "response.incomplete", "response.failed")]
            if not finals:
                return {}
            made = finals[-1]
        items = [item.content for item in made.output if item.type == "message"]
        texts = [[part.text for part in parts if part.type == "output_text"] for parts in items]
        status = made.status + (f":{made.incomplete_details.reason}" if made.incomplete_details else "")
        return {"text_parts": texts, "output_types": [item.type for item in made.output], "finish_reason": [status]}
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
    return {"text_parts": texts, "block_types": kinds, "finish_reason": [made.stop_reason], "tool_calls": [calls]}


def stripped(value: Any) -> Any:
    """Without frames, and numbers as the set has them: it was written by a reader that has only doubles."""
    if isinstance(value, str):
        return frames.strip(value)
    if isinstance(value, list):
        return [stripped(one) for one in value]
    if isinstance(value, dict):
        return {name: stripped(one) for name, one in value.items()}
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def wanted(row: dict[str, Any]) -> dict[str, Any]:
    """What the set expects; a text with half a surrogate pair stands beside it, escaped."""
    found: dict[str, Any] = row["expected"]
    for pointer, escaped in found.get("lone_surrogate_ascii", {}).items():
        *way, last = pointer.split("/")[1:]
        into: Any = found
        for step in way:
            into = into[int(step)] if isinstance(into, list) else into[step]
        into[int(last) if isinstance(into, list) else last] = json.loads(f'"{escaped}"')
    return found


@pytest.mark.skipif(FOLDER is None, reason="WHYOPS_PROXY_VECTORS is not set")
@pytest.mark.parametrize("row", rows())
def test_recorded_reply(bench: Bench, row: dict[str, Any]) -> None:
    response, expected = row["response"], wanted(row)
    body, kind, status = response["body"].encode("utf-8", "surrogatepass"), response["headers"]["content-type"], response["status"]
    request = row["request"]["body"].encode("utf-8", "surrogatepass")
    got = [
        play(bench, row["request"]["path"], request, cut_reply(body, plan, status, kind)) for plan in response["chunk_plans"]
    ]
    assert [at for at, one in enumerate(got) if one != got[0]] == []
    assert got[0][0] == status
    ours = frames.sign(TRACE).encode()
    if row["mode"] == "json":
        spelt = got[0][1].replace(ours, b"")
        assert spelt == body
    # Once more through the client, which has to be able to make of it what it makes of the original.
    is_anthropic = row["protocol"] == "anthropic"
    options: dict[str, Any] = {"headers": {"X-Trace-ID": TRACE, "X-Client-Request-Id": bench.token}}
    client: Any = bench.anthropic(**options) if is_anthropic else bench.openai(**options)
    bench.script.reply(cut_reply(body, response["chunk_plans"][-1], status, kind))
    try:
        seen = stripped(read(client, row, json.loads(row["request"]["body"])))
    except Exception as error:
        told = expected.get("error")
        assert told and type(error).__name__ in (told["class"], "APIStatusError"), repr(error)
        assert getattr(error, "status_code", None) == told["status"]
        return
    for name, value in seen.items():
        if name in expected:
            assert value == stripped(expected[name]), name
