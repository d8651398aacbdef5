"""Says why a run failed, from its records: at which step, after how many tries, with which error, what can be done, and
what had been done before. Changes nothing.
"""

from __future__ import annotations

from agent.gallery import RunRecords, read_run
from agent.happened import happened_words, what_happened
from agent.moment import show_moment
from agent.phrases import Markdown, literal
from agent.scene import Scene
from agent.shown_step import step_title
from store.record import AttemptState, RunState, Shows


async def explain_failure(scene: Scene, run_id: str | None = None) -> None:
    """Explain a failed run; without an id the person's newest."""
    if run_id is None:
        failed = await scene.records.runs.of_person(scene.person.id, states=[RunState.FAILED], limit=1)
        run_id = failed[0].id if failed else None
    records = await read_run(scene.records, run_id) if run_id else None
    if records is None or records.run.failure is None:
        scene.say("failed.none")
        return
    run, failure = records.run, records.run.failure
    scene.say(
        "failed.why",
        title=records.name,
        at=show_moment(run.ended_at or run.created_at, scene.zone, scene.now, scene.phrases),
        step=_step_words(scene, records),
        cause=failure.cause,
        tries=_tries(scene, records),
        message=failure.message,
    )
    scene.say("failed.advice", advice=literal(failure.advice or scene.phrases.plain("run.advice")))
    if not run.is_rehearsal:
        done = what_happened(scene.viewer, records)
        if done:
            scene.say("failed.done_before", list=happened_words(scene.viewer, done))
        else:
            scene.say("failed.nothing_before")
    scene.show(Shows.RUN, run.id)


def _step_words(scene: Scene, records: RunRecords) -> Markdown:
    step_id = records.run.failure.step_id if records.run.failure else None
    for number, step in enumerate(records.content.workflow.steps, 1):
        if step.id == step_id:
            words = scene.phrases("failed.at_step", number=number, step=step_title(scene.knowledge, step))
            return Markdown(f" {words}")
    return Markdown()


def _tries(scene: Scene, records: RunRecords) -> Markdown:
    """How often the failed step was tried; of several items the one that was tried most often."""
    step_id = records.run.failure.step_id if records.run.failure else None
    failed = [one for one in records.attempts if one.step_id == step_id and one.state is AttemptState.FAILED]
    most = max((sum(one.item == other.item for other in failed) for one in failed), default=0)
    if most <= 1:
        return Markdown()
    words = scene.phrases("failed.tries", number=most)
    return Markdown(f" {words}")
