"""Upstreams behind TLS are verified, always (PRX-58)."""

from __future__ import annotations

import http.server
import json
import ssl
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest

import replies
from conftest import MakeBench, StartServer
from tenants import whyops
from test_bad_input import ROUTES, assert_refused
from test_upstream_faults import PLAIN, good


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(replies.chat(PLAIN)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        body = b'{"data": [{"id": "one"}]}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class QuietServer(http.server.ThreadingHTTPServer):
    """Refused handshakes are what these tests are about."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test authority",
            "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem")
    return folder


def certificate(folder: Path, names: str, *dates: str) -> tuple[Path, Path]:
    """A key and a certificate for some names, signed by the authority."""
    place = folder / names.replace(":", "-").replace(",", "_")
    key, request, signed, more = (place.with_suffix(end) for end in (".key", ".csr", ".pem", ".ext"))
    more.write_text(f"subjectAltName={names}\n")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", str(key), "-out", str(request))
    openssl("x509", "-req", "-in", str(request), "-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-set_serial",
            "7", "-extfile", str(more), "-out", str(signed), *(dates or ("-days", "1")))
    return key, signed


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate for the right name that nobody vouches for."""
    key, signed = folder / "alone.key", folder / "alone.pem"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(signed))
    return key, signed


@contextmanager
def upstream(key: Path, signed: Path, version: ssl.TLSVersion | None = None) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed, key)
    if version:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    server = QuietServer(("127.0.0.1", 0), Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_upstream_of_the_named_authority(
    start: StartServer, make_bench: MakeBench, authority: Path, host: str
) -> None:
    with upstream(*certificate(authority, "DNS:localhost,IP:127.0.0.1")) as port:
        server = start("--upstream-ca", f"{authority}/ca.pem", url=f"https://{host}:{port}").ready()
        bench = make_bench(server)
        for _ in range(3):
            reply = bench.fetch(ROUTES["openai"], good(bench))
            assert reply.status == 200, reply.body


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("fault", ["unknown authority", "self-signed", "other host", "expired", "TLS 1.0", "TLS 1.1"])
def test_upstream_that_does_not_verify(
    start: StartServer, make_bench: MakeBench, authority: Path, fault: str
) -> None:
    names = "DNS:other.test" if fault == "other host" else "DNS:localhost"
    dates = ("-days", "-1") if fault == "expired" else ()
    version = {"TLS 1.0": ssl.TLSVersion.TLSv1, "TLS 1.1": ssl.TLSVersion.TLSv1_1}.get(fault)
    flags = [] if fault == "unknown authority" else ["--upstream-ca", f"{authority}/ca.pem"]
    pair = self_signed(authority) if fault == "self-signed" else certificate(authority, names, *dates)
    with upstream(*pair, version) as port:
        bench = make_bench(start(*flags, url=f"https://localhost:{port}").ready())
        reply = bench.fetch(ROUTES["openai"], good(bench))
        assert_refused(reply, "openai", 502)
        bench.reader.await_types(reply.trace, "user_message", "error")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_a_provider_is_tried_as_the_proxy_connects(start: StartServer, authority: Path) -> None:
    server = start().ready()
    loopback = ("--allow-private-upstreams", "loopback")
    trust = ("--upstream-ca", f"{authority}/ca.pem")

    def add(slug: str, port: int) -> None:
        whyops(server, "providers", "add", slug, "--base-url", f"https://localhost:{port}/v1", *loopback)

    def tried(slug: str, *flags: str, code: int = 0, **env: str) -> str:
        done = whyops(server, "providers", "test", slug, *loopback, *flags, code=code, env=env)
        return done.stdout + done.stderr

    signed = certificate(authority, "DNS:localhost")
    with upstream(*signed) as port:
        add("ours", port)
        assert "1 models" in tried("ours", *trust)
        assert "1 models" in tried("ours", WHYOPS_UPSTREAM_CA=f"{authority}/ca.pem")
        assert "--upstream-ca" in tried("ours", code=1)
        assert "/nowhere/ca.pem" in tried("ours", "--upstream-ca", "/nowhere/ca.pem", code=2)
    with upstream(*signed, ssl.TLSVersion.TLSv1_1) as port:
        add("old", port)
        assert "TLS 1.2" in tried("old", *trust, code=1)


def test_authority_that_cannot_be_read(start: StartServer) -> None:
    server = start("--upstream-ca", "/nowhere/ca.pem")
    assert server.wait() != 0
    assert "/nowhere/ca.pem" in server.log()
