"""What the official clients build on top of a call: accumulating streams, parsed output, tool loops, raw and streamed
responses, asynchronous clients, headers of requests. Each is made with and without us and gives the same.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import anthropic
import openai
import pydantic
import pytest

import frames
import replies
import responses
from bench import TIMEOUT, Bench
from differential import both
from reader import sources
from script import Exchange, Reply
from streamed import chat_stream
from test_sdk_replies import CALLS, choice, completion

PLAIN = "Here is a plain answer to your question."
USER: list[Any] = [{"role": "user", "content": "Please answer."}]
VALUE = {"city": "S\u00e3o Paulo", "degrees": 21.5}
TEXT = json.dumps(VALUE)


class Weather(pydantic.BaseModel):
    city: str
    degrees: float


def test_chat_stream_snapshots(bench: Bench) -> None:
    """Each snapshot is what came so far; the last deltas are the signature."""
    value = completion(choice(0, finish="tool_calls", content=PLAIN, tool_calls=CALLS))
    tools: Any = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("find", "nothing")]

    def call(client: Any, suffix: str) -> Any:
        found: list[Any] = []
        with client.chat.completions.stream(model=bench.model, messages=USER, tools=tools) as stream:
            joined = ""
            for event in stream:
                if event.type == "content.delta":
                    joined += event.delta
                    assert event.snapshot == joined
                elif event.type == "content.done":
                    assert event.content == joined
                elif event.type != "chunk":
                    found.append([event.type, getattr(event, "arguments", None), getattr(event, "name", None)])
            final = stream.get_final_completion()
            assert final.choices[0].message.content == joined
        return [found, final]

    made = both(bench, "openai", replies.sse(chat_stream(value)), call)
    assert made.proxied == made.direct
    assert [arguments for kind, arguments, _ in made.proxied[0] if kind.endswith("arguments.done")] == [
        one["function"]["arguments"] for one in CALLS
    ]


def test_parsed_tool_arguments(bench: Bench) -> None:
    value = replies.chat(PLAIN, calls=[replies.tool_call("call_1", "Weather", TEXT)])

    def call(client: Any, suffix: str) -> Any:
        made = client.chat.completions.parse(
            model=bench.model, messages=USER, tools=[openai.pydantic_function_tool(Weather)]
        )
        [tool] = made.choices[0].message.tool_calls
        assert tool.function.parsed_arguments == Weather(**VALUE)
        return made

    made = both(bench, "openai", replies.reply(value), call)
    assert made.proxied == made.direct


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_parsed_response(bench: Bench, streaming: bool) -> None:
    value = responses.response("r", responses.message("m", TEXT))
    seen = []

    def call(client: Any, suffix: str) -> Any:
        if not streaming:
            made = client.responses.parse(model=bench.model, input="Weather?", text_format=Weather)
        else:
            with client.responses.stream(model=bench.model, input="Weather?", text_format=Weather) as stream:
                snapshots = [event.snapshot for event in stream if event.type == "response.output_text.delta"]
                assert all(TEXT.startswith(snapshot) for snapshot in snapshots)
                made = stream.get_final_response()
        assert made.output_parsed == Weather(**VALUE)
        seen.append(made.output_text)
        return made

    made = both(bench, "openai", replies.sse(responses.events(value)) if streaming else replies.reply(value), call)
    assert made.proxied == made.direct
    assert seen == [TEXT, TEXT]


def test_message_stream_snapshots(bench: Bench) -> None:
    blocks = [
        {"type": "thinking", "thinking": "Let me think.", "signature": "c2ln"},
        {"type": "text", "text": PLAIN},
        {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": VALUE},
    ]

    def call(client: Any, suffix: str) -> Any:
        found: list[Any] = []
        with client.messages.stream(model=bench.model, max_tokens=99, messages=USER) as stream:
            joined, partial = "", ""
            for event in stream:
                if event.type == "text":
                    joined += event.text
                    assert event.snapshot == joined
                    assert stream.current_message_snapshot.content[1].text == joined
                elif event.type == "input_json":
                    partial += event.partial_json
                    found.append([event.type, event.partial_json])
                elif event.type == "content_block_stop":
                    found.append([event.type, event.content_block])
                elif event.type != "content_block_delta":
                    found.append(event.type)
            assert json.loads(partial) == VALUE
            return [found, stream.get_final_message(), stream.get_final_text()]

    made = both(bench, "anthropic", replies.sse(replies.message_events(blocks, stop="tool_use")), call)
    assert made.proxied == made.direct


def test_text_stream(bench: Bench) -> None:
    def call(client: Any, suffix: str) -> Any:
        with client.messages.stream(model=bench.model, max_tokens=99, messages=USER) as stream:
            return "".join(stream.text_stream)

    made = both(bench, "anthropic", replies.sse(replies.message_events([{"type": "text", "text": PLAIN}])), call)
    assert made.proxied == made.direct == PLAIN


def tool_turns(exchange: Exchange) -> Reply:
    """Two calls at once, then one more, then the answer. This client leaves the history to the provider from the second
    request on, and names the message before in `thread`."""
    request = exchange.json()
    contents = [message["content"] for message in request["messages"] if isinstance(message["content"], list)]
    results = [block["tool_use_id"] for content in contents for block in content if block["type"] == "tool_result"]
    uses = [{"type": "tool_use", "id": f"toolu_{at}_{request['model']}", "name": "weather", "input": {"city": f"c{at}"}} for at in range(3)]
    start = [{"type": "text", "text": "I will look it up for you."}]
    answers = {0: [*start, *uses[:2]], 2: uses[2:], 1: [{"type": "text", "text": PLAIN}]}
    blocks = answers[len(results)]
    value = replies.message(blocks, stop="end_turn" if len(results) == 1 else "tool_use")
    value["id"] = f"msg_{len(results)}_{request['model']}"
    if request.get("stream"):
        events = replies.message_events(blocks, stop=value["stop_reason"])
        return replies.sse([event.replace(b"msg_scripted", value["id"].encode()) for event in events])
    return replies.reply(value)


def run_tools(client: Any, model: str, streaming: bool) -> str:
    """The client's own loop, and the text that it ends with."""

    @anthropic.beta_tool
    def weather(city: str) -> str:
        """The weather of a city."""
        return f"It rains in {city}."

    runner = client.beta.messages.tool_runner(model=model, max_tokens=999, messages=USER, tools=[weather], stream=streaming)
    last = None
    for turn in runner:
        last = turn.get_final_message() if streaming else turn
    assert last is not None
    return "".join(block.text for block in last.content if block.type == "text")


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_tool_runner(bench: Bench, streaming: bool) -> None:
    """Three rounds, whose requests are what they are without us."""
    bench.script.answer(tool_turns)
    mark = {"X-Client-Request-Id": bench.token}
    assert run_tools(bench.anthropic_direct(headers=mark), bench.model, streaming) == PLAIN
    assert frames.strip(run_tools(bench.anthropic(headers=mark), bench.model, streaming)) == PLAIN
    bodies = [exchange.body for exchange in bench.script.exchanges]
    assert len(bodies) == 6 and bodies[3:] == bodies[:3]


