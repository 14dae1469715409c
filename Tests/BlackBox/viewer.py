"""Drives the trace viewer in a headless Chromium."""

from __future__ import annotations

import json
import shutil
import urllib.parse
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, TimeoutError, expect

from bench import fetch
from harness import Server

PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


def launch(playwright: Playwright) -> Browser:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "no chromium: .ci/setup test installs it"
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


def post(server: Server, events: list[dict[str, Any]]) -> None:
    """Stores events; their order is that of the list."""
    for at in range(0, len(events), 1000):
        head = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
        reply = fetch(server.ingest, "POST", "/api/events", head, json.dumps(events[at : at + 1000]).encode())
        assert reply.status == 201, reply.body[:2000]


class Viewer:
    """One tab, and everything that went wrong in it."""

    def __init__(self, browser: Browser, server: Server, width: int = 1280, height: int = 800, **options: Any) -> None:
        self.server = server
        self.context: BrowserContext = browser.new_context(viewport={"width": width, "height": height}, **options)
        self.context.set_default_timeout(PATIENCE)
        self.requests: list[str] = []
        self.faults: list[str] = []
        self.page = self.open_tab()

    def open_tab(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        page.on("dialog", lambda dialog: (self.faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", self._console)
        return page

    def _console(self, message: Any) -> None:
        # An answer that is no success is told of by the browser itself; the tests say which ones they expect.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.faults.append(message.text)

    def close(self) -> None:
        self.context.close()

    def sign_in(self, place: str = "") -> Viewer:
        self.page.goto(f"{self.server.ingest}/{place}")
        self.page.fill("#key", self.server.key)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(".bar-top")
        return self

    def go(self, *path: str, **query: str) -> Viewer:
        """Goes to a place of the page; the first one has to be reached by `sign_in`."""
        address = "#/" + "/".join(urllib.parse.quote(part, safe="") for part in path)
        if query:
            address += "?" + urllib.parse.urlencode(query)
        self.page.evaluate("address => { location.hash = address; }", address)
        return self

    def see(self, selector: str, text: str | None = None) -> Locator:
        found = self.page.locator(selector)
        if text is not None:
            found = found.filter(has_text=text)
        found.first.wait_for()
        return found

    def open_event(self) -> None:
        """Opens the first event. A row that is drawn anew under the mouse does not hear its click, and is clicked again."""
        for _ in range(6):
            self.see(".event").first.click()
            try:
                return self.page.locator(".inspector:visible").wait_for(timeout=PATIENCE / 6)
            except TimeoutError:
                continue
        raise AssertionError("the event does not open")

    def texts(self, selector: str) -> list[str]:
        return self.page.locator(selector).all_inner_texts()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def scroll_to_the_end(self, selector: str) -> None:
        self.page.locator(selector).evaluate("element => { element.scrollTop = element.scrollHeight; }")

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than the screen."""
        width: int = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return width

    @property
    def holds(self) -> str:
        """Everything of the page that could keep a secret, its session storage excepted."""
        text: str = self.page.evaluate(
            """() => document.documentElement.outerHTML + location.href + document.cookie + JSON.stringify(localStorage)
              + [...document.querySelectorAll('input')].map((field) => field.value).join()"""
        )
        return text


def step(trace: str, agent: str, at: int, kind: str, content: Any, **members: Any) -> dict[str, Any]:
    """An event with a time stamp a second after the one before."""
    minutes, seconds = divmod(at, 60)
    hours, minutes = divmod(minutes, 60)
    event = {
        "eventType": kind,
        "traceId": trace,
        "agentName": agent,
        "stepId": at,
        "timestamp": f"2026-05-01T{hours:02}:{minutes:02}:{seconds:02}.000Z",
        "content": content,
    }
    return event | members


def tool_run(trace: str, agent: str) -> list[dict[str, Any]]:
    """A question, thinking, two tools side by side, the answer, an error; and another answer to the first reply."""
    model = {"model": "claude-sonnet-5", "provider": "anthropic"}
    usage = {"promptTokens": 1200, "completionTokens": 34, "cacheReadTokens": 900}
    calls = [{"name": "search", "arguments": {"query": "rain"}}]
    return [
        step(trace, agent, 1, "user_message", "Does it rain in Oslo?", spanId="turn"),
        step(trace, agent, 2, "llm_thinking", {"type": "thinking", "thinking": "A tool knows."}, spanId="turn"),
        step(trace, agent, 3, "llm_response", {"content": "Let me look."}, spanId="turn",
             metadata=model | {"usage": usage, "latencyMs": 800}),
        step(trace, agent, 4, "tool_call_request", {"toolCalls": calls}, spanId="one", parentStepId=3, metadata={"tool": "search"}),
        step(trace, agent, 5, "tool_call_request", {"toolCalls": calls}, spanId="two", parentStepId=3, metadata={"tool": "weather"}),
        step(trace, agent, 6, "tool_call_response", {"toolCalls": calls, "toolResults": {"sky": "rain"}}, spanId="one", metadata={"tool": "search"}),
        step(trace, agent, 7, "tool_call_response", {"toolCalls": calls, "toolResults": {"sky": "sun"}}, spanId="two", metadata={"tool": "weather"}),
        step(trace, agent, 8, "llm_response", {"content": "It rains."}, spanId="turn2", metadata=model | {"latencyMs": 400}),
        step(trace, agent, 9, "error", {"message": "Overloaded", "status": 529}, spanId="turn2"),
        step(trace, agent, 10, "user_message", "Another way", spanId="turn3", parentStepId=3,
             metadata={"stitch": {"source": "signature.v2", "links": ["linked-trace"]}}),
        step(trace, agent, 11, "llm_response", {"content": "It may rain."}, spanId="turn3", parentStepId=10, metadata=model),
    ]
