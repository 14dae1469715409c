"""The routes beside the recorded ones, as the official clients call them: the same request, the same result, as without us.

JSON loses its signatures on the way and nothing else (EXC-7); every other medium passes byte for byte, both ways.
"""

from __future__ import annotations

import base64
import io
import gzip
import json
import struct
from typing import Any

import pytest
import websockets.exceptions

import frames
import replies
import responses
from bench import Bench
from differential import Call, both
from harness import Secrets
from script import CLOSE, Reply

# Joiners and direction marks that belong to the text, and stay (SIG-20).
PROSE = "می\u200cخواهم \U0001f469\u200d\U0001f4bb x\u200b\u200d\u200e\u2060."
SIGNED = frames.encode("an-older-trace") + frames.sign("an-older-trace")
# Everything that a byte can be, and what looks like the wire around it or like a signature.
BINARY = bytes(range(256)) * 17 + b"\r\n\r\n0\r\n\r\n--\r\n" + SIGNED.encode()

# An answer that fits every resource; what a client makes of it is compared, not read.
ANY: dict[str, Any] = {
    "id": "id_1",
    "object": "list",
    "type": "x",
    "created_at": 1,
    "data": [{"id": "d_1", "object": "x", "created_at": 1.0}],
    "has_more": False,
    "first_id": "d_1",
    "last_id": "d_1",
    "next_page": None,
    "unknown": {"deep": [None, 1e3, "\u00e9", SIGNED]},
}


def upload(token: str) -> tuple[str, bytes, str]:
    return (f"{token}.bin", BINARY, "application/octet-stream")


