"""A scripted provider: an HTTP/1.1 server on a free port that records every request and answers by script.

Each test registers a token, and a request belongs to the script whose token occurs anywhere in it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading

from script import CLOSE, HANG, PATIENCE, RESET, Exchange, Gate, Pause, Repeat, Reply, Script


class Reader(asyncio.StreamReader):
    """A stream reader that tells when the other side has closed, also while nobody reads."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=1 << 20, loop=loop)
        self.gone = asyncio.Event()

    def feed_eof(self) -> None:
        super().feed_eof()
        self.gone.set()

    def set_exception(self, exc: Exception) -> None:
        super().set_exception(exc)
        self.gone.set()


class Upstream:
    """The server. It runs in a thread of its own; every public method may be called from any other."""

    def __init__(self) -> None:
        self._scripts: dict[str, Script] = {}
        self.strays: list[Exchange] = []
        # What no request may hold, and the targets of those that did.
        self.forbidden: list[str] = []
        self.leaks: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._run, name="upstream", daemon=True)
        self._thread.start()

    def script(self, token: str) -> Script:
        return self._scripts.setdefault(token, Script(token))

    def gate(self) -> Gate:
        return Gate(self._loop)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._listener.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)

        def protocol() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(Reader(self._loop), self._serve, loop=self._loop)

        self._loop.run_until_complete(self._loop.create_server(protocol, sock=self._listener, backlog=256))
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))

    async def _serve(self, reader: Reader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(high=1 << 16)
        try:
            while (exchange := await self._request(reader)) is not None:
                script = self._script_of(exchange)
                is_hasty = script is not None and script.is_hasty
                if not is_hasty:
                    await self._body(exchange, reader)
                    script = self._script_of(exchange)
                if any(exchange.holds(secret) for secret in self.forbidden):
                    self.leaks.append(f"{exchange.method} {exchange.target}")
                if script is None:
                    self.strays.append(exchange)
                    break
                if not await self._play(script.take(exchange), exchange, reader, writer):
                    break
                if is_hasty:
                    await self._body(exchange, reader)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # Cancelled is what the end of the run leaves open.
            pass
        finally:
            writer.close()

    async def _request(self, reader: asyncio.StreamReader) -> Exchange | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        headers = [(key, value.strip()) for key, _, value in (line.partition(":") for line in lines[1:] if line)]
        return Exchange(method, target, headers, b"")

    async def _body(self, exchange: Exchange, reader: asyncio.StreamReader) -> None:
        if (exchange.header("transfer-encoding") or "").lower() == "chunked":
            while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                exchange.body += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        elif length := exchange.header("content-length"):
            exchange.body = await reader.readexactly(int(length))

    def _script_of(self, exchange: Exchange) -> Script | None:
        return next((one for token, one in self._scripts.items() if exchange.holds(token)), None)

    async def _play(
        self, reply: Reply, exchange: Exchange, reader: Reader, writer: asyncio.StreamWriter
    ) -> bool:
        """Writes one reply; true if the connection is still good for another request."""
        gone = asyncio.ensure_future(reader.gone.wait())
        gone.add_done_callback(lambda task: None if task.cancelled() else exchange.closed.set())
        try:
            for step in reply:
                if step is CLOSE:
                    return False
                if step is RESET:
                    linger = struct.pack("ii", 1, 0)
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    writer.transport.abort()
                    return False
                if step is HANG:
                    await gone
                elif isinstance(step, Gate):
                    passed = asyncio.ensure_future(step.passed())
                    await asyncio.wait({passed, gone}, return_when=asyncio.FIRST_COMPLETED)
                    passed.cancel()
                elif isinstance(step, Pause):
                    await asyncio.wait({gone}, timeout=step.seconds)
                elif isinstance(step, Repeat):
                    for _ in range(step.count):
                        await _write(step.chunk, exchange, writer)
                else:
                    assert isinstance(step, bytes), step
                    await _write(step, exchange, writer)
                if reader.gone.is_set():
                    exchange.closed.set()
                    return False
            exchange.finished.set()
            return True
        finally:
            gone.cancel()


async def _write(data: bytes, exchange: Exchange, writer: asyncio.StreamWriter) -> None:
    writer.write(data)
    try:
        await writer.drain()
    except ConnectionError:
        exchange.closed.set()
        raise
    exchange.sent += len(data)
