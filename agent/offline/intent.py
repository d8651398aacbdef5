"""What a message says about Errand itself: yes, cancel, "pause the site check", "change the subject to …".

Patterns stand in `lexicon/intents_*.yaml`. Several meanings may fit one message ("stop" is a no, a cancel and the end of
a run); which of them counts depends on the conversation and is decided in `agent.offline.interpreter`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from agent.offline.lexicon.words import alternation, intent_words
from agent.offline.spelling import well_spelled
from agent.offline.text import Text, read_text

_LONGEST_SLIPPED = 60
_LONGEST = 400
"""A longer message is never a command about Errand itself."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One reading: `slots` hold the literal texts of name, value, id and connector, `said` the same as they are read (in
    English words, lower case); `text` is all that was matched, as it is read. `is_command`: it was said with a verb
    or a "should be", not only as "name: value".
    """

    intent: str
    slots: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    is_command: bool = False
    text: str = ""


def read_meanings(text: Text) -> list[Meaning]:
    """All readings of a message, in the order of the lexicon; where there is none, those of it with its slips put right."""
    found = _readings(text)
    if found or len(text.plain) > _LONGEST_SLIPPED or text.low != text.plain.lower():
        return found
    spelled = well_spelled(text.plain)
    return _readings(read_text(spelled)) if spelled != text.plain else []


def _readings(text: Text) -> list[Meaning]:
    start, end = _core(text)
    if start >= end or end - start > _LONGEST:
        return _emoji(text)
    low = text.low
    found: list[Meaning] = []
    for begin in dict.fromkeys((start, _after_polite(low, start, end))):
        for intent, pattern in _patterns():
            match = pattern.fullmatch(low, begin, end)
            if match is not None:
                found.append(_meaning(intent, match, text))
    return [one for index, one in enumerate(found) if one not in found[:index]]


def _meaning(intent: str, match: re.Match[str], text: Text) -> Meaning:
    groups = {group: match.span(group) for group, value in match.groupdict().items() if value}
    slots = {group.rstrip("0123456789"): text.literal(*place) for group, place in groups.items()}
    between = text.low[groups["name"][1] : groups["value"][0]].strip() if {"name", "value"} <= groups.keys() else ""
    said = {group.rstrip("0123456789"): text.low[slice(*place)].strip() for group, place in groups.items()}
    return Meaning(intent, slots, said, is_command=between not in {"", ":", "="}, text=match[0])


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(words.intent, re.compile(pattern)) for words in intent_words().intents for pattern in words.patterns]


@cache
def _polite() -> re.Pattern[str]:
    return re.compile(rf"(?:(?:{alternation(intent_words().polite)})(?![\w'])[\s,.!]*)+")


@cache
def _polite_end() -> re.Pattern[str]:
    return re.compile(
        r"(?:[\s,.!]+(?:please|pls|plz|thanks|thank you|thx|(?<!for )(?<!right )now|then|for me|lol|errand|bot|ok|okay|mate|bro))+[\s.!?]*$"
    )


def _after_polite(low: str, start: int, end: int) -> int:
    match = _polite().match(low, start, end)
    return match.end() if match and match.end() < end else start


def _core(text: Text) -> tuple[int, int]:
    """The message without white space, punctuation and emoji around it, and without polite words at its end."""
    low = text.low
    start, end = 0, len(low)
    while start < end and not (low[start].isalnum() or low[start] in "?/\"'“«`<#@{[("):
        start += 1
    while end > start and not (low[end - 1].isalnum() or low[end - 1] in "\"'”»`>}])"):
        end -= 1
    match = _polite_end().search(low, start, end)
    if match is not None and match.start() > start:
        end = match.start()
    return start, end


@cache
def _emoji_intents() -> dict[str, str]:
    return {sign.rstrip("\ufe0f"): intent for intent, signs in intent_words().emoji.items() for sign in signs}


def _emoji(text: Text) -> list[Meaning]:
    """A message of signs only: what its first known sign stands for."""
    for sign in text.plain[:_LONGEST]:
        if sign in _emoji_intents():
            return [Meaning(_emoji_intents()[sign])]
    return [Meaning("help")] if text.plain.strip() and set(text.plain.strip()) == {"?"} else []


def is_question(low: str) -> bool:
    """Whether a message asks for information. "Can you …" is a request."""
    stripped = low.lstrip(" ,.!").removeprefix("so ").removeprefix("and ")
    first = re.match(r"[^\W\d_]+(?:'[a-z]+)?", stripped)
    if first is None:
        return low.rstrip().endswith("?")
    if first[0] in intent_words().questions:
        return True
    asks_to_be_told = re.match(
        r"(?:please )?(?:can you |could you |would you )?(?:please )?(?:tell|show|give|let) me (?:know )?(?:how|what|why|who|where|which|if|whether|about|something|the (?:point|time|weather|meaning|definition|description))\b",
        stripped,
    )
    return asks_to_be_told is not None or (
        low.rstrip().endswith("?") and not re.match(r"(?:can|could|would|will) (?:you|u|we)\b", stripped)
    )


def is_negated(low: str) -> bool:
    """Whether a message begins by saying what not to do."""
    stripped = re.sub(r"^(?:please|pls|hey|ok|but|no)[\s,]+", "", low.strip())
    if any(stripped.startswith(words) for words in intent_words().negation_exceptions):
        return False
    return any(re.match(rf"{re.escape(word)}\b", stripped) for word in intent_words().negations)
