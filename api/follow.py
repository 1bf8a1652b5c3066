"""The process of the followers: runs them until the process that started it ends.

``python -m api.follow FD``: FD is the socket to that process, which sends the settings first; a
byte on the standard input means that the log has grown, its end that the process is gone.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import Final

import msgspec

from api.engine import engine
from api.followers import further
from api.quiet import write_log
from api.settings import Settings
from scheduler.frames import Frames, LinkLost
from scheduler.remote_writer import RemoteWriter
from scheduler.runner import ThreadRunner
from store.cycles import be_patient
from store.errors import StoreFault
from store.open import POSTGRES

FIRST: Final = 10.0
"""Seconds in which the settings must come."""


def main(fd: int) -> int:
    """Run the followers; 0 when the other process ended, 1 when they cannot work here."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    write_log()
    be_patient()
    frames = Frames(socket.socket(fileno=fd))
    try:
        settings = msgspec.json.decode(frames.receive(FIRST), type=Settings)
        return 0 if follow(settings, frames) else 1
    except (LinkLost, TimeoutError):
        return 1
    except StoreFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 1


def follow(settings: Settings, frames: Frames) -> bool:
    """Follow the log until the standard input ends; whether all followers ended in time."""
    lost = signal.SIGTERM
    writer = RemoteWriter(frames, settings.store, lambda: os.kill(os.getpid(), lost))
    alone = not settings.store.startswith(POSTGRES)
    ask_all = writer.ask_all if alone else None
    with engine(settings.store, further=further(settings), ask_all=ask_all) as opened:
        runner = ThreadRunner(
            opened.log, opened.followers, opened.projector.signs.note, writer.tell
        )
        opened.runner = runner
        runner.start()
        while os.read(sys.stdin.fileno(), 1 << 12):
            opened.log.wake()
        if not runner.stop():
            os._exit(0)  # a batch under way is given up: it is not committed
    return True


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
