"""The session that a coding harness names in the headers of its requests (TRC-31, TRC-32)."""


def session(headers, read_id):
    """The trace id, or None; `read_id` gives the value of a header as TRC-3 has it, or None for one that is ignored."""
    values = {name.lower(): value for name, value in headers.items()}

    def named(name):
        return read_id(values.get(name))

    claude, opencode = named("x-claude-code-session-id"), named("x-opencode-session")
    if claude and (found := read_id(f"claude-code:{claude}")):
        return found
    if opencode and (found := read_id(f"opencode:{named('x-parent-session-id') or opencode}")):
        return found
    if any((values.get(name) or "").lower().startswith("codex") for name in ("originator", "user-agent")):
        codex = named("session-id") or named("session_id")
        return read_id(f"codex:{codex}") if codex else None
    return None
