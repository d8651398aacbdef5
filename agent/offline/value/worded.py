"""Texts and lists that a word introduces ("subject …", "saying …", "titled …"), texts in quotes, and what is left over."""

from __future__ import annotations

import re
from functools import cache

from agent.offline.lexicon.words import past, sentence_words
from agent.offline.span import is_query
from agent.offline.value.board import TEXT_KINDS, Board, ends_with, trimmed
from agent.offline.value.code import is_code, take_code
from agent.offline.value.condition import fill_conditions, take_named
from agent.offline.value.ending import HEADLINE, arriving, clause_end, is_last, name_end, unasked
from agent.offline.value.left_over import command_opening, is_of_the_command, is_only_small, starts_elsewhere, take_rest
from catalog.workflow import Parameter

_LEAD = r"(?:and\s+)?(?:(?:with|for|as)\s+)?(?:(?:the|an?)\s+)?"
_MARK = r"\s*(?P<mark>[:=]?)\s*"
_AFTER_SPEAKING = r"(?:(?<!that)\s+that\b)?" + _MARK
_AFTER_WORD = r"(?:\s+(?:is|as|are|line|should be|should say)\b)?" + _MARK


def fill_texts(board: Board) -> set[str]:
    """From the surest to the least sure: labels and clear words, quotes, the text after a colon, weak words, the rest.

    Returns the parameters that only got what was left over.
    """
    for name, parameter in board.open("text"):
        take_named(board, name, parameter)
    for name, parameter in board.open("text"):
        fill_conditions(board, name, _introducers(parameter, name, is_weak=False))
    _quotes(board, only_introduced=True)
    _worded(board, is_weak=False)
    _lists(board)
    _quotes(board, only_introduced=False)
    take_code(board)
    _after_colon(board)
    _worded(board, is_weak=True)
    before = set(board.values)
    take_rest(board)
    return set(board.values) - before


def _introducers(parameter: Parameter, name: str, *, is_weak: bool) -> list[str]:
    """The parameter's own words and those usual for its name."""
    words = sentence_words()
    own = {word.lower() for word in parameter.words}
    if is_weak:
        return sorted(own & words.weak_words)
    return sorted((own - words.weak_words) | set(words.by_name.get(name, [])))


@cache
def _introduction(word: str) -> re.Pattern[str]:
    after = _AFTER_SPEAKING if word in sentence_words().speaking else _AFTER_WORD
    return re.compile(rf"{_LEAD}(?<!\w){re.escape(word)}(?![\w'-])" + after)


def _worded(board: Board, *, is_weak: bool) -> None:
    places: list[tuple[int, int, str]] = []
    for name, parameter in board.open(*TEXT_KINDS):
        if is_weak and (not parameter.is_required or is_code(name)):
            continue
        place = _place(board, _introducers(parameter, name, is_weak=is_weak), is_weak=is_weak, is_code=is_code(name))
        if place is not None:
            places.append((*place, name))
    places.sort()
    for index, (start, content, name) in enumerate(places):
        following = next((s for s, c, _ in places[index + 1 :] if s >= content), None)
        limit = _limit(board, name, content)
        _take_text(board, name, start, content, min(filter(None, (following, limit)), default=None), is_weak=is_weak)


def _limit(board: Board, name: str, content: int) -> int | None:
    """Where the other value of a condition begins: "where status | is open"."""
    words = {w for n, p in board.open(*TEXT_KINDS) if n != name for w in p.words} & sentence_words().limits
    found = [m.start() for w in words for m in _introduction(w).finditer(board.sentence.masked, content + 1)]
    if name == "subject" and any(other == "body" for other, _ in board.open("long_text")):
        found += [m.start() for m in HEADLINE.finditer(board.sentence.masked, content)]
    return min(found, default=None)


