"""What people call the values of a task, and what they say of one by name. Changes nothing."""

from __future__ import annotations

import re

from rapidfuzz import fuzz, process

from agent.offline import calibration
from agent.offline.lexicon.words import intent_words, sentence_words, value_words
from catalog.workflow import Parameter, Template

SCHEDULE = "schedule"


_SHORTEST_FUZZY = 3
"""Shorter words are alike by chance."""


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
