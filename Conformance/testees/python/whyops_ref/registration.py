"""Agent registrations: what is accepted (AGT-1 to AGT-3), and the version hash of what is (AGT-4 to AGT-7)."""

import hashlib

from .canonical_json import compact, quoted

_LONGEST_AGENT_NAME = 255


class Invalid(Exception):
    """AGT-26: not a definition that a registration may have."""

    code = "agent.invalid"


def utf16_length(text):
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def faults(body):
    """Every broken rule of a registration, as pairs of a JSON pointer and a rule id."""
    if body.kind != "object":
        return [("", "body.type")]
    found = _text_faults(body, "", "agentName", "agentName", _LONGEST_AGENT_NAME)
    name = body.get("agentName")
    if not found and "\0" in name.text:
        found = [("/agentName", "string.nul")]  # AGT-11
    metadata = body.get("metadata")
    if metadata is None:
        return [*found, ("/metadata", "metadata.required")]
    return [*found, *metadata_faults(metadata)]


def metadata_faults(metadata):
    """The faults of a definition, with their pointers in a registration."""
    if metadata.kind != "object":
        return [("/metadata", "metadata.type")]
    found = _text_faults(metadata, "/metadata", "systemPrompt", "systemPrompt")
    description = metadata.get("description")
    if description is not None and description.kind != "string":
        found.append(("/metadata/description", "description.type"))
    tools = metadata.get("tools")
    if tools is None:
        return [*found, ("/metadata/tools", "tools.required")]
    if tools.kind != "array":
        return [*found, ("/metadata/tools", "tools.type")]
    for index, tool in enumerate(tools.items):
        found += _tool_faults(tool, f"/metadata/tools/{index}")
    return found


def _tool_faults(tool, pointer):
    if tool.kind != "object":
        return [(pointer, "tool.type")]
    found = _text_faults(tool, pointer, "name", "tool.name")
    for name, kinds in (("inputSchema", ("string", "object")), ("outputSchema", ("string", "object")), ("description", ("string",))):
        value = tool.get(name)
        if value is not None and value.kind not in kinds:
            found.append((f"{pointer}/{name}", f"tool.{name}.type"))
    return found


def _text_faults(container, pointer, name, rule, longest=None):
    """A required string that is not empty."""
    value = container.get(name)
    if value is None:
        broken = "required"
    elif value.kind != "string":
        broken = "type"
    elif not value.text:
        broken = "minLength"
    elif longest is not None and utf16_length(value.text) > longest:
        broken = "maxLength"
    else:
        return []
    return [(f"{pointer}/{name}", f"{rule}.{broken}")]


def version(metadata):
    """The canonical text that is hashed, and the hash (AGT-6, AGT-7)."""
    members = ['"systemPrompt":' + quoted(metadata.string("systemPrompt") or "")]
    tools = metadata.get("tools")
    members.append('"tools":[' + ",".join(_tool_text(tool) for tool in tools.items) + "]" if tools else '"tools":[]')
    description = metadata.string("description")
    if description is not None:  # AGT-5
        members.append('"description":' + quoted(description))
    text = "{" + ",".join(members) + "}"
    return text, hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def _tool_text(tool):
    members = ['"name":' + quoted(tool.string("name"))]
    for name in ("inputSchema", "outputSchema", "description"):
        value = tool.get(name)
        text = compact(value) if value is not None and value.kind == "object" else tool.string(name)  # AGT-4
        if text:  # AGT-3
            members.append(f'"{name}":' + quoted(text))
    return "{" + ",".join(members) + "}"
