"""The forms that a text takes in vectors and messages (Conformance/README.md, "Texts")."""

import json

from . import json_text


def read(text):
    """A text as bytes; half a surrogate pair takes three bytes."""
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    if "hex" in text:
        return bytes.fromhex(text["hex"])
    return json.loads('"' + text["escaped"] + '"').encode("utf-8", "surrogatepass")


def write(data):
    """Bytes as a text, in the plainest form that holds them."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return {"escaped": json.dumps(data.decode("utf-8", "surrogatepass"))[1:-1]}
    except UnicodeDecodeError:
        return {"hex": data.hex()}


def value_of(line, member):
    """A member of the input as it stands in the message, so that numbers keep their spelling."""
    return json_text.parse(line.rstrip(b"\n"), depth=10_000, values=100_000_000).get("input").get(member)


def keys_of(list_or_none):
    """Signing keys by their ids."""
    return {key["id"]: bytes.fromhex(key["key"]) for key in list_or_none or []}
