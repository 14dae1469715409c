"""The trace viewer as a person uses it: list, filters, news, timeline, graph, keys, screens."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from bench import Bench
from conftest import StartServer
from viewer import Viewer, post, step, tool_run


def rows(viewer: Viewer) -> list[str]:
    return [row.get_attribute("data-id") or "" for row in viewer.page.locator("a.row").all()]


def test_list_of_traces_and_its_filters(viewer: Viewer, bench: Bench) -> None:
    for at in range(3):
        post(bench.server, [step(f"{bench.token}-{at}", bench.agent, 1, "user_message", f"Question {at}", externalUserId=f"user-{at}")])
    post(bench.server, [step(f"{bench.token}-other", bench.agent + "-2", 1, "error", "bad")])
    viewer.sign_in("#/traces?agent=" + bench.agent)
    viewer.see("a.row", "Question 1")
    assert rows(viewer) == [f"{bench.token}-{at}" for at in (2, 1, 0)]
    viewer.see(".list-count", "3 traces found")
    # Filters are part of the address, and the address is enough to come back.
    viewer.page.fill("input[name=user]", "user-1")
    viewer.press("Enter")
    expect(viewer.page.locator("a.row")).to_have_count(1)
    assert rows(viewer) == [f"{bench.token}-1"]
    assert viewer.page.evaluate("location.hash") == f"#/traces?agent={bench.agent}&user=user-1"
    viewer.page.reload()
    viewer.see("a.row", "Question 1")
    assert rows(viewer) == [f"{bench.token}-1"]
    viewer.page.fill("input[name=user]", "nobody")
    viewer.press("Enter")
    viewer.see(".empty", "Nothing matches")
    viewer.press("Escape", "Escape")
    expect(viewer.page).to_have_url(re.compile("#/traces$"))
    # Time: everything of this test was stored within the hour, and nothing of it in the year before.
    viewer.go("traces", agent=bench.agent, since="1h")
    expect(viewer.page.locator("a.row")).to_have_count(3)
    viewer.go("traces", agent=bench.agent, **{"from": "2020-01-01", "to": "2020-12-31"})
    viewer.see(".empty", "Nothing matches")


def test_older_traces_are_read_when_one_comes_to_them(viewer: Viewer, bench: Bench) -> None:
    post(bench.server, [step(f"{bench.token}-{at:03}", bench.agent, 1, "error", "x") for at in range(120)])
    viewer.sign_in("#/traces?agent=" + bench.agent)
    viewer.see(".list-count", "120 traces found")
    assert len(rows(viewer)) < 120
    for count in (100, 120):
        viewer.scroll_to_the_end(".list")
        expect(viewer.page.locator("a.row")).to_have_count(count)
    assert len(set(rows(viewer))) == 120


def test_news_of_the_list_and_of_a_trace(viewer: Viewer, bench: Bench) -> None:
    post(bench.server, [step(f"{bench.token}-a", bench.agent, 1, "user_message", "The first one")])
    viewer.sign_in("#/traces?agent=" + bench.agent)
    viewer.see("a.row", "The first one")
    post(bench.server, [step(f"{bench.token}-b", bench.agent, 1, "user_message", "The second one")])
    viewer.see("a.row", "The second one")
    assert rows(viewer) == [f"{bench.token}-b", f"{bench.token}-a"]
    viewer.go("traces", f"{bench.token}-a")
    expect(viewer.page.locator(".event")).to_have_count(1)
    post(bench.server, [step(f"{bench.token}-a", bench.agent, 2, "user_message", "Just now")])
    viewer.see(".event", "Just now")
    expect(viewer.page.locator(".event")).to_have_count(2)


def test_timeline(viewer: Viewer, bench: Bench) -> None:
    trace = f"trace-{bench.token}"
    post(bench.server, tool_run(trace, bench.agent))
    viewer.sign_in(f"#/traces/{trace}")
    viewer.see(".event", "It may rain.")
    assert [text.strip() for text in viewer.texts(".event .event-type")] == [
        "User", "Thinking", "Model", "Tool call", "Tool call", "Tool result", "Tool result", "Model", "Error", "User", "Model",
    ]
    viewer.see(".event.tone-error", "Overloaded")
    viewer.see(".event", "search").filter(has_text='{"query":"rain"}')
    # Cache hits, tokens, who told which trace it is, time.
    viewer.see('.event[data-step="3"] .cached')
    assert viewer.texts('.event[data-step="3"] .tokens') == ["1,200 → 34"]
    assert viewer.texts('.event[data-step="10"] .stitch') == ["signature"]
    assert viewer.texts('.event[data-step="3"] .bar-label') == ["800 ms"]
    # A tool's span lasts from its request to its response.
    assert viewer.texts('.event[data-step="6"] .bar-label') == ["2.0 s"]
    # The branch has a column of its own.
    column = "element => element.querySelector('circle').getAttribute('cx')"
    columns = [viewer.page.locator(f'.event[data-step="{at}"]').evaluate(column) for at in (3, 8, 10, 11)]
    assert columns[0] == columns[1] != columns[2] == columns[3]
    figures = viewer.page.locator(".trace-head .figures").inner_text()
    assert re.search(r"Errors\s*1\b", figures) and re.search(r"Model calls\s*3\b", figures)
    assert re.search(r"Cache\s*900 tokens, 1 of 3 calls", figures)


def test_graph(viewer: Viewer, bench: Bench) -> None:
    trace = f"trace-{bench.token}"
    post(bench.server, tool_run(trace, bench.agent))
    viewer.sign_in(f"#/traces/{trace}?view=graph")
    expect(viewer.page.locator(".card")).to_have_count(5)
    box = viewer.page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('.card')].map((card) =>
          [card.dataset.span, card.getBoundingClientRect().toJSON()]))"""
    )
    # Two tools side by side under their caller, then what follows them.
    assert box["turn"]["y"] < box["one"]["y"] == box["two"]["y"] < box["turn2"]["y"]
    assert len({box[span]["x"] for span in ("one", "two")}) == 2
    assert viewer.page.locator(".edge.next").count() == 4
    assert viewer.page.locator(".edge.join").count() == 1
    assert "tone-error" in (viewer.page.locator('.card[data-span="turn2"]').get_attribute("class") or "")
    viewer.page.locator('.card[data-span="two"]').click()
    viewer.see(".inspector", "weather")
    assert "view=graph" in viewer.page.url and "event=" in viewer.page.url
    viewer.page.reload()
    viewer.see(".inspector", "weather")
    viewer.see('.card.selected[data-span="two"]')


