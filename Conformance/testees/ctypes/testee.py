"""The C interface from Python, under the conformance suite: `testee.py DIRECTORY`, which Sources/CWhyOps/packaging/build
made. Only whyops.py is used."""

import json
import sys

if len(sys.argv) != 2:
    sys.exit("usage: testee.py DIRECTORY")
sys.path.insert(0, sys.argv[1])
import whyops

library = whyops.Library()


class Code(Exception):
    """An error of the suite."""


def text(value):
    """A text as the library takes it: a str where it holds half a surrogate pair, else bytes."""
    if isinstance(value, str):
        return value.encode()
    if "hex" in value:
        return bytes.fromhex(value["hex"])
    return json.loads('"' + value["escaped"] + '"')


def write(value):
    return {"escaped": json.dumps(value)[1:-1]} if isinstance(value, str) else {"hex": value.hex()}


def value(given):
    """A JSON value as it stands, or a text where its spelling matters."""
    return text(given["text"]) if "text" in given else json.dumps(given["body"])


def keys(pairs):
    """The keys of a case; None where it has none."""
    return library.keys([(key["id"], bytes.fromhex(key["key"])) for key in pairs]) if pairs else None


def frame(given):
    identity = text(given["traceId"])
    if isinstance(identity, str):
        return None
    return library.sign(identity, keys([given["key"]])) if "key" in given else library.encode(identity)


def encode(given):
    made = frame(given)
    if made is None:
        raise Code("signature.not-embeddable")
    return {"text": write(made)}


def extract(given):
    found = library.extract(text(given["text"]), keys(given.get("keys")))
    return {"traceId": found and found[0], "version": found and found[1]}


def carrier(given):
    source = text(given["text"])
    place = None if given["policy"] == "off" else library.place(source, given["policy"])
    if place is not None and isinstance(source, str):
        place = len(source[:place].encode("utf-8", "surrogatepass"))  # the suite counts bytes
    return {"carries": place is not None, "offset": place}


def check(given):
    try:
        library.check_json(text(given["text"]), **given.get("limits", {}))
    except whyops.Refusal as refusal:
        return refusal.detail
    return {"code": None, "offset": None}


def faults(validate, *arguments, **options):
    try:
        validate(*arguments, **options)
    except whyops.Refusal as refusal:
        if not isinstance(refusal.detail, list):
            raise
        return {"faults": refusal.detail}
    return {"faults": []}


def resolve(given):
    headers = {name.lower(): header for name, header in given.get("headers", {}).items()}
    with library.read_request(text(given["body"]), given["format"], keys(given.get("keys"))) as request:
        resolution = request.resolve(
            headers.get("x-trace-id"), headers.get("x-thread-id"), given.get("known"),
            ignore_v1=given.get("acceptV1") is False)
        return {**resolution, "body": write(request.forwarded)}


def rewrite(given):
    if given["format"] != "other":
        return resolve(given)
    return {"body": write(library.strip_body(text(given["body"]), keys(given.get("keys")))), "traceId": None}


def reply_frame(given):
    """The frame for the reply to a request; None where the reply must not carry one."""
    if given.get("policy") == "off" or not 200 <= given.get("status", 200) <= 299:
        return None
    try:
        with library.read_request(text(given["request"]), given["format"]) as request:
            return None if request.describe()["constraint"] else frame(given)
    except whyops.Refusal:
        return None


def embed(given):
    made, reply = reply_frame(given), text(given["reply"])
    if made is None:
        return {"body": write(reply)}
    return {"body": write(library.embed_reply(reply, given["format"], made, given.get("policy", "careful")))}


def embed_stream(given):
    policy = "always" if given.get("policy") == "always" else "careful"
    with library.stream(given["format"], reply_frame(given), policy) as stream:
        outputs = [stream.read(text(chunk)) for chunk in given["chunks"]]
        return {"outputs": [write(output) for output in [*outputs, stream.finish()]]}


def validate_event(given):
    return faults(
        library.validate_event, value(given), profile=given.get("profile", "original"),
        event_type=given.get("eventType"), tenant=given.get("tenant"))


OPERATIONS = {
    "json.check": check,
    "json.canonicalize": lambda given: {"text": write(library.canonicalize_json(text(given["text"])))},
    "signature.encode": encode,
    "signature.sign": encode,
    "signature.extract": extract,
    "signature.strip": lambda given: {"text": write(library.strip(text(given["text"]), keys(given.get("keys"))))},
    "signature.carrier": carrier,
    "exchange.rewrite-request": rewrite,
    "exchange.embed": embed,
    "exchange.embed-stream": embed_stream,
    "stitch.resolve": resolve,
    "agent.validate": lambda given: faults(library.validate_agent, value(given)),
    "agent.version-hash": lambda given: library.version_hash(text(given["definition"])),
    # Without a canonical form the hashes are null, which is the same as absent.
    "agent.definition-hash": lambda given: library.definition_hash(text(given["definition"])) or {},
    "agent.diff": lambda given: library.compare_definitions(text(given["before"]), text(given["after"])),
    "event.validate": validate_event,
    "event.timestamp": lambda given: {"timestamp": library.normalize_timestamp(text(given["text"]))},
    "event.view": lambda given: {"view": library.view_event(value(given))},
    "event.canonicalize": lambda given: {"text": write(library.canonicalize_event(value(given)))},
}


def refusal_code(area, detail):
    """The error that a refusal stands for. A definition or an event that is not JSON is as invalid as any other."""
    is_body = area in ("agent", "event") and "code" in detail and detail["code"] != "json.no-canonical-form"
    return area + ".invalid" if isinstance(detail, list) or is_body else detail["code"]


def answer(message):
    if message["cmd"] == "start":
        version = library.spec_version
        return {
            "protocol": 1,
            "implementation": {"name": "whyops-ctypes", "version": version, "language": "python"},
            "spec": [version],
            "features": ["bytes", "surrogates"],
        }
    operation = OPERATIONS.get(message["op"])
    if operation is None:
        return {"seq": message["seq"], "skipped": "not implemented"}
    try:
        return {"seq": message["seq"], "output": operation(message["input"])}
    except Code as code:
        return {"seq": message["seq"], "error": str(code)}
    except whyops.Refusal as refusal:
        return {"seq": message["seq"], "error": refusal_code(message["op"].split(".")[0], refusal.detail)}


for line in sys.stdin.buffer:
    message = json.loads(line)
    if message["cmd"] == "stop":
        break
    print(json.dumps(answer(message)), flush=True)
