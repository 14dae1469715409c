"""The arguments of tool calls in a request: where they stand, and the member that names a trace in them (EXC-2)."""

from . import scalars
from .json_text import parse_or_none
from .signature import strip

TRACE_MEMBER = "_whyops_trace_id"


class Arguments:
    """The arguments of one call: an object of the body itself, or the object of a JSON text inside a string of the body."""

    def __init__(self, value):
        self._spelled = None
        if value.kind == "object":
            self.object = value
            return
        self._spelled = scalars.of_string(value)
        inner = parse_or_none(value.text.encode("utf-8", "surrogatepass"))
        self.object = inner if inner is not None and inner.kind == "object" else None

    def trace_id(self, keys):
        """The text of the member without frames, of several the last one (JSON-5); None where there is none."""
        text = self.object.string(TRACE_MEMBER) if self.object is not None else None
        if text is None:
            return None
        return strip(text.encode("utf-8", "surrogatepass"), keys).decode("utf-8", "surrogatepass")

    def member_ranges(self):
        """The bytes of the body that go with the member. In a JSON text no more is read: an escape in it is text (JSON-6)."""
        if self.object is None:
            return []
        found = member_ranges(self.object, TRACE_MEMBER)
        return found if self._spelled is None else self._outer(found)

    def _outer(self, ranges):
        """Ranges of the inner text as ranges of the body."""
        if not ranges:
            return []
        index_of = {}
        offset = 0
        for index, character in enumerate(self._spelled.text):
            index_of[offset] = index
            offset += scalars.length(character)
        index_of[offset] = len(self._spelled.text)
        return self._spelled.ranges((index_of[first], index_of[last]) for first, last in ranges)


def of_object(value):
    """The arguments of all calls that an object has or is, whatever the format (EXC-2, EXC-67)."""
    block = [value.get("input")] if value.string("type") == "tool_use" else []
    return [*of_chat(value), *of_item(value), *_arguments(block)]


def of_chat(message):
    """In `tool_calls` and `function_call` of a chat message."""
    calls = [_member(call, "function") for call in _items(message, "tool_calls")]
    return _arguments(_member(call, "arguments") for call in [*calls, _member(message, "function_call")])


def of_item(item):
    """Of a Responses item that is a call itself."""
    return _arguments([item.get("arguments")]) if item.kind == "object" and item.string("type") == "function_call" else []


def of_blocks(message):
    """In the `tool_use` blocks of an Anthropic message."""
    blocks = [block for block in _items(message, "content") if block.kind == "object" and block.string("type") == "tool_use"]
    return _arguments(block.get("input") for block in blocks)


def _arguments(values):
    return [Arguments(value) for value in values if value is not None and value.kind in ("string", "object")]


def member_ranges(value, name):
    """All members of that name, each with the comma and the white space on the way to the member before that stays, else after."""
    ranges = []
    kept_end = None  # of the member before that stays
    for index, (member, member_value) in enumerate(value.members):
        if member.text != name:
            kept_end = member_value.end
        elif kept_end is not None:
            ranges.append((kept_end, member_value.end))
        elif index + 1 < len(value.members):
            ranges.append((member.start, value.members[index + 1][0].start))
        else:
            ranges.append((member.start, member_value.end))
    return ranges


def _member(value, name):
    return value.get(name) if value is not None and value.kind == "object" else None


def _items(value, name):
    member = _member(value, name)
    return member.items if member is not None else ()
