"""What the worker notes for others in records that have no field of their own for it: the keys, and how they are read.

Decides nothing: who writes and who reads them never import each other.
"""

from __future__ import annotations

from store.record.run import AttemptState, StepAttempt, Waiting

EFFECT = "effect"
"""Key of a started attempt's output: the effect it would have, for whoever finds it without an end."""
WAITING_FOR = "waiting_for"
"""Key of a waiting attempt's output, beside `prompt`: a value of `Waiting`."""
CHECKED = "checked"
"""Key of the output of an attempt that a person has checked: `{"answer", "by", "at"}`."""
PARENT = "parent"
"""Key of the input of a run that a step has started: `{"run_id", "step_id", "depth"}`."""


def waits_for(attempt: StepAttempt) -> Waiting | None:
    """What a waiting attempt waits for; none for one that does not wait."""
    if attempt.state is not AttemptState.WAITING or not isinstance(attempt.output, dict):
        return None
    return Waiting(str(attempt.output[WAITING_FOR]))
