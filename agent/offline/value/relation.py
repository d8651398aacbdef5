"""Values told by what is done with them: "move … to Done", "assign … to sam", "under Engineering", "in PAY", "on main"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pydantic import JsonValue

from agent.offline.lexicon.words import alternation, value_words
from agent.offline.value.page import QUOTES, Page, any_word, is_service, small
from agent.offline.value.reach import name_at, plain_word


def read_relations(page: Page) -> None:
    """Names that only their place in the sentence explains."""
    _assigned(page)
    _moved(page)
    _status(page)
    _marked(page)
    _under(page)
    _project(page)
    _board_list(page)
    _branch(page)
    _priority(page)
    _issue_type(page)
    _guests(page)


_PERSON = re.compile(r"[^\W\d_a-z][\w'’-]*(?: [^\W\d_a-z][\w'’-]*)?(?!\w)")
_AND = re.compile(r"\s*(?:,\s*(?:and\s+)?|\band\s+|&\s*)")


def _guests(page: Page) -> None:
    """“meeting with Anna and Ben”: people who are written as a name. The words stay part of what it is called."""
    words = value_words()
    if not page.says(any_word(*words.appointments)) or page.plain.isupper():
        return
    for match in any_word(*words.guests).finditer(page.masked):
        names: list[JsonValue] = list(_people(page, match.end() + 1))
        if names:
            page.put("attendees", names if len(names) > 1 else names[0], -1, -1)
            return


def _people(page: Page, at: int) -> Iterator[str]:
    while (person := _PERSON.match(page.plain, at)) is not None:
        first = person[0].split()[0]
        is_other = is_service(first) or first in value_words().acronyms or first.lower() in small()
        if (
            is_other
            or "\x00" in page.masked[slice(*person.span())]
            or page.is_time(at)
            or not page.is_free(*person.span())
        ):
            return
        yield page.sentence.text.literal(*person.span())
        joint = _AND.match(page.plain, person.end())
        if joint is None:
            return
        at = joint.end()


def _assigned(page: Page) -> None:
    match = re.compile(r"\b(?:re)?assign(?:ed|s)?\b(?P<what>[^,.;\n]{0,40}?)\s+to\s+(?=\S)").search(page.masked)
    if match is None or any(f.name == "assignee" for f in page.found):
        return
    mention = page.span_at(match.end(), "mention", "email")
    if mention is not None:
        page.found[:] = [f for f in page.found if (f.start, f.end) != (mention.start, mention.end)]
        page.put("assignee", mention.value, match.start(), mention.end)
        return
    read = name_at(page, match.end()) or plain_word(page, match.end())
    if read is not None:
        page.put("assignee", read[0], match.end(), read[1])


@cache
def _moving() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w'-])(?:{alternation(value_words().moving)})(?![\w'-])(?P<what>[^;\n]{{1,80}}?)\s+(?:{alternation(value_words().set_as)})\s+(?=\S)"
    )


def _moved(page: Page) -> None:
    """What is moved goes to a status, or on a board to a list."""
    match = _moving().search(page.masked)
    if match is None or not page.is_free(match.end(), match.end() + 1):
        return
    quote = page.span_at(match.end(), *QUOTES)
    read = (quote.value, quote.end) if quote else name_at(page, match.end())
    if read is not None:
        name = "status" if any(f.name == "issue" for f in page.found) else "list"
        page.put(name, read[0], match.end(), read[1])


def _marked(page: Page) -> None:
    """“label … as duplicate”."""
    if any(f.name == "label" for f in page.found):
        return
    match = re.compile(
        rf"(?<![\w'-])(?:{alternation(value_words().marking)})\s[^,.;\n]{{1,60}}?\sas\s+(?=[^\s\x00])"
    ).search(page.masked)
    read = (name_at(page, match.end()) or plain_word(page, match.end())) if match else None
    if match and read and page.is_free(match.end(), read[1]):
        page.put("label", read[0], match.end(), read[1])


@cache
def _status_to() -> re.Pattern[str]:
    return re.compile(r"\b(?:status|state|stage)\b[^,.;\n]{0,30}?\s(?:to|as)\s+(?=\S)")


def _status(page: Page) -> None:
    """“the status of OPS-9 to done”."""
    match = None if any(f.name == "status" for f in page.found) else _status_to().search(page.masked)
    read = (name_at(page, match.end()) or plain_word(page, match.end())) if match else None
    if match and read and page.is_free(match.end(), read[1]):
        page.put("status", read[0], match.end(), read[1])


def _under(page: Page) -> None:
    for match in any_word(*value_words().under).finditer(page.masked):
        at = match.end() + 1
        read = name_at(page, at) if page.is_free(at, at + 1) and page.plain[at : at + 1].isalpha() else None
        if read is not None:
            page.put("parent", read[0], match.start(), read[1])
            return


_IN_PROJECT = re.compile(r"(?<![\w'-])(?:in|to|on|for)\s+(?P<key>[A-Z][A-Z\d]{1,9})(?![\w/.'-])")


def _project(page: Page) -> None:
    """“a jira bug in PAY”: a tracker's projects have keys in capitals."""
    if (
        any(f.name == "project" for f in page.found)
        or not page.says(any_word(*value_words().trackers))
        or page.plain.isupper()
    ):
        return
    for match in _IN_PROJECT.finditer(page.plain):
        if (
            match["key"] not in value_words().acronyms
            and page.is_free(*match.span())
            and not page.is_time(match.start("key"))
        ):
            page.put("project", match["key"], *match.span())
            return


def _board_list(page: Page) -> None:
    """“everything in Done”, where boards are spoken of."""
    if any(f.name == "list" for f in page.found) or not page.says(any_word(*value_words().task_boards)):
        return
    for match in any_word(*value_words().taken_from).finditer(page.masked):
        at = match.end() + 1
        read = name_at(page, at) if page.is_free(at, at + 1) else None
        if read is not None and not is_service(read[0].split()[0]) and read[0] not in value_words().acronyms:
            page.put("list", read[0], match.start(), read[1])
            return


def _branch(page: Page) -> None:
    """“failed builds on main”."""
    if not page.says(any_word(*value_words().branch_signs)):
        return
    match = re.compile(
        rf"(?<![\w'-])(?:on|to|into|from)\s+(?:the\s+)?(?P<b>{alternation(value_words().branches)})(?:\s+branch)?(?=\s*(?:$|[,;:.!?)→]|and\b|in\b|of\b|then\b|fails?\b|is\b|→))"
    ).search(page.masked)
    if match is not None and page.is_free(*match.span("b")):
        page.put("branch", page.sentence.text.literal(*match.span("b")), *match.span())


def _priority(page: Page) -> None:
    """“high priority”, "a p1"."""
    if any(f.name == "priority" for f in page.found):
        return
    one = alternation(value_words().priorities)
    match = re.compile(
        rf"(?<![\w'-])(?P<p>{one})[\s-]prio(?:rity)?\b|\bprio(?:rity)?\b[^,.;\n]{{0,30}}?\s(?:to|as)\s+(?P<q>{one})(?![\w-])"
    ).search(page.masked)
    if match is not None:
        place = match.span("p" if match["p"] else "q")
        page.put("priority", page.sentence.text.literal(*place), *place)


def _issue_type(page: Page) -> None:
    """“a jira bug”."""
    words = value_words()
    match = re.compile(
        rf"(?<![\w'-])(?:{alternation(words.trackers)})\s+(?P<t>{alternation(words.issue_types)})(?![\w'-])"
    ).search(page.masked)
    if match is not None and page.is_free(*match.span()):
        page.put("type", page.sentence.text.literal(*match.span("t")), *match.span())
