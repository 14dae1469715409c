"""A stream of server-sent events, cut into events without losing a byte (EXC-30, EXC-31)."""

import re

from .json_text import parse_or_none

_LINE_END = re.compile(rb"[\r\n]")
_LINE = re.compile(rb"([^\r\n]*)(\r\n|\r|\n|$)")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Event:
    """The bytes of one event, and where the parts of its data stand in them."""

    def __init__(self, raw, starts_stream):
        self.raw = raw
        self.line_end = b"\n"
        self.named = False  # whether it has an `event:` line
        self._parts = []  # of the data: their ranges in `raw`; they are joined by line feeds
        position = len(_BYTE_ORDER_MARK) if starts_stream and raw.startswith(_BYTE_ORDER_MARK) else 0
        first = position
        while position < len(raw):
            line = _LINE.match(raw, position)
            if position == first and line.group(2):
                self.line_end = line.group(2)
            name, colon, value = line.group(1).partition(b":")
            if name == b"data":
                start = position + len(name) + len(colon) + value.startswith(b" ")
                self._parts.append((start, line.end(1)))
            elif name == b"event":
                self.named = True
            position = line.end()

    @property
    def data(self):
        return b"\n".join(self.raw[first:last] for first, last in self._parts)

    @property
    def json(self):
        """The data as a JSON object, or None."""
        root = parse_or_none(self.data)
        return root if root is not None and root.kind == "object" else None

    def changed(self, edits):
        """The event's bytes after edits of its data: triples of a range, none over a line end, and what stands there then."""
        raw = self.raw
        for first, last, text in sorted(edits, reverse=True):
            place = self._place(first)
            raw = raw[:place] + text + raw[place + last - first :]
        return raw

    def _place(self, offset):
        for first, last in self._parts:
            if offset <= last - first:
                return first + offset
            offset -= last - first + 1
        raise IndexError(offset)


class EventReader:
    """Gives out events, and as bytes what stands outside of them, each as soon as it is complete."""

    def __init__(self):
        self._bytes = bytearray()
        self._line = 0  # where the line begins that is read
        self._searched = 0  # no line end before this place is unread
        self._in_event = False
        self._after_return = False  # the next line feed belongs to the line before
        self._starts_stream = True

    @property
    def waiting(self):
        """How many bytes have come that were not given out."""
        return len(self._bytes)

    def feed(self, chunk):
        """What is complete with this chunk."""
        self._bytes += chunk
        pieces = []
        while True:
            if self._after_return and len(self._bytes) > self._line:
                self._after_return = False
                if self._bytes[self._line] == 0x0A:
                    self._line += 1
                    self._searched = self._line
                    if not self._in_event:
                        pieces.append(self._take())
                    continue
            end = _LINE_END.search(self._bytes, self._searched)
            if end is None:
                self._searched = len(self._bytes)
                return pieces
            line = bytes(self._bytes[self._line : end.start()])
            if self._starts_stream and not self._in_event:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            self._line = self._searched = end.end()
            self._after_return = end.group() == b"\r"
            if not line and self._in_event:
                pieces.append(self._event())
            elif not self._in_event and (not line or line.startswith(b":")):
                pieces.append(self._take())
            else:
                self._in_event = True

    def rest(self):
        """The bytes that have come and were not given out."""
        self._line = len(self._bytes)
        return self._take()

    def end(self):
        """The event that lacks its blank line, or the bytes left over; the stream's end completes either."""
        if not self._bytes:
            return None
        self._line = len(self._bytes)
        return self._event()

    def _event(self):
        starts_stream = self._starts_stream
        self._in_event = False
        return Event(self._take(), starts_stream)

    def _take(self):
        """The bytes before the line that is read next."""
        taken = bytes(self._bytes[: self._line])
        del self._bytes[: self._line]
        self._line = self._searched = 0
        self._starts_stream = False
        return taken
