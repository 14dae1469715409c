"""The operations of class codec on single texts."""

from . import canonical_json, carrier, json_text, scalars, signature
from .text_forms import keys_of, read, write


def check(given, _):
    limits = given.get("limits") or {}
    depth = limits.get("depth", json_text.DEFAULT_DEPTH)
    values = limits.get("values", json_text.DEFAULT_VALUES)
    try:
        json_text.parse(read(given["text"]), depth, values)
    except json_text.Fault as fault:
        return {"code": fault.code, "offset": fault.offset}
    return {"code": None, "offset": None}


def canonicalize(given, _):
    return {"text": write(canonical_json.canonicalize(read(given["text"])))}


def encode(given, _):
    return {"text": write(signature.encode(read(given["traceId"])))}


def sign(given, _):
    key = given["key"]
    return {"text": write(signature.sign(read(given["traceId"]), key["id"], bytes.fromhex(key["key"])))}


def extract(given, _):
    text = scalars.of_bytes(read(given["text"])).text
    trace_id, version = signature.extract(signature.find(text, keys_of(given.get("keys"))))
    return {"traceId": trace_id and trace_id.decode("ascii"), "version": version}


def strip(given, _):
    return {"text": write(signature.strip(read(given["text"]), keys_of(given.get("keys"))))}


def carry(given, _):
    spelled = scalars.of_bytes(read(given["text"]))
    place = carrier.place(spelled.text, given.get("policy", "careful"))
    return {"carries": place is not None, "offset": None if place is None else spelled.offset(place)}


OPERATIONS = {
    "json.check": check,
    "json.canonicalize": canonicalize,
    "signature.encode": encode,
    "signature.sign": sign,
    "signature.extract": extract,
    "signature.strip": strip,
    "signature.carrier": carry,
}
