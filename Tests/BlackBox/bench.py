"""What one test has on its bench: clients of every kind, its own script of the upstream, its own agent."""

from __future__ import annotations

import http.client
import secrets
import select
import urllib.parse
from dataclasses import dataclass
from typing import Any, Callable, Iterator

import anthropic
import openai

from harness import Server
from reader import Reader
from script import Script
from upstream import Upstream

TIMEOUT = 30.0


@dataclass
class RawReply:
    """A reply as it came off the wire. `complete` is false if it ended without its proper end."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    complete: bool

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return values[0] if values else None

    @property
    def trace(self) -> str:
        value = self.header("x-trace-id")
        assert value, f"no X-Trace-ID on {self.status}: {self.headers}"
        return value


class RawStream:
    """A request whose reply is read bit by bit."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._connection = connection
        self._response = connection.getresponse()
        self.status = self._response.status
        self.headers = self._response.getheaders()
        self.body = b""

    def header(self, name: str) -> str | None:
        return self._response.getheader(name)

    @property
    def trace(self) -> str:
        value = self.header("x-trace-id")
        assert value, self.headers
        return value

    def until(self, tail: bytes, form: Callable[[bytes], bytes] = bytes) -> bytes:
        """Reads until the body so far ends with `tail`, both in `form`; a server that holds it back runs into the timeout."""
        while not form(self.body).endswith(form(tail)):
            data = self._response.read1(65536)
            assert data, f"ended before {tail!r}: {self.body[-400:]!r}"
            self.body += data
        return self.body

    def take(self) -> bytes:
        """Reads some of what comes next."""
        data = self._response.read1(65536)
        self.body += data
        return data

    @property
    def waits(self) -> bool:
        """Whether something of it has come and was not read; behind its head a reader may have taken the first few KiB."""
        return bool(select.select([self._connection.sock], [], [], 0)[0])

    def rest(self) -> bool:
        """Reads to the end; false if the reply was broken off."""
        try:
            while data := self._response.read1(65536):
                self.body += data
        except (http.client.HTTPException, ConnectionError):
            return False
        # With a length, this reader takes an early end for the end.
        return not self._response.length

    def close(self) -> None:
        if self._connection.sock is not None:
            self._connection.sock.close()
        self._response.close()
        self._connection.close()

    def __enter__(self) -> RawStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


Headers = dict[str, str | bytes]


def connect(url: str) -> http.client.HTTPConnection:
    parts = urllib.parse.urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)


def send(
    connection: http.client.HTTPConnection, method: str, target: str, headers: Headers, body: bytes | Iterator[bytes] | None
) -> None:
    """Writes a request head exactly as given; an iterator goes out chunked."""
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    if isinstance(body, bytes):
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
    elif body is None:
        connection.endheaders()
    else:
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders(body, encode_chunked=True)


def fetch(
    url: str, method: str, target: str, headers: Headers | None = None, body: bytes | Iterator[bytes] | None = None
) -> RawReply:
    connection = connect(url)
    try:
        send(connection, method, target, headers or {}, body)
        response = connection.getresponse()
        complete = True
        try:
            data = response.read()
        except http.client.IncompleteRead as fault:
            data, complete = fault.partial, False
        except ConnectionError:
            data, complete = b"", False
        return RawReply(response.status, response.getheaders(), data, complete)
    finally:
        connection.close()


class Bench:
    """Everything is under names of its own, so tests never meet in the shared server."""

    def __init__(self, server: Server, upstream: Upstream, name: str) -> None:
        self.server = server
        self.upstream = upstream
        self.token = "tok" + secrets.token_hex(8)
        self.agent = f"{name}-{self.token}"
        self.model = f"model-{self.token}"
        self.script: Script = upstream.script(self.token)

    @property
    def reader(self) -> Reader:
        return self.server.reader

    def openai(self, path: str = "/v1", **options: Any) -> openai.OpenAI:
        """An OpenAI client through the proxy."""
        headers = {"X-Agent-Name": self.agent, **options.pop("headers", {})}
        return openai.OpenAI(
            api_key=self.server.key,
            base_url=self.server.proxy + path,
            default_headers=headers,
            **{"max_retries": 0, "timeout": TIMEOUT, **options},
        )

    def openai_direct(self, **options: Any) -> openai.OpenAI:
        """The same client straight to the upstream."""
        return openai.OpenAI(
            api_key="direct",
            base_url=f"{self.upstream.url}/v1",
            default_headers=options.pop("headers", {}),
            **{"max_retries": 0, "timeout": TIMEOUT, **options},
        )

    def anthropic(self, path: str = "", **options: Any) -> anthropic.Anthropic:
        headers = {"X-Agent-Name": self.agent, **options.pop("headers", {})}
        return anthropic.Anthropic(
            api_key=self.server.key,
            base_url=self.server.proxy + path,
            default_headers=headers,
            **{"max_retries": 0, "timeout": TIMEOUT, **options},
        )

    def anthropic_direct(self, **options: Any) -> anthropic.Anthropic:
        return anthropic.Anthropic(
            api_key="direct",
            base_url=self.upstream.url,
            default_headers=options.pop("headers", {}),
            **{"max_retries": 0, "timeout": TIMEOUT, **options},
        )

    def headers(self, **more: str | bytes) -> Headers:
        """The head of a plain JSON request; names take `_` for `-`, and None leaves one out."""
        head: Headers = {
            "Authorization": f"Bearer {self.server.key}",
            "X-Agent-Name": self.agent,
            "Content-Type": "application/json",
            "X-Client-Request-Id": self.token,
        }
        head |= {name.replace("_", "-"): value for name, value in more.items()}
        return {name: value for name, value in head.items() if value is not None}

    def fetch(
        self,
        target: str,
        body: bytes | Iterator[bytes] | None = None,
        method: str = "POST",
        headers: Headers | None = None,
    ) -> RawReply:
        return fetch(self.server.proxy, method, target, self.headers() if headers is None else headers, body)

    def open(self, target: str, body: bytes, headers: Headers | None = None) -> RawStream:
        """A request whose reply the test reads at its own pace."""
        connection = connect(self.server.proxy)
        send(connection, "POST", target, self.headers() if headers is None else headers, body)
        return RawStream(connection)
