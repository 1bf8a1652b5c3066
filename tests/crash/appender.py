"""A process that appends commands and says which were acknowledged, until it is killed."""

import sys
import time

from store.codec import Row
from store.errors import StoreAway
from store.log import Answered, Log
from store.open import open_log


def append(log: Log, command: str, number: int) -> None:
    """Store a stream of some facts, whose topic says how many, once per command."""
    size = number % 5 + 1
    with log.appending() as appending:
        if not appending.answered([command]):
            head = appending.head
            rows = [
                Row(head + i, command, i, str(size), b"x" * (number * 37 % 3000))
                for i in range(1, size + 1)
            ]
            appending.append(rows, [Answered(command, command, size, head + size, size)])


def main(store: str, writer: str) -> None:
    """Append for ever; a store that went away is asked again with the same command."""
    log = open_log(store)
    number = 0
    while True:
        command = f"{writer}-{number}"
        try:
            append(log, command, number)
        except StoreAway:
            time.sleep(0.05)
            continue
        sys.stdout.write(f"{command}\n")
        sys.stdout.flush()
        number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
