"""The PostgreSQL server that the tests start is real, private and survives being killed."""

import psycopg
import pytest

from tests.support import postgres
from tests.support.postgres import PostgresServer


def test_it_answers(postgres_server: PostgresServer):
    postgres_server.start()  # a test before may have killed it
    with psycopg.connect(postgres_server.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_each_new_database_is_another_one(postgres_server: PostgresServer):
    assert postgres_server.new_database() != postgres_server.new_database()


def test_it_is_durable_and_speaks_utf8(postgres_server: PostgresServer):
    with psycopg.connect(postgres_server.url()) as connection:
        shown = [
            connection.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "synchronous_commit", "server_encoding")
        ]
    assert shown == [("on",), ("on",), ("UTF8",)]


def test_what_was_committed_survives_a_kill(postgres_server: PostgresServer):
    url = postgres_server.new_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE fact (note text)")
        connection.execute("INSERT INTO fact VALUES ('电梯困人')")
    postgres_server.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    postgres_server.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT note FROM fact").fetchone() == ("电梯困人",)


def test_a_kill_ends_every_session_at_once(postgres_server: PostgresServer):
    with psycopg.connect(postgres_server.new_database()) as connection:
        postgres_server.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    postgres_server.start()


def test_a_server_that_is_down_is_started_for_a_new_database(postgres_server: PostgresServer):
    postgres_server.stop()
    with psycopg.connect(postgres_server.new_database()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_nothing_is_left_when_it_is_closed(postgres_server: PostgresServer):
    binaries = postgres.find_binaries()
    assert binaries is not None
    other = PostgresServer(binaries)
    other.start()
    other.close()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(other.url())
    with pytest.raises(FileNotFoundError):
        other.log()
