"""The stream of a whole chat completion, whatever its choices hold: chunks as OpenAI writes them."""

from __future__ import annotations

import re
from typing import Any

from replies import DONE, data, words

Choice = dict[str, Any]


def _deltas(choice: Choice) -> list[dict[str, Any]]:
    """What the chunks of one choice hold: a delta, and the logprobs that belong to it."""
    message = choice["message"]
    logprobs = (choice.get("logprobs") or {}).get("content") or []
    parts: list[dict[str, Any]] = []
    content = message.get("content")
    for at, word in enumerate(words(content or "")):
        part: dict[str, Any] = {"delta": {"content": word}}
        if logprobs:
            part["logprobs"] = {"content": logprobs[at : at + 1], "refusal": None}
        parts.append(part)
    parts += [{"delta": {"refusal": word}} for word in words(message.get("refusal") or "")]
    parts += [{"delta": {"reasoning_content": word}} for word in words(message.get("reasoning_content") or "")]
    for at, call in enumerate(message.get("tool_calls") or []):
        arguments = call["function"]["arguments"]
        parts.append({"delta": {"tool_calls": [{**call, "index": at, "function": {**call["function"], "arguments": ""}}]}})
        for piece in re.findall(r".{1,5}", arguments, re.S):
            parts.append({"delta": {"tool_calls": [{"index": at, "function": {"arguments": piece}}]}})
    if annotations := message.get("annotations"):
        parts.append({"delta": {"annotations": annotations}})
    if audio := message.get("audio"):
        parts.append({"delta": {"audio": {"id": audio["id"], "transcript": audio["transcript"]}}})
        parts += [{"delta": {"audio": {"data": piece}}} for piece in re.findall(r".{1,8}", audio["data"])]
        parts.append({"delta": {"audio": {"expires_at": audio["expires_at"]}}})
    return parts


def chat_stream(completion: dict[str, Any]) -> list[bytes]:
    """The events of `completion`, its choices taking turns, with a chunk of usage at the end."""
    head = {**completion, "object": "chat.completion.chunk"}
    usage = head.pop("usage", None)

    def event(index: int, part: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": index, "delta": {}, "logprobs": None, "finish_reason": finish, **part}
        return data({**head, "choices": [choice], "usage": None})

    events = []
    left = {}
    for choice in completion["choices"]:
        content = choice["message"].get("content")
        opening = {"role": "assistant", "content": None if content is None else "", "refusal": None}
        events.append(event(choice["index"], {"delta": opening}))
        left[choice["index"]] = _deltas(choice)
    while any(left.values()):
        events += [event(index, parts.pop(0)) for index, parts in left.items() if parts]
    events += [event(choice["index"], {}, choice["finish_reason"]) for choice in completion["choices"]]
    events.append(data({**head, "choices": [], "usage": usage}))
    return [*events, DONE]
