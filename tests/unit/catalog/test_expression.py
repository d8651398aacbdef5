from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.expression import Expressions
from core.errors import RejectedError

SCOPE: dict[str, Any] = {
    "params": {
        "name": "Ana",
        "count": 3,
        "tags": ["b", "a", "b"],
        "price": {"amount": "12.50", "currency": "EUR"},
        "none": None,
        "injected": "${{ params.name }} {{ 1 + 1 }} {% if %}",
    },
    "steps": {
        "get": {
            "status": 200,
            "json": {"items": [{"title": "B", "n": 2}, {"title": "a", "n": 1}], "_id": 7, "keys": "own"},
        }
    },
    "now": datetime(2026, 12, 3, 9, 30, tzinfo=UTC),
}


@pytest.fixture(scope="module")
def expressions() -> Expressions:
    return Expressions()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("${{ params.count }}", 3),
        ("${{ params.count }} items", "3 items"),
        ("${{ params.tags }}", ["b", "a", "b"]),
        ("tags: ${{ params.tags }}", "tags: b, a, b"),
        ("${{ params.price }}", {"amount": "12.50", "currency": "EUR"}),
        ("[${{ params.none }}]", "[]"),
        ("${{ params.none }}", None),
        ("${{ steps.get.json.items[0].title }}", "B"),
        ("${{ steps.get.json['items'][1].n }}", 1),
        ("${{ steps.get.json._id }}", 7),
        ("${{ steps.get.json.keys }}", "own"),
        ("${{ steps.get.json.items | sort(attribute='title') | map(attribute='title') | join('-') }}", "a-B"),
        ("${{ steps.get.json.items | selectattr('n', '>', 1) | length }}", 1),
        ("${{ steps.get.json.items | lines('- {title}: {n} {other}') }}", "- B: 2 {other}\n- a: 1 {other}"),
        ("${{ steps.get.json.items | csv }}", "title,n\r\nB,2\r\na,1\r\n"),
        ("${{ steps.get.json.items | mentioning('b') | length }}", 1),
        ("${{ params.tags | unique | sort | bullet_list }}", "- a\n- b"),
        ("${{ 'out/my [1].csv' | file_link }}", r"[out/my \[1\].csv](files/out/my%20%5B1%5D.csv)"),
        ("${{ params.count | plural('row') }}, ${{ 1 | plural('entry', 'entries') }}", "3 rows, 1 entry"),
        ("${{ 240.0 / 2 }} of ${{ 0.5 }}", "120 of 0.5"),
        ("${{ params.tags[1:] }}", ["a", "b"]),
        ("${{ params.price | money }}", "12.50 EUR"),
        ("${{ 1234.5 | money('USD') }}", "1,234.50 USD"),
        ("${{ now | date('%d %b %Y') }}", "03 Dec 2026"),
        ("${{ now.year + 1 }}", 2027),
        ("${{ now }}", "2026-12-03T09:30:00+00:00"),
        ("${{ params.missing | default('x') }}", "x"),
        ("${{ params.missing.deep.er | default('x') }}", "x"),
        ("${{ params.none | default('x') }}", "x"),
        ("${{ params.missing is defined }}", False),
        ("${{ 'many' if params.count > 2 else 'few' }}", "many"),
        ("${{ params.name ~ '!' }}", "Ana!"),
        ("${{ params.name + '!' }}", "Ana!"),
        ("${{ params.count * 2 / 4 }}", 1.5),
        ("${{ {'a': {'b': '}}'}} }}", {"a": {"b": "}}"}}),
        ("${{ '${{' }}", "${{"),
        ("${{ max(params.count, 10) }}", 10),
        ("${{ 'a b' | urlencode }}", "a%20b"),
        ("${{ '12' | int }}${{ '1.5' | float }}", "121.5"),
    ],
)
def test_an_expression_gives(expressions: Expressions, text: str, expected: object) -> None:
    assert expressions.render(text, SCOPE) == expected