def test_keys(viewer: Viewer, bench: Bench) -> None:
    trace = f"trace-{bench.token}"
    post(bench.server, tool_run(trace, bench.agent))
    post(bench.server, [step(f"{bench.token}-z", bench.agent, 1, "user_message", "Newest")])
    viewer.sign_in("#/traces?agent=" + bench.agent)
    viewer.see("a.row", "Newest")
    viewer.press("?")
    viewer.see("dialog.help", "Next, previous")
    viewer.press("Escape")
    expect(viewer.page.locator("dialog.help")).to_have_count(0)
    viewer.press("j", "j", "k", "j")
    assert viewer.page.locator("a.row.selected").get_attribute("data-id") == trace
    viewer.press("Enter")
    viewer.see(".event", "It may rain.")
    viewer.press("j", "j")
    assert viewer.page.locator(".event.selected").get_attribute("data-step") == "2"
    viewer.press("Enter")
    viewer.see(".inspector", "A tool knows.")
    viewer.press("j")
    viewer.see(".inspector", "Let me look.")
    viewer.press("2")
    viewer.see(".graph .card.selected")
    viewer.press("1")
    viewer.see(".timeline .event.selected")
    viewer.press("Escape")
    expect(viewer.page.locator(".inspector")).to_be_hidden()
    viewer.press("End")
    assert viewer.page.locator(".event.selected").get_attribute("data-step") == "11"
    viewer.press("Escape")
    viewer.see("a.row", "Newest")
    viewer.press("/")
    assert viewer.page.evaluate("document.activeElement.tagName") == "INPUT"
    # A letter in a field is a letter.
    viewer.press("j", "?")
    expect(viewer.page.locator("dialog.help")).to_have_count(0)


