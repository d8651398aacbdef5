"""Texts of a message: what is to be said or written, and what something is called. Labels and addresses are read before."""

from __future__ import annotations

import re
from functools import cache

from agent.offline.lexicon.words import alternation, sentence_words, value_words
from agent.offline.span import FILE_ENDINGS, Span
from agent.offline.value.label import is_made
from agent.offline.value.listing import read_lists
from agent.offline.value.page import QUOTES, Page, any_word, ends_in, is_service
from agent.offline.value.reach import clause
from agent.offline.value.title import is_opener, is_pointer, is_vague, read_called, read_title, read_topic, text_name

_COLON = re.compile(r"(?<=[\w\x00>)}\]]):(?=\s+\S|\x00)|(?<=[\w\x00>)])\s[-–—]\s(?=\S)")


def read_texts(page: Page) -> None:
    """From the surest to the least sure."""
    read_lists(page)
    _after_words(page)
    _after_colon(page)
    _quotes(page)
    read_called(page)
    _reminded(page)
    read_title(page)
    read_topic(page)
    _last_lines(page)


@cache
def _contents() -> re.Pattern[str]:
    words = value_words()
    return re.compile(
        rf"(?<![\w'-])(?:and\s+)?(?:{alternation(words.contents)})(?![\w'-])\s*(?P<mark>[:=]?)\s*(?:that\s+)?(?P<quote>\x00)?|\s+(?P<that>that)\s+"
    )


def _after_words(page: Page) -> None:
    """“saying …”, "just say …", and what follows a recipient: "tell @ana that …"."""
    if any(f.name in {"body", "text"} for f in page.found):
        return
    for match in _contents().finditer(page.masked):
        at = match.end() - (1 if match["quote"] else 0)
        if not page.is_free(match.start(), match.end()) or page.is_time(match.start()):
            continue
        if match["that"] and not any(f.end == match.start() for f in page.found):
            continue
        word = match[0].strip().split()
        weak = bool(word) and word[-1] in {"write", "say", "body", "says"} and not (match["mark"] or match["quote"])
        if weak and not _may_say(page, match):
            continue
        quote = page.span_at(at, *QUOTES)
        if quote is not None and page.is_free(quote.start, quote.end):
            page.put(text_name(page, match.start()), quote.value, match.start(), quote.end)
            return
        if match["quote"]:
            continue
        if _put_rest(page, match.start(), at, is_said=True):
            return


def _may_say(page: Page, match: re.Match[str]) -> bool:
    """“just say …” after a comma or and; not "when somebody says …" nor "say hello" at the start."""
    before = page.masked[: match.start()].rstrip()
    return bool(before) and (
        before[-1] in ",;.\x00" or before.endswith((" and", " just")) or match[0].lstrip().startswith(("and ", "just "))
    )


def _put_rest(page: Page, start: int, at: int, *, is_said: bool = False) -> bool:
    """Take all from here to the end, or to a second command. What was said in so many words (`is_said`) may be "hi there"."""
    stop = min((m.start() for m in _second_command().finditer(page.masked, at)), default=len(page.plain))
    at, stop = _without_times(page, at, stop)
    text = page.sentence.text.literal(at, stop).strip(" \t\n,;–—-")
    if not text or (is_pointer(page.plain[at:stop]) if is_said else is_vague(page.plain[at:stop])):
        return False
    whole = page.span_at(at, *QUOTES)
    if whole is not None and not page.plain[whole.end : stop].strip(" .!,;"):
        text, stop = whole.value, whole.end
    page.drop_inside(at, stop)
    page.put(text_name(page, start), text, start, stop)
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
    thanks = _thanks().search(page.masked, at, stop)
    return at, thanks.start() if thanks and thanks.start() > at else stop


@cache
def _thanks() -> re.Pattern[str]:
    return re.compile(rf"[\s,.!]+(?:{alternation(value_words().thanking)})[\s.!]*$")


@cache
def _second_command() -> re.Pattern[str]:
    verbs = alternation(sorted(sentence_words().verbs))
    return re.compile(
        rf"[\s,]+(?:and\s+)?then\s+(?:{verbs})\b|\s+and\s+(?:also\s+)?(?:{verbs})\s+(?:it|this|that|the|a|to|in|on|\x00)"
    )


