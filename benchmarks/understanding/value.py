"""Compares values: whether one that was read is the one that was meant, and whether it stands in the message at all."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue

from benchmarks.understanding.case import Request, Values

_QUOTES = "\"'`“”„«»‘’ "
_SIGNS = "#@"


def plain(value: JsonValue) -> str:
    """A value as it is compared: case, white space, quotes, chat tokens and the seconds of a time do not matter."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", str(value))).strip().casefold().strip(_QUOTES).rstrip(".")
    text = re.sub(r"^<[#@]\w+\|([^>]+)>$", r"\1", text)
    text = re.sub(r"^<mailto:[^|]+\|([^>]+)>$", r"\1", text).removeprefix("mailto:")
    if re.fullmatch(r"\+?[\d\s().-]{9,}", text) and not re.match(r"\d{4}-\d\d-\d\d", text):
        return re.sub(r"\D", "", text)
    if moment := re.match(r"(\d{4}-\d\d-\d\d)[t ](\d\d:\d\d)", text):
        return f"{moment[1]}t{moment[2]}"
    return text[:-2] if re.fullmatch(r"-?\d+\.0", text) else text


def same(wanted: JsonValue, got: JsonValue) -> bool:
    """Whether two values mean the same; the order of a list does not matter."""
    if isinstance(wanted, list) or isinstance(got, list):
        return sorted(map(plain, _items(wanted))) == sorted(map(plain, _items(got)))
    if isinstance(wanted, dict) or isinstance(got, dict):
        return _object(wanted) == _object(got)
    first, second = plain(wanted), plain(got)
    if first == second or first.lstrip(_SIGNS) == second.lstrip(_SIGNS):
        return True
    is_day = re.match(r"\d{4}-\d\d-\d\dt", first) is not None and len(second) == len("2026-12-02")
    return is_day and first.startswith(second)


def has(name: str, wanted: Iterable[JsonValue], values: Values, names: Mapping[str, Sequence[str]]) -> bool:
    """Whether a value was read: under its own or a like name when there is one, otherwise anywhere."""
    known = {name, *names.get(name, ())}
    looked_at = [value for key, value in values.items() if key in known] or list(values.values())
    return any(same(one, value) for value in looked_at for one in wanted)


def invented(request: Request, values: Values, names: Mapping[str, Sequence[str]]) -> list[str]:
    """Names of values that the message does not hold, or that were taken for what it lacks."""
    known = [*request.wanted.values(), *(v for values in request.params_alt.values() for v in values)]
    known += list(request.second.params.values()) if request.second else []
    known += [request.timezone, *request.services_explicit]
    lacking = {alias for name in request.missing for alias in (name, *names.get(name, ()))} - set(request.wanted)
    said = _bare(request.text)
    return [
        name
        for name, value in values.items()
        if not any(same(one, value) for one in known)
        and (name in lacking or not all(_stands_in(leaf, said) for leaf in _leaves(value)))
    ]


def _stands_in(value: JsonValue, said: str) -> bool:
    bare = _bare(str(value))
    return bare in said or (isinstance(value, bool | float | int) and str(value).removesuffix(".0") in said)


def _bare(text: str) -> str:
    return re.sub(r"[\s\"'`“”„«»‘’<>]+", "", unicodedata.normalize("NFKC", text).casefold())


def _leaves(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    return [value]


def _items(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else list(re.split(r"\s*[,;]\s*", str(value)))


def _object(value: JsonValue) -> JsonValue:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None
