"""Connections that hold something back: replies that are not out yet, upstreams that say more than they were asked."""

from __future__ import annotations

import queue
import signal
import socket
import ssl
import threading
from pathlib import Path
from typing import Callable, Iterator

import pytest

import replies
from bench import Bench, connect, send
from conftest import MakeBench, StartServer
from reader import eventually
from script import HANG
from test_bad_input import ROUTES, assert_alive
from test_connections import head_of
from test_edges import dial, everything
from test_lifecycle import listening
from test_upstream_faults import PLAIN, good
from test_upstream_tls import authority as authority  # a fixture
from test_upstream_tls import certificate

PATIENCE = 20.0


class RawUpstream:
    """A listener whose connections are a test's own business: `serve` gets each with its number, from 1."""

    def __init__(self, serve: Callable[[socket.socket, int], None], tls: ssl.SSLContext | None = None) -> None:
        self._serve, self._tls = serve, tls
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.url = f"{'https' if tls else 'http'}://localhost:{self._listener.getsockname()[1]}"
        self.count = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self._run, args=(connection, self.count), daemon=True).start()

    def _run(self, connection: socket.socket, number: int) -> None:
        try:
            with connection:
                connection.settimeout(PATIENCE)
                if self._tls:
                    with self._tls.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False) as secure:
                        return self._serve(secure, number)
                self._serve(connection, number)
        except OSError:
            pass

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def raw() -> Iterator[Callable[..., RawUpstream]]:
    made: list[RawUpstream] = []

    def make(serve: Callable[[socket.socket, int], None], tls: ssl.SSLContext | None = None) -> RawUpstream:
        made.append(RawUpstream(serve, tls))
        return made[-1]

    yield make
    for one in made:
        one.close()


