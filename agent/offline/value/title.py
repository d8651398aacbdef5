"""What something is called, and what a text of a message is: a title, the body of a mail, or a text."""

from __future__ import annotations

import re
from functools import cache

from agent.offline.lexicon.words import alternation, sentence_words, value_words
from agent.offline.value.label import is_made
from agent.offline.value.page import Page, any_word, is_service, services
from agent.offline.value.reach import clause, is_joint


def text_name(page: Page, at: int) -> str:
    """What a text is called: what is made has a title, a mail a body, anything else is a text."""
    before = page.masked[:at]
    head = list(any_word(*value_words().items).finditer(before))
    if not head and _is_bare(page, at) and any_word(*value_words().task_boards).search(before):
        return "title"
    if any(
        (is_made(page, one.start()) or _is_bare(page, one.start())) and not _says_before(page, at, one.end())
        for one in head
    ):
        return "title"
    if _is_put_in(page, at):
        return "title"
    if any(
        f.name in {"to", "cc", "bcc"} and isinstance(f.value, str | list) and "@" in str(f.value) for f in page.found
    ):
        return "body"
    return "text"


def _is_put_in(page: Page, at: int) -> bool:
    """“add to the board Home: …”: an entry of what was named."""
    is_held = any(f.name in value_words().holding and f.end <= at for f in page.found)
    return is_held and any_word(*value_words().creating).search(page.masked, 0, at) is not None


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


def is_pointer(text: str) -> bool:
    """Whether it only points at what is not said: "this", "the following"."""
    low = " ".join(text.lower().split()).strip(" .!:")
    return low in sentence_words().pointers or low.removeprefix("the ") in sentence_words().vague or not low


def is_vague(text: str) -> bool:
    words = re.findall(r"\w+(?:['’-]\w+)*", text.lower())
    return bool(words) and all(w in sentence_words().small_words or w in sentence_words().pointers for w in words)


@cache
def _items() -> re.Pattern[str]:
    words = value_words()
    return re.compile(
        rf"(?<![\w'/-])(?P<item>{alternation(words.items)})(?![\w'-])(?:\s+(?P<link>{alternation([*words.naming, 'for', 'to', 'about', 'with'])})\b)?\s+(?P<rest>[^\s\x00])"
    )


def read_title(page: Page) -> None:
    """What is made, in plain words after its kind: "add a task call the plumber", "make a meet for standup"."""
    if any(f.name == "title" for f in page.found):
        return
    for match in _items().finditer(page.masked):
        if not (is_made(page, match.start()) or _is_bare(page, match.start())) or not page.is_free(
            match.start(), match.end()
        ):
            continue
        read = clause(page, match.start("rest"))
        if read is None or page.is_time(match.start("rest")) or not page.is_free(match.start("rest"), match.end()):
            continue
        text, end = read
        english = page.plain[match.start("rest") : end].strip()
        if match["link"] == "with" and english[:1].isupper():  # "meeting with Ana" is called that
            text = page.sentence.text.literal(match.start(), end)
        if _may_be_title(english, match["link"]):
            page.put("title", text, match.start(), end)
            return


def read_called(page: Page) -> None:
    """“a page in the database Tasks called Ship it”: what is made is called so, whatever stands between."""
    if any(f.name == "title" for f in page.found):
        return
    for match in any_word(*value_words().naming).finditer(page.masked):
        head = [m for m in _made_thing().finditer(page.masked, 0, match.start()) if is_made(page, m.start())]
        read = clause(page, match.end() + 1) if head and page.is_free(*match.span()) else None
        if read is not None and page.is_free(match.start(), match.end() + 2):
            page.put("title", read[0], match.start(), read[1])
            return


def _may_be_title(text: str, link: str | None) -> bool:
    words = re.findall(r"[\w'’-]+", text.lower())
    if not words or not text[0].isalpha() or link in value_words().naming:
        return bool(words) and text[0].isalpha()
    first, is_large = words[0], text[0].isupper()
    if link == "to":
        return len(words) > 1 and first not in value_words().not_titles
    is_other = first in value_words().not_titles or is_joint(first) or is_service(first)
    does = first in sentence_words().verbs and words[1:2] != [] and words[1] in sentence_words().articles
    if is_other or (not is_large and not does and first in _labels_and_items()):  # "task call the plumber"
        return False
    match link:
        case "with":
            return is_large and not text.isupper()
        case "for":
            return not is_large and first not in sentence_words().vague
        case _:
            return link == "about" or len(words) > 1 or is_large


@cache
def _labels_and_items() -> frozenset[str]:
    words = value_words()
    labels = [w for label in words.labels.values() for w in label.words]
    return frozenset([*labels, *words.items, *words.not_a_title])


def read_topic(page: Page) -> None:
    """“email ana@… about the parts”: the subject of a mail."""
    if any(f.name in {"subject", "body", "title", "text"} for f in page.found):
        return
    match = re.compile(rf"(?<=\s)(?:{alternation(value_words().about)})\s+(?=[^\s\x00])").search(page.masked)
    read = clause(page, match.end()) if match else None
    if match is None or read is None or is_vague(read[0]) or not page.is_free(match.start(), match.end()):
        return
    if any(f.name == "to" for f in page.found) and page.says(any_word(*value_words().mailing)):
        page.put("subject", read[0], match.start(), read[1])
    elif any(is_made(page, m.start()) for m in _made_thing().finditer(page.masked, 0, match.start())):
        page.put("title", read[0], match.start(), read[1])


@cache
def _made_thing() -> re.Pattern[str]:
    return any_word(*value_words().items)
