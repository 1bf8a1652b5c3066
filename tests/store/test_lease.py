"""Of all processes of a store one at a time holds a lease; it ends with that process."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.errors import StoreAway, StoreReadOnly
from store.lease import open_lease
from store.open import MEMORY
from tests.support.postgres import PostgresServer
from tests.support.serving import ROOT

HOLDER = """
import sys
from store.lease import open_lease
lease = open_lease(sys.argv[1], sys.argv[2])
print(lease.held(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "g.db")
    return request.getfixturevalue("postgres_server").new_database()


class Holder:
    """Another process that tries to hold a lease until it is killed."""

    def __init__(self, store: str, name: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, store, name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        self.held = self.process.stdout.readline() == "True\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def holder(store: str) -> Iterator[Holder]:
    holder = Holder(store, "feed")
    yield holder
    holder.kill()


def test_it_is_held_by_one_process_until_that_one_is_killed(store: str, holder: Holder) -> None:
    """However it dies; who waits gets it when it next asks."""
    assert holder.held
    lease = open_lease(store, "feed")
    assert not lease.held()
    assert not lease.held()
    holder.kill()
    for _ in range(200):
        if lease.held():
            break
    assert lease.held()
    third = Holder(store, "feed")
    third.kill()
    assert not third.held
    lease.close()


def test_leases_of_other_names_are_others(store: str, holder: Holder) -> None:
    """One may be held while another is not."""
    lease = open_lease(store, "courier")
    assert lease.held()
    lease.close()


def test_given_back_it_can_be_had_again(store: str) -> None:
    """By another, and by the same."""
    one, other = open_lease(store, "feed"), open_lease(store, "feed")
    assert one.held()
    assert not other.held()
    one.close()
    one.close()
    assert other.held()
    other.close()
    assert one.held()
    one.close()


def test_a_store_in_memory_has_one_process() -> None:
    """There is nobody to share with."""
    lease = open_lease(MEMORY, "feed")
    assert lease.held()
    lease.close()
    assert lease.held()


def test_its_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Beside the store, named for what it is."""
    lease = open_lease(str(tmp_path / "g.db"), "feed")
    assert lease.held()
    (file,) = tmp_path.iterdir()
    assert file.name == "g.feed.lock"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lease.close()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With the file that cannot be made."""
    with pytest.raises(StoreReadOnly, match=r"feed\.lock"):
        open_lease(str(tmp_path / "gone" / "g.db"), "feed").held()


def test_a_server_that_went_away_takes_the_lease_with_it(postgres_server: PostgresServer) -> None:
    """It is noticed when it is next asked for, and had again when the server is back."""
    lease = open_lease(postgres_server.new_database(), "feed")
    assert lease.held()
    postgres_server.kill()
    with pytest.raises(StoreAway):
        lease.held()
    postgres_server.start()
    assert lease.held()
    lease.close()
