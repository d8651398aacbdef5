"""The filters, tests and functions that expressions may use. Everything here is pure, and bounded in what it makes.

| on | filters |
|---|---|
| anything | default(other), length, tojson, string |
| text | upper, lower, title, trim, replace(old, new), truncate(length), split(separator), escape, urlencode |
| numbers | round(places), int(default), float(default), abs |
| lists | join(separator), first, last, min, max, sum(attribute), sort(attribute, reverse), unique(attribute), reverse |
| | list, map(attribute or filter), select(test, value), reject(…), selectattr(attribute, test, value), rejectattr(…) |
| | flatten, mentioning(word) |
| objects | keys, values |
| for readers | see `catalog.presentation`: date(format), money(currency), plural(one, many), pretty, bullet_list, lines(pattern), fill(values), csv, file_link |

Functions: min(a, b, …), max(a, b, …). Tests stand after `is`, and as words in `select`: see `TESTS`.
"""

from __future__ import annotations

import html
import math
import urllib.parse
from collections.abc import Callable, Mapping, Sequence

from jinja2 import Undefined

from catalog.operand import (
    LONGEST_TEXT,
    UnfitError,
    as_text,
    field,
    items_of,
    measured,
    number_of,
    to_json,
    word_for,
)
from catalog.presentation import PRESENTATION

_MOST_PLACES = 15


def _default(value: object, other: object = "", falsy: bool = False) -> object:  # noqa: FBT001, FBT002  # as in Jinja
    return other if isinstance(value, Undefined) or value is None or (falsy and not value) else value


def _length(value: object) -> int:
    if isinstance(value, (str, list, tuple, Mapping)):
        return len(value)
    raise UnfitError(f"{word_for(value)} has no length")


def _replace(value: object, old: str, new: object) -> str:
    text, replacement = as_text(value), as_text(new)
    if not isinstance(old, str) or not old:
        raise UnfitError("replace needs the text to look for")
    if len(text) + text.count(old) * len(replacement) > LONGEST_TEXT:
        raise UnfitError("the text becomes too long")
    return text.replace(old, replacement)


def _truncate(value: object, length: int = 255, end: str = "…") -> str:
    text = as_text(value)
    return text if len(text) <= length else text[: max(0, length - len(end))].rstrip() + end


def _split(value: object, separator: str | None = None) -> list[str]:
    return as_text(value).split(separator or None)


def _join(value: object, separator: str = "", attribute: str | None = None) -> str:
    texts = [as_text(field(item, attribute) if attribute else item) for item in items_of(value)]
    if sum(map(len, texts)) + len(separator) * len(texts) > LONGEST_TEXT:
        raise UnfitError("the text becomes too long")
    return separator.join(texts)


def _round(value: object, places: int = 0) -> int | float:
    if not -_MOST_PLACES <= places <= _MOST_PLACES:
        raise UnfitError("round takes a few decimal places")
    number = round(number_of(value), places)
    return int(number) if places <= 0 and math.isfinite(number) else number


def _convert(kind: Callable[[str], int | float]) -> Callable[..., object]:
    def convert(value: object, default: object = None) -> object:
        try:
            return kind(as_text(value).strip()[:400])
        except (ValueError, OverflowError):
            if default is None:
                raise UnfitError("this is not a number") from None
            return default

    return convert


def _int(text: str) -> int:
    return int(text) if text.lstrip("+-").isdigit() else int(float(text))


def _sum(value: object, attribute: str | None = None) -> int | float:
    return sum(number_of(field(item, attribute) if attribute else item) for item in items_of(value))


def _rank(attribute: str | None) -> Callable[[object], tuple[int, object]]:
    """Sort by number, then by text without regard to case, whatever the list mixes."""

    def rank(item: object) -> tuple[int, object]:
        value = field(item, attribute) if attribute else item
        if isinstance(value, (int, float)):
            return 0, value
        return (1, as_text(value).casefold()) if value is not None else (2, "")

    return rank


def _sort(value: object, reverse: bool = False, attribute: str | None = None) -> list[object]:  # noqa: FBT001, FBT002  # as in Jinja
    return sorted(items_of(value), key=_rank(attribute), reverse=reverse)


def _unique(value: object, attribute: str | None = None) -> list[object]:
    found = {to_json(field(item, attribute) if attribute else item): item for item in reversed(items_of(value))}
    return list(found.values())[::-1]


def _edge(index: int) -> Callable[[object], object]:
    def edge(value: object) -> object:
        items = value if isinstance(value, str) else items_of(value)
        return items[index] if items else Undefined(hint="the list is empty")

    return edge


