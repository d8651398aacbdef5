"""SQL statements are told apart cautiously: what might change something never counts as reading."""

from __future__ import annotations

import pytest

from core.errors import RejectedError
from tools.statement import effect_of, risk_of, with_escaped_texts, words_of
from tools.step import Effect, Risk


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "  -- a note\n /* another */ select * from t",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "SHOW TABLES",
        "EXPLAIN SELECT 1",
        "SELECT 'delete from t; drop table t'",
        'SELECT "update" FROM t',
        "SELECT replace(a, 'x', 'y') FROM t;",
        "SELECT $$insert$$",
    ],
)
def test_looking_is_reading(statement: str) -> None:
    assert effect_of(statement) is Effect.READ
    assert risk_of(statement) is Risk.NONE


@pytest.mark.parametrize(
    ("statement", "risk"),
    [
        ("INSERT INTO t VALUES (1)", Risk.LOW),
        ("CREATE TABLE t (a int)", Risk.LOW),
        ("INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1", Risk.HIGH),
        ("DELETE FROM t", Risk.HIGH),
        ("UPDATE t SET a = 1", Risk.HIGH),
        ("DROP TABLE t", Risk.HIGH),
        ("TRUNCATE t", Risk.HIGH),
        ("WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone", Risk.HIGH),
        ("SELECT * INTO copy FROM t", Risk.HIGH),
        ("SELECT * FROM t FOR UPDATE", Risk.HIGH),
        ("EXPLAIN ANALYZE DELETE FROM t", Risk.HIGH),
        ("/*! DELETE FROM t */", Risk.HIGH),
        ("CALL clean_up()", Risk.HIGH),
        ("PRAGMA writable_schema = 1", Risk.HIGH),
        ("SELECT '\\'; DELETE FROM t; --'", Risk.HIGH),
        ("${{ params.statement }}", Risk.HIGH),
        ("", Risk.HIGH),
        ("SELECT 1; DROP TABLE t", Risk.HIGH),
    ],
)
def test_all_else_is_a_change(statement: str, risk: Risk) -> None:
    assert effect_of(statement) is Effect.ONCE
    assert risk_of(statement) is risk


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1; SELECT 2", "; SELECT 1", "SELECT 1;;SELECT 2", "SELECT '\\'; DELETE FROM t; --'", "SELECT 1; -- x\n x"],
)
def test_more_than_one_statement_is_refused(statement: str) -> None:
    with pytest.raises(RejectedError, match="Only one"):
        words_of(statement)


def test_nothing_is_refused() -> None:
    with pytest.raises(RejectedError, match="no SQL statement"):
        words_of(" -- only a note")


def test_a_final_semicolon_and_one_in_a_text_are_fine() -> None:
    assert words_of("SELECT ';' AS a; -- end") == ["select", "as", "a"]


def test_colons_in_texts_are_no_parameters() -> None:
    assert (
        with_escaped_texts("SELECT ' :a', \":b\", :c, d::int -- :e") == "SELECT ' \\:a', \"\\:b\", :c, d::int -- \\:e"
    )
