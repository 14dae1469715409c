"""Requests whose reply must not gain a frame, because its output is constrained or measured (EXC-22)."""

from .numbers import is_zero

_GRAMMARS = ("guided_json", "guided_regex", "guided_choice", "guided_grammar", "grammar", "structured_outputs")
_LIMITS = ("max_tokens", "max_completion_tokens")
_LEAST_LIMIT = 16
_LOGPROBS = "message.output_text.logprobs"


def forbid_frame(request_format, request):
    """`request` is the request's JSON, or None for what is not JSON."""
    if request is None or request.kind != "object":
        return True
    formats = (request.get("response_format"), request.get("output_format"), _member(request.get("output_config"), "format"))
    return (
        any(map(_constrains, formats))
        or any(_is_on(request.get(name)) for name in (*_GRAMMARS, "audio", "prediction", "moderation", "logprobs"))
        or _asks_for_logprobs(request)
        or _is_prefilled(request.get("input" if request_format == "responses" else "messages"))
        or _lists(request.get("modalities"), "audio")
        or any(_is_small(request.get(name)) for name in _LIMITS)
        or (request_format == "responses" and _forbid_frame_in_responses(request))
    )


def _forbid_frame_in_responses(request):
    return (
        _constrains(_member(request.get("text"), "format"))
        or _is_on(request.get("background"))
        or _lists(request.get("include"), _LOGPROBS)
        or _is_small(request.get("max_output_tokens"))
    )


def reply_forbids_frame(response):
    """The same by the members of a Responses reply itself, for a stored prompt may have set them (EXC-27)."""
    return _asks_for_logprobs(response) or _is_on(response.get("background")) or _constrains(_member(response.get("text"), "format"))


def _constrains(output_format):
    """A format of a type other than `text`."""
    if not _is_on(output_format):
        return False
    return output_format.kind != "object" or output_format.string("type") != "text"


def _is_prefilled(messages):
    """A last message or item of role `assistant`."""
    if messages is None or not messages.items:
        return False
    last = messages.items[-1]
    return last.kind == "object" and last.string("role") == "assistant"


def _lists(value, text):
    return value is not None and any(item.text == text for item in value.items)


def _is_small(limit):
    return limit is not None and limit.kind == "number" and not set(limit.raw) & set(b".eE") and int(limit.raw) <= _LEAST_LIMIT


def _is_there(value):
    return value is not None and value.kind != "null"


def _is_on(value):
    """Neither absent nor null or false."""
    return _is_there(value) and value.raw != b"false"


def _asks_for_logprobs(value):
    """`top_logprobs` of 0 asks for none."""
    count = value.get("top_logprobs")
    return _is_on(count) and not (count.kind == "number" and is_zero(count.raw))


def _member(value, name):
    return value.get(name) if value is not None else None
