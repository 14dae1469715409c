"""Every endpoint answers with `/v1`, without it, and with it twice (PRX-1); where a key may stand (PRX-3, PRX-205)."""

from __future__ import annotations

import datetime
import json
from typing import Any

import openai
import pytest

import replies
import vendors
from bench import Bench
from harness import Secrets

prefixes = pytest.mark.parametrize("prefix", ["", "/v1", "/v1/v1"])


@prefixes
@pytest.mark.parametrize("vendor", list(vendors.ROUTES))
def test_recorded_routes(bench: Bench, prefix: str, vendor: str) -> None:
    route = vendors.ROUTES[vendor]
    bench.script.reply(replies.reply(vendors.whole(vendor, vendors.PLAIN)))
    body = replies.encode({"model": bench.model, **vendors.asked(vendor, "A question.")})
    reply = bench.fetch(prefix + route.removeprefix("/v1"), body)
    assert reply.status == 200, reply.body
    assert bench.script.last.target == route
    bench.reader.await_types(reply.trace, "user_message", "llm_response")


@prefixes
def test_embeddings(bench: Bench, prefix: str) -> None:
    answer = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "model": bench.model}
    bench.script.reply(replies.reply(answer))
    reply = bench.fetch(f"{prefix}/embeddings", replies.encode({"model": bench.model, "input": "a"}))
    assert reply.status == 200, reply.body
    assert bench.script.last.target == "/v1/embeddings"
    bench.reader.await_types(reply.trace, "embedding_request", "embedding_response")


@prefixes
def test_registration_of_an_agent(bench: Bench, prefix: str) -> None:
    definition = {"systemPrompt": f"Be brief. {prefix}", "tools": []}
    body = replies.encode({"agentName": bench.agent, "metadata": definition})
    reply = bench.fetch(f"{prefix}/agents/init", body)
    assert reply.status in (200, 201), reply.body
    assert json.loads(reply.body)["agentId"]
    assert bench.script.exchanges == []


@prefixes
@pytest.mark.parametrize(
    "path", ["/models", "/models/some-model", "/files/file-1/content", "/responses/resp_1", "/messages/batches", "/batches"]
)
def test_routes_that_are_passed_through(bench: Bench, prefix: str, path: str) -> None:
    bench.script.reply(replies.reply({"object": "list", "data": []}))
    reply = bench.fetch(prefix + path, None, "GET")
    assert (reply.status, json.loads(reply.body)) == (200, {"object": "list", "data": []})
    assert bench.script.last.target == "/v1" + path


@prefixes
def test_realtime(bench: Bench, prefix: str) -> None:
    assert bench.fetch(f"{prefix}/realtime?model=m", None, "GET").status == 501
    assert bench.script.exchanges == []


@prefixes
def test_health(bench: Bench, prefix: str) -> None:
    """PRX-18, PRX-172, PRX-200: what the original says, too."""
    answer = json.loads(bench.fetch(f"{prefix}/health", None, "GET", {}).body)
    time = datetime.datetime.fromisoformat(answer.pop("timestamp"))
    assert abs(datetime.datetime.now(datetime.timezone.utc) - time) < datetime.timedelta(minutes=5)
    assert answer == {"status": "healthy", "service": "whyops-proxy", "version": "1.0.0"}
    assert json.loads(bench.fetch(f"{prefix}/health/ready", None, "GET", {}).body) == {"status": "ready"}


# Azure's clients


def azure(bench: Bench, **where: Any) -> openai.AzureOpenAI:
    return openai.AzureOpenAI(
        api_key=bench.server.key,
        api_version="2024-10-21",
        default_headers={"X-Agent-Name": bench.agent, "X-Client-Request-Id": bench.token},
        max_retries=0,
        **where,
    )


