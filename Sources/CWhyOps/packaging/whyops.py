"""The WhyOps protocol in Python: libwhyops behind plain functions. `whyops.h` says what each one does.

    import whyops
    library = whyops.Library()              # the shared library beside this file, or Library("/path/libwhyops.so")
    library.strip("text")

Texts are str or bytes. `strip` gives what it got, a str for a str, and `place` counts in the same way: characters of a
str, bytes of bytes; half a surrogate pair in a str survives. All other results are bytes or, where it says so, values.
What a rule refuses is raised as `Refusal`, misuse as `ValueError`.

A library object may be used from several threads at a time, a stream from one. Only the standard library is needed.
"""

from __future__ import annotations

import ctypes
import json
import pathlib
import sys
import weakref
from ctypes import POINTER, byref, c_char_p, c_int32, c_size_t, c_uint8, c_uint32, c_void_p

OK, NONE, REFUSED = 0, 1, 2
IGNORE_V1, JSON_STRING = 1, 2
DEFAULT_LIMIT = c_size_t(-1).value
FORMATS = {"chat": 0, "messages": 1, "responses": 2}
POLICIES = {"careful": 0, "always": 1}
PROFILES = {"original": 0, "strict": 1}


class Refusal(Exception):
    """The input breaks a rule: `detail` is the fault, or a list of faults, as the specification names them."""

    def __init__(self, detail):
        super().__init__(json.dumps(detail))
        self.detail = detail


class _Result(ctypes.Structure):
    _fields_ = [("bytes", POINTER(c_uint8)), ("length", c_size_t)]


class _Key(ctypes.Structure):
    _fields_ = [("id", c_uint8), ("bytes", c_uint8 * 32)]


_TEXT = [c_char_p, c_size_t]
_OUT = [POINTER(_Result)]
_ADDRESS = [POINTER(c_void_p)]

# The arguments of every function that gives a status, as whyops.h declares them.
_FUNCTIONS = {
    "keys_create": [POINTER(_Key), c_size_t] + _ADDRESS,
    "signature_encode": _TEXT + _OUT,
    "signature_sign": _TEXT + [c_void_p] + _OUT,
    "signature_extract": _TEXT + [c_void_p, c_uint32] + _OUT + [POINTER(c_int32)],
    "signature_strip": _TEXT + [c_void_p, c_uint32] + _OUT,
    "signature_place": _TEXT + [c_int32, c_uint32, POINTER(c_size_t)],
    "json_check": _TEXT + [c_size_t, c_size_t] + _OUT,
    "json_canonicalize": _TEXT + _OUT,
    "request_read": _TEXT + [c_int32, c_void_p] + _ADDRESS + _OUT,
    "request_forwarded": [c_void_p] + _OUT,
    "request_describe": [c_void_p] + _OUT,
    "request_resolve": [c_void_p] + 3 * _TEXT + [c_uint32] + _OUT,
    "body_strip": _TEXT + [c_void_p] + _OUT,
    "reply_embed": _TEXT + [c_int32] + _TEXT + [c_int32] + _OUT,
    "stream_create": [c_int32] + _TEXT + [c_int32] + _ADDRESS,
    "stream_read": [c_void_p] + _TEXT + _OUT,
    "stream_finish": [c_void_p] + _OUT,
    "agent_validate": _TEXT + _OUT,
    "agent_version_hash": _TEXT + _OUT,
    "agent_definition_hash": _TEXT + _OUT,
    "agent_diff": 2 * _TEXT + _OUT,
    "event_validate": _TEXT + [c_int32] + 2 * _TEXT + _OUT,
    "event_view": _TEXT + _OUT,
    "event_canonicalize": _TEXT + _OUT,
    "timestamp_normalize": _TEXT + _OUT,
}


def _pair(text):
    """A text as a pointer and a length; None is NULL."""
    if text is None:
        return None, 0
    data = text.encode() if isinstance(text, str) else bytes(text)
    return data, len(data)


