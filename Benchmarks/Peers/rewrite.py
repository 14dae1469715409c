"""The work of a proxy in Python with orjson: parse, take frames out of every string, write. Prints `FILE NANOSECONDS`
for each request-*.json of a folder: the median of processor time."""

import re
import sys
import time
from pathlib import Path
from typing import Any

import orjson

FRAME = re.compile("\u200b[\u200c\u200d]+\u200e")


def strip(value: Any) -> Any:
    if isinstance(value, str):
        return FRAME.sub("", value) if "\u200b" in value else value
    if isinstance(value, list):
        return [strip(item) for item in value]
    if isinstance(value, dict):
        return {name: strip(item) for name, item in value.items()}
    return value


for path in sorted(Path(sys.argv[1]).glob("request-*.json")):
    body = path.read_bytes()
    rounds = 5 if len(body) > 1 << 22 else 25
    calls = max(1, (1 << 20) // len(body))
    times = []
    for _ in range(rounds):
        start = time.process_time_ns()
        for _ in range(calls):
            orjson.dumps(strip(orjson.loads(body)))
        times.append((time.process_time_ns() - start) / calls)
    print(path.name, round(sorted(times)[rounds // 2]))
