"""Values that their form tells: addresses, links, files, channels, numbers, dates, lengths of time, choices, emoji.

Where several parameters could take one, the words before it decide (`Parameter.words`), then the order.
"""

from __future__ import annotations

import re
from datetime import UTC

from pydantic import JsonValue

from agent.offline.delay import Length, find_lengths
from agent.offline.span import Span, SpanKind
from agent.offline.time_piece import find_groups
from agent.offline.time_zone import named_zone
from agent.offline.value.address import is_aim, is_field, is_handed_on
from agent.offline.value.board import Board, ends_with, starts_with
from agent.offline.value.channel import on_surface, place_of
from agent.offline.value.emoji import find_emoji
from agent.offline.value.link import take_broken_urls, take_url_lists
from catalog.workflow import Parameter

_SPANS_OF: dict[str, tuple[SpanKind, ...]] = {
    "email": ("email",), "emails": ("email",), "url": ("url",), "file": ("file",), "channel": ("channel",),
    "person": ("mention",), "phone": ("phone",), "money": ("money",), "number": ("number", "money"),
    "integer": ("number", "money"),
}  # fmt: skip
_AFTER = 12
_PLACES = {"channel", "person"}
"""Kinds of values that are on a surface."""


def fill_typed(board: Board) -> None:
    """Take all typed values."""
    _moments(board)
    _lengths(board)
    take_url_lists(board)
    for kind in ("emails", "email", "url", "file", "channel", "person", "phone", "money", "number", "integer"):
        _spans(board, kind)
    _amounts(board)
    _choices(board)
    _emoji(board)
    _yes_no(board)
    _key_values(board)
    take_broken_urls(board)
    _zones(board)


def is_introduced(board: Board, parameter: Parameter, span_start: int, span_end: int) -> bool:
    """Whether one of the parameter's words stands right before (or, as in "3 days before", right after)."""
    before = board.words_before(span_start)
    after = board.sentence.masked[span_end : span_end + _AFTER].strip()
    return any(ends_with(w.lower(), before) for w in parameter.words) or (
        parameter.kind == "duration" and any(starts_with(w.lower(), after) for w in parameter.words)
    )


def _spans(board: Board, kind: str) -> None:
    for is_by_words in (True, False):
        for name, parameter in board.open(kind):
            free = [s for s in board.free_spans(*_SPANS_OF[kind]) if not is_field(board, s)]
            introduced = [s for s in free if is_introduced(board, parameter, s.start, s.end)]
            if not parameter.is_required:
                introduced = [s for s in introduced if not is_handed_on(board, s)]
            if is_by_words:
                _take(board, name, parameter, introduced)
            elif _may_take_unintroduced(board, parameter, free):
                _take(board, name, parameter, [s for s in free if parameter.is_required or not is_aim(board, s)])


def _may_take_unintroduced(board: Board, parameter: Parameter, free: list[Span]) -> bool:
    """A number needs an introducing word when there are several; an optional file never guesses, and of
    several addresses that are optional only the first does.
    """
    if parameter.kind in {"number", "integer"}:
        return parameter.is_required and len(free) == 1 and not board.open("text", "long_text")
    if parameter.is_required:
        return True
    siblings = [p for p in board.template.parameters.values() if p.kind == parameter.kind]
    return len(siblings) == 1 or (parameter.kind == "email" and parameter is siblings[0])


def _take(board: Board, name: str, parameter: Parameter, spans: list[Span]) -> None:
    if not spans:
        return
    if parameter.kind == "emails":
        chosen = _row(board, spans)
        board.values[name] = [s.value for s in chosen]
    else:
        chosen = spans[:1]
        board.values[name] = _value(board, parameter, chosen[0])
    for span in chosen:
        board.take(span)
        if parameter.kind in _PLACES:
            start, end = place_of(board.sentence, span)
            board.hard.append((board.lead_start(start), end))


def _amounts(board: Board) -> None:
    """An amount of money that a template keeps as it is written."""
    for name, parameter in board.open("text"):
        free = board.free_spans("money")
        free = [s for s in free if len(free) == 1 or is_introduced(board, parameter, s.start, s.end)]
        if name == "amount" and free:
            board.values[name] = free[0].value
            board.used.add(free[0])
            lead = _OVER.search(board.sentence.low[: free[0].start])
            board.hard.append((lead.start() if lead else free[0].start, free[0].end))


_OVER = re.compile(r"\b(?:(?:amount|sum)\s+)?(?:over|of|for)?\s*$")


def _row(board: Board, spans: list[Span]) -> list[Span]:
    """The first address and those listed with it; all of them when no other parameter wants one."""
    others = [p for _, p in board.open("email", "emails")]
    if len(others) <= 1:
        return board.free_spans("email")
    row = [spans[0]]
    for span in board.free_spans("email"):
        if span.start >= row[-1].end and re.fullmatch(
            r"[\s,;&]*(?:and|or)?\s*", board.sentence.low[row[-1].end : span.start]
        ):
            row.append(span)
    return row


def _value(board: Board, parameter: Parameter, span: Span) -> JsonValue:
    if parameter.kind in {"number", "integer"}:
        return _number(span)
    return on_surface(board.sentence, span) if parameter.kind in _PLACES else span.value


def _number(span: Span) -> JsonValue:
    digits = re.search(r"[-+]?\d+(?:[.,]\d+)*", span.value)
    return digits[0] if digits else span.value


