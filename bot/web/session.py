"""Who is there: one-time sign-in links, session cookies, and the person behind a request.

A link's token is valid once and for an hour; only its hash is kept. Opening the link changes nothing: the page it
shows sends the token by POST, so that link previews sign nobody in. A session can be ended on the server.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import Response

from bot.owner import role_of_newcomer
from bot.web.failure import NotSignedInError
from bot.web.service import Signer
from bot.web.wire import is_time_zone
from core.clock import Clock
from core.errors import NotAllowedError
from core.ids import new_id
from store.port import Records, Store
from store.record import Identity, JsonObject, Person

COOKIE = "errand_session"
_LINK_AGE = timedelta(hours=1)
_SESSION_AGE = timedelta(days=30)
_LOGIN, _SESSION, _SEEN = "login", "session", "signed-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person and the session through which they are here."""

    person: Person
    session_id: str


async def make_login_link(
    *, store: Store, clock: Clock, origin: str, time_zone: str, account: str = "owner", name: str = ""
) -> str:
    """Return a one-time sign-in link for an account of the web surface; the person is made when there is none yet.

    The first of them is the owner of this Errand. `time_zone` holds until the browser tells its own, and its language, at first sign-in.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()
    async with store.begin() as records:
        person = await records.people.by_identity("web", account) or await _new_person(
            records, account=account, name=name or account, time_zone=time_zone, at=now
        )
        kept: JsonObject = {"person_id": person.id, "until": (now + _LINK_AGE).isoformat()}
        await records.memory.put(_LOGIN, _hash(token), kept, at=now)
    return f"{origin.rstrip('/')}/login?token={quote(token)}"


async def _new_person(records: Records, *, account: str, name: str, time_zone: str, at: datetime) -> Person:
    role = await role_of_newcomer(records)
    person = Person(id=new_id("usr"), name=name, time_zone=time_zone, locale="en", role=role, created_at=at)
    await records.people.add(person, Identity(surface="web", external_id=account, person_id=person.id))
    return person


class Sessions:
    """The sessions of the web surface."""

    def __init__(self, store: Store, clock: Clock, signer: Signer) -> None:
        self._store = store
        self._clock = clock
        self._signer = signer
        self._consuming = asyncio.Lock()

    async def sign_in(self, token: str, *, zone: str, language: str) -> str:
        """Consume a link's token; return the session cookie's value. `zone` and `language` are the browser's. Raises NotAllowedError."""
        now = self._clock.now()
        async with self._consuming, self._store.begin() as records:
            kept = await records.memory.get(_LOGIN, _hash(token))
            if not isinstance(kept, dict) or datetime.fromisoformat(str(kept["until"])) <= now:
                raise NotAllowedError(
                    "This sign-in link was used already or is too old.",
                    advice="Start Errand again, or ask whoever runs it for a new link.",
                )
            person_id = str(kept["person_id"])
            await records.memory.put(_LOGIN, _hash(token), None, at=now)
            await _take_profile(records, person_id, zone=zone, language=language, at=now)
            session_id = secrets.token_urlsafe(16)
            session: JsonObject = {"person_id": person_id, "until": (now + _SESSION_AGE).isoformat()}
            await records.memory.put(_SESSION, session_id, session, at=now)
        return self._signer.sign(_SESSION, session_id)

    async def find(self, cookie: str | None) -> SignedIn | None:
        """Return who holds this cookie; None when it is forged, expired or its session was ended."""
        age_s = int(_SESSION_AGE.total_seconds())
        session_id = self._signer.verify(_SESSION, cookie, age_s) if cookie else None
        if not session_id:
            return None
        async with self._store.begin() as records:
            kept = await records.memory.get(_SESSION, session_id)
            if not isinstance(kept, dict) or datetime.fromisoformat(str(kept["until"])) <= self._clock.now():
                return None
            person = await records.people.get(str(kept["person_id"]))
        return SignedIn(person=person, session_id=session_id) if person else None

    async def end(self, session_id: str) -> None:
        async with self._store.begin() as records:
            await records.memory.put(_SESSION, session_id, None, at=self._clock.now())


async def _take_profile(records: Records, person_id: str, *, zone: str, language: str, at: datetime) -> None:
    """At a person's first sign-in, take the browser's time zone and language."""
    if await records.memory.get(_SEEN, person_id):
        return
    await records.memory.put(_SEEN, person_id, True, at=at)
    person = await records.people.get(person_id)
    if person:
        known = zone if is_time_zone(zone) else person.time_zone
        await records.people.save(replace(person, time_zone=known, locale=language))


def set_cookie(response: Response, value: str, *, is_secure: bool) -> None:
    """Strict: the cookie never travels with a request that another site started, so a forged one has no session."""
    response.set_cookie(
        COOKIE,
        value,
        max_age=int(_SESSION_AGE.total_seconds()),
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="strict",
    )


def clear_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


async def signed_in(connection: HTTPConnection) -> SignedIn:
    """The person behind a request. Raises NotSignedInError."""
    sessions: Sessions = connection.app.state.sessions
    found = await sessions.find(connection.cookies.get(COOKIE))
    if found is None:
        raise NotSignedInError
    return found


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
