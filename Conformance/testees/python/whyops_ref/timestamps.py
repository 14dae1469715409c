"""Time stamps of events (EVT-9). Years 0000 to 9999 of the proleptic Gregorian calendar."""

import re

_FORM = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MINUTES_OF_DAY = 24 * 60


def normalised(text):
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`, or None for a text that is no time stamp."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute = map(int, match.groups()[:5])
    second = int(match.group(6) or 0)
    offset_hours, offset_minutes = int(match.group(9) or 0), int(match.group(10) or 0)
    if not (1 <= month <= 12 and 1 <= day <= _days(year, month) and hour <= 23 and minute <= 59 and second <= 59):
        return None
    if offset_hours > 23 or offset_minutes > 59:
        return None
    offset = offset_hours * 60 + offset_minutes
    minutes = hour * 60 + minute + (offset if match.group(8) == "-" else -offset)
    if minutes < 0:
        minutes += _MINUTES_OF_DAY
        year, month, day = _day_before(year, month, day)
    elif minutes >= _MINUTES_OF_DAY:
        minutes -= _MINUTES_OF_DAY
        year, month, day = _day_after(year, month, day)
    if not 0 <= year <= 9999:
        return None
    milliseconds = (match.group(7) or "")[:3].ljust(3, "0")
    return f"{year:04d}-{month:02d}-{day:02d}T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}.{milliseconds}Z"


def _days(year, month):
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and is_leap else _DAYS[month - 1]


def _day_before(year, month, day):
    if day > 1:
        return year, month, day - 1
    if month > 1:
        return year, month - 1, _days(year, month - 1)
    return year - 1, 12, 31


def _day_after(year, month, day):
    if day < _days(year, month):
        return year, month, day + 1
    return (year, month + 1, 1) if month < 12 else (year + 1, 1, 1)
