"""The operations of class definition."""

from . import definition_difference, definition_hash, registration
from .canonical_json import NoCanonicalForm
from .json_text import parse
from .text_forms import read, value_of


def validate(_, line):
    return {"faults": [{"pointer": pointer, "rule": rule} for pointer, rule in registration.faults(value_of(line, "body"))]}


def version_hash(given, _):
    canonical, hash_ = registration.version(parse(read(given["definition"])))
    return {"canonical": canonical, "versionHash": hash_}


def hashes(given, _):
    return definition_hash.hashes(read(given["definition"]))


def diff(given, _):
    """AGT-37: a side that is refused comes before one without a canonical form."""
    sides = []
    failure = None
    for member in ("before", "after"):
        try:
            sides.append(definition_hash.read(read(given[member])))
        except NoCanonicalForm as error:
            failure = error
    if failure is not None:
        raise failure
    return {"changes": definition_difference.changes(*sides)}


OPERATIONS = {
    "agent.validate": validate,
    "agent.version-hash": version_hash,
    "agent.definition-hash": hashes,
    "agent.diff": diff,
}
