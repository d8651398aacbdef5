"""Texts of a message: what is to be said or written, and what something is called. Labels and addresses are read before."""

from __future__ import annotations

import re
from functools import cache

from pydantic import JsonValue

from agent.offline.lexicon.words import alternation, sentence_words, value_words
from agent.offline.span import Span
from agent.offline.value.label import clause, is_joint, is_made
from agent.offline.value.page import QUOTES, Page, any_word, ends_in, is_service, services

_COLON = re.compile(r"(?<=[\w\x00>)}\]]):(?=\s+\S|\x00)|(?<=[\w\x00>)])\s[-–—]\s(?=\S)")
_LEAST_ROW = 3


def read_texts(page: Page) -> None:
    """From the surest to the least sure."""
    _lists(page)
    _after_words(page)
    _after_colon(page)
    _quotes(page)
    _reminded(page)
    _titled(page)
    _about(page)
    _last_lines(page)


def _text_name(page: Page, at: int) -> str:
    """What a text is called: what is made has a title, a mail a body, anything else is a text."""
    before = page.masked[:at]
    head = [m for m in any_word(*value_words().items).finditer(before)]
    if head and (is_made(page, head[-1].start()) or _is_bare(page, head[-1].start())) and not _says_before(page, at, head[-1].end()):
        return "title"
    if any(f.name in {"to", "cc", "bcc"} and isinstance(f.value, str | list) and "@" in str(f.value) for f in page.found):
        return "body"
    return "text"


def _is_bare(page: Page, at: int) -> bool:
    """Whether only the name of a service stands before a place: "jira ticket", "todo"."""
    head = any_word(*services()).sub(" ", page.masked[:at])
    return all(is_opener(word) or word in {"new", "a", "an", "the"} for word in re.findall(r"[\w.-]+", head))


@cache
def _openers() -> frozenset[str]:
    return frozenset(word for opener in sentence_words().openers for word in opener.split())


def is_opener(word: str) -> bool:
    return word in _openers()


def _says_before(page: Page, at: int, since: int) -> bool:
    return any_word(*value_words().messaging).search(page.masked, since, at) is not None


# ------------------------------------------------------------------ texts that words or marks lead to


@cache
def _contents() -> re.Pattern[str]:
    words = value_words()
    return re.compile(
        rf"(?<![\w'-])(?:and\s+)?(?:{alternation(words.contents)})(?![\w'-])\s*(?P<mark>[:=]?)\s*(?:that\s+)?(?P<quote>\x00)?|(?<=\x00)\s+that\s+"
    )


def _after_words(page: Page) -> None:
    """ "saying …", "just say …", and what follows a recipient: "tell @ana that …"."""
    if any(f.name in {"body", "text"} for f in page.found):
        return
    for match in _contents().finditer(page.masked):
        at = match.end() - (1 if match["quote"] else 0)
        if not page.is_free(match.start(), match.end()) or page.is_time(match.start()):
            continue
        word = match[0].strip().split()
        weak = bool(word) and word[-1] in {"write", "say", "body", "says"} and not (match["mark"] or match["quote"])
        if weak and not _may_say(page, match):
            continue
        quote = page.span_at(at, *QUOTES)
        if quote is not None and page.is_free(quote.start, quote.end):
            page.put(_text_name(page, match.start()), quote.value, match.start(), quote.end)
            return
        if match["quote"]:
            continue
        if _put_rest(page, match.start(), at):
            return


def _may_say(page: Page, match: re.Match[str]) -> bool:
    """ "just say …" after a comma or and; not "when somebody says …" nor "say hello" at the start."""
    before = page.masked[: match.start()].rstrip()
    return bool(before) and (before[-1] in ",;.\x00" or before.endswith((" and", " just")) or match[0].lstrip().startswith(("and ", "just ")))


