"""Version 1 signatures, written from spec/signature.md and not from the product's code.

Everything here takes and gives text (`str`) or the bytes of a body, and knows nothing of servers.
"""

from __future__ import annotations

import json
import re
from typing import Any, Iterator

START, ONE, ZERO, END = "\u200b", "\u200c", "\u200d", "\u200e"

_RUN = re.compile("\u200b([\u200c\u200d]+)\u200e")

# The same four marks as JSON may spell them: raw UTF-8 or an escape in either case.
_B_START = rb"(?:\xe2\x80\x8b|\\u200[bB])"
_B_BIT = rb"(?:\xe2\x80\x8c|\xe2\x80\x8d|\\u200[cCdD])"
_B_END = rb"(?:\xe2\x80\x8e|\\u200[eE])"
_B_RUN = re.compile(_B_START + rb"((?:" + _B_BIT + rb")+)" + _B_END)


def encode(trace_id: str) -> str:
    """The frame that carries `trace_id` (SIG-1)."""
    raw = trace_id.encode("ascii")
    assert 1 <= len(raw) <= 128 and all(0x21 <= byte <= 0x7E for byte in raw), trace_id
    bits = "".join(f"{byte:08b}" for byte in raw)
    return START + bits.replace("1", ONE).replace("0", ZERO) + END


def _decode(bits: str) -> str | None:
    if len(bits) % 8:
        return None
    digits = bits.replace(ONE, "1").replace(ZERO, "0")
    raw = bytes(int(digits[at : at + 8], 2) for at in range(0, len(digits), 8))
    if not 1 <= len(raw) <= 128 or any(not 0x21 <= byte <= 0x7E for byte in raw):
        return None
    return raw.decode("ascii")


def ids(text: str) -> list[str]:
    """The ids of the whole frames in `text`, in order."""
    found = (_decode(match[1]) for match in _RUN.finditer(text))
    return [trace_id for trace_id in found if trace_id is not None]


def strip(text: str) -> str:
    """`text` without its whole frames; an incomplete one stays (SIG-3, SIG-20)."""
    return _RUN.sub(lambda match: match[0] if _decode(match[1]) is None else "", text)


def _bits_of(raw: bytes) -> str:
    text = json.loads(b'"' + raw + b'"')
    assert isinstance(text, str)
    return text


def ids_in_bytes(body: bytes) -> list[str]:
    """The ids of the frames in a body, however its JSON spells them."""
    found = (_decode(_bits_of(match[1])) for match in _B_RUN.finditer(body))
    return [trace_id for trace_id in found if trace_id is not None]


def strip_bytes(body: bytes) -> bytes:
    """The body without its frames, every other byte untouched."""

    def replace(match: re.Match[bytes]) -> bytes:
        return match[0] if _decode(_bits_of(match[1])) is None else b""

    return _B_RUN.sub(replace, body)


_LINE_END = rb"(?:\r\n|\n|\r)"
_DATA_LINE = re.compile(rb"data:[^\r\n]*" + _LINE_END + _LINE_END)


def without_added_event(stream: bytes) -> bytes:
    """A chat stream without the events of one data line that carry a frame."""
    return _DATA_LINE.sub(lambda match: b"" if ids_in_bytes(match[0]) else match[0], stream)


def strings(value: Any) -> Iterator[str]:
    """Every string value of a parsed JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)


def assert_clean(body: bytes) -> None:
    """No frame is left in a request body, raw, escaped, or in any string once parsed."""
    assert ids_in_bytes(body) == [], f"a frame reached the upstream: {body[:2000]!r}"
    try:
        document = json.loads(body)
    except ValueError:
        return
    for text in strings(document):
        assert ids(text) == [], f"a frame reached the upstream in {ascii(text)[:500]}"


def assert_signed(text: str, plain: str, trace_id: str) -> None:
    """`text` is `plain` with one frame of `trace_id` where SIG-30 wants it."""
    assert ids(text) == [trace_id], f"expected one frame of {trace_id} in {ascii(text)[-400:]}"
    assert strip(text) == plain
    space = len(plain) - len(plain.rstrip())
    after = min(space, 64)
    cut = len(plain) - after
    assert text == plain[:cut] + encode(trace_id) + plain[cut:], ascii(text)[-400:]


def assert_unsigned(text: str, plain: str) -> None:
    assert text == plain, f"expected {ascii(plain)[-200:]}, got {ascii(text)[-400:]}"
