"""Texts as scalars, each with the bytes that spell it: signatures are found in the values and removed from the spelling.

A text is a str in which half a surrogate pair is a lone surrogate, and a byte that belongs to no UTF-8 sequence is U+FFFD.
"""

import re

_TOKEN = re.compile(rb"\\u([0-9a-fA-F]{4})|\\(.)|([^\\]+)", re.DOTALL)
_SIMPLE = {b"b": "\b", b"f": "\f", b"n": "\n", b"r": "\r", b"t": "\t"}
_HALF_PAIR = re.compile("[\ud800-\udfff]")


class SpelledText:
    """A text and where its scalars are spelled: the one at i by the bytes from `starts[i]` to `starts[i + 1]` of a source.

    Without `starts` the source is the text in UTF-8.
    """

    def __init__(self, text, starts=None):
        self.text = text
        self.starts = starts

    def offset(self, index):
        """Where the scalar at `index` begins in the source."""
        if self.starts is not None:
            return self.starts[index]
        return len(self.text[:index].encode("utf-8", "surrogatepass"))

    def ranges(self, index_ranges):
        """Ranges of scalars as ranges of bytes."""
        if self.starts is not None:
            return [(self.starts[first], self.starts[last]) for first, last in index_ranges]
        byte_ranges = []
        index = offset = 0
        for first, last in index_ranges:
            start = offset + len(self.text[index:first].encode("utf-8", "surrogatepass"))
            index, offset = last, start + len(self.text[first:last].encode("utf-8", "surrogatepass"))
            byte_ranges.append((start, offset))
        return byte_ranges


def of_bytes(data):
    """The scalars of UTF-8 or of what is nearly UTF-8."""
    try:
        return SpelledText(data.decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        pass
    characters = []
    starts = []
    position = 0
    while position < len(data):
        starts.append(position)
        for length in (1, 2, 3, 4):
            try:
                characters.append(data[position : position + length].decode("utf-8", "surrogatepass"))
                break
            except UnicodeDecodeError:
                continue
        else:
            characters.append("\ufffd")
            length = 1
        position += length
    return SpelledText("".join(characters), [*starts, len(data)])


def of_string(value):
    """The scalars of a JSON string, with the places of their spelling in the value's source (JSON-6)."""
    characters = []
    starts = []
    for token in _TOKEN.finditer(value.source, value.start + 1, value.end - 1):
        if token.group(1) is not None:
            scalar = int(token.group(1), 16)
            if 0xDC00 <= scalar <= 0xDFFF and characters and "\ud800" <= characters[-1] <= "\udbff":
                characters[-1] = pair(characters[-1], chr(scalar))
                continue
            characters.append(chr(scalar))
            starts.append(token.start())
        elif token.group(2) is not None:
            characters.append(_SIMPLE.get(token.group(2)) or token.group(2).decode("ascii"))
            starts.append(token.start())
        else:
            offset = token.start()
            for character in token.group(3).decode("utf-8"):
                characters.append(character)
                starts.append(offset)
                offset += length(character)
    return SpelledText("".join(characters), [*starts, value.end - 1])


def pair(high, low):
    """The scalar of two halves of a surrogate pair."""
    return chr(0x10000 + ((ord(high) - 0xD800) << 10) + (ord(low) - 0xDC00))


def length(character):
    """Bytes of a scalar in UTF-8."""
    return 1 if character < "\x80" else 2 if character < "\u0800" else 3 if character < "\U00010000" else 4


def without(data, ranges):
    """The bytes without these ranges, which are sorted and do not overlap."""
    kept = []
    position = 0
    for first, last in ranges:
        kept.append(data[position:first])
        position = last
    kept.append(data[position:])
    return b"".join(kept)


def without_half_pairs(text):
    """The text with U+FFFD for each half of a surrogate pair."""
    return _HALF_PAIR.sub("\ufffd", text)