def _map(
    value: object, name: str | None = None, *, attribute: str | None = None, default: object = None
) -> list[object]:
    if attribute is not None:
        return [_default(field(item, attribute), default) for item in items_of(value)]
    if name not in FILTERS or name == "map":
        raise UnfitError("map needs attribute='…' or the name of a filter")
    return [FILTERS[name](item) for item in items_of(value)]


def _chosen(wanted: bool, has_attribute: bool) -> Callable[..., list[object]]:  # noqa: FBT001  # four filters in one
    def choose(value: object, *words: object) -> list[object]:
        attribute = str(words[0]) if has_attribute and words else None
        name, *operands = words[1:] if has_attribute else words
        return [
            item
            for item in items_of(value)
            if _passes(field(item, attribute) if attribute else item, name, operands) is wanted
        ]

    def forgiving(value: object, *words: object) -> list[object]:
        """Without a test, whatever is not empty passes."""
        return choose(value, *words, "truthy") if len(words) <= int(has_attribute) else choose(value, *words)

    return forgiving


def _passes(value: object, name: object, operands: Sequence[object]) -> bool:
    if not isinstance(name, str) or name not in TESTS:
        raise UnfitError(f"there is no such test; there are {', '.join(sorted(TESTS))}")
    return TESTS[name](value, *operands)


def _reach(choose: Callable[..., object]) -> Callable[..., object]:
    def reach(value: object, *others: object, attribute: str | None = None) -> object:
        items = [value, *others] if others else items_of(value)
        if not items:
            return Undefined(hint="the list is empty")
        return choose(items, key=_rank(attribute))

    return reach


def _keys(value: object) -> list[object]:
    return list(value) if isinstance(value, Mapping) else items_of(value)


def _values(value: object) -> list[object]:
    return list(value.values()) if isinstance(value, Mapping) else items_of(value)


def _flatten(value: object) -> list[object]:
    return [each for item in items_of(value) for each in (item if isinstance(item, (list, tuple)) else [item])]


def _mentioning(value: object, word: object) -> list[object]:
    """The entries that hold a word anywhere, whatever its case."""
    wanted = as_text(word).casefold()
    return [item for item in items_of(value) if wanted in as_text(item).casefold()]


def _texts(change: Callable[[str], str]) -> Callable[[object], str]:
    return lambda value: change(as_text(value))


_UNBOUNDED: dict[str, Callable[..., object]] = {
    "default": _default, "length": _length, "tojson": to_json, "string": as_text,
    "upper": _texts(str.upper), "lower": _texts(str.lower), "title": _texts(str.title), "trim": _texts(str.strip),
    "escape": _texts(html.escape), "urlencode": _texts(lambda text: urllib.parse.quote(text, safe="")),
    "replace": _replace, "truncate": _truncate, "split": _split, "join": _join,
    "round": _round, "int": _convert(_int), "float": _convert(float), "abs": lambda value: abs(number_of(value)),
    "first": _edge(0), "last": _edge(-1), "min": _reach(min), "max": _reach(max), "sum": _sum, "sort": _sort,
    "list": items_of, "flatten": _flatten, "mentioning": _mentioning, "unique": _unique, "reverse": lambda value: items_of(value)[::-1], "map": _map,
    "select": _chosen(True, False), "reject": _chosen(False, False),
    "selectattr": _chosen(True, True), "rejectattr": _chosen(False, True),
    "keys": _keys, "values": _values,
}  # fmt: skip


def _bounded(make: Callable[..., object]) -> Callable[..., object]:
    return lambda *args, **options: measured(make(*args, **options))


FILTERS: dict[str, Callable[..., object]] = {
    name: _bounded(make) for name, make in {**_UNBOUNDED, **PRESENTATION}.items()
}
FUNCTIONS: dict[str, Callable[..., object]] = {"min": FILTERS["min"], "max": FILTERS["max"]}
TESTS: dict[str, Callable[..., bool]] = {
    "defined": lambda value: not isinstance(value, Undefined),
    "none": lambda value: value is None,
    "truthy": bool,
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "mapping": lambda value: isinstance(value, Mapping),
    "odd": lambda value: number_of(value) % 2 == 1,
    "even": lambda value: number_of(value) % 2 == 0,
    "eq": lambda value, other: bool(value == other),
    "ne": lambda value, other: bool(value != other),
    "lt": lambda value, other: value is not None and bool(value < other),
    "le": lambda value, other: value is not None and bool(value <= other),
    "gt": lambda value, other: value is not None and bool(value > other),
    "ge": lambda value, other: value is not None and bool(value >= other),
    "in": lambda value, others: value in others,
    "contains": lambda value, other: value is not None and other in value,
}
TESTS |= {
    "==": TESTS["eq"],
    "!=": TESTS["ne"],
    "<": TESTS["lt"],
    "<=": TESTS["le"],
    ">": TESTS["gt"],
    ">=": TESTS["ge"],
}
