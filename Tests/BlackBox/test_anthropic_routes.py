"""The Anthropic routes beside plain conversations: errors, counting, constrained output, the shape of the stream."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import pytest

import frames
import replies
from bench import Bench

PLAIN = "Here is a plain answer."
USER: list[Any] = [{"role": "user", "content": "Please answer."}]

ERRORS = {
    400: ("invalid_request_error", anthropic.BadRequestError),
    401: ("authentication_error", anthropic.AuthenticationError),
    403: ("permission_error", anthropic.PermissionDeniedError),
    404: ("not_found_error", anthropic.NotFoundError),
    429: ("rate_limit_error", anthropic.RateLimitError),
    500: ("api_error", anthropic.InternalServerError),
    529: ("overloaded_error", anthropic.InternalServerError),
}


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("status", ERRORS)
def test_errors_raise_as_they_do_without_us(bench: Bench, status: int, streaming: bool) -> None:
    kind, expected = ERRORS[status]
    body = replies.vendor_error("anthropic", kind, f"scripted {status}")
    for _ in range(2):
        bench.script.reply(replies.reply(body, status, request_id="req_scripted", retry_after="3"))
    raised = []
    for client in (bench.anthropic_direct(), bench.anthropic()):
        with pytest.raises(expected) as caught:
            client.messages.create(model=bench.model, max_tokens=1024, messages=USER, stream=streaming)
        raised.append(caught.value)
    direct, proxied = raised
    assert type(proxied) is type(direct)
    assert (proxied.status_code, proxied.body, str(proxied)) == (direct.status_code, direct.body, str(direct))
    assert proxied.request_id == "req_scripted"
    assert proxied.response.headers["retry-after"] == "3"
    assert proxied.response.content == direct.response.content
    trace_id = proxied.response.headers["x-trace-id"]
    [_, error] = bench.reader.await_types(trace_id, "user_message", "error")
    assert f"scripted {status}" in json.dumps(error["content"])


def test_count_tokens_counts_what_the_model_will_see(bench: Bench) -> None:
    """Passed through with its JSON stripped, and not recorded (EXC-7)."""
    for _ in range(2):
        bench.script.reply(replies.reply({"input_tokens": 42}))
    answer = {"type": "text", "text": "An answer of before."}
    messages: list[Any] = [*USER, {"role": "assistant", "content": [answer]}, *USER]
    bench.anthropic_direct().messages.count_tokens(model=bench.model, messages=messages)
    answer["text"] += frames.encode("some-trace")
    counted = bench.anthropic().messages.count_tokens(model=bench.model, messages=messages)
    assert counted.input_tokens == 42
    direct, proxied = bench.script.wait(2)
    assert proxied.target == direct.target == "/v1/messages/count_tokens"
    assert proxied.body == direct.body
    assert bench.reader.threads(bench.agent) == []


CONSTRAINED: dict[str, dict[str, Any]] = {
    "output config": {"extra_body": {"output_config": {"format": {"type": "json_schema", "schema": {}}}}},
    "output format": {"extra_body": {"output_format": {"type": "json_schema", "schema": {}}}},
    "few tokens": {"max_tokens": 16},
    "prefill": {"messages": [*USER, {"role": "assistant", "content": "Here is"}]},
}


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("name", [*CONSTRAINED, "none"])
def test_constrained_output_is_left_alone(bench: Bench, name: str, streaming: bool) -> None:
    options = {"max_tokens": 1024, "messages": USER, **CONSTRAINED.get(name, {})}
    blocks = [{"type": "text", "text": PLAIN}]
    whole = replies.reply(replies.message(blocks))
    bench.script.reply(replies.sse(replies.message_events(blocks)) if streaming else whole)
    client: Any = bench.anthropic()
    raw = client.messages.with_raw_response.create(model=bench.model, stream=streaming, **options)
    if streaming:
        deltas = [event.delta for event in raw.parse() if event.type == "content_block_delta"]
        got = "".join(delta.text for delta in deltas if delta.type == "text_delta")
    else:
        got = raw.parse().content[0].text
    if name == "none":
        frames.assert_signed(got, PLAIN, raw.headers["x-trace-id"])
    else:
        frames.assert_unsigned(got, PLAIN)


def test_only_the_first_text_block_is_signed(bench: Bench) -> None:
    texts = ["The first of the blocks.", "The second of the blocks."]
    blocks = [{"type": "text", "text": value} for value in texts]
    bench.script.reply(replies.reply(replies.message(blocks)), replies.sse(replies.message_events(blocks)))
    client: Any = bench.anthropic()
    request: dict[str, Any] = {"model": bench.model, "max_tokens": 1024, "messages": USER}
    raw = client.messages.with_raw_response.create(**request)
    first = raw.parse()
    frames.assert_signed(first.content[0].text, texts[0], raw.headers["x-trace-id"])
    frames.assert_unsigned(first.content[1].text, texts[1])
    with client.messages.stream(**request) as stream:
        second = stream.get_final_message()
    assert frames.strip(second.content[0].text) == texts[0] != second.content[0].text
    frames.assert_unsigned(second.content[1].text, texts[1])


def test_stream_bytes_differ_by_one_delta_only(bench: Bench) -> None:
    """One `text_delta` before the block's stop, and nothing else (EXC-33)."""
    blocks = [
        {"type": "thinking", "thinking": "Let me think about it.", "signature": f"sig{bench.token}"},
        {"type": "text", "text": PLAIN},
        {"type": "tool_use", "id": f"toolu_{bench.token}", "name": "f", "input": {"a": "b c d"}},
    ]
    events = replies.message_events(blocks, stop="tool_use")
    bench.script.reply(replies.sse(events))
    request = {"model": bench.model, "max_tokens": 1024, "messages": USER, "stream": True}
    reply = bench.fetch("/v1/messages", replies.encode(request))
    assert reply.complete
    parts = [part + b"\n\n" for part in reply.body.split(b"\n\n")[:-1]]
    signed = [at for at, part in enumerate(parts) if frames.ids_in_bytes(part)]
    assert len(signed) == 1, reply.body
    added = parts.pop(signed[0])
    assert b"".join(parts) == b"".join(events)
    assert added.startswith(b"event: content_block_delta\n")
    value = json.loads(added.split(b"data:", 1)[1])
    assert value["index"] == 1
    assert value["delta"] == {"type": "text_delta", "text": frames.sign(reply.trace)}
    after = json.loads(parts[signed[0]].split(b"data:", 1)[1])
    assert after == {"type": "content_block_stop", "index": 1}


def test_error_inside_a_stream_reaches_the_client(bench: Bench) -> None:
    events = replies.message_events([{"type": "text", "text": PLAIN}])
    overloaded = replies.vendor_error("anthropic", "overloaded_error", "Overloaded")
    error = b"event: error\ndata: " + replies.encode(overloaded) + b"\n\n"
    bench.script.reply(replies.sse([*events[:4], error]))
    request = {"model": bench.model, "max_tokens": 1024, "messages": USER, "stream": True}
    reply = bench.fetch("/v1/messages", replies.encode(request))
    assert reply.body == b"".join(events[:4]) + error
    bench.script.reply(replies.sse([*events[:4], error]))
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        for _ in bench.anthropic().messages.create(model=bench.model, max_tokens=1024, messages=USER, stream=True):
            pass
