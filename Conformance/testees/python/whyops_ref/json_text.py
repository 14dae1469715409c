"""JSON as text: a reader that knows where every value stands, so that a change can leave all other bytes alone (JSON-4).

Nothing is converted: a number stays the text that it was, an object keeps its members in order and also those that occur twice.
"""

import re

DEFAULT_DEPTH = 128
DEFAULT_VALUES = 1_000_000
_GREATEST_LENGTH = 4_294_967_295

_WHITE_SPACE = re.compile(rb"[ \t\n\r]*")
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
_PLAIN_STRING = re.compile(rb'"([^"\\\x00-\x1f\x80-\xff]*)"')  # which is most of them, so it is worth a step of its own
_PLAIN_NAME = re.compile(rb'"([^"\\\x00-\x1f\x80-\xff]*)"[ \t\n\r]*:[ \t\n\r]*')  # likewise
_DIGITS = re.compile(rb"[0-9]*")
_WORDS = {b"t": b"true", b"f": b"false", b"n": b"null"}
_ESCAPES = {b'"': '"', b"\\": "\\", b"/": "/", b"b": "\b", b"f": "\f", b"n": "\n", b"r": "\r", b"t": "\t"}
_HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Fault(Exception):
    """Why a text is refused: the code and the offset of the first byte that cannot stand (JSON-2)."""

    def __init__(self, code, offset):
        super().__init__(f"{code} at {offset}")
        self.code = code
        self.offset = offset


class Value:
    """A JSON value and its place in the source. `kind` is object, array, string, number, boolean or null."""

    __slots__ = ("source", "start", "end", "kind", "text", "items", "members")

    def __init__(self, source, start, end, kind, text=None):
        self.source = source
        self.start = start
        self.end = end
        self.kind = kind
        self.text = text  # the value of a string; half a surrogate pair is a lone surrogate of the str
        self.items = [] if kind == "array" else ()
        self.members = [] if kind == "object" else ()  # pairs of the name and the value, both of this class

    @property
    def raw(self):
        """The bytes as they came."""
        return self.source[self.start : self.end]

    def get(self, name):
        """The member's value, the last one if there are several (JSON-5); None where absent or in no object."""
        for member, value in reversed(self.members):
            if member.text == name:
                return value
        return None

    def last_members(self):
        """Each name once, in the order in which it first came, with its last value (JSON-5)."""
        return {name.text: value for name, value in self.members}

    def string(self, name):
        """The text of a member that is a string, else None."""
        value = self.get(name)
        return value.text if value is not None and value.kind == "string" else None


