"""Values known by their form alone, named by the words around them: addresses, channels, files, repositories, issue keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from pydantic import JsonValue

from agent.offline.lexicon.words import alternation, value_words
from agent.offline.span import Span
from agent.offline.value.amount import number_of
from agent.offline.value.page import Page, any_word, ends_in, is_service

_JOINT = re.compile(r"[\s,;&+/]*(?:(?:and|or)\s)?\s*")


def read_forms(page: Page) -> None:
    """Everything but texts. Spans of one name that are listed together are one value."""
    for kind, name_of in _NAMES.items():
        row: list[Span] = []
        for span in (s for s in page.sentence.spans if s.kind == kind and not _is_service(page, s)):
            if row and not _JOINT.fullmatch(page.sentence.low, row[-1].end, span.start):
                _put(page, name_of(page, row[0]), row)
                row = []
            row.append(span)
        if row:
            _put(page, name_of(page, row[0]), row)
    for span in page.sentence.spans:
        if span.kind == "money":
            _money(page, span)
    _repositories(page)
    _keys(page)


def _is_service(page: Page, span: Span) -> bool:
    """Whether it names a service and no address: "monday.com: add …"."""
    return span.kind == "url" and is_service(page.plain[span.start : span.end])


def _put(page: Page, name: str, row: list[Span]) -> None:
    values: list[JsonValue] = [span.value for span in row]
    several = {"url": "urls", "file": "files"}.get(name, name)
    page.put(name if len(row) == 1 else several, values[0] if len(row) == 1 else values, row[0].start, row[-1].end)


def _email(page: Page, span: Span) -> str:
    words = value_words()
    before = page.before(span.start)
    for name, introducers in words.copies.items():
        if ends_in(*introducers).search(before):
            return name
    if ends_in(*words.sender).search(before):
        return "from"
    if ends_in(*words.inbox).search(before):
        return "inbox"
    if ends_in(*words.guests).search(before) and page.says(any_word(*words.appointments)):
        return "attendees"
    return "to"


def _channel(page: Page, span: Span) -> str:
    if ends_in("from").search(page.before(span.start)) or _goes_on(page, span):
        return "from_channel"
    return "channel"


def _goes_on(page: Page, span: Span) -> bool:
    """Whether another channel follows that this one goes to: "#news to discord #archive"."""
    following = next((s for s in page.sentence.spans if s.kind == "channel" and s.start >= span.end), None)
    if following is None or ends_in("to", "in", "into", "on").search(page.before(span.start)):
        return False
    between = page.masked[span.end : following.start]
    return re.search(rf"(?:^|\s)(?:{alternation(value_words().into)})\s", between) is not None and "," not in between


def _named(name: str) -> Callable[[Page, Span], str]:
    return lambda _page, _span: name


_NAMES: dict[str, Callable[[Page, Span], str]] = {
    "email": _email, "channel": _channel, "mention": _named("user"), "url": _named("url"), "file": _named("file"),
    "phone": _named("phone"), "json": _named("payload"),
}  # fmt: skip


def _money(page: Page, span: Span) -> None:
    number = number_of(span.value)
    currency = re.search(r"[^\W\d_]{3,}|[$€£¥₹]", span.value)
    if number is None or currency is None:
        return
    page.put("amount", number, span.start, span.end)
    page.put("currency", value_words().currencies.get(currency[0].lower(), currency[0].upper()), span.start, span.end)


_REPOSITORY = re.compile(r"(?<![\w./@#:-])(?P<r>[A-Za-z\d][\w-]{0,38}/[A-Za-z\d_.-]{0,80}[A-Za-z\d_])(?![\w/@])")


_NUMBERED = re.compile(
    r"(?<![\w./@#:-])(?P<r>[A-Za-z\d][\w-]{0,38}/[A-Za-z\d_.-]{0,80}[A-Za-z\d_])#(?P<n>\d{1,7})(?!\w)"
)


def _repositories(page: Page) -> None:
    """owner/name, where the message speaks of code."""
    for match in _NUMBERED.finditer(page.plain):
        if page.is_free(*match.span()) and "\x00" not in page.masked[slice(*match.span())]:
            page.put("repo", match["r"], *match.span())
            page.put("issue", match["n"], *match.span())
    if not page.says(any_word(*value_words().repository_signs)):
        return
    places = []
    for match in _REPOSITORY.finditer(page.plain):
        is_word = match[0].lower() in value_words().not_repositories or not re.search(
            r"[^\W\d_]", match[0].partition("/")[0]
        )
        if (
            is_word
            or "\x00" in page.masked[slice(*match.span())]
            or not page.is_free(*match.span())
            or page.is_time(match.start())
        ):
            continue
        if match[0].partition("/")[0].lower() in value_words().branch_prefixes:
            page.put("branch", match[0], *match.span())
            continue
        if not ends_in("folder", "directory", "path").search(page.before(match.start())):
            places.append(match)
    if places:
        names: list[JsonValue] = [m[0] for m in places]
        if len(names) == 1:
            page.put("repo", names[0], *places[0].span())
        else:
            page.put("repos", names, *places[0].span())


@cache
def _key() -> re.Pattern[str]:
    return re.compile(r"(?<![\w/#-])(?P<prefix>[A-Z][A-Z\d]{0,9})-\d{1,7}(?![\w-])")


def _keys(page: Page) -> None:
    """Keys of issues (PAY-812); the words before may say that it is something else."""
    found = [
        m
        for m in _key().finditer(page.plain)
        if m["prefix"].lower() not in value_words().not_keys
        and page.is_free(*m.span())
        and "\x00" not in page.masked[m.start() : m.end()]
    ]
    labelled = {"invoice", "order"}
    for match in found:
        lead = page.lead(match.start())
        page.put(lead if lead in labelled else "issue", match[0], *match.span())
