"""Requests that a recorded route has to refuse (EXC-5, EXC-6, EXC-8)."""

from .json_text import Fault, parse


class Refused(Exception):
    """`code` is the fault of EXC-64."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def accepted(request_format, body):
    """The JSON of a body that is not refused, else raises `Refused`."""
    try:
        root = parse(body)
    except Fault as fault:
        raise Refused(fault.code) from fault
    if root.kind != "object":
        raise Refused("request.body-type")
    if request_format == "responses":
        if root.get("model") is not None or not _is(root.get("prompt"), "object"):
            _check(root, "model", ("string", "null") if _is(root.get("prompt"), "object") else ("string",))
        if root.get("input") is not None:
            _check(root, "input", ("string", "array", "null"))
    else:
        _check(root, "model", ("string",))
        _check(root, "messages", ("array",))
    return root


def accepted_or_none(request_format, body):
    try:
        return accepted(request_format, body)
    except Refused:
        return None


def _check(root, name, kinds):
    value = root.get(name)
    if value is None:
        raise Refused("request.member-missing")
    if value.kind not in kinds:
        raise Refused("request.member-type")


def _is(value, kind):
    return value is not None and value.kind == kind