def test_expressions_are_resolved_inside_lists_and_objects(expressions: Expressions) -> None:
    value = {"a": ["${{ params.count }}", {"b": "${{ params.name }}"}], "c": 1}
    assert expressions.render(value, SCOPE) == {"a": [3, {"b": "Ana"}], "c": 1}


def test_what_a_value_holds_is_never_worked_out(expressions: Expressions) -> None:
    """Data is never code."""
    literal = SCOPE["params"]["injected"]
    assert expressions.render("${{ params.injected }}", SCOPE) == literal
    assert expressions.render("> ${{ params.injected }}", SCOPE) == f"> {literal}"
    assert expressions.render("${{ params.injected | upper | lower ~ '' }}", SCOPE) == literal.lower()
    assert expressions.render("${{ [params.injected] | lines('{x}') }}", SCOPE) == "{x}"


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_comes_through_unchanged(text: str) -> None:
    assert Expressions().render("${{ params.x }}|${{ params.x }}", {"params": {"x": text}}) == f"{text}|{text}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${{ params.nope }}", "there is no “nope” in it"),
        ("${{ nope }}", "there is no “nope”"),
        ("${{ params.tags.title }}", "map(attribute='title')"),
        ("${{ params.tags[9] }}", "there is no entry 9"),
        ("${{ params.name + 1 }}", "“+” needs numbers"),
        ("${{ 1 / 0 }}", "divides by zero"),
        ("${{ params.name | int }}", "this is not a number"),
        ("${{ params.name | date }}", "this is not a date"),
        ("${{ params.count | nope }}", "there is no filter “nope”"),
        ("${{ params.count is nope }}", "there is no test “nope”"),
        ("${{ params.name", "is not closed"),
        ("${{ params. }}", "it is not an expression"),
        ("${{ }}", "it is not an expression"),
        ("${{ a b }}", "something after its end"),
        ("${{ {% if x %} }}", "no statements"),
        ("${{ {# x #} }}", "it is not an expression"),
        ("${{ [params.nope] }}", "there is no “nope”"),
        ("${{ '%s' | date('%Q') }}", "this is not a date"),
        ("${{ now | date('%-d') }}", "this is not a date's format"),
    ],
)
def test_a_wrong_expression_is_named_with_its_reason(expressions: Expressions, text: str, reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        expressions.render(text, SCOPE)
    assert reason in caught.value.message
    assert "${{" in caught.value.message


def test_an_error_names_no_value(expressions: Expressions) -> None:
    scope = {"params": {"secret": "hunter2"}}
    for text in ("${{ params.secret | int }}", "${{ params.secret | date }}", "${{ params.secret - 1 }}"):
        with pytest.raises(RejectedError) as caught:
            expressions.render(text, scope)
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_a_condition_may_be_written_with_or_without_braces(expressions: Expressions) -> None:
    assert expressions.condition("params.count > 2", SCOPE) is True
    assert expressions.condition("${{ params.count > 5 }}", SCOPE) is False
    assert expressions.condition("params.none", SCOPE) is False
    with pytest.raises(RejectedError, match="one expression"):
        expressions.condition("${{ params.count }} > 2", SCOPE)


def test_references_are_what_is_read(expressions: Expressions) -> None:
    value = {
        "a": "${{ steps.get.json.items[0].title ~ params['name'] }}",
        "b": ["${{ min(item, now) | default(run.id) }}"],
    }
    assert expressions.references(value) == [
        ("steps", "get", "json", "items"),
        ("params", "name"),
        ("item",),
        ("now",),
        ("run", "id"),
    ]


def test_an_outline_leaves_gaps_for_what_is_not_known_yet() -> None:
    expressions = Expressions()
    value = {
        "to": "${{ params.to }}",
        "text": "Hello ${{ steps.a.name }}, ${{ params.n }}",
        "rows": ["${{ steps.a.row }}"],
    }
    scope = {"params": {"to": ["a@x.io"], "n": 3}}
    assert expressions.outline(value, scope) == {"to": ["a@x.io"], "text": "Hello …, 3", "rows": ["…"]}
