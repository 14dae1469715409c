"""Replies of the Responses API as OpenAI writes them, whole and as a stream: steps for `script.Script.reply`."""

from __future__ import annotations

import re
from typing import Any, Callable

from replies import CREATED, named, words

Item = dict[str, Any]


def text(value: str, annotations: list[Any] | None = None) -> Item:
    return {"type": "output_text", "annotations": annotations or [], "logprobs": [], "text": value}


def refusal(value: str) -> Item:
    return {"type": "refusal", "refusal": value}


def message(token: str, *parts: Item | str, status: str = "completed") -> Item:
    """`token` makes the ids unlike those of other replies, as the real ones are."""
    content = [text(part) if isinstance(part, str) else part for part in parts]
    return {"id": f"msg_{token}", "type": "message", "status": status, "role": "assistant", "content": content}


def call(token: str, name: str, arguments: str) -> Item:
    return {
        "id": f"fc_{token}",
        "type": "function_call",
        "status": "completed",
        "call_id": f"call_{token}",
        "name": name,
        "arguments": arguments,
    }


def custom_call(token: str, name: str, value: str) -> Item:
    return {
        "id": f"ctc_{token}",
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": f"call_{token}",
        "name": name,
        "input": value,
    }


def reasoning(token: str, *summary: str) -> Item:
    return {
        "id": f"rs_{token}",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": part} for part in summary],
        "encrypted_content": f"gAAAAAB{token}==",
    }


USAGE = {
    "input_tokens": 21,
    "input_tokens_details": {"cached_tokens": 16},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 4},
    "total_tokens": 30,
}


def response(token: str, *items: Item, model: str = "scripted", status: str = "completed", **more: Any) -> Item:
    is_final = status not in ("in_progress", "queued")
    return {
        "id": f"resp_{token}",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "model": model,
        "output": list(items),
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": USAGE if is_final else None,
        "user": None,
        "metadata": {},
        **more,
    }


class _Stream:
    def __init__(self, pieces: Callable[[str], list[str]]) -> None:
        self.events: list[bytes] = []
        self.pieces = pieces

    def add(self, kind: str, **members: Any) -> None:
        self.events.append(named(kind, {"sequence_number": len(self.events), **members}))

    def part(self, item: Item, output: int, content: int, part: Item) -> None:
        place = {"item_id": item["id"], "output_index": output, "content_index": content}
        is_text = part["type"] == "output_text"
        member = "text" if is_text else "refusal"
        empty = {**part, member: ""} | ({"annotations": []} if is_text else {})
        self.add("response.content_part.added", **place, part=empty)
        logprobs = {"logprobs": []} if is_text else {}
        kind = "response.output_text" if is_text else "response.refusal"
        for word in self.pieces(part[member]):
            self.add(f"{kind}.delta", **place, delta=word, **logprobs, obfuscation="x" * (8 - len(word) % 8))
        for at, annotation in enumerate(part.get("annotations", [])):
            self.add(f"{kind}.annotation.added", **place, annotation_index=at, annotation=annotation)
        self.add(f"{kind}.done", **place, **{member: part[member]}, **logprobs)
        self.add("response.content_part.done", **place, part=part)

    def item(self, item: Item, output: int) -> None:
        started = {**item, "status": "in_progress"}
        if item["type"] == "message":
            self.add("response.output_item.added", output_index=output, item={**started, "content": []})
            for content, part in enumerate(item["content"]):
                self.part(item, output, content, part)
        elif item["type"] == "reasoning":
            self.add("response.output_item.added", output_index=output, item={**item, "summary": []})
            for at, part in enumerate(item["summary"]):
                place = {"item_id": item["id"], "output_index": output, "summary_index": at}
                self.add("response.reasoning_summary_part.added", **place, part={**part, "text": ""})
                for word in words(part["text"]):
                    self.add("response.reasoning_summary_text.delta", **place, delta=word)
                self.add("response.reasoning_summary_text.done", **place, text=part["text"])
                self.add("response.reasoning_summary_part.done", **place, part=part)
        elif item["type"] not in ("function_call", "custom_tool_call"):
            self.add("response.output_item.added", output_index=output, item=started)
        else:
            is_custom = item["type"] == "custom_tool_call"
            member = "input" if is_custom else "arguments"
            kind = "response.custom_tool_call_input" if is_custom else "response.function_call_arguments"
            place = {"item_id": item["id"], "output_index": output}
            self.add("response.output_item.added", output_index=output, item={**started, member: ""})
            for piece in re.findall(r".{1,5}", item[member], re.S):
                self.add(f"{kind}.delta", **place, delta=piece)
            self.add(f"{kind}.done", **place, **{member: item[member]})
        self.add("response.output_item.done", output_index=output, item=item)


def events(final: Item, pieces: Callable[[str], list[str]] = words) -> list[bytes]:
    """The stream of a final response, its texts in these pieces."""
    stream = _Stream(pieces)
    begun = {
        **final,
        "output": [],
        "status": "in_progress",
        "usage": None,
        "error": None,
        "incomplete_details": None,
    }
    stream.add("response.created", response=begun)
    stream.add("response.in_progress", response=begun)
    for output, item in enumerate(final["output"]):
        stream.item(item, output)
    stream.add(f"response.{final['status']}", response=final)
    return stream.events
