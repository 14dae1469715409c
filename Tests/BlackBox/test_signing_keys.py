"""Keys of version 2 signatures: made, given, sealed, rotated (PRX-20, PRX-22, SIG-18, SIG-40)."""

from __future__ import annotations

import base64
import json
import re
import secrets

import pytest

import frames
import replies
from bench import Bench
from conftest import MakeBench, StartServer
from harness import run
from reader import sources

PLAIN = "Here is a plain answer."
OWN_KEY = {"WHYOPS_SIGNING_KEY": ""}


def say(bench: Bench, *history: str) -> tuple[str, str]:
    """One call whose history holds these replies: the reply's text and its trace."""
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    turns = [{"role": "assistant", "content": text} for text in history]
    body = {"model": bench.model, "messages": [*turns, {"role": "user", "content": "Please answer."}]}
    reply = bench.fetch("/v1/chat/completions", replies.encode(body))
    assert reply.status == 200
    frames.assert_clean(bench.script.last.body)
    return json.loads(reply.body)["choices"][0]["message"]["content"], reply.trace


def number(text: str) -> int:
    """The number of the key in the frame that stands at the end of a text."""
    flags = re.search("\u2060.(.)", text)
    assert flags, ascii(text)
    place = ord(flags[1])
    return (place - 0xFE00 if place < 0xFE10 else place - 0xE0100 + 16) >> 4


def test_the_store_makes_a_key_and_keeps_it(start: StartServer, make_bench: MakeBench) -> None:
    bench = make_bench(start(env=OWN_KEY).ready())
    signed, trace = say(bench)
    assert signed.startswith(PLAIN + "\u2060") and number(signed) == 0
    assert frames.ids(signed) == [], "the store's key is not the tests' key"
    assert bench.server.stop() == 0
    bench.server = start(env=OWN_KEY).ready()
    assert say(bench, signed)[1] == trace
    events = bench.reader.await_types(trace, *["user_message", "llm_response"] * 2)
    assert sources(events) == ["new"] * 2 + ["signature.v2"] * 2


def test_what_another_key_signed_is_stripped_and_not_believed(bench: Bench) -> None:
    other = secrets.token_bytes(32)
    for key_id in (frames.KEY_ID, 9):
        _, trace = say(bench, PLAIN + frames.sign("stolen-trace", key_id, other))
        assert trace != "stolen-trace"


def test_rotation(start: StartServer, make_bench: MakeBench) -> None:
    old, new = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    bench = make_bench(start(env={"WHYOPS_SIGNING_KEY": f"1:{old}"}).ready())
    signed, trace = say(bench)
    assert number(signed) == 1
    assert bench.server.stop() == 0
    bench.server = start(env={"WHYOPS_SIGNING_KEY": f"2:{new},1:{old}"}).ready()
    again, same = say(bench, signed)
    assert (number(again), same) == (2, trace)
    assert bench.server.stop() == 0
    bench.server = start(env={"WHYOPS_SIGNING_KEY": f"2:{new}"}).ready()
    assert say(bench, signed)[1] != trace
    assert say(bench, again)[1] == trace
    for key in (old, new):
        assert key not in bench.server.log()


def test_keys_of_the_store_by_command(start: StartServer, make_bench: MakeBench) -> None:
    server = start(env=OWN_KEY).ready()
    say(make_bench(server))
    store = server.store_url

    def keys(*arguments: str) -> list[str]:
        done = run(server.folder, "keys", "signing", *arguments, "--store", store)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    assert [line.split()[:2] for line in keys("list")] == [["0", "signs"]]
    assert keys("rotate") == ["Signing key 1 was made."]
    assert [line.split()[:2] for line in keys("list")] == [["0", "signs"], ["1", "verifies"]]
    assert keys("retire", "1") == ["Signing key 1 was retired."]
    assert [line.split()[:2] for line in keys("list")] == [["0", "signs"]]
    done = run(server.folder, "keys", "signing", "retire", "0", "--store", store)
    assert done.returncode == 1
    assert "rotate first" in done.stderr


def test_a_store_that_is_not_there_is_not_made(start: StartServer) -> None:
    server = start().ready()
    missing = server.folder / "missing.sqlite"
    done = run(server.folder, "keys", "signing", "list", "--store", f"sqlite:{missing}")
    assert done.returncode == 2  # CLI-6
    assert "There is no store" in done.stderr
    assert not missing.exists()


