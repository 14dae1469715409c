"""What belongs to one environment cannot be seen, named or proved in another (PRX-39, ING-3)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Iterator
from uuid import uuid4

import pytest

import replies
import responses
import tenants
import vendors
from bench import Bench, RawReply, fetch
from conftest import MakeBench
from harness import Secrets, Server
from openapi import Document
from reader import Reader, sources
from upstream import Upstream
from vendors import PLAIN, ROUTES

DOCUMENT = Document()
NAMES = ("LIVE", "TEST")


@dataclass
class Shop:
    """A project with two environments, each with a key and a provider."""

    server: Server
    keys: dict[str, str]

    def reader(self, name: str) -> Reader:
        return Reader(self.server.ingest, self.keys[name])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream, secret: Secrets) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    place = Server(folder, secret, upstream.url).ready()
    tenants.whyops(place, "projects", "create", "shop", "--environments", ",".join(NAMES))
    keys = {}
    for name in NAMES:
        where = ("--project", "shop", "--environment", name)
        keys[name] = tenants.create_key(place, name, *where)
        address = ("--base-url", f"{upstream.url}/v1", "--allow-private-upstreams", "loopback")
        tenants.whyops(place, "providers", "add", "own", *address, *where)
    # Started again it knows them all, and no test waits until it does.
    assert place.stop() == 0
    running = Server(folder, secret, upstream.url, "--allow-private-upstreams", "loopback").ready()
    yield Shop(running, keys)
    code = running.stop()
    assert code == 0, running.log()


def ask(bench: Bench, shop: Shop, name: str, vendor: str, answer: Any, turns: list[Any], **more: str) -> RawReply:
    """One call in an environment, with this history."""
    bench.script.reply(replies.reply(answer))
    member = "input" if vendor == "responses" else "messages"
    body = {"model": bench.model, **vendors.asked(vendor, "", **{member: turns})}
    head = bench.headers(Authorization=f"Bearer {shop.keys[name]}", **more)
    reply = bench.fetch(ROUTES[vendor], replies.encode(body), headers=head)
    assert reply.status == 200, reply.body
    return reply


def test_the_same_trace_header_names_two_traces(shop: Shop, make_bench: MakeBench) -> None:
    bench = make_bench(shop.server)
    trace = f"trace-{bench.token}"
    for name in NAMES:
        question = [{"role": "user", "content": f"The question of {name}."}]
        ask(bench, shop, name, "openai", replies.chat(f"An answer for {name}."), question, X_Trace_ID=trace)
    for name in NAMES:
        [asked, answered] = shop.reader(name).await_types(trace, "user_message", "llm_response")
        assert asked["content"][-1]["content"] == f"The question of {name}."
        assert answered["content"]["content"] == f"An answer for {name}."
        assert [thread["threadId"] for thread in shop.reader(name).threads(bench.agent)] == [trace]
    assert bench.reader.thread(trace) is None


@pytest.mark.parametrize("kind", ["signature", "tool call", "response id", "words"])
def test_evidence_of_one_proves_nothing_in_the_other(shop: Shop, make_bench: MakeBench, kind: str) -> None:
    """TRC-6, SIG-18: a stranger's signature goes from the request, and is believed by nobody."""
    bench = make_bench(shop.server)
    question = {"role": "user", "content": f"A question about {bench.token}."}
    again: list[Any] = [{"role": "user", "content": "And what of it?"}]
    vendor = "responses" if kind == "response id" else "openai"
    call = replies.tool_call(f"call_{bench.token}", "f", "{}")
    answer = replies.chat(None, calls=[call]) if kind == "tool call" else vendors.whole(vendor, f"{bench.token}: {PLAIN}")
    if kind == "response id":
        answer = responses.response(bench.token, responses.message(bench.token, f"{bench.token}: {PLAIN}"))
        history: list[Any] = [{"type": "item_reference", "id": f"msg_{bench.token}"}, *again]
    first = ask(bench, shop, "LIVE", vendor, answer, [question])
    said = json.loads(first.body)
    if kind == "tool call":
        result = {"role": "tool", "tool_call_id": call["id"], "content": "done"}
        history = [question, {"role": "assistant", "content": None, "tool_calls": [call]}, result]
    elif vendor == "openai":
        text = said["choices"][0]["message"]["content"]
        assert "\u2060" in text, "it was signed"
        if kind == "words":
            text = answer["choices"][0]["message"]["content"]
        history = [question, {"role": "assistant", "content": text}, *again]
    last = replies.chat("Nothing at all.") if vendor == "openai" else vendors.whole(vendor, "Nothing at all.")
    stranger = ask(bench, shop, "TEST", vendor, last, history)
    assert stranger.trace != first.trace
    if kind == "signature":
        assert bench.script.last.json()["messages"][1]["content"] == f"{bench.token}: {PLAIN}"
    asked = "tool_result" if kind == "tool call" else "user_message"
    events = shop.reader("TEST").await_types(stranger.trace, asked, "llm_response")
    assert set(sources(events)) == {"new"}
    assert first.trace not in json.dumps(events), "not as a link either"
    # It would have proved it at home.
    home = ask(bench, shop, "LIVE", vendor, last, history)
    assert home.trace == first.trace


def operations_of_one_thing() -> list[str]:
    return [
        operation["operationId"]
        for path, _, operation in DOCUMENT.routes()
        if "{" in path and "ingest" in operation["tags"]
    ]


@pytest.mark.parametrize("operation", operations_of_one_thing())
def test_what_is_foreign_is_as_if_it_were_not(shop: Shop, make_bench: MakeBench, operation: str) -> None:
    """Every operation on one thing answers byte for byte as for an id that nobody has."""
    bench = make_bench(shop.server)
    trace = str(uuid4())
    question = [{"role": "user", "content": "A question."}]
    ask(bench, shop, "LIVE", "openai", replies.chat(PLAIN), question, X_Trace_ID=trace)
    events = shop.reader("LIVE").await_types(trace, "user_message", "llm_response")
    mine = {"getEvent": events[0]["id"], "getThread": trace}[operation]
    path, method = DOCUMENT.route(operation)

    def answer(name: str, key: str) -> tuple[int, bytes]:
        reply = fetch(shop.server.ingest, method, path.split("{")[0] + name, {"Authorization": f"Bearer {key}"})
        return reply.status, reply.body

    assert answer(mine, shop.keys["LIVE"])[0] == 200
    for key in (shop.keys["TEST"], shop.server.key):
        nobody = answer(str(uuid4()), key)
        assert nobody[0] == 404
        assert answer(mine, key) == nobody
