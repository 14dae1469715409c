"""Invisible signatures: writing frames of both versions, and finding them in a text (spec/signature.md).

`find` reads scalar by scalar from the left and keeps what it has read on a stack. A frame that is found whole is taken off the
stack at once, so what stood around it is then one text and may be a frame in its turn (SIG-21). No step looks at more than one
frame's length, which is bounded, so time and memory are linear (SIG-22).
"""

import hashlib
import hmac
import re

from . import scalars

START, BIT_1, BIT_0, END = "\u200b", "\u200c", "\u200d", "\u200e"
SELECTORS_FOLLOW = "\u2060"
_GREATEST_ID = 128
_TAG_LENGTH = 8
_TAG_LABEL = b"whyops-signature-v2\x00"
_MAGIC_2 = 0xE7
_LONGEST_RUN = 3 + _GREATEST_ID + _TAG_LENGTH
_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BEGINS = re.compile("[\u200b\u2060\U000e01d7]")  # no frame begins with anything else; U+E01D7 is the selector of E7
_OF_FRAMES = re.compile("[\u200b-\u200e\u2060\ufe00-\ufe0f\U000e0100-\U000e01ef\ud800-\udfff]+")  # halves may meet


class NotEmbeddable(Exception):
    """SIG-2: the id has no bytes, more than 128, or one outside 0x21 to 0x7E."""

    code = "signature.not-embeddable"


class Frame:
    """A frame in a text. `trace_id` is None where the frame is only to be stripped."""

    def __init__(self, version, trace_id, first, last):
        self.version = version
        self.trace_id = trace_id
        self.first = first  # scalars of the text as it came, from `first` up to `last`
        self.last = last


def can_carry(trace_id):
    return 1 <= len(trace_id) <= _GREATEST_ID and all(0x21 <= byte <= 0x7E for byte in trace_id)


def encode(trace_id):
    """The version 1 frame of an id, given and returned as bytes (SIG-1)."""
    if not can_carry(trace_id):
        raise NotEmbeddable
    bits = "".join(f"{byte:08b}" for byte in trace_id)
    return (START + bits.replace("1", BIT_1).replace("0", BIT_0) + END).encode("utf-8")


def sign(trace_id, key_id, key):
    """The version 2 frame of an id under a key (SIG-15, SIG-16, SIG-17)."""
    if not can_carry(trace_id):
        raise NotEmbeddable
    if _UUID.fullmatch(trace_id):
        head = bytes([_MAGIC_2, key_id << 4]) + bytes.fromhex(trace_id.replace(b"-", b"").decode("ascii"))
    else:
        head = bytes([_MAGIC_2, key_id << 4 | 1, len(trace_id)]) + trace_id
    return (SELECTORS_FOLLOW + "".join(map(_selector, head + _tag(head, key)))).encode("utf-8")


def find(text, keys=None):
    """All frames in a str, in the order in which they are found whole. `keys` is a dict of key ids.

    A character that stands in no frame parts what is before it from what is after it, so each stretch is read alone.
    """
    frames = []
    if may_hold_frame(text):
        for stretch in _OF_FRAMES.finditer(text):
            frames += _Reading(stretch.group(), stretch.start(), keys or {}).read()
    return frames


def extract(frames, accept_v1=True):
    """The id and version that a reader takes, or None and None (SIG-4, SIG-19)."""
    for version in (2, 1) if accept_v1 else (2,):
        for frame in sorted(frames, key=lambda frame: frame.last, reverse=True):
            if frame.version == version and frame.trace_id is not None:
                return frame.trace_id, version
    return None, None


def outermost(frames):
    """The ranges of scalars that stripping removes, sorted, those inside others left out."""
    ranges = []
    for frame in sorted(frames, key=lambda frame: (frame.first, -frame.last)):
        if not ranges or frame.first >= ranges[-1][1]:
            ranges.append((frame.first, frame.last))
    return ranges


def strip(data, keys=None):
    """The bytes of a text without its frames (SIG-20)."""
    spelled = scalars.of_bytes(data)
    return scalars.without(data, spelled.ranges(outermost(find(spelled.text, keys))))


def may_hold_frame(text):
    """Whether a str has a character that begins a frame."""
    return _BEGINS.search(text) is not None


