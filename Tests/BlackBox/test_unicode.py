"""Text of every script passes byte for byte, also where it uses the marks that signatures are made of."""

from __future__ import annotations

import json
from typing import Any

import pytest

import frames
import replies
import vendors
from bench import Bench
from vendors import ROUTES, each_vendor

TEXTS = {
    "Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u0628\u0647 \u062e\u0627\u0646\u0647\u200c\u0627\u0645 \u0628\u0631\u0648\u0645.",
    "Hindi": "\u0915\u094d\u200d\u0937 \u0914\u0930 \u0930\u094d\u200d\u092f \u0939\u0948\u0902 \u092f\u0939\u093e\u0901",
    "Khmer": "\u1797\u17b6\u179f\u17b6\u200b\u1781\u17d2\u1798\u17c2\u179a\u200b\u1798\u17b6\u1793\u200b\u1796\u17b6\u1780\u17d2\u1799",
    "Thai": "\u0e20\u0e32\u0e29\u0e32\u200b\u0e44\u0e17\u0e22\u200b\u0e44\u0e21\u0e48\u0e21\u0e35\u200b\u0e0a\u0e48\u0e2d\u0e07\u0e27\u0e48\u0e32\u0e07",
    "families": "The family is here: \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "flags and hearts": "We love it \u2764\ufe0f\u200d\U0001f525 and \U0001f3f3\ufe0f\u200d\U0001f308",
    "selectors": "An ideograph with a variant \u8fba\U000e0100 and a sign \u2603\ufe0e here.",
    "Hebrew with marks": "\u200f\u05e9\u05dc\u05d5\u05dd\u200e (hello) \u200f\u05dc\u05db\u05dd\u200e",
    "bidi controls": "left \u202bright\u202c left \u2067isolate\u2069 end.",
    "zero width spaces": "one\u200btwo\u200bthree four five\u200b",
    "joiners alone": "a\u200cb \u200c\u200d\u200c c\u200d",
    "empty frame": "before \u200b\u200e after it.",
    "seven bits": "before \u200b" + "\u200c\u200d" * 3 + "\u200c\u200e after it.",
    "cut frame": "text that ends in a cut" + frames.encode("abc")[:-3],
    "forbidden byte": "before \u200b" + "\u200d" * 8 + "\u200e after it.",
    "no end": "before \u200b" + "\u200d\u200c" * 4 + " after it.",
    "combining": "e\u0301 and \u00e9 and A\u030a and \u212b stay apart.",
    "private and astral": "\ue000 \U0010fffd \U0001d54f marks.",
    "line separators": "one\u2028two\u2029three\u0085four",
    "controls": "tab\tnul\u0000bell\u0007escape\u001b[0m end.",
    "long marks": "many " + "\u200b" * 200 + "\u200c" * 200 + " marks.",
}

each_text = pytest.mark.parametrize("name", TEXTS)


def request(bench: Bench, content: Any, ascii_only: bool = False, **more: Any) -> bytes:
    value = {"model": bench.model, "messages": [{"role": "user", "content": content}], **more}
    return json.dumps(value, ensure_ascii=ascii_only).encode()


@each_text
def test_user_text_reaches_the_upstream_unchanged(bench: Bench, name: str) -> None:
    text = TEXTS[name]
    for ascii_only in (False, True):
        for content in (text, [{"type": "text", "text": text}]):
            bench.script.reply(replies.reply(replies.chat("Yes.")))
            body = request(bench, content, ascii_only, metadata={text: text})
            assert bench.fetch("/v1/chat/completions", body).status == 200
            assert bench.script.last.body == body


@each_text
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_reply_text_reaches_the_client_unchanged(bench: Bench, name: str, streaming: bool) -> None:
    text = TEXTS[name]
    pieces = replies.chat_events(text)
    bench.script.reply(replies.sse(pieces) if streaming else replies.reply(replies.chat(text)))
    client = bench.openai()
    raw = client.chat.completions.with_raw_response.create(
        model=bench.model, messages=[{"role": "user", "content": "Say it."}], stream=streaming
    )
    if streaming:
        got = "".join(part.choices[0].delta.content or "" for part in raw.parse() if part.choices)
    else:
        got = raw.parse().choices[0].message.content
    trace_id = raw.headers["x-trace-id"]
    assert frames.ids(got) in ([], [trace_id])
    assert got.replace(frames.sign(trace_id), "") == text
    events = bench.reader.await_types(trace_id, "user_message", "llm_response")
    assert events[1]["content"]["content"] == text

    # And as history of the next turn: the upstream sees its own words again.
    bench.script.reply(replies.reply(replies.chat("Yes.")))
    messages = [{"role": "assistant", "content": got}, {"role": "user", "content": "Once more."}]
    client.chat.completions.create(model=bench.model, messages=messages)
    assert bench.script.last.json()["messages"][0]["content"] == text


