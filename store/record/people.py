"""People, their accounts on surfaces, their groups, and their stored credentials."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from store.record.json import JsonObject


class Role(StrEnum):
    OWNER = "owner"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who uses Errand (`usr`). `time_zone` is an IANA name, `locale` a BCP 47 tag."""

    id: str
    name: str
    time_zone: str
    locale: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One account on one surface that belongs to a person."""

    surface: str
    external_id: str
    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMember:
    """One person's membership of a named group, e.g. of those who approve payments."""

    group: str
    person_id: str
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Stored credentials (`con`) of a person for a connector. `secret` is ciphertext; `public` may be shown."""

    id: str
    person_id: str
    connector: str
    name: str
    public: JsonObject
    secret: bytes
    created_at: datetime
    updated_at: datetime
