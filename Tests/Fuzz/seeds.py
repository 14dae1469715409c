"""Makes the fuzzers' first inputs from the conformance vectors: seeds.py FOLDER."""

import hashlib
import json
import pathlib
import sys

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "Conformance" / "vectors"
LARGEST = 2500


def read(text):
    """A text of the vectors as bytes; nothing where it is built by a recipe, since those are large."""
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    if isinstance(text, dict) and "hex" in text:
        return bytes.fromhex(text["hex"])
    if isinstance(text, dict) and "escaped" in text:
        return json.loads('"' + text["escaped"] + '"').encode("utf-8", "surrogatepass")
    return None


def value(given):
    """A member that is a text, or a JSON value for its bytes."""
    text = read(given)
    return json.dumps(given).encode() if text is None and not isinstance(given, str) else text


def seeds(operation, given):
    """The targets and inputs of one case."""
    text = read(given.get("text"))
    if operation.startswith("json.") and text is not None:
        yield "json", text
    elif operation.startswith("signature.") and text is not None:
        yield "signature", b"\0" + text
        yield "signature", b"\0" + json.dumps(text.decode("utf-8", "replace"))[1:-1].encode()
    elif operation in ("exchange.rewrite-request", "stitch.resolve") and "body" in given:
        yield "request", value(given["body"])
        yield "json", value(given["body"])
    elif operation == "exchange.embed":
        yield "reply", value(given["reply"])
        yield "request", value(given["request"])
    elif operation == "exchange.embed-stream":
        for mode in (0, 1, 4, 6):
            yield "stream", bytes([mode]) + (read(given["reply"]) or b"")
    elif operation.startswith(("event.", "agent.")):
        for name in ("body", "event", "text", "definition", "metadata"):
            if name in given:
                yield "event", value(given[name])


def main(folder):
    count = 0
    for path in sorted(VECTORS.glob("*/*.json")):
        suite = json.loads(path.read_text())
        for case in suite.get("cases", []):
            for target, data in seeds(suite["op"], case["input"]):
                if data is None or len(data) > LARGEST:
                    continue
                place = pathlib.Path(folder) / target
                place.mkdir(parents=True, exist_ok=True)
                (place / hashlib.sha1(data).hexdigest()).write_bytes(data)
                count += 1
    # Frames cut and joined: every piece of the signature target's own alphabet.
    for number in range(128):
        data = bytes([1, number, 27, (number * 7) % 128])
        (pathlib.Path(folder) / "signature" / hashlib.sha1(data).hexdigest()).write_bytes(data)
    print(f"fuzz: {count} inputs from the vectors")


main(sys.argv[1])
