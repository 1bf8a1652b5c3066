"""Places to keep a log at: in memory, on disk, on a disk with little room, on PostgreSQL."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from store.log import Log
from store.open import open_views
from tests.support import row_sets
from tests.support.logs import Place
from tests.support.postgres import PostgresServer

ENGINES = ("memory", "sqlite", "postgres")
ON_DISK = ("sqlite", "postgres")


@pytest.fixture(scope="session")
def shared_database(postgres_server: PostgresServer) -> str:
    return postgres_server.new_database()


@pytest.fixture
def empty_database(postgres_server: PostgresServer, shared_database: str) -> str:
    """The address of a database without a store in it.

    It is always the same one: a server that carries few databases recovers fast.
    """
    postgres_server.start()
    with psycopg.connect(shared_database, options="-c lock_timeout=20s") as connection:
        connection.execute("DROP SCHEMA IF EXISTS guanjia, guanjia_views CASCADE")
    return shared_database


def place_of(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "memory":
        address = ":memory:"
    elif request.param == "sqlite":
        address = str(request.getfixturevalue("tmp_path") / "guanjia.db")
    else:
        address = request.getfixturevalue("empty_database")
    place = Place(request.param, address)
    yield place
    place.close()


anywhere = pytest.fixture(params=ENGINES, name="anywhere")(place_of)
on_disk = pytest.fixture(params=ON_DISK, name="on_disk")(place_of)


@pytest.fixture
def log(anywhere: Place) -> Log:
    return anywhere.open()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with little room, on a file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only the superuser can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(params=ON_DISK)
def address(request: pytest.FixtureRequest) -> str:
    """Where views are kept that outlive their process."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("tmp_path") / "guanjia.db")
    return str(request.getfixturevalue("empty_database"))


@pytest.fixture
def place(address: str) -> Iterator[row_sets.Place]:
    place = row_sets.Place(lambda: open_views(address))
    yield place
    place.close()
