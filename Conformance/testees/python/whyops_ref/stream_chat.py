"""A streamed reply in the chat format: which bytes come out for an event (EXC-32, EXC-34 to EXC-36)."""

from .canonical_json import compact
from .open_text import OpenText

_COPIED = ("id", "object", "created", "model")
_DONE = b"[DONE]"


class ChatStream:
    def __init__(self, frame, policy):
        self._frame = frame
        self._policy = policy
        self._texts = {}  # by the choice's index as it is spelled
        self._is_over = False  # no text gains anything from here on (EXC-63)
        self._head = b""  # of the newest chunk: the members that a delta of our own needs

    def event(self, event, is_last):
        """The bytes for an event; where it is the stream's last, nothing waits for a next one."""
        chunk = event.json
        if event.data == _DONE or _has_error(chunk):
            released = self.release(event.line_end)
            self._is_over = True
            return released + event.raw
        if chunk is None or self._is_over:
            return event.raw
        choices = _objects(chunk.get("choices"))
        if choices:
            self._head = b"".join(
                b'"%s":%s,' % (name.encode("ascii"), _spelling(chunk.get(name))) for name in _COPIED if chunk.get(name) is not None
            )
        before = b""
        edits = []
        for choice in choices:
            index = _spelling(choice.get("index")) if choice.get("index") is not None else b"0"
            text = self._texts.setdefault(index, OpenText())
            if not text.is_open:
                continue
            delta = choice.get("delta")
            content = delta.get("content") if delta is not None else None
            if content is not None and content.kind != "string":
                content = None
            reason = choice.get("finish_reason")
            # EXC-96
            if reason is None or reason.kind == "null" or reason.kind == "string" and not reason.text:
                if content is not None:
                    edits.append((content.start + 1, content.end - 1, text.take(content, hold=not is_last)))
            elif content is not None and content.text:
                edits.append((content.start + 1, content.end - 1, text.take_last(content, self._frame, self._policy)))
            else:
                before += self._delta(index, text.finish(self._frame, self._policy), event.line_end)
        return before + event.changed(edits)

    def release(self, line_end):
        """What waits in texts that have not ended (EXC-35)."""
        return b"".join(self._delta(index, text.release(), line_end) for index, text in self._texts.items() if text.is_open)

    def _delta(self, index, text, line_end):
        if not text:
            return b""
        choice = b'{"index":%s,"delta":{"content":"%s"},"finish_reason":null}' % (index, text)
        return b'data: {%s"choices":[%s]}' % (self._head, choice) + line_end * 2


def _has_error(chunk):
    error = chunk.get("error") if chunk is not None else None
    return error is not None and error.kind != "null"


def _spelling(value):
    return compact(value).encode("ascii", "backslashreplace") if value.kind in ("object", "array") else value.raw


def _objects(value):
    return [item for item in value.items if item.kind == "object"] if value is not None else []
