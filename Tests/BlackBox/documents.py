"""Runs the blocks of README.md and docs/*.md, one after the other, as somebody does who follows the page.

By itself, without a network: `documents.py FILE FOLDER` runs a page in a folder that has what the page speaks of.

What stands after the language of a block says what becomes of it; a reader of the rendered page does not see it:

    sh                      is run by bash; variables that are exported, and the folder, last to the end of the page
    sh service              goes on while the rest is run; waits until it says that it listens
    sh fails: 1             is run, and has to end with this status
    sh run-by: FILE         each of its lines stands in FILE, a part of CI
    sh no-test: REASON      is not run; the tests count these
    console                 commands after `$ `, and what they print; `…` stands for anything, ids and times for others
    python                  is run; `python file: NAME` is written into a file that a later block uses, as with other languages
    swift in: FILE          its lines follow each other in FILE, which CI compiles and runs; imports stand anywhere in it
    json, yaml              can be read
    text of: COMMAND        each of its lines is printed by COMMAND; ids and figures may be others
    text                    an example of nothing that runs
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 300.0
MOMENT = 20.0
FENCE = re.compile(r"^( *)(```+|~~~+) *([^\n`]*)\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
LANGUAGES = ("sh", "console", "python", "js", "c", "go", "swift", "json", "yaml", "text")
NOTES = ("service", "fails", "run-by", "no-test", "file", "in", "of")


@dataclass(frozen=True)
class Block:
    file: Path
    line: int
    language: str
    note: str
    value: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.file.name}:{self.line}"

    @property
    def lines(self) -> list[str]:
        return lines(self.text)


def lines(text: str) -> list[str]:
    """The commands of a text: without comments and empty lines."""
    kept = [re.sub(r"(^|\s)(#|//) .*$", "", line).strip() for line in text.splitlines()]
    return [line for line in kept if line]


def blocks(file: Path) -> list[Block]:
    text = file.read_text("utf-8")
    found = []
    for match in FENCE.finditer(text):
        language, _, rest = match[3].strip().partition(" ")
        note, _, value = rest.partition(":")
        body = re.sub(f"^{match[1]}", "", match[4], flags=re.MULTILINE)
        line = text.count("\n", 0, match.start()) + 1
        block = Block(file, line, language, note.strip(), value.strip(), body)
        assert language in LANGUAGES, f"{block.place}: a block without a language: {LANGUAGES}"
        assert not note.strip() or note.strip() in NOTES, f"{block.place}: {note}"
        found.append(block)
    return found


class Page:
    """A page that is followed in a folder."""

    def __init__(self, folder: Path, env: dict[str, str], replaced: dict[str, str] | None = None) -> None:
        self.folder = folder
        self._state = folder / ".state"
        self._env = env
        self._replaced = replaced or {}
        self._service: subprocess.Popen[str] | None = None

    def follow(self, block: Block) -> None:
        if block.note in ("no-test", "run-by", "in", "of") or block.language in ("json", "yaml", "text", "swift") and block.note != "file":
            return
        text = self._own(block.text)
        if block.note == "file":
            path = self.folder / block.value
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        elif block.note == "service":
            self._start(block, text)
        elif block.language == "sh":
            expected = int(block.value or 0) if block.note == "fails" else 0
            done = self._bash(text)
            assert done.returncode == expected, f"{block.place}: ended with {done.returncode}\n{done.stdout}"
        elif block.language == "console":
            self._converse(block, text)
        else:
            assert block.language == "python", f"{block.place}: who runs this?"
            done = self._bash("exec python3 -", text)
            assert done.returncode == 0, f"{block.place}: ended with {done.returncode}\n{done.stdout}"

    def _own(self, text: str) -> str:
        for name, value in self._replaced.items():
            text = re.sub(name, lambda _: value, text)
        return text

    def _script(self, text: str) -> list[str]:
        """What goes before and after, so that one block has what another one set."""
        before = f'[ ! -e "{self._state}" ] || . "{self._state}"'
        after = f'{{ export -p; echo "cd \'$PWD\'"; }} >"{self._state}"'
        return ["bash", "-euo", "pipefail", "-c", f"{before}\ntrap {quoted(after)} EXIT\n{text}"]

    def _bash(self, text: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._script(text),
            cwd=self.folder,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            **({"stdin": subprocess.DEVNULL} if given is None else {"input": given}),
        )

    def _converse(self, block: Block, text: str) -> None:
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            while command.endswith("\\"):
                more, _, expected = expected.partition("\n")
                command = command[:-1] + more.removeprefix(">").strip()
            # What a service was told a moment ago may not be in its store yet.
            end = time.monotonic() + MOMENT
            while not re.fullmatch(pattern(expected), printed := self._printed(command)):
                assert time.monotonic() < end, f"{block.place}: {command}\nshown:\n{expected}\nprinted:\n{printed}"

    def _printed(self, command: str) -> str:
        text = self._bash(command).stdout.rstrip()
        return text + "\n" if text else ""

    def _start(self, block: Block, text: str) -> None:
        self.end()
        started = subprocess.Popen(
            self._script(text),
            cwd=self.folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._service = started
        said: list[str] = []
        ready = threading.Event()
        # Each program of the block says where it listens, `serve` twice.
        expected = 2 * len(re.findall(r"whyops serve", text)) + len(re.findall(r"whyops-(?:proxy|ingest) ", text))

        def read() -> None:
            assert started.stdout is not None
            for line in started.stdout:
                said.append(line)
                if sum(bool(re.match(r"(proxy|ingest) https?://", one)) for one in said) == expected:
                    ready.set()
            ready.set()

        threading.Thread(target=read, daemon=True).start()
        assert ready.wait(PATIENCE) and started.poll() is None, f"{block.place}: did not start\n{''.join(said)}"

    def end(self) -> None:
        if self._service is None:
            return
        try:
            os.killpg(self._service.pid, signal.SIGTERM)
            self._service.wait(PATIENCE)
        except ProcessLookupError:
            pass
        self._service = None


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


# What may be otherwise than it is shown, and what it has to be then.
OTHERS = {
    "id": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "time": r"20\d\d-\d\d-\d\dT[\d:.]+Z",
    "duration": r"\d+(?= ms)",
    "anything": "…",
}
TOKEN = re.compile("|".join(f"(?P<{name}>{shape})" for name, shape in OTHERS.items()))


def pattern(expected: str) -> str:
    """A regular expression for a text in which `…` is anything, alone on a line any lines, and an id or a time any other."""
    result = ""
    for line in expected.splitlines():
        if line.strip() == "…":
            result += r"(?:.*\n)*?"
            continue
        line, end = line.rstrip(), 0
        for found in TOKEN.finditer(line):
            result += re.escape(line[end : found.start()])
            result += ".*" if found.lastgroup == "anything" else OTHERS[str(found.lastgroup)]
            end = found.end()
        result += re.escape(line[end:]) + r" *\n"
    return result


def main() -> int:
    file, folder = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    page = Page(folder, {**os.environ, "HOME": str(folder)})
    count = 0
    try:
        for block in blocks(file):
            page.follow(block)
            count += block.note not in ("no-test", "run-by")
    finally:
        page.end()
    print(f"{file}: {count} blocks run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
