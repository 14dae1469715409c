"""What belongs to one environment cannot be seen, named or proved in another (PRX-39, ING-3)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Iterator
from uuid import uuid4

import pytest

import frames
import replies
import responses
import tenants
import vendors
from bench import Bench, Headers, RawReply, fetch
from conftest import MakeBench
from harness import Secrets, Server
from openapi import Document
from reader import Reader, eventually, sources
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
    thread = shop.reader("LIVE").thread(trace)
    assert thread
    path, method = DOCUMENT.route(operation)
    if "{traceId}" in path:
        mine = trace
    elif path.startswith("/api/dlq"):
        mine = bury(shop, "LIVE", bench.token)
    else:
        mine = {"getEvent": events[0]["id"], "getVersion": thread["entityId"]}.get(operation, thread["agentId"])
    # What every operation that wants a body can read.
    body = json.dumps({"versionId": thread["entityId"], "samplingRate": 1}).encode() if method in ("POST", "PATCH") else None

    def answer(name: str, key: str) -> tuple[int, bytes]:
        before, _, after = path.partition("{")
        head: Headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        reply = fetch(shop.server.ingest, method, before + name + after.partition("}")[2], head, body)
        return reply.status, reply.body

    for key in (shop.keys["TEST"], shop.server.key):
        nobody = answer(str(uuid4()), key)
        assert nobody[0] == 404
        assert answer(mine, key) == nobody
    # Last, since it may be gone then.
    assert answer(mine, shop.keys["LIVE"])[0] == 200


def bury(shop: Shop, name: str, token: str) -> str:
    """A dead letter in an environment."""
    body = json.dumps([{"traceId": token, "agentName": token}]).encode()
    head: Headers = {"Authorization": f"Bearer {shop.keys[name]}", "Content-Type": "application/json"}
    reply = fetch(shop.server.ingest, "POST", "/api/events?partial=true", head, body)
    id: str = json.loads(reply.body)["results"][0]["deadLetterId"]
    return id


def lists() -> list[str]:
    described = [one for one in DOCUMENT.routes() if one[1] == "GET" and "{" not in one[0] and one[0].startswith("/api/")]
    # A stream, and a thread that is named as a route is.
    others = {"streamThreads", "getThreadNamedMatch"}
    return [path for path, _, operation in described if operation["operationId"] not in others]


@pytest.mark.parametrize("path", lists())
def test_lists_hold_nothing_of_others(shop: Shop, make_bench: MakeBench, path: str) -> None:
    bench = make_bench(shop.server)
    question = [{"role": "user", "content": f"A question of {bench.token}."}]
    head = {"X_Agent_Name": bench.agent, "X_External_User_Id": bench.token}
    trace = ask(bench, shop, "LIVE", "openai", replies.chat(PLAIN), question, **head).trace
    shop.reader("LIVE").await_types(trace, "user_message", "llm_response")
    bury(shop, "LIVE", bench.token)
    query = "?include=event,content,metadata,systemPrompt,tools&count=100&limit=200&agentCount=100&q=tok"
    for key in (shop.keys["TEST"], shop.server.key):
        reply = fetch(shop.server.ingest, "GET", path + query, {"Authorization": f"Bearer {key}"})
        assert reply.status == 200 and bench.token.encode() not in reply.body


EMBEDDINGS = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "model": "m"}


@pytest.mark.parametrize("route", [*ROUTES, "embeddings"])
@pytest.mark.parametrize("header", ["X_Trace_ID", "X_Thread_ID"])
def test_every_recorded_route_keeps_equal_ids_apart(
    shop: Shop, make_bench: MakeBench, route: str, header: str
) -> None:
    """T2: the header names a trace of the caller's environment, whatever another one has of that name."""
    bench = make_bench(shop.server)
    trace = f"trace-{bench.token}"
    slug = "" if route != "anthropic" else "own/"
    asked = {}
    for name in NAMES:
        asked[name] = f"The question of {name} {bench.token}."
        if route == "embeddings":
            body, path, answer = {"input": asked[name]}, "/v1/embeddings", EMBEDDINGS
        else:
            body, path, answer = vendors.asked(route, asked[name]), ROUTES[route], vendors.whole(route, PLAIN)
        if slug:
            # A provider that speaks this vendor's API is none of the shop's, so it comes here.
            with_provider(shop, name, bench)
        bench.script.reply(replies.reply(answer))
        head = bench.headers(**{"Authorization": f"Bearer {shop.keys[name]}", header: trace})
        reply = bench.fetch(path, replies.encode({"model": bench.model, **body}), headers=head)
        assert (reply.status, reply.trace) == (200, trace)
    for name in NAMES:
        other = asked[NAMES[1 - NAMES.index(name)]]
        events = eventually_events(shop.reader(name), trace, 2)
        assert asked[name] in json.dumps(events) and other not in json.dumps(events)
    assert bench.reader.thread(trace) is None


def with_provider(shop: Shop, name: str, bench: Bench) -> None:
    where = ("--project", "shop", "--environment", name)
    if "claude" in {one["slug"] for one in tenants.listed(shop.server, "providers", "list", *where)}:
        return
    address = ("--base-url", bench.upstream.url, "--vendor", "anthropic", "--allow-private-upstreams", "loopback")
    tenants.whyops(shop.server, "providers", "add", "claude", *address, *where)

    def probe() -> bool:
        bench.script.reply(replies.reply(vendors.whole("anthropic", PLAIN)))
        head = bench.headers(Authorization=f"Bearer {shop.keys[name]}")
        body = replies.encode({"model": bench.model, **vendors.asked("anthropic", "x")})
        return bench.fetch(ROUTES["anthropic"], body, headers=head).status == 200

    eventually(probe, "the provider")


