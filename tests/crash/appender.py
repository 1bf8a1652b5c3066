"""A process that appends commands and says which were acknowledged, until it is killed."""

import sys
import time

from store.errors import HeadMoved, StoreAway
from store.log import Log, Receipt, Tail
from store.open import open_log
from store.rows import Row

SCOPE = "appender"


def append(log: Log, command: str, number: int, after: Tail | None) -> Tail:
    """Store a stream of some facts, whose topic says how many, once per command."""
    size = number % 5 + 1
    with log.transaction(after) as transaction:
        if not transaction.receipts([(SCOPE, command)]):
            head = transaction.head
            at = max(time.time_ns() // 1000, transaction.last_recorded_at)
            rows = [
                Row(head + i, command, i, str(size), at, b"x" * (number * 37 % 3000))
                for i in range(1, size + 1)
            ]
            receipt = Receipt(SCOPE, command, b"f" * 16, command, size, head + size, size)
            transaction.append(rows, [receipt])
    return transaction.tail


def main(store: str, writer: str) -> None:
    """Append for ever, every other command after the end of the log as it was last seen.

    A store that went away is asked again with the same command.
    """
    log = open_log(store)
    number, tail = 0, None
    while True:
        command = f"{writer}-{number}"
        try:
            tail = append(log, command, number, tail if number % 2 else None)
        except HeadMoved:
            tail = None
            continue
        except StoreAway:
            tail = None
            time.sleep(0.05)
            continue
        sys.stdout.write(f"{command}\n")
        sys.stdout.flush()
        number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