def _spelt(text):
    """A text as bytes, and the option that they need: half a surrogate pair can stand only inside a JSON string."""
    if not isinstance(text, str):
        return bytes(text), 0
    try:
        return text.encode(), 0
    except UnicodeEncodeError:
        return json.dumps(text)[1:-1].encode(), JSON_STRING


def _unspelt(data, options):
    return json.loads(b'"' + data + b'"') if options else data.decode()


def _number(names, name):
    if name not in names:
        raise ValueError(f"expected one of {', '.join(names)}, not {name!r}")
    return names[name]


class _Handle:
    """An object of the library, freed by `close`, at the end of a `with` block or when it is lost."""

    def __init__(self, address, free):
        self._address = address
        self._free = weakref.finalize(self, free, address)

    @property
    def address(self):
        if not self._free.alive:
            raise ValueError("it has been closed")
        return self._address

    def close(self):
        self._free()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Library:
    """The functions of one shared library."""

    def __init__(self, path=None):
        if path is None:
            name = "libwhyops.dylib" if sys.platform == "darwin" else "libwhyops.so"
            path = pathlib.Path(__file__).resolve().parent / name
        self._library = ctypes.CDLL(str(path))
        for name, arguments in _FUNCTIONS.items():
            function = self._function(name)
            function.argtypes = arguments
            function.restype = c_int32
        self._library.whyops_result_free.argtypes = _OUT
        self._library.whyops_result_free.restype = None
        for name in ("keys_free", "request_free", "stream_free"):
            self._function(name).argtypes = [c_void_p]
            self._function(name).restype = None
        self._library.whyops_spec_version.argtypes = []
        self._library.whyops_spec_version.restype = c_char_p

    @property
    def spec_version(self) -> str:
        """The version of the specification."""
        return self._library.whyops_spec_version().decode()

    def keys(self, pairs) -> _Handle:
        """A set of keys from pairs of a number and 32 bytes; the first one signs."""
        records = [_Key(number, (c_uint8 * 32).from_buffer_copy(key)) for number, key in pairs if len(key) == 32]
        if len(records) != len(pairs):
            raise ValueError("a key has 32 bytes")
        address = c_void_p()
        _check(self._library.whyops_keys_create((_Key * len(records))(*records), len(records), byref(address)))
        return _Handle(address, self._library.whyops_keys_free)

    def encode(self, trace_id) -> bytes | None:
        return self._call("signature_encode", *_pair(trace_id))

    def sign(self, trace_id, keys) -> bytes | None:
        return self._call("signature_sign", *_pair(trace_id), keys.address)

    def extract(self, text, keys=None, ignore_v1=False) -> tuple[str, int] | None:
        """The trace id and the version of its frame."""
        data, options = _spelt(text)
        version = c_int32()
        found = self._call(
            "signature_extract", *_pair(data), keys and keys.address, options | (IGNORE_V1 if ignore_v1 else 0),
            after=[byref(version)])
        return None if found is None else (found.decode(), version.value)

    def strip(self, text, keys=None):
        """The text without its frames."""
        data, options = _spelt(text)
        rest = self._call("signature_strip", *_pair(data), keys and keys.address, options)
        if rest is None:
            return text
        return _unspelt(rest, options) if isinstance(text, str) else rest

    def place(self, text, policy="careful") -> int | None:
        """Where in a text a frame goes."""
        data, options = _spelt(text)
        offset = c_size_t()
        status = _check(self._library.whyops_signature_place(
            *_pair(data), _number(POLICIES, policy), options, byref(offset)))
        if status == NONE:
            return None
        return len(_unspelt(data[:offset.value], options)) if isinstance(text, str) else offset.value

    def check_json(self, text, depth=DEFAULT_LIMIT, values=DEFAULT_LIMIT) -> None:
        """Raises where a text is not JSON or beyond the limits."""
        self._call("json_check", *_pair(text), depth, values)

    def canonicalize_json(self, text) -> bytes:
        return self._call("json_canonicalize", *_pair(text))

    def read_request(self, body, format, keys=None) -> Request:
        address = c_void_p()
        self._call("request_read", *_pair(body), _number(FORMATS, format), keys and keys.address, byref(address))
        return Request(self, address, body)

    def strip_body(self, body, keys=None):
        rest = self._call("body_strip", *_pair(body), keys and keys.address)
        return body if rest is None else rest

    def embed_reply(self, body, format, frame, policy="careful"):
        embedded = self._call(
            "reply_embed", *_pair(body), _number(FORMATS, format), *_pair(frame), _number(POLICIES, policy))
        return body if embedded is None else embedded

    def stream(self, format, frame, policy="careful") -> Stream:
        """A streamed reply; without a frame everything passes."""
        address = c_void_p()
        _check(self._library.whyops_stream_create(
            _number(FORMATS, format), *_pair(frame), _number(POLICIES, policy), byref(address)))
        return Stream(self, address)

    def validate_agent(self, body) -> None:
        self._call("agent_validate", *_pair(body))

    def version_hash(self, definition) -> dict:
        """`versionHash` and `canonical`."""
        return self._json("agent_version_hash", *_pair(definition))

    def definition_hash(self, definition) -> dict | None:
        """`definitionHash`, `canonical`, `systemPrompt`, `description` and `tools`; None where there is no canonical form."""
        return self._json("agent_definition_hash", *_pair(definition))

    def compare_definitions(self, before, after) -> dict:
        """`changes`."""
        return self._json("agent_diff", *_pair(before), *_pair(after))

    def validate_event(self, body, profile="original", event_type=None, tenant=None) -> None:
        """`event_type` is the type that the route stands for, if it does; `tenant` a dict of whose ids count."""
        self._call(
            "event_validate", *_pair(body), _number(PROFILES, profile), *_pair(event_type),
            *_pair(tenant and json.dumps(tenant)))

    def view_event(self, event) -> dict:
        return self._json("event_view", *_pair(event))

    def canonicalize_event(self, event) -> bytes:
        return self._call("event_canonicalize", *_pair(event))

    def normalize_timestamp(self, text) -> str | None:
        normal = self._call("timestamp_normalize", *_pair(text))
        return None if normal is None else normal.decode()

    # The border.

    def _function(self, name):
        return getattr(self._library, "whyops_" + name)

    def _call(self, name, *arguments, after=()):
        """What a function puts into its result; None where it found nothing."""
        result = _Result()
        status = self._function(name)(*arguments, byref(result), *after)
        try:
            output = ctypes.string_at(result.bytes, result.length) if result.length else b""
        finally:
            self._library.whyops_result_free(byref(result))
        if status == REFUSED:
            raise Refusal(json.loads(output))
        return None if _check(status) == NONE else output

    def _json(self, name, *arguments):
        output = self._call(name, *arguments)
        return None if output is None else json.loads(output)


