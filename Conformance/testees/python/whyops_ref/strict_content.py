"""The content of each type as profile `strict` takes it (EVT-39 to EVT-51)."""

from .numbers import whole
from .registration import utf16_length
from .timestamps import normalised

_PROVIDERS_OWN = ("type", "role", "object", "choices", "response", "tool_calls")
_ALWAYS_CHECKED = ("llm_thinking", "embedding_request", "embedding_response")
_LONGEST_FINISH_REASON = 100
_LONGEST_NAME = 255  # EVT-54 reports what is longer


def faults(content, event_type):
    """`content` is of a kind that the type takes."""
    if content.kind != "object":
        return []  # EVT-39
    if event_type not in _ALWAYS_CHECKED and any(content.get(name) is not None for name in _PROVIDERS_OWN):
        return []
    found = _CHECKS[event_type](content)
    return [(f"/content{pointer}", rule) for pointer, rule in found]


def _user_message(content):
    """EVT-40."""
    found = []
    items, found_of_list = _objects(content, "messages", "content.type")
    found += found_of_list
    for pointer, item in items:
        if _present(item, "type") is None and not item.string("role"):
            found.append((f"{pointer}/role", "message.role.required"))
    return found + _unless_string(content, "text", "content.type")


def _llm_response(content):
    """EVT-41, EVT-42."""
    found = _unless_string(content, "content", "content.type") + _unless_string(content, "finishReason", "content.type")
    if _LONGEST_FINISH_REASON < utf16_length(content.string("finishReason") or "") <= _LONGEST_NAME:
        found.append(("/finishReason", "finishReason.maxLength"))
    items, found_of_list = _objects(content, "toolCalls", "toolCalls.type")
    found += found_of_list
    for pointer, item in items:
        function = item.get("function")
        if function is not None and function.kind == "object":
            pointer, call = f"{pointer}/function", function
        elif _present(item, "name") is not None:
            call = item
        else:
            pointer, call = f"{pointer}/function", None
        found += _call_faults(pointer, call, "string")
    return found


def _tool_calls(content):
    """EVT-43."""
    if _present(content, "toolCalls") is None:
        return [("/toolCalls", "toolCalls.type")]
    items, found = _objects(content, "toolCalls", "toolCalls.type")
    for pointer, item in items:
        if _present(item, "type") is None:
            found += _call_faults(pointer, item, "object")
    return found


def _tool_call_request(content):
    return _tool_calls(content) + _unless_timestamp(content, "requestedAt")


def _tool_call_response(content):
    return _tool_calls(content) + _unless_timestamp(content, "respondedAt") + _results(content, "toolResults")


def _tool_call(content):
    if _present(content, "toolName") is not None:
        return _tool_result(content)
    return _tool_calls(content) + _results(content, "toolResults", "tool_results", "result")


def _results(content, *names):
    """EVT-45: a tool may have returned null (EVT-31)."""
    return [] if any(content.get(name) is not None for name in names) else [("/toolResults", "toolResults.required")]


def _tool_result(content):
    """EVT-46."""
    found = [] if content.string("toolName") else [("/toolName", "toolName.required")]
    return found if content.get("output") is not None else [*found, ("/output", "output.required")]


def _llm_thinking(content):
    """EVT-47."""
    kind = content.string("type")
    if kind == "thinking":
        return [] if content.string("thinking") is not None else [("/thinking", "thinking.required")]
    if kind == "redacted_thinking":
        return [] if content.string("data") else [("/data", "thinking.required")]
    return [("/type", "thinking.type.enum")]


def _embedding_request(content):
    """EVT-48."""
    given = _present(content, "input")
    if given is None:
        return [("/input", "embedding.input.required")]
    alike = given.kind == "array" and any(all(map(accepts, given.items)) for accepts in (_is_string, _is_number, _is_numbers))
    return [] if given.kind == "string" or alike else [("/input", "embedding.input.type")]


def _embedding_response(content):
    """EVT-49."""
    found = []
    count = _present(content, "embeddingCount")
    if count is not None:
        number = whole(count.raw) if count.kind == "number" else None
        if number is None:
            found.append(("/embeddingCount", "embeddingCount.integer"))
        elif number < 0:
            found.append(("/embeddingCount", "embeddingCount.minimum"))
    encoding = _present(content, "encodingFormat")
    if encoding is not None and encoding.text not in ("float", "base64"):
        found.append(("/encodingFormat", "encodingFormat.enum"))
    return found


def _error(content):
    """EVT-50."""
    found = []
    if content.string("message") is None and _present(content, "error") is None:
        found.append(("/message", "error.message.required"))
    status = _present(content, "status")
    if status is not None:
        number = whole(status.raw) if status.kind == "number" else None
        if number is None or not 100 <= number <= 599:
            found.append(("/status", "error.status.range"))
    return found


_CHECKS = {
    "user_message": _user_message,
    "llm_response": _llm_response,
    "llm_thinking": _llm_thinking,
    "embedding_request": _embedding_request,
    "embedding_response": _embedding_response,
    "tool_call_request": _tool_call_request,
    "tool_call_response": _tool_call_response,
    "tool_call": _tool_call,
    "tool_result": _tool_result,
    "error": _error,
}


def _present(container, name):
    """EVT-31: a member that is null counts as absent."""
    value = container.get(name)
    return None if value is None or value.kind == "null" else value


def _objects(content, name, rule):
    """The objects of a list with their pointers, and the faults of what is no list or no object."""
    value = _present(content, name)
    if value is None:
        return [], []
    if value.kind != "array":
        return [], [(f"/{name}", rule)]
    items = [(f"/{name}/{index}", item) for index, item in enumerate(value.items)]
    return [item for item in items if item[1].kind == "object"], [(pointer, rule) for pointer, item in items if item.kind != "object"]


def _call_faults(pointer, call, arguments_kind):
    """`call` is None for one that is absent."""
    found = [] if call is not None and call.string("name") else [(f"{pointer}/name", "toolCall.name.required")]
    arguments = _present(call, "arguments") if call is not None else None
    if arguments is not None and arguments.kind != arguments_kind:
        found.append((f"{pointer}/arguments", "toolCall.arguments.type"))
    return found


def _unless_string(content, name, rule):
    value = _present(content, name)
    return [] if value is None or value.kind == "string" else [(f"/{name}", rule)]


def _unless_timestamp(content, name):
    """EVT-44."""
    value = _present(content, name)
    is_timestamp = value is None or (value.kind == "string" and normalised(value.text) is not None)
    return [] if is_timestamp else [(f"/{name}", f"{name}.format")]


def _is_string(value):
    return value.kind == "string"


def _is_number(value):
    return value.kind == "number"


def _is_numbers(value):
    return value.kind == "array" and all(map(_is_number, value.items))
