"""A streamed reply as a whole: bytes in as they are read, bytes out as soon as an event is complete (EXC-31, EXC-37)."""

from .server_sent_events import Event, EventReader
from .stream_chat import ChatStream
from .stream_messages import MessagesStream
from .stream_responses import ResponsesStream

_STREAMS = {"chat": ChatStream, "messages": MessagesStream, "responses": ResponsesStream}
_GREATEST_EVENT = 4 * 1024 * 1024


class ReplyStream:
    """`frame` is None where nothing may change."""

    def __init__(self, reply_format, frame, policy):
        self._stream = None if frame is None else _STREAMS[reply_format](frame, policy)
        self._reader = EventReader()
        self._line_end = b"\n"

    def feed(self, chunk):
        """What is released after this chunk."""
        if self._stream is None:
            return chunk
        released = b"".join(map(self._released, self._reader.feed(chunk)))
        if self._reader.waiting > _GREATEST_EVENT:  # EXC-38
            released += self._stream.release(self._line_end) + self._reader.rest()
            self._stream = None
        return released

    def end(self):
        """What is released at the end of the stream."""
        if self._stream is None:
            return b""
        event = self._reader.end()
        last = b"" if event is None else self._stream.event(event, is_last=True)
        return self._stream.release(self._line_end) + last

    def _released(self, piece):
        if not isinstance(piece, Event):
            return piece
        self._line_end = piece.line_end
        return self._stream.event(piece, is_last=False)
