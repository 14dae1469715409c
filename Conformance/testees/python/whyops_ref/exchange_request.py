"""What is taken out of a request before it is forwarded (EXC-1 to EXC-7). Every other byte stays as it came."""

from . import scalars, tool_arguments
from .signature import find, may_hold_frame, outermost
from .turns import KEPT


def rewritten(body, root, keys=None):
    """The body to forward; `root` is its JSON, or None for one that is not JSON, which passes as it came."""
    return body if root is None else scalars.without(body, _united(removed(root, keys)))


def removed(root, keys):
    """The ranges of bytes that go, in any order and perhaps overlapping."""
    ranges = []
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if value.kind == "string":
            ranges += _frame_ranges(value, keys)
        elif value.kind == "array":
            waiting += value.items
        elif value.kind == "object" and value.string("type") not in KEPT:
            waiting += (member for _, member in value.members)
            for arguments in tool_arguments.of_object(value):  # at any depth (EXC-67)
                ranges += arguments.member_ranges()
    return ranges


def _frame_ranges(string, keys):
    """The bytes of the frames in a string value."""
    if not may_hold_frame(string.text):
        return []
    spelled = scalars.of_string(string)
    return spelled.ranges(outermost(find(spelled.text, keys)))


def _united(ranges):
    """The same bytes as ranges that are sorted and do not overlap."""
    united = []
    for first, last in sorted(ranges):
        if united and first <= united[-1][1]:
            united[-1] = (united[-1][0], max(last, united[-1][1]))
        else:
            united.append((first, last))
    return united
