"""Which trace a request belongs to (spec/trace.md): the first rung of the ladder that answers decides."""

from . import tool_arguments
from .exchange_request import history
from .signature import find

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
        value = _read_id(by_name.get(name, ""))
        if value is not None:
            yield value, source


def _read_id(value):
    """The id that a header or an argument names, or None for one that is ignored (TRC-3, TRC-17)."""
    trace_id = (value or "").strip(" \t")
    is_valid = 0 < len(trace_id) <= _GREATEST_ID and all(" " <= character <= "~" for character in trace_id)
    return trace_id if is_valid else None


def _turns_newest_first(root):
    """TRC-5: of role `assistant` only."""
    for message in reversed(list(history(root))):
        if message.kind == "object" and message.string("role") == "assistant":
            yield message


def _evidence(turn, keys, given_out, accept_v1):
    """What a turn says, in the order of TRC-4: of frames and arguments the last, of echoed ids all, the last first (TRC-16)."""
    frames = [frame for text in _texts(turn) for frame in find(text, keys)]
    echoed = [given_out.get(echoed_id, ()) for echoed_id in _echoed_ids(turn)]
    arguments = [_read_id(argument.trace_id(keys)) for argument in tool_arguments.of_message(turn)]
    said = {
        "signature.v2": [frame.trace_id.decode("ascii") for frame in frames if frame.version == 2 and frame.trace_id],
        "echo": [next(iter(traces)) for traces in echoed if len(traces) == 1],  # one that two traces gave out proves nothing (TRC-6)
        "signature.v1": [frame.trace_id.decode("ascii") for frame in frames if frame.version == 1 and frame.trace_id and accept_v1],
        "tool-argument": [trace_id for trace_id in arguments if trace_id is not None],
    }
    for source, trace_ids in said.items():
        for trace_id in reversed(trace_ids) if source == "echo" else trace_ids[-1:]:
            yield trace_id, source


def _texts(turn):
    """The visible texts of a turn (TRC-15)."""
    content = turn.get("content")
    if content is None:
        return
    if content.kind == "string":
        yield content.text
    for part in content.items:
        if part.kind == "object" and part.string("type") == "text" and part.string("text") is not None:
            yield part.string("text")


def _echoed_ids(turn):
    """The ids of a reply that a client sends back with the turn (TRC-18)."""
    for call in _items(turn, "tool_calls"):
        if call.kind == "object" and call.string("id"):
            yield "tool_call", call.string("id")
    for block in _items(turn, "content"):
        if block.kind != "object":
            continue
        if block.string("type") in ("tool_use", "server_tool_use") and block.string("id"):
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