class Request(_Handle):
    """A request body that was read."""

    def __init__(self, library, address, body):
        super().__init__(address, library._library.whyops_request_free)
        self._owner = library
        self._body = body

    @property
    def forwarded(self):
        """The body to forward."""
        body = self._owner._call("request_forwarded", self.address)
        return self._body if body is None else body

    def describe(self) -> dict:
        """`model`, `stream`, `constraint` and `echoes`."""
        return self._owner._json("request_describe", self.address)

    def resolve(self, trace_header=None, thread_header=None, known=None, ignore_v1=False) -> dict:
        """`traceId`, `source` and `links`; `known` is a list of dicts with `kind`, `id` and `traceId`."""
        return self._owner._json(
            "request_resolve", self.address, *_pair(trace_header), *_pair(thread_header),
            *_pair(None if known is None else json.dumps(known)), IGNORE_V1 if ignore_v1 else 0)


class Stream(_Handle):
    """A streamed reply: what goes in comes out, with the frame in it."""

    def __init__(self, library, address):
        super().__init__(address, library._library.whyops_stream_free)
        self._owner = library

    def read(self, chunk) -> bytes:
        return self._owner._call("stream_read", self.address, *_pair(chunk))

    def finish(self) -> bytes:
        return self._owner._call("stream_finish", self.address)


def _check(status):
    if status not in (OK, NONE):
        raise ValueError("the arguments are not allowed")
    return status
