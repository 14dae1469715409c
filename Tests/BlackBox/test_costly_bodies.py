"""Bodies that are made to cost much: refused, without much memory, and the connection goes on."""

from __future__ import annotations

import json

import replies
from bench import connect, send
from conftest import MakeBench, StartServer
from test_backpressure import MEGABYTE, resident
from test_upstream_faults import good
from vendors import PLAIN, ROUTES

BOMBS = {
    "arrays in arrays": b"[" * (10 * MEGABYTE),
    "objects in objects": b'{"a":' * (2 * MEGABYTE),
    "a number of a million digits": b'{"model":"m","messages":[' + b"9" * MEGABYTE,
    "a string without an end": b'{"model":"m","messages":"' + b"x" * (10 * MEGABYTE),
    "escapes without an end": b'{"model":"m","messages":"' + rb"\u200b\u200c" * (MEGABYTE // 2),
    "a depth of 100,000 that is whole": b'{"model":"m","messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "what is no number": b'{"model":"m","messages":[' + b"NaN," * (2 * MEGABYTE) + b"NaN]}",
    "a byte order mark": b'\xef\xbb\xbf{"model":"m","messages":"' + b"x" * (10 * MEGABYTE) + b'"}',
    "two million values": b'{"model":"m","messages":[' + b"1," * (2 * MEGABYTE) + b"1]}",
}


def test_bodies_that_are_made_to_cost_much(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start().ready())
    bench.script.reply(replies.reply(replies.chat(PLAIN)), replies.reply(replies.chat(PLAIN)))
    connection = connect(bench.server.proxy)
    send(connection, "POST", ROUTES["openai"], bench.headers(), good(bench))
    assert connection.getresponse().read()
    for name, body in BOMBS.items():
        before = resident(bench)
        send(connection, "POST", ROUTES["openai"], bench.headers(), body)
        reply = connection.getresponse()
        answer = reply.read()
        assert reply.status == 400 and "message" in json.loads(answer)["error"], (name, answer[:300])
        grown = resident(bench) - before
        assert grown <= 64 * MEGABYTE, f"{name}: {grown // MEGABYTE} MiB"
    assert len(bench.script.exchanges) == 1, "nothing of them went upstream"
    send(connection, "POST", ROUTES["openai"], bench.headers(), good(bench))
    assert connection.getresponse().status == 200
    connection.close()