# What a call sends as text ends with `s`, which must not arrive through the proxy; `t` is the token of the test.
OPENAI: dict[str, Any] = {
    "embeddings of a text": lambda c, t, s: c.embeddings.create(model=t, input=PROSE + s, user=t),
    "embeddings of texts": lambda c, t, s: c.embeddings.create(model=t, input=[PROSE + s, "b" + s], dimensions=2),
    "embeddings of tokens": lambda c, t, s: c.embeddings.create(model=t, input=[[1, 2, 3], [4]], encoding_format="float"),
    "models.list": lambda c, t, s: c.models.list(),
    "models.retrieve": lambda c, t, s: c.models.retrieve(t),
    "models.delete": lambda c, t, s: c.models.delete("ft:" + t),
    "completions": lambda c, t, s: c.completions.create(model=t, prompt=PROSE + s, suffix=s),
    "moderations": lambda c, t, s: c.moderations.create(model=t, input=[{"type": "text", "text": PROSE + s}]),
    "chat.completions.list": lambda c, t, s: c.chat.completions.list(metadata={"a": t}, limit=3),
    "chat.completions.retrieve": lambda c, t, s: c.chat.completions.retrieve(t),
    "chat.completions.update": lambda c, t, s: c.chat.completions.update(t, metadata={"note": PROSE + s}),
    "chat.completions.delete": lambda c, t, s: c.chat.completions.delete(t),
    "chat.completions.messages": lambda c, t, s: c.chat.completions.messages.list(t, order="desc"),
    "responses.retrieve": lambda c, t, s: c.responses.retrieve(t, include=["message.output_text.logprobs"]),
    "responses.delete": lambda c, t, s: c.responses.delete(t),
    "responses.cancel": lambda c, t, s: c.responses.cancel(t),
    "responses.input_items": lambda c, t, s: c.responses.input_items.list(t, after="d_0", limit=5),
    "responses.input_tokens": lambda c, t, s: c.responses.input_tokens.count(
        model=t, input=[{"role": "assistant", "content": PROSE + s}]
    ),
    "responses.compact": lambda c, t, s: c.responses.compact(
        model=t, input=[{"role": "assistant", "content": [{"type": "output_text", "text": PROSE + s}]}]
    ),
    "conversations.create": lambda c, t, s: c.conversations.create(
        items=[{"type": "message", "role": "assistant", "content": PROSE + s}], metadata={"a": t}
    ),
    "conversations.retrieve": lambda c, t, s: c.conversations.retrieve(t),
    "conversations.update": lambda c, t, s: c.conversations.update(t, metadata={"a": PROSE + s}),
    "conversations.delete": lambda c, t, s: c.conversations.delete(t),
    "conversations.items.create": lambda c, t, s: c.conversations.items.create(
        t, items=[{"type": "message", "role": "user", "content": [{"type": "input_text", "text": PROSE + s}]}]
    ),
    "conversations.items.list": lambda c, t, s: c.conversations.items.list(t, limit=10, order="asc"),
    "conversations.items.retrieve": lambda c, t, s: c.conversations.items.retrieve("msg_1", conversation_id=t),
    "conversations.items.delete": lambda c, t, s: c.conversations.items.delete("msg_1", conversation_id=t),
    "files.create": lambda c, t, s: c.files.create(file=upload(t), purpose="user_data"),
    "files.create of a stream": lambda c, t, s: c.files.create(file=io.BytesIO(BINARY), purpose="batch"),
    "files.list": lambda c, t, s: c.files.list(purpose="batch"),
    "files.retrieve": lambda c, t, s: c.files.retrieve(t),
    "files.delete": lambda c, t, s: c.files.delete(t),
    "batches.create": lambda c, t, s: c.batches.create(
        input_file_id=t, endpoint="/v1/chat/completions", completion_window="24h", metadata={"a": PROSE + s}
    ),
    "batches.retrieve": lambda c, t, s: c.batches.retrieve(t),
    "batches.list": lambda c, t, s: c.batches.list(after=t, limit=2),
    "batches.cancel": lambda c, t, s: c.batches.cancel(t),
    "uploads.create": lambda c, t, s: c.uploads.create(bytes=3, filename=t, mime_type="text/plain", purpose="batch"),
    "uploads.parts": lambda c, t, s: c.uploads.parts.create(t, data=BINARY),
    "uploads.complete": lambda c, t, s: c.uploads.complete(t, part_ids=["a", "b"], md5="x"),
    "audio.transcriptions": lambda c, t, s: c.audio.transcriptions.create(
        file=upload(t), model=t, prompt=PROSE + SIGNED, timestamp_granularities=["word", "segment"], temperature=0.5
    ),
    "audio.translations": lambda c, t, s: c.audio.translations.create(file=upload(t), model=t),
    "images.generate": lambda c, t, s: c.images.generate(model=t, prompt=PROSE + s, n=2, size="1024x1024"),
    "images.edit": lambda c, t, s: c.images.edit(image=[upload(t), upload("b")], mask=upload("m"), prompt=PROSE + SIGNED),
    "images.create_variation": lambda c, t, s: c.images.create_variation(image=upload(t), n=2),
    "fine_tuning.jobs.create": lambda c, t, s: c.fine_tuning.jobs.create(model=t, training_file="f", metadata={"a": PROSE + s}),
    "vector_stores.search": lambda c, t, s: c.vector_stores.search(t, query=PROSE + s, rewrite_query=True),
    "beta.threads.create": lambda c, t, s: c.beta.threads.create(messages=[{"role": "user", "content": PROSE + s}]),
    "containers.create": lambda c, t, s: c.containers.create(name=t + s),
    "skills.list": lambda c, t, s: c.skills.list(limit=1),
    "realtime.client_secrets": lambda c, t, s: c.realtime.client_secrets.create(session={"type": "realtime", "model": t}),
    "a method without a name": lambda c, t, s: c.post("/new/thing", cast_to=object, body={"a": PROSE + s}),
    "a query of its own": lambda c, t, s: c.get("/new/thing", cast_to=object, options={"params": {"q": PROSE, "a[]": [1, 2]}}),
}

