"""Tool calls and their results in the views of events (EVT-70 to EVT-75), and the terms that all views share."""

from .canonical_json import compact
from .scalars import without_half_pairs as plain  # EVT-61

_RESULT_TYPES = ("function_call_output", "custom_tool_call_output", "tool_result")


def body_of(content):
    """The body of a content: the object `response` in it, else itself."""
    response = content.get("response") if content is not None and content.kind == "object" else None
    return response if response is not None and response.kind == "object" else content


def is_there(value):
    """Neither absent nor null."""
    return value is not None and value.kind != "null"


def first_string(value, *names):
    """The first of these members that is a string."""
    for name in names:
        text = value.string(name) if value is not None else None
        if text is not None:
            return plain(text)
    return None


def items_of(value, name):
    member = value.get(name) if value is not None else None
    return member.items if member is not None else []


def objects_of(value, name):
    return [item for item in items_of(value, name) if item.kind == "object"]


def json_text(value):
    """Of a string, itself; of any other value its JSON in compact form."""
    return plain(value.text) if value.kind == "string" else compact(value)


def call_of(item):
    """EVT-70."""
    function = item.get("function")
    call = function if function is not None and function.kind == "object" else item
    given = next((call.get(name) for name in ("arguments", "input", "args") if is_there(call.get(name))), None)
    return {
        "id": first_string(item, "call_id", "id", "toolCallId"),
        "name": first_string(call, "name", "toolName"),
        "arguments": None if given is None else json_text(given),
    }


def calls_of(body):
    """EVT-71."""
    if body is None or body.kind != "object":
        return []
    for name in ("toolCalls", "tool_calls"):
        calls = body.get(name)
        if calls is not None and calls.kind == "array":
            return [call_of(item) for item in objects_of(body, name)]
    function = body.get("function")
    is_call = (function is not None and function.kind == "object") or first_string(body, "name", "toolName") is not None
    return [call_of(body)] if is_call and not _is_result(body) else []


def results_of(body):
    """EVT-74."""
    if body is None:
        return []
    if body.kind == "string":
        return [{"id": None, "name": None, "output": plain(body.text)}]
    if body.kind == "array":
        results = []
        for item in body.items:
            if _is_result(item):
                results.append(_result(item))
            elif item.kind == "object":
                results += (_result(part) for part in items_of(item, "content") if _is_result(part))
        return results
    if _is_result(body):
        return [_result(body)]
    for name in ("toolResults", "tool_results", "result"):
        value = body.get(name)
        if value is not None:
            return _results_of_calls(value, calls_of(body))
    return [_result(body)] if body.get("output") is not None else []


def _results_of_calls(value, calls):
    """EVT-75."""
    if value.kind == "array" and len(value.items) == len(calls) >= 2:
        pairs = zip(calls, value.items)
    else:
        pairs = [(calls[0] if len(calls) == 1 else {"id": None, "name": None}, value)]
    return [{"id": call["id"], "name": call["name"], "output": json_text(item)} for call, item in pairs]


def _is_result(value):
    """EVT-73."""
    return value.kind == "object" and (value.string("type") in _RESULT_TYPES or value.string("role") == "tool")


def _result(value):
    output = next((value.get(name) for name in ("output", "content", "result") if value.get(name) is not None), None)
    return {
        "id": first_string(value, "call_id", "tool_call_id", "tool_use_id", "toolCallId", "id"),
        "name": first_string(value, "name", "toolName"),
        "output": None if output is None else json_text(output),
    }
