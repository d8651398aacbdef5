"""The interpreter port and what an interpreter is shown of the conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from agent.command import Candidate, Command
from catalog.schedule import Schedule
from catalog.workflow import Template

Outcome = Literal["match", "clarify", "none", "meta", "refuse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who speaks where, and the delivery that this turn answers: whom it is counted for, should the turn cost something."""

    person_id: str
    conversation_id: str
    turn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One message of the conversation, as far as it has words."""

    who: Literal["person", "errand"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the conversation looks like to an interpreter; secrets are not part of it.

    `locale` is the language of the conversation so far, else the person's.
    `template` is the current task's, `values` what is filled so far, `asked` the parameter just asked for
    (`schedule` for the time, `connection` while an account is awaited), `has_open_card` whether a proposal waits for a yes, `choices` the templates offered in
    the last question, in order, with `choices_text` the sentence that led to it. `schedule` is the task's so far (without
    a task: that of the automation spoken of last), and `needs_time` says that its time of day is still open ("every monday"). `is_asked`: an approval
    step's request shown here waits for this person. `turns` are the last messages before this one, oldest first, for an
    interpreter that looks back; `speaker` is none where nobody in particular speaks.
    """

    now: datetime
    zone: ZoneInfo
    locale: str = "en"
    template: Template | None = None
    values: dict[str, JsonValue] = field(default_factory=dict)
    asked: str | None = None
    has_open_card: bool = False
    choices: list[str] = field(default_factory=list)
    choices_text: str = ""
    workflow_names: list[str] = field(default_factory=list)
    schedule: Schedule | None = None
    needs_time: bool = False
    is_asked: bool = False
    turns: list[Spoken] = field(default_factory=list)
    speaker: Speaker | None = None

    @property
    def language(self) -> str:
        """The short tag: `de` of `de-AT`."""
        return self.locale.partition("-")[0].lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """One message understood: commands in order, and the matches that led to them (for cards, logs and scoring).

    `values` and `schedule` are what a wish itself says, under plain names (`to`, `channel`, `title`, …), whatever template
    it leads to and also when it leads to none.
    `note` is the key of a sentence that is said before the answer. `language` is the message's (BCP 47, short: `de`); empty when its words do not tell.
    """

    outcome: Outcome
    commands: list[Command]
    matches: list[Candidate] = field(default_factory=list)
    values: dict[str, JsonValue] = field(default_factory=dict)
    schedule: Schedule | None = None
    interpreter: Literal["offline", "llm"] = "offline"
    language: str = ""
    note: str = ""


class Interpreter(Protocol):
    """Turns one text and the conversation's view into commands. Never acts, never decides."""

    async def interpret(self, text: str, view: View) -> Interpretation: ...
