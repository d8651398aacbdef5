"""Answers to approval requests: votes, edits, hand-overs, and the end of what nobody answered.

Each works in its caller's transaction under the request's lock and saves by compare-and-set, so that of several answers at
one moment, from whatever processes, the first one decides and the others learn who did. A decision and the signal that
tells the run are one transaction. Talks to nobody; the run still has to be woken.

One no decides. A yes counts for the digest that was shown; when as many approvers as the quorum said yes to the same one,
it is approved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from core.canonical import digest as digest_over
from core.errors import StaleError
from core.ids import new_id
from store.port import Records
from store.record import Approval, ApprovalRequest, AuditEvent, JsonObject, Person, RequestState, Signal, Verdict

SHORTEST_DIGEST = 12
"""A button carries at least so much of the digest."""


class Refusal(StrEnum):
    """Why an answer does not count."""

    UNKNOWN = "unknown"
    OVER = "over"
    NOT_ASKED = "not_asked"
    CHANGED = "changed"
    TWICE = "twice"
    FIXED = "fixed"
    SAME = "same"
    SELF = "self"
    ASKED_TOO = "asked_too"
    REQUESTER = "requester"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerer:
    """Who answers, where, when."""

    person: Person
    surface: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of an answer: the request as it is now, and why the answer does not count, if so."""

    request: ApprovalRequest | None
    refusal: Refusal | None = None


def request_digest(request_id: str, prompt: str, fields: Mapping[str, JsonValue]) -> str:
    """What a yes is bound to. Never the digest of a workflow: a yes to a step is no yes to the workflow."""
    return digest_over({"approval_request": request_id, "prompt": prompt, "fields": dict(fields)})


def yeses(request: ApprovalRequest, approvals: Sequence[Approval]) -> list[Approval]:
    """The yeses that count: to what is asked now, of people who are asked, one of each."""
    counting = {
        one.person_id: one
        for one in approvals
        if one.digest == request.digest and one.verdict is Verdict.YES and one.person_id in request.approvers
    }
    return list(counting.values())


async def vote(
    records: Records, request_id: str, *, by: Answerer, digest: str, verdict: Verdict, comment: str = ""
) -> Decision:
    """Take a yes or a no to what was shown under `digest`."""
    held = await _held(records, request_id, by)
    request = held.request
    if request is None or held.refusal:
        return held
    if not is_shown(request, digest):
        return Decision(request=request, refusal=Refusal.CHANGED)
    given = await records.proposals.approvals(request.id)
    if verdict is Verdict.YES and by.person.id in {one.person_id for one in yeses(request, given)}:
        return Decision(request=request, refusal=Refusal.TWICE)
    approval = Approval(
        id=new_id("apv"),
        subject_id=request.id,
        digest=request.digest,
        verdict=verdict,
        person_id=by.person.id,
        surface=by.surface,
        at=by.at,
        comment=comment,
    )
    await records.proposals.add_approval(approval)
    await _audit(records, request, by, f"approval-{verdict.value}", {"comment": comment} if comment else {})
    if verdict is Verdict.NO:
        return await _decide(records, request, RequestState.REJECTED, by)
    if len(yeses(request, [*given, approval])) >= request.quorum:
        return await _decide(records, request, RequestState.APPROVED, by)
    return Decision(request=await _save(records, request))


async def edit(
    records: Records, request_id: str, *, by: Answerer, digest: str, fields: Mapping[str, JsonValue]
) -> Decision:
    """Change fields that may be changed. Yeses so far were to something else and no longer count."""
    held = await _held(records, request_id, by)
    request = held.request
    if request is None or held.refusal:
        return held
    if not is_shown(request, digest):
        return Decision(request=request, refusal=Refusal.CHANGED)
    if not set(fields) <= set(request.editable):
        return Decision(request=request, refusal=Refusal.FIXED)
    changed = request.fields | dict(fields)
    new_digest = request_digest(request.id, request.prompt, changed)
    if new_digest == request.digest:
        return Decision(request=request, refusal=Refusal.SAME)
    before: JsonObject = {name: request.fields[name] for name in fields}
    await _audit(records, request, by, "approval-edit", {"before": before, "after": dict(fields)})
    return Decision(
        request=await _save(records, replace(request, fields=changed, digest=new_digest, edited_by=by.person.id))
    )


