"""Two kinds of requests in turns, so that what disturbs one disturbs both; their medians, and how far their times overlap.

`P(a < b)` is the share of pairs in which the first kind was faster: 0.5 where times tell nothing. `p` is that of the
Mann-Whitney test; reliability.md asks for more than 0.01 with 2,000 samples of each.
"""

from __future__ import annotations

import argparse
import bisect
import http.client
import json
import math
import random
import statistics
import sys
import tempfile
import time
import urllib.parse
import uuid
from pathlib import Path
from typing import Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Tests" / "BlackBox"))

import frames  # noqa: E402
import replies  # noqa: E402
from harness import Secrets, Server  # noqa: E402
from tenants import create_key, whyops  # noqa: E402
from upstream import Upstream  # noqa: E402

Call = Callable[[], None]


class Client:
    """One connection that stays, so that only the request is timed."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self._connection.connect()

    def fetch(self, method: str, path: str, headers: dict[str, str], body: bytes | None, status: int) -> None:
        self._connection.request(method, path, body, headers)
        reply = self._connection.getresponse()
        reply.read()
        assert reply.status == status, (path, reply.status)


def compare(name: str, kinds: dict[str, Call], samples: int) -> None:
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(-50, samples):
        for kind in random.sample(list(kinds), len(kinds)):
            start = time.perf_counter()
            kinds[kind]()
            if number >= 0:
                times[kind].append((time.perf_counter() - start) * 1e6)
    (first, a), (second, b) = times.items()
    ordered = sorted(b)
    # Pairs in which the first was faster; half of a pair that is even.
    faster = sum(len(b) - (bisect.bisect_left(ordered, x) + bisect.bisect_right(ordered, x)) / 2 for x in a)
    share = faster / len(a) / len(b)
    spread = math.sqrt((len(a) + len(b) + 1) / 12 / len(a) / len(b))
    p = math.erfc(abs(share - 0.5) / spread / math.sqrt(2))
    medians = f"{statistics.median(a):9.0f} | {statistics.median(b):9.0f}"
    print(f"| {name} | {first} | {second} | {medians} | {share:.3f} | {p:.3f} |", flush=True)


def main(samples: int) -> None:
    secret, upstream = Secrets(), Upstream()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), secret, upstream.url).ready()
        script = upstream.script("timing")
        script.answer(lambda _: replies.reply(replies.chat("Here is a plain answer.")))
        whyops(server, "projects", "create", "other")
        other = create_key(server, "other", "--project", "other")
        mine = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json", "X-Agent-Name": "timing"}
        print("| what | one | other | median of one, us | median of other, us | P(one faster) | p |")
        print("|---|---|---|--:|--:|--:|--:|")

        ingest, proxy = Client(server.ingest), Client(server.proxy)
        foreign = [str(uuid.uuid4()) for _ in range(64)]
        for trace in foreign:
            event = {
                "eventType": "user_message", "traceId": trace, "agentName": "timing", "spanId": "s",
                "timestamp": "2026-01-01T00:00:00Z", "content": {"text": "x"},
            }  # fmt: skip
            body = json.dumps(event).encode()
            ingest.fetch("POST", "/api/events", {**mine, "Authorization": f"Bearer {other}"}, body, 201)

        def thread(of: Callable[[], str]) -> Call:
            return lambda: ingest.fetch("GET", f"/api/threads/{of()}", mine, None, 404)

        # Made before, as the others are: the time of making one would count.
        missing = [str(uuid.uuid4()) for _ in foreign]
        ids = {"somebody else's": thread(lambda: random.choice(foreign)), "nobody's": thread(lambda: random.choice(missing))}
        compare("trace id (T4)", ids, samples)

        def refused(of: Callable[[], str]) -> Call:
            return lambda: ingest.fetch("GET", "/api/threads", {"Authorization": f"Bearer {of()}"}, None, 401)

        # Each of them comes once, so that none is remembered.
        near = {"all but its end right": refused(lambda: other[:-8] + uuid.uuid4().hex[:8])}
        wrong = {**near, "all wrong": refused(lambda: f"YOPS-{uuid.uuid4().hex}")}
        compare("key (T14)", wrong, samples)

        def asked(key: bytes) -> Call:
            """A request with a signature of a trace of its own, under a key."""

            def call() -> None:
                said = "Here is a plain answer." + frames.sign(str(uuid.uuid4()), key=key)
                turns = [{"role": "user", "content": "timing"}, {"role": "assistant", "content": said}]
                body = replies.encode({"model": "m", "max_tokens": 9, "messages": [*turns, {"role": "user", "content": "?"}]})
                proxy.fetch("POST", "/v1/chat/completions", mine, body, 200)

            return call

        signatures = {"verifies": asked(frames.KEY), "does not": asked(bytes(32))}
        compare("signature (T1)", signatures, samples)
        server.stop()
    upstream.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=2000, help="of each kind [2000]")
    main(parser.parse_args().samples)
