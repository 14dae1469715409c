"""What was used and what it cost (ING-60 to ING-69)."""

from __future__ import annotations

from typing import Any

import pytest

from asking import ask, register
from bench import Bench
from conftest import MakeBench, StartServer
from test_ingest import event, post


def reply(bench: Bench, model: str, provider: str, at: str = "2026-03-04T10:20:30Z", trace: str = "t", latency: int = 100, **usage: Any) -> Any:
    metadata = {"model": model, "provider": provider, "latencyMs": latency, "usage": usage}
    return {
        "eventType": "llm_response", "traceId": f"{bench.token}-{trace}", "agentName": bench.agent, "timestamp": at,
        "content": {"content": "x"}, "metadata": metadata, "externalUserId": f"user-{trace}",
    }


@pytest.fixture
def filled(bench: Bench) -> tuple[Bench, str]:
    """A trace with cached tokens of both ways to count them, and an error."""
    agent_id = register(bench, "A").body["agentId"]
    batch = [
        reply(bench, "gpt-4o-2024-08-06", "openai", promptTokens=1000, completionTokens=100, cacheReadTokens=400, totalTokens=1100),
        reply(bench, "claude-sonnet-4-5-20250929", "anthropic", "2026-03-04T11:00:00Z", "u", 300, promptTokens=1000, completionTokens=100,
              cacheReadTokens=2000, cacheCreationTokens=500, cacheWrite5mTokens=200, cacheWrite1hTokens=300, totalTokens=3600),
        reply(bench, "nobody-knows", "p", "2026-03-09T00:00:00Z", totalTokens=7),
        {"eventType": "error", "traceId": f"{bench.token}-t", "agentName": bench.agent, "timestamp": "2026-03-09T00:00:01Z",
         "metadata": {"model": "nobody-knows", "provider": "p"}},
    ]
    assert post(bench, batch).status == 202
    return bench, agent_id


# By hand: 600 * 2.5 + 400 * 1.25 + 100 * 10, and 1000 * 3 + 100 * 15 + 2000 * 0.3 + 200 * 3.75 + 300 * 6, in millionths.
GPT, CLAUDE = 0.003, 0.00765


def test_usage(filled: tuple[Bench, str]) -> None:
    bench, agent_id = filled
    stats = ask(bench, "GET", f"/api/analytics/usage?agentId={agent_id}").body["stats"]
    assert [(one["provider"], one["model"]) for one in stats] == [
        ("anthropic", "claude-sonnet-4-5-20250929"), ("openai", "gpt-4o-2024-08-06"), ("p", "nobody-knows"),
    ]
    claude, gpt, other = stats
    assert (claude["inputTokens"], claude["cacheReadTokens"], claude["cacheWriteTokens"], claude["totalCost"]) == (1000, 2000, 500, CLAUDE)
    assert (gpt["inputTokens"], gpt["cacheReadTokens"], gpt["outputTokens"], gpt["totalCost"]) == (600, 400, 100, GPT)
    assert (other["requestCount"], other["errorCount"], other["totalCost"], other["isPriced"]) == (2, 1, 0, False)
    assert other["avgLatency"] == 100
    early = ask(bench, "GET", f"/api/analytics/usage?agentId={agent_id}&endDate=2026-03-04T10:30:00Z").body["stats"]
    assert [one["model"] for one in early] == ["gpt-4o-2024-08-06"]


@pytest.mark.parametrize(
    ["interval", "starts"],
    [
        ("hour", ["2026-03-04T10:00:00.000Z", "2026-03-04T11:00:00.000Z", "2026-03-09T00:00:00.000Z"]),
        ("day", ["2026-03-04T00:00:00.000Z", "2026-03-09T00:00:00.000Z"]),
        ("week", ["2026-03-02T00:00:00.000Z", "2026-03-09T00:00:00.000Z"]),
        ("month", ["2026-03-01T00:00:00.000Z"]),
    ],
)
def test_timeline(filled: tuple[Bench, str], interval: str, starts: list[str]) -> None:
    bench, agent_id = filled
    timeline = ask(bench, "GET", f"/api/analytics/timeline?interval={interval}&agentId={agent_id}").body["timeline"]
    assert [one["interval"] for one in timeline] == starts
    assert sum(one["requestCount"] for one in timeline) == 4
    assert round(sum(one["totalCost"] for one in timeline), 9) == round(GPT + CLAUDE, 9)
    assert ask(bench, "GET", "/api/analytics/timeline?interval=year").body["error"] == "Invalid interval"


