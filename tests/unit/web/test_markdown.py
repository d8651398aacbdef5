"""Markdown becomes HTML that is safe whatever it says."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.markdown import to_html


class _Seen(HTMLParser):
    """Collects the tags and addresses of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name == "href"]


HARMLESS_TAGS = {f"h{level}" for level in range(1, 7)} | {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "a"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
}
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example/"onclick="alert(1))',
    "![x](https://evil.example/pixel.png)",
    "![x](javascript:alert(1))",
    '![a"onerror="x](https://a.example)',
    "`<script>`",
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "<style>*{display:none}</style>",
    "<form action=https://evil.example><input name=password></form>",
    "https://a.example/<script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<p style='position:fixed'>x</p>",
    "\x00<scr\x00ipt>alert(1)</script>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
]


_SCHEME = re.compile(r"[\x00-\x20]*[a-z][a-z0-9+.\-\t\r\n]*:", re.IGNORECASE)
"""As browsers read one: anything else before a colon is a path."""


def is_safe(html: str) -> bool:
    seen = _Seen(html)
    schemes = ("http://", "https://", "mailto:", "/", "files/", "#")
    return (
        seen.tags <= HARMLESS_TAGS
        and seen.attributes <= {"href", "title", "rel", "target", "start"}
        and all(address.startswith(schemes) or not _SCHEME.match(address) for address in seen.addresses)
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_is_harmless(text: str) -> None:
    assert is_safe(to_html(text)), to_html(text)


@given(st.lists(st.sampled_from([*HOSTILE, "*", "`", "[", "](", ")", "\n", "|", "> ", "<", '"', "&", "\\", "a b"])))
def test_no_mixture_of_hostile_pieces_gets_through(pieces: list[str]) -> None:
    assert is_safe(to_html("".join(pieces)))


@given(st.text(max_size=300))
def test_any_text_is_rendered(text: str) -> None:
    assert is_safe(to_html(text))


def test_markup_of_others_is_shown_literally() -> None:
    assert to_html("a <b>bold</b> claim & ${{ x }}") == "<p>a &lt;b&gt;bold&lt;/b&gt; claim &amp; ${{ x }}</p>"


def test_links_open_elsewhere_and_tell_nothing() -> None:
    assert to_html("[x](https://a.example)") == (
        '<p><a href="https://a.example" target="_blank" rel="noopener noreferrer">x</a></p>'
    )


def test_bare_addresses_become_links_without_the_punctuation_around_them() -> None:
    html = to_html("see https://a.example/b_c?d=e_f. (https://g.example/h) `https://i.example`")
    assert _Seen(html).addresses == ["https://a.example/b_c?d=e_f", "https://g.example/h"]


def test_escaped_addresses_become_whole_links() -> None:
    """Values enter sentences with a backslash before each special character."""
    assert _Seen(to_html(r"see https://a.example/b\_c\_d")).addresses == ["https://a.example/b_c_d"]


def test_images_become_links() -> None:
    html = to_html("![a chart](https://a.example/c.png)")
    assert "<img" not in html
    assert ">a chart</a>" in html


def test_files_lead_to_their_download() -> None:
    assert _Seen(to_html("[r](files/reports/a.pdf)")).addresses == ["/api/files/reports/a.pdf"]


def test_line_breaks_and_tables_are_kept() -> None:
    assert "<br>" in to_html("a\nb")
    assert _Seen(to_html("| a |\n| - |\n| 1 |")).tags >= {"table", "th", "td"}


@pytest.mark.parametrize("piece", ["[", "*a ", "`", ">", "[a](", "![", "_a__", "<", "&", "|a", "- ", "**", "https://"])
def test_long_hostile_texts_end(piece: str) -> None:
    """No quadratic blow-up makes a page hang: the suite's time limit would end this."""
    assert to_html((piece * 20_000)[:20_000])


def test_a_text_beyond_the_limit_is_plain() -> None:
    assert to_html("*a* <b>" * 20_000).startswith("<pre>*a* &lt;b&gt;")
