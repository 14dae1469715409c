"""The GitHub Action and the pre-commit hooks of this repository, with the real pre-commit and the action's own commands."""

from __future__ import annotations

import json
import os
import re
import shutil
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


def step(
    env: dict[str, str], folder: Path, name: str, action_path: Path = ROOT, kept: str = "", **inputs: str
) -> subprocess.CompletedProcess[str]:
    """Runs a step of the action as a runner does."""
    action: Any = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    [found] = [step for step in action["runs"]["steps"] if step.get("id") == name]
    values = {name: given.get("default", "") for name, given in action["inputs"].items()} | inputs
    known = {f"inputs.{name}": value for name, value in values.items()}
    known |= {"github.action_path": str(action_path), "runner.os": "Linux", "runner.arch": "X64"}
    known |= {"steps.kept.outputs.cache-hit": kept}
    variables = {
        name: re.sub(r"\$\{\{ (\S+) \}\}", lambda match: known[match[1]], text) for name, text in found.get("env", {}).items()
    }
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


@pytest.fixture
def builder(tmp_path: Path) -> dict[str, str]:
    """Variables of a machine without `whyops`; a Swift of its own is what a test makes of it."""
    tools = tmp_path / "builder"
    tools.mkdir()
    for name in "bash sed head sort find sha256sum cut mkdir cp cat".split():
        (tools / name).symlink_to(str(shutil.which(name)))
    files = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_PATH": str(tmp_path / "path")}
    return {"PATH": str(tools), "HOME": str(tmp_path), "TOOLS": str(tools), "RUNNER_OS": "macOS", **files}


@pytest.fixture
def action(tmp_path: Path) -> Path:
    """The action with few sources."""
    folder = tmp_path / "an action"
    (folder / "Sources" / "a").mkdir(parents=True)
    shutil.copy(ROOT / "Package.swift", folder)
    (folder / "Package.resolved").write_text("{}")
    (folder / "Sources" / "a" / "main.swift").write_text("1")
    return folder


def install_swift(builder: dict[str, str], version: str) -> None:
    """A `swift` that says a version, and builds a program."""
    swift = Path(builder["TOOLS"]) / "swift"
    built = 'mkdir -p "$3/.build/release"; echo built >"$3/.build/release/whyops"'
    swift.write_text(f'#!/bin/bash\nif [ "$1" = build ]; then {built}; else echo "{version}"; fi\n')
    swift.chmod(0o755)


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (None, "There is no Swift"),
        ("Swift version 6.2.4 (swift-6.2.4-RELEASE)", "Swift 6.2.4 is too old"),
        ("Apple Swift version 5.10 (swiftlang-5.10.0.13)", "Swift 5.10 is too old"),
        ("what?", "does not say a version"),
    ],
)
def test_a_swift_that_will_not_do_is_told(
    tmp_path: Path, builder: dict[str, str], action: Path, version: str | None, words: str
) -> None:
    if version:
        install_swift(builder, version)
    done = step(builder, tmp_path, "find", action_path=action)
    assert done.returncode == 2 and done.stdout.startswith("::error title=whyops validate::"), done
    assert words in done.stdout and "Install Swift 6.3 or later" in done.stdout, done.stdout
    assert not (tmp_path / "output").exists()


def test_what_is_kept_is_for_the_same_sources_and_compiler(tmp_path: Path, builder: dict[str, str], action: Path) -> None:
    def key() -> str:
        (tmp_path / "output").unlink(missing_ok=True)
        assert step(builder, tmp_path, "find", action_path=action).returncode == 0
        built, found = (tmp_path / "output").read_text().splitlines()
        assert built == "built=false"
        return found

    install_swift(builder, "Apple Swift version 6.10 (swiftlang)")
    first = key()
    assert re.fullmatch(r"key=whyops-Linux-X64-swift-6\.10-[0-9a-f]{32}", first) and key() == first
    install_swift(builder, "Swift version 6.3.1 (swift-6.3.1-RELEASE)")
    keys = {first, key()}
    for path, text in (("Sources/a/main.swift", "2"), ("Sources/b.swift", ""), ("Package.resolved", "{ }"), ("Package.swift", None)):
        file = action / path
        file.write_text(file.read_text() + "\n" if text is None else text)
        keys.add(key())
    assert len(keys) == 6


def test_what_is_kept_is_not_built_again(tmp_path: Path, builder: dict[str, str], action: Path) -> None:
    install_swift(builder, "Swift version 6.3.1")
    assert step(builder, tmp_path, "build", action_path=action).returncode == 0
    assert (action / ".built" / "whyops").read_text() == "built\n"
    (action / ".built" / "whyops").write_text("kept")
    assert step(builder, tmp_path, "build", action_path=action, kept="true").returncode == 0
    assert (action / ".built" / "whyops").read_text() == "kept"
    assert (tmp_path / "path").read_text() == f"{action}/.built\n" * 2


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