ANTHROPIC: dict[str, Any] = {
    "count_tokens": lambda c, t, s: c.messages.count_tokens(
        model=t, system=PROSE + s, messages=[{"role": "assistant", "content": [{"type": "text", "text": PROSE + s}]}]
    ),
    "beta.count_tokens": lambda c, t, s: c.beta.messages.count_tokens(
        model=t, messages=[{"role": "user", "content": PROSE + s}], betas=["one-2026-01-01", "two-2026-01-01"]
    ),
    "batches.create": lambda c, t, s: c.messages.batches.create(
        requests=[
            {"custom_id": t, "params": {"model": t, "max_tokens": 9, "messages": [{"role": "assistant", "content": PROSE + s}]}}
        ]
    ),
    "batches.retrieve": lambda c, t, s: c.messages.batches.retrieve(t),
    "batches.list": lambda c, t, s: c.messages.batches.list(limit=2, after_id=t),
    "batches.cancel": lambda c, t, s: c.messages.batches.cancel(t),
    "batches.delete": lambda c, t, s: c.messages.batches.delete(t),
    "models.list": lambda c, t, s: c.models.list(limit=2, before_id=t),
    "models.retrieve": lambda c, t, s: c.models.retrieve(t),
    "beta.models.list": lambda c, t, s: c.beta.models.list(betas=["x"]),
    "files.upload": lambda c, t, s: c.beta.files.upload(file=upload(t)),
    "files.list": lambda c, t, s: c.beta.files.list(limit=3),
    "files.retrieve_metadata": lambda c, t, s: c.beta.files.retrieve_metadata(t),
    "files.delete": lambda c, t, s: c.beta.files.delete(t),
    "skills.list": lambda c, t, s: c.beta.skills.list(limit=3),
    "skills.create": lambda c, t, s: c.beta.skills.create(files=[upload(t)]),
    "agents.list": lambda c, t, s: c.beta.agents.list(limit=3),
    "sessions.retrieve": lambda c, t, s: c.beta.sessions.retrieve(t),
    "environments.list": lambda c, t, s: c.beta.environments.list(),
    "memory_stores.create": lambda c, t, s: c.beta.memory_stores.create(name=t, description=PROSE + s),
    "user_profiles.list": lambda c, t, s: c.beta.user_profiles.list(),
    "a workspace": lambda c, t, s: c.messages.count_tokens(
        model=t, messages=[{"role": "user", "content": "x"}], workspace_id="wrkspc_1"
    ),
}

def bound(call: Any, bench: Bench) -> Call:
    return lambda client, suffix: call(client, bench.token, suffix)


def check(bench: Bench, secret: Secrets, vendor: str, call: Any, paths: list[str]) -> None:
    for path in paths:
        made = both(bench, vendor, replies.reply(ANY, x_request_id="req_1"), bound(call, bench), path=path, signed=SIGNED)
        assert made.proxied == made.direct
        proxied = made.requests[1]
        keys = {name: proxied.header(name) for name in ("authorization", "x-api-key")}
        expected = {"authorization": f"Bearer {secret.openai}", "x-api-key": None}
        if vendor == "anthropic":
            expected = {"authorization": None, "x-api-key": secret.anthropic}
        assert keys == expected


@pytest.mark.parametrize("name", OPENAI)
def test_openai(bench: Bench, secret: Secrets, name: str) -> None:
    paths = ["/v1", "", "/v1/v1"]
    check(bench, secret, "openai", OPENAI[name], paths)
    if name.startswith("embeddings"):
        # EXC-81: what is asked and what is answered, each call a trace of its own.
        bench.reader.await_threads(bench.agent, len(paths), events=2 * len(paths))
    else:
        assert bench.reader.threads(bench.agent) == []


@pytest.mark.parametrize("name", ANTHROPIC)
def test_anthropic(bench: Bench, secret: Secrets, name: str) -> None:
    check(bench, secret, "anthropic", ANTHROPIC[name], ["", "/v1"])
    assert bench.reader.threads(bench.agent) == []


@pytest.mark.parametrize("form", ["float", "base64", "default"])
def test_embedding_values(bench: Bench, form: str) -> None:
    """Every bit of the numbers: the client asks for base64 on its own and unpacks it."""
    numbers = [0.1, -1.5, 3.4e38, 1.4e-45, -0.0]
    packed = struct.pack("<5f", *numbers)
    value: Any = numbers if form == "float" else base64.b64encode(packed).decode()
    data = [{"object": "embedding", "index": at, "embedding": value} for at in range(3)]
    usage = {"prompt_tokens": 3, "total_tokens": 3}
    reply = replies.reply({"object": "list", "model": "m", "data": data, "usage": usage})
    options: dict[str, Any] = {} if form == "default" else {"encoding_format": form}

    def call(client: Any, suffix: str) -> Any:
        return client.embeddings.create(model=bench.model, input=["one" + suffix, "two", "three"], **options)

    made = both(bench, "openai", reply, call, signed=SIGNED)
    assert made.proxied == made.direct
    got = made.proxied["data"][2]["embedding"]
    if form == "base64":
        assert base64.b64decode(got) == packed
    else:
        assert struct.pack("<5f", *got) == packed
    sent = made.requests[1].json()
    assert (sent["input"], sent.get("encoding_format")) == (["one", "two", "three"], "base64" if form == "default" else form)


