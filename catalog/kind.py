"""The kinds of parameter values: what is accepted, in which canonical form it is kept, how it is shown.

Reading values out of sentences is the interpreters' work; here a candidate is only checked. Canonical forms are JSON:

| kind | canonical form |
|---|---|
| text, long_text | string (one line / any) |
| number, integer | number |
| yes_no | boolean |
| money | {"amount": "12.50", "currency": "EUR"} |
| email, emails | address / list of addresses |
| url | absolute http(s) URL |
| phone | E.164 string |
| date, time, datetime | "2026-12-03" / "09:30" / aware ISO 8601 |
| duration | whole seconds |
| recurrence | a `catalog.schedule.Schedule` as JSON |
| time_zone | IANA name |
| channel | "#name" or "surface:id" |
| person | "@name" or "surface:id" |
| file | path relative to the files folder |
| choice | one of the parameter's options |
| list | list of strings |
| key_value | object of strings |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from pydantic import JsonValue

from catalog.workflow import Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind. `input` is the form control: text, textarea, number, email, url, tel, date, time, datetime-local,
    checkbox, select or list.
    """

    name: str
    title: str
    input: str
    example: str
    check: Callable[[JsonValue, Parameter, tzinfo], JsonValue]
    show: Callable[[JsonValue, tzinfo], str]


KINDS: dict[str, Kind] = {}


def check_value(value: JsonValue, parameter: Parameter, zone: tzinfo) -> JsonValue:
    """Return the canonical form. Raises InvalidValueError with a sentence that says what would fit."""
    return KINDS[parameter.kind].check(value, parameter, zone)


def show_value(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    """Return the value as people read it; the empty string for none."""
    return "" if value is None else KINDS[parameter.kind].show(value, zone)
