"""Traces in other tools' forms: sent to a receiver, written, and taken in again (spec/interop.md)."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any

import anthropic
import openai
import pydantic
import pytest

import harness
import replies
from bench import Bench
from collector import Answer, Collector
from conftest import Command, StartServer
from test_ingest import event, post
from test_traces_command import comparable, conversation

KINDS = {"otlp": "gen_ai.operation.name", "openinference": "openinference.span.kind"}


def check(spans: list[dict[str, Any]], trace: str, form: str) -> None:
    """Two calls of a model under one root."""
    root, *calls = spans
    assert root["name"].startswith("invoke_agent ") and "parentSpanId" not in root
    assert [span["parentSpanId"] for span in calls] == [root["spanId"]] * 2
    assert {span["traceId"] for span in spans} == {trace.replace("-", "")}
    assert [span["kind"] for span in spans] == [1, 3, 3]
    wanted = ["invoke_agent", "chat", "chat"] if form == "otlp" else ["AGENT", "LLM", "LLM"]
    assert [span["attributes"][KINDS[form]] for span in spans] == wanted
    assert all(int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) for span in spans)


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
@pytest.mark.parametrize("form", ["otlp", "openinference"])
def test_spans_go_to_a_receiver(alone: Bench, place: Command, tmp_path: Path, encoding: str, form: str) -> None:
    # IOP-20, IOP-21, IOP-25
    trace = conversation(alone)
    (tmp_path / "headers").write_text("Authorization: Bearer of-a-file\n\nx-tenant : seven\n", encoding="utf-8")
    with Collector() as collector:
        done = place(
            *["traces", "export", trace, "--format", form, "--to", collector.url, "--encoding", encoding, "--gzip"],
            *["--header-from-file", str(tmp_path / "headers")],
        )
        assert (done.returncode, done.stdout) == (0, "3 spans sent, 0 refused.\n"), done.stderr
        [taken] = collector.taken
    assert taken.path == "/v1/traces" and len(taken.body) < len(taken.plain)
    assert taken.headers["content-type"] == {"json": "application/json", "protobuf": "application/x-protobuf"}[encoding]
    assert (taken.headers["authorization"], taken.headers["x-tenant"]) == ("Bearer of-a-file", "seven")
    check(taken.spans, trace, form)
    text = json.dumps(taken.spans)
    assert "It is on its way." in text and "You are welcome." in text
    names = {"otlp": "gen_ai.usage.input_tokens", "openinference": "llm.token_count.prompt"}
    assert all(span["attributes"][names[form]] > 0 for span in taken.spans[1:])


def test_headers_come_from_variables(alone: Bench) -> None:
    # IOP-25
    post(alone, event(alone), "/api/events")
    env = {
        "WHYOPS_API_KEY": alone.server.key,
        "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20secret%2C,x-one=1",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-one=2",
    }
    arguments = ["traces", "export", "--all", "--url", alone.server.ingest, "--to"]
    with Collector() as collector:
        done = harness.run(alone.server.folder, *arguments, collector.url + "/otlp/here", env=env)
        assert done.returncode == 0, done.stderr
        [taken] = collector.taken
        assert (taken.path, taken.headers["api-key"], taken.headers["x-one"]) == ("/otlp/here", "a secret,", "2")
        broken = {**env, "OTEL_EXPORTER_OTLP_HEADERS": "api-key=hidden\u00e9"}
        done = harness.run(alone.server.folder, *arguments, collector.url, env=broken)
        assert done.returncode == 2 and "hidden" not in done.stderr, done.stderr


def test_a_receiver_that_reads_no_json_gets_the_other_form(alone: Bench, place: Command) -> None:
    # IOP-21
    trace = conversation(alone)
    with Collector(Answer(415, b"Unsupported content type: application/json"), Answer()) as collector:
        done = place("traces", "export", trace, "--to", collector.url)
        assert done.stdout == "3 spans sent, 0 refused.\n", done.stderr
        assert [one.headers["content-type"] for one in collector.taken] == ["application/json", "application/x-protobuf"]
        check(collector.spans, trace, "otlp")
    with Collector(Answer(415)) as collector:
        done = place("traces", "export", trace, "--to", collector.url, "--encoding", "json")
        assert done.returncode == 1 and "status 415" in done.stderr and len(collector.taken) == 1


def test_what_is_refused_is_told(alone: Bench, place: Command) -> None:
    # IOP-24
    trace = conversation(alone)
    partial = b'{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}'
    # The same as a message: rejected_spans 2, error_message "too old".
    message = bytes([0x0A, 0x0B, 0x08, 0x02, 0x12, 0x07]) + b"too old"
    for body, encoding in ((partial, "json"), (message, "protobuf")):
        with Collector(Answer(200, body)) as collector:
            done = place("traces", "export", trace, "--to", collector.url, "--encoding", encoding)
            assert (done.returncode, done.stdout) == (1, "1 span sent, 2 refused.\n")
            assert done.stderr == f"{collector.url}/v1/traces refused 2 of 3 spans: too old\n"
    with Collector(Answer(400, b'{"message":"no"}')) as collector:
        done = place("traces", "export", trace, "--to", collector.url)
        assert (done.returncode, done.stdout) == (1, "0 spans sent, 3 refused.\n") and "status 400" in done.stderr
        assert len(collector.taken) == 1
    for status in (401, 404, 500):
        with Collector(Answer(status)) as collector:
            done = place("traces", "export", trace, "--to", collector.url)
            assert (done.returncode, done.stdout) == (1, "") and f"status {status}" in done.stderr, done.stderr
            assert len(collector.taken) == 1


def test_a_receiver_without_room_is_asked_again(alone: Bench, place: Command) -> None:
    # IOP-23
    trace = conversation(alone)
    soon = {"Retry-After": "0"}
    statuses = [429, 502, 503, 504]
    with Collector(*[Answer(status, headers=soon) for status in statuses], Answer()) as collector:
        done = place("traces", "export", trace, "--to", collector.url)
        assert (done.returncode, done.stdout) == (0, "3 spans sent, 0 refused.\n"), done.stderr
        assert [one.status for one in collector.taken] == [*statuses, 200]
        assert len({one.body for one in collector.taken}) == 1
    with Collector(Answer(503, headers=soon)) as collector:
        done = place("traces", "export", trace, "--to", collector.url)
        assert done.returncode == 1 and "status 503" in done.stderr and len(collector.taken) == 8


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"], ids=["nothing", "a head alone"])
def test_a_receiver_that_never_ends_its_answer_is_left(alone: Bench, place: Command, head: bytes) -> None:
    # IOP-24
    trace = conversation(alone)
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return
                held[-1].sendall(head)

        threading.Thread(target=answer, daemon=True).start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        done = place("traces", "export", trace, "--to", address, "--timeout", "1")
        server.shutdown(socket.SHUT_RDWR)
    for one in held:
        one.close()
    assert (done.returncode, done.stdout, len(held)) == (1, "", 1)
    assert f"{address}/v1/traces gave no whole answer in 1 s (--timeout)." in done.stderr, done.stderr


def test_requests_are_of_bounded_size(alone: Bench, place: Command) -> None:
    # IOP-22
    for start in range(0, 1200, 100):
        calls = [{**event(alone, at), "eventType": "tool_call"} for at in range(start, start + 100)]
        assert post(alone, calls, "/api/events").status == 201
    with Collector() as collector:
        done = place("traces", "export", "--all", "--to", collector.url)
        assert (done.returncode, done.stdout) == (0, "1201 spans sent, 0 refused.\n"), done.stderr
        sizes = [len(one.spans) for one in collector.taken]
        assert max(sizes) <= 512 and len(sizes) > 1
        ids = [span["spanId"] for span in collector.spans]
        assert len(set(ids)) == len(ids)
    with Collector(Answer(413), Answer()) as collector:
        done = place("traces", "export", "--all", "--to", collector.url)
        assert done.returncode == 0, done.stderr
        assert len(collector.spans) == len(ids) and len(collector.taken[1].spans) < len(collector.taken[0].spans)


@pytest.mark.parametrize("form", ["otlp", "openinference", "both"])
@pytest.mark.parametrize("exact", [True, False])
def test_spans_are_traces_elsewhere(
    alone: Bench, place: Command, start: StartServer, tmp_path: Path, form: str, exact: bool
) -> None:
    # IOP-14, IOP-33
    conversation(alone)
    post(alone, [event(alone, at, metadata={"n": 1.50}, externalUserId="user 7") for at in range(3)], "/api/events")
    flags = ["--exact", "--with-users"] if exact else []
    done = place("traces", "export", "--all", "--format", form, *flags)
    assert done.returncode == 0 and done.stderr.endswith(" spans of 2 traces.\n"), done.stderr
    (tmp_path / "spans.json").write_text(done.stdout, encoding="utf-8")
    before = place("traces", "export", "--all").stdout
    other = start(folder="copy").ready()
    elsewhere = {"env": {"WHYOPS_API_KEY": other.key}}
    for told in ("7 stored, 0 refused.", "0 stored, 7 were there already, 0 refused."):
        done = harness.run(tmp_path, "traces", "import", "spans.json", "--url", other.ingest, **elsewhere)
        assert (done.returncode, done.stdout.strip(), done.stderr) == (0, told, "")
    after = harness.run(tmp_path, "traces", "export", "--all", "--url", other.ingest, **elsewhere).stdout
    if exact:
        assert sorted(map(comparable, after.splitlines())) == sorted(map(comparable, before.splitlines()))
        return
    ours = ["eventType", "traceId", "spanId", "stepId", "parentStepId", "agentName", "timestamp", "idempotencyKey"]
    read = [sorted(([line.get(name) for name in ours] for line in map(json.loads, text.splitlines())), key=str) for text in (before, after)]
    assert read[0] == read[1]


def test_formats_of_an_import(alone: Bench, place: Command, tmp_path: Path) -> None:
    lines = [json.dumps(event(alone)), '{"resourceSpans":[]}', "{", '{"resourceSpans":[{"scopeSpans":[{"spans":[%s]}]}]}']
    span = {"traceId": "a" * 32, "spanId": "b" * 16, "name": "plan", "attributes": []}
    (tmp_path / "mixed").write_text("\n".join(lines) % json.dumps(span), encoding="utf-8")
    done = place("traces", "import", str(tmp_path / "mixed"))
    assert (done.returncode, done.stdout) == (1, "1 stored, 1 refused.\n")
    assert ":3: json: " in done.stderr and "1 span is about neither a model nor a tool" in done.stderr
    done = place("traces", "import", str(tmp_path / "mixed"), "--format", "otlp")
    assert (done.returncode, done.stdout) == (1, "0 stored, 2 refused.\n") and ":1: otlp: " in done.stderr
    done = place("traces", "import", str(tmp_path / "mixed"), "--format", "ndjson")
    assert (done.returncode, done.stdout) == (1, "1 stored, 3 refused.\n"), done.stderr


def test_spans_whose_ids_are_none_are_told(alone: Bench, place: Command) -> None:
    # IOP-30
    tool = [{"key": "gen_ai.operation.name", "value": {"stringValue": "execute_tool"}}]
    ids = [("CvdlGRbNQ92ESOshHIAxnA==", "t61rcWkgMzE="), ("a", "b"), ("CvdlGRbNQ92ESOshHIAxnA==", "none")]
    spans = [{"traceId": trace, "spanId": span, "name": "find", "attributes": tool} for trace, span in ids]
    done = place("traces", "import", "-", given=json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}))
    assert (done.returncode, done.stdout) == (1, "2 stored, 2 refused.\n"), done.stderr
    assert done.stderr.startswith("standard input:1: otlp: 2 spans have no ids that can be read: ") and "base64" in done.stderr
    [trace] = place("traces", "export", "--all").stdout.splitlines()[:1]
    assert json.loads(trace)["traceId"] == "0af7651916cd43dd8448eb211c80319c"


def test_requests_in_protocol_buffers_are_taken(alone: Bench, place: Command, start: StartServer, tmp_path: Path) -> None:
    """IOP-54: what an exporter sends is a file that is taken in, whole or not at all."""
    trace = conversation(alone)
    with Collector() as collector:
        assert place("traces", "export", "--all", "--to", collector.url, "--encoding", "protobuf").returncode == 0
        [taken] = collector.taken
    (tmp_path / "body.bin").write_bytes(taken.plain)
    other = start(folder="copy").ready()
    elsewhere = ["--url", other.ingest, "--format", "otlp-protobuf"]
    env = {"WHYOPS_API_KEY": other.key}
    done = harness.run(tmp_path, "traces", "import", "body.bin", "--url", other.ingest, env=env)
    assert done.returncode == 1 and "--format otlp-protobuf reads requests in Protocol Buffers" in done.stderr, done.stderr
    (tmp_path / "half.bin").write_bytes(taken.plain[: len(taken.plain) // 2])
    done = harness.run(tmp_path, "traces", "import", "half.bin", *elsewhere, env=env)
    assert (done.returncode, done.stdout) == (1, "0 stored, 1 refused.\n")
    assert done.stderr.startswith("half.bin: otlp: this is no request of OTLP in Protocol Buffers: at byte "), done.stderr
    for told in ("4 stored, 0 refused.", "0 stored, 4 were there already, 0 refused."):
        done = harness.run(tmp_path, "traces", "import", "body.bin", *elsewhere, env=env)
        assert (done.returncode, done.stdout.strip(), done.stderr) == (0, told, "")
    after = harness.run(tmp_path, "traces", "export", "--all", "--url", other.ingest, env=env).stdout
    assert [json.loads(line)["traceId"] for line in after.splitlines()] == [trace] * 4


def test_messages_in_events_of_spans(alone: Bench, place: Command) -> None:
    """IOP-52: as programs wrote them before messages were attributes; a span outside both conversations is in neither."""

    def listed(**values: str) -> list[dict[str, Any]]:
        return [{"key": key.replace("__", "."), "value": {"stringValue": value}} for key, value in values.items()]

    def span(at: int, parent: str, *events: tuple[str, dict[str, str]], **attributes: str) -> dict[str, Any]:
        said = [{"name": name, "timeUnixNano": "1767323045000000000", "attributes": listed(**values)} for name, values in events]
        return {
            "traceId": "a" * 32, "spanId": f"{at:016x}", "parentSpanId": parent, "name": "n", "attributes": listed(**attributes),
            "startTimeUnixNano": "1767323045000000000", "endTimeUnixNano": "1767323046000000000", "events": said,
        }  # fmt: skip

    chat = {"gen_ai__operation__name": "chat", "gen_ai__request__model": "m"}
    spans = [
        span(1, "", gen_ai__conversation__id="one"),
        span(2, "", traceloop__association__properties__session_id="two"),
        span(3, f"{1:016x}", ("gen_ai.user.message", {"content": "Where is it?"}), ("gen_ai.choice", {"message": "There."}), **chat),
        span(4, f"{2:016x}", ("gen_ai.content.prompt", {"gen_ai__prompt": "And now?"}), **chat),
        span(5, "", ("gen_ai.user.message", {"content": "Whose am I?"}), **chat),
    ]
    done = place("traces", "import", "-", given=json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}))
    assert (done.returncode, done.stdout) == (0, "6 stored, 0 refused.\n"), done.stderr
    assert "2 spans are about neither a model nor a tool" in done.stderr
    lines = [json.loads(line) for line in place("traces", "export", "--all").stdout.splitlines()]
    asked = {line["traceId"]: line["content"][0]["content"] for line in lines if line["eventType"] == "user_message"}
    assert asked == {"one": "Where is it?", "two": "And now?", "a" * 32: "Whose am I?"}
    assert [line["content"] for line in lines if line["traceId"] == "one"][1] == {"content": "There."}


def test_conversations_are_taken_by_the_clients(alone: Bench, place: Command) -> None:
    # IOP-50
    trace = conversation(alone)
    done = place("traces", "export", trace, "--format", "openai")
    [line] = map(json.loads, done.stdout.splitlines())
    assert [one["role"] for one in line["messages"]] == ["user", "assistant", "user", "assistant"]
    assert [one["content"] for one in line["messages"][1::2]] == ["It is on its way.", "You are welcome."]
    assert done.stderr == "1 conversation of 1 trace.\n"
    alone.script.reply(replies.reply(replies.chat("Bye.", model=alone.model)))
    reply = alone.openai().chat.completions.create(
        model=alone.model, messages=[*line["messages"], {"role": "user", "content": "Bye"}]
    )
    assert isinstance(reply, openai.types.chat.ChatCompletion)
    done = place("traces", "export", trace, "--format", "anthropic")
    [line] = map(json.loads, done.stdout.splitlines())
    assert [one["role"] for one in line["messages"]] == ["user", "assistant", "user", "assistant"]
    assert line["messages"][1]["content"] == [{"type": "text", "text": "It is on its way."}]
    pydantic.TypeAdapter(list[anthropic.types.MessageParam]).validate_python(line["messages"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--to", "http://127.0.0.1:1", "--format", "ndjson"],
        ["--to", "http://127.0.0.1:1", "--format", "openai"],
        ["--gzip"],
        ["--timeout", "5"],
        ["--to", "http://127.0.0.1:1", "--timeout", "0"],
        ["--exact"],
        ["--format", "otlp", "--exact", "--without-content"],
        ["--format", "xml"],
        ["--to", "ftp://127.0.0.1"],
        ["--to", "http://user:word@127.0.0.1"],
        ["--to", "http://127.0.0.1:1", "--header-from-file", "none"],
    ],
    ids=" ".join,
)
def test_misuse(tmp_path: Path, arguments: list[str]) -> None:
    done = harness.run(tmp_path, "traces", "export", "--all", *arguments)
    assert done.returncode == 2 and done.stdout == "" and "word@" not in done.stderr, done.stderr
