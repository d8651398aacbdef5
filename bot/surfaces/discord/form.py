"""Forms as Discord's modals: the payload of one page, and what comes back from it. Pure; sends nothing.

A modal holds five inputs. A longer form has pages: those that must be filled in are on the first, and what is on the other
pages is sent as it is shown. A file can be handed in; where one is named already its name is shown, and another can be handed
in if there is room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from agent.phrases import Phrases
from agent.reply import FormField, FormPart
from bot.surface.arrival import Handed
from bot.surface.mention import mention
from bot.surfaces.discord.component import MOST_OPTIONS, option
from bot.surfaces.discord.markup import length, shorten
from store.record import JsonObject

MOST_FIELDS = 5
_LONGEST_TITLE = 45
_LONGEST_HINT = 100
_LONGEST_INPUT = 4000
_LONGEST_OPTION = 100
_LONG = ("textarea", "list")
_LABEL, _SELECT, _INPUT, _UPLOAD = 18, 3, 4, 19
_FILE = "file:"
_PICKED = {"person": 5, "channel": 8}
"""Discord's own lists of users and channels, where nothing is filled in yet: a value there may be none of theirs."""
_YES, _NO = "true", "false"


def page_count(form: FormPart) -> int:
    return max(1, -(-len(form.fields) // MOST_FIELDS))


def modal(form: FormPart, page: int, custom_id: str, phrases: Phrases) -> JsonObject:
    """What opens a page of it."""
    fields = _on_page(form, page)
    named = [one for one in fields if one.input == "file" and one.value not in (None, "")]
    others = [_other_file(one, phrases) for one in named[: MOST_FIELDS - len(fields)]]
    return {
        "custom_id": custom_id,
        "title": shorten(form.title, _LONGEST_TITLE),
        "components": [*(_label(field, phrases) for field in fields), *others],
    }


def read_fields(
    form: FormPart | None, components: Sequence[JsonObject], picked: Mapping[str, str]
) -> dict[str, JsonValue]:
    """The fields of the whole form: what came back, and the rest as it is shown. `components` are a submit's; `picked` says
    how the users and channels in it are called.
    """
    shown: dict[str, JsonValue] = {one.name: one.value for one in form.fields} if form else {}
    inputs = {one.name: one.input for one in form.fields} if form else {}
    for component in components:
        inner = component.get("component")
        if isinstance(inner, dict) and inner.get("type") != _UPLOAD and isinstance(name := inner.get("custom_id"), str):
            shown[name] = _typed(inner, inputs.get(name, "text"), picked)
    return shown


def read_files(components: Sequence[JsonObject], resolved: JsonValue) -> dict[str, Handed]:
    """Files that were handed in, by field. `resolved` is a submit's."""
    known = resolved.get("attachments") if isinstance(resolved, dict) else None
    found: dict[str, Handed] = {}
    for component in components:
        inner = component.get("component")
        if isinstance(inner, dict) and inner.get("type") == _UPLOAD and isinstance(known, dict):
            values = inner.get("values")
            file = known.get(str(values[0])) if isinstance(values, list) and values else None
            if isinstance(file, dict):
                found[str(inner.get("custom_id")).removeprefix(_FILE)] = _handed(file)
    return found


def _handed(file: Mapping[str, JsonValue]) -> Handed:
    size = file.get("size")
    return Handed(
        id=str(file.get("id")),
        name=str(file.get("filename") or ""),
        size=size if isinstance(size, int) else 0,
        media_type=str(file.get("content_type") or ""),
        url=str(file.get("url") or ""),
    )


def names_of(resolved: JsonValue) -> dict[str, str]:
    """What one would type for users and channels, by their ids. `resolved` is a submit's."""
    found: dict[str, str] = {}
    groups = resolved if isinstance(resolved, dict) else {}
    for group in ("users", "channels"):
        known = groups.get(group)
        for id_, one in known.items() if isinstance(known, dict) else ():
            if isinstance(one, dict):
                name = str(one.get("global_name") or one.get("username") or one.get("name") or "")
                found[id_] = mention(name, id_) if group == "users" else f"#{name}"
    return found


def _on_page(form: FormPart, page: int) -> list[FormField]:
    return sorted(form.fields, key=_urgency)[page * MOST_FIELDS : (page + 1) * MOST_FIELDS]


def _urgency(field: FormField) -> int:
    """What is wrong or missing comes first, then what is empty, then what has a value."""
    is_empty = field.value in (None, "", [])
    return 0 if field.error or (is_empty and field.is_required) else 1 if is_empty else 2


def _other_file(field: FormField, phrases: Phrases) -> JsonObject:
    label = shorten(phrases.plain("handed.instead", label=field.label), _LONGEST_TITLE)
    return {"type": _LABEL, "label": label, "component": _upload(f"{_FILE}{field.name}")}


def _upload(custom_id: str) -> JsonObject:
    """None has to be handed in: there may be one in the files folder."""
    return {"type": _UPLOAD, "custom_id": custom_id, "min_values": 0, "max_values": 1, "required": False}


def _label(field: FormField, phrases: Phrases) -> JsonObject:
    made: JsonObject = {
        "type": _LABEL,
        "label": shorten(field.label, _LONGEST_TITLE),
        "component": _input(field),
    }
    is_upload = field.input == "file" and field.value in (None, "")
    said = field.error or (phrases.plain("handed.hint") if is_upload else field.hint)
    return made | {"description": shorten(said, _LONGEST_HINT)} if said else made


def _input(field: FormField) -> JsonObject:
    if field.input == "checkbox":
        return _select(field, [("✓", _YES), ("✗", _NO)], _YES if field.value is True else _NO)
    if field.input in _PICKED and field.value in (None, ""):
        pick: JsonObject = {"type": _PICKED[field.input], "custom_id": field.name, "required": field.is_required}
        return pick if field.is_required else pick | {"min_values": 0}
    if field.input == "file" and field.value in (None, ""):
        return _upload(field.name)
    is_choice = field.input == "select" and 0 < len(field.options) <= MOST_OPTIONS
    if is_choice and all(0 < length(one) <= _LONGEST_OPTION for one in field.options):
        return _select(field, [(one, one) for one in dict.fromkeys(field.options)], field.value)
    made: JsonObject = {
        "type": _INPUT,
        "custom_id": field.name,
        "style": 2 if field.input in _LONG else 1,
        "required": field.is_required,
        "max_length": _LONGEST_INPUT,
    }
    if field.hint:
        made["placeholder"] = shorten(field.hint, _LONGEST_HINT)
    if field.input != "password" and (text := _shown(field.value)) and length(text) <= _LONGEST_INPUT:
        made["value"] = text if field.input in _LONG else text.replace("\n", " ")
    return made


def _select(field: FormField, options: Sequence[tuple[str, str]], chosen: JsonValue) -> JsonObject:
    made = [option(label, value) | ({"default": True} if value == chosen else {}) for label, value in options]
    required = field.is_required or field.input == "checkbox"
    found: JsonObject = {"type": _SELECT, "custom_id": field.name, "options": list(made), "required": required}
    return found if required else found | {"min_values": 0}


def _shown(value: JsonValue) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def _typed(inner: Mapping[str, JsonValue], control: str, picked: Mapping[str, str]) -> JsonValue:
    values = inner.get("values")
    if isinstance(values, list):
        first = values[0] if values else ""
        if inner.get("type") in _PICKED.values():
            return picked.get(str(first), "")
        return first == _YES if control == "checkbox" else first
    text = str(inner.get("value") or "")
    return [line.strip() for line in text.split("\n") if line.strip()] if control == "list" else text
