"""Conversations as data: reads `tests/dialogues/*.yaml` and plays them through any surface.

A dialogue is a name, what it needs, and turns. A turn does one thing and says what is expected of the answer:

    name: …                       what the conversation shows
    accounts: [smtp]              accounts that are connected before it begins (default: none)
    people: {Ben: member}         who is there beside the one who begins, with their roles
    turns:
      - user: remind me …         a text; `files: [people.csv]` are handed in with it, those of `catalog/samples`
      - press: Run                a button by its label; `card: 1` takes it from the first card shown, however old
      - submit: {field: value}    the newest form, as it is filled in, with these changes
      - look: 3600                so many seconds later, and after the workers worked: the whole conversation as it is shown
        by: Ben                   who does it, each in a conversation of their own (default: the one who begins)
        expect: …
    finally: {runs: 1}            numbers of records at the end: runs, rehearsals, approvals, schedules, webhooks, polls

    expect:
      says: regex or list of them     somewhere in the sentences of the answer
      says_not: regex
      asks: regex                     the last sentence, and no card is shown
      choices: [labels]               buttons of the question
      card: {title, state, values: {label: regex}, sources: {label: source}, changed: [labels], schedule: regex, trigger: regex,
             next: [ISO times, a beginning], warnings: regex, actions: [labels]}; `card: none`: there is none
      run: {title, state, is_rehearsal}, workflow: {title, state, schedule}
      form: {fields: [names], errors: [names]}
      approval: {title, question, state, said, values: {label: regex}, people: {name: answer}, notes: regex, actions: [labels]}
      listing: {title, items: [titles]}

The runner knows nothing of the surface: `send` takes what a person does and returns the replies, `look` what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, JsonValue, model_validator

from agent.inbound import HandedFile, Press, Submit, Text
from agent.reply import (
    ApprovalCard,
    ChoicesPart,
    FormPart,
    ListPart,
    Part,
    ProposalCard,
    Reply,
    RunCard,
    TextPart,
    WorkflowCard,
)
from tests.fakes.talk import actions_of
from tests.transcript import Transcript, transcript_of

FOLDER = Path(__file__).parent / "dialogues"
SAMPLES = Path(__file__).parents[1] / "catalog" / "samples"

Send = Callable[[Text | Press | Submit, str], Awaitable[list[Reply]]]
Look = Callable[[str, float], Awaitable[list[Reply]]]
Count = Callable[[str], Awaitable[int]]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CardExpectation(_Model):
    title: str | None = None
    state: str | None = None
    values: dict[str, str] = {}
    sources: dict[str, str] = {}
    changed: list[str] | None = None
    schedule: str | None = None
    trigger: str | None = None
    next: list[str] = []
    warnings: str | None = None
    connections: str | None = None
    actions: list[str] | None = None


class RunExpectation(_Model):
    title: str | None = None
    state: str | None = None
    is_rehearsal: bool = False


class WorkflowExpectation(_Model):
    title: str | None = None
    state: str | None = None
    schedule: str | None = None
    trigger: str | None = None


class FormExpectation(_Model):
    title: str | None = None
    fields: list[str] | None = None
    errors: list[str] = []


class ApprovalExpectation(_Model):
    title: str | None = None
    question: str | None = None
    state: str | None = None
    said: str | None = None
    values: dict[str, str] = {}
    people: dict[str, Literal["", "yes", "no"]] | None = None
    notes: str | None = None
    actions: list[str] | None = None


class ListExpectation(_Model):
    title: str | None = None
    items: list[str] = []


class Expectation(_Model):
    says: str | list[str] = []
    says_not: str | None = None
    asks: str | None = None
    choices: list[str] | None = None
    card: CardExpectation | Literal["none"] | None = None
    run: RunExpectation | None = None
    workflow: WorkflowExpectation | None = None
    form: FormExpectation | None = None
    approval: ApprovalExpectation | None = None
    listing: ListExpectation | None = None


class DialogueTurn(_Model):
    user: str | None = None
    files: list[str] = []
    press: str | None = None
    card: int | None = None
    submit: dict[str, JsonValue] | None = None
    look: float | None = None
    by: str = ""
    expect: Expectation = Expectation()

    @model_validator(mode="after")
    def _one_thing(self) -> DialogueTurn:
        if sum(one is not None for one in (self.user, self.press, self.submit, self.look)) != 1:
            raise ValueError("a turn is one of user, press, submit and look")
        if self.files and self.user is None:
            raise ValueError("files are handed in with a text, which may be empty")
        return self


class ScriptedDialogue(_Model):
    name: str
    accounts: list[str] = []
    people: dict[str, Literal["owner", "member"]] = {}
    turns: list[DialogueTurn]
    finally_: dict[Literal["runs", "rehearsals", "approvals", "schedules", "webhooks", "polls"], int] = {}

    @property
    def hands_in_files(self) -> bool:
        return any(turn.files for turn in self.turns)

    @model_validator(mode="before")
    @classmethod
    def _finally(cls, data: dict[str, JsonValue]) -> dict[str, JsonValue]:
        return {("finally_" if key == "finally" else key): value for key, value in data.items()}


def read_dialogues(folder: Path = FOLDER) -> dict[str, ScriptedDialogue]:
    """All dialogues by file name, without its ending."""
    files = sorted(folder.glob("*.yaml"))
    return {file.stem: ScriptedDialogue.model_validate(yaml.safe_load(file.read_text("utf-8"))) for file in files}


def sample(name: str) -> bytes:
    """What is in a file that is handed in."""
    return (SAMPLES / name).read_bytes()


@dataclass
class Player:
    """Plays one dialogue through `send` and `look`; `count` gives the number of records of a kind."""

    send: Send
    look: Look
    count: Count
    everything: dict[str, list[Reply]] = field(default_factory=dict)
    shown: list[Reply] = field(default_factory=list)
    last: list[Reply] = field(default_factory=list)
    transcripts: list[Transcript] = field(default_factory=list)
    """What each turn was answered with, free of any surface's looks."""

    async def play(self, dialogue: ScriptedDialogue) -> None:
        """Raises AssertionError that names the turn that went otherwise."""
        for number, turn in enumerate(dialogue.turns, 1):
            place = (
                f"{dialogue.name}, turn {number} ({turn.by} {turn.user or turn.press or turn.files or 'form or look'})"
            )
            self.shown = self.everything.setdefault(turn.by, [])
            if turn.look is not None:
                self.last = await self.look(turn.by, turn.look)
            else:
                self.last = await self.send(self._content(turn, place), turn.by)
            self.shown += self.last
            self.transcripts.append(transcript_of(_parts(self.last)))
            self._check(turn.expect, place)
        for kind, expected in dialogue.finally_.items():
            found = await self.count(kind)
            assert found == expected, f"{dialogue.name}: {found} {kind} at the end, not {expected}"

    def _content(self, turn: DialogueTurn, place: str) -> Text | Press | Submit:
        if turn.user is not None:
            return Text(text=turn.user, files=tuple(HandedFile(name=name, path=name) for name in turn.files))
        if turn.press is not None:
            return Press(action=self._action(turn.press, turn.card, place))
        forms = [part for part in _parts(self.shown) if isinstance(part, FormPart)]
        assert forms, f"{place}: there is no form"
        shown: dict[str, JsonValue] = {one.name: one.value for one in forms[-1].fields}
        changes = turn.submit or {}
        assert changes.keys() <= shown.keys(), f"{place}: the form has only {sorted(shown)}"
        filled = shown | changes
        return Submit(action=forms[-1].action, fields=filled)

    def _action(self, label: str, card: int | None, place: str) -> str:
        if card is not None:
            cards = [part for part in _parts(self.shown) if isinstance(part, ProposalCard) and part.actions]
            found = [one.id for one in cards[card - 1].actions if one.label == label]
        else:
            found = [one.id for one in actions_of(self.shown) if one.label == label]
        assert found, f"{place}: no button {label!r}; the last ones are {[one.label for one in actions_of(self.last)]}"
        return found[-1]

    def _check(self, expect: Expectation, place: str) -> None:
        said = sentences(self.last)
        whole = "\n".join(said)
        assert self.last, f"{place}: no answer"
        assert any(reply.parts for reply in self.last), f"{place}: an empty answer"
        for pattern in [expect.says] if isinstance(expect.says, str) else expect.says:
            assert re.search(pattern, whole, re.IGNORECASE), f"{place}: {pattern!r} is not in {whole!r}"
        if expect.says_not:
            assert not re.search(expect.says_not, whole, re.IGNORECASE), f"{place}: {expect.says_not!r} is in {whole!r}"
        if expect.asks is not None:
            assert not self._all(ProposalCard), f"{place}: a card instead of a question"
            assert said, f"{place}: nothing is asked"
            assert re.search(expect.asks, said[-1], re.IGNORECASE), f"{place}: asks {said[-1]!r}"
        if expect.choices is not None:
            labels = [one.label for part in self._all(ChoicesPart) for one in part.choices]
            assert labels == expect.choices, f"{place}: choices are {labels}"
        self._check_parts(expect, place)

    def _check_parts(self, expect: Expectation, place: str) -> None:
        if expect.card == "none":
            assert not self._all(ProposalCard), f"{place}: there is a card"
        elif expect.card is not None:
            _check_card(self._newest(ProposalCard, place), expect.card, place)
        if expect.run is not None:
            run = self._newest(RunCard, place)
            assert run.is_rehearsal == expect.run.is_rehearsal, place
            _same(expect.run, {"title": run.title, "state": run.state}, place)
        if expect.workflow is not None:
            workflow = self._newest(WorkflowCard, place)
            schedule = workflow.schedule.words if workflow.schedule else ""
            shown = {"title": workflow.title, "state": workflow.state, "trigger": workflow.trigger_text}
            _same(expect.workflow, shown | {"schedule": schedule}, place)
        if expect.form is not None:
            form = self._newest(FormPart, place)
            _same(expect.form, {"title": form.title}, place)
            names = [one.name for one in form.fields]
            assert expect.form.fields in (None, names), f"{place}: fields are {names}"
            assert [one.name for one in form.fields if one.error] == expect.form.errors, place
        if expect.approval is not None:
            _check_approval(self._newest(ApprovalCard, place), expect.approval, place)
        if expect.listing is not None:
            listed = self._newest(ListPart, place)
            _same(expect.listing, {"title": listed.title}, place)
            titles = [item.title for item in listed.items]
            assert set(expect.listing.items) <= set(titles), f"{place}: items are {titles}"

    def _all(self, kind: type[Part]) -> list[Part]:
        return [part for part in _parts(self.last) if isinstance(part, kind)]

    def _newest(self, kind: type, place: str):  # type: ignore[no-untyped-def]  # the part of that kind
        found = self._all(kind)
        assert found, (
            f"{place}: no {kind.__name__} in {[part.kind for part in _parts(self.last)]}: {sentences(self.last)}"
        )
        return found[-1]


