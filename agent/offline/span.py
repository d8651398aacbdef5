"""The things in a message that can be told by their form alone: quotes, addresses, links, files, amounts.

One expression reads them all from left to right, so they never overlap; where two could begin, the more specific wins.
What they mean for a template is decided elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.offline.text import Text

SpanKind = Literal["quoted", "code", "url", "email", "mention", "channel", "file", "phone", "money", "number", "json"]


@dataclass(frozen=True, slots=True)
class Span:
    """`start` and `end` count in `Text.plain` and include marks such as quotes; `value` does not."""

    kind: SpanKind
    start: int
    end: int
    value: str


FILE_ENDINGS = (
    "csv|tsv|xlsx|xlsm|xls|ods|json|jsonl|ndjson|xml|yaml|yml|txt|md|html|htm|pdf|docx|doc|odt|pptx|ppt|log|ics|vcf|"
    "zip|gz|tar|png|jpg|jpeg|gif|svg|webp|mp3|wav|mp4|mov|webm|sql|db|sqlite|parquet|toml|ini|eml|epub|py|js|sh"
)
_DOMAIN_ENDINGS = "com|org|net|io|dev|app|co|info|biz|edu|gov|eu|de|uk|fr|es|it|pt|nl|ch|at|be|pl|se|no|dk|us|ca|in|jp|cn|ai|me|tv|cloud|site|shop|example|local|test"
_CURRENCY = r"(?:[$€£¥₹]|(?:usd|eur|gbp|chf|cad|aud|jpy|inr|cny|sek|nok|dkk|pln|brl|mxn)\b)"
_CURRENCY_AFTER = rf"(?:{_CURRENCY}|(?:euros?|dollars?|bucks|pounds?|quid|yen|rupees|francs?)\b)"
_AMOUNT = r"\d{1,15}(?:[.,]\d{1,15}){0,6}"

_FORMS: tuple[tuple[str, str], ...] = (
    ("code", r"```(?:[a-z]{1,12}\n)?(?P<code_block>.+?)```|`(?P<code_line>[^`\n]+)`"),
    ("email", r"<mailto:(?P<email_slack>[^|>\s]+)(?:\|[^>\n]*)?>"),
    ("phone", r"<tel:(?P<phone_slack>[^|>\s]+)(?:\|[^>\n]*)?>"),
    ("channel", r"<\#(?P<channel_id>\w+)(?:\|(?P<channel_name>[^>\n]*))?>"),
    ("mention", r"<@!?(?P<mention_id>\w+)(?:\|[^>\n]*)?>"),
    ("url", r"<(?P<url_slack>https?://[^|>\s]+)(?:\|[^>\n]*)?>"),
    ("url", r"(?P<url_plain>(?:https?|ftp|file)://[^\s<>\"'`“”«»]+)"),
    ("json", r"(?<!\{)(?P<json_object>\{[^{}\n]*(?:\{[^{}\n]*\}[^{}\n]*){0,8}\})"),
    (
        "quoted",
        (
            r"“(?P<q_curly>[^“”]+)”|„(?P<q_low>[^„“”]+)[“”]|«(?P<q_angle>[^«»]+)»|「(?P<q_corner>[^「」]+)」"
            r"|\"(?P<q_double>[^\"]+)\"|(?<![\w'])'(?P<q_single>(?:[^'\n]|(?<=\w)'(?=\w))+)'(?!\w)"
        ),
    ),
    (
        "email",
        r"(?<![\w.+%-])(?P<email_plain>[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[^\W\d_]{2,24}(?![\w@]))",
    ),
    ("file", rf"(?<![\w@./\\()-])(?P<file_plain>[\w./\\()-]{{0,150}}[\w)-]\.(?:{FILE_ENDINGS})(?![\w/]|\.\w))"),
    (
        "url",
        rf"(?<![\w@./-])(?P<url_bare>(?:[a-z0-9-]{{1,63}}\.){{1,8}}(?:{_DOMAIN_ENDINGS})(?:/[^\s<>\"'`“”«»]*|(?![\w-])))",
    ),
    ("channel", r"(?<![\w&/\#])(?P<channel_plain>\#(?!\d+\b)[^\W_][\w-]{0,79})"),
    ("mention", r"(?<![\w.@])(?P<mention_plain>@[^\W_](?:[\w.-]*\w)?)"),
    (
        "money",
        rf"(?P<money_plain>(?<![\w]){_CURRENCY}\s?{_AMOUNT}(?:\s?[km]\b)?|(?<![\w.,:/]){_AMOUNT}\s?{_CURRENCY_AFTER})",
    ),
    (
        "phone",
        r"(?<![\w.:])(?P<phone_plain>\+\d[\d ().-]{6,18}\d|\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}[-. ]\d{3}[-. ]\d{4}|0\d{9,12})(?!\w|:\d)",
    ),
    ("number", rf"(?<![\w.,:/-])(?P<number_plain>[-+]?{_AMOUNT}(?:\s?%|k\b)?)(?![\w:/-]|[.,]\d)"),
)
_ALL = re.compile("|".join(f"(?:{form})" for _, form in _FORMS), re.IGNORECASE | re.DOTALL)
_KIND_OF: dict[str, SpanKind] = {
    "code_block": "code", "code_line": "code", "json_object": "json", "channel_id": "channel", "channel_name": "channel",
    "q_curly": "quoted", "q_low": "quoted", "q_angle": "quoted", "q_corner": "quoted", "q_double": "quoted", "q_single": "quoted",
}  # fmt: skip
_TYPED_INSIDE_QUOTES = {"url", "email", "file", "channel", "mention", "phone"}
_LINK_TAIL = ".,;:!?)]}>*_"


def find_spans(text: Text) -> list[Span]:
    """All spans in order. A quote that holds nothing but, say, an address is an address."""
    found: list[Span] = []
    for match in _ALL.finditer(text.plain):
        span = _span(match, text)
        if span is not None:
            found.append(span)
    return found


def _span(match: re.Match[str], text: Text) -> Span | None:
    group = next(name for name, value in match.groupdict().items() if value is not None)
    kind = _KIND_OF.get(group) or _kind_by_prefix(group)
    start, end = match.span()
    inner = match.span(group)
    if group == "json_object" and not _is_json(match[group]):
        return None
    if group in {"url_plain", "url_bare"}:
        end = inner[0] + len(_without_tail(match[group]))
        inner = (inner[0], end)
    value = text.literal(*inner)
    if kind == "quoted":
        return _quoted(value, start, end, inner, text)
    return Span(kind, start, end, _value(group, value, match))


def _kind_by_prefix(group: str) -> SpanKind:
    kinds: dict[str, SpanKind] = {
        "email": "email", "phone": "phone", "channel": "channel", "mention": "mention", "url": "url", "file": "file",
        "money": "money", "number": "number",
    }  # fmt: skip
    return kinds[group.partition("_")[0]]


def _quoted(value: str, start: int, end: int, inner: tuple[int, int], text: Text) -> Span | None:
    if not value:
        return None
    whole = _ALL.fullmatch(text.plain, *inner)
    if whole is not None:
        inside = _span(whole, text)
        if inside is not None and inside.kind in _TYPED_INSIDE_QUOTES:
            return Span(inside.kind, start, end, inside.value)
    return Span("quoted", start, end, value)


def _value(group: str, value: str, match: re.Match[str]) -> str:
    if group == "channel_id":
        name = match["channel_name"]
        return f"#{name}" if name else f"{_surface(value)}:{value}"
    if group == "mention_id":
        return f"{_surface(value)}:{value}"
    if group == "url_bare":
        return f"https://{value}"
    return value


def _surface(identifier: str) -> str:
    """Discord's ids are digits only; Slack's begin with a letter."""
    return "discord" if identifier.isdigit() else "slack"


def _without_tail(link: str) -> str:
    """A link without the punctuation of the sentence around it; a bracket that was opened inside it stays."""
    while link and link[-1] in _LINK_TAIL:
        opening = {")": "(", "]": "[", "}": "{"}.get(link[-1])
        if opening is not None and link.count(opening) >= link.count(link[-1]):
            break
        link = link[:-1]
    return link


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def mask(text: Text, spans: Sequence[Span], kinds: frozenset[SpanKind]) -> str:
    """`text.low` with spans of these kinds blanked out, so that words in quotes or links are not read as commands."""
    low = list(text.low)
    for span in spans:
        if span.kind in kinds:
            low[span.start : span.end] = "\x00" * (span.end - span.start)
    return "".join(low)


QUERY = re.compile(
    r"\b(?:select\s.+?\sfrom|insert\s+into|update\s.+?\sset|delete\s+from|with\s+\w+\s+as)\s+.*", re.DOTALL
)


def is_query(value: object) -> bool:
    """Whether a value has the form of SQL."""
    return isinstance(value, str) and QUERY.match(value.lower()) is not None
