"""Deadlines as DBOS workflows that sleep durably: ``deadlines.py URL COUNT`` prints the seconds.

Each deadline is a workflow that sleeps until the one instant and returns; that it returned is
DBOS's own durable record, kept exactly once. A step or a transaction on top would cost more.
The pool of connections and the threads are bounded: unbounded, 20,000 at once took half as long
again, and a datasource's pool timed out.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from importlib.metadata import version
from typing import Any

from dbos import DBOS

AT_ONCE = 8
"""Threads and connections."""
SAMPLE = 200
"""How many are enrolled first, to learn how long the others will take."""
SLACKS, SPARE = (1.7, 4.0, 10.0), 5.0
"""How much longer than foreseen enrolling may take, try by try, and the seconds on top."""


class TooLate(Exception):
    """Enrolling took longer than foreseen: the deadlines were due before all were there."""


def main(url: str, count: int) -> None:
    """Enrol, wait for the instant, and say how long after it the last had returned."""
    DBOS(
        config={
            "name": "deadlines", "system_database_url": url, "log_level": "ERROR",
            "sys_db_pool_size": AT_ONCE, "max_executor_threads": AT_ONCE,
        }
    )  # fmt: skip

    @DBOS.workflow()  # type: ignore[untyped-decorator]
    async def deadline(case: str, due: float) -> str:
        await DBOS.sleep_async(due - time.time())
        return f"{case} lapsed"

    DBOS.launch()
    found = asyncio.run(lapse(deadline, count))
    recorded = len(DBOS.list_workflows(status="SUCCESS", load_input=False, load_output=False))
    DBOS.destroy()
    name = f"DBOS {version('dbos')}, durable sleeps on PostgreSQL"
    print(json.dumps({"name": name, "lost": found["enrolled"] - recorded, **found}))


async def lapse(deadline: Any, count: int) -> dict[str, float]:  # noqa: ANN401 - DBOS's own type
    """Seconds from the instant until the last of so many had returned.

    Raises:
        TooLate: the machine is too busy to say how long enrolling takes.
    """
    for number, slack in enumerate(SLACKS, start=1):
        begun = time.time()
        await asyncio.gather(*await enrol(deadline, f"sample-{number}", SAMPLE, begun))
        each = (time.time() - begun) / SAMPLE
        due = time.time() + each * count * slack + SPARE
        waiting = await enrol(deadline, f"case-{number}", count, due)
        spare = due - time.time()
        await asyncio.gather(*waiting)
        if spare > 0:
            return {
                "seconds": time.time() - due, "spare": spare, "tries": number,
                "enrolled": number * (SAMPLE + count),
            }  # fmt: skip
    raise TooLate


async def enrol(deadline: Any, name: str, count: int, due: float) -> list[Any]:  # noqa: ANN401 - as above
    """Start so many workflows, durably; what is returned ends when they have returned."""
    gate = asyncio.Semaphore(AT_ONCE * 2)

    async def start(number: int) -> Any:  # noqa: ANN401 - a handle of DBOS
        async with gate:
            return await DBOS.start_workflow_async(deadline, f"{name}-{number}", due)

    handles = await asyncio.gather(*(start(number) for number in range(count)))
    return [handle.get_result() for handle in handles]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