DOWNLOADS: dict[str, tuple[str, str, Any]] = {
    "files.content": ("openai", "application/octet-stream", lambda c, t: c.files.content(t)),
    "audio.speech": ("openai", "audio/mpeg", lambda c, t: c.audio.speech.create(model=t, voice="alloy", input="Say it.")),
    "containers.files.content": (
        "openai", "application/binary", lambda c, t: c.containers.files.content.retrieve("f", container_id=t),
    ),
    "anthropic files.download": ("anthropic", "application/pdf", lambda c, t: c.beta.files.download(t)),
}  # fmt: skip


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("name", DOWNLOADS)
def test_binary_reply(bench: Bench, name: str, chunked: bool) -> None:
    vendor, kind, call = DOWNLOADS[name]
    reply: Reply = replies.http(200, BINARY, kind, content_disposition='attachment; filename="a.bin"')
    if chunked:
        pieces = [replies.chunk(BINARY[at : at + 97]) for at in range(0, len(BINARY), 97)]
        start = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        reply = [start, *pieces, replies.LAST_CHUNK]
    made = both(bench, vendor, reply, lambda client, suffix: call(client, bench.token))
    assert made.proxied == made.direct == BINARY


def test_binary_reply_that_is_streamed(bench: Bench) -> None:
    """The client reads what there is while the rest is still being made."""
    gate = bench.upstream.gate()
    start = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
    bench.script.reply([start, replies.chunk(BINARY), gate, replies.chunk(BINARY[::-1]), replies.LAST_CHUNK])
    speech = bench.openai().audio.speech.with_streaming_response
    with speech.create(model=bench.model, voice="alloy", input="Say it.") as reply:
        parts = reply.iter_bytes(len(BINARY))
        assert next(parts) == BINARY
        gate.open()
        assert b"".join(parts) == BINARY[::-1]


RESULTS = b"".join(
    replies.encode({"custom_id": f"c{at}", "result": {"type": "succeeded", "message": replies.message([])}}) + b"\n"
    for at in range(5)
)


def test_batch_results(bench: Bench) -> None:
    """The address that a finished batch names is the provider's; who asks there takes the WhyOps key along."""
    results = f"{bench.upstream.url}/v1/messages/batches/{bench.token}/results"
    for client in (bench.anthropic_direct(), bench.anthropic()):
        bench.script.reply(replies.reply({**ANY, "results_url": results}), replies.http(200, RESULTS, "application/x-jsonl"))
        lines = list(client.messages.batches.results(bench.token))
        assert [line.custom_id for line in lines] == [f"c{at}" for at in range(5)]
    seen = bench.script.exchanges
    assert [exchange.target for exchange in seen[2:]] == [exchange.target for exchange in seen[:2]]
    assert not [exchange for exchange in seen if bench.server.key in str(exchange.headers)]


FINISHED_BATCH = b'{ "id":"b_1","results_url":"URL","n":1.50e+01 , "type":"message_batch"}\n'
LIST_OF_BATCHES = b'{"data":[ {"results_url":"URL"},{"results_url":null}, {"results_url":"URL?beta=true"}],"has_more":false}'


def test_address_of_batch_results_leads_through_us(bench: Bench) -> None:
    """Nothing else of a reply about batches is changed (PRX-84)."""
    address = b"https://api.anthropic.com/v1/messages/batches/b_1/results"
    head = bench.headers(anthropic_version="2023-06-01")
    calls = [("GET", "", LIST_OF_BATCHES), ("POST", "", FINISHED_BATCH), ("GET", "/b_1?beta=true", FINISHED_BATCH)]
    calls += [("POST", "/b_1/cancel", FINISHED_BATCH)]
    for method, path, form in calls:
        bench.script.reply(replies.http(200, form.replace(b"URL", address), "application/json; charset=utf-8"))
        reply = bench.fetch(f"/v1/messages/batches{path}", b"{}" if method == "POST" else None, method, head)
        assert (reply.status, reply.body) == (200, form.replace(b"URL", b"/v1/messages/batches/b_1/results"))
    kept = FINISHED_BATCH.replace(b"URL", address)
    others = [("/v1/messages/batches/b_1", 404, "application/json"), ("/v1/messages/batches/b_1", 200, "text/plain")]
    others += [("/v1/messages/batches/b_1/results", 200, "application/json"), ("/v1/files/b_1", 200, "application/json")]
    for path, status, kind in others:
        bench.script.reply(replies.http(status, kept, kind))
        reply = bench.fetch(path, None, "GET", head)
        assert (reply.status, reply.body) == (status, kept)


