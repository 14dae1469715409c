"""Findings in the trace viewer: the count, the list, the marks, the keys, both themes, a phone (VIEW-11)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from bench import Bench
from test_findings import BROKEN, broken
from test_graph import step
from test_ingest import post
from viewer import Viewer


def codes(viewer: Viewer) -> list[tuple[str, str]]:
    rows = viewer.page.locator(".findings .finding").all()
    return [(row.locator(".finding-severity").inner_text(), row.get_attribute("data-code") or "") for row in rows]


def marks(viewer: Viewer) -> dict[int, str]:
    found: dict[str, str] = viewer.page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('.event:has(> .flag)')].map((row) =>
          [row.dataset.step, row.querySelector('.flag').className.replace('flag ', '')]))"""
    )
    return {int(at): name for at, name in found.items()}


def open_broken(viewer: Viewer, bench: Bench, query: str = "") -> str:
    assert post(bench, broken(bench)).status == 202
    trace = f"trace-{bench.token}"
    viewer.sign_in(f"#/traces/{trace}{query}")
    viewer.see("button.finding-count", "8 findings")
    return trace


def test_list_leads_to_events(viewer: Viewer, bench: Bench) -> None:
    open_broken(viewer, bench)
    expect(viewer.page.locator(".findings")).to_be_hidden()
    assert viewer.page.locator("button.finding-count").get_attribute("aria-expanded") == "false"
    viewer.page.click("button.finding-count")
    viewer.see(".findings .finding", "The same call of look 3 times in a row")
    assert codes(viewer) == [(severity, code) for severity, code, _ in BROKEN]
    assert viewer.texts(".finding-step")[:2] == ["step 2 +2", "step 8"]
    assert "findings=1" in viewer.page.url
    # All events of what is bad are marked, of a note the first.
    assert marks(viewer) == {**dict.fromkeys((2, 4, 6, 8, 10, 11, 12, 13, 14), "high")}
    viewer.page.click('.finding[data-code="MISSING_TOOL_CALL_RESPONSE"]')
    viewer.see(".inspector", "step 8")
    viewer.see(".event-findings", "has no result, and the agent went on without it")
    assert viewer.page.locator(".event.selected").get_attribute("data-step") == "8"
    # The address is enough to come back.
    viewer.page.reload()
    viewer.see(".inspector", "step 8")
    viewer.see(".findings .finding", "3 errors in a row")


def test_keys_of_findings(viewer: Viewer, bench: Bench) -> None:
    open_broken(viewer, bench)
    viewer.see(".event").first.wait_for()
    focused = "document.activeElement.dataset.code ?? ''"
    viewer.press("f")
    viewer.see(".findings .finding")
    assert viewer.page.evaluate(focused) == BROKEN[0][1]
    viewer.press("j", "ArrowDown", "k")
    assert viewer.page.evaluate(focused) == BROKEN[1][1]
    viewer.press("Enter")
    viewer.see(".inspector", "step 8")
    viewer.press("End")
    assert viewer.page.evaluate(focused) == BROKEN[-1][1]
    # What comes meanwhile does not take the place away.
    assert post(bench, [step(bench, "user_message", timestamp="2026-01-01T00:02:00Z")]).status == 202
    expect(viewer.page.locator(".event")).to_have_count(15)
    assert viewer.page.evaluate(focused) == BROKEN[-1][1]
    viewer.press("Escape")
    expect(viewer.page.locator(".findings")).to_be_hidden()
    assert "findings" not in viewer.page.url
    viewer.see(".inspector")
    viewer.press("?")
    viewer.see("dialog.help", "Findings of a trace")


def test_trace_that_is_fine_becomes_one_that_is_not(viewer: Viewer, bench: Bench) -> None:
    trace = f"trace-{bench.token}"
    assert post(bench, [step(bench, "user_message", content="Hello")]).status == 202
    viewer.sign_in(f"#/traces/{trace}?findings=1")
    viewer.see(".finding-count.none", "No findings")
    expect(viewer.page.locator(".findings")).to_be_hidden()
    assert post(bench, [step(bench, "error", content=f"failed {at}") for at in range(3)]).status == 202
    viewer.see("button.finding-count", "1 finding")
    viewer.see(".findings .finding", "3 errors in a row")
    assert marks(viewer) == {2: "high", 3: "high", 4: "high"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screens_and_scripts(chromium: Browser, bench: Bench, scheme: Any) -> None:
    name = "<img src=x onerror=window.hit=1>" + "\u202e" + "x" * 90
    batch = [step(bench, "user_message"), step(bench, "tool_call_request", spanId="s", tool=name), step(bench, "llm_response")]
    assert post(bench, batch).status == 202
    for width in (1280, 390):
        viewer = Viewer(chromium, bench.server, width=width, color_scheme=scheme)
        try:
            viewer.sign_in(f"#/traces/trace-{bench.token}?findings=1")
            said = viewer.see(".finding-says", "has no result").first
            assert "<img src=x" in said.inner_text()
            assert viewer.page.locator(".findings img").count() == 0
            assert viewer.page.evaluate("window.hit") is None
            assert viewer.overflow <= 0
            box = said.bounding_box()
            assert box and 0 <= box["x"] and box["x"] + box["width"] <= width
            # Words and marks stand out from their ground.
            colours = "(element) => [getComputedStyle(element).color, getComputedStyle(document.querySelector('.findings')).backgroundColor]"
            ink, ground = ([int(part) for part in re.findall(r"\d+", colour)[:3]] for colour in said.evaluate(colours))
            assert abs(sum(ink) - sum(ground)) > 380
            assert viewer.faults == []
        finally:
            viewer.close()
