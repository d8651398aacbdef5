"""One of several, several, and pairs."""

from __future__ import annotations

import re
from datetime import tzinfo

from pydantic import JsonValue
from rapidfuzz import fuzz, process, utils

from catalog.kinds.kind import Kind, as_written, check_count, quoted, storable, token
from catalog.workflow import Parameter
from core import canonical
from core.errors import InvalidValueError

_MOST_ITEMS = 1000
_LONGEST_ITEM = 2000
_LARGEST_OBJECT = 100_000
_ALIKE = 80  # of 100: one wrong letter in a word of five
_CLEARLY_MORE = 10
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s+")
_LAST_AND = re.compile(r",?\s+and\s+(?=[^,]+$)", re.IGNORECASE)
_PAIR = re.compile(r"\s*([^:=]+?)\s*(?:=|:(?!//))\s*(.*?)\s*", re.DOTALL)
_PLAIN = re.compile(r"[^,;\n]+")


def _check_choice(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    options = parameter.options
    wanted = f"choose {_either(options)}"
    text = token(value, wanted)
    folded = {option.casefold(): option for option in options}
    if found := folded.get(text.casefold()):
        return found
    begun = [option for option in options if option.casefold().startswith(text.casefold())]
    if len(begun) == 1:
        return begun[0]
    alike = process.extract(text, options, scorer=fuzz.WRatio, processor=utils.default_process, limit=2)
    if alike and alike[0][1] >= _ALIKE and (len(alike) == 1 or alike[0][1] - alike[1][1] >= _CLEARLY_MORE):
        return str(alike[0][0])
    raise InvalidValueError(f"{quoted(text)} is none of them; {wanted}.")


def _either(options: list[str]) -> str:
    return " or ".join([", ".join(options[:-1]), options[-1]] if len(options) > 1 else options)


def _check_list(value: JsonValue, parameter: Parameter, zone: tzinfo) -> JsonValue:
    wanted = "write the entries with commas between them"
    items = value if isinstance(value, list) else _split(value, wanted)
    found: list[JsonValue] = []
    for item in items:
        if isinstance(item, bool) or not isinstance(item, (str, int, float)):
            raise InvalidValueError(f"Every entry must be a text; {wanted}.")
        text = " ".join(storable(str(item)).split("\n")).strip()
        if len(text) > _LONGEST_ITEM:
            raise InvalidValueError(f"An entry is too long: {len(text):,} of at most {_LONGEST_ITEM:,} characters.")
        if text:
            found.append(text)
    if not found:
        raise InvalidValueError(f"It is empty; {wanted}.")
    check_count(len(found), parameter, _MOST_ITEMS, "entries")
    return found


def _split(value: JsonValue, wanted: str) -> list[JsonValue]:
    """Split a text at line ends, else at semicolons, else at commas and a last “and”; JSON is read as such."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InvalidValueError(f"That is not a list; {wanted}.")
    text = storable(str(value)).strip()
    read = _json(text)
    if isinstance(read, list):
        return read
    if "\n" in text:
        return [_BULLET.sub("", line) for line in text.split("\n")]
    if ";" in text:
        return list(text.split(";"))
    return list(_LAST_AND.sub(",", text).split(",")) if "," in text or _LAST_AND.search(text) else [text]


def _json(text: str) -> JsonValue:
    if not text.startswith(("[", "{")):
        return None
    try:
        return canonical.decode(text)
    except ValueError:
        return None


def _show_list(value: JsonValue, zone: tzinfo) -> str:
    """Entries with commas between them where that reads back the same, else as JSON."""
    if not isinstance(value, list):
        return str(value)
    shown = ", ".join(map(str, value))
    is_plain = all(_PLAIN.fullmatch(str(item)) for item in value) and not _LAST_AND.search(shown)
    return shown if is_plain and not shown.startswith(("[", "{")) else canonical.encode(value).decode()


def _check_pairs(value: JsonValue, parameter: Parameter, zone: tzinfo) -> JsonValue:
    wanted = "write pairs like name = Ana, city = Rome"
    pairs = _json(storable(value).strip()) if isinstance(value, str) else value
    if not isinstance(pairs, dict):
        pairs = _split_pairs(value, wanted)
    if not pairs:
        raise InvalidValueError(f"It is empty; {wanted}.")
    check_count(len(pairs), parameter, _MOST_ITEMS, "pairs")
    found: dict[str, JsonValue] = {}
    for key, item in pairs.items():
        if isinstance(item, (list, dict)):
            raise InvalidValueError(f"{quoted(key)} must have a text; {wanted}.")
        text = "" if item is None else str(item).lower() if isinstance(item, bool) else storable(str(item)).strip()
        name = storable(key).strip()
        if not name or len(name) > _LONGEST_ITEM or len(text) > _LONGEST_ITEM:
            raise InvalidValueError(f"{quoted(key)} is empty or too long; {wanted}.")
        found[name] = text
    return found


def _check_object(value: JsonValue, parameter: Parameter, zone: tzinfo) -> JsonValue:
    """JSON as it was written; of pairs, what is a number or a truth value by its form is one."""
    wanted = 'write pairs like name = Ana, or JSON like {"name": "Ana"}'
    found = _json(storable(value).strip()) if isinstance(value, str) else value
    if not isinstance(found, dict):
        found = {key: _scalar(str(item)) for key, item in _split_pairs(value, wanted).items()}
    if not found:
        raise InvalidValueError(f"It is empty; {wanted}.")
    check_count(len(found), parameter, _MOST_ITEMS, "pairs")
    if len(canonical.encode(found)) > _LARGEST_OBJECT:
        raise InvalidValueError(f"It is too large; {wanted}.")
    return found


def _scalar(text: str) -> JsonValue:
    try:
        read = canonical.decode(text.strip())
    except ValueError:
        return text
    return read if isinstance(read, bool | int | float) else text


def _show_object(value: JsonValue, zone: tzinfo) -> str:
    """Texts as pairs where that reads back the same, else JSON."""
    if not isinstance(value, dict):
        return str(value)
    is_plain = all(isinstance(item, str) and item == _scalar(item) for item in value.values())
    return _show_pairs(value, zone) if is_plain else canonical.encode(value).decode()


def _split_pairs(value: JsonValue, wanted: str) -> dict[str, JsonValue]:
    pairs: dict[str, JsonValue] = {}
    text = storable(value) if isinstance(value, str) else ""
    separator = "\n" if "\n" in text else ";" if ";" in text else ","
    for part in filter(str.strip, text.split(separator)):
        match = _PAIR.fullmatch(part)
        if not match:
            raise InvalidValueError(f"{quoted(part)} is not a pair; {wanted}.")
        pairs[match[1]] = match[2]
    return pairs


def _show_pairs(value: JsonValue, zone: tzinfo) -> str:
    """Pairs with commas between them where that reads back the same, else as JSON."""
    if not isinstance(value, dict):
        return str(value)
    shown = ", ".join(f"{key} = {item}" for key, item in value.items())
    is_plain = all(re.fullmatch(r"[^,;:=\n]+", key) and re.fullmatch(r"[^,;\n]*", str(it)) for key, it in value.items())
    return shown if is_plain and not shown.startswith("{") else canonical.encode(value).decode()


KINDS = [
    Kind(name="choice", title="Choice", input="select", example="weekly", check=_check_choice, show=as_written),
    Kind(name="list", title="List", input="list", example="milk, eggs, bread", check=_check_list, show=_show_list),
    Kind(
        name="key_value",
        title="Pairs",
        input="textarea",
        example="name = Ana, city = Rome",
        check=_check_pairs,
        show=_show_pairs,
    ),
    Kind(
        name="json_object",
        title="JSON",
        input="textarea",
        example='{"name": "Ana", "age": 7}',
        check=_check_object,
        show=_show_object,
    ),
]
