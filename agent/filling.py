"""Fills the values of a task and finds the one thing to ask next. Makes no proposal and runs nothing."""

from __future__ import annotations

from contextlib import suppress

from pydantic import JsonValue

from agent import actions
from agent.connecting import ask_connection, missing_connector
from agent.fitting import misfit
from agent.phrases import Markdown, literal, shorten
from agent.reply import Choice, ChoicesPart, Part, TextPart
from agent.scene import Scene
from agent.state import HeldValue, Source, Task
from agent.thread import find_values
from agent.viewer import Viewer
from catalog.check import is_blank
from catalog.kind import KINDS, check_value, show_value
from catalog.schedule import Schedule
from catalog.workflow import Parameter, Template, TriggerChoice, Workflow
from core.errors import InvalidValueError

SCHEDULE = "schedule"
CONNECTION = "connection"
PATIENCE = 2
"""After so many answers that do not fit, the way out is named too."""

_CHOICES_SHOWN = 12
_SUGGESTED = 4


def label_of(name: str, parameter: Parameter) -> str:
    """A parameter's name as people read it."""
    return parameter.label or name.replace("_", " ").capitalize()


def control_of(parameter: Parameter) -> str:
    """The form control of a parameter. A file that has a default is written to, so its name is typed."""
    control = KINDS[parameter.kind].input
    return "text" if control == "file" and not parameter.is_required else control


def trigger_of(task: Task, workflow: Workflow) -> TriggerChoice:
    """What will start it: the schedule that was said, what was chosen, or the first that the template allows."""
    allowed = workflow.trigger.allowed
    if task.schedule is not None and "schedule" in allowed:
        return "schedule"
    return task.trigger if task.trigger in allowed else allowed[0]


def checked(scene: Scene | Viewer, parameter: Parameter, raw: JsonValue) -> JsonValue:
    """A value in its canonical form, wherever it was given. Raises InvalidValueError when it does not fit, and when it is
    an address that no step may reach: better said now than by a run.
    """
    value = check_value(raw, parameter, scene.zone)
    if parameter.kind == "url" and scene.knowledge.leads_inside(str(value)):
        raise InvalidValueError(scene.phrases.plain("fill.inside"))
    return value


def hold(scene: Scene, task: Task, name: str, parameter: Parameter, *, raw: JsonValue, source: Source) -> Markdown:
    """Keep a value if it fits; returns the problem, or nothing."""
    try:
        value = checked(scene, parameter, raw)
    except InvalidValueError as error:
        return _misfit_words(scene, name, parameter, error.message)
    is_picked = source == "answer" and raw in task.suggested.get(name, ())
    task.values[name] = HeldValue(value=value, source="suggestion" if is_picked else source)
    task.doubtful = [other for other in task.doubtful if other != name]
    return Markdown()


def tell_left_out(scene: Scene, task: Task, template: Template) -> None:
    """Say what of the wish this automation does not do; its card says it again. A link where a file is asked for has a
    sentence of its own.
    """
    links = [one for one in task.left_out if "://" in one]
    asks_file = any(
        one.kind == "file" and one.is_required for n, one in template.parameters.items() if n not in task.values
    )
    if links and asks_file:
        scene.say("fill.link", link=links[0])
        task.left_out = [one for one in task.left_out if one != links[0]]
    if task.left_out:
        scene.say("fill.left_out", title=template.title, parts=", ".join(f"“{one}”" for one in task.left_out))


def _misfit_words(scene: Scene, name: str, parameter: Parameter, problem: str) -> Markdown:
    """What is wrong with a value; a problem may quote it, which is not for all who read along."""
    if parameter.private and scene.conversation.is_shared:
        problem = scene.phrases.plain("fill.private_misfit")
    return scene.phrases("fill.invalid", label=label_of(name, parameter), problem=problem)


def hold_empty(task: Task, name: str) -> None:
    """Keep a text that the person wants to be empty: “no subject”."""
    task.values[name] = HeldValue(value="", source="edit" if task.has_card else "answer")
    task.doubtful = [other for other in task.doubtful if other != name]


def hold_default(scene: Scene, task: Task, name: str, parameter: Parameter) -> bool:
    """Take the default; false when there is none."""
    if parameter.is_required:
        return False
    if is_blank(parameter.default):
        task.values[name] = HeldValue(value=parameter.default, source="default")
        return True
    return not hold(scene, task, name, parameter, raw=parameter.default, source="default")


def take_schedule(scene: Scene, task: Task, template: Template, schedule: Schedule | None, *, needs_time: bool) -> None:
    """Keep when it runs; says so when the template cannot be run like that."""
    allowed = template.trigger.allowed
    if schedule is not None and not template.trigger.takes_schedule:
        scene.say("fill.no_schedule", title=template.title)
        return
    if schedule is None and "manual" not in allowed:
        starts = "event" if "event" in allowed else "webhook"
        scene.say("fill.needs_schedule" if "schedule" in allowed else f"fill.only_{starts}", title=template.title)
        return
    if template.trigger.is_polled and "schedule" not in allowed:
        if schedule is not None and not schedule.is_recurring:
            scene.say("fill.only_often", title=template.title)
        else:
            task.schedule = schedule
        return
    if not needs_time and schedule is not None and not schedule.next_times(scene.now, 1):
        scene.error("fill.time_passed")
        task.schedule, task.needs_time, task.trigger = None, False, "schedule"
        return
    task.schedule, task.needs_time = schedule, needs_time
    task.trigger = "schedule" if schedule is not None else "manual"


