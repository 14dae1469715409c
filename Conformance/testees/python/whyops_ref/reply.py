"""A whole reply, and the frame that it may gain (EXC-20 to EXC-26)."""

from . import carrier, constraints, scalars, signature
from .json_text import parse_or_none
from .signature import NotEmbeddable


def frame_for(request_format, request, trace_id, policy, key=None):
    """The frame that the replies to a request gain where their text can carry it; None where none ever does.

    `request` is the request's JSON or None; `key` is None or a pair of an id and the key's bytes.
    """
    if policy == "off" or constraints.forbid_frame(request_format, request):
        return None
    try:
        return signature.encode(trace_id) if key is None else signature.sign(trace_id, *key)
    except NotEmbeddable:
        return None  # EXC-26


def embed(reply_format, frame, policy, status, body):
    """The reply that the client gets: the upstream's bytes, and a frame in each text that may carry one."""
    if frame is None or not 200 <= status <= 299:  # EXC-23
        return body
    root = parse_or_none(body)
    if root is None or root.kind != "object":  # EXC-24
        return body
    pieces = []
    position = 0
    for text in sorted(_TEXTS[reply_format](root), key=lambda text: text.start):
        spelled = scalars.of_string(text)
        place = carrier.place(spelled.text, policy)
        if place is not None:
            pieces += [body[position : spelled.offset(place)], frame]
            position = spelled.offset(place)
    return b"".join([*pieces, body[position:]])


def _chat_texts(root):
    """The content of each choice."""
    for choice in _items(root, "choices"):
        message = choice.get("message")
        content = message.get("content") if message is not None else None
        if content is not None and content.kind == "string":
            yield content


def _messages_texts(root):
    """The first text block."""
    for block in _items(root, "content"):
        if block.string("type") == "text" and block.string("text") is not None:
            yield block.get("text")
            return


def _responses_texts(root):
    """The first text."""
    if constraints.reply_forbids_frame(root):  # EXC-27
        return
    for item in _items(root, "output"):
        for part in _items(item, "content") if item.string("type") == "message" else ():
            if part.string("type") == "output_text":
                text = part.get("text")
                if text is not None and text.kind == "string":  # EXC-66
                    yield text
                    return


_TEXTS = {"chat": _chat_texts, "messages": _messages_texts, "responses": _responses_texts}


def _items(value, name):
    """The objects of a list."""
    member = value.get(name)
    return [item for item in member.items if item.kind == "object"] if member is not None else []
