"""JSON numbers by their exact decimal value, whatever their size."""

import re

_FORM = re.compile(rb"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?)([0-9]+))?")
_FAR = 10**30  # a whole number that is beyond every limit of the protocol is given as this


def is_zero(raw):
    return not _digits(raw)[0]


def is_negative(raw):
    """Below zero; -0 is not."""
    return raw.startswith(b"-") and not is_zero(raw)


def whole(raw):
    """The value of a whole number, at most 10^30 away from zero; None if it has a fraction."""
    digits, exponent = _digits(raw)
    if not digits:
        return 0
    if exponent < 0:
        return None
    value = int(digits) * 10**exponent if len(digits) + exponent <= 30 else _FAR
    return -value if raw.startswith(b"-") else value


def _digits(raw):
    """The digits without zeros at either end, none for zero, and the power of ten that they stand before."""
    _, integer, fraction, sign, exponent = _FORM.fullmatch(raw).groups()
    digits = integer + (fraction or b"")
    power = -len(fraction or b"")
    if exponent:
        size = exponent.lstrip(b"0")
        size = int(size or b"0") if len(size) <= 20 else _FAR
        power += -size if sign == b"-" else size
    digits = digits.lstrip(b"0")
    significant = digits.rstrip(b"0")
    return significant, power + len(digits) - len(significant)