def take_usual(scene: Scene, task: Task, template: Template) -> None:
    """Begin with the time that a saved template was saved with, unless something else starts it."""
    usual = template.trigger.usual
    if usual is not None and task.trigger in (None, SCHEDULE) and usual.next_times(scene.now, 1):
        task.schedule, task.schedule_source = usual, "default"


async def next_gap(scene: Scene, task: Task, template: Template) -> str | None:
    """The parameter, `schedule` or `connection` that is missing first; fills in defaults on the way."""
    for name, parameter in template.parameters.items():
        if name not in task.values and (name in task.doubtful or not hold_default(scene, task, name, parameter)):
            return name
    if trigger_of(task, template) == "event" and (found := misfit(scene.knowledge, task, template)):
        name, problem = found
        scene.add_problem(_misfit_words(scene, name, template.parameters[name], problem))
        task.values.pop(name)
        task.doubtful.append(name)
        return name
    if trigger_of(task, template) == SCHEDULE and (task.schedule is None or task.needs_time):
        return SCHEDULE
    return CONNECTION if await missing_connector(scene, template) else None


async def ask(scene: Scene, task: Task, template: Template, gap: str) -> None:
    """Ask for one thing."""
    task.failures = task.failures + 1 if task.asked == gap else 0
    task.asked = gap
    if scene.earlier and not task.suggested:
        task.suggested = _suggested(scene, task, template)
    if gap == CONNECTION:
        await ask_connection(scene, template)
    elif gap == SCHEDULE:
        scene.add(_schedule_question(scene, task, template))
    else:
        scene.add(_question(scene, task, gap, template.parameters[gap]))
    if task.failures >= PATIENCE:
        scene.say("fill.way_out")


def explain(scene: Scene, task: Task, template: Template) -> None:
    """Say what the open question is about and why it is asked, then ask it again. Counts as no failure."""
    asked = task.asked or ""
    parameter = template.parameters.get(asked)
    if parameter is not None:
        kind = KINDS[parameter.kind]
        label = label_of(asked, parameter)
        scene.say("fill.about", label=label, kind=kind.title, title=template.title)
        if parameter.options:
            scene.say("fill.options", options=", ".join(parameter.options[:_CHOICES_SHOWN]))
        elif kind.example:
            scene.say("fill.example", example=kind.example)
    else:
        scene.say("fill.about_time" if asked == SCHEDULE else "fill.about_account", title=template.title)
    ask_again(scene, task, template)


def ask_again(scene: Scene, task: Task, template: Template) -> None:
    """Ask the open question once more, as it was: something else came in between."""
    if task.asked in template.parameters:
        scene.add(_question(scene, task, task.asked or "", template.parameters[task.asked or ""]))
    elif task.asked == SCHEDULE:
        scene.add(_schedule_question(scene, task, template))


def _schedule_question(scene: Scene, task: Task, template: Template) -> Part:
    phrases = scene.phrases
    if task.needs_time:
        keys: tuple[str, ...] = ("when.at_9", "when.at_12", "when.at_18")
        text = phrases("when.ask_time")
    else:
        keys = ("when.in_an_hour", "when.hourly", "when.daily", "when.weekdays", "when.monday")
        text = literal(template.trigger.ask) if template.trigger.ask else phrases("when.ask")
    said = [phrases.plain(key) for key in keys]
    return ChoicesPart(text=text, choices=[Choice(action=f"ask:{words}", label=words) for words in said])


def _suggested(scene: Scene, task: Task, template: Template) -> dict[str, list[str]]:
    """For each value that is missing those that were said before and would fit; which one it is of a private value is not
    said where others read.
    """
    missing = {name: one for name, one in template.parameters.items() if name not in task.values and not one.private}
    found = {name: _fitting(scene, one, find_values(one.kind, scene.earlier)) for name, one in missing.items()}
    return {name: values for name, values in found.items() if values}


def _fitting(scene: Scene, parameter: Parameter, found: list[str]) -> list[str]:
    values: list[str] = []
    for raw in found:
        with suppress(InvalidValueError):
            checked(scene, parameter, raw)
            values.append(raw)
    return values[:_SUGGESTED]


def _question(scene: Scene, task: Task, name: str, parameter: Parameter) -> Part:
    phrases = scene.phrases
    text = literal(parameter.ask) if parameter.ask else phrases("fill.ask", label=label_of(name, parameter))
    if parameter.hint:
        text = phrases("fill.ask_hint", question=text, hint=parameter.hint)
    match parameter.kind:
        case "choice":
            answers = [(option, option) for option in parameter.options[:_CHOICES_SHOWN]]
        case "yes_no":
            answers = [("yes", phrases.plain("fill.yes")), ("no", phrases.plain("fill.no"))]
        case "time":
            answers = [(time, time) for time in ("09:00", "12:00", "18:00")]
        case _:
            answers = [(value, value) for value in task.suggested.get(name, ())]
    if not answers:
        return TextPart(text=text)
    choices = [Choice(action=actions.answer(name, value), label=shorten(label, 60)) for value, label in answers]
    return ChoicesPart(text=text, choices=choices)


def shown_value(scene: Scene, parameter: Parameter, value: JsonValue) -> str:
    """A value as people read it, on one line."""
    return shorten(show_value(value, parameter, scene.zone))
