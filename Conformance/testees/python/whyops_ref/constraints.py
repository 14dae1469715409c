"""Requests whose reply must not gain a frame, because its output is constrained or measured (EXC-22)."""

_GRAMMARS = ("guided_json", "guided_regex", "guided_choice", "guided_grammar", "grammar", "structured_outputs")
_LIMITS = ("max_tokens", "max_completion_tokens")
_LEAST_LIMIT = 16


def forbid_frame(request):
    """`request` is the request's JSON, or None for what is not JSON."""
    if request is None or request.kind != "object":
        return True
    return (
        any(map(_constrains, (request.get("response_format"), request.get("output_format"), _member(request.get("output_config"), "format"))))
        or any(_is_there(request.get(name)) for name in (*_GRAMMARS, "audio", "prediction", "moderation"))
        or _is_prefilled(request.get("messages"))
        or _asks_for_audio(request.get("modalities"))
        or _is_on(request.get("logprobs"))
        or any(_is_small(request.get(name)) for name in _LIMITS)
    )


def _constrains(output_format):
    """A format of a type other than `text`."""
    if not _is_there(output_format):
        return False
    return output_format.kind != "object" or output_format.string("type") != "text"


def _is_prefilled(messages):
    """A last message of role `assistant`."""
    if messages is None or not messages.items:
        return False
    last = messages.items[-1]
    return last.kind == "object" and last.string("role") == "assistant"


def _asks_for_audio(modalities):
    return modalities is not None and any(item.text == "audio" for item in modalities.items)


def _is_small(limit):
    return limit is not None and limit.kind == "number" and float(limit.raw) <= _LEAST_LIMIT


def _is_there(value):
    return value is not None and value.kind != "null"


def _is_on(value):
    return _is_there(value) and value.raw != b"false"


def _member(value, name):
    return value.get(name) if value is not None else None
