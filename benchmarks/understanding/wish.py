"""Measures requests: what was found, which values and times were read, and what was proposed that nobody asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from agent.command import Start
from agent.interpreter import Interpretation, Interpreter, View
from benchmarks.understanding.case import NOW, Cases, Request, Values
from benchmarks.understanding.right import Rightness, found, is_right, started
from benchmarks.understanding.times import same_times
from benchmarks.understanding.value import has, invented
from bot.said import all_said
from catalog.schedule import Schedule
from catalog.workflow import Template

VIEW = View(now=NOW, zone=ZoneInfo("UTC"))


@dataclass(slots=True, kw_only=True)
class WishFigures:
    """Counts, and each thing that went wrong as one line."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def share(self, part: str, whole: str) -> float | None:
        return self.counts[part] / self.counts[whole] if self.counts[whole] else None

    def note(self, what: str, request: Request, detail: object) -> None:
        self.wrong.append(f"{what:9} {request.id:>4} {request.intent_key:20} {request.text[:110]!r} {detail}")


async def measure_wishes(interpreter: Interpreter, cases: Cases, rightness: Rightness) -> WishFigures:
    figures = WishFigures()
    for request in cases.requests:
        understood = await interpreter.interpret(request.text, VIEW)
        _found(figures, request, understood, rightness)
        _values(figures, request, understood, cases, rightness)
        _schedule(figures, request, understood)
    return figures


def _found(figures: WishFigures, request: Request, understood: Interpretation, rightness: Rightness) -> None:
    counts, entries, ranked = figures.counts, rightness.of(request), found(understood)
    counts["all"] += 1
    counts[understood.outcome] += 1
    if not entries:
        counts["not covered"] += 1
        if understood.outcome == "match":
            counts["not covered: a card"] += 1
            figures.note("uncovered", request, ranked[:1])
        return
    counts["covered"] += 1
    counts["covered: asked"] += understood.outcome == "clarify"
    counts["covered: nothing"] += not ranked
    counts["hit@1"] += any(is_right(one, entries) for one in ranked[:1])
    counts["hit@3"] += any(is_right(one, entries) for one in ranked[:3])
    if not any(is_right(one, entries) for one in ranked[:1]):
        listed = [f"{match.template_id} {match.score:.2f}" for match in understood.matches[:3]]
        figures.note("missed", request, f"{understood.outcome} {listed}")
        if understood.outcome == "match":
            counts["covered: another card"] += 1
    counts["trigger"] += _has_trigger(request, started(understood), rightness, ranked)


def _has_trigger(request: Request, start: Start | None, rightness: Rightness, ranked: Sequence[str]) -> bool:
    template = start.template if start and start.template else rightness.templates.get(ranked[0]) if ranked else None
    if template is None:
        return False
    right = {request.trigger}
    if right & {"event", "webhook"}:
        right |= {"event", "webhook"}
        is_looked_for = "http" in request.services or str(request.event).startswith(("http.", "price.", "sheet."))
        right |= {"schedule"} if is_looked_for else set()
    return _trigger(start, template) in right


def _trigger(start: Start | None, template: Template) -> str:
    """What starts it: what was said, or what the template takes first."""
    if start is not None and start.trigger is not None:
        return start.trigger
    allowed = template.trigger.allowed
    if start is not None and start.schedule is not None and "schedule" in allowed:
        return "schedule"
    return allowed[0]


def _values(
    figures: WishFigures, request: Request, understood: Interpretation, cases: Cases, rightness: Rightness
) -> None:
    values = read_values(understood, request, rightness)
    for name, wanted in request.wanted.items():
        figures.counts["values"] += 1
        if has(name, [wanted, *request.params_alt.get(name, ())], values, cases.names):
            figures.counts["values read"] += 1
        else:
            figures.note("value", request, f"{name}={wanted!r} not in {values}")
    for name in invented(request, values, cases.names):
        figures.counts["invented"] += 1
        figures.note("invented", request, f"{name}={values[name]!r}")


def read_values(understood: Interpretation, request: Request, rightness: Rightness) -> Values:
    """All that the message was found to say; a moment at which it happens is a value, too."""
    start = started(understood)
    template = (start.template or rightness.templates.get(start.template_id)) if start else None
    values = all_said(understood, template, VIEW.zone)
    schedule = _schedule_of(understood)
    if schedule is not None and schedule.at is not None:
        zone = ZoneInfo(request.timezone or schedule.timezone)
        values.setdefault("at", schedule.at.astimezone(zone).strftime("%Y-%m-%dT%H:%M"))
    return values


def _schedule(figures: WishFigures, request: Request, understood: Interpretation) -> None:
    ours = _schedule_of(understood)
    if request.schedule is None:
        if ours is not None and ours.is_recurring:
            figures.counts["schedules nobody said"] += 1
            figures.note("schedule", request, f"nobody said {_shown(ours)}")
        return
    figures.counts["schedules"] += 1
    labels = [request.schedule, *request.schedule_alt]
    weeks = int(str(request.params.get("interval_weeks", 1)))
    if same_times(ours, labels, now=NOW, zone=request.timezone or "UTC", weeks=weeks):
        figures.counts["schedules right"] += 1
    else:
        figures.note("schedule", request, f"{labels} is not {_shown(ours)}")


def _schedule_of(understood: Interpretation) -> Schedule | None:
    start = started(understood)
    return start.schedule if start else understood.schedule


def _shown(schedule: Schedule | None) -> str:
    return str(schedule.model_dump(mode="json", exclude_none=True)) if schedule else "nothing"