def _after_colon(page: Page) -> None:
    """The content after a colon: "email hr@…: I'll be late", "todo: call the dentist"."""
    if any(f.name in {"body", "text", "title"} and f.start > 0 for f in page.found):
        return
    for match in _COLON.finditer(page.masked):
        at = match.end() + len(page.plain[match.end() :]) - len(page.plain[match.end() :].lstrip())
        if (
            not page.is_free(match.start(), match.end())
            or page.is_time(match.start())
            or not _leads_to_text(page, match.start(), at)
        ):
            continue
        if not page.is_free(at, at + 1) and ends_in(*_ADDRESSING).search(page.before(match.start())):
            continue
        name = text_name(page, match.start())
        if _is_all_values(page, at):
            return
        if name == "title":
            read = clause(page, at)
            if read is not None and not is_vague(read[0]):
                page.drop_inside(at, read[1])
                page.put("title", read[0], match.start(), read[1])
                return
        elif _put_rest(page, match.start(), at):
            return


_ADDRESSING = ("to", "cc", "bcc", "from", "for", "in", "with")


def _leads_to_text(page: Page, colon: int, at: int) -> bool:
    """Whether the words before a colon speak of something to be said or made."""
    head = page.masked[:colon]
    if _heads_command(page, colon, at):
        return False
    words = value_words()
    speaks = any_word(*words.messaging, *words.mailing, *words.reminding, *words.items, "following", "comment", "this")
    is_addressed = any(f.start < colon and f.name in {"to", "channel", "user", "phone"} for f in page.found)
    is_addressed = is_addressed or text_name(page, colon) == "title"
    return is_addressed or speaks.search(head) is not None or any_word(*words.task_boards).search(head) is not None


def _heads_command(page: Page, colon: int, at: int) -> bool:
    """“discord: post …”: only a service stands before the colon, and a command follows."""
    head = [w for w in re.findall(r"[\w.-]+", page.masked[:colon]) if not is_opener(w)]
    if not all(
        is_service(word) or word in value_words().formats or word in sentence_words().small_words for word in head
    ):
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


_FILE = re.compile(rf"[\w./ -]{{1,120}}\.(?:{FILE_ENDINGS})")


def _quote_name(page: Page, quote: Span) -> str:
    before = page.before(quote.start)
    if _FILE.fullmatch(quote.value):
        return "file"
    if ends_in("comment", "comments", "commenting", "reply", "note").search(before):
        return "comment"
    if ends_in(*value_words().messaging).search(before):
        return "body" if text_name(page, quote.start) == "body" else "text"
    if ends_in(*value_words().items).search(before):
        return "title"
    for container, words in _containers().items():
        if ends_in(*words).search(before):
            return container
    return "title" if is_made(page, quote.start) else text_name(page, quote.start)


@cache
def _containers() -> dict[str, list[str]]:
    return {name: label.words for name, label in value_words().labels.items() if label.before}


@cache
def _reminding() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w'-])(?:{alternation(value_words().reminding)})(?![\w'-])(?P<whom>[^\n]*?)\s(?:to|about|that)\s+(?P<rest>\S)"
    )


def _reminded(page: Page) -> None:
    """“remind the team to log their hours”."""
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
        if (
            nested is not None
            and page.masked[nested.start("rest")] != "\x00"
            and not _ARTICLE.match(page.masked, nested.start("rest"))
        ):
            _put_rest(page, nested.start(), nested.start("rest"))
            return


_ARTICLE = re.compile(r"(?:the|my|our|all|everyone|everybody|me|us|them|him|her|@|#)(?![\w'-])")


def _last_lines(page: Page) -> None:
    """Lines below labelled ones are the text of a letter."""
    if "\n" not in page.plain or any(f.name in {"body", "text"} for f in page.found):
        return
    last = max((f.end for f in page.found if "\n" not in page.plain[f.start : f.end]), default=0)
    line = page.plain.find("\n", last)
    text = page.sentence.text.literal(line, len(page.plain)) if line >= 0 else ""
    if text:
        page.put(text_name(page, line), text, line, len(page.plain))
