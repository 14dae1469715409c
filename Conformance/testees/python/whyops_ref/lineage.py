"""Conversations by what was said in them (TRC-34 to TRC-40)."""

import hashlib
import hmac
import unicodedata

_KEPT = ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x1FFF), (0x3040, 0xD7FF), (0xF900, 0xFDFF), (0x10000, 0x1EFFF), (0x20000, 0x3FFFF))
_DROPPED = ((0xD7, 0xD7), (0xF7, 0xF7), (0x2B0, 0x36F))
_MARKS = 30
_ROOM = 128
_DISTINCT = 32
_PREFIXES = 16
_SIDES = {"user": b"\x01", "assistant": b"\x02"}
_LABEL = b"whyops-lineage-v1\0"


def keys(request_format, root, signing_keys, agent, user):
    """For each text of the assistant that can be sought, the newest first: its keys, one for each signing key."""
    prefixes = []
    for digest, is_distinct in _prefixes(_texts(request_format, root)):
        if not prefixes or prefixes[-1] != (digest, is_distinct):
            prefixes.append((digest, is_distinct))
    who = agent.encode() + b"\0" + user.encode()
    for digest, is_distinct in reversed(prefixes[-_PREFIXES:]):
        if is_distinct:
            yield [hmac.new(key, _LABEL + digest + who, hashlib.sha256).hexdigest()[:32] for key in signing_keys.values()]


def _prefixes(texts):
    """The digest after each text of the assistant, and whether it has said enough (TRC-37, TRC-38)."""
    groups = []  # of side, kept bytes, and whether there is room
    for side, text in texts:
        kept = [character.encode() for character in _composed(text) if _is_kept(character)]
        if not kept:
            continue
        if not groups or groups[-1][0] != side:
            groups.append([side, b"", True])
        group = groups[-1]
        for scalar in kept:
            group[2] = group[2] and len(group[1]) + len(scalar) <= _ROOM
            if group[2]:
                group[1] += scalar
        if side == "assistant":
            whole = b"".join(_SIDES[side] + said for side, said, _ in groups)
            yield hashlib.sha256(whole).digest(), any(side == "assistant" and len(said) >= _DISTINCT for side, said, _ in groups)


def _composed(text):
    """The text in normal form C, without marks past the 30th in a row (TRC-35, TRC-52)."""
    kept, marks = [], 0
    for character in text:
        for part in unicodedata.normalize("NFD", character):
            marks = marks + 1 if unicodedata.combining(part) else 0
            if marks <= _MARKS:
                kept.append(part)
    return unicodedata.normalize("NFC", "".join(kept))


def _is_kept(character):
    def within(ranges):
        return any(first <= ord(character) <= last for first, last in ranges)

    return within(_KEPT) and not within(_DROPPED)


def _texts(request_format, root):
    """What both sides say, in order, with the side (TRC-34); nothing where the provider keeps a part of it (TRC-39)."""
    types = ("text",)
    messages = root.get("messages")
    if request_format == "responses":
        types = ("input_text", "output_text", "text")
        messages = root.get("input")
        if any(root.get(name) is not None and root.get(name).kind != "null" for name in ("previous_response_id", "conversation")):
            return
        if messages is not None and messages.kind == "string":
            yield "user", messages.text
    thread = root.get("thread") if request_format == "messages" else None
    previous = thread.get("previous_message_id") if thread is not None else None
    if previous is not None and previous.kind != "null":
        return
    for message in messages.items if messages is not None else ():
        if message.kind != "object" or message.string("role") not in _SIDES:
            continue
        content = message.get("content")
        if content is None:
            continue
        if content.kind == "string":
            yield message.string("role"), content.text
        for part in content.items:
            if part.kind == "object" and part.string("type") in types and part.string("text") is not None:
                yield message.string("role"), part.string("text")