def _check_card(card: ProposalCard, expect: CardExpectation, place: str) -> None:
    values = {one.label: one for one in card.values}
    for label, pattern in expect.values.items():
        assert label in values, f"{place}: no value {label!r} among {sorted(values)}"
        assert re.fullmatch(pattern, values[label].value, re.DOTALL), f"{place}: {label} is {values[label].value!r}"
    for label, source in expect.sources.items():
        assert values[label].source == source, f"{place}: {label} comes from {values[label].source}"
    changed = [one.label for one in card.values if one.is_changed]
    assert expect.changed in (None, changed), f"{place}: changed are {changed}"
    times = card.schedule.next if card.schedule else []
    assert len(times) >= len(expect.next), f"{place}: next times are {times}"
    for time, beginning in zip(times, expect.next, strict=False):
        assert time.startswith(beginning), f"{place}: next times are {times}"
    labels = [one.label for one in card.actions]
    assert expect.actions in (None, labels), f"{place}: buttons are {labels}"
    shown = {
        "title": card.title,
        "state": card.state,
        "schedule": card.schedule.words if card.schedule else "",
        "trigger": card.trigger_text,
        "warnings": "\n".join(card.warnings),
        "connections": "\n".join(card.connections),
    }
    _same(expect, shown, place)


def _check_approval(card: ApprovalCard, expect: ApprovalExpectation, place: str) -> None:
    values = {one.label: one.value for one in card.fields}
    for label, pattern in expect.values.items():
        assert re.fullmatch(pattern, values[label], re.DOTALL), f"{place}: {label} is {values[label]!r}"
    people = {one.name: one.answer for one in card.approvers}
    assert expect.people in (None, people), f"{place}: people are {people}"
    labels = [one.label for one in card.actions]
    assert expect.actions in (None, labels), f"{place}: buttons are {labels}"
    shown = {"title": card.title, "question": card.question, "state": card.state, "said": card.state_text}
    _same(expect, shown | {"notes": "\n".join(card.notes)}, place)


def _same(expect: BaseModel, shown: Mapping[str, str], place: str) -> None:
    for name, text in shown.items():
        pattern = getattr(expect, name)
        assert pattern is None or re.search(pattern, text, re.IGNORECASE), (
            f"{place}: {name} is {text!r}, not {pattern!r}"
        )


def _parts(replies: Sequence[Reply]) -> list[Part]:
    return [part for reply in replies for part in reply.parts]


def sentences(replies: Sequence[Reply]) -> list[str]:
    """All that is said in words."""
    return [part.text for part in _parts(replies) if isinstance(part, (TextPart, ChoicesPart, FormPart)) and part.text]
