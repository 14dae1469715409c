#!/usr/bin/env python3
"""Answers the runner of the conformance suite, one JSON line for each line (Conformance/README.md, "Runner protocol 1")."""

import gc
import json
import sys

from whyops_ref import codec_operations, definition_operations, event_operations, exchange_operations, findings
from whyops_ref.answers import written

OPERATIONS = {
    **codec_operations.OPERATIONS,
    **exchange_operations.OPERATIONS,
    **definition_operations.OPERATIONS,
    **event_operations.OPERATIONS,
    **findings.OPERATIONS,
}

STARTED = {
    "protocol": 1,
    "implementation": {"name": "whyops-ref", "version": "1.0", "language": "python"},
    "spec": ["1.0"],
    "features": ["bytes", "surrogates", "harness", "lineage", "findings"],
}


def answer(line):
    """The answer to one line, or None to stop."""
    message = json.loads(line)
    if message["cmd"] == "stop":
        return None
    if message["cmd"] == "start":
        return STARTED
    operation = OPERATIONS.get(message["op"])
    if operation is None:
        return {"seq": message["seq"], "skipped": "not implemented"}
    try:
        return {"seq": message["seq"], "output": operation(message["input"], line)}
    except Exception as error:
        code = getattr(error, "code", None)  # the protocol's own errors carry a code of the spec
        if not isinstance(code, str):
            raise
        return {"seq": message["seq"], "error": code}


def main():
    gc.disable()  # the values of a large text are no cycles, and looking for some takes longer than the work
    for line in sys.stdin.buffer:
        reply = answer(line)
        if reply is None:
            return
        sys.stdout.buffer.write(written(reply).encode("utf-8") + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
