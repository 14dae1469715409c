"""Whether a text may carry a frame, and where the frame goes (SIG-30 to SIG-36)."""

import re

from .signature import selector_byte

WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
GREATEST_TAIL = 64  # scalars of white space that come after the frame (SIG-30)
_WORD = re.compile(f"[^{WHITE_SPACE}]+")
_NOT_FIRST = ("{", "[", "<", "```", "~~~")
_LAST_PUNCTUATION = ".!?,;:'\""
_NOT_IN_LAST_TOKEN = set("@/\\=")
_INVISIBLE = (("\u200b", "\u200f"), ("\u2060", "\u2064"), ("\ufe00", "\ufe0f"), ("\ufeff", "\ufeff"), ("\U000e0000", "\U000e0fff"))
_MANIFEST = b"C2PATXT\x00"


def place(text, policy="careful"):
    """The number of scalars before the frame, or None where the text must not carry one."""
    visible = text.rstrip(WHITE_SPACE)
    if policy == "off" or not visible or _holds_manifest(text):  # SIG-35, SIG-36
        return None
    if policy == "careful" and not _carries(visible):
        return None
    return max(len(visible), len(text) - GREATEST_TAIL)


def tail(text):
    """The white space at the end of a text that may come after a frame."""
    return text[max(len(text.rstrip(WHITE_SPACE)), len(text) - GREATEST_TAIL) :]


def _carries(text):
    """Policy `careful` for a text that ends with a visible character."""
    if text.lstrip(WHITE_SPACE).startswith(_NOT_FIRST):  # SIG-32
        return False
    last = text[-1]
    if not (last.isascii() and last.isalpha() or last in _LAST_PUNCTUATION or last >= "\xa1" and not _is_half_pair(last)):  # SIG-33
        return False
    words = _WORD.findall(text)
    if not _NOT_IN_LAST_TOKEN.isdisjoint(words[-1]):  # SIG-34
        return False
    return len(words) >= 3 or sum(_counts(scalar) for word in words for scalar in word) >= 12  # SIG-31


def _counts(scalar):
    """A scalar of a script that may not put spaces between words."""
    return scalar >= "\u0e00" and not _is_half_pair(scalar) and not any(first <= scalar <= last for first, last in _INVISIBLE)


def _holds_manifest(text):
    """SIG-14: U+FEFF and then selectors whose first bytes are these."""
    for mark in re.finditer("\ufeff", text):
        if [selector_byte(scalar) for scalar in text[mark.end() : mark.end() + len(_MANIFEST)]] == list(_MANIFEST):
            return True
    return False


def _is_half_pair(scalar):
    return "\ud800" <= scalar <= "\udfff"
