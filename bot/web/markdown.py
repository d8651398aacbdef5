"""Markdown to HTML that is safe to put into the page. The only place that makes HTML out of what people and services write.

Raw HTML is shown literally, images become links (nothing is loaded from elsewhere), links open in a new tab and
tell nobody where they came from. `files/<path>` links lead to the files folder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "a", "ul", "ol", "li"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_ADDRESS = re.compile(r"https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]}*_~]")
_LIMIT = 100_000


def to_html(text: str) -> str:
    """Return sanitized HTML of a Markdown text; what is longer than the limit is shown as plain text."""
    if len(text) > _LIMIT:
        return f"<pre>{escape(text)}</pre>"
    return nh3.clean(
        _MARKDOWN.render(text.replace("\x00", "")),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    ).strip()


def _image_as_link(
    _self: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    source = str(tokens[index].attrGet("src") or "")
    return f'<a href="{escape(source)}">{escape(tokens[index].content or source)}</a>'


def _link_addresses(state: StateCore) -> None:
    """Turn bare http(s) addresses in running text into links, and `files/…` links into downloads."""
    for block in state.tokens:
        if block.children:
            block.children = list(_linked(block.children))


def _linked(tokens: Sequence[Token]) -> list[Token]:
    result: list[Token] = []
    depth = 0
    for token in tokens:
        if token.type == "link_open":
            depth += 1
            if (target := str(token.attrGet("href") or "")).startswith("files/"):
                token.attrSet("href", f"/api/{target}")
        elif token.type == "link_close":
            depth -= 1
        result.extend([token] if depth or token.type != "text" else _split(token.content, token.level))
    return result


def _split(content: str, level: int) -> list[Token]:
    result: list[Token] = []
    last = 0
    for found in _ADDRESS.finditer(content):
        result.append(_text(content[last : found.start()], level))
        result.append(Token("link_open", "a", 1, attrs={"href": found.group()}, level=level))
        result.append(_text(found.group(), level + 1))
        result.append(Token("link_close", "a", -1, level=level))
        last = found.end()
    return [*result, _text(content[last:], level)]


def _text(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)


def _markdown() -> MarkdownIt:
    options: dict[str, Any] = {"html": False, "breaks": True, "maxNesting": 12}
    markdown = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    markdown.add_render_rule("image", _image_as_link)
    markdown.core.ruler.push("link_addresses", _link_addresses)
    return markdown


_MARKDOWN = _markdown()
