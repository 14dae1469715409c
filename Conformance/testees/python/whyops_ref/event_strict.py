"""What profile `strict` refuses in addition (spec/event.md, section 2). Pointers count from the event."""

from . import strict_content
from .numbers import is_negative, whole
from .registration import utf16_length

_LONGEST_MODEL = 200
_LONGEST_NAME = 255  # EVT-54 reports what is longer
_GREATEST_COUNT = 9_007_199_254_740_991
_COUNTS = (
    "promptTokens completionTokens totalTokens cacheReadTokens cacheCreationTokens cacheWriteTokens cacheWrite5mTokens cacheWrite1hTokens "
    "inputTokens outputTokens cachedTokens cacheRead cacheWrite input output total "
    "prompt_tokens completion_tokens total_tokens input_tokens output_tokens"
).split()
# The kinds of content that a type takes beside an object (EVT-38).
_OTHER_KINDS = {"user_message": ("string", "array"), "error": ("string",), "tool_result": ("array",)}


def faults(event, event_type, reported, tenant):
    """`event_type` is None where it is refused; `reported` has the rules about `metadata` that are broken already."""
    found = []
    metadata = event.get("metadata")
    content = event.get("content")
    for name, value in (("metadata", metadata), ("content", content)):
        if value is not None:
            found += _nul_faults(value, f"/{name}")
    if event_type is not None:  # EVT-29
        if metadata is not None and metadata.kind == "object":
            found += _metadata_faults(metadata, reported)
        found += _content_faults(content, event_type)
    for name, own in (tenant or {}).items():  # EVT-53
        claimed = event.string(name)
        if claimed is not None and own is not None and _is_uuid_like(claimed) and _lower(claimed) != _lower(own):
            found.append((f"/{name}", "tenant.mismatch"))
    return found


def _metadata_faults(metadata, reported):
    found = []
    for name in ("tool", "model", "provider"):  # EVT-32
        value = present(metadata, name)
        if value is None or f"metadata.{name}.required" in reported:
            continue
        if value.kind != "string":
            found.append((f"/metadata/{name}", f"metadata.{name}.type"))
        elif not value.text:
            found.append((f"/metadata/{name}", f"metadata.{name}.minLength"))
    if _LONGEST_MODEL < utf16_length(metadata.string("model") or "") <= _LONGEST_NAME:
        found.append(("/metadata/model", "model.maxLength"))  # EVT-33
    usage = present(metadata, "usage")
    if usage is not None and usage.kind != "object":
        found.append(("/metadata/usage", "usage.type"))  # EVT-34
    elif usage is not None:
        for name in _COUNTS:
            value = present(usage, name)
            if value is not None and not _is_whole(value, 0, _GREATEST_COUNT):
                found.append((f"/metadata/usage/{name}", "usage.nonNegativeInteger"))  # EVT-35
    latency = present(metadata, "latencyMs")
    if latency is not None and (latency.kind != "number" or is_negative(latency.raw)):
        found.append(("/metadata/latencyMs", "latencyMs.nonNegative"))  # EVT-36
    return found


def _content_faults(content, event_type):
    if content is None or content.kind == "null":
        return [] if event_type == "user_message" else [("/content", "content.required")]  # EVT-37
    if content.kind != "object" and content.kind not in _OTHER_KINDS.get(event_type, ()):
        return [("/content", "content.type")]  # EVT-38
    return strict_content.faults(content, event_type)


def _nul_faults(value, pointer):
    """EVT-52: the first string or name with U+0000, in the order of the document."""
    waiting = [(value, pointer)]
    while waiting:
        value, pointer = waiting.pop()
        if value is None or (value.kind == "string" and "\0" in value.text):
            return [(pointer, "string.nul")]
        inside = [(item, f"{pointer}/{index}") for index, item in enumerate(value.items)]
        for name, member in value.members:
            place = pointer + "/" + name.text.replace("~", "~0").replace("/", "~1")
            inside.append((None if "\0" in name.text else member, place))
        waiting += reversed(inside)
    return []


def present(container, name):
    """EVT-31: a member that is null counts as absent."""
    value = container.get(name)
    return None if value is None or value.kind == "null" else value


def _is_whole(value, least, greatest):
    number = whole(value.raw) if value.kind == "number" else None
    return number is not None and least <= number <= greatest


def _lower(text):
    return text.lower() if text.isascii() else text


def _is_uuid_like(text):
    """A text of another form is no valid id, which another rule reports (EVT-10)."""
    return len(text) == 36 and text.isascii()
