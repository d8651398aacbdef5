"""Values that a word of the message names: "board: Sprint", "in list Private", "the Clients tab", "label bug"."""

from __future__ import annotations

import re
from functools import cache

from pydantic import JsonValue

from agent.offline.lexicon.words import LabelWords, alternation, past, sentence_words, value_words
from agent.offline.value.page import QUOTES, Page, is_service, small

_TOKEN = re.compile(r"[^\s,;:()\"“”«»?!\x00]+")
_NUMBER = re.compile(r"#?(?P<n>[A-Za-z]{0,10}-?v?\d[\w.-]*\w|v?\d+)(?![\w/])(?P<next>\s*$|\s*[,;:.!?()]|\s+\w+)?")
_CELL = re.compile(r"[A-Za-z]{0,3}\d{1,7}(?::[A-Za-z]{0,3}\d{1,7})?(?!\w)|[A-Z]{1,3}:[A-Z]{1,3}(?!\w)")
_MOST_WORDS = 5
_TAIL_WORDS = 2


def read_labels(page: Page) -> None:
    """From right to left, so that a text ends where the next label begins."""
    matches = list(_labels().finditer(page.masked))
    exempt = {"label"}  # "tag release v2": what is labelled is a value of its own
    ends: set[int] = set()
    for match in matches:
        is_value = match.start() - 1 in ends  # "subject invoice text …": it labels nothing
        if not (is_value or match["mark"] or _names()[" ".join(match["word"].split())] in exempt):
            ends.add(match.end("word"))
    for match in reversed(matches):
        follows = match.start() - 1 in ends
        is_proper = (
            match["word"] in value_words().proper and page.plain[match.start()].isupper() and not page.plain.isupper()
        )
        if follows or is_proper or not page.is_free(match.start(), match.end("word")) or page.is_time(match.start()):
            continue
        name = _names()[" ".join(match["word"].split())]
        _forward(page, match, name) or _backward(page, match, name)


@cache
def _names() -> dict[str, str]:
    return {word: name for name, label in value_words().labels.items() for word in label.words}


@cache
def _labels() -> re.Pattern[str]:
    links = alternation(value_words().links)
    return re.compile(
        rf"(?<![\w'/-])(?P<word>{alternation(list(_names()))})(?![\w'/-])"
        rf"(?:(?P<mark>\s*[:=])|\s+(?P<link>(?:{links})\b(?:\s*[:=])?)|\s+(?P<to>to|as)\b)?\s*"
    )


def _forward(page: Page, match: re.Match[str], name: str) -> bool:
    label = value_words().labels[name]
    if match["to"] and name not in value_words().set_to:
        return False
    at = _past_service(page, match.end())
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
        else _value(page, at, label, name, is_marked=is_marked, is_led=_is_led(page, match))
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
    read = _word(page, match.end()) if match else None
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


def _past_service(page: Page, at: int) -> int:
    """A service between a label and its value is passed over: "the folder Drive 'Invoices'", "database postgres shop"."""
    match = _TOKEN.match(page.plain, at)
    return (
        match.end() + 1 if match and is_service(match[0]) and page.plain[match.end() : match.end() + 1] == " " else at
    )


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
    is_past_service = page.masked[match.end() : _past_service(page, match.end())].strip() != ""
    return is_past_service or _led().search(page.before(match.start())) is not None


@cache
def _led() -> re.Pattern[str]:
    words = value_words()
    return re.compile(rf"\b(?:{alternation(words.led_by)})\s+(?:(?:{alternation(words.articles)})\s+)?$")


def _value(
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
                _word(page, at) if label.takes == "word" or is_led or is_marked else None
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
    while count < len(tokens) and _is_named(tokens[count][0]) and not (shouts and tokens[count][0].lower() in small()):
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


def _is_named(token: str) -> bool:
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


def _word(page: Page, at: int) -> tuple[str, int] | None:
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
    return _word(page, at)


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
        rf"(?:(?:the|my|our|a)\s+)?(?:{alternation(list(_names()))}|{contents}|(?:just\s+)?(?:{verbs})|every|with)(?![\w'-])"
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
    at = _past_service(page, past(_ARTICLE, page.masked, match.end()))
    is_taken = page.masked[at : at + 1] == "\x00" or not page.is_free(at, at + 1)
    return is_taken or page.is_time(at) or (mark == "a" and _opens_part().match(page.masked, match.end()) is not None)


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
    while words and (is_service(words[0]) or words[0].lower() in value_words().not_names or not _is_named(words[0])):
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
