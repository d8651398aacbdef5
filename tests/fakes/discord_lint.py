"""What Discord refuses in messages, forms and commands, as its documents and users' reports say. Returns all problems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

V2 = 1 << 15
_COMMAND = re.compile(r"[-_'\w]{1,32}")
_TOP_V2 = {1, 9, 10, 12, 13, 14, 17}
_IN_CONTAINER = {1, 9, 10, 12, 13, 14}
_SELECTS = {3, 5, 6, 7, 8}
_IN_LABEL = {3, 4, 5, 6, 7, 8, 19, 21, 22, 23}


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def lint_message(message: Json) -> list[str]:
    """`message`: as it is sent, or as it would be after an edit."""
    components = message.get("components") or []
    found = list(_ids(components))
    if message.get("flags", 0) & V2:
        found += [f"{name} with components v2" for name in ("content", "embeds", "poll") if message.get(name)]
        found += _v2(components)
    else:
        found += _classic(message, components)
    parse = (message.get("allowed_mentions") or {}).get("parse")
    return found if parse == [] else [*found, "allowed_mentions is not none"]


def lint_modal(modal: Json) -> list[str]:
    found = []
    if not 0 < units(modal.get("title", "")) <= 45:
        found.append("title of a modal")
    if not 0 < units(modal.get("custom_id", "")) <= 100:
        found.append("custom_id of a modal")
    components = modal.get("components") or []
    if not 1 <= len(components) <= 5:
        found.append(f"{len(components)} components in a modal")
    for one in components:
        if one.get("type") == 10:
            continue
        if one.get("type") != 18:
            found.append(f"a component of type {one.get('type')} in a modal")
            continue
        found += _label(one)
    return [*found, *_ids(components)]


def lint_commands(commands: list[Json]) -> list[str]:
    found = []
    for one in commands:
        if not _COMMAND.fullmatch(one.get("name", "")) or one["name"] != one["name"].lower():
            found.append(f"name of the command {one.get('name')!r}")
        for described in [one, *(one.get("options") or [])]:
            if not 0 < units(described.get("description", "")) <= 100:
                found.append(f"description of {described.get('name')}")
        required = [bool(option.get("required")) for option in one.get("options") or []]
        if required != sorted(required, reverse=True):
            found.append("required options come first")
    if len({one.get("name") for one in commands}) != len(commands):
        found.append("two commands of one name")
    return found


def walk(components: list[Json]) -> Iterator[Json]:
    for one in components:
        yield one
        yield from walk(one.get("components") or [])
        for name in ("component", "accessory"):
            if isinstance(one.get(name), dict):
                yield from walk([one[name]])


def _ids(components: list[Json]) -> Iterator[str]:
    customs = [one["custom_id"] for one in walk(components) if "custom_id" in one]
    if len(customs) != len(set(customs)):
        yield "two components of one custom_id"
    for one in customs:
        if not 0 < units(one) <= 100:
            yield f"custom_id of {units(one)}"
    numbers = [one["id"] for one in walk(components) if "id" in one]
    if len(numbers) != len(set(numbers)) or any(not 0 < one < 1 << 31 for one in numbers):
        yield "ids of components"


def _v2(components: list[Json]) -> Iterator[str]:
    count = sum(1 for _ in walk(components))
    if not 1 <= count <= 40:
        yield f"{count} components"
    total = sum(units(one.get("content", "")) for one in walk(components) if one.get("type") == 10)
    if total > 4000:
        yield f"text of {total}"
    for one in components:
        if one.get("type") not in _TOP_V2:
            yield f"a component of type {one.get('type')} at the top"
        if one.get("type") == 17:
            inner = one.get("components") or []
            if not inner:
                yield "an empty container"
            if any(each.get("type") not in _IN_CONTAINER for each in inner):
                yield "what no container may hold"
    if any(one.get("type") in (18, 19) for one in walk(components)):
        yield "an input outside a modal"
    for one in walk(components):
        if one.get("type") == 10 and not one.get("content", "").strip():
            yield "an empty text"
        if one.get("type") == 1:
            yield from _row(one)


def _row(row: Json) -> Iterator[str]:
    inner = row.get("components") or []
    kinds = {one.get("type") for one in inner}
    if not inner or (kinds & _SELECTS and len(inner) > 1) or len(inner) > 5 or not kinds <= {2, *_SELECTS}:
        yield f"a row of {[one.get('type') for one in inner]}"
    for one in inner:
        if one.get("type") == 2:
            yield from _button(one)
        elif one.get("type") == 3:
            yield from _select(one)


def _button(one: Json) -> Iterator[str]:
    if not 0 < units(one.get("label", "")) <= 80:
        yield f"label of {units(one.get('label', ''))}"
    if one.get("style") not in (1, 2, 3, 4) or "custom_id" not in one:
        yield "a button without style or custom_id"


def _select(one: Json) -> Iterator[str]:
    options = one.get("options") or []
    if not 1 <= len(options) <= 25:
        yield f"{len(options)} options"
    values = [option.get("value", "") for option in options]
    if len(values) != len(set(values)):
        yield "two options of one value"
    for option in options:
        for name in ("label", "value", "description"):
            text = option.get(name)
            if (text is None and name != "description") or (text is not None and not 0 < units(text) <= 100):
                yield f"{name} of an option"
    if units(one.get("placeholder", "")) > 150:
        yield "placeholder of a select"


def _label(one: Json) -> Iterator[str]:
    if not 0 < units(one.get("label", "")) <= 45:
        yield "label in a modal"
    if units(one.get("description", "")) > 100:
        yield "description in a modal"
    inner = one.get("component") or {}
    if inner.get("type") not in _IN_LABEL or "custom_id" not in inner:
        yield f"an input of type {inner.get('type')}"
    if inner.get("type") == 4:
        if inner.get("style") not in (1, 2) or "label" in inner:
            yield "style or label of an input"
        if units(inner.get("placeholder", "")) > 100 or units(inner.get("value", "")) > inner.get("max_length", 4000):
            yield "placeholder or value of an input"
        if not 1 <= inner.get("max_length", 4000) <= 4000:
            yield "max_length of an input"
    elif inner.get("type") == 19:
        least, most = inner.get("min_values", 1), inner.get("max_values", 1)
        if not (0 <= least <= 10 and 1 <= most <= 10 and least <= most):
            yield f"{least} to {most} files"
        if inner.get("required", True) != (least > 0):
            yield "min_values of a file upload that is not required, or the other way round"
        if inner.keys() - {"type", "id", "custom_id", "min_values", "max_values", "required"}:
            yield "what no file upload has"
    elif inner.get("type") == 3:
        yield from _select(inner)
        defaults = sum(bool(option.get("default")) for option in inner.get("options") or [])
        if defaults > inner.get("max_values", 1) or (not inner.get("required", True) and inner.get("min_values", 1)):
            yield "defaults or min_values of a select"


def _classic(message: Json, components: list[Json]) -> Iterator[str]:
    content, embeds = message.get("content") or "", message.get("embeds") or []
    if not (content or embeds or message.get("sticker_ids")):
        yield "an empty message"
    if units(content) > 2000:
        yield f"content of {units(content)}"
    if len(embeds) > 10:
        yield f"{len(embeds)} embeds"
    total = 0
    for embed in embeds:
        sized = [(embed.get("title", ""), 256), (embed.get("description", ""), 4096)]
        sized += [
            ((embed.get("footer") or {}).get("text", ""), 2048),
            ((embed.get("author") or {}).get("name", ""), 256),
        ]
        fields = embed.get("fields") or []
        if len(fields) > 25:
            yield f"{len(fields)} fields"
        for one in fields:
            sized += [(one.get("name", ""), 256), (one.get("value", ""), 1024)]
            if not (one.get("name", "").strip() and one.get("value", "").strip()):
                yield "an empty field"
        if any(units(text) > most for text, most in sized):
            yield "a part of an embed that is too long"
        total += sum(units(text) for text, _ in sized)
    if total > 6000:
        yield f"embeds of {total}"
    if len(components) > 5 or any(one.get("type") != 1 for one in components):
        yield "rows"
    for one in components:
        yield from _row(one)
