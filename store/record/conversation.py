"""Conversations: what was said, and where records are shown as cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from core.ids import new_id
from store.record.json import JsonObject
from store.record.surface import READS_THE_LOG, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One thread of talk (`cnv`). `state` is the dialogue's state; `revision` is compared when it is saved."""

    id: str
    surface: str
    external_id: str
    person_id: str
    title: str
    state: JsonObject
    revision: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def begun(cls, *, surface: str, person_id: str, at: datetime, external_id: str = "", title: str = "") -> Self:
        """A new one, in which nothing was said. Where the surface has no id for it, its own is taken."""
        id_ = new_id("cnv")
        return cls(
            id=id_,
            surface=surface,
            external_id=external_id or id_,
            person_id=person_id,
            title=title,
            state={},
            revision=0,
            created_at=at,
            updated_at=at,
        )

    @property
    def place(self) -> Place | None:
        """Where on an outside surface it is held; none for those that read the log themselves."""
        return None if self.surface in READS_THE_LOG else Place.parse(self.surface, self.external_id)

    @property
    def is_shared(self) -> bool:
        """Whether others than its person read along."""
        return self.place is not None and not self.place.is_direct


class Author(StrEnum):
    PERSON = "person"
    ERRAND = "errand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One entry of a conversation's log (`msg`). `seq` counts from 1 in each conversation; the store assigns it.

    `parts` are what `agent.reply` defines, or references (see `reference`) that are rendered from the records each time
    they are shown. `audience` is who alone it is said to where others read along, none: everybody. `below` is the thread
    of the outside surface in which it is said, where that is no conversation of its own.
    """

    id: str
    conversation_id: str
    author: Author
    parts: list[JsonObject]
    at: datetime
    person_id: str | None = None
    seq: int = 0
    audience: str | None = None
    below: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One inbound that a surface delivered, so that a repeated delivery is recognised."""

    surface: str
    delivery_id: str
    conversation_id: str
    message_ids: list[str]
    at: datetime


class Shows(StrEnum):
    PROPOSAL = "proposal"
    RUN = "run"
    TRACE = "trace"
    FAILED = "failed"
    WORKFLOW = "workflow"
    WORKFLOWS = "workflows"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Where a proposal, run, workflow or approval request is shown, so that a change re-renders it everywhere."""

    subject: Shows
    subject_id: str
    surface: str
    conversation_id: str
    message_id: str
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Which step of which run said a text in the run's own conversation."""

    run_id: str
    step_id: str


_SOURCE = "said_by"


def said_text(text: str, said: Said | None) -> JsonObject:
    """Return the message part of a text, with what said it; none: it was sent there by name, so all of it is meant."""
    part: JsonObject = {"kind": "text", "text": text}
    return part if said is None else {**part, _SOURCE: {"run": said.run_id, "step": said.step_id}}


def said_by(part: JsonObject) -> Said | None:
    """What said a text, as far as it is noted."""
    source = part.get(_SOURCE)
    return Said(run_id=str(source.get("run")), step_id=str(source.get("step"))) if isinstance(source, dict) else None


def without_source(part: JsonObject) -> JsonObject:
    """The part as it is shown."""
    return {name: value for name, value in part.items() if name != _SOURCE} if _SOURCE in part else part


def reference(subject: Shows, subject_id: str) -> JsonObject:
    """Return the message part that stands for a proposal, run, workflow or approval request."""
    return {"kind": "reference", "subject": subject.value, "id": subject_id}
