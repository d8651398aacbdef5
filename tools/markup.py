"""Reads HTML: its plain text, and the parts that a CSS selector finds. The only module that imports lxml.

libxml2 stays linear on hostile pages and bounds their depth, which HTML5 tree builders do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cssselect import HTMLTranslator, SelectorError
from lxml import etree

from core.errors import RejectedError

_UNSEEN = frozenset(("script", "style", "noscript", "template", "head", "svg", "iframe", "title"))
_BLOCK_NAMES = (
    "address article aside blockquote br dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li "
    "main nav ol p pre section table tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_CELLS = frozenset(("td", "th"))
_LIMIT = 5_000_000  # characters


def text_of(html: str) -> str:
    """Return what a reader would see, one line for each block, without surrounding spaces."""
    if "<" not in html and "&" not in html:
        return lines(html)
    document = _parse(html)
    return "" if document is None else lines("".join(_pieces(document)))


def select(html: str, css: str) -> list[str]:
    """Return the text of each element that a CSS selector finds. Raises RejectedError for a wrong selector."""
    find = _finder(css)
    document = _parse(html)
    if document is None:
        return []
    try:
        return [" ".join("".join(_pieces(element)).split()) for element in find(document)]
    except etree.XPathError as error:
        raise RejectedError(f"“{css}” cannot be searched for.") from error


def lines(text: str) -> str:
    """Return a text with single spaces, without empty lines and without spaces around lines."""
    return "\n".join(line for line in (" ".join(line.split()) for line in text.splitlines()) if line)


@lru_cache(maxsize=64)
def _finder(css: str) -> etree.XPath:
    try:
        return etree.XPath(HTMLTranslator().css_to_xpath(css))
    except (SelectorError, etree.XPathError) as error:
        raise RejectedError(f"“{css}” is not a CSS selector that Errand knows.") from error


def _parse(html: str) -> etree._Element | None:
    parser = etree.HTMLParser(remove_comments=True, remove_pis=True, no_network=True, encoding="utf-8")
    parser.feed(html[:_LIMIT].replace("\0", "").encode("utf-8", "replace"))
    try:
        return parser.close()
    except etree.XMLSyntaxError:  # nothing that could be an element
        return None


def _pieces(element: etree._Element) -> Iterator[str]:
    """Yield the texts inside an element with line breaks around blocks, without what is not shown."""
    hidden = 0
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if node.tag in _UNSEEN and node is not element:
            hidden += 1 if event == "start" else -1
        if node.tag in _BLOCKS:
            yield "\n"
        elif event == "end" and node.tag in _CELLS:
            yield " "
        text = node.text if event == "start" else node.tail if node is not element else None
        if text and not hidden:
            yield text.replace("\n", " ")  # a line end in the source is a space
