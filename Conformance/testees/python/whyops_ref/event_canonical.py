"""The canonical encoding of an event (EVT-85 to EVT-90): what is compared and hashed."""

from . import event_rules, timestamps
from .canonical_json import quoted, utf16_order
from .json_text import Fault, parse
from .numbers import whole
from .scalars import without_half_pairs

_ORDER = (
    "eventType",
    "traceId",
    "agentName",
    "spanId",
    "stepId",
    "parentStepId",
    "timestamp",
    "content",
    "metadata",
    "idempotencyKey",
    "externalUserId",
    "providerId",
)
_LEFT_OUT_WHERE_EMPTY = ("spanId", "idempotencyKey", "externalUserId")


class Invalid(Exception):
    """EVT-90: not one event that profile `original` accepts."""

    code = "event.invalid"


def encoding(text):
    """The canonical encoding of an event given as the bytes of its JSON."""
    try:
        event = parse(text)
    except Fault:
        raise Invalid from None
    return encoding_of(event)


def encoding_of(event):
    if event.kind != "object" or event_rules.faults(event):
        raise Invalid
    members = []
    for name in _ORDER:
        value = event.get(name)
        if value is None or (name in _LEFT_OUT_WHERE_EMPTY and not value.text):
            continue
        members.append(f'"{name}":' + _member(name, value))
    return "{" + ",".join(members) + "}"


def _member(name, value):
    """EVT-86, EVT-89."""
    if name in ("content", "metadata"):
        return _sorted(value)
    if name in ("stepId", "parentStepId"):
        return str(whole(value.raw))
    if name == "timestamp":
        return quoted(timestamps.normalised(value.text))
    return quoted(without_half_pairs(value.text))


def _sorted(value):
    """EVT-87, EVT-88."""
    if value.kind == "object":
        members = value.last_members()
        return "{" + ",".join(quoted(name) + ":" + _sorted(members[name]) for name in sorted(members, key=utf16_order)) + "}"
    if value.kind == "array":
        return "[" + ",".join(map(_sorted, value.items)) + "]"
    if value.kind == "string":
        return quoted(value.text)
    return value.raw.decode("ascii")
