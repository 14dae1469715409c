"""A text that comes in deltas. White space at its end waits, because a frame may have to stand before it (EXC-34)."""

from . import carrier, scalars
from .json_text import joined


class OpenText:
    """One text of a reply. Spellings are those of JSON strings, and what comes out is spelled as it came (JSON-4)."""

    def __init__(self):
        self.is_open = True
        self._parts = []  # the text so far
        self._waiting = []  # scalars at its end that were not given out: pairs of the scalar and its spelling

    @property
    def text(self):
        """All that came so far."""
        return joined("".join(self._parts))

    def take(self, value, hold=True):
        """What a delta's string holds then: what waited, and the string without the white space that waits now."""
        given = self._waiting + self._scalars(value)
        count = len(carrier.tail("".join(scalar for scalar, _ in given))) if hold else 0
        self._waiting = given[len(given) - count :]
        return _spelling(given[: len(given) - count])

    def take_last(self, value, frame, policy):
        """The same for the last string of the text, with the frame in its place if the text carries one (EXC-32)."""
        self._waiting += self._scalars(value)
        return self.finish(frame, policy)

    def finish(self, frame, policy):
        """What comes after the last delta: the frame if the text carries one, and what waited."""
        text = self.text
        place = carrier.place(text, policy)
        if place is not None:
            self._waiting.insert(len(self._waiting) - (len(text) - place), ("", frame))  # only white space follows a frame
        return self.release()

    def release(self):
        """What waited. From here on the text gains nothing (EXC-35, EXC-36)."""
        self.is_open = False
        released, self._waiting = _spelling(self._waiting), []
        return released

    def _scalars(self, value):
        spelled = scalars.of_string(value)
        self._parts.append(spelled.text)
        ends = spelled.starts[1:]
        return [(scalar, value.source[start:end]) for scalar, start, end in zip(spelled.text, spelled.starts, ends)]


def _spelling(pairs):
    return b"".join(spelling for _, spelling in pairs)
