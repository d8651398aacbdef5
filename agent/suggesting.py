"""Suggests once, politely, to run by itself what somebody keeps starting by hand. A no, or no answer, ends it for good."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import JsonValue
from rapidfuzz import fuzz

from agent.reply import Choice
from agent.scene import Scene
from catalog.proposal import ProposalContent
from catalog.schedule import Schedule
from core.canonical import digest
from core.ids import new_id
from store.record import Suggestion, WorkflowRecord, WorkflowState

_TIMES = 3
_WITHIN = timedelta(days=14)
_ALIKE = 85
"""From this likeness (0 to 100) two texts are nearly the same."""
_SPREAD_MIN = 90
"""Starts that lie this close together in the day are at one time of day."""
_USUAL_MIN = 9 * 60
_QUARTER = 15
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEKDAYS = ",".join(_DAYS[:5])


async def suggest(scene: Scene, workflow: WorkflowRecord, content: ProposalContent) -> None:
    """A run was started by hand: suggest a time for it, if this was done often enough and nothing was suggested before.
    Who is in the middle of something is not asked.
    """
    template_id = content.template_id
    if (
        scene.state.tasks
        or not scene.knowledge.learns
        or template_id is None
        or "schedule" not in content.workflow.trigger.allowed
    ):
        return
    times = await _times(scene, template_id, content)
    if len(times) < _TIMES or await _is_known(scene, template_id, content):
        return
    schedules = _schedules(times, scene.zone.key)
    suggestion = Suggestion(
        id=new_id("sug"),
        person_id=scene.person.id,
        template_id=template_id,
        digest=digest(dict(content.params)),
        workflow_id=workflow.id,
        version=content.version,
        schedules=[one.model_dump(mode="json", exclude_defaults=True) for one in schedules],
        at=scene.now,
    )
    if not await scene.records.suggestions.add(suggestion):
        return
    choices = [
        Choice(action=f"suggest-yes:{suggestion.id}:{index}", label=_words(scene, one))
        for index, one in enumerate(schedules)
    ]
    scene.next_message()
    no = scene.choice(f"suggest-no:{suggestion.id}", "suggest.no")
    scene.ask("suggest.ask", *choices, no, name=workflow.name, number=len(times))


def _words(scene: Scene, schedule: Schedule) -> str:
    return scene.knowledge.describe_schedule(schedule, scene.now, scene.zone, scene.phrases.language)


async def _times(scene: Scene, template_id: str, content: ProposalContent) -> list[datetime]:
    """When this person started it by hand lately with nearly these values, in their zone."""
    runs = await scene.records.runs.by_hand(scene.person.id, template_id, since=scene.now - _WITHIN)
    versions = await scene.records.gallery.versions([(run.workflow_id, run.version) for run in runs])
    params = {key: ProposalContent.model_validate(one.content).params for key, one in versions.items()}
    return [
        run.created_at.astimezone(scene.zone)
        for run in runs
        if _is_near(params.get((run.workflow_id, run.version), {}), content.params)
    ]


async def _is_known(scene: Scene, template_id: str, content: ProposalContent) -> bool:
    """Whether it was suggested before, or runs by itself already."""
    for before in await scene.records.suggestions.of_person(scene.person.id, template_id):
        version = await scene.records.workflows.version(before.workflow_id, before.version)
        if version is None or _is_near(ProposalContent.model_validate(version.content).params, content.params):
            return True
    for one in await scene.records.workflows.of_person(scene.person.id):
        is_active = one.template_id == template_id and one.state is WorkflowState.ACTIVE
        if is_active and await scene.records.triggers.of_workflow(one.id):
            return True
    return False


def _is_near(one: dict[str, JsonValue], other: dict[str, JsonValue]) -> bool:
    """The same values, give or take one in four; texts may differ a little."""
    names = one.keys() | other.keys()
    different = [name for name in names if not _is_alike(one.get(name), other.get(name))]
    return len(different) <= len(names) // 4


def _is_alike(one: JsonValue, other: JsonValue) -> bool:
    are_texts = isinstance(one, str) and isinstance(other, str)
    return one == other or (are_texts and fuzz.ratio(str(one), str(other)) >= _ALIKE)


def _schedules(times: list[datetime], zone: str) -> list[Schedule]:
    """Times to choose from, the likeliest first: on that day of the week, on weekdays, every day."""
    minutes = sorted(time.hour * 60 + time.minute for time in times)
    is_steady = minutes[-1] - minutes[0] <= _SPREAD_MIN
    usual = min(round(minutes[len(minutes) // 2] / _QUARTER) * _QUARTER, 23 * 60 + 45) if is_steady else _USUAL_MIN
    at = f"BYHOUR={usual // 60};BYMINUTE={usual % 60}"
    weekdays = {time.weekday() for time in times}
    is_weekly = len(weekdays) == 1 and len({time.date() for time in times}) > 1
    rules = [f"FREQ=WEEKLY;BYDAY={_DAYS[min(weekdays)]};{at}"] if is_weekly else []
    workdays = [f"FREQ=WEEKLY;BYDAY={_WEEKDAYS};{at}"] if max(weekdays) < _DAYS.index("SA") else []
    return [Schedule(rrule=rule, timezone=zone) for rule in [*rules, *workdays, f"FREQ=DAILY;{at}"]]
