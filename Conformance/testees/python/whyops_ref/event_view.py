"""The canonical view of an event, one form for each type (EVT-60 to EVT-80). Views of tool calls and results: `tool_view`."""

from .tool_view import body_of, call_of, calls_of, first_string, is_there, items_of, json_text, objects_of, plain, results_of

_PART_TYPES = ("text", "input_text", "output_text")


def view(event_type, content):
    """`content` is a JSON value or None where absent."""
    return _VIEWS[event_type](content)


def _member(value, name):
    return value.get(name) if value is not None and value.kind == "object" else None


def _string(value, name):
    member = _member(value, name)
    return plain(member.text) if member is not None and member.kind == "string" else None


def _part_text(value):
    if value.kind == "string":
        return plain(value.text)
    if value.kind == "object" and (value.get("type") is None or value.string("type") in _PART_TYPES):
        return _string(value, "text")
    return None


def _text(value, joiner):
    """The text of a value, or None if it has none."""
    if value is None:
        return None
    if value.kind == "string":
        return plain(value.text)
    texts = [text for text in map(_part_text, value.items) if text is not None]
    return joiner.join(texts) if texts else None


def _user_message(content):
    """EVT-62 to EVT-64."""
    messages = [message for message in map(_message, _message_items(content)) if message is not None]
    texts = [message["text"] for message in messages if message["role"] == "user" and message["text"]]
    return {"messages": messages, "text": texts[-1] if texts else None}


def _message_items(content):
    if content is None:
        return []
    if content.kind == "string":
        return [content]
    if content.kind == "array":
        return content.items
    messages, given = _member(content, "messages"), _member(content, "input")
    if messages is not None and messages.kind == "array":
        return messages.items
    if given is not None and given.kind in ("string", "array"):
        return [given] if given.kind == "string" else given.items
    return [content] if _string(content, "role") is not None or _string(content, "text") is not None else []


def _message(item):
    """EVT-63; None for an item that is left out."""
    if item.kind == "string":
        return {"role": "user", "text": plain(item.text)}
    if item.kind != "object":
        return None
    role = _string(item, "role")
    content = item.get("content")
    text = _part_text(item) if content is None else _text(content, "\n")
    if role is None and text is None:
        return None
    return {"role": "user" if role is None else role, "text": text or ""}


def _llm_response(content):
    """EVT-65 to EVT-68."""
    body = body_of(content)
    if body is not None and body.kind in ("string", "array"):
        return _reply(None, body)
    choices = items_of(body, "choices")
    first = choices[0] if choices else None
    for name in ("message", "delta"):  # EVT-66
        reply = _member(first, name)
        if reply is not None and reply.kind == "object":
            shown = _reply(reply, reply.get("content"))
            reason = _string(first, "finish_reason")
            return shown if reason is None else {**shown, "finishReason": reason}
    output = _member(body, "output")
    if output is not None and output.kind == "array":
        return _output_reply(body, objects_of(body, "output"))
    return _reply(body, _member(body, "content"))


def _reply(reply, content):
    """EVT-68; `reply` is None where only the content came."""
    text = _text(content, "")
    listed = objects_of(reply, "toolCalls") if _is_list(reply, "toolCalls") else objects_of(reply, "tool_calls")
    used = [item for item in content.items if _string(item, "type") in ("tool_use", "server_tool_use")] if content is not None else []
    return {
        "text": _string(reply, "text") if text is None else text,
        "refusal": _string(reply, "refusal"),
        "toolCalls": [call_of(item) for item in listed + used],
        "finishReason": first_string(reply, "finishReason", "finish_reason", "stop_reason"),
    }


def _output_reply(body, items):
    """EVT-67."""
    texts = []
    refusals = []
    calls = []
    for item in items:
        kind = _string(item, "type") or ""
        if kind == "message":
            texts.append(_text(item.get("content"), ""))
            parts = objects_of(item, "content")
            refusals += (_string(part, "refusal") for part in parts if _string(part, "type") == "refusal")
        elif kind in ("function_call", "custom_tool_call"):
            calls.append(call_of(item))
        elif kind.endswith("_call"):
            action = item.get("action")
            arguments = json_text(action) if is_there(action) else None
            calls.append({"id": _string(item, "id"), "name": kind.removesuffix("_call"), "arguments": arguments})
    reason = _string(_member(body, "incomplete_details"), "reason")
    return {
        "text": _joined(texts),
        "refusal": _joined(refusals),
        "toolCalls": calls,
        "finishReason": _string(body, "status") if reason is None else reason,
    }


def _joined(texts):
    found = [text for text in texts if text is not None]
    return "".join(found) if found else None


def _is_list(value, name):
    member = _member(value, name)
    return member is not None and member.kind == "array"


def _tool_call_request(content):
    return {"toolCalls": calls_of(body_of(content))}  # EVT-71


def _tool_call_response(content):
    body = body_of(content)
    return {"toolCalls": calls_of(body), "results": results_of(body)}  # EVT-72, EVT-76


def _tool_result(content):
    return {"results": results_of(body_of(content))}


def _llm_thinking(content):
    """EVT-77."""
    text = plain(content.text) if content is not None and content.kind == "string" else first_string(content, "thinking", "text")
    return {"text": text, "signature": _string(content, "signature"), "redacted": _string(content, "type") == "redacted_thinking"}


def _embedding_request(content):
    """EVT-78."""
    given = _member(content, "input")
    if given is not None and given.kind == "string":
        return {"texts": [plain(given.text)], "count": 1}
    if given is None or given.kind != "array":
        return {"texts": [], "count": None}
    if all(item.kind == "string" for item in given.items):
        return {"texts": [plain(item.text) for item in given.items], "count": len(given.items)}
    return {"texts": [], "count": 1 if given.items[0].kind == "number" else len(given.items)}


def _embedding_response(content):
    """EVT-79."""
    data = _member(content, "data")
    first = data.items[0] if data is not None and data.items else None
    embedding = _member(first, "embedding")
    kind = embedding.kind if embedding is not None else None
    encoding = _string(content, "encodingFormat")
    return {
        "count": _number(content, "embeddingCount") or (len(data.items) if _is_list(content, "data") else None),
        "dimensions": _number(content, "firstEmbeddingDimensions") or (len(embedding.items) if kind == "array" else None),
        "encodingFormat": {"array": "float", "string": "base64"}.get(kind) if encoding is None else encoding,
    }


def _number(value, name):
    member = _member(value, name)
    return member if member is not None and member.kind == "number" else None


def _error(content):
    """EVT-80."""
    if content is not None and content.kind == "string":
        return {"message": plain(content.text), "status": None}
    message = first_string(content, "message", "error")
    error = _member(content, "error")
    if message is None and is_there(error):
        message = _string(error, "message")
        message = json_text(error) if message is None else message
    return {"message": message, "status": _number(content, "status")}


_VIEWS = {
    "user_message": _user_message,
    "llm_response": _llm_response,
    "llm_thinking": _llm_thinking,
    "embedding_request": _embedding_request,
    "embedding_response": _embedding_response,
    "tool_call_request": _tool_call_request,
    "tool_call_response": _tool_call_response,
    "tool_call": _tool_call_response,
    "tool_result": _tool_result,
    "error": _error,
}
