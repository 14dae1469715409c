"""Failures as the official clients tell them: class, body, code, request id and number of tries are the same as without us."""

from __future__ import annotations

from typing import Any, Callable

import anthropic
import openai
import pytest

import replies
import responses
from bench import Bench
from differential import head
from script import CLOSE, HANG, RESET, PATIENCE, Reply

PLAIN = "Here is a plain answer."
USER: list[Any] = [{"role": "user", "content": "Please answer."}]

Client = Any
Call = Callable[[Client, str], Any]

CALLS: dict[str, tuple[str, Call]] = {
    "chat": ("openai", lambda c, m: c.chat.completions.create(model=m, messages=USER)),
    "chat stream": ("openai", lambda c, m: list(c.chat.completions.create(model=m, messages=USER, stream=True))),
    "responses": ("openai", lambda c, m: c.responses.create(model=m, input="Please answer.")),
    "responses stream": ("openai", lambda c, m: list(c.responses.create(model=m, input="Please answer.", stream=True))),
    "embeddings": ("openai", lambda c, m: c.embeddings.create(model=m, input="x")),
    "messages": ("anthropic", lambda c, m: c.messages.create(model=m, max_tokens=99, messages=USER)),
    "messages stream": (
        "anthropic", lambda c, m: list(c.messages.create(model=m, max_tokens=99, messages=USER, stream=True)),
    ),
    "count_tokens": ("anthropic", lambda c, m: c.messages.count_tokens(model=m, messages=USER)),
}  # fmt: skip
each_call = pytest.mark.parametrize("name", CALLS)

STATUSES = [400, 401, 403, 404, 409, 413, 422, 429, 500, 503, 529]

# What the clients, and those who use them, read from the head of a reply.
READ: dict[str, str] = {
    "request-id": "req_a",
    "x-request-id": "req_o",
    "retry-after": "7",
    "retry-after-ms": "7001",
    "x-should-retry": "false",
    "openai-processing-ms": "12",
    "openai-version": "2020-10-01",
    "openai-organization": "org-x",
    "openai-project": "proj_x",
    "openai-model": "gpt-x",
    "openai-poll-after-ms": "5",
    "anthropic-organization-id": "org-a",
    "anthropic-ratelimit-requests-limit": "50",
    "anthropic-ratelimit-input-tokens-reset": "2026-01-01T00:00:00Z",
    "anthropic-ratelimit-unified-status": "allowed",
    "anthropic-priority-input-tokens-remaining": "9",
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-reset-tokens": "6m0s",
    "cf-ray": "ray-1",
}


def clients(bench: Bench, vendor: str, **options: Any) -> list[Client]:
    """One straight to the upstream, and one through the proxy."""
    mark = {"X-Client-Request-Id": bench.token}
    if vendor == "openai":
        return [bench.openai_direct(headers=mark, **options), bench.openai(headers=mark, **options)]
    return [bench.anthropic_direct(headers=mark, **options), bench.anthropic(headers=mark, **options)]


def members(error: Any) -> dict[str, Any]:
    names = ("status_code", "body", "code", "param", "type", "request_id", "message")
    return {"class": type(error), "text": str(error)} | {name: getattr(error, name, None) for name in names}


def raised(call: Call, client: Client, model: str) -> Any:
    with pytest.raises(Exception) as caught:
        call(client, model)
    return caught.value


@each_call
@pytest.mark.parametrize("status", STATUSES)
def test_status_raises_the_same_error(bench: Bench, name: str, status: int) -> None:
    vendor, call = CALLS[name]
    body = replies.vendor_error(vendor, "some_type", f"It is {status}.")
    if vendor == "openai":
        body["error"] |= {"code": "some_code", "param": "messages.0"}
    given = []
    for client in clients(bench, vendor):
        bench.script.reply(replies.reply(body, status, **READ))
        given.append(raised(call, client, bench.model))
    direct, proxied = given
    assert members(proxied) == members(direct)
    assert isinstance(proxied, (openai.APIStatusError, anthropic.APIStatusError))
    assert proxied.status_code == status
    assert proxied.request_id == READ["x-request-id" if vendor == "openai" else "request-id"]
    assert proxied.response.content == direct.response.content
    assert {header: proxied.response.headers.get(header) for header in READ} == READ
    assert len(bench.script.exchanges) == 2