def _place(board: Board, words: list[str], *, is_weak: bool, is_code: bool = False) -> tuple[int, int] | None:
    """Where the first of these words stands that could introduce something: its start and where the value begins."""
    best: tuple[int, int, int] | None = None
    masked = board.sentence.masked
    for word in words:
        for match in _introduction(word).finditer(masked):
            if any(a <= match.start() < b for a, b in (*board.hard, *board.soft)):
                continue
            if not _may_introduce(board, word, match, is_weak=is_weak, is_code=is_code):
                continue
            rank = 0 if match["mark"] else 1
            if best is None or (rank, match.start()) < best[:2]:
                best = (rank, match.start(), match.end())
    return best and (best[1], best[2])


def _may_introduce(board: Board, word: str, match: re.Match[str], *, is_weak: bool, is_code: bool) -> bool:
    """The command's own verb introduces nothing ("send a message …" before "saying"); a mark or a clause word does."""
    if match["mark"]:
        return True
    if is_code and match.end() < len(board.sentence.masked) and board.sentence.masked[match.end()] != "\x00":
        return False
    if match.end() >= len(board.sentence.masked):
        return False
    if is_weak:
        return word not in sentence_words().articles and match.start() > 0
    rest = board.sentence.masked[match.end() : match.end() + 30]
    following = re.match(r"[^\s,.;:]+", rest)
    if following is not None and following[0] in {"and", "then", "or"}:
        return False  # it ended something: “the scans folder and …”
    is_noun_use = word in sentence_words().carriers and (
        following is None
        or (following[0] in sentence_words().prepositions and not _is_joined(match, following[0]))
        or following[0] in {"saying", "titled", "every", "when"}
    )
    is_command = word in sentence_words().verbs and match.start() <= _command_end(board)
    return not is_noun_use and not (is_command and word not in sentence_words().clause_words and "\x00" not in rest[:1])


_JOINED = re.compile(r"(?:and|with)\s")


def _is_joined(match: re.Match[str], following: str) -> bool:
    """Whether a text begins that is joined to something else that was said: “… and the text | it leaves at 8”."""
    return _JOINED.match(match[0]) is not None and following in {"it", "that", "who", "which"}


def _command_end(board: Board) -> int:
    """Where the opening words of the wish end."""
    return past(command_opening(), board.sentence.masked)


def _take_text(board: Board, name: str, start: int, content: int, following: int | None, *, is_weak: bool) -> None:
    masked = board.sentence.masked
    line_end = masked.find("\n", content)
    is_line = board.template.parameters[name].kind == "text"
    stop = min(x for x in (following, line_end if is_line and line_end >= 0 else None, len(masked)) if x is not None)
    stop = min(stop, clause_end(board, content, stop)) if is_line else stop
    if is_line and name not in sentence_words().content_names:
        stop = min((m.start() for m in name_end().finditer(masked, content, stop)), default=stop)
    if is_line and (not board.template.parameters[name].is_required or board.template.trigger.source is not None):
        stop = min((m.start() for m in arriving().finditer(masked, content, stop)), default=stop)
    text, end = board.text_from(content, stop)
    value = unasked(board, trimmed(text, keeps_period=not is_line, is_last=is_last(board, end)), end)
    if value and not (is_of_the_command(board, value) if is_weak else value.lower() in sentence_words().pointers):
        board.values[name] = value
        board.hard.append((start, max(end, content)))
        board.used.update(span for span in board.sentence.spans if span.value == value and content <= span.start < end)


def _quotes(board: Board, *, only_introduced: bool) -> None:
    """Quoted texts go to the parameter that the word before them names, else to those still open, in order."""
    for name, parameter in board.open(*TEXT_KINDS) if only_introduced else _by_need(board):
        for span in board.free_spans("quoted", "code"):
            before = board.words_before(span.start)
            words = {w.lower() for w in parameter.words} | {name.replace("_", " ")}
            lead = max((w for w in words if ends_with(w, before)), key=len, default="")
            if (only_introduced and not lead) or (is_query(span.value) and not is_code(name)):
                continue
            board.values[name] = span.value
            board.take(span)
            if lead:
                board.hard.append((board.sentence.masked.rindex(lead, 0, span.start), span.end))
            break


