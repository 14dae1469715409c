"""README.md and docs/*.md: every block is run as a reader would, or says why it is not.

`documents.py` explains what may stand behind the language of a block. A new page needs nothing here as long as all its blocks run;
else it belongs into `NOT_RUN`, with how many do not, or into `RUN_BY`, with the part of CI that runs it.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import harness
import replies
from documents import ROOT, Block, Page, blocks, lines, pattern
from harness import BINARY
from script import Exchange, Reply
from test_upstream_faults import closed_port
from upstream import Upstream

PAGES = {str(path.relative_to(ROOT)): path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
# Of these so many blocks are not run, each for a reason that stands beside it.
NOT_RUN = {"README.md": 2, "docs/nodes.md": 3, "docs/keeping.md": 1, "docs/interop.md": 1}
# Pages that another part of CI runs.
RUN_BY = {"docs/embedding.md": ".ci/embedding"}
# Made from the code, with examples of every command; test_golden.py compares it.
GENERATED = {"docs/reference.md"}


@pytest.fixture(scope="module")
def models() -> Any:
    """A provider that says the same to everybody."""
    server = Upstream()
    yield server
    server.close()


def answer(exchange: Exchange) -> Reply:
    if exchange.method == "GET":
        return replies.reply({"object": "list", "data": [{"id": "gpt-4o-mini", "type": "model", "object": "model"}]})
    return replies.in_form_of(exchange.target, exchange.json(), "Mount Fuji, 3,776 metres.")


@pytest.fixture
def page(tmp_path: Path, models: Upstream, request: pytest.FixtureRequest) -> Any:
    """A folder of somebody who has installed the programs and the clients."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("whyops", "whyops-proxy", "whyops-ingest"):
        (tools / name).symlink_to(Path(BINARY).resolve().with_name(name))
    for name in ("python", "python3"):
        (tools / name).write_text(f'#!/bin/sh\nexec "{ROOT}/.venv/bin/python" "$@"\n')
        (tools / name).chmod(0o755)
    script = models.script("sk-")
    script.answer(answer)
    proxy, ingest = str(closed_port()), str(closed_port())
    values = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "WHYOPS_PROXY_PORT": proxy,
        "WHYOPS_INGEST_PORT": ingest,
        "WHYOPS_OPENAI_BASE_URL": f"{models.url}/v1",
        "WHYOPS_ANTHROPIC_BASE_URL": models.url,
        "WHYOPS_SUITE": str(ROOT / "Conformance"),
        "SSL_CERT_DIR": os.environ["SSL_CERT_DIR"],
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # The two ports are those of everybody else on this machine, too.
    replaced = {r"\b8080\b": proxy, r"\b8081\b": ingest}
    if "nodes" in request.node.name:
        replaced[r"postgres://whyops@db\.internal/whyops"] = schema(request, tmp_path)
    followed = Page(tmp_path, harness.environment(tmp_path, values), replaced)
    yield followed
    followed.end()


def schema(request: pytest.FixtureRequest, folder: Path) -> str:
    return harness.schema_url(request.getfixturevalue("postgres"), folder)


@pytest.mark.parametrize("name", sorted(set(PAGES) - set(RUN_BY) - GENERATED))
def test_blocks_run(page: Page, name: str) -> None:
    for block in blocks(PAGES[name]):
        page.follow(block)


@pytest.mark.parametrize("name", sorted(set(PAGES) - GENERATED))
def test_blocks_that_do_not_run_are_few(name: str) -> None:
    found = [block for block in blocks(PAGES[name]) if block.note == "no-test"]
    assert all(len(block.value) > 10 for block in found), "say why"
    assert len(found) <= NOT_RUN.get(name, 0), [block.place for block in found]


@pytest.mark.parametrize("name", sorted(set(PAGES) - GENERATED))
def test_blocks_are_what_they_say(tmp_path: Path, name: str) -> None:
    for block in blocks(PAGES[name]):
        if block.language == "json" and not block.note:
            json.loads(block.text)
        elif block.language == "yaml" and not block.note:
            assert yaml.safe_load(block.text), block.place
        elif block.note == "run-by":
            stands_in(block)
        elif block.note == "in":
            stands_together_in(block)
        elif block.note == "of":
            printed(block, tmp_path)
        elif block.language == "swift":
            assert block.note == "no-test", f"{block.place}: say in which file it is"


def stands_in(block: Block) -> None:
    known = (ROOT / block.value).read_text("utf-8").splitlines()
    for line in block.lines:
        # A script may set variables before it, and give more arguments.
        assert any(line in one for one in known), f"{block.place}: {line} is not in {block.value}"


def stands_together_in(block: Block) -> None:
    """What a reader copies is what is compiled: imports, and lines that follow each other, comments and empty ones apart."""
    known = lines((ROOT / block.value).read_text("utf-8"))
    wanted = block.lines
    for line in wanted:
        assert not line.startswith("import ") or line in known, f"{block.place}: {line} is not in {block.value}"
    known = [line for line in known if not line.startswith("import ")]
    wanted = [line for line in wanted if not line.startswith("import ")]
    starts = range(len(known) - len(wanted) + 1)
    assert any(known[start : start + len(wanted)] == wanted for start in starts), (
        f"{block.place}: these are not lines of {block.value} that follow each other"
    )


def printed(block: Block, folder: Path) -> None:
    command = block.value.split(" ")
    assert command[0] == "whyops", block.place
    shown = harness.run(folder, *command[1:]).stdout
    for line in block.text.splitlines():
        if line.strip():
            assert re.search(pattern(line), shown), f"{block.place}: {line}\n{shown}"


@pytest.mark.parametrize(("name", "script"), RUN_BY.items())
def test_pages_that_others_run_are_run(name: str, script: str) -> None:
    assert f"documents.py {name}" in (ROOT / script).read_text("utf-8")
    assert script in (ROOT / ".ci/test").read_text("utf-8")


def test_links_lead_somewhere() -> None:
    for name, path in PAGES.items():
        text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"https?:", target):
                continue
            file, _, anchor = target.partition("#")
            found = path.parent / file if file else path
            assert found.exists(), f"{name}: {target}"
            if anchor:
                assert anchor in anchors(found), f"{name}: {target}"


def anchors(path: Path) -> set[str]:
    """The anchors of headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_page_can_be_found() -> None:
    readme = PAGES["README.md"].read_text("utf-8")
    for name in PAGES:
        assert name == "README.md" or f"({name}" in readme, f"README.md does not lead to {name}"
