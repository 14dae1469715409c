"""Writing answers: Python's lists, dicts and strings, and JSON values that keep the spelling of their numbers."""

from .canonical_json import compact, quoted
from .json_text import Value


def written(answer):
    """The JSON text of an answer."""
    if isinstance(answer, Value):
        return compact(answer)
    if isinstance(answer, dict):
        return "{" + ",".join(quoted(name) + ":" + written(member) for name, member in answer.items()) + "}"
    if isinstance(answer, (list, tuple)):
        return "[" + ",".join(map(written, answer)) + "]"
    if isinstance(answer, str):
        return quoted(answer)
    return {None: "null", True: "true", False: "false"}[answer] if answer is None or isinstance(answer, bool) else str(answer)
