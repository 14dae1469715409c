"""Starts and stops the binary under test, and keeps what it wrote."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

import frames
from reader import Reader

BINARY = os.environ.get("WHYOPS_BIN", ".build/debug/whyops")

START_PATIENCE = 60.0
STOP_PATIENCE = 30.0


@dataclass(frozen=True)
class Secrets:
    """Values that must not turn up where they do not belong; new in every run."""

    whyops: str = field(default_factory=lambda: "YOPS-canary" + secrets.token_hex(16))
    openai: str = field(default_factory=lambda: "sk-canary-openai-" + secrets.token_hex(16))
    anthropic: str = field(default_factory=lambda: "sk-ant-canary-" + secrets.token_hex(16))


def environment(home: Path, values: dict[str, str]) -> dict[str, str]:
    """What the binary may see of ours: nothing but a path, a home and what the test gives."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LANG", "TZ") if name in os.environ}
    return {**kept, "HOME": str(home), "TMPDIR": str(home), **values}


# A server for all stores of this run, as .ci/postgres starts one; without it they are files.
POSTGRES = os.environ.get("WHYOPS_TEST_POSTGRES")


def schema_url(server: str, folder: Path) -> str:
    """The address of the store of a folder on a PostgreSQL server: a schema of its own."""
    name = "b_" + hashlib.sha256(str(folder).encode()).hexdigest()[:24]
    subprocess.run(
        ["psql", "-qd", server, "-c", f"SET client_min_messages = error; CREATE SCHEMA IF NOT EXISTS {name}"],
        check=True,
    )
    return f"{server}&options=-csearch_path%3D{name}"


class Server:
    """One `whyops serve`. `folder` holds its store and its logs and survives it, so another can start on the same."""

    # Where servers of this run have written, for what must be in none of these places.
    folders: set[Path] = set()

    def __init__(
        self,
        folder: Path,
        secret: Secrets,
        upstream: str | None,
        *flags: str,
        env: dict[str, str] | None = None,
        vendors: tuple[str, ...] = ("openai", "anthropic"),
        binary: str = BINARY,
        postgres: str | None = POSTGRES,
        store: str | None = None,
    ) -> None:
        """`store` is the address of its store; without it there is one of the folder's own, on `postgres` or in a file."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        Server.folders.add(folder)
        self.key = secret.whyops
        self.store = folder / "whyops.sqlite"
        values = {
            "WHYOPS_API_KEY": secret.whyops,
            "WHYOPS_SIGNING_KEY": frames.SIGNING_KEY,
            # However slow the machine of the tests is, the store has its say.
            "WHYOPS_STITCH_TIMEOUT": "5",
            # All tests come from one address, and many of them with wrong keys.
            "WHYOPS_FAILED_KEYS": "0",
        }
        if upstream and "openai" in vendors:
            values |= {"OPENAI_API_KEY": secret.openai, "WHYOPS_OPENAI_BASE_URL": f"{upstream}/v1"}
        if upstream and "anthropic" in vendors:
            values |= {"ANTHROPIC_API_KEY": secret.anthropic, "WHYOPS_ANTHROPIC_BASE_URL": upstream}
        command = [binary, "serve", "--host", "127.0.0.1"]
        self.store_url = store or (schema_url(postgres, folder) if postgres else f"sqlite:{self.store}")
        if self.store_url.startswith("postgres:"):
            # In a variable, as an address with a password has to be.
            values["WHYOPS_STORE"] = self.store_url
        else:
            command += ["--store", self.store_url]
        for port in ("--proxy-port", "--ingest-port"):
            if port not in flags:
                command += [port, "0"]
        self._stderr = open(folder / "stderr.log", "ab")
        self._stdout = open(folder / "stdout.log", "ab")
        self.process = subprocess.Popen(
            [*command, *flags],
            env=environment(folder, values | (env or {})),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
        )
        self._urls: dict[str, str] = {}
        self._expected = 3 if "--admin-port" in flags else 2
        self._ready = threading.Event()
        self._pump = threading.Thread(target=self._read, name="stdout", daemon=True)
        self._pump.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._stdout.write(line)
            self._stdout.flush()
            if match := re.fullmatch(rb"(proxy|ingest|admin) (https?://\S+)\n", line):
                self._urls[match[1].decode()] = match[2].decode()
                if len(self._urls) == self._expected:
                    self._ready.set()
        self._ready.set()

    def ready(self) -> Server:
        assert self._ready.wait(START_PATIENCE), f"not ready in time\n{self.log()}"
        assert len(self._urls) == self._expected, f"ended before it was ready ({self.process.poll()})\n{self.log()}"
        return self

    @property
    def proxy(self) -> str:
        return self._urls["proxy"]

    @property
    def ingest(self) -> str:
        return self._urls["ingest"]

    @property
    def admin(self) -> str:
        return self._urls["admin"]

    @property
    def reader(self) -> Reader:
        return Reader(self.ingest, self.key)

    def log(self) -> str:
        return (self.folder / "stderr.log").read_text(errors="replace")[-8000:]

    def files(self) -> list[Path]:
        """Everything it has written: store, journal, spool, logs."""
        return [path for path in self.folder.rglob("*") if path.is_file()]

    def send_signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        code = self.process.wait(STOP_PATIENCE)
        self._pump.join(STOP_PATIENCE)
        self._stdout.close()
        self._stderr.close()
        return code

    def stop(self, number: int = signal.SIGTERM) -> int:
        """The exit code after `number`. A server that does not stop is killed and the test fails."""
        if self.process.poll() is None:
            self.send_signal(number)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.wait()
            raise AssertionError(f"did not stop after signal {number}\n{self.log()}") from None

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.wait()


def run(
    folder: Path, *arguments: str, env: dict[str, str] | None = None, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the binary to its end; `given` is what it reads."""
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [BINARY, *arguments],
        env=environment(folder, env or {}),
        cwd=folder,
        **({"stdin": subprocess.DEVNULL} if given is None else {"input": given}),
        capture_output=True,
        text=True,
        timeout=START_PATIENCE,
    )