class _Reading:
    """What was read of a stretch of text, without the frames found in it so far."""

    def __init__(self, text, offset, keys):
        self.text = text
        self.offset = offset  # of the stretch in the whole text
        self.keys = keys
        self.frames = []
        # One entry for each scalar on the stack:
        self.stack = []  # the scalar
        self.first = []  # where it begins in the stretch as it came; two halves of a pair that met are one scalar
        self.run = []  # place on the stack where the run begins that it continues, bare or after U+2060; None for others
        self.end = 0  # where the last scalar that was read ends in the stretch as it came

    def read(self):
        for index, scalar in enumerate(self.text):
            self.take(scalar, index)
        self.judge_run()
        return self.frames

    def take(self, scalar, index):
        first = index
        if selector_byte(scalar) is None:
            self.judge_run()
        if "\udc00" <= scalar <= "\udfff" and self.stack and "\ud800" <= self.stack[-1] <= "\udbff":
            scalar = scalars.pair(self.stack[-1], scalar)  # two halves meet over a frame that is gone (SIG-21)
            first = self.first[-1]
            self.drop(len(self.stack) - 1)
        self.end = index + 1
        if scalar == END and self.close_version_1(first):
            return
        self.push(scalar, first)

    def push(self, scalar, first):
        run = None
        if selector_byte(scalar) is not None:
            if self.run and self.run[-1] is not None:
                run = self.run[-1]
            elif (self.stack and self.stack[-1] == SELECTORS_FOLLOW) or self.begins_bare(scalar, first):
                run = len(self.stack)
        self.stack.append(scalar)
        self.first.append(first)
        self.run.append(run)

    def drop(self, place):
        del self.stack[place:], self.first[place:], self.run[place:]

    def close_version_1(self, first):
        """Whether the end mark at `first` completes a frame: a start and whole bytes of an id before it (SIG-1, SIG-3)."""
        place = len(self.stack)
        while place > 0 and len(self.stack) - place <= 8 * _GREATEST_ID and self.stack[place - 1] in (BIT_1, BIT_0):
            place -= 1
        bits = "".join("1" if scalar == BIT_1 else "0" for scalar in self.stack[place:])
        if place == 0 or self.stack[place - 1] != START or len(bits) % 8:
            return False
        trace_id = bytes(int(bits[bit : bit + 8], 2) for bit in range(0, len(bits), 8))
        if not can_carry(trace_id):
            return False
        self.found(1, trace_id, place - 1, len(bits) + 2)
        return True

    def judge_run(self):
        """Takes out the run of selectors at the end of what was read, if it is a frame."""
        if not self.run or self.run[-1] is None:
            return
        start = self.run[-1]
        if start > 0 and self.stack[start - 1] == SELECTORS_FOLLOW:
            if 0xE8 <= selector_byte(self.stack[start]) <= 0xEF:  # SIG-11
                self.found(2, None, start - 1, len(self.stack) - start + 1)
            elif whole(run := self.selected(start)):
                self.found(2, self.verified(run), start - 1, len(run) + 1)
        elif whole(run := self.selected(start)) and (trace_id := self.verified(run)) is not None:  # SIG-42
            self.found(2, trace_id, start, len(run))

    def selected(self, place):
        """The bytes of the selectors from a place on, of a run that is too long for any frame only as many as show it."""
        return bytes(selector_byte(scalar) for scalar in self.stack[place : place + _LONGEST_RUN + 1])

    def begins_bare(self, scalar, first):
        """Whether a scalar that continues no run begins a bare frame: what stands before it is seen in the text as it came."""
        if not self.keys or selector_byte(scalar) != _MAGIC_2:
            return False
        return first == 0 or (self.text[first - 1] != SELECTORS_FOLLOW and selector_byte(self.text[first - 1]) is None)

    def verified(self, run):
        """The id of a whole frame if its tag is that of the key it names, else None (SIG-13, SIG-18, SIG-41)."""
        key = self.keys.get(run[1] >> 4)
        if key is None or not hmac.compare_digest(_tag(run[:-_TAG_LENGTH], key), run[-_TAG_LENGTH:]):
            return None
        if run[1] & 3:
            return run[3:-_TAG_LENGTH]
        digits = run[2:-_TAG_LENGTH].hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])).encode("ascii")  # SIG-16

    def found(self, version, trace_id, place, length):
        first = self.first[place]
        if self.end - first != length:
            trace_id = None  # another frame was inside: stripped, never read (SIG-5)
        self.frames.append(Frame(version, trace_id, self.offset + first, self.offset + self.end))
        self.drop(place)


def whole(run):
    """SIG-10, of the bytes after U+2060."""
    if len(run) < 3 or run[0] != _MAGIC_2 or run[1] & 0x0C or run[1] & 3 > 1:
        return False
    if run[1] & 3 == 0:
        return len(run) == 2 + 16 + _TAG_LENGTH
    return len(run) == 3 + run[2] + _TAG_LENGTH and can_carry(run[3:-_TAG_LENGTH])


def selector_byte(character):
    """The byte that a variation selector stands for, or None."""
    if "\ufe00" <= character <= "\ufe0f":
        return ord(character) - 0xFE00
    if "\U000e0100" <= character <= "\U000e01ef":
        return ord(character) - 0xE0100 + 16
    return None


def _selector(byte):
    return chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16)


def _tag(head, key):
    return hmac.new(key, _TAG_LABEL + head, hashlib.sha256).digest()[:_TAG_LENGTH]
