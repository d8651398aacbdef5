"""Reads a message as an answer to the open question, or as a change to the task that is on the table."""

from __future__ import annotations

import re
from dataclasses import replace

from pydantic import JsonValue
from rapidfuzz import fuzz, process

from agent.command import Cancel, Command, Confirm, Decline, Edit, Rehearse, SetSchedule, SetValue
from agent.interpreter import View
from agent.offline import calibration
from agent.offline.bare_number import with_number
from agent.offline.catch_up import find_catch_up
from agent.offline.clock_time import named_zone
from agent.offline.intent import Meaning, read_meanings
from agent.offline.lexicon.words import alternation, intent_words, sentence_words, time_words, value_words
from agent.offline.schedule_edit import in_zone, merged, on_weekdays
from agent.offline.sentence import Sentence, read_sentence
from agent.offline.value.answer import has_form_of, read_answer, said
from agent.offline.value.fill import fill
from catalog.workflow import Parameter, Template

SCHEDULE = "schedule"
_POINTERS = {"that", "this", "it"}
_SHORTEST_FUZZY = 3
"""Shorter words are alike by chance."""

_SAY_YES = {"text", "long_text", "list", "yes_no", "choice"}
"""Kinds of values that a plain yes may be."""

_SHORT = 60
"""A longer message that names nothing is not a correction."""


def read_verdict(meanings: list[Meaning], view: View) -> list[Command] | None:
    """Yes, no, cancel, try it first, change it: said of the open card or question."""
    for meaning in meanings:
        match meaning.intent:
            case "yes" if view.has_open_card:
                return [Confirm()]
            case "no" if view.has_open_card:
                return [Decline()]
            case "cancel":
                return [Cancel()]
            case "rehearse" if view.has_open_card or view.template:
                return [Rehearse()]
            case "edit":
                return [Edit()]
            case _:
                continue
    return None


def read_change(meanings: list[Meaning], sentence: Sentence, view: View) -> list[Command] | None:
    """A change that says what it is about: "change the subject to X", "make it 9:30", "no, to alice@…"."""
    for meaning in meanings:
        if meaning.intent == "unset":
            name = parameter_called(meaning.said.get("name", ""), view.template)
            if name is not None:
                return [SetValue(name=name, value=_emptied(name, view.template))]
        if meaning.intent == "set":
            commands = _set(meaning, sentence, view)
            if commands:
                return commands
    return None


def _emptied(name: str, template: Template | None) -> str | None:
    """What “no subject” makes of a value: an empty text where one is needed, else nothing."""
    parameter = template.parameters.get(name) if template is not None else None
    is_text = parameter is not None and parameter.kind in {"text", "long_text"}
    return "" if parameter is not None and is_text and parameter.is_required else None


def _set(meaning: Meaning, sentence: Sentence, view: View) -> list[Command] | None:
    value = read_sentence(meaning.slots["value"], sentence.now, sentence.zone, sentence.text.language)
    called = meaning.said.get("name", "")
    if called and called not in {*_POINTERS, *sentence_words().adding}:
        name = parameter_called(called, view.template) or parameter_called(meaning.slots["name"], view.template)
        if name == SCHEDULE:
            return read_time(value, view)
        if name is not None and view.template is not None:
            parameter = view.template.parameters[name]
            raw = read_answer(name, parameter, value, view.template, read_meanings(value.text))
            raw = [*_listed(view, name), *raw] if adds(sentence) and isinstance(raw, list) else raw
            return [SetValue(name=name, value=raw)]
        return None
    if called in sentence_words().adding and strange_words(value):
        return None  # “add ana@… to the group sales” is no change of the card
    return read_value(value, view, is_added=adds(sentence)) or _other_hour(value, view)


def speaks_of_edit(meanings: list[Meaning], sentence: Sentence) -> bool:
    """Whether it changes a value, though no task is open: "change the time to 10:30", "not #team, but #sales"."""
    if any(m.intent == "set" and "name" not in m.slots and _is_bare_value(m, sentence) for m in meanings):
        return True
    known = {word for words in intent_words().kind_names.values() for word in words} | intent_words().schedule_names
    known |= set(sentence_words().label_marks)
    return any(m.intent == "set" and m.said.get("name", "") in known and m.is_command for m in meanings)


def _is_bare_value(meaning: Meaning, sentence: Sentence) -> bool:
    """Whether what is to be set is one thing with a form of its own, or a time, and nothing else."""
    value = read_sentence(meaning.slots.get("value", ""), sentence.now, sentence.zone)
    rest = re.sub(
        r"[\s.,!?]+",
        "",
        "".join(c for i, c in enumerate(value.low) if not any(s.start <= i < s.end for s in value.spans)),
    )
    is_span = len(value.spans) == 1 and not rest and value.spans[0].kind != "quoted"
    return is_span or (value.spoken is not None and _is_mostly_time(value))


