"""Forms as Slack's modals, and what was filled in read back. Pure: opens nothing, checks no value.

Which control a field gets follows from its `input`; what Slack has no control for is typed. A modal carries in its
`private_metadata` which form it is and where it belongs, and nothing that is secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, JsonValue

from agent.phrases import Phrases
from agent.reply import FormField, FormPart
from bot.surface.arrival import Handed
from bot.surfaces.slack import block
from bot.surfaces.slack.mrkdwn import to_texts
from bot.surfaces.slack.reading import files_of
from store.record import JsonObject

FORM = "form"
"""The `callback_id` of a modal that shows a form of the conversation's."""
VALUE = "value"
_MOST_FIELDS = 90
_MOST_INPUTS = 97
MOST_OPTIONS = 100
_MOST_TEXTS = 3
LONGEST_OPTION = 75
LONGEST_TITLE = 24
_LONGEST_LABEL = 2000
_LONGEST_INPUT = 3000
_LONGEST_BLOCK_ID = 255
_MOMENT_DIGITS = 10
_YES = "yes"
_FILE_INPUT = "file_input"
_PICKED = ("selected_user", "selected_conversation")
_STATES = {
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "conversations_select": "selected_conversation",
    "users_select": "selected_user",
}
_TYPED = {"email": "email_text_input", "url": "url_text_input"}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")