def _put_rest(page: Page, start: int, at: int) -> bool:
    """Take all from here to the end, or to a second command."""
    stop = min((m.start() for m in _second_command().finditer(page.masked, at)), default=len(page.plain))
    at, stop = _without_times(page, at, stop)
    text = page.sentence.text.literal(at, stop).strip(" \t\n,;–—-")
    if not text or _is_vague(text):
        return False
    whole = page.span_at(at, *QUOTES)
    if whole is not None and not page.plain[whole.end : stop].strip(" .!,;"):
        text, stop = whole.value, whole.end
    _drop_inside(page, at, stop)
    page.put(_text_name(page, start), text, start, stop)
    return True


def _without_times(page: Page, at: int, stop: int) -> tuple[int, int]:
    """A time at either end of a text is not part of it."""
    for a, b in sorted(page.times):
        if a <= at < b:
            at = b
    for a, b in sorted(page.times, reverse=True):
        if at < a and b >= len(page.plain[:stop].rstrip(" .!,")):
            stop = a
    while at < stop and page.plain[at] in " ,;:":
        at += 1
    return at, stop


def _drop_inside(page: Page, start: int, stop: int) -> None:
    """What stands in a text is part of it, and no value of its own."""
    page.found[:] = [f for f in page.found if not (start <= f.start and f.end <= stop)]


def _is_vague(text: str) -> bool:
    words = re.findall(r"\w+(?:['’-]\w+)*", text.lower())
    return bool(words) and all(w in sentence_words().small_words or w in sentence_words().pointers for w in words)


@cache
def _second_command() -> re.Pattern[str]:
    verbs = alternation(sorted(sentence_words().verbs))
    return re.compile(rf"[\s,]+(?:and\s+)?then\s+(?:{verbs})\b|\s+and\s+(?:also\s+)?(?:{verbs})\s+(?:it|this|that|the|a|to|in|on|\x00)")


def _after_colon(page: Page) -> None:
    """The content after a colon: "email hr@…: I'll be late", "todo: call the dentist"."""
    if any(f.name in {"body", "text", "title"} and f.start > 0 for f in page.found):
        return
    for match in _COLON.finditer(page.masked):
        at = match.end() + len(page.plain[match.end() :]) - len(page.plain[match.end() :].lstrip())
        if not page.is_free(match.start(), match.end()) or page.is_time(match.start()) or _heads_command(page, match.start(), at):
            continue
        if not page.is_free(at, at + 1) and ends_in(*_ADDRESSING).search(page.before(match.start())):
            continue
        name = _text_name(page, match.start())
        if _is_all_values(page, at):
            return
        if name == "title":
            read = clause(page, at)
            if read is not None and not _is_vague(read[0]):
                _drop_inside(page, at, read[1])
                page.put("title", read[0], match.start(), read[1])
                return
        elif _put_rest(page, match.start(), at):
            return


_ADDRESSING = ("to", "cc", "bcc", "from", "for", "in", "with")


def _heads_command(page: Page, colon: int, at: int) -> bool:
    """ "discord: post …": only a service stands before the colon, and a command follows."""
    head = [w for w in re.findall(r"[\w.-]+", page.masked[:colon]) if not is_opener(w)]
    if not all(is_service(word) or word in value_words().formats or word in sentence_words().small_words for word in head):
        return False
    first = re.match(r"[\w-]+", page.masked[at:])
    return first is not None and (first[0] in sentence_words().verbs or first[0] in value_words().creating)


def _is_all_values(page: Page, at: int) -> bool:
    """Whether nothing follows but what is a value already."""
    rest = list(page.masked[at:])
    for found in page.found:
        for place in range(max(found.start, at), min(found.end, len(page.plain))):
            rest[place - at] = " "
    return not re.search(r"\w", "".join(rest).replace("\x00", " ")) and "\x00" not in "".join(rest)


# ------------------------------------------------------------------ quotes