def test_tool_runner_is_one_trace(bench: Bench) -> None:
    bench.script.answer(tool_turns)
    text = run_tools(bench.anthropic(), bench.model, streaming=False)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    frames.assert_signed(text, PLAIN, thread["threadId"])
    kinds = [event["eventType"] for event in bench.reader.events(thread["threadId"])]
    assert kinds == ["user_message", "llm_response"] + ["tool_result", "llm_response"] * 2


def test_async_helpers(bench: Bench) -> None:
    """Stream, parse and raw response of the asynchronous OpenAI client."""
    parsed = responses.response("r", responses.message("m", TEXT))
    bench.script.reply(
        replies.sse(chat_stream(completion(choice(0, content=PLAIN)))),
        replies.reply(replies.chat(TEXT)),
        replies.sse(responses.events(parsed)),
        replies.http(200, b"\x00\xff" * 999, "audio/mpeg"),
    )

    async def run() -> None:
        headers = {"X-Agent-Name": bench.agent}
        async with openai.AsyncOpenAI(
            api_key=bench.server.key, base_url=bench.server.proxy, default_headers=headers, max_retries=0, timeout=TIMEOUT
        ) as client:
            async with client.chat.completions.stream(model=bench.model, messages=USER) as stream:
                kinds = [event.type async for event in stream]
                final = await stream.get_final_completion()
            assert "content.done" in kinds and frames.strip(final.choices[0].message.content or "") == PLAIN
            made = await client.chat.completions.parse(model=bench.model, messages=USER, response_format=Weather)
            assert made.choices[0].message.parsed == Weather(**VALUE)
            async with client.responses.stream(model=bench.model, input="x", text_format=Weather) as events:
                assert (await events.get_final_response()).output_parsed == Weather(**VALUE)
            async with client.audio.speech.with_streaming_response.create(
                model=bench.model, voice="alloy", input="Say it."
            ) as reply:
                assert await reply.read() == b"\x00\xff" * 999

    asyncio.run(run())
    bench.reader.await_threads(bench.agent, 3, events=6)


