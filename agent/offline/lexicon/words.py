"""Reads the lexicons. Data only: what a word leads to is decided by the modules that use it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

UnitName = Literal["second", "minute", "hour", "day", "weekday", "week", "month", "quarter", "year"]


_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TimeWords(_Model):
    """Words for times, as they stand in `time.yaml`."""

    weekdays: dict[int, list[str]]
    weekday_codes: dict[str, int]
    plurals: list[str]
    months: dict[int, list[str]]
    units: dict[UnitName, list[str]]
    numbers: dict[int, list[str]]
    ordinals: dict[int, list[str]]
    adverbs: dict[str, str]
    dayparts: dict[str, list[str]]
    zones: dict[str, list[str]]
    zone_words: frozenset[str]
    named_days: dict[str, list[str]]
    bounds: dict[Literal["until", "from", "later"], list[str]]
    not_places: frozenset[str]


class SentenceWords(_Model):
    """Words that say how a wish is built, as they stand in `sentence.yaml`."""

    openers: list[str]
    verbs: frozenset[str]
    carriers: frozenset[str]
    sendable: list[str]
    articles: list[str]
    prepositions: list[str]
    clause_words: frozenset[str]
    weak_words: frozenset[str]
    label_marks: list[str]
    corrections: list[str]
    skip: frozenset[str]
    answer_leads: list[str]
    small_words: frozenset[str]
    by_name: dict[str, list[str]]
    code_names: frozenset[str]
    content_names: frozenset[str]
    vague: frozenset[str]
    told_by: list[str]
    limits: frozenset[str]
    speaking: frozenset[str]
    asked_for: list[str]
    wishing_less: list[str]
    irregular_pasts: frozenset[str]
    services: list[str]
    text_leads: list[str]
    pointers: frozenset[str]
    tellers: frozenset[str]
    edit_words: frozenset[str]
    adding: list[str]
    adding_anywhere: list[str]
    instead_of: list[str]
    naming: frozenset[str]
    asking: frozenset[str]
    right_words: frozenset[str]
    before_days: frozenset[str]


class LabelWords(_Model):
    """What introduces a value of one name, and what such a value looks like (see the head of `value.yaml`)."""

    words: list[str]
    takes: Literal["text", "name", "word", "number", "code", "marked"]
    before: bool = False


class EmojiWords(_Model):
    """Words next to which an emoji's name stands."""

    before: list[str]
    after: list[str]


class ValueWords(_Model):
    """Words that say what a value is, as they stand in `value.yaml`."""

    labels: dict[str, LabelWords]
    made: frozenset[str]
    proper: frozenset[str]
    set_to: frozenset[str]
    paired: frozenset[str]
    several: frozenset[str]
    spoken_text: frozenset[str]
    numbered_before: frozenset[str]
    left_out: list[str]
    led_by: list[str]
    taken_from: list[str]
    set_as: list[str]
    cut_by: list[str]
    articles: list[str]
    holding: frozenset[str]
    thanking: list[str]
    links: list[str]
    naming: list[str]
    lists: dict[str, list[str]]
    gathering: list[str]
    creating: list[str]
    items: list[str]
    lasting: list[str]
    not_titles: frozenset[str]
    not_a_title: list[str]
    due_items: list[str]
    appointments: list[str]
    due: list[str]
    opening: list[str]
    sender: list[str]
    inbox: list[str]
    guests: list[str]
    copies: dict[str, list[str]]
    contents: list[str]
    scheduling: list[str]
    reminding: list[str]
    about: list[str]
    mailing: list[str]
    messaging: list[str]
    translating: list[str]
    languages: list[str]
    emoji: EmojiWords
    not_emoji: frozenset[str]
    formats: list[str]
    into: list[str]
    currencies: dict[str, str]
    coins: list[str]
    priorities: list[str]
    branches: list[str]
    branch_prefixes: frozenset[str]
    branch_signs: list[str]
    repository_signs: list[str]
    not_repositories: frozenset[str]
    trackers: list[str]
    issue_types: list[str]
    not_keys: frozenset[str]
    acronyms: frozenset[str]
    task_boards: list[str]
    moving: list[str]
    marking: list[str]
    under: list[str]
    comparing: list[str]
    before_words: list[str]
    counting: list[str]
    services: list[str]
    not_names: frozenset[str]


@cache
def value_words() -> ValueWords:
    return ValueWords.model_validate(read_yaml("value.yaml"))


