"""A receiver of OTLP/HTTP that keeps what comes and answers as it is told."""

from __future__ import annotations

import gzip
import http.server
import json
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Taken:
    """A request, its headers under lower-case names."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def plain(self) -> bytes:
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body

    @property
    def spans(self) -> list[dict[str, Any]]:
        """The spans in the words of OTLP/JSON, whichever form they came in."""
        if self.headers["content-type"] == "application/json":
            [group] = json.loads(self.plain)["resourceSpans"]
            return [{**span, "attributes": json_values(span)} for span in group["scopeSpans"][0]["spans"]]
        message = ExportTraceServiceRequest()
        message.ParseFromString(self.plain)
        [group] = message.resource_spans
        return [
            {
                "traceId": span.trace_id.hex(),
                "spanId": span.span_id.hex(),
                **({"parentSpanId": span.parent_span_id.hex()} if span.parent_span_id else {}),
                "name": span.name,
                "kind": span.kind,
                "startTimeUnixNano": str(span.start_time_unix_nano),
                "endTimeUnixNano": str(span.end_time_unix_nano),
                "attributes": {one.key: proto_value(one.value) for one in span.attributes},
            }
            for span in group.scope_spans[0].spans
        ]


def json_values(span: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: json_value(one["value"]) for one in span["attributes"]}


def json_value(value: dict[str, Any]) -> Any:
    [(kind, given)] = value.items()
    if kind == "arrayValue":
        return [json_value(one) for one in given["values"]]
    return int(given) if kind == "intValue" else given


def proto_value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [proto_value(one) for one in value.array_value.values]
    return getattr(value, kind)


class Collector:
    def __init__(self, *answers: Answer) -> None:
        self.taken: list[Taken] = []
        answers_left = list(answers)
        taken = self.taken

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                # The last answer holds for all that follow.
                answer = answers_left[0] if len(answers_left) == 1 else answers_left.pop(0) if answers_left else Answer()
                headers = {name.lower(): value for name, value in self.headers.items()}
                taken.append(Taken(self.path, headers, body, answer.status))
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def spans(self) -> list[dict[str, Any]]:
        """All that were taken in."""
        return [span for one in self.taken if one.status == 200 for span in one.spans]

    def __enter__(self) -> Collector:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
