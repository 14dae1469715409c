"""The normal form of an agent's definition and its hash (AGT-20 to AGT-26)."""

import hashlib

from .canonical_json import NoCanonicalForm, canonical, utf16_order
from .json_text import parse_or_none
from .registration import Invalid, metadata_faults


class Definition:
    """A definition in normal form. Texts and schemas are JSON values, absent ones are left out of the dicts."""

    def __init__(self, metadata):
        self.prompt = metadata.get("systemPrompt")
        self.description = _unless_empty(metadata.get("description"))
        self.tools = sorted((_normal_tool(tool) for tool in metadata.get("tools").items), key=_tool_order)  # AGT-22


def read(text):
    """The definition of a registration's `metadata`; `Invalid` where it would be refused (AGT-26), `NoCanonicalForm` (AGT-24)."""
    metadata = parse_or_none(text)
    if metadata is None or metadata_faults(metadata):
        raise Invalid
    definition = Definition(metadata)
    canonical_text(definition)
    return definition


def canonical_text(definition):
    members = {"systemPrompt": canonical(definition.prompt), "tools": "[" + ",".join(map(tool_text, definition.tools)) + "]"}
    if definition.description is not None:
        members["description"] = canonical(definition.description)
    return _object_text(members)


def tool_text(tool):
    """A tool's canonical form."""
    return _object_text({name: canonical(value) for name, value in tool.items()})


def digest(text):
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()  # AGT-23


def hashes(text):
    """What stands in the answer beside `definitionHash` (AGT-25)."""
    try:
        definition = read(text)
    except NoCanonicalForm:
        return {"definitionHash": None, "canonical": None, "systemPrompt": None, "description": None, "tools": None}
    whole = canonical_text(definition)
    return {
        "definitionHash": digest(whole),
        "canonical": whole,
        "systemPrompt": digest(canonical(definition.prompt)),
        "description": definition.description and digest(canonical(definition.description)),
        "tools": [{"name": tool["name"].text, "hash": digest(tool_text(tool))} for tool in definition.tools],
    }


def _normal_tool(tool):
    normal = {"name": tool.get("name")}
    for name in ("description", "inputSchema", "outputSchema"):
        value = _unless_empty(tool.get(name))  # AGT-20
        if value is not None:
            normal[name] = value if name == "description" else _schema(value)
    return normal


def _unless_empty(value):
    return None if value is None or value.text == "" else value


def _schema(value):
    """AGT-21: the JSON value of a schema string that is JSON. Half a surrogate pair is no UTF-8, so no JSON."""
    if value.kind != "string":
        return value
    parsed = parse_or_none(value.text.encode("utf-8", "surrogatepass"))
    return value if parsed is None else parsed


def _tool_order(tool):
    return utf16_order(tool["name"].text), tool_text(tool).encode("utf-8")


def _object_text(members):
    return "{" + ",".join(f'"{name}":{members[name]}' for name in sorted(members)) + "}"
