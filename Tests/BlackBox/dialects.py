"""Streams of servers that speak OpenAI's API in their own way: what each writes, and what its record has to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from replies import CREATED, DONE, data, words

PLAIN = "The order left the warehouse on Monday."
THOUGHT = "Let me think about it."


@dataclass
class Dialect:
    events: list[bytes]
    text: str | None = PLAIN
    finish: str | None = "stop"
    tokens: tuple[int, int] | None = None
    model: str = "served"
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    """Id, name and arguments of each call."""
    thoughts: list[str] = field(default_factory=list)
    """The text of each thinking block, or the data of a redacted one."""
    is_signed: bool = True
    request: dict[str, Any] = field(default_factory=dict)


def _head(**more: Any) -> dict[str, Any]:
    return {"id": "chatcmpl-7", "object": "chat.completion.chunk", "created": CREATED, "model": "served", **more}


def _usage(prompt: int, completion: int, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion, **more}


def _part(delta: Any, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish, **more}


def _call(call_id: str, name: str, arguments: str, **more: Any) -> dict[str, Any]:
    return {"function": {"arguments": arguments, "name": name}, "id": call_id, "type": "function", **more}


def _ollama(*deltas: Any, finish: str = "stop", usage: bool = False) -> list[bytes]:
    """The role in every chunk, and the reason in one of its own with an empty text; tokens only where asked for."""
    head = _head(id="chatcmpl-381", system_fingerprint="fp_ollama")
    parts = [_part({"role": "assistant", "content": "", **delta}) for delta in deltas]
    parts.append(_part({"role": "assistant", "content": ""}, finish))
    events = [data({**head, "choices": [part]}) for part in parts]
    return [*events, *([data({**head, "choices": [], "usage": _usage(26, 9)})] if usage else []), DONE]


def _texts(text: str = PLAIN) -> list[dict[str, str]]:
    return [{"content": word} for word in words(text)]


_SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
_UNNAMED = {"id": "", "object": "", "created": 0, "model": ""}
_PROMPT = data({"choices": [], **_UNNAMED, "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": _SAFE}]})


def _azure() -> list[bytes]:
    head = _head(system_fingerprint="fp_5154047bf2")
    parts = [_part({"content": "", "refusal": None, "role": "assistant"}, content_filter_results={}, logprobs=None)]
    parts += [_part(delta, content_filter_results=_SAFE, logprobs=None) for delta in _texts()]
    parts.append(_part({}, "stop", content_filter_results={}, logprobs=None))
    return [_PROMPT, *(data({"choices": [part], **head, "usage": None}) for part in parts)]


def _annotation(start: int, end: int, finish: str | None = None) -> bytes:
    """What Azure's filter says of text that has gone already: a choice without a delta, in a chunk without names."""
    offsets = {"check_offset": start, "start_offset": start, "end_offset": end}
    choice = {"index": 0, "finish_reason": finish, "content_filter_results": _SAFE, "content_filter_offsets": offsets}
    return data({**_UNNAMED, "choices": [choice]})


def _vllm(deltas: list[dict[str, Any]], finish: str = "stop") -> list[bytes]:
    """Tokens counted in every chunk, and the reason beside an empty text."""
    parts = [_part(delta, logprobs=None, token_ids=None) for delta in [{"role": "assistant", "content": ""}, *deltas]]
    parts.append(_part({"content": ""}, finish, logprobs=None, stop_reason=None, token_ids=None))
    events = [data({**_head(), "choices": [part], "usage": _usage(16, at)}) for at, part in enumerate(parts)]
    return [*events, data({**_head(), "choices": [], "usage": _usage(16, len(parts))}), DONE]


def _llama_cpp() -> list[bytes]:
    """The choices before the head, a text that is null, progress of the prompt, and timings beside the tokens."""
    head = _head(model="served", system_fingerprint="b6500-abc")
    timings = {"cache_n": 7, "prompt_n": 10, "prompt_ms": 251.51, "predicted_per_second": 68.69547296833139}
    parts = [{"finish_reason": None, "index": 0, "delta": {"role": "assistant", "content": None}}]
    parts += [{"finish_reason": None, "index": 0, "delta": {"reasoning_content": word}} for word in words(THOUGHT)]
    parts += [{"finish_reason": None, "index": 0, "delta": delta} for delta in _texts()]
    parts.append({"finish_reason": "stop", "index": 0, "delta": {}})
    progress = {"total": 10, "cache": 7, "processed": 10, "time_ms": 251}
    events = [data({"choices": [part], **head}) for part in parts]
    events[0] = data({"choices": [parts[0]], **head, "prompt_progress": progress})
    return [*events, data({"choices": [], **head, "usage": _usage(17, 9), "timings": timings}), DONE]


