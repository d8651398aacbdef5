"""“It may have happened”: asks people whether a step that must not be repeated blindly took place, and takes their answer.

The engine obeys it (`worker.recovery`). Each item of a list is asked about by itself, one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from agent.command import AnswerCheck
from agent.gallery import RunRecords
from agent.moment import show_moment
from agent.reply import Action
from agent.running import tell_run
from agent.scene import Scene
from agent.shown_step import recall
from agent.viewer import Viewer
from core.canonical import digest
from core.ids import new_id
from store.record import Approval, Run, RunState, Shows, StepAttempt, Verdict, Waiting
from store.record.note import CHECKED, waits_for

_VERDICTS = {"done": Verdict.YES, "retry": Verdict.NO, "stop": Verdict.NO}


def in_doubt(attempts: Sequence[StepAttempt]) -> list[StepAttempt]:
    """The attempts that wait for a check, in order of start."""
    newest = {(one.step_id, one.item): one for one in attempts}
    return [one for one in newest.values() if waits_for(one) is Waiting.CHECK]


def question(viewer: Viewer, records: RunRecords) -> str:
    """What may have happened: the step's number and what it would have done, and for an item of a list which one."""
    waiting = in_doubt(records.attempts)
    if not waiting:
        return viewer.phrases.plain("check.ask_any")
    attempt, workflow = waiting[0], records.content.workflow
    steps = workflow.steps
    place = next((place for place, step in enumerate(steps) if step.id == attempt.step_id), 0)
    what = recall(viewer, workflow, steps[place], attempt.input).summary
    items = {one.item for one in records.attempts if one.step_id == attempt.step_id}
    key = "check.ask" if attempt.item < 0 else "check.ask_item"
    text = viewer.phrases.plain(key, step=place + 1, item=attempt.item + 1, items=len(items), what=what)
    if len(waiting) > 1:
        text = viewer.phrases.plain("check.more", text=text, more=len(waiting) - 1)
    return text


def buttons(viewer: Viewer, records: RunRecords) -> list[Action]:
    """The three answers, each to exactly the attempt that is asked about."""
    waiting = in_doubt(records.attempts)
    if not waiting:
        return []
    subject = f"{records.run.id}:{_place(waiting[0])}"
    return [
        viewer.action(f"check-done:{subject}", "button.happened", style="primary"),
        viewer.action(f"check-retry:{subject}", "button.again"),
        viewer.action(f"check-stop:{subject}", "button.cancel_check", style="danger"),
    ]


def said(viewer: Viewer, attempts: Sequence[StepAttempt]) -> str:
    """Who said last what had become of a step, and when; empty when nobody was asked."""
    checked = [one.output[CHECKED] for one in attempts if isinstance(one.output, dict) and CHECKED in one.output]
    last = checked[-1] if checked else None
    if not isinstance(last, dict) or last.get("answer") not in _VERDICTS:
        return ""
    at = show_moment(datetime.fromisoformat(str(last["at"])), viewer.zone, viewer.now, viewer.phrases)
    name = str(last.get("by") or viewer.phrases.plain("check.somebody"))
    return viewer.phrases.plain(f"check.said_{last['answer']}", name=name, at=at)


async def answer(scene: Scene, command: AnswerCheck) -> None:
    """Take an answer. A typed one counts only where a single thing is in doubt; a button names its own."""
    found = await _meant(scene, command)
    if found is None:
        return
    run, attempt = found
    # The name is the same for every answer to one attempt, so that only the first one counts.
    name = f"{Waiting.CHECK.value}:{attempt.item}:{attempt.number}"
    payload = {"answer": command.answer, "person": scene.person.name}
    if not await tell_run(scene, run, step_id=attempt.step_id, name=name, payload=dict(payload)):
        scene.say("run.answered_before")
        return
    approval = Approval(
        id=new_id("apv"),
        subject_id=run.id,
        digest=digest([run.id, attempt.step_id, attempt.item]),  # never the run's own: this is no yes to the workflow
        verdict=_VERDICTS[command.answer],
        person_id=scene.person.id,
        surface=scene.conversation.surface,
        at=scene.now,
    )
    await scene.records.proposals.add_approval(approval)
    await scene.audit(f"check-{command.answer}", run.id, step=attempt.step_id, item=attempt.item)
    scene.say(f"check.{command.answer}")


async def waiting_runs(scene: Scene) -> list[Run]:
    """The person's runs that wait for a check, newest first."""
    found = await scene.records.runs.of_person(scene.person.id, states=[RunState.WAITING])
    return [run for run in found if run.waiting_for is Waiting.CHECK and not run.is_cancelling]


async def _meant(scene: Scene, command: AnswerCheck) -> tuple[Run, StepAttempt] | None:
    if command.run_id is None:
        return await _only_one(scene)
    run = await scene.records.runs.get(command.run_id)
    if run is None:
        scene.error("run.unknown")
    elif not scene.may_decide(run.person_id):
        scene.error("run.not_yours")
    elif run.state.is_final or run.waiting_for is not Waiting.CHECK:
        scene.say("run.not_waiting")
    else:
        waiting = in_doubt(await scene.records.runs.attempts(run.id))
        attempt = next((one for one in waiting if _place(one) == command.place), None)
        if attempt is not None:
            return run, attempt
        scene.say("run.answered_before")
    return None


async def _only_one(scene: Scene) -> tuple[Run, StepAttempt] | None:
    """What typed words mean: the one thing in doubt; of several, the cards are shown to choose from."""
    runs = await waiting_runs(scene)
    if not runs:
        scene.say("check.none")
        return None
    waiting = in_doubt(await scene.records.runs.attempts(runs[0].id))
    if len(runs) == 1 and len(waiting) == 1:
        return runs[0], waiting[0]
    scene.say("check.which")
    for run in runs:
        scene.show(Shows.RUN, run.id)
    return None


def _place(attempt: StepAttempt) -> str:
    return f"{attempt.step_id}:{attempt.item}:{attempt.number}"
