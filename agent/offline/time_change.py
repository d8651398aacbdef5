"""Reads a time, days, a zone or what is to become of missed runs, for the schedule that a task has already."""

from __future__ import annotations

import re
from dataclasses import replace

from agent.command import Command, SetSchedule
from agent.interpreter import View
from agent.offline.bare_number import with_length, with_number
from agent.offline.catch_up import find_catch_up
from agent.offline.change_words import adds
from agent.offline.delay import find_lengths
from agent.offline.intent import Meaning
from agent.offline.lexicon.words import alternation, intent_words, sentence_words, time_words
from agent.offline.schedule_edit import in_zone, merged, on_weekdays
from agent.offline.sentence import Sentence, read_sentence
from agent.offline.time_zone import named_zone
from agent.offline.value.answer import said


def read_time(sentence: Sentence, view: View) -> list[Command] | None:
    """A time, days or a zone, merged with the schedule there is."""
    if said(sentence) in intent_words().now_words:
        return [SetSchedule(schedule=None)]
    spoken = sentence.spoken
    if spoken is not None:
        schedule, needs_time = merged(view.schedule, spoken, sentence.now, needs_time=view.needs_time)
        if view.schedule is not None and spoken.has_day and _names_weekday(sentence):
            schedule = on_weekdays(view.schedule, schedule, adds=adds(sentence))
        return [SetSchedule(schedule=schedule, needs_time=needs_time)]
    zone = named_zone(_without_lead(said(sentence)))
    if zone is not None and view.schedule is not None:
        return [SetSchedule(schedule=in_zone(view.schedule, zone), needs_time=view.needs_time)]
    return _hour(sentence, view)


def _names_weekday(sentence: Sentence) -> bool:
    words = alternation([word for listed in time_words().weekdays.values() for word in listed])
    return re.search(rf"(?<!next )(?<!this )(?<!coming )\b(?:{words})\b", sentence.low) is not None


def read_policy(sentence: Sentence, view: View) -> list[Command] | None:
    """What is to become of missed runs, said alone: the schedule there is, with that."""
    found = find_catch_up(sentence.masked)
    if found is None or view.schedule is None or sentence.spoken is not None:
        return None
    policy, start, end = found
    if re.search(
        r"\w{3}", re.sub(r"\b(?:please|and|then|it|should)\b", "", sentence.masked[:start] + sentence.masked[end:])
    ):
        return None
    return [SetSchedule(schedule=view.schedule.model_copy(update={"catch_up": policy}), needs_time=view.needs_time)]


_HOUR = re.compile(r"(\d{1,2})(?:\s*(?:h|hours|o'clock|or so|ish))?")


def _hour(sentence: Sentence, view: View) -> list[Command] | None:
    """A bare "9" or "9 or so" in answer to the question for the time."""
    match = _HOUR.fullmatch(said(sentence))
    if match is None:
        return None
    again = read_sentence(f"at {match[1]}", sentence.now, sentence.zone)
    return read_time(replace(again, text=again.text), view) if again.spoken is not None else None


def read_zone(meanings: list[Meaning], sentence: Sentence, view: View) -> list[Command] | None:
    """“That's New York time”: a zone for the time there is, whatever is asked at the moment."""
    for meaning in meanings:
        if meaning.intent == "set" and "name" not in meaning.slots and view.schedule is not None:
            value = read_sentence(meaning.slots["value"], sentence.now, sentence.zone, sentence.text.language)
            if names_zone(value) and "time" in value.low:
                return read_time(value, view)
    return None


def other_hour(sentence: Sentence, view: View) -> list[Command] | None:
    """A bare number in place of the hour, or of how many minutes lie between: “make it 10”; or a length: “make it 2 minutes”."""
    if view.schedule is None:
        return None
    answer, words = said(sentence), ""
    if any((one.start, one.end) == (0, len(answer)) for one in find_lengths(answer)):
        words = with_length(view.schedule, answer, sentence.now, sentence.zone)
    if not words and (match := _HOUR.fullmatch(answer)):
        words = with_number(view.schedule, int(match[1]), sentence.now, sentence.zone)
    again = read_sentence(words, sentence.now, sentence.zone)
    return read_time(again, view) if again.spoken is not None else None


def names_zone(sentence: Sentence) -> bool:
    """Whether it is a time zone and no time."""
    return sentence.spoken is None and named_zone(_without_lead(said(sentence))) is not None


def _without_lead(said: str) -> str:
    return re.sub(r"^(?:in|on|the|time zone|timezone|zone)\s+", "", said.strip(), flags=re.IGNORECASE).removesuffix(
        " btw"
    )


def is_mostly_time(sentence: Sentence) -> bool:
    """Whether the message says little but when."""
    assert sentence.spoken is not None
    low = sentence.low
    rest = "".join(c for i, c in enumerate(low) if not any(a <= i < b for a, b in sentence.spoken.fragments))
    words = re.findall(r"[^\W_]+(?:'\w+)?", rest)
    known = sentence_words().small_words | sentence_words().edit_words
    return sum(word not in known for word in words) <= 0