def _openrouter(*ends: dict[str, Any]) -> list[bytes]:
    """Comments while it waits, an empty text beside each thought, and after the reason another choice with the tokens."""
    head = {"id": "gen-1753977105-k", "provider": "Azure", "model": "served", "object": "chat.completion.chunk", "created": CREATED}
    native = {"native_finish_reason": None, "logprobs": None}
    detail = {"type": "reasoning.text", "format": "unknown", "index": 0}
    parts = [
        _part({"role": "assistant", "content": "", "reasoning": word, "reasoning_details": [{**detail, "text": word}]}, **native)
        for word in words(THOUGHT)
    ]
    parts += [_part({"role": "assistant", **delta}, **native) for delta in _texts()]
    comment = b": OPENROUTER PROCESSING\n\n"
    return [comment, comment, *(data({**head, "choices": [part]}) for part in parts), *(data({**head, **end}) for end in ends), DONE]


_EMPTY = {"role": "assistant", "content": ""}
_SUMMARY = {"type": "reasoning.summary", "format": "openai-responses-v1", "index": 0}
_ENCRYPTED = {"type": "reasoning.encrypted", "data": "gAAAAAB+/==", "id": "rs_1", "format": "openai-responses-v1", "index": 0}
_OPENROUTER_END = (
    {"choices": [_part(_EMPTY, "stop", native_finish_reason="STOP", logprobs=None)]},
    {"choices": [_part(_EMPTY, native_finish_reason=None)], "usage": _usage(12, 31, cost=0.00031, is_byok=False)},
)


def _gemini(parts: list[dict[str, Any]]) -> list[bytes]:
    """Few long pieces, tokens in every chunk, and the reason beside the last text; a chunk has no fingerprint."""
    events = []
    for at, part in enumerate(parts):
        tail = {"created": CREATED, "id": "7v0sadTv", "model": "served", "object": "chat.completion.chunk"}
        events.append(data({"choices": [part], **tail, "usage": _usage(8, 4 * (at + 1))}))
    return [*events, DONE]


_SEAL = {"extra_content": {"google": {"thought_signature": "EjQKMgEMOdbHJChLX75QUCJjyYlm+/=="}}}
_ROLE = {"role": "assistant"}
_PARTS = [{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}, *({"type": "text", "text": word} for word in words(PLAIN))]

