"""URLs and errors of databases."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from core.errors import ConfigError, StoreError
from store.sql.database import RefusedError, parse_url, store_errors


@pytest.mark.parametrize(
    "given", ["sqlite:///errand.db", "sqlite+aiosqlite:///errand.db", "sqlite+pysqlite:///errand.db"]
)
def test_every_way_to_write_sqlite_is_understood(given: str) -> None:
    assert str(parse_url(given)) == "sqlite+pysqlite:///errand.db"


@pytest.mark.parametrize(
    "given", ["postgres://u@h/db", "postgresql://u@h/db", "postgresql+asyncpg://u@h/db", "postgresql+psycopg://u@h/db"]
)
def test_every_way_to_write_postgresql_is_understood(given: str) -> None:
    assert str(parse_url(given)) == "postgresql+asyncpg://u@h/db"


def test_the_ssl_mode_of_other_tools_is_understood() -> None:
    parsed = parse_url("postgresql://u@h/db?sslmode=require&application_name=x")
    assert dict(parsed.query) == {"ssl": "require", "application_name": "x"}


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite+aiosqlite://", "mysql://u@h/db", "", "x"])
def test_what_errand_cannot_use_is_a_config_error(url: str) -> None:
    with pytest.raises(ConfigError):
        parse_url(url)


def test_an_unreadable_url_is_not_repeated_with_its_password() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_url("postgresql//zoe:hunter2@h/db")
    assert "hunter2" not in caught.value.message


def test_errors_of_the_database_do_not_tell_values() -> None:
    """A statement's values may be anybody's words; the sentence names what the driver said only."""
    broken = IntegrityError("INSERT INTO people VALUES (?)", {"name": "hunter2"}, Exception("UNIQUE failed: people.id"))
    with pytest.raises(RefusedError) as caught, store_errors():
        raise broken
    assert "hunter2" not in caught.value.message
    assert "UNIQUE failed" in caught.value.message


@pytest.mark.parametrize(
    "error", [OperationalError("", {}, Exception("locked")), ConnectionRefusedError(111, "refused")]
)
def test_a_database_that_is_away_is_not_a_refused_record(error: Exception) -> None:
    with pytest.raises(StoreError) as caught, store_errors():
        raise error
    assert not isinstance(caught.value, RefusedError)


def test_errors_that_are_not_the_databases_pass() -> None:
    with pytest.raises(ZeroDivisionError), store_errors():
        raise ZeroDivisionError
