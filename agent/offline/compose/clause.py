"""Splits a sentence into what starts it and what is to be done. Knows no blocks and reads no values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from agent.offline.command import command_part, openers
from agent.offline.lexicon.words import alternation, clause_words, past, sentence_words
from agent.offline.sentence import Sentence, read_sentence

Place = tuple[int, int]
"""Start and end in `Text.plain`."""

Clause = tuple[Place, ...]
"""The places that one part is made of, nearly always one: “post | new entries | in #news” leaves two for the action."""

_COMMA = re.compile(r"\s*[,;:]\s+")
_MOST_WAYS = 4
_TELLING = {"email", "url", "file", "channel", "quoted", "phone"}
_MOST_ACTIONS = 6


@dataclass(frozen=True, slots=True)
class Split:
    """One way to read a sentence. Without a `trigger` a time starts it, or the person."""

    trigger: Place | None
    actions: tuple[Clause, ...]


def splits(sentence: Sentence) -> Iterator[Split]:
    """Ways to read a sentence, the likeliest first."""
    masked = _without_times(sentence)
    start = past(openers(), masked)
    arrives = _arrival().match(masked, start)
    if _early().match(masked, start) or arrives:
        ends = _breaks(masked, start) if arrives else _ends(masked, start)
        ways = [Split((start, end), _actions(masked, rest, len(masked))) for end, rest in ends]
        ways = [way for way in ways if way.actions][:_MOST_WAYS]
        yield from ways
        if ways or not arrives:
            return
    arrow = _ARROW.search(masked, start)
    if arrow is not None and not _verb().match(masked, start):
        yield Split((start, arrow.start()), _actions(masked, arrow.end(), len(masked)))
    passed = _passed(masked, start)
    if passed is not None:
        yield passed
    for marker in [match for match in _late().finditer(masked, start) if match.start("marker") > start][:_MOST_WAYS]:
        at = marker.start("marker")
        end, rest = next(_ends(masked, at, is_late=True), (len(masked), len(masked)))
        *first, last = _actions(masked, start, at) or [()]
        after = _actions(masked, rest, len(masked))
        target = _target().search(masked, at, end)
        if target is not None:
            yield Split((at, target.start()), (*first, (*last, (target.start(), end)), *after)[:_MOST_ACTIONS])
        yield Split((at, end), (*first, last, *after)[:_MOST_ACTIONS])
    yield Split(None, _actions(masked, start, len(masked)))


def _passed(masked: str, start: int) -> Split | None:
    """What comes in and goes on: “forward | mails from …, | to #ops”, “add | every mail from … | to mails.csv”."""
    begun = _passing().match(masked, start)
    target = _target().search(masked, begun.end()) if begun else None
    if begun is None or target is None:
        return None
    between = masked[begun.end() : target.start()].strip()
    is_said_of = bool(between) and (begun["passing"] is not None or _FROM.match(between) is not None)
    if not is_said_of and begun["quantity"] is None:
        return None
    action = (begun.start("verb"), begun.end("verb"))
    return Split((begun.start("thing"), target.start()), ((action, (target.start(), len(masked))),))


_ARROW = re.compile(r"\s*(?:->|=>|→|⇒)\s*")
_FROM = re.compile(r"(?:from|by)\b")


def independent(sentence: Sentence) -> tuple[Place, ...]:
    """The things to be done when they have nothing to do with each other: none points at another, no time or trigger is for
    all of them, and each of them names something of its own. Empty when there are not several.
    """
    masked = _without_times(sentence)
    start = past(openers(), masked)
    if _early().match(masked, start) or _late().search(masked, start):
        return ()
    places = tuple(clause[0] for clause in _actions(masked, start, len(masked)))
    times = sentence.spoken.fragments if sentence.spoken else ()
    if len(places) < 2:  # noqa: PLR2004  # one is not several
        return ()
    is_shared = any(begin < places[0][0] or end >= len(masked.rstrip(" .!")) for begin, end in times)
    if is_shared:
        return ()
    is_apart = all(_stands_alone(sentence, masked, place) for place in places[1:])
    return places if is_apart else ()


def further(sentence: Sentence) -> tuple[Place, ...]:
    """What is said after a joiner, up to the next one: it may be a thing to be done, whatever its verb."""
    masked = _without_times(sentence)
    start = past(openers(), masked)
    joints = [*_joiner().finditer(masked, start)]
    ends = [joint.start() for joint in joints[1:]] + [len(masked)]
    return tuple((joint.end(), end) for joint, end in zip(joints, ends, strict=False))


def _stands_alone(sentence: Sentence, masked: str, place: Place) -> bool:
    start, end = place
    if _pointer().search(masked, start, end):
        return False
    if any(start <= span.start < end for span in sentence.spans if span.kind in _TELLING):
        return True
    return part_of(sentence, (place,)).spoken is not None


def part_of(sentence: Sentence, clause: Clause) -> Sentence:
    """A part of a sentence, read by itself."""
    text = " ".join(sentence.text.literal(*place) for place in clause)
    return read_sentence(text, sentence.now, sentence.zone, sentence.text.language, sentence.speller)


def begins_with_trigger(sentence: Sentence) -> bool:
    """Whether it begins like “when …, do …”, which is a question only with its mark."""
    start = past(openers(), sentence.masked)
    return bool(_early().match(sentence.masked, start)) and not sentence.low.rstrip().endswith("?")


