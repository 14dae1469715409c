"""The command line: settings, misuse, the demonstration."""

from __future__ import annotations

import re
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import frames
import replies
from bench import fetch
from conftest import MakeBench, StartServer
from harness import run
from test_upstream_faults import PLAIN, closed_port, good


@pytest.mark.parametrize("half", ["--proxy-port", "--ingest-port"])
def test_port_in_use(start: StartServer, half: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        server = start(half, port)
        assert server.wait() != 0
    assert port in server.log(), server.log()
    assert "Fatal error" not in server.log()


@pytest.mark.parametrize(
    "arguments",
    [["serve", "--no-such-flag"], ["serve", "--proxy-port", "nonsense"], ["serve", "--store", "nonsense:x"], ["nonsense"]],
    ids=" ".join,
)
def test_misuse_is_an_error(tmp_path: Path, arguments: list[str]) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stderr.strip()
    assert "Fatal error" not in done.stderr


def test_help(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--help")
    assert done.returncode == 0
    for flag in (
        "--host --proxy-port --ingest-port --store --default-agent --max-body-bytes --upstream-connect-timeout "
        "--upstream-first-byte-timeout --upstream-idle-timeout --signature --signature-policy --log-level"
    ).split():
        assert flag in done.stdout, flag


def test_help_of_every_command(tmp_path: Path) -> None:
    """Each says what it does, and what each of its options is for."""
    waiting, seen = [()], set()
    while waiting:
        command = waiting.pop()
        done = run(tmp_path, *command, "--help", env={"COLUMNS": "400"})
        assert (done.returncode, done.stderr) == (0, ""), command
        seen.add(command)
        assert re.match(r"OVERVIEW: \S.*", done.stdout), (command, done.stdout[:200])
        options, _, below = done.stdout.partition("OPTIONS:")[2].partition("SUBCOMMANDS:")
        assert re.search(r"^ *Examples?:\n +\S", done.stdout, re.MULTILINE), f"{command} has no example"
        # What only a service has would do nothing elsewhere, but where it is looked at.
        is_service = command in {("serve",), ("doctor",)}
        assert ("--host" in options and "--shutdown-timeout" in options) == is_service, command
        # An option, then what it is for, beside it or on the next line.
        for option, rest in re.findall(r"^  (--?[^ ]+(?:, --[^ ]+)?(?: <[^>]+>)?)( +\S.*|\n {10,}\S.*|)", options, re.MULTILINE):
            assert rest.strip(), f"{' '.join(command)} {option}"
        waiting += [(*command, name) for name in re.findall(r"^  ([a-z][\w-]+)(?: \(default\))? ", below, re.MULTILINE)]
    assert {("keys", "signing", "rotate"), ("providers", "test"), ("conformance", "run"), ("demo",)} <= seen


def test_settings_from_the_environment(start: StartServer, make_bench: MakeBench) -> None:
    server = start(env={"WHYOPS_DEFAULT_AGENT": "from-the-environment", "WHYOPS_SIGNATURE": "off", "WHYOPS_MAX_BODY_BYTES": "5000"})
    bench = make_bench(server.ready())
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    head = bench.headers()
    del head["X-Agent-Name"]
    reply = bench.fetch("/v1/chat/completions", good(bench), headers=head)
    assert (reply.status, reply.body) == (200, replies.encode(replies.chat(PLAIN)))
    bench.reader.await_threads("from-the-environment", 1, events=2)
    assert bench.fetch("/v1/chat/completions", good(bench, padding="x" * 5000)).status == 413


def test_demo(tmp_path: Path) -> None:
    """Needs no key and no network, and shows stitched traces."""
    done = run(tmp_path, "demo")
    assert done.returncode == 0, done.stderr
    for word in ("signature.v2", "echo", "user_message", "llm_response"):
        assert word in done.stdout, done.stdout
    # Nor is anything wrong with what it shows.
    assert done.stdout.count("   no findings\n") == done.stdout.count("   trace ") == 4, done.stdout
    assert frames.ids(done.stdout) == []


def test_store_that_cannot_be_opened(start: StartServer, tmp_path: Path) -> None:
    server = start("--store", f"sqlite:{tmp_path}/no/such/folder/x.sqlite")
    assert server.wait() != 0
    assert "Fatal error" not in server.log() and "no/such/folder" in server.log(), server.log()


def test_key_that_is_too_short(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--proxy-port", "0", "--ingest-port", "0", env={"WHYOPS_API_KEY": "short"})
    assert done.returncode == 2
    assert "WHYOPS_API_KEY" in done.stderr and "short" not in done.stderr.replace("WHYOPS_API_KEY", "")


def test_key_is_made_when_there_is_none(start: StartServer, make_bench: MakeBench) -> None:
    """It goes into a file that only its owner can read, and not into the log of a service."""
    server = start(env={"WHYOPS_API_KEY": ""})
    server.ready()
    bench = make_bench(server)
    private = [path for path in server.files() if stat.S_IMODE(path.stat().st_mode) == 0o600]
    keys = [key for path in private for key in re.findall(rb"YOPS-[\w-]{32}", path.read_bytes())]
    assert len(keys) == 1, server.files()
    server.key = keys[0].decode()
    assert server.key not in server.log()
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    assert bench.fetch("/v1/chat/completions", good(bench)).status == 200
    bench.reader.await_threads(bench.agent, 1, events=2)


@pytest.mark.parametrize("host", ["::", "0.0.0.0"])
def test_on_every_address_nobody_gets_in_without_a_key(start: StartServer, host: str) -> None:
    """T23: a service that can be reached from elsewhere has a key, if need be one that it makes."""
    if host == "::" and not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    server = start("--host", host, "--admin-port", "0", env={"WHYOPS_API_KEY": ""}).ready()
    assert "127.0.0.1" in server.admin or "localhost" in server.admin, "the operator's listener stays on loopback"
    for url, path in ((server.proxy, "/v1/models"), (server.proxy, "/v1/messages/batches"), (server.ingest, "/api/threads")):
        place = f"http://127.0.0.1:{urlsplit(url).port}"
        for head in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer none-of-yours-0123456789"}, {"x-api-key": "x"}):
            assert fetch(place, "GET", path, head).status == 401, (path, head)
    assert fetch(f"http://127.0.0.1:{urlsplit(server.proxy).port}", "GET", "/health", {}).status == 200


@pytest.mark.parametrize("path", ["/v1", ""])
def test_provider_that_is_the_proxy_itself(start: StartServer, path: str) -> None:
    port = closed_port()
    url = f"http://127.0.0.1:{port}{path}"
    server = start("--proxy-port", str(port), env={"WHYOPS_OPENAI_BASE_URL": url})
    assert server.wait() == 2
    assert url in server.log() and "WHYOPS_OPENAI_BASE_URL" in server.log(), server.log()


@pytest.mark.parametrize(
    "arguments",
    [
        "traces list", "traces show t", "traces export --all", "traces import events.ndjson", "events send events.ndjson",
        "agents list", "keys list", "keys signing list", "projects list", "providers list", "dlq list", "lint-trace t",
        "store check", "store backup copy.sqlite",
    ],
)  # fmt: skip
def test_a_store_that_is_not_there(tmp_path: Path, arguments: str) -> None:
    # CLI-6
    (tmp_path / "events.ndjson").write_text("{}\n", encoding="utf-8")
    done = run(tmp_path, *arguments.split(), "--store", "sqlite:missing.sqlite")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.startswith("Error: There is no store 'missing.sqlite': 'whyops serve' makes one, or ")
    assert {path.name for path in tmp_path.iterdir()} & {"missing.sqlite", "copy.sqlite"} == set()


@pytest.mark.parametrize("arguments", ["traces list", "keys list", "lint-trace t", "store check", "doctor", "serve --proxy-port 0 --ingest-port 0"])
def test_a_store_that_is_none(tmp_path: Path, arguments: str) -> None:
    # CLI-4: said without the insides of the program; what was there stays.
    (tmp_path / "text.sqlite").write_text("this is no database", encoding="utf-8")
    done = run(tmp_path, *arguments.split(), "--store", "sqlite:text.sqlite")
    told = done.stdout + done.stderr
    assert done.returncode in (1, 2) and "file is not a database" in told and "DatabaseError" not in told, told
    if arguments == "doctor":
        assert "bad      store: The store 'text.sqlite' cannot be used" in done.stdout
    assert (tmp_path / "text.sqlite").read_text(encoding="utf-8") == "this is no database"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path, "manual", "--output", "file/pages")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"Error: The pages cannot be written to .*file/pages: Not a directory\.\n", done.stderr), done.stderr


def test_a_service_that_is_not_there(tmp_path: Path) -> None:
    # CLI-4: in the words of the system.
    address = f"http://127.0.0.1:{closed_port()}"
    done = run(tmp_path, "traces", "list", "--url", address, env={"WHYOPS_API_KEY": "choose-a-key-of-16-or-more"})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: {address} cannot be asked: Connection refused."), done.stderr


@pytest.mark.parametrize("arguments", [["traces", "list", "--url", "http://127.0.0.1:1"], ["run", "--", "true"]], ids=" ".join)
def test_a_key_that_is_not_given(tmp_path: Path, arguments: list[str]) -> None:
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: The service asks for an API key: set WHYOPS_API_KEY, or "), done.stderr