class Belongs(BaseModel):
    """What a modal is for: the form's action, and the place in which its answer belongs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: str
    channel: str
    thread: str = ""
    team: str = ""
    zone: str = "UTC"


def modal(form: FormPart, belongs: Belongs, phrases: Phrases, *, callback_id: str = FORM) -> JsonObject:
    """The view of a form."""
    fields = form.fields[:_MOST_FIELDS]
    inputs = [made for one in fields for made in _inputs(one, belongs.zone, phrases)][:_MOST_INPUTS]
    shown: list[JsonObject] = [
        {"type": "section", "text": block.mrkdwn(one)} for one in to_texts(form.text, block.LONGEST_TEXT)[:_MOST_TEXTS]
    ]
    return {
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": belongs.model_dump_json(exclude_defaults=True),
        "title": block.plain(form.title, LONGEST_TITLE),
        "submit": block.plain(form.submit, LONGEST_TITLE),
        "close": block.plain(phrases.plain("button.cancel"), LONGEST_TITLE),
        "blocks": [*shown, *inputs],
    }


def errors_of(form: FormPart) -> dict[str, str]:
    """What stands at the fields, by block."""
    return {block_id(one.name): one.error for one in form.fields if one.error}


def block_id(name: str) -> str:
    return f"field:{name}"[:_LONGEST_BLOCK_ID]


def picked_ids(values: JsonValue) -> set[str]:
    """Ids of users and channels that were picked in a modal."""
    states = [
        inner.get(VALUE) for inner in (values if isinstance(values, dict) else {}).values() if isinstance(inner, dict)
    ]
    chosen = [one.get(key) for one in states if isinstance(one, dict) for key in _PICKED]
    return {one for one in chosen if isinstance(one, str)}


def read_fields(values: JsonValue, belongs: Belongs, names: Mapping[str, str]) -> dict[str, JsonValue]:
    """What a person filled in, as the form's fields. `values` is `view.state.values`; `names` says how the users and channels
    that were picked are called, as one would type them.
    """
    found: dict[str, JsonValue] = {}
    for key, inner in (values if isinstance(values, dict) else {}).items():
        state = inner.get(VALUE) if isinstance(inner, dict) else None
        if key.startswith("field:") and isinstance(state, dict) and state.get("type") != _FILE_INPUT:
            read = _read(state, belongs.zone)
            found[key.removeprefix("field:")] = names.get(read, read) if isinstance(read, str) else read
    return found


def read_files(values: JsonValue) -> dict[str, Handed]:
    """Files that were handed in, by field."""
    found: dict[str, Handed] = {}
    for key, inner in (values if isinstance(values, dict) else {}).items():
        state = inner.get(VALUE) if isinstance(inner, dict) else None
        prefix, _, name = key.partition(":")
        files = files_of(state.get("files")) if isinstance(state, dict) and state.get("type") == _FILE_INPUT else ()
        if files and prefix in ("field", "file"):
            found[name] = files[0]
    return found


def _inputs(field: FormField, zone: str, phrases: Phrases) -> list[JsonObject]:
    """The input of a field. A file can be handed in, or named where one is named already; none has to be, since there may be
    one in the files folder.
    """
    if field.input != "file":
        return [_input(field, zone)]
    is_named = bool(_typed(field.value))
    picker: JsonObject = {
        "type": "input",
        "block_id": f"file:{field.name}"[:_LONGEST_BLOCK_ID] if is_named else block_id(field.name),
        "label": block.plain(
            phrases.plain("handed.instead", label=field.label) if is_named else field.label, _LONGEST_LABEL
        ),
        "element": _made(_FILE_INPUT, max_files=1) | {"action_id": VALUE},
        "optional": True,
    }
    if is_named:
        return [_input(field, zone), picker]
    hint = phrases.plain("handed.hint")
    return [picker | {"hint": block.plain(f"⚠️ {field.error} {hint}" if field.error else hint, _LONGEST_LABEL)}]


def _input(field: FormField, zone: str) -> JsonObject:
    made: JsonObject = {
        "type": "input",
        "block_id": block_id(field.name),
        "label": block.plain(field.label, _LONGEST_LABEL),
        "element": _element(field, zone) | {"action_id": VALUE},
        "optional": not field.is_required or field.input == "checkbox",
    }
    if hint := " ".join(filter(None, (field.error and f"⚠️ {field.error}", field.hint))):
        made["hint"] = block.plain(hint, _LONGEST_LABEL)
    return made


def _element(field: FormField, zone: str) -> JsonObject:  # noqa: PLR0911  # one for each control that there is
    text = _typed(field.value)
    match field.input:
        case "checkbox":
            option: JsonObject = {"text": block.plain(field.label, LONGEST_OPTION), "value": _YES}
            return _made("checkboxes", options=[option], initial_options=[option] if _is_yes(field.value) else None)
        case "select" if _fits(field.options):
            options: dict[str, JsonObject] = {
                one: {"text": block.plain(one, LONGEST_OPTION), "value": one} for one in field.options
            }
            return _made("static_select", options=[*options.values()], initial_option=options.get(text))
        case "date":
            return _made("datepicker", initial_date=text if _is_date(text) else None)
        case "time":
            return _made("timepicker", initial_time=text if _TIME.fullmatch(text) else None)
        case "datetime-local":
            return _made("datetimepicker", initial_date_time=_moment(text, zone))
        case "number":
            initial = text if _NUMBER.fullmatch(text) else None
            return _made("number_input", is_decimal_allowed=True, initial_value=initial)
        case "person" if not text:
            return _made("users_select")
        case "channel" if not text:
            kinds: JsonObject = {"include": ["public", "private"], "exclude_bot_users": True}
            return _made("conversations_select", filter=kinds)
        case "email" | "url":
            return _made(_TYPED[field.input], initial_value=text[:_LONGEST_INPUT] or None)
        case _:
            is_long = field.input in ("textarea", "list")
            return _made(
                "plain_text_input",
                max_length=_LONGEST_INPUT,
                multiline=True if is_long else None,
                initial_value=text[:_LONGEST_INPUT] or None,
            )


def _made(kind: str, **more: JsonValue) -> JsonObject:
    return {"type": kind, **{name: value for name, value in more.items() if value is not None}}


def _read(state: Mapping[str, JsonValue], zone: str) -> JsonValue:
    kind = state.get("type")
    if kind == "checkboxes":
        return bool(state.get("selected_options"))
    if kind == "static_select":
        chosen = state.get("selected_option")
        return chosen.get("value") if isinstance(chosen, dict) else None
    if kind == "datetimepicker":
        moment = state.get("selected_date_time")
        return _shown_moment(moment, zone) if isinstance(moment, int) else None
    return state.get(_STATES.get(str(kind), "value"))


def _typed(value: JsonValue) -> str:
    if isinstance(value, bool):
        return _YES if value else ""
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def _is_yes(value: JsonValue) -> bool:
    return value is True or (isinstance(value, str) and value.casefold() in (_YES, "true"))


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.fullmatch(text)) and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _fits(options: list[str]) -> bool:
    """Whether Slack can show them all to choose from, as they are."""
    are_fit = all(one.strip() and len(one) <= LONGEST_OPTION for one in options)
    return are_fit and 0 < len(options) <= MOST_OPTIONS and len(set(options)) == len(options)


def _moment(text: str, zone: str) -> int | None:
    """The seconds of Unix's clock, for a time as it is read in a zone."""
    try:
        read = datetime.fromisoformat(text)
        moment = int((read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))).timestamp())
    except (ValueError, OSError, OverflowError):
        return None
    return moment if len(str(moment)) == _MOMENT_DIGITS else None


def _shown_moment(moment: int, zone: str) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
