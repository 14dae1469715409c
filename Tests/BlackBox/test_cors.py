"""Web pages that call the proxy (PRX-99 to PRX-101)."""

from __future__ import annotations

import pytest

import replies
from bench import Bench, Headers, RawReply, fetch
from conftest import MakeBench, StartServer
from script import CLOSE
from test_bad_input import ROUTES
from test_connections import head_of
from test_edges import dial, everything
from test_upstream_faults import PLAIN, good

PAGE = "https://app.example.test"
OTHER = "https://evil.example.test"
PREFLIGHT: Headers = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,x-agent-name,x-stainless-os",
}


def cors(reply: RawReply) -> dict[str, str]:
    return {name.lower(): value for name, value in reply.headers if name.lower().startswith("access-control-")}


def exposed(reply: RawReply) -> set[str]:
    return {name.strip().lower() for name in (reply.header("access-control-expose-headers") or "").split(",")}


def test_off_unless_set(bench: Bench) -> None:
    bench.script.reply(replies.reply(replies.chat(PLAIN), access_control_allow_origin="*"))
    reply = bench.fetch(ROUTES["openai"], good(bench), headers=bench.headers(Origin=PAGE))
    assert reply.status == 200 and cors(reply) == {} and reply.header("vary") is None
    preflight = fetch(bench.server.proxy, "OPTIONS", ROUTES["openai"], PREFLIGHT)
    assert preflight.status == 401 and cors(preflight) == {}


@pytest.mark.parametrize("setting", ["flags", "variable", "all"])
@pytest.mark.parametrize("route", [*ROUTES.values(), "/v1/models", "/v1/anything", "/health"])
def test_preflight_without_a_key(start: StartServer, setting: str, route: str) -> None:
    flags = {"flags": ["--cors-origin", "http://localhost:3000", "--cors-origin", PAGE], "all": ["--cors-origin", "*"]}
    env = {"WHYOPS_CORS_ORIGIN": f"http://localhost:3000, {PAGE}"} if setting == "variable" else {}
    server = start(*flags.get(setting, []), env=env).ready()
    reply = fetch(server.proxy, "OPTIONS", route, PREFLIGHT)
    assert (reply.status, reply.body) == (204, b"")
    got = cors(reply)
    assert got["access-control-allow-origin"] == ("*" if setting == "all" else PAGE)
    assert "POST" in got["access-control-allow-methods"].split(", ")
    assert got["access-control-allow-headers"] == PREFLIGHT["Access-Control-Request-Headers"]
    assert got["access-control-max-age"] == "600"
    assert "access-control-allow-credentials" not in got
    assert reply.header("content-length") is None
    # PRX-119
    assert reply.header("request-id" if route == ROUTES["anthropic"] else "x-request-id")
    varies = ", ".join(value for name, value in reply.headers if name.lower() == "vary")
    assert ("Origin" in varies.split(", ")) == (setting != "all")
    assert "Access-Control-Request-Headers" in varies
    if setting != "all":
        for origin in (OTHER, PAGE + ".evil.test", PAGE + ":8443", PAGE.replace("https", "http"), "null", PAGE.upper()):
            other = fetch(server.proxy, "OPTIONS", route, {**PREFLIGHT, "Origin": origin})
            assert "access-control-allow-origin" not in cors(other), origin


def test_every_reply_may_be_read(start: StartServer, make_bench: MakeBench) -> None:
    """Whole replies and streams, refusals of ours and of the upstream's, with whatever headers they have."""
    bench = make_bench(start("--cors-origin", PAGE, "--max-body-bytes", "65536").ready())
    head = bench.headers(Origin=PAGE)
    chat = ROUTES["openai"]

    def check(reply: RawReply, status: int, *names: str) -> None:
        assert reply.status == status, reply.body
        assert (reply.header("access-control-allow-origin"), reply.header("vary")) == (PAGE, "Origin"), reply
        assert exposed(reply) >= {"server-timing", *names}, reply.headers
        mine = {name.lower() for name, _ in reply.headers}
        assert set(names) <= mine
        assert "access-control-allow-credentials" not in cors(reply)

    limits = {"x_ratelimit_remaining_requests": "7", "x_request_id": "r", "retry_after": "3"}
    bench.script.reply(replies.reply(replies.chat(PLAIN), access_control_allow_origin=OTHER, vary="x", **limits))
    check(bench.fetch(chat, good(bench), headers=head), 200, "x-trace-id", "x-thread-id", "x-ratelimit-remaining-requests", "x-request-id")
    bench.script.reply(replies.sse(replies.chat_events(PLAIN)))
    check(bench.fetch(chat, good(bench, stream=True), headers=head), 200, "x-trace-id", "x-thread-id")
    bench.script.reply(replies.reply({"error": {"message": "slow down"}}, 429, **limits))
    check(bench.fetch(chat, good(bench), headers=head), 429, "x-trace-id", "retry-after", "x-ratelimit-remaining-requests")
    bench.script.reply([CLOSE])
    check(bench.fetch(chat, good(bench), headers=head), 502, "x-trace-id")
    bench.script.reply(replies.http(200, b"[]"))
    check(bench.fetch(f"/v1/files/{bench.token}", None, "GET", head), 200)
    check(bench.fetch(chat, b"{", headers=head), 400)
    check(bench.fetch(chat, good(bench), headers={**head, "Authorization": "Bearer nobody"}), 401)
    check(bench.fetch(chat, good(bench, pad="x" * 70_000), headers=head), 413)
    check(bench.fetch("/v1/realtime", None, "GET", head), 501)
    check(bench.fetch("/health", None, "GET", head), 200)
    with dial(bench) as client:
        client.sendall(head_of(bench, b"{}", f"Origin: {PAGE}", "Host: another") + b"{}")
        assert f"access-control-allow-origin: {PAGE}".encode() in everything(client)
    # Nobody else, but caches must know that it depends.
    for origin in (OTHER, None):
        bench.script.reply(replies.reply(replies.chat(PLAIN)))
        reply = bench.fetch(chat, good(bench), headers=bench.headers(Origin=origin))  # type: ignore[arg-type]
        assert reply.status == 200 and cors(reply) == {} and reply.header("vary") == "Origin"


def test_all_origins(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start("--cors-origin", "*").ready())
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    reply = bench.fetch(ROUTES["openai"], good(bench), headers=bench.headers(Origin=OTHER, Cookie="a=b"))
    assert cors(reply)["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in cors(reply) and reply.header("vary") is None


def test_header_list_that_is_none(start: StartServer) -> None:
    server = start("--cors-origin", PAGE).ready()
    reply = fetch(server.proxy, "OPTIONS", "/v1/models", {**PREFLIGHT, "Access-Control-Request-Headers": 'x"<y>'})
    assert reply.status == 204 and "access-control-allow-headers" not in cors(reply)


@pytest.mark.parametrize("value", ["app.example.test", "https://a.test/", "https://a.test/x", "*,https://a.test", "https://", "ftp://a"])
def test_bad_setting(start: StartServer, value: str) -> None:
    server = start("--cors-origin", value)
    assert server.wait() == 2
    assert "--cors-origin" in server.log()
