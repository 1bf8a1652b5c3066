"""A process of ours that is started again when it dies, and that ends when this one does."""

from __future__ import annotations

import logging
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from domain.kernel.refusals import UserFacingError

ROOT: Final = Path(__file__).resolve().parents[1]
SOONEST: Final = 0.25
LATEST: Final = 10.0
"""Seconds until a process is started again: twice as long each time, up to this."""
SOUND: Final = 30.0
"""Seconds after which a process that dies counts as one that had worked."""
ENDING: Final = 8.0
"""Seconds that a process has to end."""
LOOK: Final = 1.0

log = logging.getLogger("guanjia.processes")


def start_process(module: str, *arguments: str, fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """Start a module of ours as a process.

    Its standard input is a pipe that ends when this process does, however it does. It is in a
    process group of its own, since it ends after this process and not on Ctrl-C.
    """
    paths = filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=fds, process_group=0,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )  # fmt: skip


class ProcessEnded(UserFacingError):
    """The process {name} ended with {code}: it is started again."""

    zh = "进程 {name} 已结束（{code}），正在重新启动。"


class Child:
    """Keeps a process running from `start` until `stop`.

    ``spawn`` starts it, `hung` says whether it has to be killed although it has not ended.
    """

    def __init__(
        self,
        name: str,
        spawn: Callable[[], subprocess.Popen[bytes]],
        hung: Callable[[], bool] = bool,
    ) -> None:
        """Prepare; faults and log call it ``name``."""
        self.name = name
        self.fault: str | None = None
        """Why it is not running; None where it is."""
        self._spawn = spawn
        self._hung = hung
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()
        self._watcher: threading.Thread | None = None
        self._end_by = math.inf

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        process = self._process
        return process is not None and process.poll() is None

    def start(self) -> None:
        """Start it, and again whenever it dies."""
        self._stopped.clear()
        self._end_by = math.inf
        self._watcher = threading.Thread(target=self._watch, name=f"guanjia-{self.name}")
        self._watcher.daemon = True
        self._watcher.start()

    def wake(self) -> None:
        """Send it a byte, unless so many lie there that it will look anyway."""
        with self._lock:
            process = self._process
            if process is not None and process.stdin is not None and not process.stdin.closed:
                with suppress(BlockingIOError, BrokenPipeError):
                    os.write(process.stdin.fileno(), b".")

    def stop(self) -> bool:
        """End it, by force where it does not; whether it ended by itself."""
        self._end_by = time.monotonic() + ENDING
        self._stopped.set()
        if self._watcher is None:
            return True
        with self._lock:
            process = self._process
            if process is not None:
                _close(process)
        ended = process is None or _ended(process, ENDING)
        if process is not None and not ended:
            log.warning("%s did not end and is killed", self.name)
            process.kill()
        self._watcher.join()
        self._watcher = None
        return ended

    def _watch(self) -> None:
        pause = SOONEST
        while not self._stopped.is_set():
            begun = time.monotonic()
            code = self._run()
            if self._stopped.is_set():
                break
            if time.monotonic() - begun > SOUND:
                pause = SOONEST
            ended = ProcessEnded(name=self.name, code=code)
            self.fault = str(ended)
            log.warning("%s (in %.2f s)", ended.sentence, pause)
            self._stopped.wait(pause)
            pause = min(pause * 2, LATEST)

    def _run(self) -> int | str:
        """Start it and wait for its end; the exit code, or why it could not be started."""
        try:
            process = self._spawn()
        except OSError as error:
            return error.strerror or str(error)
        assert process.stdin is not None
        os.set_blocking(process.stdin.fileno(), False)
        with self._lock:
            self._process = process
            if self._stopped.is_set():
                _close(process)
        while not _ended(process, LOOK):
            if time.monotonic() > self._end_by or (self._hung() and not self._stopped.is_set()):
                log.warning("%s does not move and is killed", self.name)
                process.kill()
        with self._lock:
            _close(process)
        return process.returncode


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return True
    return False
