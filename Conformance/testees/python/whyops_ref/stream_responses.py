"""A streamed reply in the responses format: which bytes come out for an event (EXC-40 to EXC-43).

The first text comes several times: in deltas, and whole in up to five later events. All copies gain the frame, and each event that
is put in moves on the numbers of those that follow.
"""

from . import carrier, constraints, scalars
from .open_text import OpenText
from .stream_messages import is_untyped_error

_DELTA = "response.output_text.delta"
_TEXT_DONE = "response.output_text.done"
_PART_ENDS = ("response.content_part.done", "response.output_item.done")
_STREAM_ENDS = ("response.completed", "response.incomplete", "response.failed", "error")
_GREATEST_COPIES = 3 * 1024 * 1024


class ResponsesStream:
    def __init__(self, frame, policy):
        self._frame = frame
        self._policy = policy
        self._is_forbidden = False  # by a response object that came before the frame (EXC-27, EXC-68)
        self._has_response = False
        self._place = None  # of the first text: output_index and content_index as they are spelled
        self._text = None
        self._frame_place = None  # scalars before the frame, once it was put in
        self._delta_members = None  # the start of a delta of our own, its end, and whether it has an `event:` line
        self._added = 0  # events so far
        self._next_number = None
        self._size = 0  # of what later copies repeat

    def event(self, event, is_last):
        """The bytes for an event; where it is the stream's last, nothing waits for a next one."""
        message = event.json
        if message is None:
            return event.raw
        kind = "error" if is_untyped_error(message) else message.string("type")
        response = message.get("response")
        if response is not None and response.kind == "object":
            self._size += 0 if self._has_response else len(response.raw)
            self._has_response = True
            if self._frame_place is None and constraints.reply_forbids_frame(response):
                self._is_forbidden = True
                if self._text is not None and self._delta_members is None:  # none of its deltas has come
                    self._text.is_open = False
        if kind == "response.output_item.done":
            self._size += len(event.data)
        number = message.get("sequence_number")
        before = b""
        edits = []
        if not self._is_forbidden or self._text is not None:
            self._begin(kind, message)
            if self._text is not None and self._text.is_open:
                edits, text = self._of_open_text(kind, message, event, is_last)
                before = self._addition(text, event.line_end, number)
            if self._frame_place is not None:
                edits += [edit for copy in _copies(message, self._place) for edit in self._signed(copy)]
        if number is not None and number.kind == "number" and number.raw.isdigit():
            value = int(number.raw) + self._added
            self._next_number = value + 1
            edits.append((number.start, number.end, b"%d" % value))
        return before + event.changed(edits)

    def release(self, line_end):
        """What waits in a text that has not ended (EXC-35)."""
        if self._text is None or not self._text.is_open:
            return b""
        return self._addition(self._text.release(), line_end, None)

    def _begin(self, kind, message):
        """Finds the first text."""
        if self._text is not None:
            return
        if kind in _STREAM_ENDS or (kind == _TEXT_DONE and message.string("text") is not None):  # EXC-63, EXC-20
            self._text = OpenText()
            self._text.is_open = False
        elif kind == "response.content_part.added":
            part = message.get("part")
            if part is not None and part.string("type") == "output_text" and part.string("text") is not None:
                self._place = _place(message)
                self._text = OpenText()
                self._text.is_open = part.string("text") == ""  # EXC-43
        elif kind == _DELTA:
            self._place = _place(message)
            self._text = OpenText()

    def _of_open_text(self, kind, message, event, is_last):
        """Edits of an event, and the text that has to come in an event before it."""
        if kind in _STREAM_ENDS:
            return [], self._text.release()
        is_ours = _place(message) == self._place or (kind == "response.output_item.done" and _place(message)[0] == self._place[0])
        if not is_ours:
            return [], self._text.release() if is_last else b""
        if kind == _DELTA:
            delta = message.get("delta")
            self._delta_members = _delta_members(message, event)
            if delta is None or delta.kind != "string":
                return [], b""
            self._size += len(delta.raw)
            return [(delta.start + 1, delta.end - 1, self._text.take(delta, hold=not is_last))], b""
        if kind == _TEXT_DONE:
            text = self._text.text
            if message.string("text") != text or self._size > _GREATEST_COPIES or self._is_forbidden:  # EXC-43, EXC-68
                return [], self._text.release()
            self._frame_place = carrier.place(text, self._policy)
            return [], self._text.finish(self._frame, self._policy)
        return [], self._text.release() if kind in _PART_ENDS else b""

    def _signed(self, copy):
        """EXC-41: a copy with another text stays as it came."""
        if copy.text != self._text.text:
            return []
        place = scalars.of_string(copy).offset(self._frame_place)
        return [(place, place, self._frame)]

    def _addition(self, text, line_end, number):
        """A delta of our own, which takes the number of the event that it stands before (EXC-40, EXC-42)."""
        if not text:
            return b""
        head, tail, named = self._delta_members
        data = head + b'"delta":"' + text + b'"' + tail
        if number is not None and number.raw.isdigit():
            data += b',"sequence_number":%d' % (int(number.raw) + self._added)
        elif number is None and self._next_number is not None:
            data += b',"sequence_number":%d' % self._next_number
        self._added += 1
        name = b"event: response.output_text.delta" + line_end if named else b""
        return name + b"data: {" + data + b"}" + line_end * 2


def _place(message):
    return tuple(index.raw if index is not None else None for index in (message.get("output_index"), message.get("content_index")))


def _delta_members(message, event):
    members = [b'"type":"response.output_text.delta",']
    for name in ("item_id", "output_index", "content_index"):
        value = message.get(name)
        if value is not None:
            members.append(b'"%s":%s,' % (name.encode("ascii"), value.raw))
    return b"".join(members), b',"logprobs":[]' if message.get("logprobs") is not None else b"", event.named


def _copies(message, place):
    """The strings of an event that repeat the first text whole (EXC-41)."""
    kind = message.string("type")
    candidates = []
    if kind == _TEXT_DONE and _place(message) == place:
        candidates.append(message.get("text"))
    elif kind == "response.content_part.done" and _place(message) == place:
        candidates.append(_member(message.get("part"), "text"))
    elif kind == "response.output_item.done" and _place(message)[0] == place[0]:
        candidates.append(_part_text(message.get("item"), place[1]))
    else:
        candidates.append(_part_text(_at(_member(message.get("response"), "output"), place[0]), place[1]))
    return [copy for copy in candidates if copy is not None and copy.kind == "string"]


def _part_text(item, content_index):
    part = _at(_member(item, "content"), content_index)
    return _member(part, "text") if part is not None and part.string("type") == "output_text" else None


def _member(value, name):
    return value.get(name) if value is not None and value.kind == "object" else None


def _at(value, index):
    """The object at an index that is given as it is spelled."""
    if value is None or index is None or not index.isdigit() or int(index) >= len(value.items):
        return None
    item = value.items[int(index)]
    return item if item.kind == "object" else None
