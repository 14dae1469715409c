"""The assistant's turns in a history, and what in them can say which trace it is (TRC-5, TRC-11 to TRC-15, TRC-18)."""

from . import tool_arguments

# What is neither stripped nor read (EXC-1, TRC-20).
KEPT = ("thinking", "redacted_thinking", "reasoning")
_ENDS_TURN = ("_output", "_response")


class Turn:
    def __init__(self):
        self.texts = []  # where a frame may be read
        self.echoed = []  # pairs of kind and id, which the client sends back as they came
        self.arguments = []  # of tool calls


def newest_first(request_format, root):
    """The turns of a request's JSON."""
    if root.kind != "object":
        return []
    if request_format == "responses":
        turns = list(_responses(root))
    else:
        turns = list(_messages(root, tool_arguments.of_blocks if request_format == "messages" else tool_arguments.of_chat))
    return turns[::-1]


def _messages(root, arguments_of):
    for message in _objects(root, "messages"):
        if message.string("role") != "assistant":
            continue
        turn = Turn()
        if message.string("type") not in KEPT:
            turn.texts = _texts(message, ("text",))  # TRC-15
            turn.arguments = arguments_of(message)  # TRC-17
        is_chat = arguments_of is tool_arguments.of_chat
        for call in _objects(message, "tool_calls") if is_chat else ():  # TRC-18
            _echo(turn, "tool_call", call, "id")
        for block in () if is_chat else _objects(message, "content"):
            kind = block.string("type")
            if kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
                _echo(turn, "tool_call", block, "id")
            elif kind == "thinking":
                _echo(turn, "thinking", block, "signature")
            elif kind == "redacted_thinking":
                _echo(turn, "thinking", block, "data")
        yield turn
    if arguments_of is tool_arguments.of_blocks:
        newest = Turn()
        thread = root.get("thread")
        if thread is not None:
            _echo(newest, "response", thread, "previous_message_id")  # TRC-46
        yield newest


def _responses(root):
    turn = Turn()
    for item in _objects(root, "input"):
        role = item.string("role")
        if role != "assistant" and (role is not None or (item.string("type") or "").endswith(_ENDS_TURN)):  # TRC-11
            yield turn
            turn = Turn()
            continue
        if role is not None and item.string("type") not in KEPT:
            turn.texts += _texts(item, ("output_text", "input_text", "text"))  # TRC-12
        turn.arguments += tool_arguments.of_item(item)
        _echo(turn, "tool_call", item, "call_id")  # TRC-13
        _echo(turn, "message", item, "id")
        if item.string("type") == "reasoning":
            _echo(turn, "thinking", item, "encrypted_content")
    yield turn
    newest = Turn()
    conversation = root.get("conversation")  # TRC-30
    if conversation is not None and conversation.kind == "object":
        _echo(newest, "conversation", conversation, "id")
    else:
        _echo(newest, "conversation", root, "conversation")
    _echo(newest, "response", root, "previous_response_id")  # TRC-14
    yield newest


def _texts(message, part_types):
    content = message.get("content")
    if content is None:
        return []
    if content.kind == "string":
        return [content.text]
    parts = [part.string("text") for part in content.items if part.kind == "object" and part.string("type") in part_types]
    return [text for text in parts if text is not None]


def _echo(turn, kind, value, name):
    if value.string(name):
        turn.echoed.append((kind, value.string(name)))


def _list(value, name):
    member = value.get(name)
    return member.items if member is not None else ()


def _objects(value, name):
    return [item for item in _list(value, name) if item.kind == "object"]
