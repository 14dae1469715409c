"""Texts that the binary has to print to the letter, kept in `golden/`.

After a change that was meant, `Tests/BlackBox/run -k test_golden --bless` writes them anew; look at the difference before you commit it.
"""

from __future__ import annotations

import difflib
import re
import subprocess
from pathlib import Path
from typing import Iterable

FOLDER = Path(__file__).parent / "golden"
# What differs from run to run, and the name that stands for it; ids are numbered, so that it shows which are the same.
UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b")
VOLATILE = [
    (re.compile(r"YOPS-[\w-]{32}"), "<api-key>"),
    (re.compile(r"YOPS-[\w-]{4,8}(?=…|\.\.\.)"), "<api-key>"),
    (re.compile(r"(?<=\"prefix\":\")YOPS-[\w-]{7}"), "<api-key>"),
    (re.compile(r"\bspan_[\w-]{21}(?![\w-])"), "<span>"),
    (re.compile(r"(?<=the year is )\d{4}"), "<year>"),
]
TIME = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00)?")


def settled(text: str, folder: Path, fixed_times: Iterable[str] = ()) -> str:
    """The text with names in place of what is new in every run: ids, keys, the folder, and times but those of the input."""
    fixed = set(fixed_times)
    seen: dict[str, str] = {}
    text = text.replace(str(folder.resolve()), "<folder>").replace(str(folder), "<folder>")
    text = UUID.sub(lambda found: seen.setdefault(found[0], f"<id-{len(seen) + 1}>"), text)
    text = TIME.sub(lambda found: found[0] if found[0] in fixed else "<time>", text)
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return text


def transcript(done: subprocess.CompletedProcess[str], *arguments: str) -> str:
    """What a command was, gave and said, and how it ended."""
    parts = [f"$ whyops {' '.join(arguments)}\n", done.stdout]
    if done.stderr:
        parts.append("".join(f"! {line}\n" for line in done.stderr.splitlines()))
    parts.append(f"= {done.returncode}\n")
    return "".join(part if part.endswith("\n") or not part else part + "\n" for part in parts)


class Golden:
    """Compares texts with those that are kept, or keeps them."""

    def __init__(self, is_blessing: bool) -> None:
        self._is_blessing = is_blessing
        self._faults: list[str] = []
        self._seen: set[Path] = set()

    def check(self, name: str, text: str) -> None:
        self.check_file(FOLDER / name, text)

    def check_file(self, path: Path, text: str) -> None:
        self._seen.add(path)
        if self._is_blessing:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        kept = path.read_text("utf-8") if path.exists() else ""
        if kept != text:
            lines = difflib.unified_diff(kept.splitlines(), text.splitlines(), str(path.name), "now", lineterm="", n=1)
            self._faults.append("\n".join(lines))

    def nothing_else_in(self, folder: str) -> None:
        """What belongs to no command any more has to go."""
        for path in sorted(set((FOLDER / folder).glob("*")) - self._seen):
            if self._is_blessing:
                path.unlink()
            else:
                self._faults.append(f"{path.name} belongs to nothing")

    def end(self) -> None:
        hint = "If this was meant: Tests/BlackBox/run -k test_golden --bless"
        assert not self._faults, "\n".join([*self._faults[:10], f"{len(self._faults)} differ. {hint}"])
