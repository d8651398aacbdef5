"""Slack's rules for blocks and views, as a check that returns what is wrong. Reads the vendor's pages, not our builder.

Source: docs.slack.dev/reference/block-kit, and what its client library's models do not look at: unknown keys, empty texts,
doubled ids, elements and texts where they are not allowed, the number of blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

Json = Any
Where = Literal["message", "modal", "home"]

MOST = {"message": 50, "modal": 100, "home": 100}
_MESSAGE_ONLY = {"markdown", "file"}
_ACTION_ELEMENTS = {
    *("button", "static_select", "users_select", "conversations_select", "channels_select", "external_select"),
    *("overflow", "datepicker", "timepicker", "datetimepicker", "checkboxes", "radio_buttons", "multi_static_select"),
}
_INPUT_ELEMENTS = {
    *("plain_text_input", "number_input", "email_text_input", "url_text_input", "static_select", "users_select"),
    *("conversations_select", "channels_select", "datepicker", "timepicker", "datetimepicker", "checkboxes"),
    *("radio_buttons", "file_input", "external_select"),
}
_KEYS: Mapping[str, set[str]] = {
    "section": {"type", "block_id", "text", "fields", "accessory", "expand"},
    "divider": {"type", "block_id"},
    "header": {"type", "block_id", "text"},
    "context": {"type", "block_id", "elements"},
    "actions": {"type", "block_id", "elements"},
    "input": {"type", "block_id", "label", "element", "hint", "optional", "dispatch_action"},
    "button": {"type", "action_id", "text", "value", "url", "style", "confirm", "accessibility_label"},
    "plain_text_input": {"type", "action_id", "initial_value", "multiline", "min_length", "max_length", "placeholder"},
    "number_input": {"type", "action_id", "initial_value", "is_decimal_allowed", "min_value", "max_value"},
    "email_text_input": {"type", "action_id", "initial_value", "placeholder"},
    "url_text_input": {"type", "action_id", "initial_value", "placeholder"},
    "static_select": {"type", "action_id", "options", "initial_option", "placeholder", "confirm"},
    "external_select": {"type", "action_id", "initial_option", "min_query_length", "placeholder"},
    "users_select": {"type", "action_id", "initial_user", "placeholder"},
    "conversations_select": {"type", "action_id", "initial_conversation", "filter", "placeholder"},
    "channels_select": {"type", "action_id", "initial_channel", "placeholder"},
    "datepicker": {"type", "action_id", "initial_date", "placeholder"},
    "timepicker": {"type", "action_id", "initial_time", "timezone", "placeholder"},
    "datetimepicker": {"type", "action_id", "initial_date_time"},
    "checkboxes": {"type", "action_id", "options", "initial_options"},
    "file_input": {"type", "action_id", "filetypes", "max_files"},
    "modal": {
        *("type", "title", "blocks", "submit", "close", "private_metadata", "callback_id", "clear_on_close"),
        *("notify_on_close", "external_id"),
    },
    "home": {"type", "blocks", "private_metadata", "callback_id", "external_id"},
}


def lint_message(blocks: Json, text: Json) -> list[str]:
    """What Slack would refuse in a message, and what it would let pass at people's cost."""
    found = [] if isinstance(text, str) and text.strip() else ["no_fallback_text"]
    if isinstance(text, str) and len(text) > 4000:
        found.append("msg_too_long: text")
    return [*found, *lint_blocks(blocks or [], "message")]


def lint_view(view: Json) -> list[str]:
    kind = view.get("type")
    if kind not in ("modal", "home"):
        return [f"view: no type {kind!r}"]
    found = [*_unknown(view, kind, kind)]
    if len(view.get("private_metadata", "")) > 3000:
        found.append("view: private_metadata > 3000")
    if len(view.get("callback_id", "")) > 255:
        found.append("view: callback_id > 255")
    if kind == "modal":
        for name in ("title", "submit", "close"):
            if name in view:
                found += _plain(view[name], f"view.{name}", 24)
        if "title" not in view:
            found.append("view: no title")
        if any(one.get("type") == "input" for one in view.get("blocks", [])) and "submit" not in view:
            found.append("view: inputs and no submit")
    return [*found, *lint_blocks(view.get("blocks", []), kind)]


