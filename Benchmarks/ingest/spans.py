"""Writes bodies for Phoenix in its own format, OTLP over HTTP; runs in Phoenix's environment. spans.py FOLDER"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

import bodies

# Spans are told apart by their ids, so none may be posted twice: enough for ten seconds, each time with a new store.
COUNTS = {1: 20_000, 64: 1_500, 1000: 120}


def attribute(name: str, value: str | int) -> KeyValue:
    given = AnyValue(string_value=value) if isinstance(value, str) else AnyValue(int_value=value)
    return KeyValue(key=name, value=given)


def request(dice: random.Random, texts: list[str], size: int) -> bytes:
    message = ExportTraceServiceRequest()
    spans = message.resource_spans.add().scope_spans.add().spans
    now = time.time_ns()
    trace = dice.randbytes(16)
    for _ in range(size):
        span = spans.add()
        span.trace_id, span.span_id, span.name, span.kind = trace, dice.randbytes(8), "ChatCompletion", 3
        span.start_time_unix_nano, span.end_time_unix_nano = now - dice.randrange(10**9, 4 * 10**9), now
        span.attributes.extend(
            [
                attribute("openinference.span.kind", "LLM"),
                attribute("llm.model_name", "gpt-4o-mini"),
                attribute("llm.provider", "openai"),
                attribute("llm.token_count.prompt", 900),
                attribute("llm.token_count.completion", 90),
                attribute("llm.token_count.total", 990),
                attribute("user.id", f"user-{dice.randrange(64)}"),
                attribute("output.value", dice.choice(texts)),
            ]
        )
    return message.SerializeToString()


def main(folder: Path) -> None:
    dice = random.Random(1)
    texts = [bodies.text(dice, 640) for _ in range(64)]
    for size, count in COUNTS.items():
        bodies.write(folder / f"spans-{size}", [request(dice, texts, size) for _ in range(count)])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
