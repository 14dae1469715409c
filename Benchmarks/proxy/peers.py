"""The processes of a measurement: upstream, our proxy, and the peers that only pass through."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

TEXT = "The deployment finished after two retries; the third node needed its certificate renewed before it joined. "
REPLY = json.dumps(
    {
        "id": "chatcmpl-benchmark",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "model",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": TEXT * 4, "refusal": None}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 900, "completion_tokens": 90, "total_tokens": 990},
    }
)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_for(port: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Peer:
    """A process tree under measurement, and where it listens."""

    def __init__(self, name: str, port: int, command: list[str], log: Path, env: dict[str, str] | None = None) -> None:
        self.name = name
        self.port = port
        self._log = log
        with open(log, "ab") as file:
            self.process = subprocess.Popen(command, env={**os.environ, **(env or {})}, stdout=file, stderr=file)
        wait_for(port)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def threads(self) -> list[Path]:
        """The threads of the process and of its children."""
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            for task in Path(f"/proc/{pid}/task").glob("*"):
                found.append(task)
                waiting += [int(child) for child in (task / "children").read_text().split()]
        return found

    def cpu(self) -> tuple[float, float]:
        """Processor seconds so far: of the threads that carry connections, and of all others (tasks, the store)."""
        path = whole = 0.0
        tasks = self.threads()
        # A process counts its threads that have ended too.
        for pid in {task.parent.parent for task in tasks}:
            whole += self._seconds(pid)[1]
        if self.name != "whyops":
            return whole, 0.0
        for task in tasks:
            name, seconds = self._seconds(task)
            if name.startswith("NIO"):
                path += seconds
        return path, whole - path

    @staticmethod
    def _seconds(place: Path) -> tuple[str, float]:
        """The name and the processor seconds of a process or a thread; nothing for one that has ended."""
        try:
            name, numbers = (place / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            return "", 0.0
        fields = numbers.split()
        return name, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def lost(self) -> int:
        """Events that it says it lost because its store was too slow."""
        counts = re.findall(r"events=(\d+).*Events lost", self._log.read_text(errors="replace"))
        return sum(int(count) for count in counts)

    def resident(self) -> float:
        """Megabytes in memory now."""
        pids = {task.parent.parent for task in self.threads()}
        lines = [line for pid in pids for line in (pid / "status").read_text().splitlines() if line.startswith("VmRSS")]
        return sum(int(line.split()[1]) for line in lines) / 1024


def nginx(name: str, folder: Path, port: int, server: str, more: str = "", connections: int = 4096) -> Peer:
    home = folder / name
    home.mkdir()
    (home / "nginx.conf").write_text(
        f"""
        daemon off; worker_processes 1; pid {home}/pid; error_log {home}/error.log;
        events {{ worker_connections {connections}; }}
        http {{
            access_log off; keepalive_requests 100000000; client_body_buffer_size 256k; client_max_body_size 64m;
            client_body_temp_path {home}/b; proxy_temp_path {home}/p; fastcgi_temp_path {home}/f;
            uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
            {more}
            server {{ listen 127.0.0.1:{port} backlog=1024; {server} }}
        }}
        """
    )
    return Peer(name, port, ["nginx", "-e", str(home / "error.log"), "-c", str(home / "nginx.conf"), "-p", str(home)], home / "log")


def mock(folder: Path) -> Peer:
    reply = REPLY.replace("'", "\\'")
    # Without buffering in memory nginx would not read the body before it answers.
    return nginx("mock", folder, free_port(), f"location / {{ default_type application/json; return 200 '{reply}'; }}")


def nginx_proxy(folder: Path, upstream: int) -> Peer:
    server = (
        "location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ''; "
        "proxy_buffering off; proxy_request_buffering on; }"
    )
    more = f"upstream up {{ server 127.0.0.1:{upstream}; keepalive 512; keepalive_requests 100000000; }}"
    return nginx("nginx", folder, free_port(), server, more)


def haproxy(folder: Path, upstream: int) -> Peer:
    port = free_port()
    (folder / "haproxy.cfg").write_text(
        f"""
global
    nbthread 1
    maxconn 4096
defaults
    mode http
    option http-keep-alive
    option http-no-delay
    http-reuse always
    timeout connect 10s
    timeout client 75s
    timeout server 600s
frontend in
    bind 127.0.0.1:{port}
    default_backend up
backend up
    server one 127.0.0.1:{upstream}
"""
    )
    return Peer("haproxy", port, ["haproxy", "-f", str(folder / "haproxy.cfg")], folder / "haproxy.log")


KEY = "YOPS-benchmark-key-0123456789abcdef"


def whyops(folder: Path, upstream: int, name: str = "store") -> Peer:
    port = free_port()
    home = folder / name
    home.mkdir()
    env = {
        "WHYOPS_API_KEY": KEY,
        "OPENAI_API_KEY": "sk-upstream",
        "WHYOPS_OPENAI_BASE_URL": f"http://127.0.0.1:{upstream}/v1",
    }
    command = [os.environ["WHYOPS_PROXY_BIN"], "--host", "127.0.0.1", "--proxy-port", str(port)]
    return Peer("whyops", port, [*command, "--store", f"sqlite:{home}/store.sqlite"], home / "log", env)


def litellm(folder: Path, upstream: int, binary: str) -> Peer:
    port = free_port()
    model = {"model": "openai/model", "api_base": f"http://127.0.0.1:{upstream}/v1", "api_key": "sk-upstream"}
    config = {"model_list": [{"model_name": "model", "litellm_params": model}]}
    (folder / "litellm.json").write_text(json.dumps(config))
    command = [binary, "--config", str(folder / "litellm.json"), "--host", "127.0.0.1", "--port", str(port)]
    # It has no key to look up, which is to its advantage.
    env = {"LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true"}
    return Peer("litellm", port, command, folder / "litellm.log", env)


# MARK: The upstream of streams

EVENT = json.dumps(
    {
        "id": "chatcmpl-benchmark",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "model",
        "choices": [{"index": 0, "delta": {"content": "The next words. "}, "finish_reason": None}],
    }
)


def stream_parts() -> list[bytes]:
    end = EVENT.replace('{"content": "The next words. "}', "{}").replace("null", '"stop"')
    events = [f"data: {EVENT}\n\n"] * 8 + [f"data: {end}\n\n", "data: [DONE]\n\n"]
    return [f"{len(event):x}\r\n{event}\r\n".encode() for event in events]


async def serve_stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, think: float) -> None:
    parts = stream_parts()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    try:
        while True:
            request = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(request.split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            if think:
                await asyncio.sleep(think)
            writer.write(head + parts[0])
            await asyncio.sleep(0.005)
            for part in parts[1:]:
                writer.write(part)
                await asyncio.sleep(0.001)
            writer.write(b"0\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def stream_server(port: int, think: float) -> None:
    async with await asyncio.start_server(lambda r, w: serve_stream(r, w, think), "127.0.0.1", port) as server:
        await server.serve_forever()


def streaming_mock(folder: Path, think: float) -> Peer:
    """An upstream of streams.

    :param think: the seconds that it takes before its first event.
    """
    port = free_port()
    return Peer("streaming", port, [sys.executable, str(Path(__file__)), str(port), str(think)], folder / "streaming.log")


if __name__ == "__main__":
    asyncio.run(stream_server(int(sys.argv[1]), float(sys.argv[2])))
