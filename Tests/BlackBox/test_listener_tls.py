"""The listener behind TLS (PRX-97, PRX-98), with an authority of the test's own."""

from __future__ import annotations

import shutil
import signal
import socket
import ssl
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anthropic
import httpx
import openai
import pytest

import frames
import replies
from bench import TIMEOUT, Bench
from conftest import MakeBench, StartServer
from harness import Server
from reader import eventually
from test_connections import head_of
from test_edges import everything
from test_gzip import ANTHROPIC_HTTP
from test_upstream_faults import PLAIN, good
from test_upstream_tls import authority, certificate, openssl  # noqa: F401 (a fixture)

NAMES = "DNS:localhost,IP:127.0.0.1"


@pytest.fixture
def pair(tmp_path: Path, authority: Path) -> tuple[Path, Path]:  # noqa: F811
    """Files that a test may change: a certificate and its key."""
    install(tmp_path, *certificate(authority, NAMES))
    return tmp_path / "tls.pem", tmp_path / "tls.key"


def install(folder: Path, key: Path, signed: Path) -> None:
    """As tools that renew certificates do it: new files in the place of the old ones."""
    for source, name in ((key, "tls.key"), (signed, "tls.pem")):
        shutil.copy(source, folder / (name + ".new"))
        (folder / (name + ".new")).rename(folder / name)


def begin(start: StartServer, pair: tuple[Path, Path], *flags: str) -> Server:
    server = start("--tls-certificate", str(pair[0]), "--tls-key", str(pair[1]), *flags).ready()
    assert server.proxy.startswith("https://127.0.0.1:")
    return server


def trusting(authority: Path) -> ssl.SSLContext:  # noqa: F811
    return ssl.create_default_context(cafile=authority / "ca.pem")


def connect(server: Server, context: ssl.SSLContext) -> ssl.SSLSocket:
    parts = urlsplit(server.proxy)
    plain = socket.create_connection((parts.hostname, parts.port or 0), timeout=20)
    return context.wrap_socket(plain, server_hostname=parts.hostname)


def serial(server: Server, context: ssl.SSLContext) -> str:
    """Which certificate a new connection is shown."""
    with connect(server, context) as client:
        shown = client.getpeercert()
        assert shown
        return str(shown["serialNumber"])


def other_certificate(folder: Path, number: str) -> tuple[Path, Path]:
    """One more key and certificate for the same names, with a number of its own."""
    place = folder / f"other{number}"
    key, request, signed, more = (place.with_suffix(end) for end in (".key", ".csr", ".pem", ".ext"))
    more.write_text(f"subjectAltName={NAMES}\n")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", str(key), "-out", str(request))
    openssl("x509", "-req", "-in", str(request), "-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-set_serial",
            number, "-extfile", str(more), "-out", str(signed), "-days", "1")
    return key, signed


def test_clients(start: StartServer, make_bench: MakeBench, pair: tuple[Path, Path], authority: Path) -> None:  # noqa: F811
    server = begin(start, pair)
    bench = make_bench(server)
    context = trusting(authority)
    user: Any = [{"role": "user", "content": "Answer."}]
    assert httpx.get(f"{server.proxy}/health", verify=context).json()["status"] == "healthy"
    client = bench.openai(http_client=httpx.Client(verify=context, timeout=TIMEOUT))
    bench.script.reply(replies.reply(replies.chat(PLAIN)))
    reply = client.chat.completions.create(model=bench.model, messages=user)
    assert frames.strip(reply.choices[0].message.content or "") == PLAIN
    bench.script.reply(replies.sse(replies.chat_events(PLAIN)))
    parts = client.chat.completions.create(model=bench.model, messages=user, stream=True)
    assert frames.strip("".join(part.choices[0].delta.content or "" for part in parts if part.choices)) == PLAIN
    bench.script.reply(replies.reply(replies.message([{"type": "text", "text": PLAIN}])))
    other = bench.anthropic(http_client=ANTHROPIC_HTTP.Client(verify=context, timeout=TIMEOUT))
    message: Any = other.messages.create(model=bench.model, max_tokens=64, messages=user)
    assert frames.strip(message.content[0].text) == PLAIN
    with pytest.raises(openai.APIConnectionError):
        bench.openai().chat.completions.create(model=bench.model, messages=user)
    with pytest.raises(anthropic.APIConnectionError):
        bench.anthropic().messages.create(model=bench.model, max_tokens=64, messages=user)


def test_large_bodies_both_ways(start: StartServer, make_bench: MakeBench, pair: tuple[Path, Path], authority: Path) -> None:  # noqa: F811
    bench = make_bench(begin(start, pair))
    body = good(bench, pad="p" * 5_000_000)
    answer = b"y" * 5_000_000
    bench.script.reply(replies.http(200, answer, "application/octet-stream"))
    head = {name: str(value) for name, value in bench.headers().items()}
    reply = httpx.post(f"{bench.server.proxy}/v1/files/{bench.token}", content=body, headers=head, verify=trusting(authority), timeout=60)
    assert reply.content == answer and bench.script.last.body == body


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_versions_are_refused(start: StartServer, pair: tuple[Path, Path], authority: Path) -> None:  # noqa: F811
    server = begin(start, pair)
    for version, works in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
        context = trusting(authority)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        if works:
            with connect(server, context) as client:
                assert client.version() == version.name.replace("_", ".")
        else:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                connect(server, context)


