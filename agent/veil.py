"""Takes private values out of words that all read who read along, as the last thing that is done to them. Cards hide what is
made of such values by structure (`agent.private`); this finds them where only a text is left. Knows no surface.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import TypeVar

from pydantic import BaseModel, JsonValue

from agent.gallery import Gallery
from agent.knowledge import Knowledge
from agent.phrases import Phrases, literal
from agent.reply import FormField, Part
from agent.state import load_state
from catalog.kind import show_value
from catalog.workflow import Parameter
from store.port import Records
from store.record import Conversation
from tools.redact import forms as travelling

M = TypeVar("M", bound=BaseModel)

_SHORTEST = 4  # shorter ones stand in ordinary words: they are hidden by structure only
_ALONE = 12
"""A value of fewer characters counts only where it stands by itself; a longer one is no part of a word by chance."""
_SURE = 24
"""So much of the beginning of a long value is the value, wherever it was cut."""
_CUT = 8
_CLOSED = {"choice", "yes_no"}
"""Kinds whose values are the template's own words: to take one out of them would tell which."""
_NO_WORDS = {
    "kind", "id", "action", "name", "state", "tone", "style", "source", "effect", "risk", "answer", "uses", "digest",
    "next", "timezone", "started_at", "ended_at", "proposal_id", "run_id", "workflow_id", "approval_id", "idempotency_key",
}  # fmt: skip
"""Fields of parts that hold what programs read, or a card's fixed words."""


async def read_veil(
    records: Records,
    knowledge: Knowledge,
    conversation: Conversation,
    contents: Iterable[Mapping[str, JsonValue]],
    *,
    phrases: Phrases,
    zone: tzinfo,
) -> Veil:
    """One that knows the private values of what was asked for in a conversation, of what it is in the middle of, and of some
    contents of proposals or versions.
    """
    texts: set[str] = set()
    asked = [one.content for one in await records.proposals.asked_in(conversation.id)]
    for parameter, value in (pair for content in (*asked, *contents) for pair in _private(content)):
        texts |= _texts(parameter, value, zone)
    for task in load_state(conversation.state).tasks:
        template = knowledge.template_of(task.template_id, task.template)
        for name, parameter in template.parameters.items() if template else ():
            if parameter.private and name in task.values:
                texts |= _texts(parameter, task.values[name].value, zone)
    return Veil(phrases.plain("card.private"), texts)


def contents_of(gallery: Gallery) -> list[Mapping[str, JsonValue]]:
    """What the proposals, runs and automations in a gallery are made of."""
    return [*(one.content for one in gallery.proposals.values()), *(one.content for one in gallery.versions.values())]


class Veil:
    """Puts a mark in the place of values, in whichever of the forms in which they travel."""

    def __init__(self, mark: str, values: Iterable[str]) -> None:
        self._mark = mark
        self._forms: dict[str, list[str]] = {}
        """By their first character."""
        forms = sorted({form for value in values for form in _forms(value)}, key=lambda form: (-len(form), form))
        for form in forms:
            self._forms.setdefault(form[0].casefold(), []).append(form)
        seeds = dict.fromkeys(re.escape(form[:_SHORTEST]) for form in forms)
        self._seeds = re.compile("|".join(seeds), re.IGNORECASE) if seeds else None

    def text(self, text: str) -> str:
        """The text without them, also where a long one was cut."""
        if self._seeds is None:
            return text
        kept, at, position = [], 0, 0
        while found := self._seeds.search(text, position):
            begun = self._forms.get(text[found.start()].casefold(), ())
            end = max((_end(text, found.start(), form) for form in begun), default=0)
            position = max(end, found.start() + 1)
            if end:
                kept += [text[at : found.start()], self._mark]
                at = end
        return "".join([*kept, text[at:]])

    def part(self, part: Part) -> Part:
        """A part without them. In a form's field there is nothing then: a mark would be handed in."""
        return self._model(part) if self._seeds is not None else part

    def value(self, value: JsonValue) -> JsonValue:
        """A JSON value without them, whatever its keys are called."""
        if isinstance(value, dict):
            return {self.text(key): self.value(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.value(one) for one in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value if self.text(str(value)) == str(value) else self._mark
        return self.text(value) if isinstance(value, str) else value

    def _model(self, model: M) -> M:
        changed: dict[str, object] = {}
        for name, before in model:
            if name in _NO_WORDS or (name, type(before)) == ("words", dict) or _is_control(model, name):
                continue
            after = self._any(before)
            if after != before:
                changed[name] = None if isinstance(model, FormField) and name == "value" else after
        return model.model_copy(update=changed) if changed else model

    def _any(self, value: object) -> object:
        if isinstance(value, BaseModel):
            return self._model(value)
        if isinstance(value, list):
            return [self._any(one) for one in value]
        return self.value(value) if isinstance(value, (str, int, float, dict)) else value


def _is_control(model: BaseModel, name: str) -> bool:
    return isinstance(model, FormField) and name == "input"


def _private(content: Mapping[str, JsonValue]) -> Iterator[tuple[Parameter, JsonValue]]:
    """The private parameters in a stored content, with their values. Most have none, so the rest is not read."""
    workflow, params = content.get("workflow"), content.get("params")
    declared = workflow.get("parameters") if isinstance(workflow, dict) else None
    if not isinstance(declared, dict) or not isinstance(params, dict):
        return
    for name, one in declared.items():
        if isinstance(one, dict) and one.get("private"):
            yield Parameter.model_validate(one), params.get(name)


def _texts(parameter: Parameter, value: JsonValue, zone: tzinfo) -> set[str]:
    """How a value may stand in a sentence: as it is shown, and each text and number in it."""
    if value is None or parameter.kind in _CLOSED:
        return set()
    return {show_value(value, parameter, zone), *_leaves(value)}


def _leaves(value: JsonValue) -> Iterator[str]:
    if isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _leaves(one)
    elif isinstance(value, str):
        yield value
        yield from (line for line in value.splitlines() if len(line.strip()) >= _ALONE)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value)


def _forms(value: str) -> set[str]:
    """The spellings of a value: plain, on one line, in Markdown, and as it travels."""
    lines = {value.strip(), " ".join(value.split())}
    spelled = {*lines, *map(str, map(literal, lines)), *(form for line in lines for form in travelling(line))}
    return {form for form in spelled if len(form) >= _SHORTEST}


def _end(text: str, start: int, form: str) -> int:
    """Where a form ends that begins there, or what there is of it; 0: it is none."""
    same = 0
    while same < len(form) and start + same < len(text) and _is_same(text[start + same], form[same]):
        same += 1
    end = start + same
    if same == len(form):
        is_alone = not _is_joined(text, start) and not _is_joined(text, end)
        return end if is_alone or len(form) >= _ALONE else 0
    if same >= _CUT and text[end:].lstrip(" \\").startswith("…"):
        return text.index("…", end) + 1
    return end if same >= _SURE else 0


def _is_same(one: str, other: str) -> bool:
    return one == other or one.casefold() == other.casefold()


def _is_joined(text: str, at: int) -> bool:
    """Whether there is no boundary of words there: between two letters or two digits, in scripts that write words apart."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if before.isdigit() and after.isdigit():
        return True
    return before.isalpha() and after.isalpha() and not (_is_ideograph(before) or _is_ideograph(after))


def _is_ideograph(letter: str) -> bool:
    return "\u2e80" <= letter <= "\ua4cf" or "\uf900" <= letter <= "\ufaff" or letter >= "\U00020000"
