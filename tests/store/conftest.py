"""A database for every test, though always the same: a server that carries few recovers fast."""

import psycopg
import pytest

from tests.support.postgres import PostgresServer


@pytest.fixture(scope="session")
def shared_database(postgres_server: PostgresServer) -> str:
    return postgres_server.new_database()


@pytest.fixture
def empty_database(postgres_server: PostgresServer, shared_database: str) -> str:
    """The address of a database without a store in it."""
    postgres_server.start()
    with psycopg.connect(shared_database, options="-c lock_timeout=20s") as connection:
        connection.execute("DROP SCHEMA IF EXISTS guanjia CASCADE")
    return shared_database