def lint_blocks(blocks: Json, where: Where) -> list[str]:
    if not isinstance(blocks, list):
        return ["blocks: no list"]
    found = [f"blocks: {len(blocks)} > {MOST[where]}"] if len(blocks) > MOST[where] else []
    for at, block in enumerate(blocks):
        found += _block(block, f"blocks[{at}]", where)
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    if len(ids) != len(set(ids)):
        found.append("blocks: a block_id is there twice")
    for at, block in enumerate(blocks):
        actions = [one.get("action_id") for one in _elements(block) if one.get("action_id")]
        if len(actions) != len(set(actions)):
            found.append(f"blocks[{at}]: an action_id is there twice")
    return found


def interactive(blocks: Json) -> Iterator[tuple[Json, Json]]:
    """Every block and element that a person can use."""
    for block in blocks:
        for element in _elements(block):
            if element.get("action_id"):
                yield block, element


def _elements(block: Json) -> list[Json]:
    inner = block.get("elements", []) if block.get("type") in ("actions", "context") else []
    return [*inner, *(block[name] for name in ("accessory", "element") if name in block)]


def _block(block: Json, at: str, where: Where) -> list[str]:
    kind = block.get("type")
    if kind not in _BLOCKS:
        return [f"{at}: no block {kind!r}"]
    if kind == "input" and where == "home":
        return [f"{at}: no inputs in a home view"]
    found = _unknown(block, kind, at)
    if where != "modal" and any(one.get("type") == "file_input" for one in _elements(block)):
        found.append(f"{at}: a file_input stands in a modal only")
    if len(block.get("block_id", "")) > 255:
        found.append(f"{at}: block_id > 255")
    return found + _BLOCKS[kind](block, at)


def _section(block: Json, at: str) -> list[str]:
    found: list[str] = []
    if "text" not in block and not block.get("fields"):
        found.append(f"{at}: neither text nor fields")
    if "text" in block:
        found += _text(block["text"], f"{at}.text", 3000)
    fields = block.get("fields", [])
    if len(fields) > 10:
        found.append(f"{at}: {len(fields)} fields > 10")
    for index, field in enumerate(fields):
        found += _text(field, f"{at}.fields[{index}]", 2000)
    if "accessory" in block:
        found += _element(block["accessory"], f"{at}.accessory", _ACTION_ELEMENTS)
    return found


def _context(block: Json, at: str) -> list[str]:
    elements = block.get("elements", [])
    found = [] if 0 < len(elements) <= 10 else [f"{at}: {len(elements)} elements"]
    for index, one in enumerate(elements):
        if one.get("type") not in ("mrkdwn", "plain_text", "image"):
            found.append(f"{at}: no {one.get('type')} in a context")
        elif one["type"] != "image":
            found += _text(one, f"{at}.elements[{index}]", 3000)
    return found


def _actions(block: Json, at: str) -> list[str]:
    elements = block.get("elements", [])
    found = [] if 0 < len(elements) <= 25 else [f"{at}: {len(elements)} elements"]
    for index, one in enumerate(elements):
        found += _element(one, f"{at}.elements[{index}]", _ACTION_ELEMENTS)
    return found


def _input(block: Json, at: str) -> list[str]:
    found = _plain(block.get("label"), f"{at}.label", 2000)
    if "hint" in block:
        found += _plain(block["hint"], f"{at}.hint", 2000)
    return found + _element(block.get("element", {}), f"{at}.element", _INPUT_ELEMENTS)


