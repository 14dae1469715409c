"""Makes a table of what the tests of faults have noted: nightly.py FIGURES [PAGE]; the page gets it with the date."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

BEGIN = "<!-- figures -->"


def main(figures: Path, page: Path | None) -> None:
    rows = [json.loads(line) for line in figures.read_text().splitlines()]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    lines = [
        BEGIN,
        "",
        f"{moment}, commit {commit}, {os.cpu_count()} processors, {platform.system()} {platform.machine()}.",
        "",
        "| fault | times | sent | acknowledged | unknown | refused | stored | more |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    known = ("fault", "times", "sent", "acknowledged", "unknown", "refused", "stored")
    for row in rows:
        more = ", ".join(f"{name} {value}" for name, value in row.items() if name not in (*known, "test"))
        lines.append("| " + " | ".join(str(row.get(name, "")) for name in known) + f" | {more} |")
    text = "\n".join(lines) + "\n"
    if page:
        page.write_text(page.read_text().partition(BEGIN)[0] + text)
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
