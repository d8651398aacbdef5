"""What was said that a chosen automation does not do, so that it is said before the card and not dropped. Chooses nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from agent.offline.lexicon.words import alternation, clause_words, sentence_words
from agent.offline.sentence import Sentence
from agent.offline.value.fill import Filled
from agent.offline.way import mail_places
from catalog.workflow import Template

Place = tuple[int, int]


def left_out(template: Template, filled: Filled, sentence: Sentence) -> tuple[str, ...]:
    """The parts of a message, as they were written, that the automation has no place for."""
    times = sentence.spoken.fragments if sentence.spoken else ()
    spans = [(span.start, span.end) for span in sentence.spans]
    free = [(span.start, span.end) for span in filled.free]
    places = [place for place in free if not _meets(place, (*filled.taken, *times))]
    named = (*_services(template, sentence), *_ways(template, sentence))
    places += [place for place in named if not _meets(place, (*filled.taken, *times, *spans))]
    places += _alternatives(sentence)
    return tuple(dict.fromkeys(sentence.text.literal(*place) for place in sorted(places)))


def _meets(place: Place, others: tuple[Place, ...] | list[Place]) -> bool:
    return any(start < place[1] and place[0] < end for start, end in others)


def _services(template: Template, sentence: Sentence) -> Iterator[Place]:
    own = {service.lower() for service in template.services}
    yield from (match.span() for match in _named().finditer(sentence.masked) if match[0] not in own)


def _ways(template: Template, sentence: Sentence) -> Iterator[Place]:
    """“by e-mail”, for what sends none."""
    if not any(step.uses.startswith(("email.", "mail.")) for step in template.steps):
        yield from mail_places(sentence)


def _alternatives(sentence: Sentence) -> Iterator[Place]:
    """“…, otherwise note it in rest.txt”: no automation does one thing or another yet."""
    match = _otherwise().search(sentence.masked)
    if match is not None:
        yield match.span("other")


@cache
def _otherwise() -> re.Pattern[str]:
    return re.compile(
        rf"(?:^|[,;.]\s+)(?:and\s+|or\s+)?(?P<other>(?:{alternation(clause_words().alternatives)})\b[^\n]+)"
    )


@cache
def _named() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'-])(?:{alternation(sentence_words().services)})(?![\w'-])")
