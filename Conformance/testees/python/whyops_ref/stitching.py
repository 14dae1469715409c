"""Which trace a request belongs to (spec/trace.md): the first rung of the ladder that answers decides."""

from . import harness, lineage, turns
from .signature import find

_GREATEST_ID = 128
_GREATEST_LINKS = 16
_HEADERS = (("x-trace-id", "header.trace"), ("x-thread-id", "header.thread"))


class Resolution:
    def __init__(self, trace_id, source, links):
        self.trace_id = trace_id  # None for a new one
        self.source = source  # what decided (TRC-7)
        self.links = links  # the other ids, newest first (TRC-10)


def resolve(request_format, headers, root, keys=None, known=(), accept_v1=True):
    """`root` is the request's JSON or None; `known` lists ids that earlier replies carried."""
    found = list(_from_headers(headers))
    if root is not None:
        given_out = _given_out(known)
        for turn in turns.newest_first(request_format, root):
            found += _evidence(turn, keys or {}, given_out, accept_v1)
    session = harness.session(headers, _read_id)
    if session is not None:
        found.append((session, "harness"))
    if not found:
        trace_id = _by_lineage(request_format, headers, root, keys, given_out) if root is not None and keys else None
        return Resolution(trace_id, "lineage" if trace_id else "new", [])
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


def _evidence(turn, keys, given_out, accept_v1):
    """What a turn says, in the order of TRC-4: of frames and arguments the last, of echoed ids all, the last first (TRC-16)."""
    frames = [frame for text in turn.texts for frame in find(text, keys)]
    echoed = [given_out.get(echoed_id, ()) for echoed_id in turn.echoed]
    arguments = [_read_id(argument.trace_id(keys)) for argument in turn.arguments]
    said = {
        "signature.v2": [frame.trace_id.decode("ascii") for frame in frames if frame.version == 2 and frame.trace_id],
        "echo": [next(iter(traces)) for traces in echoed if len(traces) == 1],  # one that two traces gave out proves nothing (TRC-6)
        "signature.v1": [frame.trace_id.decode("ascii") for frame in frames if frame.version == 1 and frame.trace_id and accept_v1],
        "tool-argument": [trace_id for trace_id in arguments if trace_id is not None],
    }
    for source, trace_ids in said.items():
        for trace_id in reversed(trace_ids) if source == "echo" else trace_ids[-1:]:
            yield trace_id, source


def _by_lineage(request_format, headers, root, keys, given_out):
    """The newest text of the assistant that is known decides; one that two traces share ends the search (TRC-40)."""
    by_name = {name.lower(): value for name, value in headers.items()}
    who = by_name.get("x-agent-name", ""), by_name.get("x-external-user-id", "")
    for keys_of_text in lineage.keys(request_format, root, keys, *who):
        traces = set().union(*(given_out.get(("lineage", key), ()) for key in keys_of_text))
        if traces:
            return traces.pop() if len(traces) == 1 else None
    return None


def _given_out(known):
    """The traces that gave out each id."""
    traces = {}
    for entry in known:
        traces.setdefault((entry["kind"], entry["id"]), set()).add(entry["traceId"])
    return traces
