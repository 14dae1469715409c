"""Signatures of both versions, written from spec/signature.md and not from the product's code.

Everything here takes and gives text (`str`) or the bytes of a body, and knows nothing of servers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import uuid
from typing import Any, Iterator

START, ONE, ZERO, END = "\u200b", "\u200c", "\u200d", "\u200e"

# The key of the servers under test, as WHYOPS_SIGNING_KEY gives it.
KEY_ID, KEY = 5, hashlib.sha256(b"a key for tests").digest()
SIGNING_KEY = f"{KEY_ID}:{base64.b64encode(KEY).decode()}"

# What a frame of either version looks like, and how JSON may spell it; `_decode` says whether it is one.
_RUN = re.compile("\u200b[\u200c\u200d]+\u200e|\u2060[\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_BIT = r"(?:[\u200c\u200d]|\\u200[cCdD])"
_SELECTOR = (
    r"(?:[\ufe00-\ufe0f\U000e0100-\U000e01ef]|\\u[fF][eE]0[0-9a-fA-F]|\\u[dD][bB]40\\u[dD][dD][0-9a-fA-F]{2})"
)
_SPELT_RUN = re.compile(
    rf"(?:\u200b|\\u200[bB]){_BIT}+(?:\u200e|\\u200[eE])|(?:\u2060|\\u2060){_SELECTOR}+"
)


def encode(trace_id: str) -> str:
    """The version 1 frame that carries `trace_id` (SIG-1)."""
    raw = trace_id.encode("ascii")
    assert 1 <= len(raw) <= 128 and all(0x21 <= byte <= 0x7E for byte in raw), trace_id
    bits = "".join(f"{byte:08b}" for byte in raw)
    return START + bits.replace("1", ONE).replace("0", ZERO) + END


def sign(trace_id: str, key_id: int = KEY_ID, key: bytes = KEY) -> str:
    """The version 2 frame that carries `trace_id` (SIG-15 to SIG-17)."""
    if re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", trace_id):
        payload = bytes([0xE7, key_id << 4]) + uuid.UUID(trace_id).bytes
    else:
        payload = bytes([0xE7, key_id << 4 | 1, len(trace_id)]) + trace_id.encode("ascii")
    payload += hmac.digest(key, b"whyops-signature-v2\0" + payload, "sha256")[:8]
    return "\u2060" + "".join(chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16) for byte in payload)


def _decode(run: str) -> str | None:
    """The id of a whole frame, escaped or not; one of version 2 has to be of our key."""
    if "\\" in run:
        run = json.loads(f'"{run}"')
    if run[0] == START:
        bits = run[1:-1].replace(ONE, "1").replace(ZERO, "0")
        if len(bits) % 8:
            return None
        raw = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
        if not 1 <= len(raw) <= 128 or any(not 0x21 <= byte <= 0x7E for byte in raw):
            return None
        return raw.decode("ascii")
    raw = bytes(ord(mark) - 0xFE00 if ord(mark) < 0xFE10 else ord(mark) - 0xE0100 + 16 for mark in run[1:])
    if len(raw) == 26 and raw[1] & 3 == 0:
        trace_id = str(uuid.UUID(bytes=raw[2:18]))
    elif len(raw) > 11 and raw[1] & 3 == 1:
        trace_id = raw[3:-8].decode("ascii", "replace")
    else:
        return None
    try:
        return trace_id if sign(trace_id, raw[1] >> 4) == run else None
    except UnicodeEncodeError:
        return None


def ids(text: str, runs: re.Pattern[str] = _RUN) -> list[str]:
    """The ids of the whole frames in `text`, in order."""
    found = (_decode(match[0]) for match in runs.finditer(text))
    return [trace_id for trace_id in found if trace_id is not None]


def strip(text: str, runs: re.Pattern[str] = _RUN) -> str:
    """`text` without its whole frames; an incomplete one stays (SIG-3, SIG-20)."""
    return runs.sub(lambda match: match[0] if _decode(match[0]) is None else "", text)


def ids_in_bytes(body: bytes) -> list[str]:
    """The ids of the frames in a body, however its JSON spells them."""
    return ids(body.decode("utf-8", "surrogateescape"), _SPELT_RUN)


def strip_bytes(body: bytes) -> bytes:
    """The body without its frames, every other byte untouched."""
    return strip(body.decode("utf-8", "surrogateescape"), _SPELT_RUN).encode("utf-8", "surrogateescape")


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


def assert_signed(text: str, plain: str, trace_id: str, frame: str | None = None) -> None:
    """`text` is `plain` with one frame of `trace_id`, of version 2 unless another is given, where SIG-30 wants it."""
    frame = frame or sign(trace_id)
    assert ids(text) == [trace_id], f"expected one frame of {trace_id} in {ascii(text)[-400:]}"
    assert strip(text) == plain
    space = len(plain) - len(plain.rstrip())
    after = min(space, 64)
    cut = len(plain) - after
    assert text == plain[:cut] + frame + plain[cut:], ascii(text)[-400:]


def assert_unsigned(text: str, plain: str) -> None:
    assert text == plain, f"expected {ascii(plain)[-200:]}, got {ascii(text)[-400:]}"
