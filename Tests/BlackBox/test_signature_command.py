"""`whyops signature`: embed, extract, strip and scan, on texts, bodies and folders."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest

import replies
from harness import BINARY, run

TEXT = "The cluster was moved on Tuesday, and all of its nodes are back.\n"
ID = "session-42"
KEY = "5:" + base64.b64encode(bytes(range(32))).decode()
ZERO_WIDTH = "\u200b\u200c\u200d\u200e\u2060"


def pipe(*arguments: str, data: bytes, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(BINARY), "signature", *arguments], input=data, capture_output=True, timeout=60, env=env or {}, check=False
    )


@pytest.mark.parametrize("version", ["1", "2"])
def test_what_is_embedded_is_found_and_taken_out(version: str) -> None:
    env = {"WHYOPS_SIGNING_KEY": KEY}
    made = pipe("embed", "--trace", ID, "--version", version, data=TEXT.encode(), env=env)
    assert made.returncode == 0 and made.stderr == b""
    text = made.stdout.decode()
    assert text.endswith("\n") and text.startswith(TEXT.rstrip("\n")) and text != TEXT
    found = pipe("extract", data=made.stdout, env=env)
    assert (found.returncode, found.stdout) == (0, f"{ID}\n".encode())
    details = json.loads(pipe("extract", "--json", data=made.stdout, env=env).stdout)
    [signature] = details["signatures"]
    assert details["traceId"] == ID and signature["version"] == int(version)
    assert signature["verified"] == (version == "2")
    assert made.stdout[signature["start"] : signature["end"]].decode() == text.replace(TEXT.rstrip("\n"), "").rstrip("\n")
    stripped = pipe("strip", data=made.stdout, env=env)
    assert (stripped.returncode, stripped.stdout) == (0, TEXT.encode())


def test_another_key_verifies_nothing(tmp_path: Path) -> None:
    made = pipe("embed", "--trace", ID, data=TEXT.encode(), env={"MINE": KEY, "WHYOPS_SIGNING_KEY": ""})
    assert made.returncode == 2 and b"--version 1" in made.stderr
    made = pipe("embed", "--trace", ID, "--key", "env:MINE", data=TEXT.encode(), env={"MINE": KEY})
    other = tmp_path / "other.key"
    other.write_text("5:" + base64.b64encode(bytes(32)).decode() + "\n")
    found = pipe("extract", "--key", f"file:{other}", data=made.stdout)
    assert (found.returncode, found.stdout) == (1, b"")
    listed = pipe("extract", "--all", "--key", f"file:{other}", data=made.stdout).stdout
    assert b"none of the keys here verifies" in listed
    assert pipe("strip", data=made.stdout).stdout == TEXT.encode()
    v1 = pipe("embed", "--trace", ID, "--version", "1", data=TEXT.encode()).stdout
    assert pipe("extract", "--verified-only", data=v1).returncode == 1


def test_bodies_of_the_apis() -> None:
    env = {"WHYOPS_SIGNING_KEY": KEY}
    bodies = {
        "chat": json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}}]}).encode(),
        "messages": json.dumps({"role": "assistant", "content": [{"type": "text", "text": TEXT}]}).encode(),
    }
    streams = {
        "chat": b"".join(replies.chat_events(TEXT)),
        "messages": b"".join(replies.message_events([{"type": "text", "text": TEXT}])),
    }
    for format, body in [*bodies.items(), *streams.items()]:
        made = pipe("embed", "--trace", ID, "--format", format, data=body, env=env)
        assert made.returncode == 0, made.stderr
        assert made.stdout != body
        found = pipe("extract", "--format", format, data=made.stdout, env=env)
        assert found.stdout == f"{ID}\n".encode(), format
    for format, body in bodies.items():
        made = pipe("embed", "--trace", ID, "--format", format, data=body, env=env).stdout
        assert pipe("strip", "--format", format, data=made, env=env).stdout == body
        spelt = json.dumps(json.loads(made)).encode()
        assert b"\\u2060" in spelt
        assert pipe("extract", "--format", format, data=spelt, env=env).stdout == f"{ID}\n".encode()
        assert json.loads(pipe("strip", "--format", format, data=spelt, env=env).stdout) == json.loads(body)


@pytest.mark.parametrize("text", ['{"a": 1}', "yes", "```\ncode here now\n```", ""])
def test_what_a_signature_could_harm_gets_none(text: str) -> None:
    done = pipe("embed", "--trace", ID, "--version", "1", data=text.encode())
    assert (done.returncode, done.stdout) == (1, text.encode())
    assert b"SIG-31" in done.stderr


def test_scan_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    signed = pipe("embed", "--trace", ID, "--version", "1", data=TEXT.encode()).stdout
    (tmp_path / "answer.txt").write_bytes(b"first\n" + signed)
    (tmp_path / "deep" / "code.py").write_text("a = 1\nb\u202e = 2\n", encoding="utf-8")
    (tmp_path / "deep" / "persian.md").write_text("\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\n", encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\0\xe2\x80\x8b\xe2\x80\x8b")
    (tmp_path / ".hidden").write_bytes(signed)
    done = run(tmp_path, "signature", "scan", ".")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"./answer.txt:2:{len(TEXT)}: signature: signature of version 1: trace {ID}, not authenticated",
        "./deep/code.py:2:2: suspicious: U+202E DIRECTION OVERRIDE: shows what follows in another order than it is read",
    ]
    assert done.stderr == "3 files: 1 signature, 1 suspicious, 1 ordinary (--all lists them)\n"
    listed = [json.loads(line) for line in run(tmp_path, "signature", "scan", "--all", "--json", ".").stdout.splitlines()]
    assert [one["kind"] for one in listed] == ["signature", "suspicious", "ordinary"]
    assert listed[0]["signature"]["traceId"] == ID and listed[2]["codePoints"] == ["U+200C"]
    clean = run(tmp_path, "signature", "scan", "deep/persian.md")
    assert (clean.returncode, clean.stdout) == (0, "")


def test_misuse_is_two(tmp_path: Path) -> None:
    secret = base64.b64encode(bytes(32)).decode()
    cases = [
        (["extract", "--key", f"0:{secret}"], "never an argument"),
        (["extract", "--key", "env:NOT_SET_HERE"], "NOT_SET_HERE is not set"),
        (["embed", "--trace", "two words", "--version", "1"], "SIG-2"),
        (["embed", "--trace", ID, "--version", "3"], "1 or 2"),
        (["strip", "--format", "chat", "no-such-file.json"], "no-such-file.json cannot be read"),
        (["scan", "no-such-folder"], "no-such-folder is no file and no folder"),
    ]
    for arguments, message in cases:
        done = run(tmp_path, "signature", *arguments)
        assert done.returncode == 2, arguments
        assert message in done.stderr and secret not in done.stderr
    # What cannot be read has no signatures and lacks none.
    for command in (["strip"], ["extract"], ["embed", "--trace", ID, "--version", "1"]):
        broken = pipe(*command, "--format", "chat", data=b'{\n"a": ')
        assert broken.returncode == 2 and broken.stdout == b"", command
        assert broken.stderr.startswith(b"Error: standard input:2: this is not JSON: "), broken.stderr
