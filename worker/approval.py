"""Asks people on behalf of one step of one run: makes the request, shows its card to those who are asked, and does what is
due when nobody decides. What counts as an answer is `catalog.decision`'s; renders nothing.

Every visit may be the one after a crash: messages have ids made of what they are for, and each timer leaves its mark in the
request, so that nothing is said twice. Each message is a transaction of its own: turns lock conversations before requests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from catalog import decision
from catalog.approver import check_quorum, people_asked
from core.clock import Clock
from core.errors import StaleError
from core.ids import new_id
from store.port import Event, EventBus, Records, Store
from store.record import (
    Approval,
    ApprovalRequest,
    AuditEvent,
    Author,
    Card,
    Conversation,
    Message,
    Person,
    RequestState,
    Run,
    Shows,
    Verdict,
    reference,
)
from tools.approval import ApprovalStatus, Outcome, Question

_SURFACE = "web"
"""Where somebody who has no conversation yet gets one."""

_PASSING = "terminal"
"""A conversation there is gone when its window is closed: nobody would see the question."""

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
            await self._show(request, "ask", [] if request.kept_of else request.approvers)
        if request != before:
            await tell_of(self.store, self.events, request.id)
        return await self._status(request)

    async def _open(self, records: Records, question: Question) -> ApprovalRequest:
        """Write down what is asked and of whom. Who is in a group is looked up now."""
        owner = await records.people.get(self.run.person_id)
        assert owner is not None
        named = await people_asked(records, question.approvers) if question.approvers else [owner]
        people = [one for one in named if one.id != owner.id or not question.is_four_eyes]
        check_quorum(people, question.quorum, owner if len(people) < len(named) else None)
        further = await people_asked(records, question.escalate_to)
        now = self.clock.now()
        request_id = new_id("apr")
        request = ApprovalRequest(
            id=request_id,
            run_id=self.run.id,
            step_id=self.step_id,
            item=self.item,
            number=self.number,
            requester_id=owner.id,
            prompt=question.prompt,
            fields=dict(question.fields),
            editable=list(question.editable),
            digest=decision.request_digest(request_id, question.prompt, question.fields),
            approvers=[one.id for one in people],
            quorum=question.quorum,
            state=RequestState.OPEN,
            created_at=now,
            is_four_eyes=question.is_four_eyes,
            escalate_to=[one.id for one in further if one.id != owner.id or not question.is_four_eyes],
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
        is_same = (earlier.prompt, earlier.fields) == (request.prompt, request.fields)
        return earlier if is_same else None

    async def _do_what_is_due(self, request: ApprovalRequest) -> ApprovalRequest:
        now = self.clock.now()
        if request.state is not RequestState.OPEN or not _due(request, now):
            return request
        if _is_past(request.remind_at, now) and request.reminded_at is None and not _is_past(request.expires_at, now):
            async with self.store.begin() as records:
                given = await records.proposals.approvals(request.id)
            # The messages come before their mark: after a crash they are found, and not said again.
            await self._show(request, "remind", _silent(request, given))
        async with self.store.begin() as records:
            held = await records.approval_requests.lock(request.id)
            assert held is not None
            if held.state is not RequestState.OPEN:
                return held
            if _is_past(held.expires_at, now):
                return await decision.expire(records, held, at=now)
            marked = _marked(held, now)
            if not await records.approval_requests.save(marked):
                raise StaleError
            if marked.escalated_at != held.escalated_at:
                await self._audit(records, marked, "approval-escalated", now)
            return replace(marked, revision=marked.revision + 1)

    async def _show(self, request: ApprovalRequest, occasion: str, approvers: Sequence[str]) -> None:
        """Show the card in the run's conversation and in one of each approver, once for each occasion."""
        async with self.store.begin() as records:
            cards = await records.cards.of_subject(Shows.APPROVAL, request.id)
            home = await records.conversations.get(self.run.conversation_id)
        shown = {card.message_id for card in cards}
        at_home = home.person_id if home else ""
        for person_id in dict.fromkeys([at_home, *approvers] if occasion == "ask" else approvers):
            message_id = _message_id(request.id, person_id, occasion)
            if message_id not in shown:
                place = home if home and person_id == at_home else None
                await self._append(request, person_id, message_id, place)

    async def _append(
        self, request: ApprovalRequest, person_id: str, message_id: str, place: Conversation | None
    ) -> None:
        async with self.store.begin() as records:
            person = await records.people.get(person_id)
            if person is None:
                return
            conversation = place or await self._conversation_of(records, person)
            message = Message(
                id=message_id,
                conversation_id=conversation.id,
                author=Author.ERRAND,
                parts=[reference(Shows.APPROVAL, request.id)],
                at=self.clock.now(),
            )
            await records.conversations.append(message)
            await records.cards.add(
                Card(
                    subject=Shows.APPROVAL,
                    subject_id=request.id,
                    surface=conversation.surface,
                    conversation_id=conversation.id,
                    message_id=message_id,
                )
            )
        await self.events.publish(Event(conversation_id=conversation.id, message_id=message_id))

    async def _conversation_of(self, records: Records, person: Person) -> Conversation:
        """Their newest one that they can come back to; one named after the workflow when there is none."""
        for newest in await records.conversations.of_person(person.id):
            if newest.surface != _PASSING:
                return newest
        now = self.clock.now()
        conversation_id = new_id("cnv")
        conversation = Conversation(
            id=conversation_id,
            surface=_SURFACE,
            external_id=conversation_id,
            person_id=person.id,
            title=self.title,
            state={},
            revision=0,
            created_at=now,
            updated_at=now,
        )
        await records.conversations.add(conversation)
        return conversation

    async def _status(self, request: ApprovalRequest) -> ApprovalStatus:
        if request.state is RequestState.OPEN:
            return ApprovalStatus(outcome="open", is_escalated=request.escalated_at is not None, next_at=_next(request))
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