@each_call
def test_head_of_a_good_reply_is_read_too(bench: Bench, name: str) -> None:
    vendor, _ = CALLS[name]
    is_stream = name.endswith("stream")
    bench.script.reply(replies.sse([b": nothing\n\n"], **READ) if is_stream else replies.reply({}, **READ))
    client: Any = clients(bench, vendor)[1]
    options: dict[str, Any] = {"stream": True} if is_stream else {}
    if name.startswith("chat"):
        raw = client.chat.completions.with_raw_response.create(model=bench.model, messages=USER, **options)
    elif name.startswith("responses"):
        raw = client.responses.with_raw_response.create(model=bench.model, input="x", **options)
    elif name == "embeddings":
        raw = client.embeddings.with_raw_response.create(model=bench.model, input="x", encoding_format="float")
    elif name == "count_tokens":
        raw = client.messages.with_raw_response.count_tokens(model=bench.model, messages=USER)
    else:
        raw = client.messages.with_raw_response.create(model=bench.model, max_tokens=99, messages=USER, **options)
    assert {header: raw.headers.get(header) for header in READ} == READ
    assert raw.request_id == READ["x-request-id" if vendor == "openai" else "request-id"]


BODIES: dict[str, tuple[bytes, str]] = {
    "page": (b"<html><body>no</body></html>", "text/html"),
    "text": (b"upstream connect error", "text/plain"),
    "empty": (b"", "application/json"),
    "broken": (b'{"error": {"mess', "application/json"),
    "list": (b'[{"error": {"message": "one"}}]', "application/json"),
    "bare": (b'{"message":"bare","code":7}', "application/json"),
    "charset": ('{"error":{"message":"h\u00e9"}}'.encode("latin-1"), "application/json; charset=iso-8859-1"),
}


@pytest.mark.parametrize("name", ["chat", "messages stream", "embeddings"])
@pytest.mark.parametrize("form", BODIES)
def test_error_body_of_any_form(bench: Bench, name: str, form: str) -> None:
    vendor, call = CALLS[name]
    body, kind = BODIES[form]
    given = []
    for client in clients(bench, vendor):
        bench.script.reply(replies.http(502, body, kind))
        given.append(raised(call, client, bench.model))
    assert members(given[1]) == members(given[0])


GOOD: dict[str, Any] = {
    "chat": replies.chat(PLAIN),
    "responses": responses.response("r", responses.message("m", PLAIN)),
    "embeddings": {"object": "list", "model": "m", "data": [{"object": "embedding", "index": 0, "embedding": "AACAPw=="}]},
    "messages": replies.message([{"type": "text", "text": PLAIN}]),
    "count_tokens": {"input_tokens": 3},
}


def good(name: str) -> Reply:
    if name == "chat stream":
        return replies.sse(replies.chat_events(PLAIN))
    if name == "responses stream":
        return replies.sse(responses.events(GOOD["responses"]))
    if name == "messages stream":
        return replies.sse(replies.message_events([{"type": "text", "text": PLAIN}]))
    return replies.reply(GOOD[name])


def failing(status: int, vendor: str, **headers: str) -> Reply:
    return replies.reply(replies.vendor_error(vendor, "x", "no"), status, **headers)


