"""What both profiles refuse in an event (spec/event.md, section 1). A fault is a pair of a JSON pointer and a rule id."""

import re

from . import event_strict, timestamps
from .numbers import is_zero, whole
from .registration import utf16_length

TYPES = (
    "user_message",
    "llm_response",
    "llm_thinking",
    "embedding_request",
    "embedding_response",
    "tool_call_request",
    "tool_call_response",
    "tool_call",
    "tool_result",
    "error",
)
TENANT = ("userId", "projectId", "environmentId")
_UUID = re.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_GREATEST_STEP = 2_147_483_647
LONGEST_NAME = 255
# For each type the members of `metadata` that it needs.
_NEEDED = {
    "llm_response": ("model", "provider"),
    "embedding_response": ("model", "provider"),
    "tool_call_request": ("tool",),
    "tool_call_response": ("tool",),
}


def faults(body, event_type=None, strict=False, tenant=None):
    """The faults of a body: one event or a batch. `event_type` is the route's, where it decides (EVT-14)."""
    if body.kind != "array":  # EVT-4
        return _event_faults(body, "", event_type, strict, tenant)
    found = []
    for index, item in enumerate(body.items):  # none is accepted (EVT-5)
        found += _event_faults(item, f"/{index}", event_type, strict, tenant)
    return found


def _event_faults(event, pointer, event_type, strict, tenant):
    if event.kind != "object":
        return [(pointer, "body.type")]  # EVT-28
    found = []
    if event_type is None:
        broken = _type_fault(event.get("eventType"))
        if broken:
            found.append(("/eventType", f"eventType.{broken}"))
        else:
            event_type = event.string("eventType")
    for name, longest in (("traceId", 128), ("agentName", 255)):  # EVT-6
        found += _text_faults(event.get(name), name, longest, required=True)
    for name, longest in (("spanId", 128), ("idempotencyKey", 128), ("externalUserId", 255)):  # EVT-7
        found += _text_faults(event.get(name), name, longest, required=False)
    for name in ("stepId", "parentStepId"):
        found += _step_faults(event.get(name), name)
    found += _form_faults(event.get("timestamp"), "timestamp", lambda text: timestamps.normalised(text) is not None)
    for name in (*TENANT, "providerId"):  # EVT-10
        found += _form_faults(event.get(name), name, _UUID.fullmatch)
    metadata_faults = _metadata_faults(event.get("metadata"), event_type)
    found += metadata_faults
    found += _name_faults(event, event_type)
    if strict:
        found += event_strict.faults(event, event_type, {rule for _, rule in metadata_faults}, tenant)
    return [(pointer + place, rule) for place, rule in found]


def _type_fault(value):
    """EVT-2."""
    if value is None:
        return "required"
    if value.kind != "string":
        return "type"
    return None if value.text in TYPES else "enum"


def _text_faults(value, name, longest, required):
    if value is None:
        return [(f"/{name}", f"{name}.required")] if required else []
    if value.kind != "string":
        return [(f"/{name}", f"{name}.type")]
    if required and not value.text:
        return [(f"/{name}", f"{name}.minLength")]
    if utf16_length(value.text) > longest:
        return [(f"/{name}", f"{name}.maxLength")]
    return [(f"/{name}", "string.nul")] if "\0" in value.text else []  # EVT-15


def _step_faults(value, name):
    """EVT-8."""
    if value is None:
        return []
    if value.kind != "number":
        return [(f"/{name}", f"{name}.type")]
    number = whole(value.raw)
    if number is None:
        return [(f"/{name}", f"{name}.integer")]
    if number < 1:
        return [(f"/{name}", f"{name}.minimum")]
    return [(f"/{name}", f"{name}.maximum")] if number > _GREATEST_STEP else []


def _form_faults(value, name, has_form):
    if value is None:
        return []
    if value.kind != "string":
        return [(f"/{name}", f"{name}.type")]  # EVT-26
    return [] if has_form(value.text) else [(f"/{name}", f"{name}.format")]


def _metadata_faults(metadata, event_type):
    """EVT-12, EVT-13, EVT-29. Where `eventType` is refused, `event_type` is None and needs nothing."""
    if metadata is not None and metadata.kind != "object":
        return [("/metadata", "metadata.type")]
    found = []
    for name in _NEEDED.get(event_type, ()):
        value = metadata.get(name) if metadata is not None else None
        is_there = value is not None and value.kind != "null"
        if not is_there or (name != "tool" and _says_nothing(value)):
            found.append((f"/metadata/{name}", f"metadata.{name}.required"))
    return found


def _name_faults(event, event_type):
    """EVT-54."""
    found = []
    for place, name, rule in (
        ("metadata", "model", "model"),
        ("metadata", "provider", "metadata.provider"),
        ("content", "finishReason", "finishReason"),
    ):
        owner = event.get(place)
        if owner is None or owner.kind != "object" or (place == "content" and event_type != "llm_response"):
            continue
        if utf16_length(owner.string(name) or "") > LONGEST_NAME:
            found.append((f"/{place}/{name}", f"{rule}.maxLength"))
    return found


def _says_nothing(value):
    return value.raw == b"false" or value.text == "" or (value.kind == "number" and is_zero(value.raw))