def _quotes(page: Page) -> None:
    """Quotes that nothing introduces: the first is the title of what is made or the subject of two, else a text."""
    if page.free(*QUOTES) and _LABELLING.match(page.masked.lstrip()):
        for quote in page.free(*QUOTES):
            page.put("label", quote.value, quote.start, quote.end)
    quotes = page.free(*QUOTES)
    taken = {f.name for f in page.found}
    for index, quote in enumerate(quotes):
        name = _quote_name(page, quote)
        if name == "body" and len(quotes) - index > 1 and "subject" not in taken:
            name = "subject"
        if name == "text" and name in taken and "title" not in taken:
            name = "title"
        taken.add(name)
        page.put(name, quote.value, quote.start, quote.end)


_LABELLING = re.compile(r"(?:please\s+|automatically\s+|auto-?)*(?:label|tag|labels|tags)\b")


def _quote_name(page: Page, quote: Span) -> str:
    before = page.before(quote.start)
    if ends_in("comment", "comments", "commenting", "reply", "note").search(before):
        return "comment"
    if ends_in(*value_words().messaging).search(before):
        return "body" if _text_name(page, quote.start) == "body" else "text"
    for container, words in _containers().items():
        if ends_in(*words).search(before):
            return container
    return "title" if is_made(page, quote.start) else _text_name(page, quote.start)


@cache
def _containers() -> dict[str, list[str]]:
    return {name: label.words for name, label in value_words().labels.items() if label.before}


# ------------------------------------------------------------------ reminders, titles without quotes, topics


@cache
def _reminding() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'-])(?:{alternation(value_words().reminding)})(?![\w'-])(?P<whom>[^\n]*?)\s(?:to|about|that)\s+(?P<rest>\S)")


def _reminded(page: Page) -> None:
    """ "remind the team to log their hours"."""
    if any(f.name in {"body", "text", "title"} for f in page.found):
        return
    at = 0
    while (match := _reminding().search(page.masked, at)) is not None:
        rest = match.start("rest")
        if page.masked[rest] != "\x00" and not page.is_time(rest) and not _ARTICLE.match(page.masked, rest):
            _put_rest(page, match.end() - 1 - len(match[0].rstrip()[-1:]), rest)
            return
        at = match.start() + 1
        nested = re.compile(r"\s(?:to|about|that)\s+(?P<rest>\S)").search(page.masked, rest)
        if nested is not None and page.masked[nested.start("rest")] != "\x00" and not _ARTICLE.match(page.masked, nested.start("rest")):
            _put_rest(page, nested.start(), nested.start("rest"))
            return


_ARTICLE = re.compile(r"(?:the|my|our|all|everyone|everybody|me|us|them|him|her|@|#)(?![\w'-])")


@cache
def _items() -> re.Pattern[str]:
    words = value_words()
    return re.compile(rf"(?<![\w'/-])(?P<item>{alternation(words.items)})(?![\w'-])(?:\s+(?P<link>{alternation([*words.naming, 'for', 'to', 'about'])})\b)?\s+(?P<rest>[^\s\x00])")


def _titled(page: Page) -> None:
    """What is made, in plain words after its kind: "add a task call the plumber", "make a meet for standup"."""
    if any(f.name == "title" for f in page.found):
        return
    for match in _items().finditer(page.masked):
        if not (is_made(page, match.start()) or _is_bare(page, match.start())) or not page.is_free(match.start(), match.end()):
            continue
        read = clause(page, match.start("rest"))
        if read is None or page.is_time(match.start("rest")) or not page.is_free(match.start("rest"), match.end()):
            continue
        text, end = read
        if _may_be_title(text, match["link"]):
            page.put("title", text, match.start(), end)
            return


def _may_be_title(text: str, link: str | None) -> bool:
    words = re.findall(r"[\w'’-]+", text.lower())
    if not words or not text[0].isalpha():
        return False
    if link in value_words().naming:
        return True
    first = words[0]
    if link == "to":
        return len(words) > 1 and first not in _NO_NAME
    if first in _NO_NAME or is_joint(first) or (text[0].islower() and first in _labels_and_items()):
        return False
    if link == "for":
        return first not in sentence_words().vague and not text[0].isupper()
    return link == "about" or len(words) > 1 or text[0].isupper()


