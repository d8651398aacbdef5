"""Commands for what is between people: approvals, groups, and accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from store.record import Shows, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerApproval:
    """A yes or no to what an approval step asks. A button carries id and digest; typed words mean the one shown here."""

    verdict: Verdict
    request_id: str | None = None
    digest: str | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditApproval:
    """Change fields of what an approval step asks; `fields` come from its form, none: show the form."""

    request_id: str | None = None
    digest: str | None = None
    fields: dict[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Let somebody else answer what an approval step asks; `to` is what they are called, none: ask for it."""

    request_id: str | None = None
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowValues:
    """Show a card's private values to whoever asks, alone: of a proposal, or of what an approval step asks."""

    subject: Literal[Shows.PROPOSAL, Shows.APPROVAL]
    subject_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGroup:
    """Add a person to a named group, or take them out of it."""

    verb: Literal["add", "remove"]
    group: str
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowGroup:
    """Who is in a group; none: which groups there are."""

    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Connect an account. `fields` come from its form; none: show the form."""

    connector: str
    fields: dict[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    connector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Make this account and one elsewhere the same person's: a code that was given there was typed, or the question after it
    was answered with yes (`token`); neither: give a code.
    """

    code: str = ""
    token: str = ""
