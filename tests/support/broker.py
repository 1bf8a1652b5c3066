"""A real, private Kafka broker for a test session, which tests may kill and start."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.serving import ROOT

POM = Path(__file__).parent / "kafka" / "pom.xml"
REQUIRED = "GUANJIA_REQUIRE_KAFKA"
GATHERING = 600.0
PATIENCE = 90.0
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
CLUSTER = "MkU3OEVBNTcwNTJENDM2Qk"

# Runs beside the broker and cleans up after a test process, even one that was killed:
# its standard input ends when that process does.
CARETAKER = """
read -r _
kill -KILL "$(cat "$1/pid" 2>/dev/null)" 2>/dev/null
rm -rf "$1"
"""
API_VERSIONS = bytes.fromhex("0000000a 0012 0000 00000001 ffff")

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
num.partitions=3
auto.create.topics.enable=false
offsets.topic.replication.factor=1
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
"""


class BrokerMissing(Exception):
    """What a broker needs is not here."""


class Broker:
    """One broker in KRaft mode on a loopback port of its own, the same over kills."""

    def __init__(self, jars: Path) -> None:
        self.port, controller = _free_ports(2)
        self.address = f"127.0.0.1:{self.port}"
        self._jars = jars
        self._folder = Path(tempfile.mkdtemp(prefix="guanjia-kafka-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._caretaker = subprocess.Popen(
            ["sh", "-c", CARETAKER, "sh", str(self._folder)], stdin=subprocess.PIPE, process_group=0
        )
        self._settings = self._folder / "server.properties"
        self._settings.write_text(
            SETTINGS.format(port=self.port, controller=controller, folder=self._folder)
        )
        formatted = self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c")
        if formatted.wait(PATIENCE) != 0:
            raise RuntimeError(self.log())

    def new_topic(self) -> str:
        """A name that no topic has."""
        return f"test-{next(self._numbers)}"

    def start(self) -> None:
        """Start it and return when it answers; does nothing where it runs."""
        if self._process is None:
            self._process = self._java("kafka.Kafka")
            (self._folder / "pid").write_text(str(self._process.pid))
        limit = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > limit:
                raise TimeoutError(f"Kafka did not start:\n{self.log()[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(PATIENCE)
            self._process = None

    def close(self) -> None:
        """End it and remove what it kept."""
        self.kill()
        self._caretaker.communicate(b"\n", PATIENCE)

    def log(self) -> str:
        """What it has said so far."""
        return (self._folder / "log").read_text(errors="replace")

    def _java(self, main: str, *words: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                ["java", "-Xms64m", "-Xmx256m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                 "-cp", f"{self._jars}/*", main, *words, str(self._settings)],
                cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                process_group=0,
            )  # fmt: skip

    def _answers(self) -> bool:
        """Whether it says which requests it knows, the first question of every client."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), 2) as s,
        ):
            s.sendall(API_VERSIONS)
            return len(s.recv(8)) > 0
        return False


def gathered() -> Path:
    """The folder with the broker and what it needs, fetched where it is missing.

    Raises:
        BrokerMissing: Java or Maven is not here, or Maven could not fetch it.
    """
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise BrokerMissing(f"{program} is not installed")
    version = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    home = ROOT / "build" / "kafka" / version
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        done = subprocess.run(
            ["mvn", "--quiet", "--batch-mode", "--file", str(POM), COPY,
             f"-DoutputDirectory={home}"],
            capture_output=True, text=True, timeout=GATHERING, check=False,
        )  # fmt: skip
        if done.returncode:
            said = (done.stdout + done.stderr).strip()[-300:]
            raise BrokerMissing(f"Maven could not fetch the broker: {said}")
        (home / "complete").touch()
    return home


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """One broker for the whole run; a test that kills it starts it again."""
    try:
        jars = gathered()
    except BrokerMissing as missing:
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    broker = Broker(jars)
    try:
        broker.start()
        yield broker
    finally:
        broker.close()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
