"""The canonical form of RFC 8785 with the choices of JSON-20 to JSON-26, and the compact form that keeps what came."""

import re

from .json_text import has_half_pair, parse

_TO_ESCAPE = re.compile('["\\\\\x00-\x1f]')
_TO_ESCAPE_WITH_HALF_PAIRS = re.compile('["\\\\\x00-\x1f\ud800-\udfff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


class NoCanonicalForm(Exception):
    """JSON-25: half a surrogate pair, or a number that rounds to infinity."""

    code = "json.no-canonical-form"


def utf16_order(text):
    """A key that sorts texts by their UTF-16 code units (JSON-20)."""
    return text.encode("utf-16-be", "surrogatepass")


def _escape(match):
    character = match.group()
    return _SHORT.get(character) or f"\\u{ord(character):04x}"


def quoted(text):
    """A string as ECMA-262's JSON.stringify writes it (JSON-22); half a surrogate pair becomes `\\udxxx`."""
    return '"' + _TO_ESCAPE_WITH_HALF_PAIRS.sub(_escape, text) + '"'


def canonical(value):
    """The canonical form of a value as a str, which then has no lone surrogates."""
    if value.kind == "object":
        members = value.last_members()  # JSON-21
        return "{" + ",".join(_string(name) + ":" + canonical(members[name]) for name in sorted(members, key=utf16_order)) + "}"
    if value.kind == "array":
        return "[" + ",".join(canonical(item) for item in value.items) + "]"
    if value.kind == "string":
        return _string(value.text)
    if value.kind == "number":
        return number(value.raw)
    return value.raw.decode("ascii")


def canonicalize(text):
    """The bytes of a text's canonical form; raises `Fault` (JSON-26) or `NoCanonicalForm`."""
    return canonical(parse(text)).encode("utf-8")


def _string(text):
    if has_half_pair(text):
        raise NoCanonicalForm
    return '"' + _TO_ESCAPE.sub(_escape, text) + '"'


def number(spelling):
    """JSON-23 and JSON-24. Python's `float` rounds to the nearest double, its `repr` gives the fewest digits that read back."""
    double = float(spelling)
    if double in (float("inf"), float("-inf")):
        raise NoCanonicalForm
    if double == 0:
        return "0"
    mantissa, _, exponent = repr(abs(double)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    n = len(whole.lstrip("0")) + int(exponent or 0)  # the value is 0.d1...dk * 10^n
    if not whole.strip("0"):
        n -= len(fraction) - len(fraction.lstrip("0"))
    digits = digits.rstrip("0")
    k = len(digits)
    if k <= n <= 21:
        text = digits + "0" * (n - k)
    elif 0 < n <= 21:
        text = digits[:n] + "." + digits[n:]
    elif -6 < n <= 0:
        text = "0." + "0" * -n + digits
    else:
        text = digits[0] + ("." + digits[1:] if k > 1 else "") + "e" + ("+" if n > 0 else "-") + str(abs(n - 1))
    return "-" + text if double < 0 else text


def compact(value):
    """No white space; numbers as they came, members in their order and also twice; strings as `quoted` writes them."""
    if value.kind == "object":
        return "{" + ",".join(quoted(name.text) + ":" + compact(member) for name, member in value.members) + "}"
    if value.kind == "array":
        return "[" + ",".join(compact(item) for item in value.items) + "]"
    if value.kind == "string":
        return quoted(value.text)
    return value.raw.decode("ascii")
