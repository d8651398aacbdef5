"""What of that which is shown can still change by itself: whoever shows it must look again, should no news of it come."""

from __future__ import annotations

from agent.reply import ApprovalCard, Part, ProposalCard, RunCard, TracePart

_LIVE_STATES = {"queued", "running", "waiting"}


def may_change(part: Part) -> bool:
    """Whether this part shows something unfinished."""
    return (isinstance(part, RunCard | TracePart) and part.state in _LIVE_STATES) or (
        isinstance(part, ProposalCard | ApprovalCard) and part.state == "open"
    )