async def close_requests(store: Store, events: EventBus, run_id: str, *, at: datetime) -> None:
    """A run is over: nobody is asked any more."""
    async with store.begin() as records:
        found = await records.approval_requests.open_of_run(run_id)
    for request in found:
        async with store.begin() as records:
            held = await records.approval_requests.lock(request.id)
            if held is not None and held.state is RequestState.OPEN:
                await decision.cancel(records, held, at=at)
        await tell_of(store, events, request.id)


async def tell_of(store: Store, events: EventBus, request_id: str) -> None:
    """Whoever shows a request looks at it again."""
    async with store.begin() as records:
        cards = await records.cards.of_subject(Shows.APPROVAL, request_id)
    await events.publish(*(Event(conversation_id=card.conversation_id, message_id=card.message_id) for card in cards))


def _after(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)


def _is_past(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _timers(request: ApprovalRequest) -> list[datetime]:
    """What is still to come."""
    remind_at = request.remind_at if request.reminded_at is None else None
    escalate_at = request.escalate_at if request.escalated_at is None else None
    return [at for at in (remind_at, escalate_at, request.expires_at) if at is not None]


def _next(request: ApprovalRequest) -> datetime | None:
    return min(_timers(request), default=None)


def _due(request: ApprovalRequest, now: datetime) -> bool:
    return any(at <= now for at in _timers(request))


def _marked(request: ApprovalRequest, now: datetime) -> ApprovalRequest:
    """The request with the marks of what is done by now; further people are asked from now on."""
    if _is_past(request.remind_at, now) and request.reminded_at is None:
        request = replace(request, reminded_at=now)
    if _is_past(request.escalate_at, now) and request.escalated_at is None:
        approvers = list(dict.fromkeys([*request.approvers, *request.escalate_to]))
        request = replace(request, escalated_at=now, approvers=approvers)
    return request


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


def _message_id(request_id: str, person_id: str, occasion: str) -> str:
    return "msg_" + hashlib.sha256(f"{request_id}:{person_id}:{occasion}".encode()).hexdigest()[:26]