def test_summary(filled: tuple[Bench, str]) -> None:
    bench, agent_id = filled
    summary = ask(bench, "GET", f"/api/analytics/summary?agentId={agent_id}").body["summary"]
    assert (summary["totalRequests"], summary["totalThreads"], summary["totalTokens"], summary["errorCount"]) == (4, 2, 4707, 1)
    assert summary["unpricedModels"] == ["nobody-knows"]
    assert summary["avgLatency"] == 166.67


def test_users(filled: tuple[Bench, str]) -> None:
    bench, agent_id = filled
    for path in (f"/api/users?agentId={agent_id}", f"/api/entities/{agent_id}/user-distribution?count=100"):
        found = ask(bench, "GET", path).body
        assert [one["externalUserId"] for one in found["users"]] == ["user-t", "user-u"]
        assert found["pagination"]["total"] == 2
        first, second = found["users"]
        assert (first["traceCount"], first["eventCount"], first["errorCount"], first["totalTokens"], first["totalCost"]) == (1, 3, 1, 1107, GPT)
        assert second["totalCost"] == CLAUDE


def test_cost_of_a_thread(filled: tuple[Bench, str]) -> None:
    bench, _ = filled
    thread = bench.reader.thread(f"{bench.token}-t")
    assert thread and thread["totalCost"] == GPT
    assert [one["model"] for one in thread["cost"]] == ["gpt-4o"]
    shares = {one["model"]: one for one in thread["models"]}
    assert shares["gpt-4o-2024-08-06"]["totalCost"] == GPT
    assert shares["gpt-4o-2024-08-06"]["cost"]["cacheReadTokenPricePerMillionToken"] == 1.25
    assert (shares["nobody-knows"]["cost"], shares["nobody-knows"]["totalCost"]) == (None, 0)


def test_calls_are_paid_one_by_one(bench: Bench) -> None:
    """What one call read from its cache takes nothing from another, and a long prompt has its own price (ING-61, ING-93)."""
    agent_id = register(bench, "A").body["agentId"]
    raw = {"input_tokens": 100_000, "output_tokens": 10, "cache_creation": {"ephemeral_1h_input_tokens": 1}, "cache_creation_input_tokens": 1}
    batch = [
        reply(bench, "gpt-4o", "openai", promptTokens=1000, cacheReadTokens=900),
        reply(bench, "gpt-4o", "openai", promptTokens=100, cacheReadTokens=1000),
        reply(bench, "claude-haiku-5-5", "anthropic", promptTokens=100_000, completionTokens=10),
        reply(bench, "claude-haiku-5-5", "anthropic", **raw),
    ]
    assert post(bench, batch).status == 202
    gpt = (100 + 100) * 2.5 + (900 + 1000) * 1.25
    claude = 100_000 * 0.1 + 10 * 0.5 + 100_000 * 0.5 + 10 * 2.5 + 1 * 1.0
    stats = ask(bench, "GET", f"/api/analytics/usage?agentId={agent_id}").body["stats"]
    assert {one["model"]: one["totalCost"] for one in stats} == pytest.approx({"gpt-4o": gpt / 1e6, "claude-haiku-5-5": claude / 1e6}, abs=1e-9)
    thread = bench.reader.thread(f"{bench.token}-t")
    assert thread and thread["totalCost"] == pytest.approx((gpt + claude) / 1e6, abs=1e-9)