# Replies to each try, until one is good.
TRIES: dict[str, Callable[[str], list[Reply]]] = {
    "429 with retry-after-ms": lambda vendor: [failing(429, vendor, retry_after_ms="1")] * 2,
    "429 with retry-after": lambda vendor: [failing(429, vendor, retry_after="0.001")] * 2,
    "500": lambda vendor: [failing(500, vendor, retry_after_ms="1")] * 2,
    "529": lambda vendor: [failing(529, vendor, retry_after_ms="1")] * 2,
    "408 and 409": lambda vendor: [failing(408, vendor, retry_after_ms="1"), failing(409, vendor, retry_after_ms="1")],
    "400 that says to": lambda vendor: [failing(400, vendor, retry_after_ms="1", x_should_retry="true")],
    "429 that says not to": lambda vendor: [failing(429, vendor, retry_after_ms="1", x_should_retry="false")],
    "400": lambda vendor: [failing(400, vendor)],
    "more than the client tries": lambda vendor: [failing(503, vendor, retry_after_ms="1")] * 3,
    "connection dropped": lambda vendor: [[CLOSE], [RESET]],
    "dropped in the head": lambda vendor: [[b"HTTP/1.1 200 OK\r\nContent-Ty", RESET]],
}


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the half second that the clients wait where no header tells them how long."""
    for module in (openai._base_client, anthropic._base_client):
        monkeypatch.setattr(module, "INITIAL_RETRY_DELAY", 0.001)
        monkeypatch.setattr(module, "MAX_RETRY_DELAY", 0.001)


@pytest.mark.usefixtures("hasty")
@each_call
@pytest.mark.parametrize("tries", TRIES)
def test_client_tries_as_often_as_without_us(bench: Bench, name: str, tries: str) -> None:
    vendor, call = CALLS[name]
    outcomes, counts = [], []
    for client in clients(bench, vendor, max_retries=2):
        before = len(bench.script.exchanges)
        bench.script.drop_replies()
        bench.script.reply(*TRIES[tries](vendor), good(name))
        try:
            call(client, bench.model)
            outcomes.append("good")
        except (openai.APIStatusError, anthropic.APIStatusError) as error:
            outcomes.append(type(error).__name__)
        seen = bench.script.exchanges[before:]
        counts.append([exchange.header("x-stainless-retry-count") for exchange in seen])
        # One call has one id in all its tries.
        assert len({exchange.header("idempotency-key") for exchange in seen}) == 1
    assert outcomes[1] == outcomes[0]
    assert counts[1] == counts[0]
    assert head(seen[0]).keys() >= {"user-agent", "x-stainless-lang"}


@pytest.mark.usefixtures("hasty")
@each_call
def test_client_gives_up_waiting(bench: Bench, name: str) -> None:
    """The client's own limit, in its own class, and nobody works on for it upstream."""
    vendor, call = CALLS[name]
    bench.script.answer(lambda _: [HANG])
    expected = openai.APITimeoutError if vendor == "openai" else anthropic.APITimeoutError
    client = clients(bench, vendor, max_retries=1, timeout=0.4)[1]
    with pytest.raises(expected):
        call(client, bench.model)
    # A request that the client gave up before it was sent on does not get here; on a busy machine that may be one.
    seen = bench.script.wait(1)
    assert len(seen) <= 2
    assert all(exchange.closed.wait(PATIENCE) for exchange in seen)


def events(name: str) -> list[bytes]:
    if name == "chat stream":
        return replies.chat_events(PLAIN)
    if name == "responses stream":
        return responses.events(GOOD["responses"])
    return replies.message_events([{"type": "text", "text": PLAIN}])


STREAMS = [name for name in CALLS if name.endswith("stream")]


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("ending", ["dropped", "silent"])
def test_stream_that_breaks_off_raises(bench: Bench, name: str, ending: str) -> None:
    """Never a short answer that looks whole."""
    vendor, call = CALLS[name]
    given = []
    for client in clients(bench, vendor, timeout=0.6):
        bench.script.reply([*replies.sse(events(name)[:3])[:-1], CLOSE if ending == "dropped" else HANG])
        given.append(raised(call, client, bench.model))
    assert type(given[1]) is type(given[0])


@pytest.mark.parametrize("name", STREAMS)
def test_error_inside_a_stream_raises(bench: Bench, name: str) -> None:
    vendor, call = CALLS[name]
    if name == "chat stream":
        event = b'data: {"error":{"message":"It broke.","type":"server_error","code":"c","param":null}}\n\n'
    elif name == "responses stream":
        error = {"code": "server_error", "message": "It broke.", "param": None, "sequence_number": 3}
        event = replies.named("error", error)
    else:
        event = b"event: error\ndata: " + replies.encode(replies.vendor_error(vendor, "overloaded_error", "It broke.")) + b"\n\n"
    given = []
    for client in clients(bench, vendor):
        bench.script.reply(replies.sse([*events(name)[:3], event]))
        try:
            given.append(len(call(client, bench.model)))
        except Exception as error:
            given.append(members(error))
    assert given[1] == given[0]
    if name != "responses stream":
        assert "It broke." in given[1]["text"]
