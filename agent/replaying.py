"""Runs once more: a failed or stopped one from where it ended, or any one as a whole, as a new run of the same frozen
version with the same or an edited input. What was approved stays what runs; other parameters are a new card's matter
(`agent.editing`). Executes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from pydantic import JsonValue

from agent.actions import NONE_OF_THESE
from agent.command import Replay
from agent.gallery import read_run
from agent.happened import happened_words, what_happened
from agent.reply import FormField, FormPart
from agent.running import start_run
from agent.scene import Scene
from core.canonical import encode
from store.record import JsonObject, Run, RunState, Shows, WorkflowRecord, WorkflowState
from store.record.note import PARENT
from tools.redact import Redactor

_LONGEST_INPUT = 200_000
"""Bytes of an edited input as JSON."""


async def retry(scene: Scene, run: Run) -> None:
    """Go on with a failed or stopped run; what it has done is kept."""
    if run.is_rehearsal or not run.state.is_final or run.state is RunState.SUCCEEDED:
        scene.say("run.not_failed")
        return
    if await _workflow_of(scene, run) is None:
        return
    if not await scene.records.runs.requeue(run.id, at=scene.now):
        scene.say("run.pruned" if run.pruned_at else "run.not_failed")
        return
    await scene.audit("retry", run.id)
    scene.wake(run)
    scene.say("run.retrying")
    scene.show(Shows.RUN, run.id)


async def replay(scene: Scene, command: Replay, run: Run) -> None:
    """Run it again as a whole. What would be sent a second time is said first, and needs a press of its own."""
    workflow = await _replayable(scene, run)
    records = await read_run(scene.records, run.id) if workflow else None
    if workflow is None or records is None:
        return
    repeated = [one for one in what_happened(scene.viewer, records) if one.effect == "once"]
    given = _without_parent(run)
    text = scene.phrases("replay.sends_again", list=happened_words(scene.viewer, repeated)) if repeated else ""
    if command.is_editing:
        scene.add(_form(scene, run.id, _texts(given), {}, text=text))
    elif command.fields is not None:
        changed, errors = _edited(scene, given, command.fields)
        if errors:
            scene.error("form.wrong")
            scene.add(_form(scene, run.id, {**_texts(given), **command.fields}, errors, text=text))
        else:
            await _start(scene, run, workflow, changed)
    elif repeated and not command.is_sure:
        sure = scene.choice(f"replay-sure:{run.id}", "button.replay_sure")
        leave = scene.choice(NONE_OF_THESE, "suggest.no")
        scene.ask("replay.sends_again", sure, leave, list=happened_words(scene.viewer, repeated))
    else:
        await _start(scene, run, workflow, given)


async def _replayable(scene: Scene, run: Run) -> WorkflowRecord | None:
    """The run's workflow, when the run can be repeated; otherwise says why not."""
    if run.is_rehearsal or not run.state.is_final:
        scene.say("replay.not_over" if not run.is_rehearsal else "replay.rehearsal")
        return None
    if run.pruned_at is not None:
        scene.say("run.pruned")
        return None
    if not await scene.records.proposals.has_yes(run.digest):
        scene.error("replay.not_approved")
        return None
    going = [one for one in await scene.records.runs.replays(run.id) if not one.state.is_final]
    if going:
        scene.say("replay.going")
        scene.show(Shows.RUN, going[-1].id)
        return None
    return await _workflow_of(scene, run)


async def _workflow_of(scene: Scene, run: Run) -> WorkflowRecord | None:
    workflow = await scene.records.workflows.get(run.workflow_id)
    if workflow is None or workflow.state is WorkflowState.DELETED:
        scene.say("workflow.deleted_before", name=workflow.name if workflow else scene.phrases.plain("run.unnamed"))
        return None
    return workflow


async def _start(scene: Scene, run: Run, workflow: WorkflowRecord, given: JsonObject) -> None:
    """Add the new run. Two who press at the same moment start one."""
    number = len(await scene.records.runs.replays(run.id)) + 1
    scene.say("replay.started")
    started = await start_run(
        scene,
        workflow,
        version=run.version,
        digest=run.digest,
        given=given,
        replay_of=run.id,
        fire_key=f"replay:{run.id}:{number}",
    )
    await scene.audit("replay", run.id, run=started.id, is_edited=given != _without_parent(run))


def _without_parent(run: Run) -> JsonObject:
    """Its input without the link to the step that waited for it: a replay is nobody's child."""
    return {name: value for name, value in run.input.items() if name != PARENT}


def _texts(given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Each part of the input as a form shows it: a text as it is, anything else as JSON; never a secret."""
    hidden = Redactor().value(dict(given))
    assert isinstance(hidden, dict)
    return {name: value if isinstance(value, str) else _json(value) for name, value in hidden.items()}


def _json(value: JsonValue) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _form(
    scene: Scene, run_id: str, texts: Mapping[str, JsonValue], errors: Mapping[str, str], *, text: str = ""
) -> FormPart:
    phrases = scene.phrases
    return FormPart(
        action=f"replay-input:{run_id}",
        title=phrases.plain("replay.form"),
        text="\n\n".join(part for part in (text, phrases("replay.form_intro")) if part),
        fields=[
            FormField(
                name=name, label=name, input="textarea", value=value, is_required=False, error=errors.get(name, "")
            )
            for name, value in texts.items()
        ],
        submit=phrases.plain("button.replay"),
    )


def _edited(scene: Scene, given: JsonObject, fields: Mapping[str, JsonValue]) -> tuple[JsonObject, dict[str, str]]:
    """The input with what was changed in the form, and what cannot be read. What was left as shown stays as it was."""
    changed, errors = dict(given), {}
    shown = _texts(given)
    for name in given.keys() & fields.keys():
        text = fields[name] if isinstance(fields[name], str) else ""
        if text == shown[name] or _same_json(text, shown[name]):
            continue
        if isinstance(given[name], str):
            changed[name] = text
            continue
        try:
            changed[name] = orjson.loads(str(text) or "null")
        except orjson.JSONDecodeError:
            errors[name] = scene.phrases.plain("replay.not_json")
    if len(encode(changed)) > _LONGEST_INPUT:
        errors[next(iter(changed))] = scene.phrases.plain("replay.too_long")
    return changed, errors


def _same_json(one: JsonValue, other: JsonValue) -> bool:
    """Whether two texts are the same but for line ends and space around them."""
    return str(one).replace("\r\n", "\n").strip() == str(other).strip()
