"""The frozen version that a run executes, and whether anybody said yes to exactly it. Executes nothing.

What was verified once stays true (versions never change, a yes is never taken back), so it is kept in memory.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from catalog.flow import Flow
from catalog.proposal import ProposalContent
from core.canonical import digest
from core.clock import Clock
from core.errors import ErrandError
from store.port import Store
from store.record import Run

_KEPT = 256
_ZONE_S = 60.0

Key = tuple[str, int, str]


class NotApprovedError(ErrandError):
    """Nobody said yes to exactly this, so nothing of it was executed."""

    cause = "not approved"
    advice = "Ask for it again and confirm the new card."


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A verified version. `is_approved` is asked of everything but rehearsals."""

    content: ProposalContent
    flow: Flow
    is_approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _KnownZone:
    zone: ZoneInfo
    until_s: float


class FrozenVersions:
    """Loads and verifies versions, and knows the time zones of their owners."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._versions: OrderedDict[Key, Frozen] = OrderedDict()
        self._zones: OrderedDict[str, _KnownZone] = OrderedDict()

    async def of(self, run: Run) -> Frozen:
        """Return what the run executes.

        Raises NotApprovedError when its content is not what its digest covers, or has no yes.
        """
        key = (run.workflow_id, run.version, run.digest)
        frozen = self._versions.get(key)
        if frozen is None or not (frozen.is_approved or run.is_rehearsal):
            frozen = await self._load(run)
            self._versions[key] = frozen
            if len(self._versions) > _KEPT:
                self._versions.popitem(last=False)
        self._versions.move_to_end(key)
        if not (frozen.is_approved or run.is_rehearsal):
            raise NotApprovedError
        return frozen

    async def zone_of(self, person_id: str) -> ZoneInfo:
        """The person's time zone, at most a minute old; UTC when it is not known here."""
        now_s = self._clock.monotonic_s()
        known = self._zones.get(person_id)
        if known is None or known.until_s <= now_s:
            async with self._store.begin() as records:
                person = await records.people.get(person_id)
            known = _KnownZone(zone=_zone(person.time_zone if person else "UTC"), until_s=now_s + _ZONE_S)
            self._zones[person_id] = known
            if len(self._zones) > _KEPT:
                self._zones.popitem(last=False)
        return known.zone

    async def _load(self, run: Run) -> Frozen:
        async with self._store.begin() as records:
            version = await records.workflows.version(run.workflow_id, run.version)
            is_approved = await records.proposals.has_yes(run.digest)
        # The digest is taken over what is stored, not over what this version of Errand makes of it.
        if version is None or not run.digest == version.digest == digest(version.content):
            raise NotApprovedError("What was approved is not what this run would execute.")
        try:
            content = ProposalContent.model_validate(version.content)
        except ValidationError as error:
            raise NotApprovedError("The saved workflow cannot be read any more.") from error
        if (content.workflow_id, content.version) != (run.workflow_id, run.version):
            raise NotApprovedError("What was approved is not what this run would execute.")
        return Frozen(content=content, flow=Flow(content.workflow), is_approved=is_approved)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
