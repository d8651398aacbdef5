"""By which way somebody wants to be told: by e-mail, in chat, or both. Knows no template and reads no values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from agent.offline.lexicon.words import alternation, clause_words, sentence_words, value_words
from agent.offline.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Way:
    """What is said of it: an address is where a mail goes, a channel is where a post goes."""

    by_mail: bool
    in_chat: bool


def read_way(sentence: Sentence) -> Way:
    """What a message says of how to tell; nothing of it is both false."""
    addressed = [
        span for span in sentence.spans if span.kind == "email" and _aimed().search(sentence.masked, 0, span.start)
    ]
    return Way(
        by_mail=bool(addressed or mail_places(sentence)),
        in_chat=any(span.kind == "channel" for span in sentence.spans)
        or _in_chat().search(sentence.masked) is not None,
    )


def mail_places(sentence: Sentence) -> list[tuple[int, int]]:
    """Where it says that something is to come by e-mail."""
    return [match.span() for match in _by_mail().finditer(sentence.masked)]


@cache
def _by_mail() -> re.Pattern[str]:
    words = clause_words()
    mail, told = alternation([*value_words().mailing, "mails", "e-mails"]), alternation(words.told)
    return re.compile(
        rf"(?<![\w'-])(?:(?:{alternation(words.by_means)})\s+(?:an?\s+)?(?:{mail})|(?:{mail})\s+(?:{told})"
        rf"|(?:{told})\s+(?:an?|one)\s+(?:\w+\s+)?(?:{mail}))(?![\w'-])"
    )


@cache
def _aimed() -> re.Pattern[str]:
    """Before an address that something goes to: “tell …”, “… to …”, “#ops and …”."""
    verbs = alternation(sorted(sentence_words().verbs))
    return re.compile(rf"(?<![\w'-])(?:to|and|or|{verbs})[\s,]+(?:\x00+[\s,]+)*$")


@cache
def _in_chat() -> re.Pattern[str]:
    words = clause_words()
    surfaces = [name for names in words.surfaces.values() for name in names]
    leads = alternation(words.surface_leads)
    return re.compile(
        rf"(?<![\w'-])(?:{alternation(words.in_chat)}|(?:{leads})\s+(?:{alternation(surfaces)}))(?![\w'-])"
    )