def adds(sentence: Sentence) -> bool:
    """Whether a change adds to what there is rather than replacing it: “also to …”, “… too”."""
    words, anywhere = alternation(sentence_words().adding), alternation(sentence_words().adding_anywhere)
    pattern = rf"^\W*(?:then |please |no,? )*(?:{words})\b|\b(?:{anywhere})\b|\b(?:{words})\W*$"
    return re.search(pattern, sentence.low) is not None


def _listed(view: View, name: str) -> list[JsonValue]:
    current = view.values.get(name)
    return list(current) if isinstance(current, list) else []


def read_value(sentence: Sentence, view: View, *, is_added: bool = False) -> list[Command] | None:
    """A value whose form or time tells what it is for, with little else around it."""
    sentence = without_replaced(sentence)
    if asks(sentence):
        return None
    if (sentence.spoken is not None and _is_mostly_time(sentence)) or _names_zone(sentence):
        return read_time(sentence, view)
    if view.template is None or len(sentence.text.plain) > _SHORT * 3:
        return None
    commands: list[Command] = []
    filled = fill(_typed_only(view.template), sentence)
    for name, said_value in filled.values.items():
        listed = _listed(view, name) if is_added or adds(sentence) else []
        value = [*listed, *(v for v in said_value if v not in listed)] if isinstance(said_value, list) else said_value
        if value != view.values.get(name):
            commands.append(SetValue(name=name, value=value))
    if filled.spoken is not None and (commands or _is_mostly_time(sentence)):
        commands += read_time(sentence, view) or []
    return commands or None


def asks(sentence: Sentence) -> bool:
    """Whether it begins like a question, which changes nothing."""
    return any(word in sentence_words().asking for word in _words(sentence)[:1])


def strange_words(sentence: Sentence) -> int:
    """How many words, besides values and times, are no words of a change."""
    known = sentence_words().small_words | sentence_words().edit_words
    return sum(word not in known for word in _words(sentence))


def _words(sentence: Sentence) -> list[str]:
    """The words besides values and times."""
    places = [(span.start, span.end) for span in sentence.spans if span.kind != "number"]
    places += sentence.spoken.fragments if sentence.spoken else ()
    rest = "".join(" " if any(a <= i < b for a, b in places) else c for i, c in enumerate(sentence.low))
    return re.findall(r"[^\W\d_]+(?:'\w+)?", rest)


def without_replaced(sentence: Sentence) -> Sentence:
    """Without what is named only as what is to be replaced: “#sales instead of #team”."""
    words = alternation(sentence_words().instead_of)
    match = re.search(rf"(?<=\S)[\s,]+(?:{words})\s+\S.*$|^\W*(?:instead of|rather than)\s+[^,]+,\s*", sentence.low)
    if match is None:
        return sentence
    kept = (
        sentence.text.literal(match.end(), len(sentence.low))
        if not match.start()
        else sentence.text.literal(0, match.start())
    )
    return read_sentence(kept, sentence.now, sentence.zone, sentence.text.language)


def _typed_only(template: Template) -> Template:
    """The template's parameters that have a form of their own; numbers and yes or no need more than that."""
    telling = {"email", "emails", "url", "file", "channel", "person", "phone", "money"}
    return template.model_copy(
        update={"parameters": {n: p for n, p in template.parameters.items() if p.kind in telling}}
    )


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
            if _names_zone(value) and "time" in value.low:
                return read_time(value, view)
    return None


def _other_hour(sentence: Sentence, view: View) -> list[Command] | None:
    """A bare number in place of the hour, or of how many minutes lie between: “make it 10”."""
    match = _HOUR.fullmatch(said(sentence))
    if match is None or view.schedule is None:
        return None
    words = with_number(view.schedule, int(match[1]), sentence.now, sentence.zone)
    again = read_sentence(words, sentence.now, sentence.zone)
    return read_time(again, view) if again.spoken is not None else None


def _names_zone(sentence: Sentence) -> bool:
    return sentence.spoken is None and named_zone(_without_lead(said(sentence))) is not None


def _without_lead(said: str) -> str:
    return re.sub(r"^(?:in|on|the|time zone|timezone|zone)\s+", "", said.strip(), flags=re.IGNORECASE).removesuffix(
        " btw"
    )


def _is_mostly_time(sentence: Sentence) -> bool:
    """Whether the message says little but when."""
    assert sentence.spoken is not None
    low = sentence.low
    rest = "".join(c for i, c in enumerate(low) if not any(a <= i < b for a, b in sentence.spoken.fragments))
    words = re.findall(r"[^\W_]+(?:'\w+)?", rest)
    known = sentence_words().small_words | sentence_words().edit_words
    return sum(word not in known for word in words) <= 0