def names_trigger(sentence: Sentence) -> bool:
    """Whether something is to happen first, said at the beginning, or at the end of what is said to Errand itself."""
    return begins_with_trigger(sentence) or _awaiting().search(command_part(sentence)) is not None


def _without_times(sentence: Sentence) -> str:
    masked = sentence.masked
    for start, end in sentence.spoken.fragments if sentence.spoken else ():
        masked = masked[:start] + " " * (end - start) + masked[end:]
    return masked


def _ends(masked: str, start: int, *, is_late: bool = False) -> Iterator[Place]:
    """Where a trigger that begins at `start` may end, and where what is to be done begins."""
    breaks = _breaks(masked, start)
    if is_late:
        yield from breaks
        return
    verbs = [m.span() for m in _verb().finditer(masked, start) if not _is_thing(masked, m)]
    covered = {end for _, end in breaks}
    yield from sorted([*breaks, *((at, at) for at, _ in verbs if at not in covered)])
    yield from (match.span() for match in _COMMA.finditer(masked, start))


def _breaks(masked: str, start: int) -> list[Place]:
    return [match.span() for match in _break().finditer(masked, start) if match.start() > start]


def _is_thing(masked: str, verb: re.Match[str]) -> bool:
    """Whether a word that could be a verb names a thing here, or says what somebody does."""
    words = clause_words()
    before = re.findall(r"[\w'-]+|\x00+", masked[max(0, verb.start() - 40) : verb.start()])
    after = re.match(r"\s*([\w'-]+)", masked[verb.end() :])
    if len(before) < 2 or before[-1] in words.subjects or before[-1] in words.describing:  # noqa: PLR2004  # "when x" is none yet
        return True
    is_after_verb = before[-1] in sentence_words().verbs and before[-2] not in words.describing
    return is_after_verb or (after is not None and after[1] in words.happening)


def _actions(masked: str, start: int, end: int) -> tuple[Clause, ...]:
    """The things to be done between two positions."""
    places: list[Place] = []
    at = start
    for match in _join().finditer(masked, start, end):
        if match.start() > at:
            places.append((at, match.start()))
            at = match.end()
    places.append((at, end))
    kept = [place for place in places if re.search(r"[\w\x00#]", masked[place[0] : place[1]])]
    return tuple((place,) for place in kept[:_MOST_ACTIONS])


@cache
def _awaiting() -> re.Pattern[str]:
    return re.compile(rf"(?<=\w)[\s,]+(?:{alternation(clause_words().awaiting)})\s+\w")


@cache
def _pointer() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'-])(?:{alternation(clause_words().pointers)})(?![\w'-])")


@cache
def _joiner() -> re.Pattern[str]:
    return re.compile(rf"[\s,;]+(?:(?:{alternation(clause_words().joiners)})(?:[\s,]+|$))+")


@cache
def _early() -> re.Pattern[str]:
    words = clause_words()
    return re.compile(rf"(?:{alternation([*words.markers, *words.nouns])})\b")


@cache
def _arrival() -> re.Pattern[str]:
    """“any mail to …: post it”."""
    words = clause_words()
    return re.compile(rf"(?:{alternation(words.quantities)})\s+(?:{alternation(words.arrivals)})(?![\w'-])[^\n]*?:\s")


@cache
def _late() -> re.Pattern[str]:
    words = clause_words()
    return re.compile(rf"[\s,;(]+(?P<marker>(?:{alternation([*words.markers, *words.nouns])})\b)")


@cache
def _passing() -> re.Pattern[str]:
    words = clause_words()
    passing, verbs = alternation(words.passing), alternation(sorted(sentence_words().verbs))
    quantities, arrivals = alternation(words.quantities), alternation(words.arrivals)
    return re.compile(
        rf"(?P<verb>(?P<passing>{passing})|(?:{verbs}))\s+(?:along\s+|on\s+)?"
        rf"(?P<thing>(?:(?:the|my|our)\s+)?(?:(?P<quantity>{quantities})\s+)?(?:{arrivals})(?![\w'-]))"
    )


@cache
def _target() -> re.Pattern[str]:
    """Where something is to go, at the end of what starts it: “… new entries of the feed | to #news”."""
    return re.compile(r"\s(?:to|in|into)\s+(?:[^\W\d]+\s+)?\x00+\s*$")


@cache
def _verb() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'-])(?:{alternation(sorted(sentence_words().verbs))})(?![\w'-])")


def _then() -> str:
    joiners, polite = alternation(clause_words().joiners), alternation(sentence_words().openers)
    return rf"(?:(?:{joiners}|{polite})\b[\s,]*)*"


def _next_verb() -> str:
    return rf"(?:{alternation(sorted(sentence_words().verbs))})(?![\w'-])"


@cache
def _break() -> re.Pattern[str]:
    """Where a trigger ends for sure: an arrow, or a mark or “then” before a verb."""
    then = _then()
    return re.compile(
        rf"\s*(?:->|=>|→|⇒)\s*{then}|(?:\s*[,;:–—]\s*|\s+-\s+){then}(?={_next_verb()})"
        rf"|\s+(?:{alternation(clause_words().joiners)})\s+{then}(?={_next_verb()})"
    )


@cache
def _join() -> re.Pattern[str]:
    """Between two things to be done."""
    then = _then()
    return re.compile(
        rf"\s*(?:->|=>|→|⇒)\s*{then}|\s*(?:[,;.!\n]|\s-\s)\s*{then}(?={_next_verb()})"
        rf"|[\s,]+(?:{alternation(clause_words().joiners)})\s+{then}(?={_next_verb()})"
    )
