"""Routes of the person's own account and of what Errand can do."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter

from bot.web.conversation import Services, Signed
from bot.web.wire import Accounts, Me, MeChange, ShownAccount, ShownTemplate, Templates
from store.record import Person

router = APIRouter(prefix="/api", tags=["account"])
_EXAMPLES = 3


@router.get("/me")
async def show_me(signed: Signed) -> Me:
    """Who is signed in."""
    return _me(signed.person)


@router.patch("/me")
async def change_me(change: MeChange, signed: Signed, services: Services) -> Me:
    """Change the name, the time zone or the language."""
    person = replace(signed.person, **change.model_dump(exclude_none=True))
    async with services.store.begin() as records:
        await records.people.save(person)
    return _me(person)


@router.get("/accounts")
async def list_accounts(signed: Signed, services: Services) -> Accounts:
    """As whom the person is known, on each surface."""
    async with services.store.begin() as records:
        found = await records.people.accounts(signed.person.id)
    shown = [ShownAccount(surface=one.surface, account=one.external_id) for one in found]
    return Accounts(accounts=sorted(shown, key=lambda one: (one.surface, one.account)))


@router.get("/templates")
async def list_templates(_: Signed, services: Services) -> Templates:
    """What Errand can do, for the gallery: templates that it came with, and those that people saved."""
    shown = [
        ShownTemplate(
            id=template.id,
            title=template.title,
            summary=template.summary,
            category=template.category,
            services=template.services,
            asks=template.asks[:_EXAMPLES],
        )
        for template in await services.templates()
    ]
    return Templates(templates=shown)


def _me(person: Person) -> Me:
    return Me(id=person.id, name=person.name, time_zone=person.time_zone, locale=person.locale, role=person.role)
