"""What looks like a value in a thread is found by its looks, what was said last first, and each once."""

from __future__ import annotations

import pytest

from agent.thread import find_values

THREAD = [
    "Pay 1,200.50 EUR to ana@acme.example by 2026-12-04, see https://acme.example/inv/7.",
    "@ben asks in #finance at 16:30; call +49 30 1234567, file reports/inv.pdf, 3 copies",
    "ana@acme.example agrees",
]


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("email", ["ana@acme.example"]),
        ("url", ["https://acme.example/inv/7"]),
        ("channel", ["#finance"]),
        ("person", ["@ben"]),
        ("date", ["2026-12-04"]),
        ("time", ["16:30"]),
        ("money", ["1,200.50 EUR"]),
        ("phone", ["+49 30 1234567"]),
        ("file", ["reports/inv.pdf"]),
        ("text", list(reversed(THREAD))),
        ("duration", []),
    ],
)
def test_values_are_found_by_their_looks(kind: str, found: list[str]) -> None:
    assert find_values(kind, THREAD) == found


def test_nothing_is_found_where_nothing_was_said() -> None:
    assert find_values("email", []) == []
    assert find_values("text", ["", "  ", "x" * 601]) == []
