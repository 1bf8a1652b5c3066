"""A leap of the wall clock is believed only when it lasts; a clock set back is followed at once."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.trusted_clock import TrustedClock

START = datetime(2026, 5, 6, 1, tzinfo=UTC)


class Machine:
    """A wall clock and a steady clock that a test turns."""

    def __init__(self) -> None:
        self.wall = START
        self.steady = 100.0
        self.clock = TrustedClock(lambda: self.wall, lambda: self.steady)

    def passes(self, seconds: float) -> datetime:
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds
        return self.clock()

    def leaps(self, seconds: float) -> datetime:
        self.wall += timedelta(seconds=seconds)
        return self.clock()


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_it_says_what_the_wall_says(machine: Machine) -> None:
    """Ordinary time passes as on the wall, however long nobody asked."""
    assert machine.passes(1) == START + timedelta(seconds=1)
    assert machine.passes(86_400) == START + timedelta(seconds=86_401)


def test_small_corrections_are_followed(machine: Machine) -> None:
    """A minute's correction is no leap."""
    assert machine.leaps(60) == START + timedelta(seconds=60)
    assert machine.clock.leaps == 0


def test_a_leap_ahead_is_not_believed_at_once(machine: Machine) -> None:
    """Time goes on from where it was while a leap is young."""
    assert machine.leaps(3600) == START
    assert machine.passes(4) == START + timedelta(seconds=4)
    assert machine.clock.leaps == 1


def test_a_leap_that_stands_is_believed(machine: Machine) -> None:
    """After five seconds the wall is right: the machine may have slept."""
    machine.leaps(3600)
    assert machine.passes(5) == START + timedelta(seconds=3605)
    assert machine.passes(1) == START + timedelta(seconds=3606)


def test_a_leap_that_is_taken_back_never_happened(machine: Machine) -> None:
    """A clock that leaps ahead and returns leaves no trace."""
    machine.leaps(3600)
    machine.passes(2)
    assert machine.leaps(-3600) == START + timedelta(seconds=2)
    assert machine.leaps(3600) == START + timedelta(seconds=2)


def test_a_clock_set_back_is_followed(machine: Machine) -> None:
    """Nothing is said early: the earlier time is the careful one."""
    assert machine.leaps(-3600) == START - timedelta(hours=1)