def test_raw_and_streamed_responses(bench: Bench) -> None:
    value = completion(choice(0, content=PLAIN))
    for _ in range(3):
        bench.script.reply(replies.reply(value, x_request_id="req_1"))
    bench.script.reply(replies.sse(chat_stream(value), x_request_id="req_1"))
    client = bench.openai()
    raw = client.chat.completions.with_raw_response.create(model=bench.model, messages=USER)
    assert (raw.status_code, raw.request_id, raw.headers["content-type"]) == (200, "req_1", "application/json")
    trace = raw.headers["x-trace-id"]
    frames.assert_signed(raw.parse().choices[0].message.content or "", PLAIN, trace)
    assert raw.parse().to_dict().keys() == value.keys()
    streamed = client.chat.completions.with_streaming_response
    with streamed.create(model=bench.model, messages=USER) as whole:
        assert frames.strip_bytes(whole.read()) == replies.encode(value)
    with streamed.create(model=bench.model, messages=USER) as one:
        frames.assert_signed(one.parse().choices[0].message.content or "", PLAIN, one.headers["x-trace-id"])
    with streamed.create(model=bench.model, messages=USER, stream=True) as lines:
        data = [line for line in lines.iter_lines() if line]
        assert lines.request_id == "req_1"
    expected = b"".join(chat_stream(value)).decode().split("\n\n")[:-1]
    assert [line for line in data if not frames.ids_in_bytes(line.encode())] == expected
    assert len(data) == len(expected) + 1


CACHED = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}

