"""Numbers as people read them in sentences."""

from __future__ import annotations

import pytest

from catalog.expression import Expressions
from core.errors import RejectedError

SCOPE = {"params": {"none": 0, "one": 1, "three": 3, "whole": 120.0, "part": 0.5, "huge": 1e300, "word": "x"}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${{ params.none | plural('row') }}", "0 rows"),
        ("${{ params.one | plural('row') }}", "1 row"),
        ("${{ params.three | plural('entry', 'entries') }}", "3 entries"),
        ("${{ params.whole | plural('row') }}", "120 rows"),
        ("It is ${{ params.whole }}.", "It is 120."),
        ("It is ${{ params.part }}.", "It is 0.5."),
        ("It is ${{ params.huge }}.", "It is 1e+300."),
        ("${{ params.whole }}", 120.0),
    ],
)
def test_a_number_reads_well(text: str, expected: object) -> None:
    assert Expressions().render(text, SCOPE) == expected


def test_only_a_number_can_be_counted() -> None:
    with pytest.raises(RejectedError):
        Expressions().render("${{ params.word | plural('row') }}", SCOPE)
