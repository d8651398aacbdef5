"""Ways out of the sandbox, and ways to make it work for ever: each is refused (a hang ends the test run)."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.expression import Expressions
from core.errors import RejectedError

SCOPE: dict[str, Any] = {"params": {"s": "x" * 1000, "n": 5, "l": [1, 2, 3], "d": {"a": 1}, "big": "y" * 1_000_000}}


def refused(text: str) -> str:
    with pytest.raises(RejectedError) as caught:
        Expressions().render(text, SCOPE)
    return caught.value.message


@pytest.mark.parametrize(
    "source",
    [
        "''.__class__",
        "''.__class__.__mro__[1].__subclasses__()",
        "params.__class__",
        "params['__class__']",
        "params.d.__init__.__globals__",
        "params.s.format",
        "params.l.append",
        "params.d.update",
        "params.d.items",
        "(1).real",
        "now.__class__",
        "self",
        "self.__init__",
        "_x",
        "cycler.__init__",
        "joiner",
        "namespace",
        "context",
        "environment",
        "request",
    ],
)
def test_nothing_but_keys_can_be_read(source: str) -> None:
    reason = refused(f"${{{{ {source} }}}}")
    assert any(words in reason for words in ("there is no “", "can be called", "is asked of a list"))


@pytest.mark.parametrize(
    "source",
    [
        "params.s.upper()",
        "'{0.__class__}'.format(1)",
        "params.d.update({'a': 2})",
        "params.l.append(1)",
        "range(10)",
        "dict(a=1)",
        "lipsum()",
        "(params.s)()",
        "min(*params.l)",
        "params.l | map('map')",
        "params.l | map('attr')",
        "params.s | attr('upper')",
        "params.s | format(1)",
        "params.s | center(100)",
        "params.s | indent",
        "params.s | wordwrap",
        "params.s | safe",
        "params.s | xmlattr",
        "params.l | batch(2)",
        "params.l | groupby('a')",
        "params.s is callable",
        "params.s is filter",
        "params.l if",
        "[x for x in params.l]",
        "lambda: 1",
        "params.n = 1",
        "import os",
        "_('x')",
    ],
)
def test_nothing_but_our_filters_and_functions_can_be_used(source: str) -> None:
    refused(f"${{{{ {source} }}}}")


@pytest.mark.parametrize(
    "source",
    [
        "'x' * 1000000000",
        "1000000000 * 'x'",
        "params.l * 1000000000",
        "2 ** 99999999",
        "9 ** 9 ** 9",
        "'%999999999d' % 1",
        "'%s' % params.s",
        "9223372036854775807 * 2",
        "params.n | round(-999999999)",
        "1e999",
        "1 / 3 * 1e308 * 1e308",
        "params.big | replace('y', params.s)",
        "params.big | replace('', params.s)",
        " ~ ".join(["params.big"] * 20),
        " + ".join(["params.big"] * 20),
        "[" + ", ".join(["params.big"] * 20) + "] | join",
        "[" + ", ".join(["params.big"] * 20) + "]",
        "params.big" + " | tojson" * 30,
        "'" + "{a}" * 600 + "' | fill({'a': params.big})",
        "[[" * 30 + "1" + "]]" * 30,
        "(" * 500 + "1" + ")" * 500,
        "not " * 450 + "1",
        "-" * 1500 + "1",
        "params" + ".a" * 900,
        "params" + "[0]" * 600,
        "1" + " + 1" * 400,
        "params.n" + " if params.n else 1" * 90,
        "params.s" + " | upper" * 100,
        "x" * 3000,
    ],
)
def test_what_would_take_for_ever_or_fill_the_memory_is_refused(source: str) -> None:
    refused(f"${{{{ {source} }}}}")


def test_texts_around_expressions_are_bounded_too() -> None:
    assert "too long" in refused("${{ params.big }}" * 6)


def test_expressions_change_nothing_that_they_read() -> None:
    before = repr(SCOPE)
    Expressions().render("${{ params.l | sort | reverse }}${{ params.d }}${{ params.l + [4] }}", SCOPE)
    assert repr(SCOPE) == before


def test_text_that_looks_like_jinja_outside_of_expressions_stays_text() -> None:
    for text in ("{% for x in y %}", "{{ params.s }}", "{# note #}", "{% raw %}{{ x }}{% endraw %}", "$ {{ x }}"):
        assert Expressions().render(text, SCOPE) == text