DIALECTS: dict[str, Dialect] = {
    "Ollama": Dialect(_ollama(*_texts())),
    "Ollama with tokens": Dialect(
        _ollama(*_texts(), usage=True), tokens=(26, 9), request={"stream_options": {"include_usage": True}}
    ),
    "Ollama with thoughts": Dialect(_ollama(*({"reasoning": word} for word in words(THOUGHT)), *_texts()), thoughts=[THOUGHT]),
    "Ollama with calls": Dialect(
        _ollama({"tool_calls": [_call("call_a", "find", '{"q":"x"}', index=0), _call("call_b", "find", "{}", index=1)]}, finish="tool_calls"),
        text=None, finish="tool_calls", calls=[("call_a", "find", '{"q":"x"}'), ("call_b", "find", "{}")], is_signed=False,
    ),
    # Its older versions number every call 0.
    "Ollama with calls of one number": Dialect(
        _ollama(*({"tool_calls": [_call(f"call_{at}", "find", f'{{"n":{at}}}', index=0)]} for at in range(3)), finish="tool_calls"),
        text=None, finish="tool_calls", calls=[(f"call_{at}", "find", f'{{"n":{at}}}') for at in range(3)], is_signed=False,
    ),
    "Azure": Dialect([*_azure(), DONE]),
    "Azure with tokens": Dialect([*_azure(), data({"choices": [], **_head(), "usage": _usage(9, 8)}), DONE], tokens=(9, 8)),
    # Content is judged after it was sent: in the middle, and after the finish chunk.
    "Azure that filters late": Dialect([*_azure()[:4], _annotation(0, 10), *_azure()[4:], _annotation(10, 39), DONE]),
    "Azure that filters late and stops": Dialect(
        [*_azure()[:-1], _annotation(0, 39, "content_filter"), DONE], finish="content_filter"
    ),
    "vLLM": Dialect(_vllm(_texts()), tokens=(16, 9)),
    "vLLM with thoughts": Dialect(
        _vllm([*({"reasoning_content": word} for word in words(THOUGHT)), {"reasoning_content": ".", "content": ""}, *_texts()]),
        tokens=(16, 15), thoughts=[f"{THOUGHT}."],
    ),
    # A thought is no text, so nothing here has a place for a frame.
    "vLLM with thoughts and a call": Dialect(
        _vllm(
            [
                *({"reasoning": word, "reasoning_content": word} for word in words(THOUGHT)),
                {"tool_calls": [_call("chatcmpl-tool-1", "find", '{"q": "x"}', index=0)]},
            ],
            finish="tool_calls",
        ),
        text=None, finish="tool_calls", tokens=(16, 8), calls=[("chatcmpl-tool-1", "find", '{"q": "x"}')], thoughts=[THOUGHT], is_signed=False,
    ),
    # After the first piece, id and name are null; SGLang writes the same.
    "vLLM with a call": Dialect(
        _vllm(
            [
                {"content": None, "tool_calls": [{"id": call_id, "type": "function", "index": 0, "function": function}]}
                for call_id, function in (
                    ("chatcmpl-tool-1", {"name": "find", "arguments": ""}),
                    (None, {"name": None, "arguments": '{"q":'}),
                    (None, {"name": None, "arguments": ' "x"}'}),
                )
            ],
            finish="tool_calls",
        ),
        text=None, finish="tool_calls", tokens=(16, 5), calls=[("chatcmpl-tool-1", "find", '{"q": "x"}')], is_signed=False,
    ),
    # No choice of it ever says why it ended.
    "no reason": Dialect(
        [*(data({**_head(), "choices": [_part(delta)]}) for delta in _texts()), DONE], finish=None, is_signed=False
    ),
    "llama.cpp": Dialect(_llama_cpp(), tokens=(17, 9), thoughts=[THOUGHT]),
    "OpenRouter": Dialect(_openrouter(*_OPENROUTER_END), tokens=(12, 31), thoughts=[THOUGHT]),
    # The summary alone, and what cannot be read.
    "OpenRouter with details alone": Dialect(
        [
            *(data({**_head(), "choices": [_part({**_EMPTY, "reasoning_details": [{**_SUMMARY, "summary": word}]})]}) for word in words(THOUGHT)),
            data({**_head(), "choices": [_part({**_EMPTY, "reasoning_details": [_ENCRYPTED]})]}),
            *(data({**_head(), "choices": [_part(delta)]}) for delta in _texts()),
            data({**_head(), "choices": [_part(_EMPTY, "stop")]}),
            DONE,
        ],
        thoughts=[THOUGHT, _ENCRYPTED["data"]],
    ),
    "Gemini": Dialect(
        _gemini([_part({"content": "The order left", **_ROLE}), _part({"content": " the warehouse on Monday.", **_ROLE}, "stop")]),
        tokens=(8, 8),
    ),
    "Gemini with an empty end": Dialect(
        _gemini([_part({"content": PLAIN, **_ROLE}), _part({"content": "", **_ROLE, **_SEAL}, "stop")]), tokens=(8, 8)
    ),
    # Calls come whole, each in a chunk of its own, without a number.
    "Gemini with calls": Dialect(
        _gemini(
            [
                _part({**_ROLE, "tool_calls": [_call("function-call-1", "find", '{"q":"x"}', **_SEAL)]}),
                _part({**_ROLE, "tool_calls": [_call("function-call-2", "look", "{}")]}, "stop"),
            ]
        ),
        text=None, tokens=(8, 8), calls=[("function-call-1", "find", '{"q":"x"}'), ("function-call-2", "look", "{}")], is_signed=False,
    ),
    "Mistral": Dialect(
        [
            data({**_head(), "choices": [_part({"role": "assistant", "content": ""})]}),
            *(data({**_head(), "choices": [_part(delta)], "p": "abcdef"}) for delta in _texts()),
            data({**_head(), "choices": [_part({"content": ""}, "stop")], "usage": _usage(5, 6)}),
            DONE,
        ],
        tokens=(5, 6),
    ),
    # Thoughts come as parts, the answer as text.
    "Mistral with thoughts": Dialect(
        [
            *(
                data({**_head(), "choices": [_part({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": word}]}]})]})
                for word in words(THOUGHT)
            ),
            *(data({**_head(), "choices": [_part(delta)]}) for delta in _texts()),
            data({**_head(), "choices": [_part({"content": ""}, "stop")]}),
            DONE,
        ],
        thoughts=[THOUGHT],
    ),
    # Both as parts, which nothing of ours is put into.
    "Mistral with parts": Dialect(
        [
            *(data({**_head(), "choices": [_part({"content": [part]})]}) for part in _PARTS),
            data({**_head(), "choices": [_part({"content": ""}, "stop")]}),
            DONE,
        ],
        thoughts=[THOUGHT], is_signed=False,
    ),
    "Groq": Dialect(
        [
            data({**_head(), "system_fingerprint": "fp_g", "choices": [_part(_EMPTY)], "x_groq": {"id": "req_01"}}),
            *(data({**_head(), "system_fingerprint": "fp_g", "choices": [_part(delta, logprobs=None)]}) for delta in _texts()),
            data({**_head(), "choices": [_part({}, "stop")], "x_groq": {"id": "req_01", "usage": _usage(5, 6)}}),
            data({**_head(), "choices": [], "usage": _usage(5, 6, queue_time=0.01), "service_tier": "on_demand"}),
            DONE,
        ],
        tokens=(5, 6),
    ),
    "DeepSeek": Dialect(
        [
            b": keep-alive\n\n",
            *(data({**_head(), "choices": [_part({"content": None, "reasoning_content": word}, logprobs=None)]}) for word in words(THOUGHT)),
            b": keep-alive\n\n",
            *(data({**_head(), "choices": [_part({**delta, "reasoning_content": None}, logprobs=None)]}) for delta in _texts()),
            data(
                {
                    **_head(),
                    "choices": [_part({"content": "", "reasoning_content": None}, "stop", logprobs=None)],
                    "usage": _usage(5, 6, prompt_cache_hit_tokens=0, prompt_cache_miss_tokens=5),
                }
            ),
            DONE,
        ],
        tokens=(5, 6), thoughts=[THOUGHT],
    ),
}  # fmt: skip


def openrouter_that_fails() -> list[bytes]:
    """The error stands beside a choice that says so too, and the stream ends in order."""
    end = {"choices": [_part({"content": ""}, "error")], "error": {"code": 502, "message": "Provider disconnected"}}
    return _openrouter(end)


# Whole replies whose record is that of the stream of the same name.
WHOLE: dict[str, dict[str, Any]] = {
    "Mistral with parts": {"role": "assistant", "content": [_PARTS[0], {"type": "text", "text": PLAIN}]},
    "Gemini with calls": {
        "role": "assistant", "tool_calls": [_call("function-call-1", "find", '{"q":"x"}', **_SEAL), _call("function-call-2", "look", "{}")],
    },
    "Ollama with thoughts": {"role": "assistant", "content": PLAIN, "reasoning": THOUGHT},
    "vLLM with thoughts and a call": {
        "role": "assistant", "content": None, "reasoning": THOUGHT, "reasoning_content": THOUGHT,
        "tool_calls": [_call("chatcmpl-tool-1", "find", '{"q": "x"}')],
    },
    "DeepSeek": {"role": "assistant", "content": PLAIN, "reasoning_content": THOUGHT},
    "OpenRouter": {
        "role": "assistant", "content": PLAIN, "refusal": None, "reasoning": THOUGHT,
        "reasoning_details": [{"type": "reasoning.text", "text": THOUGHT, "format": "unknown", "index": 0}],
    },
    "OpenRouter with details alone": {
        "role": "assistant", "content": PLAIN, "reasoning_details": [{**_SUMMARY, "summary": THOUGHT}, _ENCRYPTED],
    },
    "Azure": {"annotations": [], "content": PLAIN, "refusal": None, "role": "assistant"},
}  # fmt: skip


def whole(name: str) -> dict[str, Any]:
    choice = {"index": 0, "message": WHOLE[name], "finish_reason": DIALECTS[name].finish, "content_filter_results": _SAFE}
    tokens = DIALECTS[name].tokens
    return {**_head(object="chat.completion"), "choices": [choice], **({"usage": _usage(*tokens)} if tokens else {})}