def test_sealed_keys_need_their_encryption_key(start: StartServer, make_bench: MakeBench) -> None:
    sealing = {"WHYOPS_ENCRYPTION_KEY": secrets.token_hex(32)}
    bench = make_bench(start(env=OWN_KEY | sealing).ready())
    signed, trace = say(bench)
    assert bench.server.stop() == 0
    unsealed = start(env=OWN_KEY)
    assert unsealed.wait() == 1
    assert "WHYOPS_ENCRYPTION_KEY" in unsealed.log()
    bench.server = start(env=OWN_KEY | sealing).ready()
    assert say(bench, signed)[1] == trace


def test_keys_that_lay_open_are_sealed_and_go_on(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-31: what was signed before is still believed."""
    sealing = {"WHYOPS_ENCRYPTION_KEY": secrets.token_hex(32)}
    bench = make_bench(start(env=OWN_KEY).ready())
    signed, trace = say(bench)
    store = bench.server.store_url
    # Beside a proxy that runs without the encryption key nothing may be sealed.
    done = run(bench.server.folder, "keys", "signing", "rotate", "--store", store, env=sealing)
    assert done.returncode == 1 and "not sealed" in done.stderr
    assert say(bench, signed)[1] == trace
    assert bench.server.stop() == 0
    bench.server = start(env=OWN_KEY | sealing).ready()
    assert say(bench, signed)[1] == trace
    done = run(bench.server.folder, "keys", "signing", "list", "--store", store, env=sealing)
    assert done.stdout.split()[:2] == ["0", "signs"] and done.stdout.split()[-1] == "sealed"
    done = run(bench.server.folder, "keys", "signing", "rotate", "--store", store)
    assert done.returncode == 1 and "WHYOPS_ENCRYPTION_KEY" in done.stderr


def test_a_lost_encryption_key(start: StartServer, make_bench: MakeBench) -> None:
    """The commands still work, and the lost key can be removed."""
    lost, new = ({"WHYOPS_ENCRYPTION_KEY": secrets.token_hex(32)} for _ in range(2))
    bench = make_bench(start(env=OWN_KEY | lost).ready())
    signed, trace = say(bench)
    folder, store = bench.server.folder, bench.server.store_url
    assert bench.server.stop() == 0
    for env in (new, {}):
        done = run(folder, "keys", "signing", "list", "--store", store, env=env)
        assert (done.returncode, done.stdout.split()[:2]) == (0, ["0", "closed"]), done.stderr
        done = run(folder, "keys", "signing", "retire", "0", "--store", store, env=env)
        assert done.returncode == 1 and "--lost" in done.stderr
    assert start(env=OWN_KEY | new).wait() == 1
    done = run(folder, "keys", "signing", "retire", "0", "--lost", "--store", store, env=new)
    assert done.returncode == 0, done.stderr
    bench.server = start(env=OWN_KEY | new).ready()
    again, other = say(bench, signed)
    assert other != trace and number(again) == 0


def test_a_given_key_with_the_number_of_the_stores(start: StartServer, make_bench: MakeBench) -> None:
    """PRX-30: it would make the store's signatures worthless."""
    bench = make_bench(start(env=OWN_KEY).ready())
    signed, trace = say(bench)
    assert bench.server.stop() == 0
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    refused = start(env={"WHYOPS_SIGNING_KEY": f"0:{key}"})
    assert refused.wait() == 1
    assert "another number" in refused.log() and key not in refused.log()
    given = {"WHYOPS_SIGNING_KEY": f"1:{key}"}
    bench.server = start(env=given).ready()
    again, same = say(bench, signed)
    assert (number(again), same) == (1, trace)
    store = bench.server.store_url
    done = run(bench.server.folder, "keys", "signing", "list", "--store", store, env=given)
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["1", "signs"], ["0", "verifies"]]
    assert key not in done.stdout
    done = run(bench.server.folder, "keys", "signing", "rotate", "--store", store, env=given)
    assert done.stdout == "Signing key 2 was made.\n"


@pytest.mark.parametrize("value", ["nonsense", "16:" + "A" * 43 + "=", "1:QUFB", "1:" + "A" * 43 + "=,1:" + "B" * 43 + "="])
def test_a_key_that_is_none_is_refused(start: StartServer, value: str) -> None:
    server = start(env={"WHYOPS_SIGNING_KEY": value})
    assert server.wait() != 0
    assert "WHYOPS_SIGNING_KEY" in server.log()
    assert value not in server.log()
