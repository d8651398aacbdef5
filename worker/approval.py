"""Asks people on behalf of one step of one run: makes the request, lets its card be shown to those who are asked, and does
what is due when nobody decides. What counts as an answer is `catalog.decision`'s; where cards appear is `worker.asking`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from catalog import decision
from catalog.approver import check_quorum, people_asked
from core.clock import Clock
from core.errors import StaleError
from core.ids import new_id
from store.port import EventBus, Records, Store
from store.record import (
    Approval,
    ApprovalRequest,
    AuditEvent,
    RequestState,
    Run,
    Verdict,
)
from tools.approval import ApprovalStatus, Outcome, Question
from worker.asking import RequestCards, tell_of
from worker.request_timer import is_due, is_past, is_to_remind, marked, next_timer

_OUTCOMES: dict[RequestState, Outcome] = {
    RequestState.OPEN: "open",
    RequestState.APPROVED: "approved",
    RequestState.REJECTED: "rejected",
    RequestState.EXPIRED: "expired",
    RequestState.CANCELLED: "expired",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreApprovals:
    """For one step, or one item of it, in one go: `number` is that of the go's first attempt. `title` names a conversation
    that has to be made.
    """

    store: Store
    events: EventBus
    clock: Clock
    run: Run
    step_id: str
    item: int
    number: int
    title: str

    @property
    def _cards(self) -> RequestCards:
        return RequestCards(
            store=self.store,
            events=self.events,
            clock=self.clock,
            home_id=self.run.conversation_id,
            title=self.title,
        )

    async def ask(self, question: Question) -> ApprovalStatus:
        async with self.store.begin() as records:
            request = await records.approval_requests.of_step(
                self.run.id, self.step_id, item=self.item, number=self.number
            )
            if request is None:
                request = await self._open(records, question)
        before = request
        request = await self._do_what_is_due(request)
        if request.state is RequestState.OPEN or request.kept_of:
            await self._cards.show(request, "ask", [] if request.kept_of else request.approvers)
        if request.state is RequestState.OPEN and question.show_in:
            await self._cards.show_in(request, question.show_in, self.run.person_id)
        if request != before:
            await tell_of(self.store, self.events, request.id)
        return await self._status(request)

    async def _open(self, records: Records, question: Question) -> ApprovalRequest:
        """Write down what is asked and of whom. Who is in a group is looked up now."""
        owner = await records.people.get(self.run.person_id)
        assert owner is not None
        excluded = [self.run.person_id, self.run.started_by] if question.is_four_eyes else []
        named = await people_asked(records, question.approvers) if question.approvers else [owner]
        people = [one for one in named if one.id not in excluded]
        check_quorum(people, question.quorum, [one for one in named if one.id in excluded])
        further = await people_asked(records, question.escalate_to)
        now = self.clock.now()
        request_id = new_id("apr")
        request = ApprovalRequest(
            id=request_id,
            run_id=self.run.id,
            step_id=self.step_id,
            item=self.item,
            number=self.number,
            requester_id=self.run.started_by or owner.id,
            prompt=question.prompt,
            fields=dict(question.fields),
            editable=list(question.editable),
            digest=decision.request_digest(request_id, question.prompt, question.fields),
            approvers=[one.id for one in people],
            quorum=question.quorum,
            state=RequestState.OPEN,
            created_at=now,
            excluded=[one for one in dict.fromkeys(excluded) if one],
            escalate_to=[one.id for one in further if one.id not in excluded],
            remind_at=_after(now, question.remind_after_s),
            escalate_at=_after(now, question.escalate_after_s),
            expires_at=_after(now, question.expires_after_s),
        )
        if kept := await self._earlier(records, request):
            request = replace(
                request,
                state=RequestState.APPROVED,
                kept_of=kept.answered_id,
                digest=kept.digest,
                approvers=kept.approvers,
                handed_over=kept.handed_over,
                decided_at=kept.decided_at,
                decided_by=kept.decided_by,
            )
        await records.approval_requests.add(request)
        await self._audit(records, request, "approval-kept" if kept else "approval-asked", now)
        return request

    async def _earlier(self, records: Records, request: ApprovalRequest) -> ApprovalRequest | None:
        """What was approved in the run that this one repeats, if exactly the same is asked in exactly the same case."""
        run = await records.runs.get(self.run.replay_of) if self.run.replay_of else None
        if run is None or (run.digest, run.input) != (self.run.digest, self.run.input):
            return None
        earlier = await records.approval_requests.newest_of_step(run.id, self.step_id, item=self.item)
        if earlier is None or earlier.state is not RequestState.APPROVED:
            return None
        if set(earlier.approvers) & set(request.excluded):  # who repeats it may be one of those who said yes
            return None
        is_same = (earlier.prompt, earlier.fields) == (request.prompt, request.fields)
        return earlier if is_same else None

    async def _do_what_is_due(self, request: ApprovalRequest) -> ApprovalRequest:
        now = self.clock.now()
        if request.state is not RequestState.OPEN or not is_due(request, now):
            return request
        if is_to_remind(request, now):
            async with self.store.begin() as records:
                given = await records.proposals.approvals(request.id)
            # The messages come before their mark: after a crash they are found, and not said again.
            await self._cards.show(request, "remind", _silent(request, given))
        async with self.store.begin() as records:
            held = await records.approval_requests.lock(request.id)
            assert held is not None
            if held.state is not RequestState.OPEN:
                return held
            if is_past(held.expires_at, now):
                return await decision.expire(records, held, at=now)
            done = marked(held, now)
            if not await records.approval_requests.save(done):
                raise StaleError
            if done.escalated_at != held.escalated_at:
                await self._audit(records, done, "approval-escalated", now)
            return replace(done, revision=done.revision + 1)

    async def _status(self, request: ApprovalRequest) -> ApprovalStatus:
        if request.state is RequestState.OPEN:
            return ApprovalStatus(
                outcome="open", is_escalated=request.escalated_at is not None, next_at=next_timer(request)
            )
        async with self.store.begin() as records:
            given = await records.proposals.approvals(request.answered_id)
            deciding = _deciding(request, given)
            people = await records.gallery.people([one.person_id for one in deciding])
        names = [people[one.person_id].name for one in deciding if one.person_id in people]
        return ApprovalStatus(
            outcome=_OUTCOMES[request.state],
            by=_listed(names),
            comment="; ".join(one.comment for one in deciding if one.comment),
            fields=request.fields,
            is_escalated=request.escalated_at is not None,
        )

    async def _audit(self, records: Records, request: ApprovalRequest, verb: str, at: datetime) -> None:
        await records.audit.add(
            AuditEvent(
                id=new_id("aud"),
                at=at,
                person_id=None,
                verb=verb,
                subject_id=request.id,
                detail={"run": self.run.id, "step": self.step_id, "approvers": list(request.approvers)},
            )
        )


def _after(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)


def _silent(request: ApprovalRequest, given: Sequence[Approval]) -> list[str]:
    answered = {one.person_id for one in decision.yeses(request, given)}
    return [person_id for person_id in request.approvers if person_id not in answered]


def _deciding(request: ApprovalRequest, given: Sequence[Approval]) -> list[Approval]:
    """The answers that decided: all yeses, or the one no."""
    if request.state is RequestState.APPROVED:
        return decision.yeses(request, given)
    nos = [one for one in given if one.verdict is Verdict.NO and one.person_id == request.decided_by]
    return nos[-1:] if request.state is RequestState.REJECTED else []


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