def joined(text):
    """The text with every high surrogate and the low one that follows as one scalar (JSON-6)."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def has_half_pair(text):
    return _SURROGATE.search(text) is not None


def parse(source, depth=DEFAULT_DEPTH, values=DEFAULT_VALUES):
    """Reads a whole text, or raises `Fault`."""
    return _Reader(source, depth, values).read()


def parse_or_none(source):
    """Reads a whole text within the default limits; None for what is not JSON."""
    try:
        return parse(source)
    except Fault:
        return None


class _Reader:
    def __init__(self, source, depth, values):
        self.source = source
        self.length = len(source)
        self.depth = depth
        self.values_left = values
        self.open = []

    def read(self):
        if self.length > _GREATEST_LENGTH:
            raise Fault("json.too-long", 0)  # JSON-13
        names = []  # of the members that are open, one for each object of self.open
        position = self.skip(0)
        while True:
            value = self.begin(position)
            position = value.end
            if value.kind in ("object", "array"):
                position = self.skip(position)
                if self.byte(position) != (b"}" if value.kind == "object" else b"]"):
                    self.open.append(value)
                    if value.kind == "object":
                        name, position = self.name(position)
                        names.append(name)
                    continue
                position += 1
                value.end = position
            while self.open:  # `value` is complete
                container = self.open[-1]
                if container.kind == "object":
                    container.members.append((names.pop(), value))
                else:
                    container.items.append(value)
                position = self.skip(position)
                byte = self.byte(position)
                if byte == b",":
                    position = self.skip(position + 1)
                    if container.kind == "object":
                        name, position = self.name(position)
                        names.append(name)
                    break
                if byte != (b"}" if container.kind == "object" else b"]"):
                    raise Fault("json.unexpected-byte", position)
                position += 1
                container.end = position
                value = self.open.pop()
            else:
                position = self.skip(position)
                if position < self.length:
                    raise Fault("json.trailing-bytes", position)  # JSON-11
                return value

    def skip(self, position):
        if position < self.length and self.source[position] > 0x20:
            return position
        return _WHITE_SPACE.match(self.source, position).end()

    def byte(self, position):
        if position >= self.length:
            raise Fault("json.unexpected-end", self.length)  # JSON-8
        return self.source[position : position + 1]

    def count(self, position):
        if self.values_left == 0:
            raise Fault("json.too-many-values", position)  # JSON-13
        self.values_left -= 1

    def begin(self, position):
        """A value whose first byte is at `position`; of an object or array only the bracket."""
        byte = self.byte(position)
        self.count(position)
        if byte in b"{[":
            if len(self.open) >= self.depth:
                raise Fault("json.too-deep", position)  # JSON-13
            return Value(self.source, position, position + 1, "object" if byte == b"{" else "array")
        if byte == b'"':
            return self.string(position)
        if byte in b"-0123456789":
            return Value(self.source, position, self.number_end(position), "number")
        word = _WORDS.get(byte)
        if word is None:
            raise Fault("json.unexpected-byte", position)  # JSON-12
        for offset in range(1, len(word)):
            if self.byte(position + offset) != word[offset : offset + 1]:
                raise Fault("json.unexpected-byte", position + offset)
        return Value(self.source, position, position + len(word), "null" if word == b"null" else "boolean")

    def name(self, position):
        """A member's name and the colon; gives the place where its value begins."""
        byte = self.byte(position)
        self.count(position)
        if byte != b'"':
            raise Fault("json.unexpected-byte", position)
        plain = _PLAIN_NAME.match(self.source, position)
        if plain is not None:
            return Value(self.source, position, plain.end(1) + 1, "string", plain.group(1).decode("ascii")), plain.end()
        name = self.string(position)
        position = self.skip(name.end)
        if self.byte(position) != b":":
            raise Fault("json.unexpected-byte", position)
        return name, self.skip(position + 1)

    def number_end(self, position):
        """JSON-9: the number ends before the first byte that cannot go on with it."""
        if self.source[position : position + 1] == b"-":
            position += 1
        if self.byte(position) == b"0":
            position += 1
            if self.source[position : position + 1].isdigit():
                raise Fault("json.invalid-number", position)
        else:
            position = self.digits(position)
        if self.source[position : position + 1] == b".":
            position = self.digits(position + 1)
        if self.source[position : position + 1] in (b"e", b"E"):
            position += 1
            if self.byte(position) in b"+-":
                position += 1
            position = self.digits(position)
        return position

    def digits(self, position):
        """At least one digit."""
        if not self.byte(position).isdigit():
            raise Fault("json.invalid-number", position)
        return _DIGITS.match(self.source, position).end()

    def string(self, start):
        plain = _PLAIN_STRING.match(self.source, start)
        if plain is not None:
            return Value(self.source, start, plain.end(), "string", plain.group(1).decode("ascii"))
        parts = []
        position = start + 1
        while True:
            end = _PLAIN.match(self.source, position).end()
            try:
                parts.append(self.source[position:end].decode("utf-8"))
            except UnicodeDecodeError as error:
                raise Fault("json.invalid-utf8", position + error.start) from None  # JSON-10
            byte = self.byte(end)
            if byte == b'"':
                return Value(self.source, start, end + 1, "string", joined("".join(parts)))
            if byte != b"\\":
                raise Fault("json.control-character", end)
            character, position = self.escape(end + 1)
            parts.append(character)

    def escape(self, position):
        """The character of the escape whose backslash stands before `position`."""
        byte = self.byte(position)
        if byte != b"u":
            if byte not in _ESCAPES:
                raise Fault("json.invalid-escape", position)
            return _ESCAPES[byte], position + 1
        for place in range(position + 1, position + 5):
            if self.byte(place)[0] not in _HEXADECIMAL:
                raise Fault("json.invalid-escape", place)
        return chr(int(self.source[position + 1 : position + 5], 16)), position + 5
