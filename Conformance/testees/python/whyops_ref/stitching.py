"""Which trace a request belongs to (spec/trace.md): the first rung of the ladder that answers decides."""

from . import tool_arguments
from .exchange_request import history
from .registration import utf16_length
from .signature import extract, find

_GREATEST_ID = 128
_GREATEST_LINKS = 16
_HEADERS = (("x-trace-id", "header.trace"), ("x-thread-id", "header.thread"))


class Resolution:
    def __init__(self, trace_id, source, links):
        self.trace_id = trace_id  # None for a new one
        self.source = source  # what decided (TRC-7)
        self.links = links  # the other ids, newest first (TRC-10)


def resolve(headers, root, keys=None, known=(), accept_v1=True):
    """`root` is the request's JSON or None; `known` lists ids that earlier replies carried."""
    found = list(_from_headers(headers))
    if root is not None:
        given_out = _given_out(known)
        for turn in _turns_newest_first(root):
            found += _evidence(turn, keys or {}, given_out, accept_v1)
    if not found:
        return Resolution(None, "new", [])
    trace_id, source = found[0]
    links = [other for other in dict.fromkeys(trace for trace, _ in found) if other != trace_id]
    return Resolution(trace_id, source, links[:_GREATEST_LINKS])


def _from_headers(headers):
    """TRC-2, TRC-3."""
    by_name = {name.lower(): value for name, value in headers.items()}
    for name, source in _HEADERS:
        value = by_name.get(name, "").strip(" \t")
        if 0 < len(value) <= _GREATEST_ID and all(" " <= character <= "~" for character in value):
            yield value, source


def _turns_newest_first(root):
    """TRC-5: of role `assistant` only."""
    for message in reversed(list(history(root))):
        if message.kind == "object" and message.string("role") == "assistant":
            yield message


def _evidence(turn, keys, given_out, accept_v1):
    """What a turn says, in the order of TRC-4."""
    frames = [find(text, keys) for text in _texts(turn)]
    of_version = {1: [], 2: []}
    for frames_of_text in reversed(frames):
        trace_id, version = extract(frames_of_text)
        if trace_id is not None:
            of_version[version].append(trace_id.decode("ascii"))
    for trace_id in of_version[2]:
        yield trace_id, "signature.v2"
    for kind, echoed in _echoed_ids(turn):
        traces = given_out.get((kind, echoed), ())
        if len(traces) == 1:  # an id that two traces gave out proves nothing (TRC-6)
            yield next(iter(traces)), "echo"
    if accept_v1:
        for trace_id in of_version[1]:
            yield trace_id, "signature.v1"
    for arguments in tool_arguments.of_message(turn):
        trace_id = arguments.trace_id
        if trace_id and utf16_length(trace_id) <= _GREATEST_ID:  # TRC-1
            yield trace_id, "tool-argument"


def _texts(turn):
    """The visible texts of a turn: what a frame may have been put into (EXC-20)."""
    content = turn.get("content")
    if content is None:
        return
    if content.kind == "string":
        yield content.text
    for part in content.items:
        if part.kind == "object" and part.string("type") in ("text", "output_text") and part.string("text") is not None:
            yield part.string("text")


def _echoed_ids(turn):
    """The ids of a reply that a client sends back with the turn."""
    for call in _items(turn, "tool_calls"):
        if call.kind == "object" and call.string("id"):
            yield "tool_call", call.string("id")
    for block in _items(turn, "content"):
        if block.kind != "object":
            continue
        if block.string("type") == "tool_use" and block.string("id"):
            yield "tool_call", block.string("id")
        elif block.string("type") == "thinking" and block.string("signature"):
            yield "thinking", block.string("signature")
        elif block.string("type") == "redacted_thinking" and block.string("data"):
            yield "thinking", block.string("data")


def _given_out(known):
    """The traces that gave out each id."""
    traces = {}
    for entry in known:
        traces.setdefault((entry["kind"], entry["id"]), set()).add(entry["traceId"])
    return traces


def _items(value, name):
    member = value.get(name)
    return member.items if member is not None else []