def _element(element: Json, at: str, allowed: set[str]) -> list[str]:
    kind = element.get("type")
    if kind not in allowed:
        return [f"{at}: no {kind!r} here"]
    found = _unknown(element, kind, at)
    action_id = element.get("action_id", "")
    if not action_id or len(action_id) > 255:
        found.append(f"{at}: action_id has {len(action_id)} characters")
    if kind == "button":
        found += _plain(element.get("text"), f"{at}.text", 75)
        if not 0 < len(element.get("value", "-")) <= 2000:
            found.append(f"{at}: value has {len(element['value'])} characters")
        if element.get("style", "primary") not in ("primary", "danger"):
            found.append(f"{at}: no style {element['style']}")
    if "confirm" in element:
        for name, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            found += _plain(element["confirm"].get(name), f"{at}.confirm.{name}", limit)
    if "options" in element:
        found += _options(element, at, 10 if kind == "checkboxes" else 100)
    if kind == "plain_text_input" and not 0 < element.get("max_length", 1) <= 3000:
        found.append(f"{at}: max_length")
    if kind == "file_input":
        found += _file_input(element, at)
    if kind == "datetimepicker" and len(str(element.get("initial_date_time", 10**9))) != 10:
        found.append(f"{at}: initial_date_time has not 10 digits")
    if len(element.get("initial_value", "")) > 3000:
        found.append(f"{at}: initial_value > 3000")
    return found


def lint_options(options: Json) -> list[str]:
    """What Slack would refuse of what is offered while somebody types."""
    return _options({"options": options}, "options", 100) if options else []


def _file_input(element: Json, at: str) -> list[str]:
    most, endings = element.get("max_files", 10), element.get("filetypes", ["csv"])
    found = [] if isinstance(most, int) and 1 <= most <= 10 else [f"{at}: max_files is {most}"]
    if not endings or not all(isinstance(one, str) and one.strip() and "." not in one for one in endings):
        found.append(f"{at}: filetypes")
    return found


def _options(element: Json, at: str, most: int) -> list[str]:
    options = element["options"]
    found = [] if 0 < len(options) <= most else [f"{at}: {len(options)} options"]
    for one in options:
        found += _plain(one.get("text"), f"{at}.option", 75)
        if not 0 < len(one.get("value", "")) <= 150:
            found.append(f"{at}: an option's value has {len(one.get('value', ''))} characters")
    values = [one.get("value") for one in options]
    if len(values) != len(set(values)):
        found.append(f"{at}: an option is there twice")
    initial = element.get("initial_options", [element["initial_option"]] if "initial_option" in element else [])
    if any(one not in options for one in initial):
        found.append(f"{at}: the initial option is none of the options")
    return found


def _text(text: Json, at: str, limit: int) -> list[str]:
    if not isinstance(text, dict) or text.get("type") not in ("mrkdwn", "plain_text"):
        return [f"{at}: no text object"]
    allowed = {"type", "text", "emoji"} if text["type"] == "plain_text" else {"type", "text", "verbatim"}
    found = [f"{at}: unknown {name}" for name in text.keys() - allowed]
    if not text.get("text", "").strip():
        found.append(f"{at}: empty")
    if len(text.get("text", "")) > limit:
        found.append(f"{at}: {len(text['text'])} > {limit}")
    return found


def _plain(text: Json, at: str, limit: int) -> list[str]:
    if not isinstance(text, dict) or text.get("type") != "plain_text":
        return [f"{at}: must be plain_text"]
    return _text(text, at, limit)


def _unknown(value: Json, kind: str, at: str) -> list[str]:
    return [f"{at}: unknown {name}" for name in sorted(value.keys() - _KEYS.get(kind, value.keys()))]


_BLOCKS: Mapping[str, Callable[[Json, str], list[str]]] = {
    "section": _section,
    "divider": lambda _block, _at: [],
    "header": lambda block, at: _plain(block.get("text"), f"{at}.text", 150),
    "context": _context,
    "actions": _actions,
    "input": _input,
}
