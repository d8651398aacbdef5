"""What a message says beside its values, and the words that a template is asked for with. Weighs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent.offline.command import openers
from agent.offline.lexicon.words import alternation, past
from agent.offline.sentence import Sentence
from agent.offline.span import FILE_ENDINGS
from agent.offline.value.fill import Filled
from catalog.retrieval.words import Term
from catalog.workflow import Parameter, Template

_ADDRESSES = {"email", "emails", "phone", "person", "channel"}
"""Kinds of values that people name by a person, whose address is then asked for."""


def as_asked(template: Template) -> Template:
    """A saved template as it was before its values became defaults: so what people say is read for it."""
    asked = {
        name: Parameter.model_validate(parameter.model_dump(exclude={"default"}, exclude_unset=True))
        for name, parameter in template.parameters.items()
        if parameter.ask
    }
    return template.model_copy(update={"parameters": {**template.parameters, **asked}})


def endings_of(template: Template) -> frozenset[str]:
    """The kinds of files that its asks and its sample speak of."""
    told = [*template.asks, *(value for value in template.sample.values() if isinstance(value, str))]
    return frozenset(match[1] for text in told for match in re.finditer(rf"\w\.({FILE_ENDINGS})\b", text.lower()))


def tokens(term: Term) -> Iterable[str]:
    """What of a word is compared: its stem and its concepts."""
    yield term.stem
    for concept in term.concepts:
        yield f"~{concept}"


def without_values(sentence: Sentence, filled: Filled) -> tuple[str, str]:
    """The message without times, spans and values; and the values that were only left over."""
    low, guessed = sentence.masked, []
    for start, end in (*(sentence.spoken.fragments if sentence.spoken else ()), *sentence.dropped):
        low = low[:start] + " " * (end - start) + low[end:]
    for name, value in filled.values.items():
        for text in value if isinstance(value, list) else [value]:
            place = sentence.text.find(low, text) if isinstance(text, str) and len(text) > 1 else None
            if place is not None:
                start, end = place
                if name in filled.guessed:
                    guessed.append(low[start:end])
                low = low[:start] + " " * (end - start) + low[end:]
    rest = low.replace("\x00", " ")
    return rest[past(openers(), rest) :], " ".join(guessed)


def without_names(template: Template, rest: str, filled: Filled) -> str:
    """The message without "to bob": somebody is named whose address is still to be asked for."""
    for name, parameter in template.parameters.items():
        if parameter.kind in _ADDRESSES and parameter.is_required and name not in filled.values and parameter.words:
            rest = re.sub(rf"\b(?:{alternation(parameter.words)})\s+(?:(?:my|our|the)\s+)?[\w-]+", " ", rest, count=1)
    return rest


def bare(text: str) -> str:
    """A text without its marks, to be compared as a whole."""
    return " ".join(re.findall(r"[\w@#/:.-]+", text.lower()))