_NO_NAME = frozenset({"me", "us", "you", "it", "them", "him", "her", "the", "this", "that", "these", "those", "my", "our", "your", "is", "are", "was", "has", "gets", "pls", "please", "plz", "somebody", "someone", "every", "each", "all", "when", "if", "a", "an", "today", "tomorrow", "now", "everyone"})


@cache
def _labels_and_items() -> frozenset[str]:
    words = value_words()
    return frozenset([w for label in words.labels.values() for w in label.words] + words.items + ["list", "reminder", "link", "template", "notes", "invite", "request", "report"])


def _about(page: Page) -> None:
    """ "email ana@… about the parts": the subject of a mail."""
    if any(f.name in {"subject", "body", "title", "text"} for f in page.found):
        return
    match = re.compile(rf"(?<=\s)(?:{alternation(value_words().about)})\s+(?=[^\s\x00])").search(page.masked)
    read = clause(page, match.end()) if match else None
    if match is None or read is None or _is_vague(read[0]) or not page.is_free(match.start(), match.end()):
        return
    if any(f.name == "to" for f in page.found) and page.says(any_word(*value_words().mailing)):
        page.put("subject", read[0], match.start(), read[1])
    elif any(is_made(page, m.start()) for m in _made_thing().finditer(page.masked, 0, match.start())):
        page.put("title", read[0], match.start(), read[1])


@cache
def _made_thing() -> re.Pattern[str]:
    return any_word(*value_words().items)


def _last_lines(page: Page) -> None:
    """Lines below labelled ones are the text of a letter."""
    if "\n" not in page.plain or any(f.name in {"body", "text"} for f in page.found):
        return
    last = max((f.end for f in page.found if "\n" not in page.plain[f.start : f.end]), default=0)
    line = page.plain.find("\n", last)
    text = page.sentence.text.literal(line, len(page.plain)) if line >= 0 else ""
    if text:
        page.put(_text_name(page, line), text, line, len(page.plain))


# ------------------------------------------------------------------ lists


def _lists(page: Page) -> None:
    """Several short values after a noun that has several: a checklist, options, the cells of a row."""
    for name, nouns in value_words().lists.items():
        match = re.compile(rf"(?<![\w'-])(?:{alternation(nouns)})(?![\w'-])(?:[^:,;\n\w]{{0,30}}(?P<colon>:))?\s*(?P<lead>:|=|\bwith\b|\bof\b)?\s*(?P<first>[^\s:])").search(page.masked)
        if match is None or not page.is_free(match.start("first"), match.end()):
            continue
        items, end = _row(page, match.start("first"))
        least = 2 if match["colon"] or match["lead"] and match["lead"] != "of" else _LEAST_ROW
        if len(items) >= least:
            _drop_inside(page, match.start(), end)
            values: list[JsonValue] = list(items)
            page.put(name, values, match.start(), end)
            return


def _row(page: Page, at: int) -> tuple[list[str], int]:
    """Short pieces between commas; the last one ends where the sentence goes on."""
    end = next((m.start() for m in re.compile(r"\n|[.!?](?:\s|$)|\s(?:to|in|into|on|for|at|every|then)\s").finditer(page.masked, at)), len(page.plain))
    text = page.sentence.text.literal(at, end)
    pieces = [p.strip().strip("'\"“”") for p in re.split(r"\s*[,;]\s*(?:(?:and|or)\s+)?|\s+(?:and|or)\s+", text)]
    is_listed = "," in text or ";" in text
    return ([p for p in pieces if p] if is_listed and all(0 < len(p.split()) <= 4 for p in pieces) else []), end  # noqa: PLR2004  # words
