"""Data reshaped and texts filled: values stay data, and nothing runs away."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import RejectedError
from tests.fakes.run_step import run_step
from tests.fakes.step_context import make_context

CONTEXT = make_context()
ORDERS = {"orders": [{"id": 1, "price": 5, "tags": ["a"]}, {"id": 2, "price": 50, "tags": []}]}


async def test_json_text_is_read() -> None:
    assert (await run_step("json.parse", CONTEXT, text='\ufeff {"a": [1, 2.5, null, "ü"]} ')).value == {
        "a": [1, 2.5, None, "ü"]
    }


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", "NaN", "[1,]", "[" * 100_000, '"\ud800"'])
async def test_what_is_no_json_is_said(text: str) -> None:
    with pytest.raises(RejectedError, match="not JSON"):
        await run_step("json.parse", CONTEXT, text=text)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("orders[?price > `10`].id", [2]),
        ("orders[].{no: id, tag: tags[0]}", [{"no": 1, "tag": "a"}, {"no": 2, "tag": None}]),
        ("length(orders)", 2),
        ("missing", None),
        ("orders[*].price | sum(@)", 55),
    ],
)
async def test_data_is_picked_and_reshaped(expression: str, value: Any) -> None:
    assert (await run_step("json.transform", CONTEXT, data=ORDERS, expression=expression)).value == value


@pytest.mark.parametrize("expression", ["orders[", "sum(orders)", "no_such(@)", "a b", "abs('x')", "(" * 1900])
async def test_an_expression_that_does_not_work_is_said(expression: str) -> None:
    with pytest.raises(RejectedError, match="JMESPath expression"):
        await run_step("json.transform", CONTEXT, data=ORDERS, expression=expression)


async def test_an_expression_that_multiplies_its_data_is_refused() -> None:
    with pytest.raises(RejectedError, match="more than 1,000,000 values"):
        await run_step("json.transform", CONTEXT, data={"a": 1}, expression="|".join(["[@,@]"] * 100))


async def test_a_text_is_filled_with_values_lists_and_conditions() -> None:
    text = "Hi {{ name }}!\n{% for row in rows %}\n- {{ row.title | upper }}: {{ row.sum }}\n{% endfor %}\n{% if late %}Late{% else %}On time{% endif %}\n"
    values = {"name": "Ada", "rows": [{"title": "x", "sum": 2.0}, {"title": "y", "sum": None}], "late": False}
    result = await run_step("text.template", CONTEXT, text=text, values=values)
    assert result.text == "Hi Ada!\n- X: 2\n- Y: \nOn time"


async def test_values_are_never_read_as_a_template() -> None:
    values = {"name": "{{ 7 * 7 }}{% for a in b %}${{ params.x }}"}
    assert (await run_step("text.template", CONTEXT, text="{{ name }}", values=values)).text == values["name"]


async def test_html_escapes_values_and_not_the_text() -> None:
    result = await run_step("text.template", CONTEXT, text="<b>{{ x }}</b>", values={"x": "<i>&"}, format="html")
    assert result.text == "<b>&lt;i&gt;&amp;</b>"


async def test_numbers_lists_and_dictionaries_are_shown_and_counted() -> None:
    text = "{{ xs | length }} {{ xs | sum }} {{ 2.345 | round(1) }} {{ xs | tojson }} {{ d | dictsort | map('first') | join(',') }} {{ gone | default('-') }}"
    result = await run_step("text.template", CONTEXT, text=text, values={"xs": [1, 2], "d": {"b": 1, "a": 2}})
    assert result.text == "2 3 2.3 [1,2] a,b -"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("line\n{{ nam }}", "'nam' is undefined"),
        ("line\n{% if %}", "Line 2"),
        ("{% for a in b %}", "Line 1"),
        ("{{ x.__class__.__mro__ }}", "x"),
        ("{{ x.upper() }}", "not allowed"),
        ("{{ range(9) }}", "not allowed"),
        ("{{ 'x' * 999999999 }}", "not allowed"),
        ("{{ 9 ** 999999999 }}", "not allowed"),
        ("{% set a = 1 %}", "not allowed"),
        ("{% include 'x' %}", "not allowed"),
        ("{% macro m() %}{% endmacro %}", "not allowed"),
        ("{% for a in x recursive %}{% endfor %}", "not allowed"),
        ("{{ x | format(1) }}", "format"),
        ("{{ x | center(999999999) }}", "center"),
        ("{{ x | map('center', 999999999) | list }}", "center"),
        ("{{ x | batch(999999999, 1) | list }}", "batch"),
        ("{{ x | round }}", "does not fit"),
        ("{{ _turn }}", "not allowed"),
        ("{{ x.upper }}", "no attribute"),
        ("{{ x['upper'] }}", "has no"),
        ("{{ x | map(attribute='__class__') | list }}", "does not fit"),
    ],
)
async def test_what_a_text_may_not_do_is_said(text: str, word: str) -> None:
    with pytest.raises(RejectedError, match=word):
        await run_step("text.template", CONTEXT, text=text, values={"x": "abc"})


async def test_loops_within_loops_end() -> None:
    text = "{% for a in x %}{% for b in x %}{% for c in x %}{% endfor %}{% endfor %}{% endfor %}"
    with pytest.raises(RejectedError, match="repeats too often"):
        await run_step("text.template", CONTEXT, text=text, values={"x": list(range(1000))})


async def test_a_text_that_grows_too_long_is_refused() -> None:
    text = "{% for a in x %}{{ y }}{% endfor %}"
    with pytest.raises(RejectedError, match="longer than"):
        await run_step("text.template", CONTEXT, text=text, values={"x": list(range(2000)), "y": "z" * 1000})


async def test_something_is_found_in_a_text() -> None:
    result = await run_step("text.extract", CONTEXT, text="Total: 12, total: 15", pattern=r"total: (?P<sum>\d+)")
    assert (result.found, result.text, result.texts, result.groups, result.count) == (
        True,
        "12",
        ["12", "15"],
        {"sum": "12"},
        2,
    )
    nothing = await run_step("text.extract", CONTEXT, text="x", pattern="y")
    assert (nothing.found, nothing.text, nothing.texts) == (False, "", [])
    with pytest.raises(RejectedError, match="nothing that fits"):
        await run_step("text.extract", CONTEXT, text="x", pattern="y", is_required=True)


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(a|aa|aaa)+$"])
async def test_a_regular_expression_that_explodes_is_stopped(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.steps.text_extract._TIMEOUT_S", 0.2)
    with pytest.raises(RejectedError, match="takes too long"):
        await run_step("text.extract", CONTEXT, text="a" * 60 + "b", pattern=pattern)


@pytest.mark.parametrize("pattern", ["(", "[", "*", "(?P<1>x)"])
async def test_a_regular_expression_that_is_none_is_said(pattern: str) -> None:
    with pytest.raises(RejectedError, match="not valid"):
        await run_step("text.extract", CONTEXT, text="x", pattern=pattern)


async def test_texts_are_cut_and_joined() -> None:
    cut = await run_step("text.split", CONTEXT, text=" a \n\nb\n")
    assert (cut.parts, cut.count) == (["a", "b"], 2)
    assert (await run_step("text.split", CONTEXT, text="a,,b ", separator=",", trim=False, keep_empty=True)).parts == [
        "a",
        "",
        "b ",
    ]
    assert (await run_step("text.join", CONTEXT, parts=["a", 2.0, None, True], separator="|")).text == "a|2||true"


async def test_a_number_is_read_or_said_to_be_none() -> None:
    assert (await run_step("number.parse", CONTEXT, text="EUR 1.299,50")).number == 1299.5
    assert (await run_step("number.parse", CONTEXT, text=7)).number == 7
    with pytest.raises(RejectedError, match="“cheap” is not a number"):
        await run_step("number.parse", CONTEXT, text="cheap")


async def test_a_fingerprint_is_the_known_one() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (await run_step("hash.text", CONTEXT, text="")).digest == empty
    assert len((await run_step("hash.text", CONTEXT, text="\ud800", algorithm="md5")).digest) == 32


async def test_an_identifier_is_the_same_in_each_attempt_and_new_in_each_run() -> None:
    first = await run_step("uuid.new", make_context(key="run-1"))
    assert first == await run_step("uuid.new", make_context(key="run-1"))
    assert first != await run_step("uuid.new", make_context(key="run-2"))
    assert first.uuid.startswith(first.short)
