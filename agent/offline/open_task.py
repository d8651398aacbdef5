"""Reads a message as an answer to the open question, or as a change to the task that is on the table."""

from __future__ import annotations

import re

from pydantic import JsonValue

from agent.command import Cancel, Command, Confirm, Decline, Edit, Rehearse, SetValue
from agent.interpreter import View
from agent.offline.calling import SCHEDULE, parameter_called
from agent.offline.change_words import adds, asks, strange_words, without_replaced
from agent.offline.intent import Meaning, read_meanings
from agent.offline.lexicon.words import intent_words, sentence_words
from agent.offline.sentence import Sentence, read_sentence
from agent.offline.time_change import is_mostly_time, names_zone, other_hour, read_time
from agent.offline.value.answer import has_form_of, read_answer
from agent.offline.value.fill import fill
from catalog.workflow import Parameter, Template

_POINTERS = {"that", "this", "it"}

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
    return read_value(value, view, is_added=adds(sentence)) or other_hour(value, view)


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
    return is_span or (value.spoken is not None and is_mostly_time(value))


def _listed(view: View, name: str) -> list[JsonValue]:
    current = view.values.get(name)
    return list(current) if isinstance(current, list) else []


def read_value(sentence: Sentence, view: View, *, is_added: bool = False) -> list[Command] | None:
    """A value whose form or time tells what it is for, with little else around it."""
    sentence = without_replaced(sentence)
    if asks(sentence):
        return None
    if (sentence.spoken is not None and is_mostly_time(sentence)) or names_zone(sentence):
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
    if filled.spoken is not None and (commands or is_mostly_time(sentence)):
        commands += read_time(sentence, view) or []
    return commands or None


def _typed_only(template: Template) -> Template:
    """The template's parameters that have a form of their own; numbers and yes or no need more than that."""
    telling = {"email", "emails", "url", "file", "channel", "person", "phone", "money"}
    return template.model_copy(
        update={"parameters": {n: p for n, p in template.parameters.items() if p.kind in telling}}
    )


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
