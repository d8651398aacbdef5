"""Turns what was said about saved workflows, runs, accounts and Errand itself into commands. Knows no task."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Literal

from rapidfuzz import fuzz, process

from agent.command import (
    AnswerApproval,
    AnswerCheck,
    CannotHandle,
    Command,
    Connect,
    ControlFailed,
    ControlRun,
    ControlTemplate,
    ControlWorkflow,
    Disconnect,
    EditWorkflow,
    Forget,
    Replay,
    Tell,
    Topic,
    Undo,
)
from agent.interpreter import View
from agent.offline import calibration
from agent.offline.approval import read_group
from agent.offline.intent import Meaning
from agent.offline.lexicon.words import intent_words, sentence_words
from agent.offline.saved import read_name
from store.record import Verdict

_TOPICS = {
    "help": Topic.HELP, "abilities": Topic.ABILITIES, "runs": Topic.RUNS, "status": Topic.STATUS,
    "connections": Topic.CONNECTIONS, "who_approves": Topic.WHO_APPROVES, "approvals": Topic.APPROVALS,
    "question_asked": Topic.QUESTION,
    "what_now": Topic.WHAT_NOW, "greeting": Topic.GREETING, "thanks": Topic.THANKS,
}  # fmt: skip
_ALONE: dict[str, Command] = {
    "small_talk": CannotHandle(reason="small_talk"),
    "it_happened": AnswerCheck(answer="done"),
    "undo": Undo(),
    "forget_learned": Forget(),
    "cancel_all": ControlRun(verb="cancel", is_all=True),
    "trace": ControlRun(verb="trace"),
    "replay": Replay(),
    "replay_input": Replay(is_editing=True),
    "failed": ControlFailed(verb="list"),
    "approve": AnswerApproval(verdict=Verdict.YES),
    "decline": AnswerApproval(verdict=Verdict.NO),
}
_TEMPLATE_VERBS: dict[str, Literal["save", "replace", "rename", "delete"]] = {
    "save_template": "save", "replace_template": "replace", "rename_template": "rename", "delete_template": "delete",
}  # fmt: skip
OF_SHELF = {*_TEMPLATE_VERBS, "forget_learned"}
"""Said of templates and of what was learned: never of the card that is open."""
_VERBS: dict[str, Literal["pause", "resume", "delete", "run", "show", "steps", "history", "rename"]] = {
    "pause": "pause", "resume": "resume", "delete": "delete", "run_now": "run", "show_workflow": "show",
    "next_run": "show", "steps": "steps", "history": "history", "rename": "rename",
}  # fmt: skip
_ONLY_KNOWN = {"delete", "show_workflow"}
"""Said of many things: these need a name that is known, or the word “workflow”."""
_RUNS: dict[str, Literal["cancel", "retry", "status", "explain"]] = {
    "cancel_run": "cancel", "retry": "retry", "run_status": "status", "explain_failure": "explain",
}  # fmt: skip
_PUZZLED = ("what's", "what is", "what does", "what do you mean", "huh", "pardon", "explain", "i don't", "i do not")
_ACCOUNT_WORDS = ("account", "connection", "access", "integration", "login")


class ControlReader:
    """Knows which accounts can be connected."""

    def __init__(self, connectors: Collection[str]) -> None:
        self._connectors = {name: name for name in connectors}
        for name, words in intent_words().connector_names.items():
            if name in connectors or not connectors:
                self._connectors.update(dict.fromkeys(words, name))
        self._readers: Mapping[str, Callable[[Meaning, View], Command | None]] = {
            "connect": self._connect,
            "disconnect": self._disconnect,
            "workflows": _workflows,
            "able": _able,
            "edit_saved": _edit_saved,
            "reject_with": _reject,
            "retry_all": _retry_all,
            **dict.fromkeys(_VERBS, _control),
            **dict.fromkeys(_TEMPLATE_VERBS, _of_shelf),
            **dict.fromkeys(_RUNS, _run),
        }

    def read(self, meanings: list[Meaning], view: View) -> list[Command] | None:
        """Commands for the first meaning that holds here, or none."""
        for meaning in meanings:
            command = self._command(meaning, view)
            if command is not None:
                return [command]
        return None

    def _command(self, meaning: Meaning, view: View) -> Command | None:
        intent = meaning.intent
        if intent == "question_asked" and view.template is None:
            return Tell(topic=Topic.WHAT_NOW) if meaning.text.startswith(_PUZZLED) else None
        if intent in _TOPICS:
            return Tell(topic=_TOPICS[intent])
        if intent in _ALONE:
            return _ALONE[intent]
        if intent.startswith("group"):
            return read_group(meaning)
        read = self._readers.get(intent)
        return read(meaning, view) if read else None

    def _connect(self, meaning: Meaning, _: View) -> Command | None:
        said = meaning.said.get("connector", "")
        known = self._connector(said)
        return Connect(connector=known or said) if known or _speaks_of_account(meaning) else None

    def _disconnect(self, meaning: Meaning, _: View) -> Command | None:
        said = meaning.said.get("connector", "")
        known = self._connector(said)
        return Disconnect(connector=known or said) if known or _speaks_of_account(meaning) else None

    def _connector(self, said: str) -> str | None:
        low = said.lower().strip()
        if low in self._connectors:
            return self._connectors[low]
        found = process.extractOne(low, list(self._connectors), scorer=fuzz.ratio, score_cutoff=calibration.NAME_RATIO)
        return self._connectors[found[0]] if found else None


def _of_shelf(meaning: Meaning, _: View) -> Command:
    name, to = meaning.slots.get("name"), meaning.slots.get("to")
    return ControlTemplate(verb=_TEMPLATE_VERBS[meaning.intent], name=name, to=to)


def names_workflow(meaning: Meaning, view: View) -> bool:
    """Whether an automation that there is gets something done to it, by its name."""
    name = meaning.slots.get("name", "").strip().casefold()
    return meaning.intent in _VERBS and name in {known.casefold() for known in view.workflow_names}


def _speaks_of_account(meaning: Meaning) -> bool:
    """Whether an account that cannot be connected here is meant all the same, so that this is said."""
    said = meaning.said.get("connector", "")
    words = said.split()
    is_name = len(words) <= 3 and not set(words) & set(sentence_words().prepositions)  # noqa: PLR2004  # “google calendar”, not “a card to trello”
    is_named = any(service in said for service in sentence_words().services)
    return is_name and (is_named or any(word in meaning.text for word in _ACCOUNT_WORDS))


def _workflows(meaning: Meaning, _: View) -> Command:
    said = meaning.said.get("state", "")
    for state, words in intent_words().states.items():
        if said in words:
            return Tell(topic=Topic.WORKFLOWS, state=state)
    return Tell(topic=Topic.WORKFLOWS)


def _able(meaning: Meaning, _: View) -> Command:
    return Tell(topic=Topic.ABILITIES, about=meaning.slots.get("about", "").strip())


def _reject(meaning: Meaning, _: View) -> Command | None:
    """A no with its reason, said with a word that leaves no doubt."""
    is_plain = meaning.text.startswith(("reject", "declin", "den", "refus", "i "))
    comment = meaning.slots.get("comment", "").strip()
    return AnswerApproval(verdict=Verdict.NO, comment=comment) if is_plain else None


def _retry_all(meaning: Meaning, _: View) -> Command:
    return ControlFailed(verb="retry", words=meaning.slots.get("name"))


def _control(meaning: Meaning, view: View) -> Command | None:
    said = meaning.said.get("name", "")
    is_sure = (meaning.intent == "next_run" and "next" in meaning.text) or meaning.intent == "rename"
    name = read_name(meaning, view, is_sure=is_sure, takes_work=meaning.intent not in _ONLY_KNOWN) if said else ""
    if name is None or (meaning.intent in {"pause", "resume", "run_now", "delete"} and not said):
        return None
    to = meaning.slots.get("value", "").strip(" \"'“”‘’`") or None
    return ControlWorkflow(
        verb=_VERBS[meaning.intent], name=name or None, to=to if meaning.intent == "rename" else None
    )


def _run(meaning: Meaning, view: View) -> Command | None:
    verb, said, run_id = _RUNS[meaning.intent], meaning.said.get("name", ""), meaning.slots.get("id")
    if run_id is not None or not said:
        is_any_failure = verb == "explain" and run_id is None
        return Tell(topic=Topic.EXPLAIN_FAILURE) if is_any_failure else ControlRun(verb=verb, run_id=run_id)
    name = read_name(meaning, view, is_sure=verb == "cancel")
    return None if name is None else ControlRun(verb=verb, name=name or None)


def _edit_saved(meaning: Meaning, view: View) -> Command | None:
    """A change of an automation by its name; what is to be changed is read once it is known which."""
    name = read_name(meaning, view)
    if not name:
        return None
    value, param = meaning.slots.get("value", "").strip(), meaning.said.get("param", "").strip()
    return EditWorkflow(name=name, change=f"change the {param} to {value}" if param and value else value)