class ClauseWords(_Model):
    """Words that tell the parts of a wish apart, as they stand in `clause.yaml`."""

    markers: list[str]
    awaiting: list[str]
    nouns: list[str]
    joiners: list[str]
    subjects: frozenset[str]
    describing: frozenset[str]
    happening: frozenset[str]
    passing: list[str]
    arrivals: list[str]
    quantities: list[str]
    arriving: list[str]
    alternatives: list[str]
    mentioned: list[str]
    mailboxes: list[str]
    mail_things: list[str]
    events: dict[str, list[str]]
    aims: list[str]
    references: frozenset[str]
    pointers: list[str]
    surfaces: dict[str, list[str]]
    surface_leads: list[str]
    surface_nouns: list[str]
    by_means: list[str]
    told: list[str]
    in_chat: list[str]


@cache
def clause_words() -> ClauseWords:
    return ClauseWords.model_validate(read_yaml("clause.yaml"))


@cache
def time_words() -> TimeWords:
    return TimeWords.model_validate(read_yaml("time.yaml"))


@cache
def sentence_words() -> SentenceWords:
    return SentenceWords.model_validate(read_yaml("sentence.yaml"))


def read_yaml(name: str) -> object:
    """One data file that lies beside this module. Everything in it is text: "no" and "on" are words here."""
    text = files("agent.offline.lexicon").joinpath(name).read_text("utf-8")
    return yaml.load(text, Loader=_LOADER)  # noqa: S506  # makes text only, less than the safe one


def flat(table: dict[int, list[str]]) -> dict[str, int]:
    """Word -> number"""
    return {word: number for number, words in table.items() for word in words}


def past(pattern: re.Pattern[str], text: str, at: int = 0, end: int = sys.maxsize) -> int:
    """Where that ends which a pattern finds at a place; the place itself where it finds nothing."""
    found = pattern.match(text, at, end)
    return found.end() if found else at


def alternation(words: Iterable[str]) -> str:
    """A regular expression for any of these words, longest first, spaces flexible."""
    return _alternation(tuple(words))


@lru_cache(maxsize=4096)
def _alternation(words: tuple[str, ...]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(r"\s+".join(_escape(part) for part in word.split()) for word in longest_first)


def _escape(word: str) -> str:
    return "".join(c if c.isalnum() or c == "_" else "\\" + c for c in word)


class IntentWords(_Model):
    """One intent's patterns, each for a whole message."""

    intent: str
    patterns: list[str]


class IntentLexicon(_Model):
    """What people say about Errand itself, as it stands in `intents_en.yaml`."""

    polite: list[str] = []
    intents: list[IntentWords]
    emoji: dict[str, list[str]] = {}
    control_nouns: frozenset[str] = frozenset()
    schedule_names: frozenset[str] = frozenset()
    now_words: frozenset[str] = frozenset()
    kind_names: dict[str, list[str]] = {}
    ordinals: dict[str, int] = {}
    none_of_these: frozenset[str] = frozenset()
    switch_words: list[str] = []
    questions: frozenset[str] = frozenset()
    negations: list[str] = []
    negation_exceptions: list[str] = []
    connector_names: dict[str, list[str]] = {}
    states: dict[Literal["active", "paused", "failed"], list[str]] = {}
    work_nouns: frozenset[str] = frozenset()
    command_words: frozenset[str] = frozenset()


@cache
def intent_words() -> IntentLexicon:
    english = IntentLexicon.model_validate(read_yaml("intents_en.yaml"))
    saved = IntentLexicon.model_validate(read_yaml("intents_saved_en.yaml"))
    told = {name: getattr(saved, name) for name in ("states", "work_nouns", "command_words")}
    return english.model_copy(update={**told, "intents": _in_order(english, saved)})


def _in_order(english: IntentLexicon, saved: IntentLexicon) -> list[IntentWords]:
    """The first that matches counts: what names a run or an automation before what may be said of anything."""
    at = next(index for index, one in enumerate(english.intents) if one.intent == "cancel")
    early = [one for one in saved.intents if one.intent not in _LATE]
    late = [one for one in saved.intents if one.intent in _LATE]
    return [*english.intents[:at], *early, *english.intents[at:], *late]


_LATE = {"edit_saved", "steps", "pause", "resume", "next_run"}
"""Patterns that take almost any name."""