def test_plain_http_gets_nothing(start: StartServer, make_bench: MakeBench, pair: tuple[Path, Path], authority: Path) -> None:  # noqa: F811
    bench = make_bench(begin(start, pair))
    parts = urlsplit(bench.server.proxy)
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=20) as client:
        body = good(bench)
        client.sendall(head_of(bench, body) + body)
        assert not everything(client).startswith(b"HTTP/")
    assert bench.script.exchanges == []
    assert serial(bench.server, trusting(authority))


def test_client_that_leaves_ends_the_upstream(start: StartServer, make_bench: MakeBench, pair: tuple[Path, Path], authority: Path) -> None:  # noqa: F811
    bench = make_bench(begin(start, pair))
    events = replies.chat_events(PLAIN)
    bench.script.reply([replies.sse_head(), replies.chunk(events[0]), bench.upstream.gate()])
    body = good(bench, stream=True)
    with connect(bench.server, trusting(authority)) as client:
        client.sendall(head_of(bench, body) + body)
        data = b""
        while events[0] not in data:
            data += client.recv(65536)
    assert bench.script.last.closed.wait(20), "the upstream request went on without its client"


@pytest.mark.parametrize("told", ["by SIGHUP", "by its files"])
def test_new_certificate(start: StartServer, make_bench: MakeBench, pair: tuple[Path, Path], authority: Path, told: str) -> None:  # noqa: F811
    """New connections get it, and those that are open go on, in the middle of a reply as well."""
    bench = make_bench(begin(start, pair))
    context = trusting(authority)
    assert serial(bench.server, context) == "07"
    gate = bench.upstream.gate()
    events = replies.chat_events(PLAIN)
    bench.script.reply([replies.sse_head(), replies.chunk(events[0]), gate, *map(replies.chunk, events[1:]), replies.LAST_CHUNK])
    body = good(bench, stream=True)
    with connect(bench.server, context) as client:
        client.sendall(head_of(bench, body, "Connection: close") + body)
        bench.script.wait()
        install(pair[0].parent, *other_certificate(authority, "40"))
        if told == "by SIGHUP":
            bench.server.send_signal(signal.SIGHUP)
        eventually(lambda: serial(bench.server, context) == "28", "the new certificate")
        gate.open()
        data = everything(client)
    assert data.startswith(b"HTTP/1.1 200 ") and data.endswith(b"0\r\n\r\n")
    assert bench.server.process.poll() is None


BAD = ["no certificate", "no key", "key of another", "half of the certificate", "gone"]


@pytest.mark.parametrize("fault", BAD)
def test_bad_new_files_change_nothing(start: StartServer, pair: tuple[Path, Path], authority: Path, fault: str) -> None:  # noqa: F811
    server = begin(start, pair)
    context = trusting(authority)
    chain, key = pair
    good_key, good_chain = other_certificate(authority, "41")
    if fault == "no certificate":
        chain.write_text("no certificate")
    elif fault == "no key":
        key.write_text("")
    elif fault == "key of another":
        shutil.copy(good_key, key)
    elif fault == "half of the certificate":
        chain.write_bytes(good_chain.read_bytes()[:400])
    else:
        chain.unlink()
    server.send_signal(signal.SIGHUP)
    eventually(lambda: "stays as it was" in server.log(), "a line of the log")
    assert str(chain) in server.log() or str(key) in server.log()
    assert serial(server, context) == "07"
    # And when they are right again they are taken.
    install(chain.parent, good_key, good_chain)
    server.send_signal(signal.SIGHUP)
    eventually(lambda: serial(server, context) == "29", "the new certificate")
    assert server.stop() == 0


@pytest.mark.parametrize("fault", ["no key", "no certificate", "bad", "not its key", "missing"])
def test_start_is_refused(start: StartServer, pair: tuple[Path, Path], authority: Path, fault: str) -> None:  # noqa: F811
    chain, key = pair
    flags = ["--tls-certificate", str(chain), "--tls-key", str(key)]
    if fault == "no key":
        flags = flags[:2]
    elif fault == "no certificate":
        flags = flags[2:]
    elif fault == "bad":
        key.write_text("no key")
    elif fault == "not its key":
        shutil.copy(other_certificate(authority, "42")[0], key)
    else:
        chain.unlink()
    server = start(*flags)
    assert server.wait() == (2 if fault in ("no key", "no certificate") else 1)
    assert ("--tls-key" if len(flags) == 2 else str(chain if fault == "missing" else key)) in server.log()


def test_idle_client_does_not_hold_a_stop_up(start: StartServer, pair: tuple[Path, Path], authority: Path) -> None:  # noqa: F811
    """PRX-153: it reads nothing, so that it does not answer the end of the session, for which TLS would wait 5 seconds."""
    server = begin(start, pair)
    with connect(server, trusting(authority)) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 4