def request_of(connection: socket.socket) -> bytes:
    """The head of the next request; empty where there is none."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    return data


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def get(bench: Bench, path: str, *more: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: x", *(f"{name}: {value!s}" for name, value in bench.headers().items())]
    return "\r\n".join([*lines, *more, "", ""]).encode()


# MARK: Replies that are not out yet (PRX-57, PRX-107, PRX-111, PRX-113)

def large_reply() -> bytes:
    return replies.encode(replies.chat("word " * (4 << 20)))


@pytest.mark.parametrize("more", [[], ["Connection: close"]], ids=["keep-alive", "close"])
def test_stop_while_a_client_takes_its_reply(start: StartServer, make_bench: MakeBench, more: list[str]) -> None:
    """A reply is under way until its last byte is written, however slowly it is taken."""
    server = start().ready()
    bench = make_bench(server)
    bench.script.reply(replies.http(200, large_reply()))
    body = good(bench)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        client.settimeout(PATIENCE)
        host, port = server.proxy.removeprefix("http://").split(":")
        client.connect((host, int(port)))
        client.sendall(head_of(bench, body, *more) + body)
        data = client.recv(4096)
        server.send_signal(signal.SIGTERM)
        eventually(lambda: not listening(server.proxy), "the end of listening")
        data += everything(client)
    head, _, rest = data.partition(b"\r\n\r\n")
    [length] = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    assert len(rest) == length
    assert server.wait() == 0


def test_client_that_takes_no_replies_is_not_read_on(bench: Bench) -> None:
    """What was asked ahead is answered when it does, all of it and in order."""
    request = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    limit = 4 << 20
    sent = 0
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
        client.settimeout(4)
        host, port = bench.server.proxy.removeprefix("http://").split(":")
        client.connect((host, int(port)))
        pile = request * 2000
        try:
            while sent < limit:
                sent += client.send(pile[sent % len(request):])
        except TimeoutError:
            pass
        assert sent < limit, "it was read on"
        data = b""
        client.settimeout(PATIENCE)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        while data.count(b'"healthy"') < sent // len(request):
            data += client.recv(1 << 20)
    assert data.count(b"HTTP/1.1 200 ") == sent // len(request)


def memory(server_pid: int) -> int:
    """The resident memory of a process, in bytes."""
    status = Path(f"/proc/{server_pid}/status").read_text()
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmRSS"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
def test_what_follows_an_upgrade_is_not_kept(bench: Bench) -> None:
    gate = bench.upstream.gate()
    bench.script.reply([gate, *replies.http(200, b"[]")])
    pid = bench.server.process.pid
    junk = b"x" * (1 << 20)
    with dial(bench) as client:
        client.sendall(get(bench, "/v1/models", "Connection: Upgrade", "Upgrade: h2c"))
        bench.script.wait()
        before = memory(pid)
        for _ in range(128):
            client.sendall(junk)
        grown = memory(pid) - before
        gate.open()
        assert everything(client).startswith(b"HTTP/1.1 200 ")
    assert grown < 64 << 20, f"{grown >> 20} MiB more for 128 MiB"


def test_garbage_in_many_pieces_does_not_spoil_a_reply(bench: Bench) -> None:
    gate = bench.upstream.gate()
    bench.script.reply([gate, *replies.http(200, b"[]")])
    with dial(bench) as client:
        client.sendall(get(bench, "/v1/models"))
        bench.script.wait()
        client.sendall(b"\x00garbage" * 100_000)
        gate.open()
        answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"[]")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_client_that_closes_its_sending_side_has_gone(bench: Bench) -> None:
    """PRX-112"""
    bench.script.reply([HANG])
    with dial(bench) as client:
        client.sendall(get(bench, "/v1/models"))
        bench.script.wait()
        client.shutdown(socket.SHUT_WR)
        assert bench.script.last.closed.wait(PATIENCE)
        assert everything(client) == b""


def test_refusal_of_what_is_no_request_has_nothing_of_the_one_before(bench: Bench) -> None:
    bench.script.reply([*replies.http(200, b"[]")])
    with dial(bench) as client:
        client.sendall(get(bench, "/v1/models"))
        first = client.recv(65536)
        assert first.endswith(b"[]"), first
        threading.Event().wait(0.6)  # the time that must not turn up
        client.sendall(b"\x00\x01\r\n\r\n")
        answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    [value] = [line for line in answer.lower().split(b"\r\n") if line.startswith(b"server-timing")]
    assert float(value.rpartition(b"=")[2]) < 500


# MARK: Upstreams that say more than they were asked (PRX-109)

PART = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Le"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n"
BODYLESS = b"HTTP/1.1 204 No Content\r\n\r\n"
FIRST = {"length": ok(b"first"), "chunks": CHUNKED, "no body": BODYLESS}


@pytest.mark.parametrize("kind", FIRST)
@pytest.mark.parametrize("together", [True, False], ids=["same piece", "own piece"])
def test_beginning_of_another_reply(
    raw: Callable[..., RawUpstream], start: StartServer, make_bench: MakeBench, kind: str, together: bool
) -> None:
    """A connection on which something follows a reply answers no other request."""
    passed, ended = threading.Event(), threading.Event()

    def serve(connection: socket.socket, number: int) -> None:
        try:
            while request := request_of(connection):
                if b"/first " in request:
                    connection.sendall(FIRST[kind] + (PART if together else b""))
                    if not together and passed.wait(PATIENCE):
                        connection.sendall(PART)
                else:
                    connection.sendall(b"ngth: 6\r\n\r\npoison" if number == 1 else ok(b"second"))
        finally:
            ended.set()

    bench = make_bench(start(url=raw(serve).url).ready())
    with dial(bench) as client:
        client.sendall(get(bench, "/v1/first"))
        answer = client.recv(65536)
        assert answer.startswith(b"HTTP/1.1 20"), answer
        passed.set()
        assert ended.wait(PATIENCE), "the connection was kept"
        client.sendall(get(bench, "/v1/second", "Connection: close"))
        assert everything(client).endswith(b"second")


def test_connection_with_clean_replies_is_used_again(
    raw: Callable[..., RawUpstream], start: StartServer, make_bench: MakeBench
) -> None:
    kinds = [*FIRST.values(), ok(b"")]

    def serve(connection: socket.socket, number: int) -> None:
        for reply in kinds * 2:
            request_of(connection)
            head, blank, body = reply.partition(b"\r\n\r\n")
            connection.sendall(head + blank)
            connection.sendall(body)

    upstream = raw(serve)
    bench = make_bench(start(url=upstream.url).ready())
    connection = connect(bench.server.proxy)
    for reply in kinds * 2:
        send(connection, "GET", "/v1/models", bench.headers(), None)
        response = connection.getresponse()
        assert response.status in (200, 204)
        assert response.read() in reply
    connection.close()
    assert upstream.count == 1


def test_upstream_that_soon_has_enough(
    raw: Callable[..., RawUpstream], start: StartServer, make_bench: MakeBench
) -> None:
    """PRX-123: one that waits for a second at most may have ended the connection when the next request comes."""
    short = b"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1, max=9\r\nContent-Length: 2\r\n\r\n[]"
    long = b"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=60\r\nContent-Length: 2\r\n\r\n[]"

    def serve(connection: socket.socket, number: int) -> None:
        while request := request_of(connection):
            connection.sendall(short if b"/short " in request else long)

    upstream = raw(serve)
    bench = make_bench(start(url=upstream.url).ready())
    connection = connect(bench.server.proxy)
    counts = []
    for path in ("/v1/long", "/v1/long", "/v1/short", "/v1/short", "/v1/long", "/v1/long"):
        send(connection, "GET", path, bench.headers(), None)
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"[]")
        counts.append(upstream.count)
    connection.close()
    assert counts == [1, 1, 1, 2, 3, 3]


def test_upstream_that_never_agrees_on_tls(
    raw: Callable[..., RawUpstream], start: StartServer, make_bench: MakeBench
) -> None:
    """PRX-51: the limit of connecting is for all of it, however long a reply may take."""

    def serve(connection: socket.socket, number: int) -> None:
        while connection.recv(65536):
            pass

    silent = raw(serve)
    url = silent.url.replace("http://", "https://")
    flags = ["--upstream-connect-timeout", "0.5", "--upstream-first-byte-timeout", "600"]
    bench = make_bench(start(*flags, url=url).ready())
    reply = bench.fetch("/v1/models", None, "GET")
    assert reply.status == 504, reply.body


def test_upload_that_was_answered_early_is_not_finished(
    raw: Callable[..., RawUpstream], start: StartServer, make_bench: MakeBench
) -> None:
    """What is left of it would be read as the next request; its connection ends, and the next one has its own."""
    answered = threading.Event()
    rest: queue.Queue[int] = queue.Queue()
    size = 24 << 20

    def serve(connection: socket.socket, number: int) -> None:
        request_of(connection)
        connection.sendall(ok(b"early" if number == 1 else b"other"))
        if number == 1:
            answered.wait(PATIENCE)
            count = 0
            try:
                while more := len(connection.recv(1 << 20)):
                    count += more
            except ConnectionError:
                pass
            rest.put(count)

    upstream = raw(serve)
    bench = make_bench(start(url=upstream.url).ready())
    body = good(bench, padding="x" * size)
    reply = bench.fetch(f"/v1/files/{bench.token}", body)
    assert reply.body == b"early"
    assert bench.fetch("/v1/models", None, "GET").body == b"other"
    answered.set()
    assert rest.get(timeout=PATIENCE) < size
    assert upstream.count == 2


@pytest.mark.parametrize("status", ["099", "000", "600", "999"])
def test_status_that_is_none(bench: Bench, status: str) -> None:
    """PRX-110"""
    inner = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!!"
    bench.script.reply([f"HTTP/1.1 {status} X\r\nContent-Length: {len(inner)}\r\n\r\n".encode() + inner])
    with dial(bench) as client:
        client.sendall(get(bench, "/v1/models", "Connection: close"))
        answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 502 "), answer
    assert answer.count(b"HTTP/1.1") == 1
    assert_alive(bench)


# MARK: TLS (PRX-108)

def secured(folder: Path) -> ssl.SSLContext:
    key, signed = certificate(folder, "DNS:localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed, key)
    return context


def test_client_that_leaves_cuts_a_secure_upstream_off(
    raw: Callable[..., RawUpstream], start: StartServer, make_bench: MakeBench, authority: Path
) -> None:
    """At once: it does not wait for the upstream to agree to the end."""
    events = replies.chat_events(PLAIN)
    ending: queue.Queue[str] = queue.Queue()

    def serve(connection: socket.socket, number: int) -> None:
        data = b""
        while bench.token.encode() not in data or not data.endswith(b"}"):
            data += connection.recv(65536)
        connection.sendall(b"".join([replies.sse_head(), *map(replies.chunk, events[:2])]))
        try:
            ending.put("agreed" if not connection.recv(1) else "said more")
        except OSError as error:
            ending.put("cut" if not isinstance(error, TimeoutError) else "open")

    server = start("--upstream-ca", f"{authority}/ca.pem", url=raw(serve, secured(authority)).url).ready()
    bench = make_bench(server)
    with bench.open(ROUTES["openai"], good(bench, stream=True)) as reply:
        reply.until(events[1])
    assert ending.get(timeout=PATIENCE) == "cut"


@pytest.mark.parametrize("turn", range(4))
def test_stop_with_an_idle_secure_connection(
    raw: Callable[..., RawUpstream], start: StartServer, make_bench: MakeBench, authority: Path, turn: int
) -> None:
    def serve(connection: socket.socket, number: int) -> None:
        while request_of(connection):
            connection.sendall(ok(b"{}"))

    server = start("--upstream-ca", f"{authority}/ca.pem", url=raw(serve, secured(authority)).url).ready()
    bench = make_bench(server)
    assert bench.fetch("/v1/models", None, "GET").body == b"{}"
    assert server.stop() == 0, server.log()
