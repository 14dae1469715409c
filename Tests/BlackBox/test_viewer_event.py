"""One event in the viewer: every script as it was captured, everything invisible by its name, JSON as it is spelt."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import expect

import frames
from bench import Bench, fetch
from viewer import Viewer, post, step

UUID = "7c3f0c5e-9a34-4f4e-8d53-0a1b2c3d4e5f"


def show(viewer: Viewer, bench: Bench, content: Any, **members: Any) -> None:
    """Opens the only event of a trace."""
    trace = f"trace-{bench.token}"
    post(bench.server, [step(trace, bench.agent, 1, members.pop("kind", "user_message"), content, **members)])
    viewer.sign_in(f"#/traces/{trace}")
    viewer.open_event()
    viewer.see(".inspector .pane")


NAMED = {
    "\u200b": "U+200B ZERO WIDTH SPACE",
    "\u00ad": "U+00AD SOFT HYPHEN",
    "\u202e": "U+202E RIGHT-TO-LEFT OVERRIDE",
    "\u2066": "U+2066 LEFT-TO-RIGHT ISOLATE",
    "\u2060": "U+2060 WORD JOINER",
    "\ufeff": "U+FEFF ZERO WIDTH NO-BREAK SPACE",
    "\u00a0": "U+00A0 NO-BREAK SPACE",
    "\u0007": "U+0007 BELL",
    "\u3164": "U+3164 HANGUL FILLER",
    "\u200c": "U+200C ZERO WIDTH NON-JOINER",
    "\u2028": "U+2028 LINE SEPARATOR",
    "\ue000": "U+E000 PRIVATE USE",
    "\U000e0041": "U+E0041 TAG A",
    "\ufe01": "U+FE01 VARIATION SELECTOR-2",
}


def test_marks_have_names(viewer: Viewer, bench: Bench) -> None:
    show(viewer, bench, "".join(f"x{mark}y " for mark in NAMED))
    titles = [mark.get_attribute("title") for mark in viewer.page.locator(".said .mark").all()]
    assert titles == list(NAMED.values())
    listed = viewer.page.locator(".unseen").inner_text()
    assert all(name in listed for name in NAMED.values())
    # The override is shown and does nothing: it is not in the document.
    assert "\u202e" not in viewer.page.locator("#app").inner_text()


def test_half_a_surrogate_pair(viewer: Viewer, bench: Bench) -> None:
    trace = f"trace-{bench.token}"
    head = {"Authorization": f"Bearer {bench.server.key}", "Content-Type": "application/json"}
    body = json.dumps(step(trace, bench.agent, 1, "user_message", "a\ud800b")).encode()
    assert fetch(bench.server.ingest, "POST", "/api/events", head, body).status == 201
    viewer.sign_in(f"#/traces/{trace}")
    viewer.open_event()
    viewer.see(".said .mark", "U+D800")


def test_signatures_are_read(viewer: Viewer, bench: Bench) -> None:
    bare = frames.sign(UUID)[1:]
    texts = [frames.sign(UUID), frames.encode("legacy-17"), frames.sign("session-9"), bare, frames.sign(UUID)[:-3]]
    show(viewer, bench, [{"role": "assistant", "content": f"Said.{frame}"} for frame in texts])
    found = viewer.page.locator(".said .mark.sign")
    assert [text.strip() for text in found.all_inner_texts()] == [
        "signature of trace 7c3f0c5e…",
        "signature of trace legacy-17",
        "signature of trace session-9",
        "signature without its U+2060 of trace 7c3f0c5e…",
    ]
    assert found.first.get_attribute("href") == f"#/traces/{UUID}"
    assert "key 5" in (found.first.get_attribute("title") or "")
    # A frame that was cut off is none, and what is left of it is shown.
    viewer.see(".said .mark", "hidden text")


def test_hidden_instructions_are_shown(viewer: Viewer, bench: Bench) -> None:
    tags = "".join(chr(0xE0000 + ord(letter)) for letter in "obey me")
    selectors = "".join(chr(0xE0100 + ord(letter) - 16) for letter in "and me as well")
    show(viewer, bench, f"Nothing to see{tags} here\U0001f600{selectors}.")
    viewer.see(".unseen.warns", "obey me")
    assert viewer.texts(".said .hidden-text") == ["hidden text obey me", "hidden text and me as well"]


SCRIPTS = [
    "سلام، می\u200cخواهم کمک کنم",
    "שלום עולם",
    "क्\u200dषत्रिय",
    "สวัสดีครับ",
    "日本で一番高い山は富士山です。",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f \U0001f1ee\U0001f1f7",
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "Zażółć gęślą jaźń",
]


def test_every_script_stays_as_it_is(viewer: Viewer, bench: Bench) -> None:
    show(viewer, bench, [{"role": "user", "content": text} for text in SCRIPTS])
    viewer.page.locator(".earlier summary").click()
    # What was folded is drawn after the click.
    expect(viewer.page.locator(".said .block")).to_have_count(len(SCRIPTS))
    # Without the marks, the document has the text to the last character.
    shown = viewer.page.evaluate(
        """() => [...document.querySelectorAll('.said .block')].map((block) => {
          const copy = block.cloneNode(true);
          copy.querySelectorAll('.mark').forEach((mark) => mark.remove());
          return copy.textContent;
        })"""
    )
    assert shown == SCRIPTS
    # What holds an emoji together is no mark.
    assert viewer.page.locator(".said .joined").count() == 3


def test_json_is_as_it_was_spelt(viewer: Viewer, bench: Bench) -> None:
    trace = f"trace-{bench.token}"
    head = {"Authorization": f"Bearer {bench.server.key}", "Content-Type": "application/json"}
    text = (
        '{"eventType":"error","traceId":"%s","agentName":"%s","content":{"z":1.0,"a":12345678901234567890,"e":1E400,'
        '"twice":1,"twice":2,"":[],"__proto__":"p","o":{},"n":null,"deep":[[[["four"]]]],"s":"line\\nline"}}'
    )
    assert fetch(bench.server.ingest, "POST", "/api/events", head, (text % (trace, bench.agent)).encode()).status == 201
    viewer.sign_in(f"#/traces/{trace}")
    viewer.open_event()
    viewer.page.get_by_role("tab", name="Content").click()
    viewer.see(".json")
    assert viewer.texts(".json > details > .json-list > .json-entry > .json-name") == [
        "z", "a", "e", "twice", "twice", '""', "__proto__", "o", "n", "deep", "s",
    ]
    assert viewer.texts(".json .json-number") == ["1.0", "12345678901234567890", "1E400", "1", "2"]


def test_long_values_are_shown_in_steps(viewer: Viewer, bench: Bench) -> None:
    show(viewer, bench, {"text": "w" * 50_000, "list": list(range(1000))}, kind="error")
    viewer.page.get_by_role("tab", name="Content").click()
    assert viewer.page.locator(".json-number").count() <= 100
    viewer.see(".json .more", "30,000 characters").click()
    assert len(viewer.page.locator(".json-long").inner_text()) == 50_000


def test_shapes_of_providers_are_read(viewer: Viewer, bench: Bench) -> None:
    show(viewer, bench, [
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "I weigh it."},
            {"type": "text", "text": "Let me look."},
            {"type": "tool_use", "id": "toolu_1", "name": "search", "input": {"query": "rain"}},
        ]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "It rains.", "is_error": True}]},
        {"type": "function_call", "call_id": "call_2", "name": "weather", "arguments": '{"city":"Oslo"}'},
        {"type": "function_call_output", "call_id": "call_2", "output": "sun"},
        {"role": "tool", "tool_call_id": "call_3", "content": "done"},
    ])
    page = viewer.page.locator(".pane").inner_text()
    for text in ("I weigh it.", "Let me look.", "calls", "search", "toolu_1", "It rains.", "failed", "weather", "Oslo", "sun", "call_3", "done"):
        assert text in page, text
