"""The operations of class event."""

from . import event_canonical, event_rules, event_view, timestamps
from .json_text import parse
from .text_forms import read, value_of


def _body(given, line):
    return parse(read(given["text"])) if "text" in given else value_of(line, "body")


def validate(given, line):
    strict = given.get("profile") == "strict"
    found = event_rules.faults(_body(given, line), given.get("eventType"), strict, given.get("tenant"))
    return {"faults": [{"pointer": pointer, "rule": rule} for pointer, rule in found]}


def timestamp(given, _):
    return {"timestamp": timestamps.normalised(read(given["text"]).decode("utf-8", "replace"))}


def view(given, line):
    event = _body(given, line)
    if event.kind != "object" or event.string("eventType") not in event_rules.TYPES:
        raise event_canonical.Invalid
    return {"view": event_view.view(event.string("eventType"), event.get("content"))}


def canonicalize(given, line):
    if "text" in given:
        return {"text": event_canonical.encoding(read(given["text"]))}
    return {"text": event_canonical.encoding_of(value_of(line, "body"))}


OPERATIONS = {
    "event.validate": validate,
    "event.timestamp": timestamp,
    "event.view": view,
    "event.canonicalize": canonicalize,
}