def parameter_called(said: str, template: Template | None) -> str | None:
    """The parameter (or `schedule`) that people call so, or none."""
    low = re.sub(r"^(?:the|my|its|a)\s+", "", said.lower().strip())
    names: dict[str, str] = {}
    if template is not None:
        for name, parameter in template.parameters.items():
            kind_words = intent_words().kind_names.get(parameter.kind, [])
            for word in (
                name.replace("_", " "),
                parameter.label.lower(),
                *_own_words(parameter),
                *value_words().copies.get(name, ()),
                *kind_words,
            ):
                names.setdefault(word, name)
        for name, parameter in template.parameters.items():
            names[name.replace("_", " ")] = names[parameter.label.lower() or name] = name
    if low in names:
        return names[low]
    if low in intent_words().schedule_names:
        return SCHEDULE
    if low in sentence_words().naming and template is not None:
        return next((name for name in ("title", "subject", "name") if name in template.parameters), None)
    found = (
        process.extractOne(low, list(names), scorer=fuzz.ratio, score_cutoff=calibration.NAME_RATIO)
        if len(low) > _SHORTEST_FUZZY
        else None
    )  # short words are alike by chance
    return names[found[0]] if found else None


def _own_words(parameter: Parameter) -> list[str]:
    return [word.lower() for word in parameter.words if word.lower() not in sentence_words().weak_words]


def read_answer_commands(sentence: Sentence, meanings: list[Meaning], view: View) -> list[Command] | None:
    """The answer to the open question and whatever else was said with it; none when nothing fits the question."""
    template, asked = view.template, view.asked
    if template is None or asked is None:
        return None
    if asked == SCHEDULE:
        time = read_time(sentence, view)
        return [*_others(sentence, view, asked), *time] if time else None
    parameter = template.parameters.get(asked)
    if parameter is None:
        return None
    if _leaves_out(sentence, parameter):
        return [SetValue(name=asked, value=None)]
    if parameter.kind not in _SAY_YES and any(m.intent == "yes" for m in meanings):
        return [Confirm()]  # meant for a card that is not there yet
    answer = SetValue(name=asked, value=read_answer(asked, parameter, sentence, template, meanings))
    return _several(sentence, view, asked) or [answer]


def _leaves_out(sentence: Sentence, parameter: Parameter) -> bool:
    said = sentence.low.strip(" .!")
    if parameter.kind == "yes_no" and said in {"no", "nope"}:
        return False
    return said in sentence_words().skip or _is_without(sentence, parameter)


def _is_without(sentence: Sentence, parameter: Parameter) -> bool:
    """Whether it is said by its name that there is to be none: “no subject”."""
    label, said = parameter.label.lower(), sentence.low.strip(" .!")
    return bool(label) and said in {f"no {label}", f"without {label}", f"without a {label}", f"leave the {label} empty"}


def _several(sentence: Sentence, view: View, asked: str) -> list[Command] | None:
    """Several values in one answer: at least one that says by form or word which parameter it is for."""
    assert view.template is not None
    template = view.template
    is_text = template.parameters[asked].kind in {"text", "long_text"}
    open_ones = {n: p for n, p in template.parameters.items() if n not in view.values or n == asked}
    parts = fill(template.model_copy(update={"parameters": open_ones}), sentence)
    others = {n: v for n, v in parts.values.items() if n != asked}
    if is_text and not _is_divided(sentence, others):
        return None
    if not others and (is_text or parts.spoken is None or asked not in parts.values):
        return None
    if asked not in parts.values and not is_text and has_form_of(template.parameters[asked], sentence):
        return None
    commands: list[Command] = [SetValue(name=name, value=value) for name, value in parts.values.items()]
    if parts.spoken is not None and template.trigger.takes_schedule:
        commands += read_time(sentence, view) or []
    return commands or None


def _is_divided(sentence: Sentence, others: dict[str, JsonValue]) -> bool:
    """A text that is asked for stays whole, unless labels or commas set other values apart."""
    return bool(others) and re.search(r"[,;\n]|\w:\s", sentence.masked) is not None


def _others(sentence: Sentence, view: View, asked: str) -> list[Command]:
    """Values with a form of their own that came with a time."""
    assert view.template is not None
    missing = {n: p for n, p in view.template.parameters.items() if n not in view.values and n != asked}
    template = _typed_only(view.template.model_copy(update={"parameters": missing}))
    return [SetValue(name=name, value=value) for name, value in fill(template, sentence).values.items()]
