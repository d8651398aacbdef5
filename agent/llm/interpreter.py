"""The interpreter that asks a language model what a message means, and has the rules beside it: they go first, they say what a
yes is, and they take the turn whenever the model gives nothing that can be used. Never acts, never decides.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from agent.command import (
    AnswerApproval,
    AnswerCheck,
    Cancel,
    Candidate,
    CannotHandle,
    Clarify,
    Command,
    Confirm,
    Decline,
    Start,
    Tell,
    Topic,
)
from agent.interpreter import Interpretation, Interpreter, Outcome, View
from agent.llm.asking import Asking
from agent.llm.composer import Composer
from agent.llm.prompt import repair_lines, understand_prompt
from agent.llm.proof import Proof
from agent.llm.softening import soften
from agent.llm.vocabulary import Compose, answer_schema, read_answer
from agent.mention import asked_about
from catalog.retrieval.port import Retriever
from catalog.workflow import Template
from store.record import Purpose

_log = logging.getLogger(__name__)

_CANDIDATES = 8
_TRIES = 2
_ANSWER_TOKENS = 1500
_SHORT_WORDS = 6
_VERDICTS = (Confirm, Decline, Cancel, AnswerApproval, AnswerCheck)
_PLEASANTRIES = {Topic.GREETING, Topic.THANKS, Topic.HELP}
_REMEMBERED = 10_000


class LlmInterpreter:
    """Has the model read what the rules have not settled. `timeout_s` is for one message, a second try included."""

    def __init__(
        self,
        *,
        offline: Interpreter,
        asking: Asking,
        retriever: Retriever,
        templates: Mapping[str, Template],
        connectors: Collection[str],
        composer: Composer,
        timeout_s: float,
    ) -> None:
        self._offline = offline
        self._asking = asking
        self._retriever = retriever
        self._templates = templates
        self._connectors = connectors
        self._composer = composer
        self._timeout_s = timeout_s
        self._told: set[tuple[str, date]] = set()

    async def interpret(self, text: str, view: View) -> Interpretation:
        """Commands for one message, in little more than the time limit. Never raises on what people or models write."""
        read = await self._offline.interpret(text, view)
        if _is_settled(text, view, read) or self._asking.is_resting:
            return read
        if await self._asking.is_spent(view.speaker):
            return replace(read, note=self._note(view))
        said = await self._said(text, view, read)
        commands = await self._composed(text, view, said) if said else None
        if not commands:
            return read
        softened = soften(commands, read.commands)
        understood = replace(
            read,
            outcome=_outcome(softened),
            commands=softened,
            matches=_matches(softened, read),
            interpreter="llm",
        )
        return understood if view.choices else asked_about(understood, text)

    async def _said(self, text: str, view: View, read: Interpretation) -> list[Command | Compose] | None:
        """What the model makes of it; asked a second time with what was wrong, then no more."""
        own = {one.template_id: one for one in _own(read)}
        known = {**self._templates, **{name: one.template for name, one in own.items() if one.template}}
        lines = understand_prompt(text, view, await self._candidates(text, view, read, known), self._connectors)
        written = "\n".join([text, view.choices_text, *(one.text for one in view.turns if one.who == "person")])
        proof = Proof(templates=known, connectors=self._connectors, view=view, written=written)
        until = self._asking.until(self._timeout_s)
        for _ in range(_TRIES):
            answer = await self._asking.structured(
                Purpose.UNDERSTAND,
                lines,
                schema=answer_schema(),
                limit_tokens=_ANSWER_TOKENS,
                until=until,
                speaker=view.speaker,
            )
            if answer is None or answer.is_refusal:
                return None
            said = read_answer(answer.value, text) if answer.value is not None else None
            problems = [answer.problem] if said is None else said.problems or proof.problems(said.commands)
            if said is not None and not problems:
                return [_as_read(one, own) for one in said.commands]
            _log.info("the model's commands do not fit: %s", "; ".join(problems))
            lines = repair_lines(lines, answer.value, problems)
        return None

    async def _candidates(
        self, text: str, view: View, read: Interpretation, known: Mapping[str, Template]
    ) -> list[Template]:
        """The templates that may be meant, each once, the likeliest first."""
        found = await self._retriever.search(text[:500], limit=_CANDIDATES)
        ids = [
            *(one.template_id for one in _own(read)),
            *view.choices,
            *(one.template_id for one in read.matches[:_CANDIDATES]),
            *(one.template_id for one in found),
        ]
        return [known[one] for one in dict.fromkeys(ids) if one in known][: 2 * _CANDIDATES]

    async def _composed(self, text: str, view: View, said: Sequence[Command | Compose]) -> list[Command] | None:
        """The commands, with a workflow in place of the wish for one; none when it could not be written."""
        commands: list[Command] = []
        for one in said:
            if not isinstance(one, Compose):
                commands.append(one)
            elif (start := await self._composer.compose(text, view)) is not None:
                commands.append(start)
            else:
                return None
        return commands

    def _note(self, view: View) -> str:
        """The budget's end is told once a day in each conversation."""
        if view.speaker is None:
            return ""
        key = (view.speaker.conversation_id, view.now.date())
        if key in self._told:
            return ""
        if len(self._told) >= _REMEMBERED:
            self._told.clear()
        self._told.add(key)
        return "model.spent"


def _is_settled(text: str, view: View, read: Interpretation) -> bool:
    """Whether the rules' reading stands without asking: a refusal, a short yes or no, a choice that was offered, a greeting."""
    if read.outcome == "refuse" or not read.commands:
        return True
    if view.choices and _own(read):
        return True
    if len(text.split()) > _SHORT_WORDS:
        return False
    return all(
        isinstance(one, _VERDICTS) or (isinstance(one, Tell) and one.topic in _PLEASANTRIES) for one in read.commands
    )


def _own(read: Interpretation) -> list[Start]:
    return [one for one in read.commands if isinstance(one, Start)]


def _as_read(command: Command | Compose, own: Mapping[str, Start]) -> Command | Compose:
    """A workflow that the rules composed or adapted travels with the command that begins it, as does what they left out."""
    if isinstance(command, Start) and (read := own.get(command.template_id)) is not None:
        return replace(command, template=read.template, left_out=command.left_out or read.left_out)
    return command


def _outcome(commands: Sequence[Command]) -> Outcome:
    if any(isinstance(one, Start) for one in commands):
        return "match"
    if any(isinstance(one, Clarify) for one in commands):
        return "clarify"
    reasons = [one.reason for one in commands if isinstance(one, CannotHandle)]
    if len(reasons) < len(commands):
        return "meta"
    return "refuse" if "unsafe" in reasons else "none"


def _matches(commands: Sequence[Command], read: Interpretation) -> list[Candidate]:
    """The model's choice first, then what was retrieved."""
    chosen = [Candidate(template_id=one.template_id, score=1.0) for one in commands if isinstance(one, Start)]
    chosen += [one for command in commands if isinstance(command, Clarify) for one in command.candidates]
    ids = {one.template_id for one in chosen}
    return [*chosen, *(one for one in read.matches if one.template_id not in ids)]
