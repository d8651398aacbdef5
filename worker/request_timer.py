"""The timers of an approval request: when it reminds, asks further people and ends. Pure; reads no clock.

Each timer that has passed leaves its mark in the request, so that a restart repeats none of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from store.record import ApprovalRequest


def next_timer(request: ApprovalRequest) -> datetime | None:
    return min(_timers(request), default=None)


def is_due(request: ApprovalRequest, now: datetime) -> bool:
    """Whether something is to be done for it."""
    return any(at <= now for at in _timers(request))


def is_to_remind(request: ApprovalRequest, now: datetime) -> bool:
    """Whether people are to be reminded: never of what is over."""
    return request.reminded_at is None and is_past(request.remind_at, now) and not is_past(request.expires_at, now)


def marked(request: ApprovalRequest, now: datetime) -> ApprovalRequest:
    """The request with the marks of what is done by now; further people are asked from now on."""
    if is_past(request.remind_at, now) and request.reminded_at is None:
        request = replace(request, reminded_at=now)
    if is_past(request.escalate_at, now) and request.escalated_at is None:
        approvers = list(dict.fromkeys([*request.approvers, *request.escalate_to]))
        request = replace(request, escalated_at=now, approvers=approvers)
    return request


def is_past(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _timers(request: ApprovalRequest) -> list[datetime]:
    """What is still to come."""
    remind_at = request.remind_at if request.reminded_at is None else None
    escalate_at = request.escalate_at if request.escalated_at is None else None
    return [at for at in (remind_at, escalate_at, request.expires_at) if at is not None]