def _moments(board: Board) -> None:
    """Dates and times that are values. A time that is the schedule's is left to it, unless the template has none."""
    wanted = board.open("date", "datetime", "time")
    if not wanted:
        return
    sentence = board.sentence
    spoken = sentence.spoken
    for name, parameter in wanted:
        groups = find_groups(
            sentence.text.plain, sentence.masked, sentence.now.astimezone(sentence.zone), with_told=True
        )
        for group in groups:
            start, end = group.pieces[0].start, group.pieces[-1].end
            day = group.day or group.until
            if parameter.kind == "date" and day and not group.every:
                board.values[name] = day.day.isoformat()
            elif parameter.kind == "time" and group.clocks:
                board.values[name] = f"{group.clocks[0].at:%H:%M}"
            else:
                continue
            board.soft.append((start, end))
            break
        if parameter.kind == "datetime" and spoken and spoken.schedule.at and not spoken.is_partial:
            board.values[name] = spoken.schedule.at.astimezone(UTC).isoformat()


def schedule_is_value(board: Board) -> bool:
    """Whether the time that was said became a parameter's value, so that it is no schedule."""
    spoken = board.sentence.spoken
    taken = {
        n for n, p in board.template.parameters.items() if p.kind in {"date", "datetime", "time"} and n in board.values
    }
    if spoken is None:
        return False
    delays = {n for n, p in board.template.parameters.items() if p.kind == "duration" and n in board.values}
    return bool((taken and spoken.schedule.at) or (delays and spoken.is_delay))


def _lengths(board: Board) -> None:
    """Lengths of time that no schedule has; "in 2 days" only where the template waits for that."""
    if not board.open("duration"):
        return
    spoken = board.sentence.spoken
    busy = [] if spoken is None or spoken.is_delay else list(spoken.fragments)
    lengths = [n for n in find_lengths(board.sentence.masked) if not any(a < n.end and n.start < b for a, b in busy)]
    for is_by_words in (True, False):
        for name, parameter in board.open("duration"):
            for length in lengths:
                if is_by_words != is_introduced(board, parameter, length.start, length.end):
                    continue
                if not is_by_words and not (parameter.is_required or len(board.open("duration")) == 1):
                    continue
                _take_length(board, name, length)
                lengths.remove(length)
                break


def _take_length(board: Board, name: str, length: Length) -> None:
    board.values[name] = length.approximate_s
    end = length.end
    for word in board.template.parameters[name].words:
        after = board.sentence.masked[end:]
        if starts_with(word.lower(), after.lstrip()):
            end += len(after) - len(after.lstrip()) + len(word)
    board.soft.append((board.lead_start(length.start), end))


def _choices(board: Board) -> None:
    for name, parameter in board.open("choice"):
        found = [
            (m.start(), option, m.span())
            for option in parameter.options
            if (m := re.search(rf"(?<!\w){re.escape(option.lower().replace('_', ' '))}(?!\w)", board.sentence.masked))
        ]
        if found:
            _, board.values[name], place = min(found)
            if not any(
                board.values[name] in other.words for n, other in board.template.parameters.items() if n != name
            ):
                board.hard.append((board.lead_start(place[0]), place[1]))


def _emoji(board: Board) -> None:
    wanted = board.open("emoji")
    if not wanted:
        return
    places = [one for one in find_emoji(board.sentence) if not board.is_taken(*one.place)]
    for (name, _), found in zip(wanted, places, strict=False):
        board.values[name] = found.value
        board.hard.append((board.lead_start(found.place[0]), found.place[1]))


def _yes_no(board: Board) -> None:
    for name, parameter in board.open("yes_no"):
        for word in parameter.words:
            match = re.search(
                rf"(?<!\w)(?P<no>(?:not|no|without|don't|never)\s+(?:\w+\s+)?)?{re.escape(word.lower())}(?!\w)",
                board.sentence.masked,
            )
            if match:
                board.values[name] = match["no"] is None
                board.hard.append(match.span())
                break


_PAIR = re.compile(
    r"(?<![\w=])(?P<key>[^\W\d]\w{0,39})\s?=\s?(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;]+(?:\s+(?!and\b|to\b)[^\s,;=]+(?![^\s]*=))*)"
)


def _key_values(board: Board) -> None:
    for name, _ in board.open("key_value", "json_object"):
        objects = board.free_spans("json")
        if objects:
            board.values[name] = objects[0].value
            board.take(objects[0])
            continue
        pairs = list(_PAIR.finditer(board.sentence.text.plain))
        pairs = [
            p for p in pairs if not any(s.kind == "url" and s.start <= p.start() < s.end for s in board.sentence.spans)
        ]
        if pairs:
            literal = board.sentence.text.literal
            board.values[name] = {literal(*p.span("key")): literal(*p.span("value")).strip("\"'") for p in pairs}
            board.hard.append((board.lead_start(pairs[0].start()), pairs[-1].end()))


def _zones(board: Board) -> None:
    for name, _ in board.open("time_zone"):
        if board.sentence.spoken and board.sentence.spoken.zone:
            board.values[name] = board.sentence.spoken.zone
            continue
        for match in re.finditer(r"[^\W\d_]+(?:[/_ ][^\W\d_]+)?", board.sentence.masked):
            if (zone := named_zone(match[0])) and ("/" in match[0] or match[0].endswith("time")):
                board.values[name] = zone
                break