def test_light_and_dark(chromium: Browser, bench: Bench) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    seen = {}
    for scheme in ("light", "dark"):
        viewer = Viewer(chromium, bench.server, color_scheme=scheme).sign_in()
        seen[scheme] = viewer.page.evaluate(ground)
        viewer.press("t")
        seen[scheme + " toggled"] = viewer.page.evaluate(ground)
        viewer.page.reload()
        viewer.see(".bar-top")
        assert viewer.page.evaluate(ground) == seen[scheme + " toggled"]
        viewer.close()
        assert viewer.faults == []
    assert seen["light"] == seen["dark toggled"] != seen["dark"] == seen["light toggled"]


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_never_scrolls_sideways(chromium: Browser, bench: Bench, width: int) -> None:
    trace = f"trace-{bench.token}-" + "w" * 80
    long = "An_unbroken_word_" * 40
    post(bench.server, tool_run(trace, bench.agent))
    post(bench.server, [step(trace, bench.agent, 12, "user_message", long, externalUserId=long[:200], metadata={long: long})])
    viewer = Viewer(chromium, bench.server, width=width, height=700, has_touch=True, is_mobile=True)
    viewer.sign_in("#/traces?agent=" + bench.agent)
    viewer.see("a.row")
    assert viewer.overflow <= 0
    viewer.page.locator("a.row").first.tap()
    viewer.see(".event", "An_unbroken")
    assert viewer.overflow <= 0
    viewer.page.locator(".event").last.tap()
    viewer.see(".inspector .said", "An_unbroken")
    assert viewer.overflow <= 0
    for name in ("Content", "Metadata"):
        viewer.page.get_by_role("tab", name=name).tap()
        viewer.see(".inspector .json")
        assert viewer.overflow <= 0
    viewer.page.get_by_label("Close the event").tap()
    viewer.go("traces", trace, view="graph")
    viewer.see(".card")
    assert viewer.overflow <= 0
    viewer.go("agents")
    viewer.see(".agents-page")
    assert viewer.overflow <= 0
    viewer.close()
    assert viewer.faults == []


def test_ten_thousand_events(viewer: Viewer, bench: Bench) -> None:
    trace = f"trace-{bench.token}"
    post(bench.server, [
        step(trace, bench.agent, at, "user_message" if at % 2 else "error", f"Event number {at}", spanId=f"s{(at + 1) // 2}")
        for at in range(1, 10_001)
    ])
    viewer.sign_in(f"#/traces/{trace}")
    viewer.see(".event", "Event number 1")
    expect(viewer.page.locator(".trace-head .figures")).to_contain_text(re.compile(r"Events\s*10,000"))
    viewer.press("End")
    viewer.see(".event.selected", "Event number 10000")
    assert viewer.page.locator(".event").count() < 200
    viewer.press("2")
    viewer.see(".card.selected")
    assert viewer.page.locator(".card").count() < 200
    viewer.press("Home", "Enter")
    viewer.see(".inspector", "Event number 1")


def test_what_is_missing_and_what_fails(chromium: Browser, start: StartServer) -> None:
    server = start().ready()
    viewer = Viewer(chromium, server).sign_in()
    viewer.see(".empty", "No traces yet")
    viewer.go("traces", "no-such-trace")
    viewer.see(".failure", "There is no such trace")
    server.stop()
    viewer.go("traces")
    viewer.see(".failure", "The service does not answer")
    viewer.see(".failure button", "Try again")
    viewer.close()
    assert viewer.faults == []


def test_trace_ids_of_every_kind(viewer: Viewer, bench: Bench) -> None:
    for name in ("a/b?c=d&e#f%2F", "سلام " + "دنیا", "claude-code:1 2", "%", "<b>&amp;"):
        trace = f"{bench.token}{name}"
        post(bench.server, [step(trace, bench.agent, 1, "user_message", f"In {trace}")])
    viewer.sign_in("#/traces?agent=" + bench.agent)
    expect(viewer.page.locator("a.row")).to_have_count(5)
    for trace in rows(viewer):
        viewer.go("traces", agent=bench.agent)
        viewer.page.locator("a.row").nth(rows_when_ready(viewer, 5).index(trace)).click()
        viewer.see(".event-said", trace)
        viewer.page.reload()
        viewer.see(".event-said", trace)


def rows_when_ready(viewer: Viewer, count: int) -> list[str]:
    expect(viewer.page.locator("a.row")).to_have_count(count)
    return rows(viewer)
