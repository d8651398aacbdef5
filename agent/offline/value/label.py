"""Values that a word of the message names: "board: Sprint", "in list Private", "the Clients tab", "label bug"."""

from __future__ import annotations

import re
from functools import cache

from pydantic import JsonValue

from agent.offline.lexicon.words import alternation, value_words
from agent.offline.value.page import QUOTES, Page, is_service
from agent.offline.value.reach import clause, is_joint, is_named, names_by_word, past_service, value_at, word_at


def read_labels(page: Page) -> None:
    """From right to left, so that a text ends where the next label begins."""
    matches = list(_labels().finditer(page.masked))
    exempt = {"label"}  # "tag release v2": what is labelled is a value of its own
    ends: set[int] = set()
    for match in matches:
        is_value = match.start() - 1 in ends  # "subject invoice text …": it labels nothing
        if not (is_value or match["mark"] or names_by_word()[" ".join(match["word"].split())] in exempt):
            ends.add(match.end("word"))
    for match in reversed(matches):
        follows = match.start() - 1 in ends
        is_proper = (
            match["word"] in value_words().proper and page.plain[match.start()].isupper() and not page.plain.isupper()
        )
        if follows or is_proper or not page.is_free(match.start(), match.end("word")) or page.is_time(match.start()):
            continue
        name = names_by_word()[" ".join(match["word"].split())]
        _forward(page, match, name) or _backward(page, match, name)


@cache
def _labels() -> re.Pattern[str]:
    links = alternation(value_words().links)
    return re.compile(
        rf"(?<![\w'/-])(?P<word>{alternation(list(names_by_word()))})(?![\w'/-])"
        rf"(?:(?P<mark>\s*[:=])|\s+(?P<link>(?:{links})\b(?:\s*[:=])?)|\s+(?P<to>to|as)\b)?\s*"
    )


def _forward(page: Page, match: re.Match[str], name: str) -> bool:
    label = value_words().labels[name]
    if match["to"] and name not in value_words().set_to:
        return False
    at = past_service(page, match.end())
    link = " ".join((match["link"] or "").strip(" :=").split())
    if label.takes == "number" and link in value_words().naming and is_made(page, match.start()):
        name, label = "title", value_words().labels["title"]
    if (quote := page.span_at(at, *QUOTES)) is not None:
        page.put(_name(page, name, match), quote.value, match.start(), quote.end)
        return True
    is_named = link in value_words().naming
    is_marked = bool(match["mark"] or is_named or (match["link"] and label.takes in {"word", "text", "marked"}))
    is_marked = is_marked or (label.takes == "marked" and _is_text(page, match))
    is_made_now = name in value_words().made and is_made(page, match.start())
    if is_made_now and not is_marked:
        return False  # what it is called is a text
    read = (
        clause(page, at)
        if is_made_now
        else value_at(page, at, label, name, is_marked=is_marked, is_led=_is_led(page, match))
    )
    if read is None:
        return False
    value, end = read
    several: list[JsonValue] = [value]
    while " ".join(match["word"].split()) in value_words().several and (more := _further(page, end)) is not None:
        several.append(more[0])
        end = more[1]
    page.put(_name(page, name, match), several if len(several) > 1 else value, match.start(), end)
    return True


def _further(page: Page, at: int) -> tuple[str, int] | None:
    """The next of several words: "labels bug, urgent and ui"."""
    match = _JOINT.match(page.masked, at)
    read = word_at(page, match.end()) if match else None
    return read if read and _ENDS_WORD.match(page.masked, read[1]) else None


_JOINT = re.compile(r"\s*(?:,\s*(?:and\s+)?|\band\s+|&\s*)(?=\w)")
_ENDS_WORD = re.compile(r"\s*(?:$|[,.;&]|and\b)")


def _is_text(page: Page, match: re.Match[str]) -> bool:
    """Whether a text follows without a mark: "with comment …", and the text of a letter after its subject."""
    if _WITH.search(page.before(match.start())):
        return True
    is_letter = " ".join(match["word"].split()) in value_words().spoken_text
    return is_letter and any(m["word"].startswith("subject") for m in _labels().finditer(page.masked, 0, match.start()))


_WITH = re.compile(r"\bwith\s+(?:(?:the|an?)\s+)?$")


def _name(page: Page, name: str, match: re.Match[str]) -> str:
    """What is about to be made has a title: "a card called …"."""
    return "title" if name in value_words().made and is_made(page, match.start()) else name


def is_made(page: Page, at: int) -> bool:
    """Whether a word that makes something stands before a place, and only adjectives between them."""
    match = _made().search(page.before(at))
    words = match["between"].split() if match else []
    return match is not None and not any(is_joint(word) or word in value_words().items for word in words)


@cache
def _made() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'-])(?:{alternation(value_words().creating)})(?P<between>(?:\s+[\w'.-]+){{0,3}})\s*$")


def _is_led(page: Page, match: re.Match[str]) -> bool:
    """Whether a name of a place may follow: "in list …", "database postgres …"."""
    is_past_service = page.masked[match.end() : past_service(page, match.end())].strip() != ""
    return is_past_service or _led().search(page.before(match.start())) is not None


@cache
def _led() -> re.Pattern[str]:
    words = value_words()
    return re.compile(rf"\b(?:{alternation(words.led_by)})\s+(?:(?:{alternation(words.articles)})\s+)?$")


def _backward(page: Page, match: re.Match[str], name: str) -> bool:
    """A name before the word: "the Clients tab", "'Todo' list"."""
    if not value_words().labels[name].before:
        return False
    start = match.start()
    quote = next((s for s in page.free(*QUOTES) if s.end <= start and not page.plain[s.end : start].strip()), None)
    if quote is not None and page.plain[quote.end : start] == " ":
        page.put(name, quote.value, quote.start, match.end("word"))
        return True
    head = _LED.search(page.plain[:start], max(0, start - 60))
    if head is None:
        return False
    begin, words = head.start("run"), head["run"].split()
    while words and (is_service(words[0]) or words[0].lower() in value_words().not_names or not is_named(words[0])):
        begin += len(words[0]) + 1
        words = words[1:]
    if not words or not page.is_free(begin, start) or page.is_time(begin) or "\x00" in page.masked[begin:start]:
        return False
    lead = _LEAD.search(page.plain[:begin])
    assert lead is not None  # it matches the empty text
    page.put(name, page.sentence.text.literal(begin, start), lead.start(), match.end("word"))
    return True


_LED = re.compile(
    r"(?<!\w)(?:the|my|our|to|in|into|from|on|of|a|an|new)\s(?P<run>(?:[^\s,;:()]+\s){1,4})$", re.IGNORECASE
)
_LEAD = re.compile(r"(?:\b(?:to|in|into|from|on|of|for|at)\s+)?(?:\b(?:the|my|our|an?|new)\s+)?$", re.IGNORECASE)
