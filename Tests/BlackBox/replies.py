"""Replies as the providers write them: steps for `script.Script.reply`."""

from __future__ import annotations

import json
import re
from typing import Any, Iterable

from script import Gate, Step

CREATED = 1_760_000_000


def encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def http(status: int, body: bytes, content_type: str | None = "application/json", **headers: str) -> list[Step]:
    """A whole reply with a length. Header names take `_` for `-`."""
    lines = [f"HTTP/1.1 {status} Scripted"]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body)}")
    return [("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body]


def reply(value: Any, status: int = 200, **headers: str) -> list[Step]:
    return http(status, encode(value), **headers)


def sse_head(**headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "Content-Type: text/event-stream; charset=utf-8", "Transfer-Encoding: chunked"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


LAST_CHUNK = b"0\r\n\r\n"


def sse(parts: Iterable[Step], **headers: str) -> list[Step]:
    """A stream: each `bytes` part is one HTTP chunk, other steps stand as they are."""
    body: list[Step] = [chunk(part) if isinstance(part, bytes) else part for part in parts]
    return [sse_head(**headers), *body, LAST_CHUNK]


def gated(events: list[bytes], gates: list[Gate]) -> list[Step]:
    """Gate k stands between event k and event k+1."""
    parts: list[Step] = []
    for at, event in enumerate(events):
        parts.append(event)
        if at < len(gates):
            parts.append(gates[at])
    return parts


def words(text: str) -> list[str]:
    """`text` in pieces as a model streams it: each word with the space before it."""
    return re.findall(r"\s*\S+|\s+$", text)


# OpenAI chat completions


def tool_call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def chat(
    text: str | None, *, model: str = "scripted", calls: list[Any] | None = None, finish: str | None = None, **more: Any
) -> dict[str, Any]:
    """A chat completion; `more` are further members of the message."""
    message: dict[str, Any] = {"role": "assistant", "content": text, **more}
    if calls:
        message["tool_calls"] = calls
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": finish or ("tool_calls" if calls else "stop"),
    }
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [choice],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }


def data(value: Any) -> bytes:
    return b"data: " + encode(value) + b"\n\n"


DONE = b"data: [DONE]\n\n"


def chat_chunk(delta: dict[str, Any], finish: str | None = None, index: int = 0, model: str = "scripted") -> bytes:
    choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
    return data(
        {
            "id": "chatcmpl-scripted",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": model,
            "choices": [choice],
        }
    )


def chat_events(
    text: str | None, *, calls: list[Any] | None = None, finish: str | None = None, model: str = "scripted"
) -> list[bytes]:
    """The stream of `chat` with the same content, down to `[DONE]`."""
    events = [chat_chunk({"role": "assistant", "content": None if text is None else ""}, model=model)]
    events += [chat_chunk({"content": word}, model=model) for word in words(text or "")]
    for at, call in enumerate(calls or []):
        arguments = call["function"]["arguments"]
        opening = {**call, "index": at, "function": {**call["function"], "arguments": ""}}
        events.append(chat_chunk({"tool_calls": [opening]}, model=model))
        for piece in re.findall(r".{1,5}", arguments, re.S):
            events.append(chat_chunk({"tool_calls": [{"index": at, "function": {"arguments": piece}}]}, model=model))
    events.append(chat_chunk({}, finish or ("tool_calls" if calls else "stop"), model=model))
    return [*events, DONE]


# Anthropic messages


def message(blocks: list[Any], *, model: str = "scripted", stop: str = "end_turn") -> dict[str, Any]:
    return {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": blocks,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "output_tokens": 8},
    }


def named(kind: str, value: dict[str, Any]) -> bytes:
    return f"event: {kind}\n".encode() + data({"type": kind, **value})


def _deltas(block: dict[str, Any]) -> list[dict[str, Any]]:
    if block["type"] == "text":
        citations = [{"type": "citations_delta", "citation": one} for one in block.get("citations") or []]
        return [*citations, *({"type": "text_delta", "text": word} for word in words(block["text"]))]
    if block["type"] == "thinking":
        pieces = [{"type": "thinking_delta", "thinking": word} for word in words(block["thinking"])]
        return [*pieces, {"type": "signature_delta", "signature": block["signature"]}]
    if "input" in block:
        partial = re.findall(r".{1,6}", encode(block["input"]).decode(), re.S)
        return [{"type": "input_json_delta", "partial_json": piece} for piece in partial]
    return []


def message_events(blocks: list[Any], *, model: str = "scripted", stop: str = "end_turn") -> list[bytes]:
    """The stream of `message` with the same content."""
    start = {**message([], model=model), "stop_reason": None, "usage": {"input_tokens": 12, "output_tokens": 1}}
    events = [named("message_start", {"message": start})]
    empty: dict[str, dict[str, Any]] = {
        "text": {"text": ""},
        "thinking": {"thinking": "", "signature": ""},
    }
    for index, block in enumerate(blocks):
        opening = {**block, **empty.get(block["type"], {})}
        if "input" in block:
            opening["input"] = {}
        if "citations" in block:
            opening["citations"] = []
        events.append(named("content_block_start", {"index": index, "content_block": opening}))
        if index == 0:
            events.append(named("ping", {}))
        events += [named("content_block_delta", {"index": index, "delta": delta}) for delta in _deltas(block)]
        events.append(named("content_block_stop", {"index": index}))
    ending = {"stop_reason": stop, "stop_sequence": None}
    events.append(named("message_delta", {"delta": ending, "usage": {"output_tokens": 8}}))
    return [*events, named("message_stop", {})]


def vendor_error(vendor: str, kind: str, text: str) -> dict[str, Any]:
    """An error body as the provider itself writes it."""
    if vendor == "anthropic":
        return {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_scripted"}
    return {"error": {"message": text, "type": kind, "param": None, "code": None}}


def in_form_of(target: str, request: dict[str, Any], text: str) -> list[Step]:
    """A reply with one text, as the route and the request want it: a message or a chat completion, streamed or whole."""
    if target == "/v1/messages":
        blocks = [{"type": "text", "text": text}]
        return sse(message_events(blocks)) if request.get("stream") else reply(message(blocks))
    return sse(chat_events(text)) if request.get("stream") else reply(chat(text))
