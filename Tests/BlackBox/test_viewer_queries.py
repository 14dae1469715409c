"""The trace viewer where it needs more of the interface than lists: errors, search, the stream, versions."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from bench import Bench, fetch
from viewer import Viewer, post, step


def test_traces_with_errors(viewer: Viewer, bench: Bench) -> None:
    post(bench.server, [step(f"{bench.token}-good", bench.agent, 1, "user_message", "All is well")])
    post(bench.server, [step(f"{bench.token}-bad", bench.agent, 1, "error", "Overloaded")])
    viewer.sign_in("#/traces?agent=" + bench.agent)
    viewer.see("a.row .chip.error", "1 error")
    viewer.page.get_by_role("button", name="With errors").click()
    expect(viewer.page.locator("a.row")).to_have_count(1)
    viewer.see("a.row", "Overloaded")
    assert viewer.page.locator("a.row").get_attribute("data-id") == f"{bench.token}-bad"
    assert "errors=1" in viewer.page.url


def test_search_in_all_texts(viewer: Viewer, bench: Bench) -> None:
    for at, text in enumerate(("An umbrella in Oslo", "شیراز باران ندارد", 'She said "maybe"')):
        post(bench.server, [step(f"{bench.token}-{at}", bench.agent, 1, "user_message", text)])
    viewer.sign_in("#/traces?agent=" + bench.agent)
    viewer.see("a.row", "umbrella")
    viewer.press("/")
    for at, words in enumerate(("UMBRELLA in", "باران", 'said "may')):
        viewer.page.fill("input[name=q]", words)
        expect(viewer.page.locator(f'a.row[data-id="{bench.token}-{at}"]')).to_have_count(1)
        expect(viewer.page.locator("a.row")).to_have_count(1)
    viewer.page.fill("input[name=q]", "nowhere at all")
    viewer.see(".empty", "Nothing matches")


def test_news_come_by_the_stream(viewer: Viewer, bench: Bench) -> None:
    viewer.sign_in("#/traces?agent=" + bench.agent)
    viewer.see(".state.live", "Live")
    asked = len(viewer.requests)
    post(bench.server, [step(bench.token, bench.agent, 1, "user_message", "By the stream")])
    viewer.see("a.row", "By the stream")
    assert not [url for url in viewer.requests[asked:] if url.endswith("/stream")]


def test_versions_are_compared(viewer: Viewer, bench: Bench) -> None:
    tools = [{"name": "weather", "description": "The weather of a city"}, {"name": "search", "description": "Searches the web"}]
    head = {"Authorization": f"Bearer {bench.server.key}", "Content-Type": "application/json"}
    for prompt, some in (("Be kind.\nBe brief.", tools[:1]), ("Be kind.\nBe <b>exact</b>.", [tools[0] | {"description": "Weather"}, tools[1]])):
        body = {"agentName": bench.agent, "metadata": {"systemPrompt": prompt, "tools": some}}
        assert fetch(bench.server.ingest, "POST", "/api/entities/init", head, json.dumps(body).encode()).status in (200, 201)
    viewer.sign_in("#/agents")
    viewer.see(".agent-card", bench.agent).click()
    viewer.see(".comparison")
    lines = [(line.get_attribute("class") or "", line.inner_text().split("\n")[-1]) for line in viewer.page.locator("section").first.locator(".diff-line").all()]
    assert lines == [("diff-line same", "Be kind."), ("diff-line out", "Be brief."), ("diff-line in", "Be <b>exact</b>.")]
    viewer.see(".tool-diff.in", "search")
    viewer.see(".tool-diff.changed", "weather")
    # The other way round, and as an address.
    old, new = (viewer.page.get_by_label(name).input_value() for name in ("Before", "After"))
    viewer.page.get_by_label("Before").select_option(new)
    viewer.page.get_by_label("After").select_option(old)
    viewer.see(".tool-diff.out", "search")
    viewer.page.reload()
    viewer.see(".tool-diff.out", "search")
