"""The Swift SDK: programs of `Tests/Snippets`, built against it, with both halves and beside the published `whyops` package."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import threading
import urllib.request
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from whyops import WhyOps

import frames
import harness
import replies
from bench import Bench
from reader import Event

PROGRAMS = Path(os.environ.get("WHYOPS_SNIPPETS", ".build/debug")).absolute()
USER = "customer-7"
FIRST, LAST = "I will look it up for you.", "Your order was shipped."
KINDS = [
    "user_message", "llm_thinking", "llm_response", "tool_call_request", "tool_call_response", "tool_result",
    "embedding_request", "embedding_response", "error",
]  # fmt: skip


def run(
    program: str, *arguments: str, folder: Path, key: str, ingest: str, proxy: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    values = {"WHYOPS_API_KEY": key, "WHYOPS_PROXY_URL": proxy, "WHYOPS_INGEST_URL": f"{ingest}/api", **variables}
    done = subprocess.run(
        [PROGRAMS / program, *arguments],
        env=harness.environment(folder, values),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=harness.START_PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert key not in done.stdout + done.stderr
    return done


def on(bench: Bench, program: str, *arguments: str, folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    places = {"key": bench.server.key, "ingest": bench.server.ingest, "proxy": bench.server.proxy, **changes}
    return run(program, *arguments, folder=folder, AGENT_NAME=bench.agent, MODEL=bench.model, **places)


def in_time(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda event: event["timestamp"])


def test_tool_spans_and_proxied_calls_are_on_one_trace(bench: Bench, tmp_path: Path) -> None:
    trace = f"shop-{bench.token}"
    bench.script.reply(replies.reply(replies.chat(FIRST)), replies.reply(replies.chat(LAST)))
    done = on(bench, "ShopAgent", trace, "Where is order 7?", folder=tmp_path)
    answer, account = done.stdout.splitlines()
    frames.assert_signed(answer, LAST, trace)
    assert account == "events: 2 stored, 0 not"
    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    assert thread["threadId"] == trace and thread["externalUserId"] == USER
    assert thread["systemPrompt"] == "You help customers of a shop."
    assert [tool["name"] for tool in thread["tools"]] == ["find_order"]
    events = in_time(bench.reader.events(trace))
    assert [event["eventType"] for event in events] == [
        "user_message", "llm_response", "tool_call_request", "tool_call_response", "user_message", "llm_response",
    ]  # fmt: skip
    assert {event["externalUserId"] for event in events} == {USER}
    assert [event["metadata"].get("stitch", {}).get("source") for event in events[::4]] == ["header.trace"] * 2
    tool = events[2:4]
    assert tool[0]["spanId"] == tool[1]["spanId"] and tool[0]["content"]["toolCalls"][0]["arguments"] == {"number": 7}
    assert tool[1]["content"]["toolResults"] == {"number": 7, "status": "shipped"}
    assert tool[1]["metadata"]["latencyMs"] >= 0
    status, body = bench.reader.raw(f"/api/threads/{trace}/graph")
    assert status == 200
    graph = json.loads(body)["graph"]
    assert [edge["kind"] for edge in graph["edges"]].count("span") == 1
    # The model saw what the program said, without the signature of the answer before.
    sent = bench.script.last.json()["messages"]
    assert [message["content"] for message in sent] == ["Where is order 7?", FIRST, "find_order: shipped"]


def test_every_method(bench: Bench, tmp_path: Path) -> None:
    trace = f"manual-{bench.token}"
    lines = on(bench, "RecordEvents", trace, folder=tmp_path).stdout.splitlines()
    assert lines[0].startswith("created ") and len(lines[0].split()[2]) == 32
    assert "flush: 9 stored, 0 refused, 0 lost, 0 left" in lines
    assert lines[-1] == 'strict: refused, ["traceId.minLength"]'
    assert [line for line in lines if line.startswith("not recorded: refused: ")], lines
    assert "strict: stored" in lines
    events = bench.reader.await_types(trace, *KINDS, "tool_result")
    content = {event["eventType"]: event["content"] for event in events}
    assert content["llm_response"]["toolCalls"][0]["function"] == {"name": "find_order", "arguments": '{"number":7}'}
    response = next(event for event in events if event["eventType"] == "llm_response")
    assert response["metadata"]["usage"] == {
        "promptTokens": 1200, "completionTokens": 24, "cacheReadTokens": 820, "cacheCreationTokens": 300,
    }  # fmt: skip
    assert all(event["idempotencyKey"] and event["externalUserId"] == USER for event in events)


# MARK: Beside the published package


class Listener(http.server.ThreadingHTTPServer):
    """Something between a client and ingest: `answer` is told of each body and says what to reply, None to hang up."""

    daemon_threads = True

    def __init__(self, answer: Callable[[str, dict[str, str], bytes], tuple[int, bytes] | None]) -> None:
        self.answer = answer
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.answer(self.path, dict(self.headers.items()), body)
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer[0])
        self.send_header("Content-Length", str(len(answer[1])))
        self.end_headers()
        self.wfile.write(answer[1])

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    running: list[Listener] = []

    def begin(answer: Callable[[str, dict[str, str], bytes], tuple[int, bytes] | None]) -> Listener:
        running.append(Listener(answer))
        return running[-1]

    yield begin
    for listener in running:
        listener.shutdown()
        listener.server_close()


def items(body: bytes) -> list[str]:
    """The texts of the objects in a body, which is one or an array of them."""
    text = body.decode()
    if not text.startswith("["):
        return [text]
    found, place = [], 1
    while place < len(text) - 1:
        end = json.JSONDecoder().raw_decode(text, place)[1]
        found.append(text[place:end])
        place = end + 1
    return found


CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    (
        "user_message",
        ([{"role": "system", "content": "You help customers of a shop."}, {"role": "user", "content": "Where is order 7?"}],),
        {"metadata": {"tools": [{"name": "find_order"}], "params": {"temperature": 0.2}}},
    ),
    ("llm_thinking", ("I should look it up.",), {"signature": "c2ln"}),
    (
        "llm_response",
        ("claude-sonnet-4-5", "anthropic"),
        {
            "tool_calls": [{"id": "call_1", "function": {"name": "find_order", "arguments": '{"number":7}'}}],
            "finish_reason": "tool_use",
            "usage": {"promptTokens": 1200, "completionTokens": 24, "cacheReadTokens": 820, "cacheCreationTokens": 300},
            "latency_ms": 860,
        },
    ),
    ("tool_call_request", ("find_order", [{"name": "find_order", "arguments": {"number": 7}}]), {}),
    (
        "tool_call_response",
        ("find_order", None, [{"name": "find_order", "arguments": {"number": 7}}], {"status": "shipped"}),
        {"latency_ms": 12},
    ),
    ("tool_result", ("find_order", {"status": "shipped"}), {}),
    ("embedding_request", (["order", "parcel"],), {}),
    ("embedding_response", ("text-embedding-3-small", "openai", 2, 1536), {"total_tokens": 4}),
    ("error", ("the carrier does not answer",), {"status": 504}),
]


def test_bytes_are_those_of_the_published_package(tmp_path: Path, listen: Callable[..., Listener]) -> None:
    seen: list[str] = []

    def answer(path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if "/events/" in path:
            assert headers.get("Authorization", headers.get("authorization")) == "Bearer key-of-the-test"
            seen.extend(items(body))
        return 202, b'{"success":true,"agentId":"a","agentVersionId":"v","status":"created","versionHash":"h"}'

    listener = listen(answer)
    places = {"folder": tmp_path, "key": "key-of-the-test", "ingest": listener.url, "proxy": listener.url}
    run("RecordEvents", "session-123", AGENT_NAME="shop-agent", **places)  # type: ignore[arg-type]
    ours = seen[: len(CALLS)]
    seen.clear()
    package = WhyOps("key-of-the-test", "shop-agent", {"systemPrompt": "p"}, listener.url, f"{listener.url}/api")
    trace = package.trace("session-123")
    for text, (name, values, options) in zip(ours, CALLS):
        event = json.loads(text)
        if name == "tool_call_request":
            options = {**options, "span_id": event["spanId"]}
        if name == "tool_call_response":
            values = (values[0], event["spanId"], *values[2:])
        known = {"timestamp": event["timestamp"], "idempotency_key": event["idempotencyKey"]}
        getattr(trace, f"{name}_sync")(*values, **options, **known)
    # The published package knows no external user.
    theirs = [f'{text[:-1]},"externalUserId":"{USER}"}}' for text in seen]
    assert ours == theirs


PROMPT = "You help customers of a shop."
TOOL = {
    "name": "find_order",
    "description": "Says where an order is.",
    "inputSchema": '{"type":"object","properties":{"number":{"type":"integer"}}}',
    "outputSchema": '{"type":"object"}',
}
# Whatever may be escaped in one way and in another.
ODD = 'say "no" \\ / </b> & \t\n\r\b\f\x01\x1f\x7f \u2028\u2029 \u0633\u0644\u0627\u0645 \U0001f389'
FIRST_ADDRESS, SECOND_ADDRESS = "/api/entities/init", "/v1/agents/init"


@pytest.mark.parametrize(
    "program, metadata, variables",
    [
        ("RecordEvents", {"systemPrompt": PROMPT}, {}),
        ("RecordEvents", {"systemPrompt": PROMPT, "description": ODD}, {"AGENT_DESCRIPTION": ODD}),
        ("ShopAgent", {"systemPrompt": PROMPT, "tools": [TOOL]}, {}),
    ],
    ids=["prompt", "description", "tools"],
)
@pytest.mark.parametrize(
    "statuses, addresses",
    [
        ({}, [FIRST_ADDRESS]),
        ({FIRST_ADDRESS: 404}, [FIRST_ADDRESS, SECOND_ADDRESS]),
        # Both ask four times before they turn to the other address.
        ({FIRST_ADDRESS: 503}, [FIRST_ADDRESS] * 4 + [SECOND_ADDRESS]),
    ],
    ids=["first", "second", "busy"],
)
def test_registrations_are_those_of_the_published_package(
    tmp_path: Path,
    listen: Callable[..., Listener],
    program: str,
    metadata: Any,
    variables: dict[str, str],
    statuses: dict[str, int],
    addresses: list[str],
) -> None:
    """CLT-4, CLT-5: the same bytes at the same addresses in the same order."""
    seen: list[tuple[str, str, str, bytes]] = []

    def answer(path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if path.endswith("/init"):
            fields = {name.lower(): value for name, value in headers.items()}
            seen.append((path, fields["authorization"], fields["content-type"], body))
        if path.endswith("/chat/completions"):
            return 200, json.dumps(replies.chat("Shipped.")).encode()
        known = b'{"success":true,"agentId":"a","agentVersionId":"v","status":"created","versionHash":"h"}'
        return statuses.get(path, 201), known

    listener = listen(answer)
    places = {"folder": tmp_path, "key": "key-of-the-test", "ingest": listener.url, "proxy": listener.url}
    run(program, "session-123", AGENT_NAME="shop-agent", **variables, **places)  # type: ignore[arg-type]
    ours, seen[:] = seen[:], []
    assert WhyOps("key-of-the-test", "shop-agent", metadata, listener.url, f"{listener.url}/api").init_agent_sync()
    assert [path for path, *_ in ours] == addresses
    assert ours == seen


# MARK: Failures


def test_an_event_is_stored_once_however_often_it_is_sent(
    bench: Bench, tmp_path: Path, listen: Callable[..., Listener]
) -> None:
    """The service has the events, and its answer is lost on the way (CLT-31)."""
    lost: list[bytes] = []

    def relay(path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes] | None:
        head = {name: value for name, value in headers.items() if name.lower() not in ("host", "content-length")}
        request = urllib.request.Request(bench.server.ingest + path, body, head)
        with urllib.request.urlopen(request, timeout=harness.START_PATIENCE) as reply:
            result = reply.status, reply.read()
        if "/events/" in path and lost.count(body) < 2:
            lost.append(body)
            return None
        return result

    trace = f"manual-{bench.token}"
    lines = on(bench, "RecordEvents", trace, folder=tmp_path, ingest=listen(relay).url).stdout.splitlines()
    assert "flush: 9 stored, 0 refused, 0 lost, 0 left" in lines
    assert len(lost) >= 4
    bench.reader.await_types(trace, *KINDS, "tool_result")


def test_an_unknown_key_harms_nobody(bench: Bench, tmp_path: Path) -> None:
    trace = f"manual-{bench.token}"
    lines = on(bench, "RecordEvents", trace, folder=tmp_path, key="whyops-nobody-knows-this").stdout.splitlines()
    assert lines[0].startswith("not registered: unauthorized: ")
    assert "flush: 0 stored, 0 refused, 9 lost, 0 left" in lines
    assert bench.reader.thread(trace) is None
