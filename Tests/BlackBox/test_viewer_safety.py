"""The trace viewer and whoever wants something of its reader: scripts in captured text, the key, other origins."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from bench import Bench, fetch
from conftest import StartServer
from viewer import Viewer, post, step

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def test_page_and_what_it_loads(bench: Bench) -> None:
    url = bench.server.ingest
    page = fetch(url, "GET", "/")
    assert page.status == 200 and (page.header("content-type") or "").startswith("text/html")
    text = page.body.decode()
    names = set(re.findall(r'(?:src|href)="([^"]+)"', text))
    scripts = {name for name in names if name.endswith(".js")}
    # Scripts name what else they load.
    while True:
        bodies = {name: fetch(url, "GET", name).body.decode() for name in scripts}
        more = {found for body in bodies.values() for found in re.findall(r'from "([^"]+)"', body)} - scripts
        if not more:
            break
        scripts |= more
    for name in {"/"} | names | scripts:
        assert name == "/" or name.startswith("/viewer/"), name
        reply = fetch(url, "GET", name)
        assert reply.status == 200, name
        assert reply.header("content-security-policy") == POLICY
        assert reply.header("x-content-type-options") == "nosniff"
        assert reply.header("referrer-policy") == "no-referrer"
        body = reply.body.decode().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://(?!127\.0\.0\.1:8080/v1)|url\(", body), name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", body), name
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text)


def test_key_stays_in_its_tab(chromium: Browser, start: StartServer) -> None:
    server = start("--log-level", "debug").ready()
    post(server, [step("t", "a", 1, "user_message", "Hello")])
    viewer = Viewer(chromium, server)
    viewer.page.goto(server.ingest)
    viewer.page.fill("#key", "YOPS-not-a-key-at-all")
    viewer.page.click("button[type=submit]")
    viewer.see(".form-note", "This key is not accepted.")
    viewer.sign_in("#/traces/t")
    viewer.see(".event", "Hello").click()
    viewer.see(".inspector", "Hello")
    viewer.press("2", "t", "Escape", "Escape")
    viewer.see("a.row")
    assert server.key not in viewer.holds
    assert viewer.page.evaluate("JSON.stringify(sessionStorage)").count(server.key) == 1
    assert not [url for url in viewer.requests if server.key in url]
    assert {url.split("/")[2] for url in viewer.requests} == {server.ingest.split("/")[2]}
    # A reload keeps it, another tab does not have it.
    viewer.page.reload()
    viewer.see("a.row")
    other = viewer.open_tab()
    other.goto(server.ingest)
    other.wait_for_selector("#key")
    # Signing out forgets it.
    viewer.page.get_by_label("Sign out").click()
    viewer.see("#key")
    assert viewer.page.evaluate("sessionStorage.length") == 0
    assert server.key not in viewer.holds
    viewer.page.reload()
    viewer.see("#key")
    viewer.close()
    assert viewer.faults == []
    server.stop()
    for path in server.files():
        if path.name.endswith(".log"):
            assert server.key.encode() not in path.read_bytes(), path


def test_key_that_is_no_longer_accepted(chromium: Browser, bench: Bench) -> None:
    viewer = Viewer(chromium, bench.server).sign_in()
    viewer.page.evaluate("sessionStorage.setItem('whyops.key', 'YOPS-revoked-meanwhile')")
    viewer.go("traces", "t")
    viewer.see(".form-note", "no longer accepted")
    assert viewer.page.evaluate("sessionStorage.length") == 0
    # It says so wherever they go meanwhile.
    viewer.go("agents")
    viewer.see(".form-note", "no longer accepted")
    viewer.close()


def payloads() -> list[str]:
    """A hundred texts that would run or load something if they were taken for markup, an address or a script."""
    hit = "window.hit=1"
    tags = ["img src=x onerror", "svg onload", "body onload", "video src=x onerror", "input autofocus onfocus", "details open ontoggle",
            "iframe onload", "marquee onstart", "audio src onerror", "object data=x onerror"]
    plain = [f"<{tag}={hit}>" for tag in tags]
    found = list(plain)
    found += [f'">{text}' for text in plain] + [f"'>{text}" for text in plain] + [f"</textarea></script>{text}" for text in plain]
    found += [text.upper().replace(hit.upper(), hit) for text in plain]
    found += [f"<script>{hit}</script>", f"</script><script>{hit}</script>", f"<scr<script>ipt>{hit}</script>", f"<script/src=data:,{hit}>",
              f"<script type=module>{hit}</script>", f"<template><script>{hit}</script></template>", f"<!--><script>{hit}</script>-->",
              f"<![CDATA[<script>{hit}</script>]]>", f"<math><mi xlink:href=javascript:{hit}>x", f"<svg><script>{hit}</script></svg>"]
    found += [f"javascript:{hit}", f"JaVaScRiPt:{hit}", f"java\tscript:{hit}", f" javascript:{hit}", f"data:text/html,<script>{hit}</script>",
              f"vbscript:{hit}", f"//evil.example/{hit}", f"#/traces/javascript:{hit}", f"blob:{hit}", f"\x01javascript:{hit}"]
    found += [f"{{{{{hit}}}}}", f"${{{hit}}}", f"<%={hit}%>", f"#{{{hit}}}", f"[[{hit}]]", f"{{{{constructor.constructor('{hit}')()}}}}",
              f"');{hit};//", f"\";{hit};//", f"`;{hit};`", f"\\\";{hit};//"]
    found += [f"<a href=javascript:{hit}>x</a>", f"<form action=javascript:{hit}><button>x", f"<base href=//evil.example/>",
              f"<link rel=stylesheet href=data:text/css,*{{}}>", f"<meta http-equiv=refresh content='0;url=javascript:{hit}'>",
              f"<style>@import'//evil.example'</style>", f"<div style=background:url(javascript:{hit})>", f"<x onclick={hit}>x</x>",
              f"<embed src=javascript:{hit}>", f"<isindex type=image src=1 onerror={hit}>"]
    found += [f"&lt;script&gt;{hit}&lt;/script&gt;", f"&#60;script&#62;{hit}", f"\\u003cscript\\u003e{hit}", f"%3Cscript%3E{hit}%3C/script%3E",
              f"\u202e<script>{hit}</script>", f"\ufeff<script>{hit}</script>", f"<\u200bscript>{hit}</script>", f"\uff1cscript\uff1e{hit}",
              f"<noscript><p title=\"</noscript><img src=x onerror={hit}>\">", f"<plaintext><script>{hit}"]
    return found


def test_a_hundred_payloads_in_every_field(chromium: Browser, bench: Bench) -> None:
    texts = payloads()
    assert len(texts) == len(set(texts)) == 100
    trace = f"{bench.token}<img src=x onerror=window.hit=1>"
    agent = f"{bench.agent}<script>window.hit=1</script>"
    kinds = [
        ("user_message", lambda text: {"messages": [{"role": text, "content": text}]}),
        ("llm_response", lambda text: {"content": text, "toolCalls": [{"id": text, "function": {"name": text, "arguments": text}}], "finishReason": text}),
        ("llm_thinking", lambda text: {"type": "thinking", "thinking": text, "signature": text}),
        ("tool_call_request", lambda text: {"toolCalls": [{"name": text, "arguments": {text: text}}]}),
        ("tool_call_response", lambda text: {"toolResults": {text: [text]}}),
        ("tool_result", lambda text: {"toolName": text, "output": text}),
        ("error", lambda text: {"message": text, "status": text, "stack": text, "code": text, text: text}),
    ]
    events = []
    for at, text in enumerate(texts, 1):
        kind, content = kinds[at % len(kinds)]
        metadata = {
            "tool": text, "model": text[:200], "provider": text, "systemPrompt": text, "usage": {"promptTokens": 1}, text: {text: text},
            "stitch": {"source": text, "links": [text, text + "2"]},
        }
        # The tab in one of them is no part of a name that a trace has.
        events.append(step(trace, agent, at, kind, content(text), spanId=text[:120], idempotencyKey=f"{at}{text}"[:120],
                           externalUserId=text, metadata=metadata))
    # Each is once the name of a trace, an agent and a user.
    events += [
        step(f"{bench.token}{at}{text}"[:120], f"{bench.agent}{text}", 1, "error", text, externalUserId=text) for at, text in enumerate(texts)
    ]
    post(bench.server, events)

    viewer = Viewer(chromium, bench.server)
    viewer.context.add_init_script(
        "addEventListener('securitypolicyviolation', (event) => { (window.violations ??= []).push(event.violatedDirective); });"
    )
    viewer.sign_in(f"#/traces?agent={bench.agent}")
    viewer.go("traces")
    viewer.see("a.row")
    for count in (100, 101):
        viewer.scroll_to_the_end(".list")
        viewer.see(f"a.row:nth-child({count})")
    viewer.go("traces", trace)
    viewer.see(".event")
    viewer.press("Home", "Enter")
    for at, text in enumerate(texts, 1):
        # The head is that of this event, and its body has been read.
        viewer.see(".inspector-title", f"step {at}")
        viewer.see(".inspector .pane > *")
        if at % 10 == 1:
            for name in ("Content", "Metadata", "Reading"):
                viewer.page.get_by_role("tab", name=name).click()
        viewer.press("j")
    viewer.go("traces", trace, view="graph")
    viewer.see(".card")
    viewer.go("agents")
    viewer.see(".agents-page")
    state = viewer.page.evaluate(
        """() => ({hit: window.hit, violations: window.violations,
          foreign: [...document.querySelectorAll('#app script, #app iframe, #app img, #app object, #app embed, #app style, #app link, #app form, #app base')].length,
          handlers: [...document.querySelectorAll('*')].flatMap((one) => [...one.attributes]).filter((one) => one.name.startsWith('on')).length,
          links: [...document.querySelectorAll('a')].filter((one) => !one.getAttribute('href').startsWith('#/')).length})"""
    )
    assert state == {"hit": None, "violations": None, "foreign": 0, "handlers": 0, "links": 0}
    assert {url.split("/")[2] for url in viewer.requests} == {bench.server.ingest.split("/")[2]}
    assert viewer.faults == []
    viewer.close()


@pytest.mark.parametrize("at", range(0, 100, 9))
def test_payload_is_shown_as_text(chromium: Browser, bench: Bench, at: int) -> None:
    text = payloads()[at]
    trace = f"trace-{bench.token}"
    post(bench.server, [step(trace, bench.agent, 1, "error", {"message": text})])
    viewer = Viewer(chromium, bench.server).sign_in(f"#/traces/{trace}")
    viewer.open_event()
    viewer.see(".fault .block")
    shown = viewer.page.evaluate(
        """() => { const copy = document.querySelector('.fault .block').cloneNode(true);
          copy.querySelectorAll('.mark').forEach((mark) => mark.remove()); return copy.textContent; }"""
    )
    hidden = "\u202e\ufeff\u200b\x01"
    assert shown == "".join(letter for letter in text if letter not in hidden)
    expect(viewer.page.locator(".fault *:not(.mark, .chip, .block, bdi)")).to_have_count(0)
    viewer.close()
    assert viewer.faults == []
