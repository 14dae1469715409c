"""The operations on requests and replies, and on the choice of the trace."""

from . import exchange_request, refusal, reply, stitching
from .json_text import parse_or_none
from .reply_stream import ReplyStream
from .text_forms import keys_of, read, write


def _resolution(given, root):
    keys = keys_of(given.get("keys"))
    accept_v1 = given.get("acceptV1", True)
    return stitching.resolve(given["format"], given.get("headers") or {}, root, keys, given.get("known") or (), accept_v1)


def rewrite_request(given, _):
    body = read(given["body"])
    if given["format"] == "other":  # a route that is not recorded belongs to no trace (EXC-7)
        forwarded = exchange_request.rewritten(body, parse_or_none(body), keys_of(given.get("keys")))
        return {"body": write(forwarded), "traceId": None, "source": None}
    root = refusal.accepted(given["format"], body)
    resolution = _resolution(given, root)
    forwarded = exchange_request.rewritten(body, root, keys_of(given.get("keys")))
    return {"body": write(forwarded), "traceId": resolution.trace_id, "source": resolution.source}


def resolve(given, _):
    resolution = _resolution(given, refusal.accepted(given["format"], read(given["body"])))
    return {"traceId": resolution.trace_id, "source": resolution.source, "links": resolution.links}


def _frame(given):
    request = refusal.accepted_or_none(given["format"], read(given["request"]))  # EXC-65
    key = given.get("key")
    return reply.frame_for(given["format"], request, read(given["traceId"]), _policy(given), key and (key["id"], bytes.fromhex(key["key"])))


def _policy(given):
    return given.get("policy") or "careful"


def embed(given, _):
    body = reply.embed(given["format"], _frame(given), _policy(given), given.get("status", 200), read(given["reply"]))
    return {"body": write(body)}


def embed_stream(given, _):
    stream = ReplyStream(given["format"], _frame(given), _policy(given))
    outputs = [stream.feed(read(chunk)) for chunk in given["chunks"]]
    return {"outputs": [write(output) for output in [*outputs, stream.end()]]}


OPERATIONS = {
    "exchange.embed": embed,
    "exchange.embed-stream": embed_stream,
    "exchange.rewrite-request": rewrite_request,
    "stitch.resolve": resolve,
}
