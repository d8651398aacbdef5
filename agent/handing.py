"""What becomes of files that came with a message: a value of what is open or was begun, where it is clear of what; else they
are kept, and offered. Fetches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from pydantic import JsonValue, TypeAdapter

from agent import actions, filling
from agent.command import CannotHandle, Command, SetValue, Start, TakeFiles, Tell
from agent.inbound import HandedFile
from agent.reply import Choice, SentFile
from agent.scene import Scene
from agent.state import Task
from catalog.workflow import Template
from store.record import JsonObject

_FILE = "file"
_SENT = TypeAdapter(list[SentFile])
_OFFERED = 3
_NAMELESS = ("none", "unclear", "small_talk")
"""Reasons of an interpreter that found no wish in the words: then the file is what was meant."""


def paths_of(files: Sequence[HandedFile]) -> tuple[str, ...]:
    return tuple(one.path for one in files if one.path)


def line_of(text: str, files: Sequence[HandedFile | SentFile]) -> str:
    """What was said, in one line, where nothing but words can stand."""
    return " ".join(filter(None, (text, *(one.path or one.name for one in files))))


def said(text: str, files: Sequence[HandedFile]) -> JsonObject:
    """What stands in the log: the words, and beside them what came along."""
    sent: list[JsonValue] = [{"name": one.name, "path": one.path} for one in files]
    return {"kind": "text", "text": text, **({"files": sent} if sent else {})}


def read_line(part: JsonObject) -> str:
    """A part of the log that has words, in one line."""
    return line_of(str(part["text"]), _SENT.validate_python(part.get("files", [])))


def worded(text: str, paths: Sequence[str], template: Template | None, asked: str | None) -> str:
    """The words with the files named in them, as one would write them; an answer to a question stays as it is."""
    if template is not None and asked is not None:
        return text
    return " ".join((text, *(f'"{path}"' if " " in path else path for path in paths)))


def is_nothing(commands: Sequence[Command]) -> bool:
    """Whether the words alone meant nothing: “this one instead” beside a card needs the file to be read."""
    return all(isinstance(one, CannotHandle) and one.reason in _NAMELESS for one in commands)


def joined(
    commands: Sequence[Command], paths: tuple[str, ...], template: Template | None, asked: str | None
) -> list[Command]:
    """What the words meant, and the files. “Here it is” is no answer where the file is the answer."""
    if not paths:
        return list(commands)
    answers = template is not None and asked in _open_ones(template, ())
    kept = [
        one
        for one in commands
        if not (isinstance(one, CannotHandle) and one.reason in _NAMELESS and (answers or template is None))
        and not (answers and (isinstance(one, Tell) or (isinstance(one, SetValue) and one.name == asked)))
    ]
    return [*kept, TakeFiles(paths=paths)]


def tell_problems(scene: Scene, files: Sequence[HandedFile]) -> None:
    """Say which files could not be kept, and why."""
    for one in files:
        if one.problem is not None:
            scene.error(f"handed.{one.problem}", name=one.name, limit=f"{one.limit_bytes / 1_000_000:g}")


def take(scene: Scene, paths: Sequence[str], begun: Task | None) -> Task | None:
    """Give them to what this message began, else to what is open; returns that, when it has to be settled. Somebody else's
    task takes none.
    """
    if scene.person.id != scene.conversation.person_id:
        _say_kept(scene, paths)
        return None
    if (asked := scene.state.clarification) is not None and begun is None:
        asked.files = list(paths)
        if not scene.said:
            _say_kept(scene, paths)
        return None
    task = begun or scene.state.task
    template = scene.template_of(task) if task is not None else None
    if task is None or template is None:
        _offer_templates(scene, paths)
        return None
    held = [one.value for one in task.values.values()]
    left = [path for path in paths if path not in held]
    free = _open_ones(template, task.values)
    wanted = [name for name in free if name == task.asked] or free
    if len(left) == 1 and len(wanted) == 1:
        raw, name = left[0], wanted[0]
        problem = filling.hold(scene, task, name, template.parameters[name], raw=raw, source="answer")
        if problem:
            scene.add_problem(problem)
    elif left and free:
        task.suggested = task.suggested | {name: list(left) for name in free}
        _say_kept(scene, left)
    elif left and task.has_card:
        _offer_values(scene, left, template)
        return begun
    elif left:
        _say_kept(scene, left)
    return task if begun is not None or not task.has_card else None


def begin(scene: Scene, command: TakeFiles) -> Start:
    """A template was picked for a file."""
    template = scene.knowledge.templates.get(command.template_id or "")
    names = _open_ones(template, ()) if template is not None else []
    return Start(template_id=command.template_id or "", values=dict(zip(names, command.paths, strict=False)))


def _open_ones(template: Template, values: object) -> list[str]:
    """Files that a template reads and does not have; one that has a default is what it writes."""
    held = values if isinstance(values, dict) else {}
    return [
        name for name, one in template.parameters.items() if one.kind == _FILE and one.is_required and name not in held
    ]


def _say_kept(scene: Scene, paths: Sequence[str]) -> None:
    scene.say("handed.kept", names=", ".join(paths))


def _offer_values(scene: Scene, paths: Sequence[str], template: Template) -> None:
    """A card is open: it is changed only when somebody says so."""
    choices = [
        Choice(
            action=actions.answer(name, path),
            label=scene.phrases.plain("handed.use", name=path, label=filling.label_of(name, template.parameters[name])),
        )
        for name in _open_ones(template, ())
        for path in paths
    ]
    if choices:
        scene.offer("handed.kept", choices, names=", ".join(paths))
    else:
        _say_kept(scene, paths)


def _offer_templates(scene: Scene, paths: Sequence[str]) -> None:
    """Nothing is open: what can be done with such a file."""
    names = ", ".join(paths)
    found = _fitting(scene, paths[0]) if len(paths) == 1 else []
    if not found:
        scene.say("handed.what", names=names)
        return
    choices = [Choice(action=f"{actions.USE_FILE}:{one.id}:{paths[0]}", label=one.title) for one in found]
    scene.offer("handed.what", choices, names=names)


def _fitting(scene: Scene, path: str) -> list[Template]:
    """Templates that read one file of this kind, those that ask for little first."""
    ending = PurePosixPath(path).suffix.lower()
    found: list[tuple[int, str, Template]] = []
    for one in scene.knowledge.templates.values():
        names = _open_ones(one, ())
        if len(names) == 1 and ending and str(one.sample.get(names[0], "")).lower().endswith(ending):
            asked = sum(parameter.is_required for parameter in one.parameters.values())
            found.append((asked, one.id, one))
    return [one for _, _, one in sorted(found, key=lambda each: each[:2])[:_OFFERED]]
