"""PostgreSQL servers for tests: each in a folder of its own, on a socket of its own, and gone afterwards.

As a program it runs a command with the address of such a server in WHYOPS_TEST_POSTGRES: `postgres.py COMMAND...`. Nothing
beyond the standard library, since `.ci/postgres` runs it before anything is installed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Sequence

USER = "whyops"
START_PATIENCE = 60.0


def programs() -> Path | None:
    """The folder of the newest server's programs; `None` where none is installed."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: [int(part) for part in path.parent.name.split(".") if part.isdigit()])
    path = shutil.which("initdb")
    return Path(path).resolve().parent if path else None


class Database:
    """One server. `folder` holds its data, its socket and its log."""

    def __init__(self, folder: Path, name: str = "only", place: Sequence[str] = ()) -> None:
        """`place` is a command that has another one run where the server is to be."""
        bin = programs()
        assert bin, "no initdb; '.ci/setup test' installs it"
        self._bin = bin
        self.name = name
        self.folder = folder
        self.data = folder / "data"
        self.process: subprocess.Popen[bytes] | None = None
        self._place = [*place]
        folder.mkdir(mode=0o755)
        # The server refuses to run as root.
        self._as: list[str] = []
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            [*self._as, str(self._bin / command[0]), *command[1:]],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"{command[0]} failed\n{done.stdout}"

    @property
    def url(self) -> str:
        return f"postgres://{USER}@/postgres?host={self.folder}"

    # MARK: Life

    def create(self) -> Database:
        """Makes an empty one."""
        self._run("initdb", "-D", str(self.data), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        return self

    def copy(self, primary: Database) -> Database:
        """Makes one that follows another one."""
        shutil.rmtree(self.data, ignore_errors=True)
        self._run(
            *("pg_basebackup", "-h", str(primary.folder), "-U", USER, "-D", str(self.data)),
            *("-X", "stream", "-c", "fast", "--no-sync", "-R"),
        )
        self.follow(primary)
        return self

    def let_in(self, network: str) -> Database:
        """From whoever is in a network, too, where it listens there."""
        with (self.data / "pg_hba.conf").open("a", encoding="utf-8") as rules:
            rules.write(f"host all all {network} trust\nhost replication all {network} trust\n")
        return self

    def follow(self, primary: Database, host: str | None = None) -> None:
        """Has it follow another one from now on, also where it runs; `host` is where that listens besides its socket."""
        with (self.data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
            settings.write(f"primary_conninfo = 'host={host or primary.folder} user={USER} application_name={self.name}'\n")
        if self.process:
            self.process.send_signal(signal.SIGHUP)

    def start(self, **settings: str) -> Database:
        """Starts it on its socket alone: no port that somebody else may have."""
        values = {"unix_socket_directories": str(self.folder), "listen_addresses": "", "max_connections": "400"} | settings
        options = [part for name, value in values.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self._place, *self._as, str(self._bin / "postgres"), "-D", str(self.data), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_PATIENCE
        ready = [str(self._bin / "pg_isready"), "-q", "-h", str(self.folder)]
        while subprocess.run(ready).returncode != 0:
            assert self.process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.02)
        return self

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    def pids(self) -> list[int]:
        """The server's processes, its first one at the end."""
        assert self.process
        first = self.process.pid
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == first:
                    found.append(int(entry.name))
            except OSError:
                pass
        return [*found, first]

    def signal(self, number: int) -> None:
        """To all of its processes, as a machine that stops or dies has it."""
        assert self.process
        # The first one before the others, so that it starts no more; then again, for those that it had just started.
        self.process.send_signal(number)
        for pid in self.pids():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kill(self) -> None:
        """As if the machine had gone."""
        if self.process and self.process.poll() is None:
            children = self.pids()[:-1]
            self.process.send_signal(signal.SIGSTOP)
            children = sorted({*children, *self.pids()[:-1]})
            for pid in [*children, self.process.pid]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait()
        self.process = None

    def promote(self) -> None:
        self.sql("SELECT pg_promote(true, 60)")

    def close(self) -> None:
        """Ends it, and leaves nothing."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Database:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # MARK: Questions

    def sql(self, *statements: str, database: str = "postgres") -> str:
        """What `psql` says to some statements, without the line's end."""
        command = [str(self._bin / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-U", USER, database]
        done = subprocess.run(
            [*command, *(part for sql in statements for part in ("-c", sql))], capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def place() -> Path:
    """A new folder with a short path, since that of a socket may have 107 bytes, which the server's user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="whyops-pg-"))
    folder.chmod(0o755)
    return folder


def main(command: list[str]) -> int:
    folder = place()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        with Database(folder / "only") as server:
            server.create().start(max_connections="1000")
            return subprocess.run(command, env=os.environ | {"WHYOPS_TEST_POSTGRES": server.url}).returncode
    except AssertionError as error:
        print(f"postgres: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
