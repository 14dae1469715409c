"""`whyops run` starts programs whose model calls go through the proxy."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import harness
import replies
from bench import Bench

OPENAI = """
import openai, sys
made = openai.OpenAI().chat.completions.create(model=sys.argv[1], messages=[{"role": "user", "content": "Hi"}])
print(made.id)
"""
ANTHROPIC = """
import anthropic, sys
made = anthropic.Anthropic().messages.create(
    model=sys.argv[1], max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
)
print(made.id)
"""


def test_the_vendors_clients_need_nothing_else(alone: Bench, tmp_path: Path) -> None:
    env = {"WHYOPS_API_KEY": alone.server.key, "ANTHROPIC_AUTH_TOKEN": "somebody's own"}
    run = ["run", "--proxy-url", alone.server.proxy + "/", "--agent", alone.agent, "--", sys.executable, "-c"]
    for program, reply in (OPENAI, replies.chat), (ANTHROPIC, replies.message):
        alone.script.reply(replies.reply(reply("Hello", model=alone.model)))
        done = harness.run(tmp_path, *run, program, alone.model, env=env)
        assert done.returncode == 0 and done.stdout.strip(), done.stderr
    [one, other] = alone.reader.await_threads(alone.agent, 2, 4)
    assert one["entityName"] == other["entityName"] == alone.agent


def test_the_status_is_the_programs(alone: Bench, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(alone.server.key + "\n", encoding="ascii")
    started = ["run", "--proxy-url", alone.server.proxy, "--key-file", "key", "--"]
    assert harness.run(tmp_path, *started, "sh", "-c", "exit 7").returncode == 7
    shown = harness.run(tmp_path, *started, "sh", "-c", 'echo "$OPENAI_BASE_URL $ANTHROPIC_BASE_URL"').stdout
    assert shown == f"{alone.server.proxy}/v1 {alone.server.proxy}\n"
    done = harness.run(tmp_path, *started, "no-such-program")
    assert done.returncode == 2 and "'no-such-program' cannot be started" in done.stderr


def test_signals_are_the_programs(alone: Bench, tmp_path: Path) -> None:
    """What is started here can be interrupted as what a shell starts."""
    command = [harness.BINARY, "run", "--proxy-url", alone.server.proxy, "--", "sh", "-c", "echo ready; exec sleep 60"]
    env = harness.environment(tmp_path, {"WHYOPS_API_KEY": alone.server.key})
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout and program.stdout.readline() == "ready\n"
        program.send_signal(signal.SIGTERM)
        assert program.wait(harness.START_PATIENCE) == -signal.SIGTERM


def test_misuse(tmp_path: Path) -> None:
    env = {"WHYOPS_API_KEY": "YOPS-" + "a" * 32}
    assert "Name a program after --" in harness.run(tmp_path, "run", env=env).stderr
    done = harness.run(tmp_path, "run", "--proxy-url", "http://127.0.0.1:9", "--", "true", env=env)
    assert done.returncode == 2 and "No proxy answers" in done.stderr, done.stderr
    done = harness.run(tmp_path, "run", "--", "true")
    assert done.returncode == 2 and "WHYOPS_API_KEY" in done.stderr, done.stderr
