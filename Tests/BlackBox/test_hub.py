"""Two WhyOps in a row (PRX-44): the client's one asks another one, which asks the vendor. What the client gets is what one
alone would give, the vendor sees nothing of either, and both have the conversation under one trace.
"""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple

import pytest

import frames
import replies
import responses
import vendors
from bench import Bench, fetch
from conftest import MakeBench
from harness import Secrets, Server
from reader import assert_no_frames, reply_text
from script import Exchange, Reply
from tenants import whyops
from test_providers import LOOPBACK, body, follows
from upstream import Upstream
from vendors import BEGUN, PLAIN, ROUTES, each_vendor

each_way = pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])


class Pair(NamedTuple):
    near: Server
    far: Server


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream, secret: Secrets) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("hub")
    far = Server(folder / "far", secret, upstream.url, "--default-agent", "far-agent").ready()
    near = Server(folder / "near", secret, None, *LOOPBACK, env={"HUB_KEY": far.key}).ready()
    yield Pair(near, far)
    assert [one.stop() for one in (near, far)] == [0, 0]


@pytest.fixture
def bench(pair: Pair, make_bench: MakeBench) -> Bench:
    """Its clients speak to the near one; `hub` is the far one, and so is `plain`, which the near one takes for a vendor."""
    if "hub" not in whyops(pair.near, "providers", "list").stdout:
        for slug, options in (("plain", []), ("hub", ["--whyops"])):
            address = ["--base-url", f"{pair.far.proxy}/v1", "--credential", "env:HUB_KEY"]
            whyops(pair.near, "providers", "add", slug, *address, *LOOPBACK, *options)
        probe = make_bench(pair.near)
        probe.script.answer(lambda _: replies.reply(replies.chat(PLAIN)))
        follows(probe, ROUTES["openai"], body(f"hub/{probe.model}"))
    return make_bench(pair.near)


def answer(vendor: str, exchange: Exchange) -> Reply:
    """A reply whose ids are its own, as the real ones are."""
    text = f"{PLAIN} It has {len(exchange.body)} bytes."
    value = vendors.whole(vendor, text)
    token = f"{exchange.json()['model']}_{len(exchange.body)}"
    if vendor == "responses":
        value = responses.response(token, responses.message(token, text))
        return replies.sse(responses.events(value)) if exchange.json().get("stream") else replies.reply(value)
    return replies.sse(vendors.events(vendor, text)) if exchange.json().get("stream") else replies.reply(value)


def say(bench: Bench, vendor: str, model: str, turns: list[Any], streaming: bool) -> str:
    """The text of the next reply."""
    member = "input" if vendor == "responses" else "messages"
    limit = {} if vendor == "openai" else {"max_output_tokens" if vendor == "responses" else "max_tokens": 999}
    made: Any = vendors.create(bench, vendor)(model=model, stream=streaming, **{member: turns}, **limit)
    if not streaming:
        if vendor == "openai":
            return str(made.choices[0].message.content)
        return str(made.output_text if vendor == "responses" else made.content[0].text)
    if vendor == "openai":
        return "".join(part.choices[0].delta.content or "" for part in made)
    if vendor == "responses":
        return "".join(event.delta for event in made if event.type == "response.output_text.delta")
    return "".join(event.delta.text for event in made if event.type == "content_block_delta")


@each_way
@each_vendor
def test_conversation(bench: Bench, pair: Pair, vendor: str, streaming: bool) -> None:
    """Three turns: one signature in each reply, one trace, the same events in both stores, clean requests to the vendor."""
    bench.script.answer(lambda exchange: answer(vendor, exchange))
    turns: list[Any] = [{"role": "user", "content": "Please answer."}]
    said = []
    for _ in range(3):
        text = say(bench, vendor, f"hub/{bench.model}", turns, streaming)
        said.append(frames.strip(text))
        turns += [{"role": "assistant", "content": text}, {"role": "user", "content": "And now?"}]
    [thread] = bench.reader.await_threads(bench.agent, 1, events=6)
    trace = thread["threadId"]
    for at, exchange in enumerate(bench.script.exchanges):
        frames.assert_clean(exchange.body)
        assert exchange.json()["model"] == bench.model
        assert not [name for name, _ in exchange.headers if name.lower().startswith(("x-trace", "x-whyops", "x-agent", "x-thread"))]
        frames.assert_signed(turns[2 * at + 1]["content"], f"{PLAIN} It has {len(exchange.body)} bytes.", trace)
    for server in pair:
        events = server.reader.await_types(trace, *["user_message", "llm_response"] * 3)
        assert [reply_text(event) for event in events[1::2]] == said
        assert_no_frames(events)
    assert [far["threadId"] for far in pair.far.reader.threads(bench.agent)] == [trace]


