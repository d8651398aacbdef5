"""What a run has done to the world so far, from its attempts: what succeeded and is no mere reading, and what may have
happened. Claims nothing that no record shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.gallery import RunRecords
from agent.phrases import Markdown
from agent.shown_step import recall
from agent.viewer import Viewer
from core.errors import OutcomeUnknownError
from store.record import AttemptState, StepAttempt, Waiting
from store.record.note import waits_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One step that changed or sent something, `times` times. `number` counts steps from 1; it is not certain when its
    outcome was never recorded.
    """

    number: int
    summary: str
    effect: Literal["idempotent", "once"]
    times: int = 1
    is_certain: bool = True


def what_happened(viewer: Viewer, records: RunRecords) -> list[Happened]:
    """In the order of the steps. A rehearsal does nothing to the world."""
    found: list[Happened] = []
    if records.run.is_rehearsal:
        return found
    for number, step in enumerate(records.content.workflow.steps, 1):
        attempts = [one for one in records.attempts if one.step_id == step.id]
        done = [one for one in attempts if one.state is AttemptState.SUCCEEDED and one.input is not None]
        doubtful = [one for one in _newest(attempts) if _may_have_happened(one)]
        for some, is_certain in ((done, True), (doubtful, False)):
            if not some:
                continue
            shown = recall(viewer, records.content.workflow, step, some[-1].input)
            if shown.effect != "read":
                found.append(
                    Happened(
                        number=number,
                        summary=shown.summary,
                        effect=shown.effect,
                        times=len(some),
                        is_certain=is_certain,
                    )
                )
    return found


def happened_words(viewer: Viewer, happened: Sequence[Happened]) -> Markdown:
    """As a list, one line for each."""
    return Markdown("\n".join(_line(viewer, one) for one in happened))


def _line(viewer: Viewer, one: Happened) -> str:
    if not one.is_certain:
        return viewer.phrases("failed.may_be_done", number=one.number, what=one.summary)
    if one.times > 1:
        return viewer.phrases("failed.done_times", number=one.number, times=one.times, what=one.summary)
    return viewer.phrases("failed.done", number=one.number, what=one.summary)


def _newest(attempts: Sequence[StepAttempt]) -> list[StepAttempt]:
    """The newest attempt of each item."""
    return list({one.item: one for one in sorted(attempts, key=lambda one: one.number)}.values())


def _may_have_happened(attempt: StepAttempt) -> bool:
    if attempt.state is AttemptState.SUCCEEDED:
        return False
    is_unknown = attempt.failure is not None and attempt.failure.cause == OutcomeUnknownError.cause
    return is_unknown or waits_for(attempt) is Waiting.CHECK
