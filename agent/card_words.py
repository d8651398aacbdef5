"""The fixed words of the cards, so that every surface shows them in the language of the conversation. Knows no record."""

from __future__ import annotations

from typing import Literal

from agent.phrases import Phrases

_TRIES = ("steps", "try_n", "of_n", "advice")
_WORDS = {
    "proposal": (
        "message", "default", "answer", "edit", "suggestion", "changed", "nothing", "read", "idempotent", "once",
        "read_hint", "idempotent_hint", "once_hint", "warns", "steps_one", "steps_other", "uses", "shown_before", "note",
        "next", "copy",
    ),
    "run": ("run_of", *_TRIES),
    "trace": (
        *_TRIES, "started_by", "tries_n", "not_reached", "item_n", "given", "result", "would_send", "key", "left_out",
    ),
    "workflow": ("runs_one", "runs_other", "never_ran", "next", "copy"),
    "approval": ("unanswered", "yes", "no", "nothing", "editable", "people", "you", "of_n"),
}  # fmt: skip


def card_words(phrases: Phrases, kind: Literal["proposal", "run", "trace", "workflow", "approval"]) -> dict[str, str]:
    """The words of one sort of card by their plain names. `{n}`, `{total}` and `{name}` in them are the surface's to fill."""
    return {name: phrases.plain(f"word.{name}", n="{n}", total="{total}", name="{name}") for name in _WORDS[kind]}
