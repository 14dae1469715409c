"""What changed between two definitions, in the order and the words of AGT-30 to AGT-38."""

from itertools import zip_longest

from .canonical_json import canonical, utf16_order
from .definition_hash import tool_text


class SchemaPlace:
    """Where a schema stands in a tool: for the pointer, and for the words of a sentence."""

    def __init__(self, tool, schema, pointer="", path=None):
        self.tool = tool
        self.schema = schema  # inputSchema or outputSchema
        self.pointer = pointer
        self.path = path  # None at the root

    def of_property(self, name):
        pointer = self.pointer + "/properties/" + _escaped(name)
        return SchemaPlace(self.tool, self.schema, pointer, name if self.path is None else f"{self.path}.{name}")

    def of_items(self):
        return SchemaPlace(self.tool, self.schema, self.pointer + "/items", (self.path or "") + "[]")

    @property
    def words(self):
        output = self.schema == "outputSchema"
        if self.path is None:
            return "output schema" if output else "input schema"
        return ("output property" if output else "property") + f" `{self.path}`"

    def change(self, code, sentence, before=None, after=None, keyword=None):
        pointer = self.pointer if keyword is None else self.pointer + "/" + _escaped(keyword)
        return _change(code, f"tool `{self.tool}`: {self.words}{sentence}", before, after, self.tool, self.schema, pointer)


def changes(before, after):
    """AGT-30."""
    found = []
    if before.prompt.text != after.prompt.text:
        found.append(_change("prompt.changed", "system prompt changed", before.prompt, after.prompt))
    if _differ(before.description, after.description):
        found.append(_change("description.changed", "description changed", before.description, after.description))
    names = {tool["name"].text for tool in before.tools + after.tools}
    for name in sorted(names, key=utf16_order):
        of_name = [[tool for tool in side.tools if tool["name"].text == name] for side in (before, after)]
        for old, new in zip_longest(*of_name):  # AGT-31
            found += _tool_changes(name, old, new)
    return found


def _tool_changes(name, old, new):
    if old is None:
        return [_change("tool.added", f"tool `{name}` added", None, new, name)]
    if new is None:
        return [_change("tool.removed", f"tool `{name}` removed", old, None, name)]
    if tool_text(old) == tool_text(new):
        return []
    found = []
    if _differ(old.get("description"), new.get("description")):
        sentence = f"tool `{name}`: description changed"
        found.append(_change("tool.description-changed", sentence, old.get("description"), new.get("description"), name))
    for schema in ("inputSchema", "outputSchema"):
        place = SchemaPlace(name, schema)
        old_schema, new_schema = old.get(schema), new.get(schema)
        if old_schema is None and new_schema is not None:
            found.append(place.change("schema.added", " added", None, new_schema))
        elif old_schema is not None and new_schema is None:
            found.append(place.change("schema.removed", " removed", old_schema, None))
        elif old_schema is not None:
            found += _schema_changes(place, old_schema, new_schema)
    return found


def _schema_changes(place, old, new):
    """AGT-32."""
    if not _differ(old, new):
        return []
    if old.kind != "object" or new.kind != "object":
        return [place.change("schema.changed", " changed", old, new)]
    found = []
    for keyword in sorted({*old.last_members(), *new.last_members()}, key=utf16_order):
        before, after = old.get(keyword), new.get(keyword)
        if keyword == "properties" and _are_properties(before, after):
            found += _property_changes(place, old, new)
        elif keyword == "required" and _are_required(before, after):
            found += _required_changes(place, old, new)
        elif keyword == "enum" and _is(before, "array") and _is(after, "array"):
            found += _enum_changes(place, before, after)
        elif keyword == "items" and _is(before, "object") and _is(after, "object"):
            found += _schema_changes(place.of_items(), before, after)  # AGT-36
        elif not _differ(before, after) or (keyword == "type" and _reordered(before, after)):
            continue
        elif keyword == "type":
            found.append(place.change("type.changed", f": type changed from {_named(before)} to {_named(after)}", before, after, "type"))
        elif keyword == "description":
            found.append(place.change("schema.description-changed", ": description changed", before, after, "description"))
        else:
            found.append(place.change("keyword.changed", f": `{keyword}` changed", before, after, keyword))
    return found


def _property_changes(place, old, new):
    """AGT-33."""
    before, after = _properties(old), _properties(new)
    found = []
    for name in sorted({*before, *after}, key=utf16_order):
        of_property = place.of_property(name)
        if name not in after:
            found.append(of_property.change("property.removed", " removed", before[name], None))
        elif name not in before:
            words = " added and required" if name in _required(new) else " added"
            found.append(of_property.change("property.added", words, None, after[name]))
        else:
            found += _schema_changes(of_property, before[name], after[name])
    return found


def _required_changes(place, old, new):
    """AGT-34."""
    on_one_side = set()
    if _are_properties(old.get("properties"), new.get("properties")):
        on_one_side = _properties(old).keys() ^ _properties(new).keys()
    found = []
    for name in sorted((_required(old) ^ _required(new)) - on_one_side, key=utf16_order):
        became = "required" if name in _required(new) else "optional"
        found.append(place.of_property(name).change(f"property.became-{became}", f" became {became}"))
    return found


def _enum_changes(place, before, after):
    """AGT-35."""
    old, new = ({canonical(item): item for item in side.items} for side in (before, after))
    found = []
    for text in sorted(old.keys() - new.keys(), key=str.encode):
        found.append(place.change("enum.removed", f": value {text} removed", old[text], None, "enum"))
    for text in sorted(new.keys() - old.keys(), key=str.encode):
        found.append(place.change("enum.added", f": value {text} added", None, new[text], "enum"))
    return found


def _change(code, sentence, before=None, after=None, tool=None, schema=None, pointer=None):
    return {
        "code": code,
        "tool": tool,
        "schema": schema,
        "pointer": pointer,
        "before": before,
        "after": after,
        "sentence": sentence,
    }


def _differ(before, after):
    if before is None or after is None:
        return before is not after
    return canonical(before) != canonical(after)


def _is(value, kind):
    return value is not None and value.kind == kind


def _are_properties(before, after):
    return all(value is None or value.kind == "object" for value in (before, after))


def _are_required(before, after):
    return all(
        value is None or value.kind == "array" and all(item.kind == "string" for item in value.items) for value in (before, after)
    )


def _properties(schema):
    properties = schema.get("properties")
    return properties.last_members() if _is(properties, "object") else {}


def _required(schema):
    """The names in `required`; what is no string in it names nothing."""
    required = schema.get("required")
    return {item.text for item in required.items if item.kind == "string"} if required is not None else set()


def _reordered(before, after):
    return _is(before, "array") and _is(after, "array") and sorted(map(canonical, before.items)) == sorted(map(canonical, after.items))


def _named(value):
    """The words for a type: the text of a string, else the canonical form."""
    return "none" if value is None else value.text if value.kind == "string" else canonical(value)


def _escaped(name):
    return name.replace("~", "~0").replace("/", "~1")
