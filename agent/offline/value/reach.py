"""How far a value reaches that some word introduces: a name, a number, a code, a word, or up to the end of its clause."""

from __future__ import annotations

import re
from functools import cache

from agent.offline.lexicon.words import LabelWords, alternation, past, sentence_words, value_words
from agent.offline.value.page import QUOTES, Page, is_service, small

_TOKEN = re.compile(r"[^\s,;:()\"“”«»?!\x00]+")
_NUMBER = re.compile(r"#?(?P<n>[A-Za-z]{0,10}-?v?\d[\w.-]*\w|v?\d+)(?![\w/])(?P<next>\s*$|\s*[,;:.!?()]|\s+\w+)?")

_CELL = re.compile(r"[A-Za-z]{0,3}\d{1,7}(?::[A-Za-z]{0,3}\d{1,7})?(?!\w)|[A-Z]{1,3}:[A-Z]{1,3}(?!\w)")
_MOST_WORDS = 5

_TAIL_WORDS = 2


@cache
def names_by_word() -> dict[str, str]:
    """Each word that introduces a value, and what the value is called."""
    return {word: name for name, label in value_words().labels.items() for word in label.words}


def past_service(page: Page, at: int) -> int:
    """A service between a label and its value is passed over: "the folder Drive 'Invoices'", "database postgres shop"."""
    match = _TOKEN.match(page.plain, at)
    return (
        match.end() + 1 if match and is_service(match[0]) and page.plain[match.end() : match.end() + 1] == " " else at
    )


def value_at(
    page: Page, at: int, label: LabelWords, name: str, *, is_marked: bool, is_led: bool
) -> tuple[str, int] | None:
    if name == "priority":
        return _listed(page, at, value_words().priorities)
    match label.takes:
        case "code":
            cell = _CELL.match(page.plain, at)
            return (cell[0], cell.end()) if cell else None
        case "number":
            return _number(page, at)
        case "text":
            return clause(page, at)
        case "marked":
            return clause(page, at) if is_marked else None
        case _:
            return _run(page, at, is_open=is_marked) or (
                word_at(page, at) if label.takes == "word" or is_led or is_marked else None
            )


def _listed(page: Page, at: int, words: list[str]) -> tuple[str, int] | None:
    match = re.compile(rf"(?:{alternation(words)})(?![\w-])").match(page.masked, at)
    return (page.sentence.text.literal(*match.span()), match.end()) if match else None


def _number(page: Page, at: int) -> tuple[str, int] | None:
    match = _NUMBER.match(page.plain, at)
    if match is None or match["next"] is None or page.is_time(at):
        return None
    following = match["next"].strip()
    if following[:1].isalpha() and following.lower() not in value_words().numbered_before:
        return None
    return match["n"], match.end("n")


def _run(page: Page, at: int, *, is_open: bool) -> tuple[str, int] | None:
    """Words that are written as a name; a few plain ones may end it ("This week"), if then the clause ends."""
    tokens = _tokens(page, at)
    count = 0
    shouts = page.plain.isupper()
    while count < len(tokens) and is_named(tokens[count][0]) and not (shouts and tokens[count][0].lower() in small()):
        count += 1
        if shouts:
            break
    if not count:
        return _code(page, at, tokens)
    tail = tokens[count : count + _TAIL_WORDS + 1]
    ends = not tokens[count:] or (
        len(tail) <= _TAIL_WORDS and not any(t.lower() in small() or is_joint(t) for t, _ in tail)
    )
    if (ends or is_open) and len(tail) <= _TAIL_WORDS and not any(is_joint(t) or t.lower() in small() for t, _ in tail):
        count += len(tail)
    end = tokens[count - 1][1]
    return page.sentence.text.literal(at, end).rstrip("."), end


def is_named(token: str) -> bool:
    """Whether it is written as names are: with a capital, or a digit in front."""
    return token[0].isalnum() and not token[0].islower()


def is_joint(token: str) -> bool:
    """Whether a word joins parts of a sentence."""
    low = token.lower()
    return (
        low in sentence_words().prepositions
        or low in value_words().due
        or low in value_words().naming
        or low in {"and", "or", "when", "if", "every", "each", "where", "->", "→"}
    )


