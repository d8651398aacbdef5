"""Text and elements out of HTML, also hostile HTML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RejectedError
from tools.markup import select, text_of

PAGE = """<html><head><title>Shop</title><style>p{}</style></head><body><p>One <b>two</b></p><p>three<br>four
<script>five()</script> six</p><ul><li>a<li>b</ul><table><tr><td class="price big">12,50</td><td>€</td></tr></table>"""


def test_text_is_what_a_reader_sees() -> None:
    assert text_of(PAGE) == "One two\nthree\nfour six\na\nb\n12,50 €"


@pytest.mark.parametrize(
    ("html", "text"),
    [("", ""), ("plain", "plain"), ("a &amp; b", "a & b"), ("<!-- x -->", ""), ("1 < 2", "1 < 2"), ("\0<b>x", "x")],
)
def test_fragments_and_plain_text_are_read_too(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("css", "found"),
    [
        (".price", ["12,50"]),
        ("td.big", ["12,50"]),
        ("li", ["a", "b"]),
        ("title", ["Shop"]),
        ("p > b", ["two"]),
        ("#none", []),
    ],
)
def test_elements_are_found_by_selector(css: str, found: list[str]) -> None:
    assert select(PAGE, css) == found


@pytest.mark.parametrize("css", ["", "..", "a[", ":nope", "p::before", ">"])
def test_a_wrong_selector_is_an_error(css: str) -> None:
    with pytest.raises(RejectedError, match="CSS selector"):
        select(PAGE, css)


@given(st.text(st.sampled_from("<>/ap div='\"!-&#;x "), max_size=200))
def test_no_text_breaks_the_reader(html: str) -> None:
    text_of(html)
    select(html, "p")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["<div>", "<li><ul>", "<b>", "<x></y>", "<svg><td></x>", "<!--", "<a href='", "&"])
def test_endless_nesting_takes_no_endless_time(piece: str) -> None:
    """HTML5 tree builders take time quadratic in the depth of such pages: minutes for these."""
    page = piece * (1_000_000 // len(piece))
    text_of(page)
    assert len(select(page, "p")) == 0
