"""The GitHub Action and the pre-commit hooks of this repository, with the real pre-commit and the action's own commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import BINARY

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = {"eventType": "tool_result", "traceId": "t", "agentName": "a", "content": {"toolName": "f", "output": 1}}
BAD = {**GOOD, "traceId": ""}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Variables of a machine on which `whyops` is installed."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "whyops").symlink_to(ROOT / BINARY)
    kept = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output")}
    return kept | {"GIT_CONFIG_GLOBAL": os.devnull}


def step(env: dict[str, str], folder: Path, name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Runs a step of the action as a runner does."""
    action: Any = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    [found] = [step for step in action["runs"]["steps"] if step.get("id") == name]
    values = {name: given.get("default", "") for name, given in action["inputs"].items()} | inputs
    variables = {name: values[text.split(".")[1].split(" ")[0]] for name, text in found.get("env", {}).items()}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]]
    return subprocess.run(command, env=env | variables, cwd=folder, capture_output=True, text=True, timeout=60)


def test_the_action_annotates(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "good.json").write_text(json.dumps(GOOD))
    (tmp_path / "a bad.json").write_text(json.dumps(BAD))
    assert step(env, tmp_path, "find").returncode == 0
    assert (tmp_path / "output").read_text() == "built=true\n"
    done = step(env, tmp_path, "validate", files="good.json\n")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    done = step(env, tmp_path, "validate", files="good.json\na bad.json\n", sarif="found.sarif")
    assert done.returncode == 1 and done.stdout.startswith("::error file=a bad.json,line=1,"), done.stdout + done.stderr
    [run] = json.loads((tmp_path / "found.sarif").read_text())["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["traceId.minLength"]
    # What an input says is no command.
    done = step(env, tmp_path, "validate", files="$(touch broken).json\n`touch broken`")
    assert done.returncode == 2 and not (tmp_path / "broken").exists()


def test_the_hooks_stop_a_commit(tmp_path: Path, env: dict[str, str]) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / ".pre-commit-hooks.yaml").write_bytes((ROOT / ".pre-commit-hooks.yaml").read_bytes())
    work = tmp_path / "work"
    work.mkdir()
    for folder in (hooks, work):
        git(folder, env, "init", "-q")
        git(folder, env, "add", "-A")
        git(folder, env, "commit", "-qm", "first", "--allow-empty")
    revision = git(hooks, env, "rev-parse", "HEAD").strip()
    names = [{"id": "whyops-validate"}, {"id": "whyops-signature-scan"}]
    setting = {"repos": [{"repo": str(hooks), "rev": revision, "hooks": names}]}
    (work / ".pre-commit-config.yaml").write_text(yaml.safe_dump(setting))
    (work / "event.json").write_text(json.dumps(GOOD))
    (work / "notes.txt").write_text("nothing to hide\n")
    git(work, env, "add", "-A")
    assert run_hooks(work, env).returncode == 0
    (work / "event.ndjson").write_text(json.dumps(BAD))
    (work / "notes.txt").write_text("something\u202e\n", encoding="utf-8")
    git(work, env, "add", "-A")
    done = run_hooks(work, env)
    assert done.returncode == 1
    assert "traceId.minLength" in done.stdout and "notes.txt:1:10" in done.stdout, done.stdout


def run_hooks(folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pre_commit", "run"]
    return subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=120)


def git(folder: Path, env: dict[str, str], *arguments: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", *who, *arguments], env=env, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout
