"""Spans in Arize Phoenix, as it came from PyPI. `WHYOPS_PHOENIX=1` asks for it: it takes minutes and a gigabyte to install."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

import harness
from bench import Bench
from test_ingest import event, post
from test_traces_command import conversation

pytestmark = pytest.mark.skipif(os.environ.get("WHYOPS_PHOENIX") != "1", reason="needs WHYOPS_PHOENIX=1")

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def eventually(probe: Callable[[], bool], what: str) -> None:
    """Phoenix takes half a minute to start."""
    deadline = time.monotonic() + 180
    while not probe():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.2)


class Phoenix:
    def __init__(self, folder: Path) -> None:
        program = ROOT / ".build-phoenix" / "bin"
        if not (program / "phoenix").exists():
            subprocess.run(["python3", "-m", "venv", str(program.parent)], check=True)
            subprocess.run([str(program / "pip"), "install", "--quiet", "arize-phoenix"], check=True)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        env = {
            **harness.environment(folder, {}),
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(port),
            "PHOENIX_GRPC_PORT": str(free_port()),
            "PHOENIX_WORKING_DIR": str(folder),
            "PHOENIX_TELEMETRY_ENABLED": "false",
        }
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen([str(program / "phoenix"), "serve"], env=env, stdout=self._log, stderr=self._log)
        eventually(self._answers, "Phoenix")

    def _answers(self) -> bool:
        try:
            return bool(urllib.request.urlopen(self.url + "/healthz", timeout=5).status == 200)
        except (OSError, http.client.HTTPException):
            return False

    def get(self, path: str) -> Any:
        return json.load(urllib.request.urlopen(self.url + path, timeout=30))

    def ask(self, query: str) -> Any:
        head = {"content-type": "application/json"}
        request = urllib.request.Request(self.url + "/graphql", json.dumps({"query": query}).encode(), head)
        answer = json.load(urllib.request.urlopen(request, timeout=30))
        assert "errors" not in answer, answer
        return answer["data"]

    def spans(self, project: str, count: int) -> list[dict[str, Any]]:
        """The spans of a project, the oldest first, once they are all there."""
        path = f"/v1/projects/{urllib.parse.quote(project)}/spans?limit=100"

        def there() -> bool:
            try:
                return len(self.get(path)["data"]) == count
            except OSError:
                return False

        eventually(there, "the spans")
        return list(reversed(self.get(path)["data"]))

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()


@pytest.fixture(scope="module")
def phoenix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phoenix]:
    running = Phoenix(tmp_path_factory.mktemp("phoenix"))
    yield running
    running.close()


@pytest.mark.parametrize("form", ["openinference", "both"])
def test_phoenix_shows_what_was_said(phoenix: Phoenix, alone: Bench, form: str) -> None:
    trace = conversation(alone)
    tool = {"content": {"toolName": "find", "input": {"id": 42}, "output": "on its way"}, "metadata": {"tool": "find"}}
    post(alone, {**event(alone, 0), "eventType": "tool_call", **tool}, "/api/events")
    post(alone, {**event(alone, 1), "eventType": "error", "content": {"message": "The shop is closed.", "status": 503}}, "/api/events")
    arguments = ["traces", "export", "--all", "--format", form, "--to", phoenix.url, "--service", form]
    env = {"WHYOPS_API_KEY": alone.server.key}
    for _ in range(2):
        # What is sent twice is there once.
        done = harness.run(alone.server.folder, *arguments, "--url", alone.server.ingest, env=env)
        assert (done.returncode, done.stdout) == (0, "6 spans sent, 0 refused.\n"), done.stderr
    spans = phoenix.spans(form, 6)
    calls = [span for span in spans if span["context"]["trace_id"] == trace.replace("-", "")]
    assert sorted(span["span_kind"] for span in calls) == ["AGENT", "LLM", "LLM"]
    [root] = [span for span in calls if span["span_kind"] == "AGENT"]
    models = [span for span in calls if span["span_kind"] == "LLM"]
    assert root["parent_id"] is None and {span["parent_id"] for span in models} == {root["context"]["span_id"]}
    for span, text in zip(sorted(models, key=lambda one: str(one["start_time"])), ("It is on its way.", "You are welcome.")):
        said = span["attributes"]
        assert said["llm.output_messages.0.message.content"] == text and said["llm.model_name"] == alone.model
        assert said["llm.input_messages.0.message.role"] == "user" and said["llm.token_count.prompt"] > 0
        assert said["session.id"] == trace
    others = {span["name"]: span for span in spans if span not in calls}
    assert others["execute_tool find"]["span_kind"] == "TOOL"
    assert others["execute_tool find"]["attributes"]["output.value"] == "on its way"
    assert (others["error"]["status_code"], others["error"]["status_message"]) == ("ERROR", "The shop is closed.")
    data = phoenix.ask("{projects{edges{node{name traceCount recordCount tokenCountTotal}}}}")
    [project] = [edge["node"] for edge in data["projects"]["edges"] if edge["node"]["name"] == form]
    tokens = sum(span["attributes"]["llm.token_count.total"] for span in models)
    assert (project["traceCount"], project["recordCount"], project["tokenCountTotal"]) == (2, 6, tokens)