@pytest.mark.parametrize("form", [FINISHED_BATCH, LIST_OF_BATCHES], ids=["one", "list"])
def test_address_of_batch_results_in_gzip(bench: Bench, form: bytes) -> None:
    """PRX-212: it is decoded where an address is in it, and goes as it came where there is none."""
    head = bench.headers(anthropic_version="2023-06-01")
    packed = gzip.compress(form.replace(b"URL", b"https://api.anthropic.com/v1/messages/batches/b_1/results"))
    bench.script.reply(replies.http(200, packed, content_encoding="gzip"))
    reply = bench.fetch("/v1/messages/batches", None, "GET", head)
    assert (reply.status, reply.header("content-encoding")) == (200, None)
    assert reply.body == form.replace(b"URL", b"/v1/messages/batches/b_1/results")
    packed = gzip.compress(form.replace(b"URL", b"/v1/files/f_1"))
    bench.script.reply(replies.http(200, packed, content_encoding="gzip"))
    reply = bench.fetch("/v1/messages/batches", None, "GET", head)
    assert (reply.status, reply.header("content-encoding"), reply.body) == (200, "gzip", packed)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "gzip"])
def test_batch_that_cannot_be_read_is_refused(bench: Bench, encoding: str) -> None:
    """Unread it could lead the client past the proxy."""
    packed = gzip.compress(FINISHED_BATCH)[:-3]
    bench.script.reply(replies.http(200, packed, content_encoding=encoding))
    reply = bench.fetch("/v1/messages/batches/b_1", None, "GET", bench.headers(anthropic_version="2023-06-01"))
    assert (reply.status, json.loads(reply.body)["type"]) == (502, "error")
    # What has no such address in it goes as it came.
    bench.script.reply(replies.http(200, packed, "application/x-jsonl", content_encoding=encoding))
    reply = bench.fetch("/v1/messages/batches/b_1/results", None, "GET", bench.headers(anthropic_version="2023-06-01"))
    assert (reply.status, reply.header("content-encoding"), reply.body) == (200, encoding, packed)


UNREAD_BATCHES = {
    "another encoding": ("br", FINISHED_BATCH, "upstream_unreadable", "'br'", "in gzip"),
    "damaged": ("gzip", gzip.compress(b"x" * 90000, 0)[:20000] + b"y" * 70000, "upstream_unreadable", "near byte ", "as it is"),
    "breaks off": ("gzip", gzip.compress(FINISHED_BATCH)[:-3], "upstream_unreadable", "at byte ", "as it is"),
    "too large": ("gzip", gzip.compress(b" " * (65 << 20)), "upstream_reply_too_large", f"than {64 << 20} bytes", "`limit`"),
}


@pytest.mark.parametrize("form", list(UNREAD_BATCHES))
def test_why_a_batch_cannot_be_read(bench: Bench, form: str) -> None:
    """PRX-217: each cause by its own name, with the place and what can be done."""
    encoding, packed, code, place, step = UNREAD_BATCHES[form]
    bench.script.reply(replies.http(200, packed, content_encoding=encoding))
    reply = bench.fetch("/v1/messages/batches", None, "GET", bench.headers(anthropic_version="2023-06-01"))
    assert reply.status == 502
    error = json.loads(reply.body)["error"]
    assert place in error["message"] and step in error["message"], error
    assert error.get("code", code) == code


def test_batch_that_is_too_large_is_refused(bench: Bench) -> None:
    """PRX-203, PRX-212: unread it could lead the client past the proxy, encoded or not."""
    large = FINISHED_BATCH.replace(b"URL", b"https://api.anthropic.com/v1/messages/batches/b_1/results") + b" " * (64 << 20)
    bench.script.reply(replies.http(200, large))
    reply = bench.fetch("/v1/messages/batches/b_1", None, "GET", bench.headers(anthropic_version="2023-06-01"))
    assert (reply.status, json.loads(reply.body)["type"]) == (502, "error")
    # The results themselves have no limit.
    bench.script.reply(replies.http(200, large, "application/x-jsonl"))
    reply = bench.fetch("/v1/messages/batches/b_1/results", None, "GET", bench.headers(anthropic_version="2023-06-01"))
    assert reply.status == 200 and reply.body == large


def test_batch_that_breaks_off_is_refused(bench: Bench) -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    bench.script.reply([start, CLOSE])
    reply = bench.fetch("/v1/messages/batches/b_1", None, "GET", bench.headers(anthropic_version="2023-06-01"))
    assert (reply.status, json.loads(reply.body)["type"]) == (502, "error")


