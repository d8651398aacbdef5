"""Free text that no word introduces: what is left of the sentence goes to the first text that is still needed."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from agent.offline.lexicon.words import alternation, sentence_words
from agent.offline.span import is_query
from agent.offline.value.board import TEXT_KINDS, Board, trimmed
from catalog.workflow import Parameter, Template


def starts_elsewhere(text: str) -> bool:
    """Whether it begins like another part of the sentence: "to the team", "when it is done"."""
    return _ELSEWHERE.match(text) is not None


_ELSEWHERE = re.compile(
    r"(?:to|for|from|in|into|on|by|with|via|and|or|as|of|when|once|after|before|if|unless|until|while|whenever|every|each|only|where)\b|[#@<]\S",
    re.IGNORECASE,
)


@cache
def command_opening() -> re.Pattern[str]:
    """The opening words of a wish: polite words, its verb and what it is carried by."""
    words = sentence_words()
    openers, verbs = alternation(words.openers), alternation(sorted(words.verbs))
    carriers, articles = alternation(sorted(words.carriers)), alternation(words.articles)
    return re.compile(
        rf"(?:[\s,.:;!–—-]|(?:{openers})\b)*(?P<verb>(?:{verbs})\b[\s,]*(?:up\b|out\b|down\b)?\s*)?"
        rf"(?:(?:(?:{articles})\b(?!')\s*)?(?:{carriers})\b(?!')\s*)*(?P<article>(?:{articles})\b(?!')\s*)?"
    )


def take_rest(board: Board) -> None:
    """Free text after the command's verb, or after something taken, goes to the first text that is still needed."""
    content = sentence_words().content_names
    needed = [(n, p) for n, p in board.open(*TEXT_KINDS) if p.is_required and n in content]
    at, size = 0, len(board.sentence.text.plain)
    while needed and at < size:
        at = _skip(board, at)
        name, parameter = needed[0]
        begin, has_verb = _begin(board, at, parameter)
        text, end = board.text_from(begin, _phrase_end(board, begin, parameter))
        value = trimmed(text, keeps_period=parameter.kind == "long_text", is_last=end >= len(board.sentence.masked))
        if is_query(value.strip("`'\"“”")):
            value = ""
        if value and (has_verb or board.hard) and not starts_elsewhere(value) and not is_of_the_command(board, value):
            board.values[name] = value
            board.hard.append((begin, end))
            return
        at = max(board.text_from(begin)[1], at + 1)


def _begin(board: Board, at: int, parameter: Parameter) -> tuple[int, bool]:
    """Where the free text begins: a new line is taken as it stands, else the command's words are passed over."""
    masked = board.sentence.masked
    if parameter.kind == "long_text" and "\n" in masked[:at] and not masked[masked.rindex("\n", 0, at) : at].strip():
        return at, True
    opening = command_opening().match(masked, at)
    assert opening is not None  # it matches the empty text
    ends = opening.start("article") if parameter.kind == "long_text" and opening["article"] else opening.end()
    return max(at, ends), opening["verb"] is not None


def _phrase_end(board: Board, start: int, parameter: Parameter) -> int:
    """A line ends where another part of the sentence begins; a longer text only before a second command."""
    pattern = _phrase_break() if parameter.kind == "text" else _second_command()
    match = pattern.search(board.sentence.masked, start)
    return match.start() if match else len(board.sentence.masked)


@cache
def _phrase_break() -> re.Pattern[str]:
    verbs = alternation(sorted(sentence_words().verbs))
    return re.compile(
        rf"\s+and\s+(?:then\s+)?(?:{verbs})\b|\s+(?:to|by|once|when|after|before|if|unless|until|while|from|via|in|with)\b|[,;.!?](?:\s|$)"
    )


@cache
def _second_command() -> re.Pattern[str]:
    verbs = alternation(sorted(sentence_words().verbs))
    return re.compile(rf"\s+(?:now\s+)?and\s+(?:then\s+)?(?:{verbs})\b")


def is_of_the_command(board: Board, value: str) -> bool:
    """Nothing but small words and what the template itself is called by."""
    if is_only_small(value):
        return True
    known = command_words(board.template) | sentence_words().small_words | sentence_words().carriers
    return all(word in known for word in re.findall(r"\w+(?:['-]\w+)*", value.lower()))


def command_words(template: Template) -> set[str]:
    """Words of the title and those that several of its asks share."""
    counts = Counter(word for ask in template.asks for word in set(re.findall(r"\w+(?:['-]\w+)*", ask.lower())))
    return set(re.findall(r"\w+(?:['-]\w+)*", template.title.lower())) | {w for w, n in counts.items() if n > 1}


def _skip(board: Board, at: int) -> int:
    """Past the parts that are accounted for and start here."""
    while True:
        inside = next((b for a, b in (*board.hard, *board.soft) if a <= at < b), None)
        if inside is not None:
            at = inside
        elif at < len(board.sentence.masked) and board.sentence.masked[at] in " ,;\n":
            at += 1
        else:
            return at


def is_only_small(value: str) -> bool:
    """Nothing but words that carry no content."""
    words = re.findall(r"\w+(?:['-]\w+)*", value.lower())
    known = sentence_words().small_words | sentence_words().carriers
    return (all(w in known for w in words) and bool(words)) or not value.strip(" .,:;!?-")
