"""`whyops completions`: what the shells themselves make of the scripts."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

import harness
from harness import BINARY, run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the program, a script for each shell, and some files."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "whyops").symlink_to(Path(BINARY).resolve())
    for shell in ("bash", "zsh", "fish"):
        done = run(tmp_path, "completions", shell)
        assert (done.returncode, done.stderr) == (0, "")
        (tmp_path / ("_whyops" if shell == "zsh" else f"whyops.{shell}")).write_text(done.stdout)
    (tmp_path / "events.ndjson").write_text("")
    return tmp_path


def shell(folder: Path, *command: str) -> str:
    if not shutil.which(command[0]):
        pytest.skip(f"needs {command[0]}")
    env = harness.environment(folder, {"PATH": f"{folder}/bin:{os.environ['PATH']}"})
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


# A line up to the cursor, and some of what may follow.
CASES = [
    ("whyops trac", ["traces"]),
    ("whyops traces ", ["list", "show", "tail", "export", "import"]),
    ("whyops keys signing r", ["rotate", "retire"]),
    ("whyops traces list --co", ["--count"]),
    ("whyops validate --format s", ["sarif"]),
    ("whyops lint-trace --min-severity h", ["high"]),
    ("whyops validate ev", ["events.ndjson"]),
]


@pytest.mark.parametrize(("line", "expected"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_bash(folder: Path, line: str, expected: list[str]) -> None:
    words = line.split(" ")
    script = f"""
        source whyops.bash
        [[ $(complete -p whyops) =~ -F' '([^ ]+) ]]
        COMP_LINE='{line}' COMP_POINT={len(line)} COMP_WORDS=({" ".join(repr(word) for word in words)}) COMP_CWORD={len(words) - 1}
        COMP_TYPE=9 COMP_KEY=9
        "${{BASH_REMATCH[1]}}" whyops '{words[-1]}' '{words[-2]}'
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert set(expected) <= {word.strip() for word in shell(folder, "bash", "-c", script).splitlines()}


@pytest.mark.parametrize(("line", "expected"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_fish(folder: Path, line: str, expected: list[str]) -> None:
    offered = shell(folder, "fish", "--no-config", "-c", f"source whyops.fish; complete -C '{line}'")
    assert set(expected) <= {one.split("\t")[0] for one in offered.splitlines()}, offered


@pytest.mark.parametrize(
    ("typed", "line"),
    [("whyops trac", "whyops traces"), ("whyops validate --format sar", "sarif"), ("whyops validate ev", "events.ndjson")],
)
def test_zsh(folder: Path, typed: str, line: str) -> None:
    """At a terminal: zsh completes nowhere else."""
    if not shutil.which("zsh"):
        pytest.skip("needs zsh")
    env = harness.environment(folder, {"PATH": f"{folder}/bin:{os.environ['PATH']}", "TERM": "dumb", "PS1": "ready> "})
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe("zsh", ["zsh", "-f", "-i"], env)
    try:
        expect(terminal, "ready> ")
        os.write(terminal, b"fpath=($PWD $fpath); autoload -U compinit; compinit -u -D; echo is''set\n")
        # What comes in one piece is not to be waited for again.
        rest = expect(terminal, "isset")
        expect(terminal, "ready> ", rest)
        os.write(terminal, typed.encode() + b"\t")
        expect(terminal, line)
    finally:
        os.kill(process, 9)
        os.waitpid(process, 0)
        os.close(terminal)


def expect(terminal: int, text: str, seen: str = "") -> str:
    """Reads until the text has come; what came behind it is given back."""
    end = time.monotonic() + 30
    while text not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        assert ready, f"not seen in time: {text}\n{seen}"
        seen += os.read(terminal, 4096).decode(errors="replace")
    return seen.partition(text)[2]
