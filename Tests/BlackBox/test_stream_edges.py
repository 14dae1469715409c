"""The corners of streams: several choices, text in the last chunk, streams without an end, events too large to read."""

from __future__ import annotations

import json
from typing import Any

import pytest

import frames
import replies
import responses
import vendors
from bench import Bench
from test_upstream_faults import good
from vendors import FINISHED, PLAIN, ROUTES, each_vendor


def stream(bench: Bench, vendor: str, parts: list[Any]) -> tuple[bytes, str]:
    """What the client gets for these parts, whole, and the trace."""
    bench.script.reply(replies.sse(parts))
    reply = bench.fetch(ROUTES[vendor], good(bench, vendor, stream=True))
    assert (reply.status, reply.complete) == (200, True)
    return reply.body, reply.trace


def chat_texts(body: bytes) -> dict[int, str]:
    """The joined text of each choice."""
    texts: dict[int, str] = {}
    for line in body.splitlines():
        if line.startswith(b"data: {"):
            for choice in json.loads(line[6:])["choices"]:
                content = choice["delta"].get("content") or ""
                texts[choice["index"]] = texts.get(choice["index"], "") + content
    return texts


def text_of(vendor: str, body: bytes) -> str:
    """The joined text of the first choice, block or part."""
    if vendor == "openai":
        return chat_texts(body)[0]
    events = [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]
    if vendor == "responses":
        text = "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
        assert {event["text"] for event in events if event["type"] == "response.output_text.done"} <= {text}
        return text
    return "".join(
        event["delta"]["text"]
        for event in events
        if event["type"] == "content_block_delta" and event["index"] == 0 and event["delta"]["type"] == "text_delta"
    )


def in_pieces(vendor: str, text: str, pieces: list[str]) -> list[bytes]:
    """The stream of a text whose deltas are these."""
    if vendor == "openai":
        deltas = [replies.chat_chunk({"content": piece}) for piece in pieces]
        return [*replies.chat_events("")[:1], *deltas, *replies.chat_events("")[1:]]
    if vendor == "anthropic":
        parts = [{"index": 0, "delta": {"type": "text_delta", "text": piece}} for piece in pieces]
        empty = replies.message_events([{"type": "text", "text": ""}])
        return [*empty[:3], *(replies.named("content_block_delta", part) for part in parts), *empty[3:]]
    return responses.events(vendors.whole(vendor, text), lambda _: pieces)


@pytest.mark.parametrize("tail", ["", " ", "\n\n", " " * 64, " " * 65, "\n" * 200], ids=lambda tail: str(len(tail)))
@each_vendor
def test_white_space_at_the_end(bench: Bench, vendor: str, tail: str) -> None:
    """Whole and streamed, in one piece and scalar by scalar, the text comes out the same (EXC-25, EXC-34, EXC-35)."""
    text = PLAIN + tail
    head = bench.headers(X_Trace_ID=f"trace-{bench.token}")
    expected = text[: len(text) - min(len(tail), 64)] + frames.sign(f"trace-{bench.token}") + text[-min(len(tail), 64) :]
    if not tail:
        expected = text + frames.sign(f"trace-{bench.token}")
    for pieces in ([text], list(text), replies.words(text), [PLAIN, *tail]):
        bench.script.reply(replies.sse(in_pieces(vendor, text, pieces)))
        reply = bench.fetch(ROUTES[vendor], good(bench, vendor, stream=True), headers=head)
        assert text_of(vendor, reply.body) == expected
    bench.script.reply(replies.reply(vendors.whole(vendor, text)))
    value = json.loads(bench.fetch(ROUTES[vendor], good(bench, vendor), headers=head).body)
    content = {
        "openai": lambda: value["choices"][0]["message"]["content"],
        "anthropic": lambda: value["content"][0]["text"],
        "responses": lambda: value["output"][0]["content"][0]["text"],
    }
    assert content[vendor]() == expected


def test_interleaved_choices(bench: Bench) -> None:
    texts = ["The first of the answers. ", "And the second one, too.\n"]
    events = [replies.chat_chunk({"role": "assistant", "content": ""}, index=at) for at in (0, 1)]
    for pair in zip(*(replies.words(text) for text in texts)):
        events += [replies.chat_chunk({"content": word}, index=at) for at, word in enumerate(pair)]
    events += [replies.chat_chunk({}, "stop", index=at) for at in (1, 0)]
    body, trace_id = stream(bench, "openai", [*events, replies.DONE])
    for at, text in enumerate(texts):
        frames.assert_signed(chat_texts(body)[at], text, trace_id)