def test_batch_results_at_their_path(bench: Bench) -> None:
    bench.script.reply(replies.http(200, RESULTS, "application/x-jsonl"))
    head = bench.headers(anthropic_version="2023-06-01", accept="application/binary")
    reply = bench.fetch(f"/v1/messages/batches/{bench.token}/results", None, "GET", head)
    assert (reply.status, reply.body, reply.header("content-type")) == (200, RESULTS, "application/x-jsonl")


@pytest.mark.parametrize("name", ["realtime", "responses"])
def test_websocket_client_is_told(bench: Bench, name: str) -> None:
    """Refused at once with a status, and nothing reaches the upstream (PRX-15)."""
    base = bench.server.proxy.replace("http:", "ws:") + "/v1"
    client: Any = bench.openai(websocket_base_url=base)
    with pytest.raises(websockets.exceptions.InvalidStatus) as caught:
        options = {"model": bench.model} if name == "realtime" else {}
        with getattr(client, name).connect(**options):
            pass
    assert caught.value.response.status_code == 501
    assert json.loads(caught.value.response.body)["error"]["code"] == "not_supported"
    assert bench.script.exchanges == []


@pytest.mark.parametrize("route", ["/v1/models", "/v1/embeddings", "/v1/chat/completions"])
def test_offer_of_http2_is_no_reason_to_refuse(bench: Bench, route: str) -> None:
    """Java's client offers it with every request that is not encrypted, and goes on with HTTP/1.1 (PRX-15)."""
    is_get = route == "/v1/models"
    answer = replies.chat("Here is a plain answer.") if route.endswith("completions") else {"data": []}
    bench.script.reply(replies.reply(answer))
    head = bench.headers(Connection="Upgrade, HTTP2-Settings", Upgrade="h2c", HTTP2_Settings="AAEAAEAAAAIAAAABAAMAAABkAAQBAAAA")
    body = replies.encode({"model": bench.model, "input": "x", "messages": [{"role": "user", "content": "x"}]})
    reply = bench.fetch(route, None if is_get else body, "GET" if is_get else "POST", head)
    assert (reply.status, frames.strip_bytes(reply.body)) == (200, replies.encode(answer))
    names = {name.lower() for name, _ in bench.script.last.headers}
    assert not names & {"upgrade", "http2-settings"}


FINISHED = responses.response("r", responses.reasoning("s", "A thought."), responses.message("m", "Here is a plain answer."))
TRANSCRIPT = [
    *(replies.named("transcript.text.delta", {"delta": word, "logprobs": []}) for word in replies.words("What was said.")),
    replies.named("transcript.text.done", {"text": "What was said.", "logprobs": []}),
]
PICTURE = {"b64_json": "AAAA", "created_at": 1, "size": "1024x1024", "quality": "low", "background": "opaque", "output_format": "png"}
STREAMS: dict[str, tuple[list[bytes], Any]] = {
    "completions": (
        [replies.data({"id": "c", "object": "text_completion", "created": 1, "model": "m", "choices": [
            {"index": 0, "text": "Here is a plain answer.", "finish_reason": "stop", "logprobs": None}]}), replies.DONE],
        lambda c, t: c.completions.create(model=t, prompt="x", stream=True),
    ),
    "responses.retrieve": (
        responses.events(FINISHED)[3:], lambda c, t: c.responses.retrieve(t, stream=True, starting_after=2),
    ),
    "audio.transcriptions": (TRANSCRIPT, lambda c, t: c.audio.transcriptions.create(file=upload(t), model=t, stream=True)),
    "images.generate": (
        [replies.named("image_generation.partial_image", {"partial_image_index": 0, **PICTURE}),
         replies.named("image_generation.completed", {"usage": {"total_tokens": 1}, **PICTURE})],
        lambda c, t: c.images.generate(model=t, prompt="x", stream=True, partial_images=1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STREAMS)
def test_stream_of_a_passed_route(bench: Bench, name: str) -> None:
    """Nothing is signed on these routes, so every event is the provider's."""
    events, call = STREAMS[name]
    made = both(bench, "openai", replies.sse(events), lambda client, suffix: call(client, bench.token))
    assert made.proxied == made.direct
    assert len(made.proxied) == len([event for event in events if event != replies.DONE])