@pytest.mark.parametrize("form", ["endpoint", "base address", "deployment", "streamed"])
def test_client_of_azure(bench: Bench, secret: Secrets, form: str) -> None:
    """PRX-205, PRX-206: recorded, stitched, and nothing of Azure's goes upstream."""
    url = bench.server.proxy
    where: dict[str, Any] = {
        "base address": {"base_url": f"{url}/v1"},
        "deployment": {"azure_endpoint": url, "azure_deployment": "some-deployment"},
    }.get(form, {"azure_endpoint": url})
    client = azure(bench, **where)
    messages: list[Any] = [{"role": "user", "content": "A question."}]
    traces = []
    for _ in range(2):
        if form == "streamed":
            bench.script.reply(replies.sse(replies.chat_events("It is done, and all of it went well.")))
            with client.chat.completions.with_streaming_response.create(
                model=bench.model, messages=messages, stream=True
            ) as raw:
                traces.append(raw.headers["x-trace-id"])
                chunks = [chunk for chunk in raw.parse()]
            text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        else:
            bench.script.reply(replies.reply(replies.chat("It is done, and all of it went well.")))
            got = client.chat.completions.with_raw_response.create(model=bench.model, messages=messages)
            traces.append(got.headers["x-trace-id"])
            text = got.parse().choices[0].message.content or ""
        messages += [{"role": "assistant", "content": text}, {"role": "user", "content": "And then?"}]
        sent = bench.script.last
        assert sent.target == "/v1/chat/completions"
        assert sent.header("authorization") == f"Bearer {secret.openai}"
        assert sent.header("api-key") is None
        assert bench.server.key not in str(sent.headers)
        assert sent.json()["model"] == bench.model
    assert traces[0] == traces[1]
    bench.reader.await_types(traces[0], *["user_message", "llm_response"] * 2)


def test_other_calls_of_the_azure_client(bench: Bench) -> None:
    answer = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "model": bench.model}
    bench.script.reply(replies.reply(answer))
    client = azure(bench, azure_endpoint=bench.server.proxy)
    client.embeddings.create(model=bench.model, input="a", encoding_format="float")
    assert bench.script.last.target == "/v1/embeddings"
    # What is no route of ours passes as it came.
    bench.script.reply(replies.reply({"created": 1, "data": []}))
    client.images.generate(model="picture", prompt=bench.token)
    assert bench.script.last.target == "/v1/openai/deployments/picture/images/generations?api-version=2024-10-21"


def test_other_parameters_of_a_deployment_stay(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.chat(vendors.PLAIN)))
    body = replies.encode({"model": bench.model, **vendors.asked("openai", "A question.")})
    assert bench.fetch("/deployments/d/chat/completions?a=%2F&api-version=2024-10-21&b", body).status == 200
    assert bench.script.last.target == "/v1/chat/completions?a=%2F&b"


def test_the_order_of_the_headers_of_a_key(bench: Bench) -> None:
    """PRX-3, PRX-205: the first that is there decides, and a wrong one is not made good by another."""
    key = bench.server.key
    for head, status in [
        ({"Authorization": None, "api-key": key}, 200),
        ({"Authorization": "Bearer ", "x-api-key": "", "api-key": key}, 200),
        ({"Authorization": "Bearer wrong-key-of-sixteen", "api-key": key}, 401),
        ({"Authorization": None, "x-api-key": "wrong-key-of-sixteen", "api-key": key}, 401),
        ({"Authorization": None, "api-key": "wrong-key-of-sixteen"}, 401),
        ({"Authorization": None, "api_key": key}, 401),
        ({"Authorization": None, "api-key": ""}, 401),
    ]:
        bench.script.reply(replies.reply({"data": []}))
        sent = {name: value for name, value in {**bench.headers(), **head}.items() if value is not None}
        assert bench.fetch("/v1/models", None, "GET", sent).status == status, head
        bench.script.drop_replies()
    for exchange in bench.script.exchanges:
        assert exchange.header("api-key") is None
        assert key not in str(exchange.headers)