def _code(page: Page, at: int, tokens: list[tuple[str, int]]) -> tuple[str, int] | None:
    """One word that can only be a name: with a digit, an underscore or a slash in it."""
    if not tokens or not re.search(r"[\d_/]", tokens[0][0]) or not re.search(r"[^\W\d_]", tokens[0][0]):
        return None
    return page.sentence.text.literal(at, tokens[0][1]).rstrip("."), tokens[0][1]


def word_at(page: Page, at: int) -> tuple[str, int] | None:
    """One plain word that stands before the end of a part of the sentence."""
    tokens = _tokens(page, at)
    if not tokens or tokens[0][0].lower() in small() | value_words().not_names or not re.match(r"@?\w", tokens[0][0]):
        return None
    is_last = len(tokens) == 1 or is_joint(tokens[1][0])
    end = tokens[0][1]
    return (page.sentence.text.literal(at, end).rstrip("."), end) if is_last else None


def name_at(page: Page, at: int) -> tuple[str, int] | None:
    """Words at a place that are written as a name, and their end."""
    return _run(page, at, is_open=False)


def plain_word(page: Page, at: int) -> tuple[str, int] | None:
    """One word at a place, written as a name or not, and its end."""
    return word_at(page, at)


def _tokens(page: Page, at: int) -> list[tuple[str, int]]:
    """The words from here on up to a mark, a value or a time, with their ends."""
    found: list[tuple[str, int]] = []
    while len(found) < _MOST_WORDS:
        match = _TOKEN.match(page.plain, at)
        if match is None or page.masked[at : at + 1] == "\x00" or page.is_time(at) or not page.is_free(at, match.end()):
            break
        found.append((match[0], match.end()))
        if match[0].endswith(".") or page.plain[match.end() : match.end() + 1] != " ":
            break
        at = match.end() + 1
    return found


def clause(page: Page, at: int) -> tuple[str, int] | None:
    """A text up to the end of its clause: a comma before a label, a new sentence or line, or what is accounted for."""
    quote = page.span_at(at, *QUOTES)
    if quote is not None:
        return quote.value, quote.end
    stop = next((m.start() for m in _breaks().finditer(page.masked, at) if _ends_clause(page, m)), len(page.plain))
    stop = min([stop, *(f.start for f in page.found if f.start >= at), *(a for a, _ in page.times if a >= at)])
    stop = _trimmed(page, at, stop)
    text = page.sentence.text.literal(at, stop).strip(" \t\n,;–—-(")
    return (text.removesuffix("."), stop) if text and text.lower() not in sentence_words().pointers else None


def _trimmed(page: Page, at: int, stop: int) -> int:
    """Where the text ends without words that only lead to what follows: "… due", "… in the"."""
    words = page.masked[at:stop].rstrip(" \t\n,;–—-(").split(" ")
    left_out = {*value_words().left_out, *value_words().due}
    while len(words) > 1 and words[-1] in left_out:
        words.pop()
    return at + len(" ".join(words))


@cache
def _breaks() -> re.Pattern[str]:
    return re.compile(rf"\n|[,;]\s+(?:and\s+)?|[.!?]\s+(?=\S)|\s+\(|\s+(?:{alternation(value_words().cut_by)})\s+")


@cache
def _opens_part() -> re.Pattern[str]:
    words = value_words()
    verbs = alternation(sorted(sentence_words().verbs))
    contents = alternation([*words.contents, *words.due, *words.copies["cc"], *words.copies["bcc"]])
    return re.compile(
        rf"(?:(?:the|my|our|a)\s+)?(?:{alternation(list(names_by_word()))}|{contents}|(?:just\s+)?(?:{verbs})|every|with)(?![\w'-])"
    )


_ARTICLE = re.compile(r"(?:(?:the|my|our|an?)\s+)?")
_TO_VALUE = re.compile(r"(?:[\w-]+\s+){0,2}\x00")


def _ends_clause(page: Page, match: re.Match[str]) -> bool:
    mark = match[0].strip()[:1]
    if mark in {"", "(", ".", "!", "?"}:
        return True
    if mark in {",", ";"}:
        return (
            _opens_part().match(page.masked, match.end()) is not None
            or _TO_VALUE.match(page.masked, match.end()) is not None
            or page.is_time(match.end())
        )
    at = past_service(page, past(_ARTICLE, page.masked, match.end()))
    is_taken = page.masked[at : at + 1] == "\x00" or not page.is_free(at, at + 1)
    return is_taken or page.is_time(at) or (mark == "a" and _opens_part().match(page.masked, match.end()) is not None)
