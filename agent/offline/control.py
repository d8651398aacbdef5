"""Turns what was said about saved workflows, runs, accounts and Errand itself into commands. Knows no task."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Literal

from rapidfuzz import fuzz, process, utils

from agent.command import (
    AnswerCheck,
    CannotHandle,
    Command,
    Connect,
    ControlFailed,
    ControlRun,
    ControlTemplate,
    ControlWorkflow,
    Disconnect,
    Forget,
    Replay,
    Tell,
    Topic,
)
from agent.interpreter import View
from agent.offline import calibration
from agent.offline.approval import read_group
from agent.offline.intent import Meaning
from agent.offline.lexicon.words import intent_words, sentence_words

_TOPICS = {
    "help": Topic.HELP, "abilities": Topic.ABILITIES, "workflows": Topic.WORKFLOWS, "runs": Topic.RUNS,
    "status": Topic.STATUS, "connections": Topic.CONNECTIONS, "explain_failure": Topic.EXPLAIN_FAILURE,
    "what_now": Topic.WHAT_NOW, "greeting": Topic.GREETING, "thanks": Topic.THANKS,
}  # fmt: skip
_VERBS: dict[str, Literal["pause", "resume", "delete", "run", "show"]] = {
    "pause": "pause", "resume": "resume", "delete": "delete", "run_now": "run", "show_workflow": "show",
}  # fmt: skip
_RUNS: dict[str, Callable[[Mapping[str, str]], Command]] = {
    "cancel_run": lambda slots: ControlRun(verb="cancel", run_id=slots.get("id")),
    "retry": lambda slots: ControlRun(verb="retry", run_id=slots.get("id")),
    "trace": lambda _: ControlRun(verb="trace"),
    "replay": lambda _: Replay(),
    "replay_input": lambda _: Replay(is_editing=True),
    "failed": lambda _: ControlFailed(verb="list"),
    "retry_all": lambda slots: ControlFailed(verb="retry", words=slots.get("name")),
}
_TEMPLATE_VERBS: dict[str, Literal["save", "replace", "rename", "delete"]] = {
    "save_template": "save", "replace_template": "replace", "rename_template": "rename", "delete_template": "delete",
}  # fmt: skip
OF_SHELF = {*_TEMPLATE_VERBS, "forget_learned"}
"""Said of templates and of what was learned: never of the card that is open."""
_LAST_ONE = {"it", "that", "this", "this one", "that one", "the last one", "last one"}
_TAKEN_BY_NAME = {"pause", "resume"}
"""Hardly said of anything but a workflow; what they name need not be known to us to be understood."""


class ControlReader:
    """Knows which accounts can be connected."""

    def __init__(self, connectors: Collection[str]) -> None:
        self._connectors = {name: name for name in connectors}
        for name, words in intent_words().connector_names.items():
            if name in connectors or not connectors:
                self._connectors.update(dict.fromkeys(words, name))

    def read(self, meanings: list[Meaning], view: View) -> list[Command] | None:
        """Commands for the first meaning that holds here, or none."""
        for meaning in meanings:
            command = self._command(meaning, view)
            if command is not None:
                return [command]
        return None

    def _command(self, meaning: Meaning, view: View) -> Command | None:  # noqa: PLR0911  # one return for each meaning
        slots = meaning.slots
        match meaning.intent:
            case intent if intent in _TOPICS:
                return Tell(topic=_TOPICS[intent])
            case intent if intent in _RUNS:
                return _RUNS[intent](slots)
            case intent if intent in OF_SHELF:
                return _of_shelf(meaning)
            case "small_talk":
                return CannotHandle(reason="small_talk")
            case "it_happened":
                return AnswerCheck(answer="done")
            case intent if intent in _VERBS:
                return _control(meaning, view)
            case intent if intent.startswith("group"):
                return read_group(meaning)
            case "connect":
                connector = self._connector(meaning.said.get("connector", ""))
                return Connect(connector=connector) if connector else None
            case "disconnect":
                said = meaning.said.get("connector", "")
                return Disconnect(connector=self._connector(said) or said)
            case _:
                return None

    def _connector(self, said: str) -> str | None:
        low = said.lower().strip()
        if low in self._connectors:
            return self._connectors[low]
        found = process.extractOne(low, list(self._connectors), scorer=fuzz.ratio, score_cutoff=calibration.NAME_RATIO)
        return self._connectors[found[0]] if found else None


def _of_shelf(meaning: Meaning) -> Command:
    if meaning.intent not in _TEMPLATE_VERBS:
        return Forget()
    name, to = meaning.slots.get("name"), meaning.slots.get("to")
    return ControlTemplate(verb=_TEMPLATE_VERBS[meaning.intent], name=name, to=to)


def _control(meaning: Meaning, view: View) -> Command | None:
    verb, name = _VERBS[meaning.intent], meaning.slots.get("name", "").strip()
    said = meaning.said.get("name", "")
    if said in _LAST_ONE or said in intent_words().control_nouns:
        return ControlWorkflow(verb=verb)
    known = closest(name, view.workflow_names) or closest(said, view.workflow_names)
    if known is not None or (meaning.intent == "show_workflow" and meaning.is_command):
        return ControlWorkflow(verb=verb, name=known or name)
    words = set(said.split())
    speaks_of_workflow = bool(words & intent_words().control_nouns)
    if speaks_of_workflow and not words & {"new"}:
        kept = " ".join(word for word in name.split() if word.lower() not in intent_words().control_nouns)
        return ControlWorkflow(verb=verb, name=kept or None)
    is_plain = len(words) <= 5 and not words & {"music", "lights", "light", "volume"}  # noqa: PLR2004  # a name is short
    if (
        verb in _TAKEN_BY_NAME
        and is_plain
        and not words <= sentence_words().small_words
        and words & {"thing", *_kinds_of_work()}
    ):
        return ControlWorkflow(verb=verb, name=name)
    return None


def _kinds_of_work() -> set[str]:
    """Words by which people speak of what an automation makes."""
    return {
        "report",
        "digest",
        "backup",
        "email",
        "emails",
        "check",
        "alert",
        "alerts",
        "standup",
        "post",
        "posts",
        "monitor",
        "watch",
    }


def closest(said: str, names: list[str]) -> str | None:
    """The saved name that is meant, or none."""
    if not names or not said:
        return None
    found = process.extractOne(
        said, names, scorer=fuzz.token_set_ratio, processor=utils.default_process, score_cutoff=calibration.NAME_RATIO
    )
    return found[0] if found else None