async def hand_over(records: Records, request_id: str, *, by: Answerer, to: Person) -> Decision:
    """Let somebody else answer in one's place. Nobody gets a second part, and four eyes stay four."""
    held = await _held(records, request_id, by)
    request = held.request
    if request is None or held.refusal:
        return held
    given = yeses(request, await records.proposals.approvals(request.id))
    refusal = _no_heir(request, by.person.id, to.id, {one.person_id for one in given})
    if refusal:
        return Decision(request=request, refusal=refusal)
    approvers = [to.id if one == by.person.id else one for one in request.approvers]
    handed_over = {name: giver for name, giver in request.handed_over.items() if name != by.person.id}
    await _audit(records, request, by, "approval-hand-over", {"to": to.id})
    saved = await _save(records, replace(request, approvers=approvers, handed_over=handed_over | {to.id: by.person.id}))
    await records.runs.signal(_signal(saved, by, f"approval-news:{new_id('sig')}"))  # a worker shows it to them
    return Decision(request=saved)


async def expire(records: Records, request: ApprovalRequest, *, at: datetime) -> ApprovalRequest:
    """End a request that is held, because nobody decided in time."""
    ended = await _save(records, replace(request, state=RequestState.EXPIRED, decided_at=at))
    await records.audit.add(
        AuditEvent(
            id=new_id("aud"),
            at=at,
            person_id=None,
            verb="approval-expired",
            subject_id=request.id,
            detail={"run": request.run_id, "step": request.step_id},
        )
    )
    return ended


async def cancel(records: Records, request: ApprovalRequest, *, at: datetime) -> ApprovalRequest:
    """End a request that is held, because its run is over."""
    return await _save(records, replace(request, state=RequestState.CANCELLED, decided_at=at))


async def _held(records: Records, request_id: str, by: Answerer) -> Decision:
    """The request under its lock, refused to whom may not answer it, or not any more."""
    request = await records.approval_requests.lock(request_id)
    if request is None:
        return Decision(request=None, refusal=Refusal.UNKNOWN)
    if by.person.id not in request.approvers:
        return Decision(request=request, refusal=Refusal.NOT_ASKED)
    if request.state is RequestState.OPEN and request.expires_at is not None and request.expires_at <= by.at:
        request = await expire(records, request, at=by.at)
        await records.runs.signal(_signal(request, by, _answered(request)))
    elif request.state is RequestState.OPEN and await _is_stopped(records, request):
        request = await cancel(records, request, at=by.at)
    if request.state is not RequestState.OPEN:
        return Decision(request=request, refusal=Refusal.OVER)
    return Decision(request=request)


async def _is_stopped(records: Records, request: ApprovalRequest) -> bool:
    """Whether its run is over, or will be as soon as a worker looks at it."""
    run = await records.runs.get(request.run_id)
    return run is None or run.state.is_final or run.is_cancelling


async def _decide(records: Records, request: ApprovalRequest, state: RequestState, by: Answerer) -> Decision:
    """Tell the run; one that is over needs no decision any more."""
    if not await records.runs.signal(_signal(request, by, _answered(request))):
        return Decision(request=await cancel(records, request, at=by.at), refusal=Refusal.OVER)
    decided = replace(request, state=state, decided_at=by.at, decided_by=by.person.id)
    return Decision(request=await _save(records, decided))


def _no_heir(request: ApprovalRequest, giver: str, heir: str, answered: set[str]) -> Refusal | None:
    if giver in answered:
        return Refusal.TWICE
    if giver == heir:
        return Refusal.SELF
    if heir in request.approvers:
        return Refusal.ASKED_TOO
    return Refusal.REQUESTER if heir in request.excluded else None


def is_shown(request: ApprovalRequest, digest: str) -> bool:
    """Whether this digest, or so much of it as a button carries, is of what is asked now."""
    return len(digest) >= SHORTEST_DIGEST and request.digest.startswith(digest)


async def _save(records: Records, request: ApprovalRequest) -> ApprovalRequest:
    if not await records.approval_requests.save(request):
        raise StaleError("Somebody else answered at the same moment.")
    return replace(request, revision=request.revision + 1)


def _answered(request: ApprovalRequest) -> str:
    """The signal's name is the same for all answers to one request: a run hears of one decision only."""
    return f"approval:{request.item}:{request.number}"


def _signal(request: ApprovalRequest, by: Answerer, name: str) -> Signal:
    return Signal(
        id=new_id("sig"),
        run_id=request.run_id,
        step_id=request.step_id,
        name=name,
        payload={"approval_request": request.id},
        person_id=by.person.id,
        at=by.at,
    )


async def _audit(records: Records, request: ApprovalRequest, by: Answerer, verb: str, detail: JsonObject) -> None:
    about: JsonObject = {"run": request.run_id, "step": request.step_id, "digest": request.digest}
    await records.audit.add(
        AuditEvent(
            id=new_id("aud"),
            at=by.at,
            person_id=by.person.id,
            verb=verb,
            subject_id=request.id,
            detail=about | detail | {"surface": by.surface},
        )
    )
