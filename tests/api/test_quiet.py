"""The log is bounded: what is said again and again is said a few times a minute."""

import logging

import pytest

from api.quiet import MOST_KINDS, Quiet


class Said(logging.Handler):
    """Keeps what is written through a filter on a clock that a test turns."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.lines: list[str] = []
        self.addFilter(Quiet(often=2, window=60, clock=lambda: self.now))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def log(said: Said) -> logging.Logger:
    return logger("test", said)


def logger(name: str, said: Said) -> logging.Logger:
    log = logging.getLogger(f"guanjia.{name}")
    log.handlers = [said]
    log.propagate = False
    return log


def test_a_kind_of_message_is_written_a_few_times(said: Said, log: logging.Logger) -> None:
    """Whatever its arguments are; other kinds are not kept back by it."""
    for number in range(100):
        log.error("the case %s failed", number)
    log.error("the disk is full")
    assert said.lines == ["the case 0 failed", "the case 1 failed", "the disk is full"]


def test_what_was_left_out_is_counted(said: Said, log: logging.Logger) -> None:
    """The first message of the next minute says how many there were."""
    for number in range(5):
        log.error("the case %s failed", number)
    said.now = 61
    for number in range(5, 7):
        log.error("the case %s failed", number)
    assert said.lines[2:] == [
        "the case 5 failed (3 more like this were left out)", "the case 6 failed",
    ]  # fmt: skip


def test_a_quiet_minute_is_not_remarked_on(said: Said, log: logging.Logger) -> None:
    """Nothing was left out, so nothing is said of it."""
    log.error("once")
    said.now = 61
    log.error("once")
    assert said.lines == ["once", "once"]


def test_the_same_words_of_another_logger_are_another_kind(said: Said, log: logging.Logger) -> None:
    """What fails differs by who says it."""
    other = logger("other", said)
    for _ in range(3):
        log.error("failed")
        other.error("failed")
    assert said.lines == ["failed"] * 4


def test_memory_stays_bounded(said: Said, log: logging.Logger) -> None:
    """Messages that are all different are forgotten in time."""
    for number in range(3 * MOST_KINDS):
        log.error("unlike any other: " + str(number))  # noqa: G003 - as careless code does
    (quiet,) = said.filters
    assert isinstance(quiet, Quiet)
    assert len(quiet._said) <= MOST_KINDS
