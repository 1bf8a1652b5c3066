"""Builds the environments of the peers: ``python -m benchmarks.peers [NAME...]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.environment import NAMES, PEERS, Peer, PeerMissing


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what is missing and say how it went; 0 even then, for the table names the reason."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--peers", type=Path, default=PEERS, metavar="FOLDER", help="where to")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"there is no {', '.join(sorted(unknown))}: name some of {', '.join(NAMES)}")
    for name in asked.names or NAMES:
        print(f"{name}: {_build(Peer(name=name, environments=asked.peers.resolve()))}")
    return 0


def _build(peer: Peer) -> str:
    try:
        return "built" if peer.build() else "already built"
    except PeerMissing as missing:
        return str(missing)


if __name__ == "__main__":
    sys.exit(main())