def test_finish_chunk_with_text(bench: Bench) -> None:
    """The frame goes into that text, and no chunk is added (EXC-32)."""
    events = [
        replies.chat_chunk({"role": "assistant", "content": "Here is a"}),
        replies.chat_chunk({"content": " plain answer.\n"}, "stop"),
        replies.DONE,
    ]
    body, trace_id = stream(bench, "openai", events)
    frames.assert_signed(chat_texts(body)[0], "Here is a plain answer.\n", trace_id)
    assert frames.strip_bytes(body) == b"".join(events)


@each_vendor
def test_stream_that_stops_before_its_finish(bench: Bench, vendor: str) -> None:
    """A proper end of the connection's body is no end of the choice: no frame, and nothing is lost (EXC-36)."""
    unfinished = {"openai": 2, "anthropic": 3, "responses": 4}[vendor]
    body, trace_id = stream(bench, vendor, vendors.events(vendor, PLAIN + " ")[:-unfinished])
    assert text_of(vendor, body) == PLAIN + " "
    [_, response, _] = bench.reader.await_types(trace_id, "user_message", "llm_response", "error")
    assert response["content"] == {"content": PLAIN + " ", "finishReason": "upstream_error"}


def test_event_too_large_to_read(bench: Bench) -> None:
    """EXC-38: it passes as it comes, and from there on the stream is left alone."""
    huge = replies.chat_chunk({"content": "word " * 1_000_000})
    assert len(huge) > 4 * 1024 * 1024
    events = [*replies.chat_events(PLAIN)[:-2], huge, *replies.chat_events(PLAIN)[-2:]]
    body, trace_id = stream(bench, "openai", events)
    assert body == b"".join(events)
    [_, response] = bench.reader.await_types(trace_id, "user_message", "llm_response")
    assert response["metadata"]["captureTruncated"] is True
    assert response["content"]["content"] == PLAIN


def test_event_just_small_enough(bench: Bench) -> None:
    large = replies.chat_chunk({"content": "word " * 700_000 + "end."})
    assert 3 * 1024 * 1024 < len(large) < 4 * 1024 * 1024
    events = [large, *replies.chat_events(" And so it ends.")[1:]]
    body, trace_id = stream(bench, "openai", events)
    assert frames.ids_in_bytes(body) == [trace_id]
    assert frames.without_added_event(body) == b"".join(events)


@each_vendor
def test_client_that_leaves_after_the_last_event(bench: Bench, vendor: str) -> None:
    """Official clients leave at `[DONE]`, before the HTTP body has ended. That reply was whole."""
    last = {"openai": b"[DONE]\n\n", "anthropic": b'"message_stop"}\n\n', "responses": b'"metadata":{}}}\n\n'}[vendor]
    events = vendors.events(vendor, PLAIN)
    assert events[-1].endswith(last)
    gate = bench.upstream.gate()
    bench.script.reply(replies.sse([*events, gate]))
    with bench.open(ROUTES[vendor], good(bench, vendor, stream=True)) as reply:
        # The first events of a response end as its last one does.
        while vendor == "responses" and b'"type":"response.completed"' not in reply.body:
            assert reply.take()
        reply.until(last)
    assert bench.script.last.closed.wait(20)
    [_, response] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert response["content"]["finishReason"] == FINISHED[vendor]
    assert response["content"]["content"] == PLAIN


def test_many_streams_are_open_at_once(bench: Bench) -> None:
    """Every one of them gets its first event while all the others are still open."""
    count = 40
    events = replies.chat_events(PLAIN)
    gate = bench.upstream.gate()
    bench.script.answer(lambda _: replies.sse([events[0], gate, *events[1:]]))
    opened = [bench.open(ROUTES["openai"], good(bench, stream=True)) for _ in range(count)]
    for reply in opened:
        reply.until(events[0])
    gate.open()
    for reply in opened:
        assert reply.rest()
        assert frames.ids_in_bytes(reply.body) == [reply.trace]
        reply.close()
    assert len({reply.trace for reply in opened}) == count
