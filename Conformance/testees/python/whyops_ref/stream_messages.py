"""A streamed reply in the messages format: which bytes come out for an event (EXC-33 to EXC-36)."""

from .open_text import OpenText

_ENDS = ("message_stop", "error")


class MessagesStream:
    def __init__(self, frame, policy):
        self._frame = frame
        self._policy = policy
        self._index = None  # of the first text block, as it is spelled
        self._text = None

    def event(self, event, is_last):
        """The bytes for an event; where it is the stream's last, nothing waits for a next one."""
        message = event.json
        if message is None:
            return event.raw
        kind = "error" if is_untyped_error(message) else message.string("type")
        if kind == "content_block_start" and self._text is None:
            block = message.get("content_block")
            if block is not None and block.string("type") == "text":
                self._index = _index(message)
                self._text = OpenText()
                return self._taken(event, block.get("text"), is_last)
        elif kind in _ENDS:
            released = self.release(event.line_end)
            self._text = self._text or OpenText()  # no text begins from here on (EXC-63)
            self._text.is_open = False
            return released + event.raw
        elif self._text is not None and self._text.is_open and _index(message) == self._index:
            delta = message.get("delta")
            if kind == "content_block_delta" and delta is not None and delta.string("type") == "text_delta":
                return self._taken(event, delta.get("text"), is_last)
            if kind == "content_block_stop":
                return self._delta(self._text.finish(self._frame, self._policy), event.line_end) + event.raw
        return event.raw

    def release(self, line_end):
        """What waits in a block that has not ended (EXC-35)."""
        if self._text is None or not self._text.is_open:
            return b""
        return self._delta(self._text.release(), line_end)

    def _taken(self, event, text, is_last):
        if text is None or text.kind != "string":
            return event.raw
        return event.changed([(text.start + 1, text.end - 1, self._text.take(text, hold=not is_last))])

    def _delta(self, text, line_end):
        if not text:
            return b""
        data = b'data: {"type":"content_block_delta","index":%s,"delta":{"type":"text_delta","text":"%s"}}' % (self._index, text)
        return b"event: content_block_delta" + line_end + data + line_end * 2


def is_untyped_error(message):
    """Whether an event without a type says what went wrong (EXC-85)."""
    error = message.get("error")
    return message.get("type") is None and error is not None and error.kind != "null"


def _index(message):
    index = message.get("index")
    return index.raw if index is not None else b"0"
