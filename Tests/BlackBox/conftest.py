"""Fixtures: one upstream and one server for the whole run, a bench for each test, more servers where a test asks."""

from __future__ import annotations

import json
import os
import random
import re
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

import harness
import postgres as servers
from bench import Bench
from faults import Tier
from harness import Secrets, Server
from service import Service
from upstream import Upstream
from viewer import Viewer, launch

# The clients read these; nothing of the machine may reach the tests.
for name in list(os.environ):
    if re.match(r"(OPENAI|ANTHROPIC)_|(HTTPS?|ALL|NO)_PROXY$|SSL_CERT_FILE$", name, re.IGNORECASE):
        del os.environ[name]
# A place without authorities: each client would read all those of the machine, which takes longer than most tests.
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)

StartServer = Callable[..., Server]
MakeBench = Callable[[Server], Bench]
Figures = Callable[..., None]
Command = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kill-points", type=int, help="how often services are killed under load [20, nightly 100]")
    parser.addoption("--tier", choices=["ci", "nightly"], default="ci", help="how much faults and load tests do [ci]")
    parser.addoption("--seed", default=secrets.token_hex(4), help="what random choices follow from [a new one]")
    parser.addoption("--bless", action="store_true", help="write the texts that are kept (golden/, docs/reference.md) anew")
    parser.addoption("--table", type=Path, help="a file to which tests of faults add their figures, a JSON object a line")


# Modules whose tests run on both engines, each with a server of its own (STO-1).
ON_BOTH_ENGINES = {
    "test_agents",
    "test_analytics",
    "test_branches",
    "test_dead_letters",
    "test_equal_events",
    "test_findings",
    "test_graph",
    "test_ingest",
    "test_ingest_queries",
    "test_lineage",
    "test_match",
    "test_search",
    "test_two_tenants",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames and metafunc.module.__name__ in ON_BOTH_ENGINES and not harness.POSTGRES:
        metafunc.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.option.seed}, tier: {config.option.tier}"


def pytest_sessionstart(session: pytest.Session) -> None:
    if not session.config.option.collectonly and not os.access(harness.BINARY, os.X_OK):
        pytest.exit(f"no binary at {harness.BINARY}: build it, or set WHYOPS_BIN", returncode=2)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Puts the ends of the servers' logs under a failed test."""
    report = yield
    # A failure without a traceback is told as a text, which takes no more of it.
    if report.when == "call" and report.failed and hasattr(report.longrepr, "addsection"):
        values = getattr(item, "funcargs", {})
        logs = [value.server.folder / "stderr.log" for value in values.values() if isinstance(value, Bench)]
        # And those of its own.
        if "tmp_path" in values:
            logs += sorted(values["tmp_path"].glob("*/stderr.log"))
        for log in logs:
            # Not as a section of the report, which of a test that is run again is not shown.
            report.longrepr.addsection(f"log of {log.parent.name}, its end", log.read_text(errors="replace")[-3000:])
    return report


@pytest.fixture(scope="session")
def secret() -> Secrets:
    return Secrets()


@pytest.fixture(scope="session", autouse=True)
def no_secret_leaves(secret: Secrets) -> Iterator[None]:
    """T6: after all tests, whatever they did, no key stands in anything that a server wrote."""
    yield
    found = []
    for path in sorted(path for folder in Server.folders for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        found += [f"{path}: {value[:16]}" for value in vars(secret).values() if value.encode() in data]
    assert not found, found


@pytest.fixture(scope="session")
def upstream(secret: Secrets) -> Iterator[Upstream]:
    server = Upstream()
    # The key of our clients goes to no provider, in whatever part of a request.
    server.forbidden.append(secret.whyops)
    yield server
    server.close()
    assert not server.leaks, server.leaks


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream, secret: Secrets) -> Iterator[Server]:
    """The server that most tests share: every default."""
    running = Server(tmp_path_factory.mktemp("shared"), secret, upstream.url).ready()
    yield running
    code = running.stop()
    assert code == 0, f"the shared server ended with {code}\n{running.log()}"


