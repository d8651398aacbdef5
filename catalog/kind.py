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
| emoji | the character, or the name where it has none |
| list | list of strings |
| key_value | object of strings |
| json_object | object of JSON values: numbers, truth values and nesting are kept |

A parameter's `minimum` and `maximum` bound numbers, money and durations (in seconds) by size, texts by their length, and
lists, e-mail lists and pairs by how many they are. The `options` of `money` are currencies; the first is meant when none
is said. What `show` gives, `check` reads again (recurrences apart).
"""

from __future__ import annotations

from datetime import tzinfo

from pydantic import JsonValue

from catalog.kinds import address, collection, moment, number, span, text
from catalog.kinds.kind import Kind
from catalog.workflow import Parameter

__all__ = ["KINDS", "Kind", "check_value", "show_value"]

KINDS: dict[str, Kind] = {
    kind.name: kind for family in (text, number, address, moment, span, collection) for kind in family.KINDS
}


def check_value(value: JsonValue, parameter: Parameter, zone: tzinfo) -> JsonValue:
    """Return the canonical form. Raises InvalidValueError with a sentence that says what would fit."""
    return KINDS[parameter.kind].check(value, parameter, zone)


def show_value(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    """Return the value as people read it; the empty string for none."""
    return "" if value is None else KINDS[parameter.kind].show(value, zone)
