"""A real, private PostgreSQL server for a test session, which tests may stop, kill and start."""

import contextlib
import itertools
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

PATIENCE = 60.0  # seconds: a busy machine takes its time to recover a log

# Runs beside the server and cleans up after a test process, even one that was killed:
# its standard input ends when that process does.
CARETAKER = """
read -r _
lock="$1/data/postmaster.pid" tries=100
kill -INT "$(head -n 1 "$lock" 2>/dev/null)" 2>/dev/null &&
    while [ -e "$lock" ] && [ $((tries -= 1)) -gt 0 ]; do sleep 0.1; done
rm -rf "$1"
"""


class PostgresServer:
    """A server on a loopback port of its own; its address stays the same over stops and kills."""

    def __init__(self, binaries: Path) -> None:
        self.port = _free_port()
        self._binaries = binaries
        self._owner = _unprivileged_owner()
        self._folder = _private_folder(self._owner)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._caretaker = self._popen(
            "sh", "-c", CARETAKER, "sh", str(self._folder), stdin=subprocess.PIPE
        )
        self._initialise()

    def url(self, dbname: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{dbname}"

    def new_database(self) -> str:
        """Create an empty database and return its URL; a server that is down is started first."""
        self.start()
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def start(self) -> None:
        """Start the server and return when it answers; does nothing where it runs."""
        limit = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > limit:
                message = f"PostgreSQL did not start within {PATIENCE:.0f} s:\n{self.log()}"
                raise TimeoutError(message)
            # Killed processes may hold the shared memory for a moment: then it exits, and again.
            if self._process is None or self._process.poll() is not None:
                self._process = self._spawn()
            time.sleep(0.05)

    def stop(self) -> None:
        """Shut down in order: sessions are ended, everything is written."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End every process of the server at once, as a crash would: nothing more is written."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)  # so that it starts no more of them
            for pid in [*_children(self._process.pid), self._process.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait(PATIENCE)
            self._process = None

    def close(self) -> None:
        """Stop the server, without writing what goes anyway, and remove all that it kept."""
        self._end(signal.SIGQUIT)
        self._caretaker.communicate(b"\n", PATIENCE)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def log(self) -> str:
        """Return what the server has said so far."""
        return (self._folder / "log").read_text(errors="replace")

    def _initialise(self) -> None:
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        initdb = self._popen(
            str(self._binaries / "initdb"), "-D", str(self._folder / "data"), *options
        )
        initdb.wait(PATIENCE)
        if initdb.returncode != 0:
            raise RuntimeError(self.log())

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self._folder,
            "fsync": "on",
            **_recovery(self._binaries),
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return self._popen(
            str(self._binaries / "postgres"), "-D", str(self._folder / "data"), *options
        )

    def _popen(self, *command: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start a command as the owner, in a process group that Ctrl-C does not reach."""
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self._folder,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                user=self._owner and self._owner.pw_uid,
                group=self._owner and self._owner.pw_gid,
                extra_groups=self._owner and [],
                process_group=0,
                stdin=stdin,
                stdout=log,
                stderr=log,
            )

    def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            return False
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


def find_binaries() -> Path | None:
    """Return the folder of `initdb` and `postgres`: on the PATH, else the newest installed."""
    folders = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda folder: float(folder.parent.name), reverse=True)
    if pg_config := shutil.which("pg_config"):
        said = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(said.stdout.strip()))
    both = (f for f in folders if (f / "initdb").exists() and (f / "postgres").exists())
    return next(both, None)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the whole run; a test that kills it need not start it again."""
    binaries = find_binaries()
    if binaries is None:
        reason = "PostgreSQL is not installed here: initdb and postgres were not found"
        if os.environ.get("GUANJIA_REQUIRE_POSTGRES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    server = PostgresServer(binaries)
    try:
        server.start()
        yield server
    finally:
        server.close()


def _recovery(binaries: Path) -> dict[str, str]:
    """After a kill, let the server write the file system out at once, not file by file."""
    said = subprocess.run(
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    able = sys.platform == "linux" and int(re.findall(r"\d+", said.stdout)[0]) >= 14
    return {"recovery_init_sync_method": "syncfs"} if able else {}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _unprivileged_owner() -> pwd.struct_passwd | None:
    """Return whom the server runs as: PostgreSQL refuses root; anybody else runs it himself."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _private_folder(owner: pwd.struct_passwd | None) -> Path:
    """Make a folder of the owner's below one that the owner can enter."""
    parent = Path(tempfile.gettempdir())
    if owner and not all(p.stat().st_mode & stat.S_IXOTH for p in [parent, *parent.parents]):
        parent = Path("/tmp")
    folder = Path(tempfile.mkdtemp(prefix="guanjia-postgres-", dir=parent))
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    return folder


def _children(parent: int) -> list[int]:
    if not Path("/proc/self/stat").exists():
        said = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
        )
        rows = [line.split() for line in said.stdout.splitlines()]
        return [int(pid) for pid, ppid in rows if int(ppid) == parent]
    children = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            # pid (name) state ppid …: the name may hold blanks and brackets of its own
            if int(file.read_text().rpartition(")")[2].split()[1]) == parent:
                children.append(int(file.parent.name))
    return children