# Everything that a request of a recorded route may hold beside its texts; `s` must not arrive.
REQUESTS: dict[str, tuple[str, Any]] = {
    "chat": (
        "openai",
        lambda c, m, s: c.chat.completions.create(
            model=m,
            messages=[
                {"role": "developer", "content": "Be brief." + s, "name": "dev"},
                {"role": "user", "content": [
                    {"type": "text", "text": "a" + s},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}},
                    {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                    {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0=", "filename": "a.pdf"}},
                ]},
                {"role": "assistant", "content": "b" + s, "tool_calls": CALLS, "refusal": None, "audio": {"id": "audio_1"}},
                {"role": "tool", "tool_call_id": "call_a", "content": [{"type": "text", "text": "c" + s}]},
                {"role": "tool", "tool_call_id": "call_b", "content": "d" + s},
            ],
            tools=[openai.pydantic_function_tool(Weather), {"type": "custom", "custom": {"name": "x", "format": {"type": "text"}}}],
            tool_choice={"type": "function", "function": {"name": "Weather"}},
            temperature=0.0, top_p=1, seed=7, n=1, stop=["\n\n", "END"], user="u", logit_bias={"50256": -100}, store=True,
            metadata={"a": "b" + s}, service_tier="flex", verbosity="low", reasoning_effort="minimal", prompt_cache_key="k",
            prompt_cache_retention="24h", safety_identifier="i", max_completion_tokens=500, presence_penalty=-0.5,
            extra_body={"provider": {"order": ["x"]}, "unknown": [None, 1.5, {"deep": True}]},
            extra_headers={"OpenAI-Beta": "one=v1", "Idempotency-Key": "idem-1", "X-Stainless-Thing": "y"},
        ),
    ),
    "responses": (
        "openai",
        lambda c, m, s: c.responses.create(
            model=m,
            instructions="Be brief." + s,
            input=[
                {"role": "user", "content": [{"type": "input_text", "text": "a" + s}, {"type": "input_image", "detail": "low", "file_id": "f"}]},
                {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "kept"}], "encrypted_content": "gAAAA=="},
                {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{\"a\": 1.0}", "id": "fc_1"},
                {"type": "function_call_output", "call_id": "call_1", "output": "b" + s},
                {"type": "item_reference", "id": "msg_1"},
            ],
            tools=[{"type": "web_search"}, {"type": "mcp", "server_label": "l", "server_url": "https://example.org", "authorization": "token"}],
            include=["reasoning.encrypted_content"], store=False, truncation="auto", reasoning={"effort": "low", "summary": "auto"},
            text={"verbosity": "low"}, metadata={"a": "b"}, parallel_tool_calls=False, service_tier="auto", max_tool_calls=3,
            prompt_cache_key="k", safety_identifier="i", extra_headers={"OpenAI-Beta": "responses=v1"},
        ),
    ),
    "messages": (
        "anthropic",
        lambda c, m, s: c.messages.create(
            model=m,
            max_tokens=4000,
            system=[{"type": "text", "text": "Be brief." + s, **CACHED}],
            messages=[
                {"role": "user", "content": [IMAGE, {"type": "text", "text": "a" + s, **CACHED}]},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "kept", "signature": "c2ln"},
                    {"type": "redacted_thinking", "data": "ZGF0YQ=="},
                    {"type": "text", "text": "b" + s},
                    {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "c" + s, "n": 1.0}},
                ]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": [{"type": "text", "text": "d" + s}, IMAGE], **CACHED},
                ]},
            ],
            tools=[{"name": "weather", "input_schema": Weather.model_json_schema(), **CACHED}, {"type": "bash_20250124", "name": "bash"}],
            tool_choice={"type": "auto", "disable_parallel_tool_use": True},
            thinking={"type": "enabled", "budget_tokens": 2000}, stop_sequences=["\n\nHuman:"], metadata={"user_id": "u"},
            service_tier="auto", extra_headers={"anthropic-beta": "a-2026-01-01,b-2026-02-02", "Idempotency-Key": "idem-1"},
        ),
    ),
    "beta messages": (
        "anthropic",
        lambda c, m, s: c.beta.messages.create(
            model=m, max_tokens=999, messages=[{"role": "user", "content": "a" + s}], betas=["mcp-client-2025-11-20", "x"],
            mcp_servers=[{"type": "url", "name": "n", "url": "https://example.org", "authorization_token": "token"}],
            container="container_1", context_management={"edits": [{"type": "clear_tool_uses_20250919"}]},
        ),
    ),
    "a workspace": (
        "anthropic",
        lambda c, m, s: c.messages.create(model=m, max_tokens=99, messages=USER, workspace_id="wrkspc_1", user_profile_id="up_1"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_request_arrives_as_it_is_without_us(bench: Bench, name: str) -> None:
    vendor, call = REQUESTS[name]
    if name == "responses":
        value: Any = responses.response("r", responses.message("m", PLAIN))
    else:
        value = replies.chat(PLAIN) if vendor == "openai" else replies.message([{"type": "text", "text": PLAIN}])
    made = both(
        bench,
        vendor,
        replies.reply(value),
        lambda client, suffix: call(client, bench.model, suffix),
        signed=frames.encode("an-older-trace") + frames.sign("an-older-trace"),
    )
    assert made.proxied == made.direct


def test_organization_and_project(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    client = bench.openai(organization="org-1", project="proj_1")
    client.chat.completions.create(model=bench.model, messages=USER)
    seen = bench.script.last
    assert (seen.header("openai-organization"), seen.header("openai-project")) == ("org-1", "proj_1")


def test_conversation_goes_on_after_every_helper(bench: Bench) -> None:
    """Whatever object a helper gives, sent back as history it names its trace."""
    bench.script.answer(lambda exchange: replies.sse(replies.chat_events(PLAIN)) if exchange.json().get("stream") else replies.reply(replies.chat(PLAIN)))
    client = bench.openai()
    history: list[Any] = [*USER]
    with client.chat.completions.stream(model=bench.model, messages=history) as stream:
        history += [stream.get_final_completion().choices[0].message, *USER]
    history += [client.chat.completions.parse(model=bench.model, messages=history).choices[0].message, *USER]
    raw = client.chat.completions.with_raw_response.create(model=bench.model, messages=history)
    history += [raw.parse().choices[0].message.model_dump(), *USER]
    client.chat.completions.create(model=bench.model, messages=history)
    frames.assert_clean(bench.script.last.body)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=8)
    assert sources(bench.reader.events(thread["threadId"]))[2:] == ["signature.v2"] * 6
