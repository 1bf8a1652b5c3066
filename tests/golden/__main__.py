"""Pin the facts that are not pinned yet: python -m tests.golden."""

from tests.golden import pin_missing

for path in pin_missing():
    print(f"pinned {path.stem}")  # noqa: T201 - a tool for the command line