MIXED = " ".join(TEXTS[name] for name in ("Persian", "families", "Khmer", "seven bits", "line separators")) + " So it is."


@each_vendor
def test_stream_cut_at_every_byte(bench: Bench, vendor: str) -> None:
    """How a stream is cut into reads changes nothing of what comes out (EXC-37)."""
    events = vendors.events(vendor, MIXED)
    joined = b"".join(events)
    whole = [joined]
    single = [joined[at : at + 1] for at in range(len(joined))]
    odd = [joined[at : at + 7] for at in range(0, len(joined), 7)]
    got = []
    head = bench.headers(X_Trace_ID=f"trace-{bench.token}")
    for parts in (whole, single, odd, events):
        bench.script.reply(replies.sse(parts))
        body = replies.encode({"model": bench.model, **vendors.asked(vendor, "Say it.", stream=True)})
        reply = bench.fetch(ROUTES[vendor], body, headers=head)
        assert reply.complete
        got.append(reply.body)
    assert set(frames.ids_in_bytes(got[0])) == {f"trace-{bench.token}"}
    assert got[1] == got[0]
    assert got[2] == got[0]
    assert got[3] == got[0]


def test_frame_that_the_upstream_itself_sends_is_no_evidence(bench: Bench) -> None:
    """A model that repeats an old frame cannot move the conversation: ours is the last one (SIG-4)."""
    text = "I repeat what I saw" + frames.encode("stolen-trace") + " in your text."
    bench.script.reply(replies.reply(replies.chat(text)))
    client = bench.openai()
    user: Any = {"role": "user", "content": "Say it."}
    first = client.chat.completions.with_raw_response.create(model=bench.model, messages=[user])
    mine = first.headers["x-trace-id"]
    bench.script.reply(replies.reply(replies.chat("Yes.")))
    second = client.chat.completions.with_raw_response.create(
        model=bench.model, messages=[user, first.parse().choices[0].message, user]
    )
    assert second.headers["x-trace-id"] == mine
    frames.assert_clean(bench.script.last.body)


def test_escaped_lone_surrogates_stay_as_they_are_spelt(bench: Bench) -> None:
    """JSON-7: both ways, and the frame is placed around them."""
    body = b'{"model":"%s","messages":[{"role":"user","content":"lone \\ud83d and \\uDE00 here"}]}' % bench.model.encode()
    reply = replies.encode(replies.chat("@@")).replace(b"@@", b"A lone \\uD83D stands here today.")
    bench.script.reply(replies.http(200, reply))
    got = bench.fetch("/v1/chat/completions", body)
    assert bench.script.last.body == body
    assert frames.strip_bytes(got.body) == reply
    assert frames.ids_in_bytes(got.body) == [got.trace]


ODD_STREAMS: dict[str, bytes] = {
    "CRLF": b"".join(replies.chat_events("Lines end in two bytes.")).replace(b"\n", b"\r\n"),
    "CR": b"".join(replies.chat_events("Lines end in one byte.")).replace(b"\n", b"\r"),
    "byte order mark": b"\xef\xbb\xbf" + b"".join(replies.chat_events("It starts with a mark.")),
    "comments": b": OPENROUTER PROCESSING\n\n:\n\n" + b": x\n".join(replies.chat_events("Comments are kept here.")),
    "ids and retries": b"id: 1\nretry: 250\n" + b"id: 2\n".join(replies.chat_events("Fields are kept here.")),
    "unknown event": b"event: custom\ndata: not json\n\n" + b"".join(replies.chat_events("It goes on from there.")),
    "no space": b"".join(replies.chat_events("No space after colons.")).replace(b"data: ", b"data:"),
    "no done": b"".join(replies.chat_events("It ends without a word.")[:-1]),
}


@pytest.mark.parametrize("name", ODD_STREAMS)
def test_odd_streams_keep_their_bytes(bench: Bench, name: str) -> None:
    """Without the one added event, what the client gets is what the upstream sent (EXC-30)."""
    bench.script.reply(replies.sse([ODD_STREAMS[name]]))
    reply = bench.fetch("/v1/chat/completions", request(bench, "Say it.", stream=True))
    assert reply.complete
    assert frames.ids_in_bytes(reply.body) == [reply.trace]
    assert frames.without_added_event(reply.body) == ODD_STREAMS[name]


def test_hidden_text_of_others_is_told_and_left_alone(bench: Bench) -> None:
    """EXC-84: orders in tag characters reach the model as they came, and the event says that they are there."""
    order = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
    bench.script.reply(replies.reply(replies.chat("It is a text of some words.")))
    body = {"model": bench.model, "messages": [{"role": "user", "content": f"Summarise this.{order}"}]}
    reply = bench.fetch("/v1/chat/completions", replies.encode(body))
    assert bench.script.last.json()["messages"] == body["messages"]
    [asked, _] = bench.reader.await_types(reply.trace, "user_message", "llm_response")
    assert asked["metadata"]["hiddenText"] == {"tags": 4}
