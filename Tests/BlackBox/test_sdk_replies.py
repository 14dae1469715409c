"""Replies of every kind through the official clients: what they hold is what the provider sent, and each text that may
carry a signature gains one and nothing else, whole and streamed.

What a reply says about its own text must still hold of it: offsets of citations, logprobs, signatures of thinking.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

import frames
import replies
import responses
from bench import Bench
from differential import both
from streamed import chat_stream

each_way = pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])

PLAIN = "The order left the warehouse on Monday, as the page says."
PAGE = {"url": "https://example.org/a?b=c#d", "title": "A page \U0001f469\u200d\U0001f4bb"}


def choice(index: int, finish: str = "stop", logprobs: Any = None, **message: Any) -> dict[str, Any]:
    return {
        "index": index,
        "message": {"role": "assistant", "content": None, "refusal": None, **message},
        "logprobs": logprobs,
        "finish_reason": finish,
    }


def completion(*choices: dict[str, Any], **more: Any) -> dict[str, Any]:
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 12,
        "total_tokens": 21,
        "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 3, "accepted_prediction_tokens": 0},
    }
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": replies.CREATED, "model": "m-2026-01-01"}
    return {**head, "service_tier": "default", "system_fingerprint": "fp_1", "choices": list(choices), "usage": usage, **more}


def token(word: str) -> dict[str, Any]:
    top = [{"token": word, "logprob": -0.25, "bytes": list(word.encode())}, {"token": "x", "logprob": -2.5, "bytes": [120]}]
    return {"token": word, "logprob": -0.25, "bytes": list(word.encode()), "top_logprobs": top}


CALLS = [
    replies.tool_call("call_a", "find", '{"q": "a b", "n": 1.0, "deep": {"x": [1, 2]}}'),
    replies.tool_call("call_b", "find", '{"q":"\\u00e9\\ud83d\\ude00 \\"quoted\\""}'),
    replies.tool_call("call_c", "nothing", "{}"),
]
CITED = {
    "type": "url_citation",
    "url_citation": {"start_index": 4, "end_index": 9, **PAGE},
}
AUDIO = {
    "id": "audio_1",
    "data": base64.b64encode(bytes(range(256))).decode(),
    "expires_at": replies.CREATED + 3600,
    "transcript": "This is what was said aloud.",
}

# The reply, how it is asked for, and how many texts gain a signature.
CHAT: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "three choices": (completion(*(choice(at, content=f"This is answer {at} of three.") for at in range(3))), {"n": 3}, 3),
    "choices of all kinds": (
        completion(
            choice(0, finish="tool_calls", tool_calls=CALLS[:1]),
            choice(1, refusal="I cannot help with that."),
            choice(2, content=PLAIN),
            choice(3, finish="length", content="It was cut off in the mid"),
        ),
        {"n": 4},
        2,
    ),
    "logprobs": (
        completion(choice(0, content=PLAIN, logprobs={"content": [token(word) for word in replies.words(PLAIN)], "refusal": None})),
        {"logprobs": True, "top_logprobs": 2},
        0,
    ),
    "refusal": (completion(choice(0, refusal="I am sorry, but I cannot help with that.")), {}, 0),
    "parallel calls": (completion(choice(0, finish="tool_calls", tool_calls=CALLS)), {"parallel_tool_calls": True}, 0),
    "text and calls": (completion(choice(0, finish="tool_calls", content=PLAIN, tool_calls=CALLS)), {}, 1),
    "web search": (
        completion(choice(0, content=PLAIN, annotations=[CITED])), {"web_search_options": {"search_context_size": "low"}}, 1,
    ),
    "audio": (
        completion(choice(0, audio=AUDIO)), {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}}, 0,
    ),
    "reasoning of another server": (completion(choice(0, content=PLAIN, reasoning_content="Let me think. It is so.")), {}, 1),
    "content filter": (completion(choice(0, finish="content_filter", content="")), {}, 0),
}  # fmt: skip


def check_signed(values: list[str], count: int, trace: str | None) -> None:
    """The frames in `values`, each at the end of a text, all of one trace."""
    found = [(text, frames.ids(text)) for text in values if frames.ids(text)]
    assert len(found) == count, found
    for text, ids in found:
        assert ids == [trace]
        frames.assert_signed(text, frames.strip(text), trace or "")


@each_way
@pytest.mark.parametrize("name", CHAT)
def test_chat(bench: Bench, name: str, streaming: bool) -> None:
    value, options, count = CHAT[name]
    messages: Any = [{"role": "user", "content": "Where is it?"}]

    def call(client: Any, suffix: str) -> Any:
        request = {"model": bench.model, "messages": messages, **options}
        if not streaming:
            return client.chat.completions.create(**request)
        with client.chat.completions.stream(**request, stream_options={"include_usage": True}) as stream:
            kinds = [event.type for event in stream if event.type not in ("chunk", "content.delta")]
            return [kinds, stream.current_completion_snapshot]

    reply = replies.sse(chat_stream(value)) if streaming else replies.reply(value)
    made = both(bench, "openai", reply, call)
    assert made.proxied == made.direct
    bench.script.reply(reply)
    request = {"model": bench.model, "messages": messages, **options} | ({"stream": True} if streaming else {})
    raw = bench.fetch("/v1/chat/completions", replies.encode(request))
    if streaming:
        assert frames.without_added_event(raw.body) == b"".join(chat_stream(value))
        deltas = [json.loads(line[6:]) for line in raw.body.split(b"\n\n") if line.startswith(b"data: {")]
        texts: dict[int, str] = {}
        for part in (part for delta in deltas for part in delta["choices"]):
            texts[part["index"]] = texts.get(part["index"], "") + (part["delta"].get("content") or "")
    else:
        assert frames.strip_bytes(raw.body) == replies.encode(value)
        texts = {part["index"]: part["message"]["content"] or "" for part in json.loads(raw.body)["choices"]}
    check_signed(list(texts.values()), count, raw.trace)
    for part in value["choices"]:
        assert frames.strip(texts[part["index"]]) == (part["message"]["content"] or "")


SEARCH = [
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "the order"}},
    {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": [
            {"type": "web_search_result", "title": "A page", "url": "https://example.org", "encrypted_content": "Ab+/=", "page_age": None}
        ],
    },
]
PLACE = {
    "type": "web_search_result_location",
    "url": "https://example.org",
    "title": "A page",
    "encrypted_index": "Eo8BCio=",
    "cited_text": "The order left the warehouse",
}
CHAR = {"type": "char_location", "document_index": 0, "document_title": "D", "start_char_index": 4, "end_char_index": 9, "cited_text": "order", "file_id": None}
THOUGHT = {"type": "thinking", "thinking": "Let me think about the order.\n\nIt has left. ", "signature": "EqQBCkYIBxgCKkD+/="}
HIDDEN = {"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3rAFBa8cr3qpP"}
USES = [{"type": "tool_use", "id": f"toolu_{at}", "name": "find", "input": {"q": f"a {at}", "n": [1, 2.5]}} for at in range(3)]


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


MESSAGES: dict[str, tuple[list[Any], str, dict[str, Any], int]] = {
    "citations": ([said(PLAIN, citations=[CHAR])], "end_turn", {}, 1),
    "web search": ([said("I will look it up for you."), *SEARCH, said(PLAIN, citations=[PLACE])], "end_turn", {}, 1),
    "thinking": ([THOUGHT, HIDDEN, said(PLAIN)], "end_turn", {"thinking": {"type": "enabled", "budget_tokens": 2000}}, 1),
    "interleaved thinking": (
        [THOUGHT, said(PLAIN), {**THOUGHT, "signature": "second=="}, USES[0]],
        "tool_use",
        {"thinking": {"type": "enabled", "budget_tokens": 2000}},
        1,
    ),
    "parallel tools": (USES, "tool_use", {}, 0),
    "text and tools": ([said(PLAIN), *USES], "tool_use", {}, 1),
    "refusal": ([], "refusal", {}, 0),
    "pause": ([said("I will look it up for you."), SEARCH[0]], "pause_turn", {}, 1),
    "stop sequence": ([said(PLAIN)], "stop_sequence", {"stop_sequences": ["\n\nHuman:"]}, 1),
}


@each_way
@pytest.mark.parametrize("name", MESSAGES)
def test_messages(bench: Bench, name: str, streaming: bool) -> None:
    blocks, stop, options, count = MESSAGES[name]
    user: Any = [{"role": "user", "content": "Where is it?"}]
    request: dict[str, Any] = {"model": bench.model, "max_tokens": 4096, "messages": user, **options}
    value = replies.message(blocks, stop=stop)
    value["usage"] |= {"cache_read_input_tokens": 5, "cache_creation_input_tokens": 7, "service_tier": "standard"}
    reply = replies.sse(replies.message_events(blocks, stop=stop)) if streaming else replies.reply(value)

    def call(client: Any, suffix: str) -> Any:
        if not streaming:
            return client.messages.create(**request)
        with client.messages.stream(**request) as stream:
            kinds = [event.type for event in stream if event.type not in ("text", "content_block_delta")]
            return [kinds, stream.get_final_message()]

    made = both(bench, "anthropic", reply, call)
    assert made.proxied == made.direct
    bench.script.reply(reply)
    raw = bench.fetch("/v1/messages", replies.encode(request | ({"stream": True} if streaming else {})))
    if streaming:
        parts = [part + b"\n\n" for part in raw.body.split(b"\n\n")[:-1]]
        assert [part for part in parts if not frames.ids_in_bytes(part)] == replies.message_events(blocks, stop=stop)
        texts: dict[int, str] = {}
        for part in parts:
            event = json.loads(part.split(b"data: ", 1)[1])
            if event.get("delta", {}).get("type") == "text_delta":
                texts[event["index"]] = texts.get(event["index"], "") + event["delta"]["text"]
    else:
        assert frames.strip_bytes(raw.body) == replies.encode(value)
        texts = {at: block["text"] for at, block in enumerate(json.loads(raw.body)["content"]) if block["type"] == "text"}
    check_signed(list(texts.values()), count, raw.trace)
    if count:
        first = next(at for at, block in enumerate(blocks) if block["type"] == "text")
        assert frames.ids(texts[first])


ANNOTATIONS = [
    {"type": "url_citation", "start_index": 4, "end_index": 9, **PAGE},
    {"type": "file_citation", "file_id": "file_1", "filename": "a.txt", "index": 57},
    {"type": "container_file_citation", "container_id": "c", "file_id": "f", "filename": "b", "start_index": 0, "end_index": 57},
]
LOOKED = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "the order"}}

RESPONSES: dict[str, tuple[list[Any], dict[str, Any], int]] = {
    "web search": ([LOOKED, responses.message("m", responses.text(PLAIN, ANNOTATIONS))], {"tools": [{"type": "web_search"}]}, 1),
    "reasoning": (
        [responses.reasoning("r", "First part. ", "Second."), responses.message("m", PLAIN)],
        {"include": ["reasoning.encrypted_content"], "store": False},
        1,
    ),
    "refusal": ([responses.message("m", responses.refusal("I cannot help with that."))], {}, 0),
    "parallel calls": ([responses.call("a", "f", '{"a": 1.0}'), responses.call("b", "f", "{}")], {}, 0),
    "custom call": ([responses.message("m", PLAIN), responses.custom_call("c", "f", "free text \u00e9")], {}, 1),
    "logprobs": (
        [responses.message("m", {**responses.text(PLAIN), "logprobs": [token("The")]})],
        {"include": ["message.output_text.logprobs"], "top_logprobs": 2},
        0,
    ),
    "two messages": ([responses.message("m", PLAIN, "The second part."), responses.message("n", "The third.")], {}, 1),
}


def output_texts(value: dict[str, Any]) -> list[str]:
    parts = [part for item in value["output"] if item["type"] == "message" for part in item["content"]]
    return [part["text"] for part in parts if part["type"] == "output_text"]


@each_way
@pytest.mark.parametrize("name", RESPONSES)
def test_responses(bench: Bench, name: str, streaming: bool) -> None:
    items, options, count = RESPONSES[name]
    value = responses.response("r", *items)
    request: dict[str, Any] = {"model": bench.model, "input": "Where is it?", **options}
    reply = replies.sse(responses.events(value)) if streaming else replies.reply(value)
    texts: list[str] = []

    def call(client: Any, suffix: str) -> Any:
        if not streaming:
            made = client.responses.create(**request)
            texts[:] = output_texts(made.model_dump(warnings=False))
            return made
        with client.responses.stream(**request) as stream:
            kinds = [event.type for event in stream if event.type != "response.output_text.delta"]
            final = stream.get_final_response()
        texts[:] = output_texts(final.model_dump(warnings=False))
        return [kinds, final]

    made = both(bench, "openai", reply, call)
    assert made.proxied == made.direct
    [trace] = {trace for text in texts for trace in frames.ids(text)} or {None}
    check_signed(texts, count, trace)
    assert [frames.strip(text) for text in texts] == output_texts(value)


def test_thinking_is_identical_through_two_turns(bench: Bench) -> None:
    """Byte for byte in what the client sends back, whole blocks in their order, with the signatures of before (EXC-1)."""
    first = [THOUGHT, said(PLAIN), HIDDEN, {**THOUGHT, "signature": "second=="}, USES[0]]
    last = [{**THOUGHT, "signature": "third+/"}, said(PLAIN)]
    user: Any = {"role": "user", "content": "Where is it?"}
    options: Any = {
        "model": bench.model,
        "max_tokens": 4096,
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "betas": ["interleaved-thinking-2025-05-14"],
    }
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_0", "content": "It left."}]}
    sent = []
    for client in (bench.anthropic_direct(), bench.anthropic()):
        history: list[Any] = [user]
        for blocks, more in ((first, result), (last, user), ([said("Done.")], user)):
            stop = "tool_use" if blocks is first else "end_turn"
            bench.script.reply(replies.sse(replies.message_events(blocks, stop=stop)))
            with client.beta.messages.stream(**options, messages=history) as stream:
                final = stream.get_final_message()
            history += [{"role": "assistant", "content": final.content}, more]
        sent.append([exchange.body for exchange in bench.script.exchanges[-3:]])
    assert sent[1] == sent[0]
    assert json.loads(sent[1][2])["messages"][1]["content"][0]["signature"] == THOUGHT["signature"]
    assert bench.script.last.header("anthropic-beta") == "interleaved-thinking-2025-05-14"
    [thread] = bench.reader.await_threads(bench.agent, 1, events=10)
    kinds = [event["eventType"] for event in bench.reader.events(thread["threadId"])]
    assert kinds.count("llm_thinking") == 4