def eventually_events(reader: Reader, trace: str, count: int) -> list[Any]:
    def whole() -> Any:
        found = reader.events(trace) if reader.thread(trace) else []
        return found if len(found) == count else None

    return eventually(whole, f"{count} events of {trace}")


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("signature", ["v1", "v2"])
@pytest.mark.parametrize("vendor", ["openai", "responses", "anthropic"])
def test_a_reply_of_one_in_a_history_of_the_other(
    shop: Shop, make_bench: MakeBench, vendor: str, signature: str, streaming: bool
) -> None:
    """T3: at home it continues its trace; elsewhere version 2 proves nothing, and version 1 names a trace of that place."""
    bench = make_bench(shop.server)
    if vendor == "anthropic":
        for name in NAMES:
            with_provider(shop, name, bench)
    said = f"{bench.token}: {PLAIN}"
    script = replies.sse(vendors.events(vendor, said)) if streaming else replies.reply(vendors.whole(vendor, said))
    bench.script.reply(script)
    body = {"model": bench.model, **vendors.asked(vendor, f"A question of {bench.token}."), "stream": streaming}
    head = bench.headers(Authorization=f"Bearer {shop.keys['LIVE']}", X_WhyOps_Signature=signature)
    first = bench.fetch(ROUTES[vendor], replies.encode(body), headers=head)
    text = said + (frames.encode(first.trace) if signature == "v1" else frame_of(first.body))
    history = [
        {"role": "user", "content": "Something else."},
        {"role": "assistant", "content": text},
        {"role": "user", "content": "And what of it?"},
    ]
    last = vendors.whole(vendor, "Nothing at all.")
    stranger = ask(bench, shop, "TEST", vendor, last, history)
    member = "input" if vendor == "responses" else "messages"
    assert bench.script.last.json()[member][1]["content"] == said, "the signature goes from the request in any case"
    events = shop.reader("TEST").await_types(stranger.trace, "user_message", "llm_response")
    if signature == "v2":
        assert stranger.trace != first.trace and set(sources(events)) == {"new"}
        assert first.trace not in json.dumps(events)
    else:
        assert stranger.trace == first.trace and set(sources(events)) == {"signature.v1"}
    # Nothing of the other environment's trace is to be seen, and nothing was added to it.
    assert said not in json.dumps([event["content"] for event in events if event["eventType"] == "llm_response"])
    live = shop.reader("LIVE").await_types(first.trace, "user_message", "llm_response")
    assert "And what of it?" not in json.dumps(live)
    assert ask(bench, shop, "LIVE", vendor, last, history).trace == first.trace


def frame_of(body: bytes) -> str:
    """The first version 2 frame in a reply, however it is spelt there."""
    found = re.search("\u2060[\ufe00-\ufe0f\U000e0100-\U000e01ef]+", body.decode())
    assert found, body
    return found.group()


NAMING = ("traceId", "threadId", "agentName", "agentId", "externalUserId", "agentVersionId", "providerId", "model", "q")


def filters() -> list[tuple[str, str]]:
    """The operations that list, each with a parameter that names something."""
    return [
        (name, described["name"])
        for name in ("listEvents", "listThreads")
        for described in map(DOCUMENT.resolve, DOCUMENT.operations[name].get("parameters", []))
        if described["name"] in NAMING
    ]


@pytest.mark.parametrize(("operation", "member"), filters())
def test_no_filter_finds_what_is_foreign(shop: Shop, make_bench: MakeBench, operation: str, member: str) -> None:
    """T2: a list that names a foreign thing is that of a name which nobody has."""
    bench = make_bench(shop.server)
    trace = str(uuid4())
    question = [{"role": "user", "content": f"A question {bench.token}."}]
    ask(bench, shop, "LIVE", "openai", replies.chat(PLAIN), question, X_Trace_ID=trace, X_External_User_Id=bench.token)
    [event, _] = shop.reader("LIVE").await_types(trace, "user_message", "llm_response")
    [thread] = shop.reader("LIVE").threads(bench.agent)
    given: dict[str, Any] = {"traceId": trace, "threadId": trace, "externalUserId": bench.token, "q": bench.token}
    mine = given | {"agentName": bench.agent, "model": bench.model}
    mine |= {name: thread.get(name) or event.get(name) or "" for name in ("agentId", "agentVersionId", "providerId")}
    path, _ = DOCUMENT.route(operation)
    for key in (shop.keys["TEST"], shop.server.key):
        status, body = Reader(shop.server.ingest, key).raw(path, **{member: mine[member] or trace})
        assert trace.encode() not in body and bench.agent.encode() not in body
        assert status == 200 or status == 400 and member == "providerId", (status, body)


def test_an_agent_of_the_same_name_is_another_one(shop: Shop, make_bench: MakeBench) -> None:
    bench = make_bench(shop.server)
    definition = {"agentName": bench.agent, "metadata": {"systemPrompt": "Be brief.", "tools": []}}
    ids = {}
    for name in NAMES:
        head = {"Authorization": f"Bearer {shop.keys[name]}", "Content-Type": "application/json"}
        for url in (shop.server.proxy + "/v1/agents/init", shop.server.ingest + "/api/entities/init"):
            place, _, path = url.partition("/v1") if "/v1" in url else url.partition("/api")
            reply = fetch(place, "POST", ("/v1" if "/v1" in url else "/api") + path, head, replies.encode(definition))
            assert reply.status in (200, 201), reply.body
            ids.setdefault(name, set()).add(json.loads(reply.body)["agentId"])
    assert len(ids["LIVE"]) == len(ids["TEST"]) == 1 and not ids["LIVE"] & ids["TEST"]