@each_vendor
def test_stream_is_that_of_the_vendor(bench: Bench, pair: Pair, vendor: str) -> None:
    """Byte for byte but for what one proxy puts in, and each event comes before the next is sent."""
    events = vendors.events(vendor, PLAIN)
    gates = [bench.upstream.gate() for _ in events]
    bench.script.reply(replies.sse(replies.gated(events, gates), x_request_id="req_1"))
    request = {"model": f"hub/{bench.model}", **vendors.asked(vendor, "Answer."), "stream": True}
    with bench.open(ROUTES[vendor], replies.encode(request)) as reply:
        for event, gate in zip(events, gates):
            reply.until(event, vendors.plain)
            gate.open()
        assert reply.rest()
        assert reply.header("x-request-id") == "req_1"
    assert set(frames.ids_in_bytes(reply.body)) == {reply.trace}
    bench.script.reply(replies.sse(events))
    alone = fetch(pair.far.proxy, "POST", ROUTES[vendor], bench.headers(X_Trace_ID=reply.trace), replies.encode({**request, "model": bench.model}))
    assert reply.body == alone.body


@each_vendor
def test_client_that_goes_ends_the_work_of_all(bench: Bench, pair: Pair, vendor: str) -> None:
    begun = vendors.begun(vendor)
    gate = bench.upstream.gate()
    bench.script.reply(replies.sse([*begun, gate]))
    request = {"model": f"hub/{bench.model}", **vendors.asked(vendor, "Answer."), "stream": True}
    with bench.open(ROUTES[vendor], replies.encode(request)) as reply:
        reply.until(begun[-1])
    assert bench.script.last.closed.wait(20), "the vendor's work went on"
    for server in pair:
        [_, response] = server.reader.await_types(reply.trace, "user_message", "llm_response")
        assert response["content"] == {"content": BEGUN, "finishReason": "client_disconnected"}


def test_response_that_is_named(bench: Bench, pair: Pair) -> None:
    """`previous_response_id` and no history: the id proves the trace to the near one, which tells the far one."""
    bench.script.answer(lambda exchange: answer("responses", exchange))
    client = bench.openai()
    first = client.responses.create(model=f"hub/{bench.model}", input="Please answer.")
    client.responses.create(model=f"hub/{bench.model}", input="And now?", previous_response_id=first.id)
    [thread] = bench.reader.await_threads(bench.agent, 1, events=4)
    pair.far.reader.await_types(thread["threadId"], *["user_message", "llm_response"] * 2)


@each_way
@pytest.mark.parametrize("vendor", ["openai", "responses"])
def test_hub_that_is_taken_for_a_vendor(bench: Bench, vendor: str, streaming: bool) -> None:
    """Both sign, each for itself: the text is the vendor's all the same, and nothing of either goes to the vendor."""
    bench.script.answer(lambda exchange: answer(vendor, exchange))
    turns: list[Any] = [{"role": "user", "content": "Please answer."}]
    for _ in range(2):
        text = say(bench, vendor, f"plain/{bench.model}", turns, streaming)
        assert frames.strip(text) == f"{PLAIN} It has {len(bench.script.last.body)} bytes."
        turns += [{"role": "assistant", "content": text}, {"role": "user", "content": "And now?"}]
    for exchange in bench.script.exchanges:
        frames.assert_clean(exchange.body)
    bench.reader.await_threads(bench.agent, 1, events=4)


def test_refusals_of_the_far_one(bench: Bench, pair: Pair) -> None:
    """Its error is the client's, in the words of the far one."""
    bench.script.reply(replies.reply(replies.vendor_error("openai", "some_error", "It is so."), 429, retry_after="7"))
    reply = bench.fetch(ROUTES["openai"], body(f"hub/{bench.model}"))
    assert (reply.status, reply.body) == (429, replies.encode(replies.vendor_error("openai", "some_error", "It is so.")))
    assert reply.header("retry-after") == "7"
    for server in pair:
        server.reader.await_types(reply.trace, "user_message", "error")