@pytest.fixture(scope="session")
def postgres(secret: Secrets) -> Iterator[str]:
    """The address of a PostgreSQL server: that of `.ci/postgres`, or one that this run starts."""
    if harness.POSTGRES:
        yield harness.POSTGRES
        return
    if not servers.programs():
        pytest.skip("needs a PostgreSQL server, of the Debian package postgresql")
    folder = servers.place()
    try:
        with servers.Database(folder / "only") as database:
            database.create().start(max_connections="1000")
            yield database.url
            # T6: nor in a server's files.
            for path in [database.folder / "log", *(path for path in database.data.glob("base/*/*") if path.is_file())]:
                data = path.read_bytes()
                assert not [path for value in vars(secret).values() if value.encode() in data], path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server_on_postgres(
    tmp_path_factory: pytest.TempPathFactory, upstream: Upstream, secret: Secrets, postgres: str
) -> Iterator[Server]:
    """As `server`, with its store on a PostgreSQL server."""
    running = Server(tmp_path_factory.mktemp("postgres"), secret, upstream.url, postgres=postgres).ready()
    yield running
    code = running.stop()
    assert code == 0, f"the server on PostgreSQL ended with {code}\n{running.log()}"


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """Where the stores of this test are: `sqlite` or `postgresql`."""
    default = "postgresql" if harness.POSTGRES else "sqlite"
    return str(getattr(request, "param", default))


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream, secret: Secrets) -> Iterator[Server]:
    """A server with small limits: 64 KiB of body, one second to the first byte and between bytes."""
    flags = ["--max-body-bytes", "65536", "--upstream-first-byte-timeout", "1", "--upstream-idle-timeout", "1"]
    running = Server(tmp_path_factory.mktemp("strict"), secret, upstream.url, *flags).ready()
    yield running
    code = running.stop()
    assert code == 0, f"the strict server ended with {code}\n{running.log()}"


@pytest.fixture
def make_bench(upstream: Upstream, request: pytest.FixtureRequest) -> MakeBench:
    name = re.sub(r"\W+", "-", request.node.originalname)
    return lambda running: Bench(running, upstream, name)


@pytest.fixture
def bench(engine: str, make_bench: MakeBench, request: pytest.FixtureRequest) -> Bench:
    on_postgres = engine == "postgresql" and not harness.POSTGRES
    return make_bench(request.getfixturevalue("server_on_postgres" if on_postgres else "server"))


@pytest.fixture
def strict_bench(strict: Server, make_bench: MakeBench) -> Bench:
    return make_bench(strict)


@pytest.fixture
def start(
    tmp_path: Path, upstream: Upstream, secret: Secrets, engine: str, request: pytest.FixtureRequest
) -> Iterator[StartServer]:
    """Starts further servers; `folder` names the place, the same one twice is a restart on the same store."""
    running: list[Server] = []
    address = request.getfixturevalue("postgres") if engine == "postgresql" else None

    def begin(*flags: str, folder: str = "server", url: str | None = upstream.url, **options: Any) -> Server:
        options.setdefault("postgres", address)
        started = Server(tmp_path / folder, secret, url, *flags, **options)
        running.append(started)
        return started

    yield begin
    for one in running:
        one.kill()


@pytest.fixture
def tier(request: pytest.FixtureRequest) -> Tier:
    return Tier(request.config.option.tier == "nightly", request.config.option.kill_points)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> str:
    """What this test's random choices follow from; the same in every run with the same `--seed`."""
    value = f"{request.config.option.seed}-{request.node.originalname}"
    print(f"seed {request.config.option.seed}")
    return value


@pytest.fixture
def dice(seed: str) -> random.Random:
    return random.Random(seed)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Notes what a test of faults has shown, for the table of the nightly run."""

    def note(**values: int | float | str) -> None:
        print(values)
        if path := request.config.option.table:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"test": request.node.name, **values}) + "\n")

    return note


@pytest.fixture
def service(start: StartServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Service]:
    running = Service(start, tmp_path, request.node.originalname)
    yield running
    running.end()


@pytest.fixture
def alone(start: StartServer, make_bench: MakeBench) -> Bench:
    """A bench whose server nobody else uses."""
    return make_bench(start().ready())


@pytest.fixture(params=["store", "service"])
def place(request: pytest.FixtureRequest, alone: Bench) -> Command:
    """`whyops` over the store of the server of `alone`, or through its address."""
    server = alone.server

    def run(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        if request.param == "service":
            env = {"WHYOPS_API_KEY": server.key}
            return harness.run(server.folder, *arguments, "--url", server.ingest, env=env, **more)
        if harness.POSTGRES:
            env = {"WHYOPS_STORE": harness.schema_url(server.folder)}
            return harness.run(server.folder, *arguments, env=env, **more)
        return harness.run(server.folder, *arguments, "--store", f"sqlite:{server.store}", **more)

    return run


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def viewer(chromium: Browser, bench: Bench) -> Iterator[Viewer]:
    opened = Viewer(chromium, bench.server)
    yield opened
    opened.close()
    assert opened.faults == []