def test_names_are_told_apart_by_bytes(bench: Bench) -> None:
    """ING-92: one letter in one character and in two."""
    one, two = "caf\u00e9", "cafe\u0301"
    agent_id = register(bench, "A").body["agentId"]
    batch = [reply(bench, name, name, trace=name, totalTokens=number, promptTokens=1) for number, name in ((2, one), (1, two))]
    assert post(bench, batch).status == 202
    stats = ask(bench, "GET", f"/api/analytics/usage?agentId={agent_id}").body["stats"]
    assert [(each["provider"], each["model"], each["requestCount"]) for each in stats] == [(one, one, 1), (two, two, 1)]
    users = ask(bench, "GET", f"/api/users?agentId={agent_id}").body["users"]
    assert {each["externalUserId"]: each["totalTokens"] for each in users} == {f"user-{one}": 2, f"user-{two}": 1}
    summary = ask(bench, "GET", f"/api/analytics/summary?agentId={agent_id}").body["summary"]
    assert set(summary["unpricedModels"]) == {one, two} and len(summary["unpricedModels"]) == 2


def test_prices(bench: Bench) -> None:
    one = ask(bench, "POST", "/api/llm-costs", {"models": "openai/gpt-4o-mini-2024-07-18"})
    assert (one.status, one.body["model"], one.body["inputTokenPricePerMillionToken"]) == (200, "gpt-4o-mini", 0.15)
    several = ask(bench, "POST", "/api/llm-costs", {"models": ["claude-3-haiku-20240307", "gpt-4oo", "o3"]}).body
    assert [item and item["model"] for item in several] == ["claude-3-haiku", None, "o3"]
    assert ask(bench, "POST", "/api/llm-costs", {"models": 5}).status == 400
    tier = ask(bench, "POST", "/api/llm-costs", {"models": "claude-haiku-5-5"}).body["longPrompt"]
    assert (tier["aboveTokens"], tier["outputTokenPricePerMillionToken"], tier["cacheReadTokenPricePerMillionToken"]) == (100_000, 2.5, 0.05)
    assert ask(bench, "POST", "/api/llm-costs", {"models": ["claude-opus-4-5-turbo", "gpt-5-pro"]}).body == [None, None]


def test_operators_prices_come_first(start: StartServer, make_bench: MakeBench, tmp_path: Any) -> None:
    table = tmp_path / "prices.json"
    table.write_text('{"models":[{"model":"gpt-4o","inputTokenPricePerMillionToken":1,"outputTokenPricePerMillionToken":2},'
                     '{"model":"own","inputTokenPricePerMillionToken":0.5,"outputTokenPricePerMillionToken":0,"contextWindow":9}]}')
    bench = make_bench(start("--prices", str(table)).ready())
    prices = ask(bench, "POST", "/api/llm-costs", {"models": ["gpt-4o", "own", "o3"]}).body
    assert [item["inputTokenPricePerMillionToken"] for item in prices] == [1, 0.5, 2]
    assert (prices[0]["cacheReadTokenPricePerMillionToken"], prices[1]["contextWindow"]) == (1, 9)


def test_dashboard(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start().ready())
    assert ask(bench, "GET", "/api/analytics/dashboard").body["avgLatency"] == "0ms"
    now = {"timestamp": None}
    calls = [{key: value for key, value in reply(bench, "m", "p", trace=str(at), latency=1500).items() if key not in now} for at in range(3)]
    post(bench, [*calls, event(bench), {"eventType": "error", "traceId": bench.token, "agentName": "other"}])
    found = ask(bench, "GET", "/api/analytics/dashboard?agentCount=1").body
    assert (found["totalAgents"], found["activeTraces"], found["successRate"], found["avgLatency"]) == (2, 5, 80, "1.5s")
    assert found["agentsUsage"] == {bench.agent: 4}
    assert [one["value"] for one in found["timeline"]] == [0] * 6 + [5]


@pytest.mark.parametrize("path", ["usage", "timeline", "summary"])
def test_other_users_are_forbidden(bench: Bench, path: str) -> None:
    answer = ask(bench, "GET", f"/api/analytics/{path}?userId=3b241101-e2bb-4255-8caf-4136c566a962")
    assert (answer.status, answer.body["error"]) == (403, "Forbidden: cross-user query is not allowed")
    post(bench, event(bench))
    mine = bench.reader.thread(f"trace-{bench.token}")
    assert mine and ask(bench, "GET", f"/api/analytics/{path}?userId={mine['userId']}").status == 200