def _by_need(board: Board) -> list[tuple[str, Parameter]]:
    """One quote alone is the content; of several the first is the line and the last the content."""
    needed = [(n, p) for n, p in board.open(*TEXT_KINDS) if p.is_required]
    quotes = board.free_spans("quoted", "code")
    if len(quotes) == 1:
        return sorted(needed, key=lambda item: item[1].kind != "long_text")
    return needed


def _lists(board: Board) -> None:
    """Items after a word of the parameter, or several quotes. A clear word needs a mark or several items after it."""
    for name, parameter in board.open("list"):
        quotes = board.free_spans("quoted")
        words = sorted({word.lower() for word in parameter.words} | {name.replace("_", " ")})
        clear = _place(board, [w for w in words if w not in sentence_words().weak_words], is_weak=False)
        weak = _place(board, [w for w in words if w in sentence_words().weak_words], is_weak=True)
        for place, is_clear in ((clear, True), (weak, False)):
            items, end = _items(board, place) if place else ([], 0)
            has_mark = place is not None and ":" in board.sentence.masked[place[0] : place[1]]
            if place and items and (not is_clear or has_mark or len(items) > 1) and not starts_elsewhere(items[0]):
                board.values[name] = list(items)
                board.hard.append((place[0], end))
                break
        else:
            if len(quotes) > 1:
                board.values[name] = [s.value for s in quotes]
                for span in quotes:
                    board.take(span)


def _listed_after(board: Board, start: int, content: int) -> bool:
    """Several things after a colon, where a list is needed."""
    name = next((n for n, p in board.open("list") if p.is_required), None)
    items, end = _items(board, (start, content)) if name is not None else ([], 0)
    if name is None or len(items) < 2:  # noqa: PLR2004  # one is no list
        return False
    board.values[name] = list(items)
    board.hard.append((start, end))
    return True


def _items(board: Board, place: tuple[int, int]) -> tuple[list[str], int]:
    masked = board.sentence.masked
    end = board.text_from(place[1], clause_end(board, place[1], len(masked)))[1]
    joints = [match.span() for match in _BETWEEN_ITEMS.finditer(masked, place[1], end)]
    starts, ends = [place[1], *(b for _, b in joints)], [*(a for a, _ in joints), end]
    items = [trimmed(board.text_from(a, b)[0].rstrip(" ?!")) for a, b in zip(starts, ends, strict=True)]
    small, vague = sentence_words().small_words, sentence_words().vague
    kept = [i.strip("\"'") for i in items if i and i.lower() not in small and i.lower().split()[0] not in vague]
    return kept, end


_BETWEEN_ITEMS = re.compile(r"\s*(?:[,;]\s*(?:(?:and|or|then)\b\s*)?|\n|\b(?:and\s+then|and|then)\b|&)\s*")


def _after_colon(board: Board) -> None:
    """The content after a colon: "email hr@…: I'll be late"."""
    match = re.search(r"(?<=[\w\x00>)]):\s+(?=\S)|(?<=[\w\x00>)])\s+[-–—]\s+(?=\S)", board.sentence.masked)
    needed = [(n, p) for n, p in board.open(*TEXT_KINDS) if p.is_required]
    if match is None or not needed or any(a < match.end() <= b for a, b in board.hard):
        return
    name = next((n for n, p in needed if p.kind == "long_text"), needed[0][0])
    if is_code(name) or _listed_after(board, match.start(), match.end()):
        return
    text, end = board.text_from(match.end())
    value = trimmed(text, keeps_period=True, is_last=is_last(board, end))
    if value and not is_only_small(value):
        board.values[name] = value
        board.hard.append((match.start(), end))
