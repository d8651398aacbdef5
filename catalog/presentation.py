"""Filters that make data readable: moments, money, lists, tables. Pure; used by `catalog.filter` only."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from urllib.parse import quote

from catalog.operand import LONGEST_TEXT, UnfitError, as_text, field, items_of, number_of, plain

_LONGEST_FORMAT = 100
_FORMAT = re.compile(r"(?:%[aAbBdHIjmMpSyYzZuVGUwW%]|[^%])*")
_PLACE = re.compile(r"\{([^{}\n]{1,80})\}")


def _moment(value: object) -> datetime | date:
    if isinstance(value, (datetime, date)):
        return value
    try:
        return datetime.fromisoformat(as_text(value))
    except ValueError:
        raise UnfitError("this is not a date") from None


def _date(value: object, form: str = "%Y-%m-%d") -> str:
    """Format a moment as `strftime` does; `%-d` and other forms that only some machines know are refused."""
    if len(form) > _LONGEST_FORMAT or not _FORMAT.fullmatch(form):
        raise UnfitError("this is not a date's format")
    moment = _moment(value)
    try:
        return moment.strftime(form)
    except ValueError:
        raise UnfitError("this is not a date's format") from None


def _money(value: object, currency: str = "") -> str:
    if isinstance(value, Mapping):
        return f"{value.get('amount', '')} {value.get('currency', '')}".strip()
    return f"{number_of(value):,.2f} {currency}".strip()


def _plural(value: object, one: str, many: str = "") -> str:
    """`1 row`, `3 rows`; `many` is the word for several where it is more than an s."""
    count = number_of(value)
    return f"{as_text(count)} {one if count == 1 else many or f'{one}s'}"


def _pretty(value: object) -> str:
    """JSON on several lines; a text stays as it is."""
    return value if isinstance(value, str) else json.dumps(plain(value), indent=2, ensure_ascii=False)


def _fill(value: object, values: object) -> str:
    """Replace `{name}` by the value of that name, in one pass; what has no value stays as it is."""
    known: dict[str, str | None] = {}

    def replaced(match: re.Match[str]) -> str:
        name = match[1].strip()
        if name not in known:
            found = field(values, name)
            known[name] = None if found is None else as_text(found)
        return match[0] if known[name] is None else str(known[name])

    text = as_text(value)
    if len(text) + sum(len(replaced(match)) for match in _PLACE.finditer(text)) > LONGEST_TEXT:
        raise UnfitError("the text becomes too long")
    return _PLACE.sub(replaced, text)


def _lines(value: object, pattern: str = "") -> str:
    """One line for each entry: the pattern, filled from it, or the entry itself."""
    lines: list[str] = []
    size = 0
    for item in items_of(value):
        lines.append(_fill(pattern, item) if pattern else as_text(item))
        size += len(lines[-1]) + 1
        if size > LONGEST_TEXT:
            raise UnfitError("the text becomes too long")
    return "\n".join(lines)


def _bullet_list(value: object) -> str:
    """One line for each entry; pairs for an object, and for a list of objects."""
    if isinstance(value, Mapping):
        return "\n".join(f"- {key}: {as_text(item)}" for key, item in value.items())
    return "\n".join(
        "- "
        + (
            ", ".join(f"{key}: {as_text(it)}" for key, it in item.items())
            if isinstance(item, Mapping)
            else as_text(item)
        )
        for item in items_of(value)
    )


def _csv(value: object) -> str:
    """Rows as CSV (RFC 4180): objects give a header of all their keys, in order of appearance."""
    rows = items_of(value)
    out = io.StringIO()
    writer = csv.writer(out)
    keys = list(dict.fromkeys(key for row in rows if isinstance(row, Mapping) for key in row))
    if keys:
        writer.writerow(keys)
    for row in rows:
        cells = [row.get(key) for key in keys] if isinstance(row, Mapping) else row if isinstance(row, list) else [row]
        writer.writerow([as_text(cell) for cell in cells])
    return out.getvalue()


def _file_link(value: object) -> str:
    """A Markdown link to a file of the files folder, where whoever reads it can fetch it."""
    path = as_text(value)
    shown = re.sub(r"([\\\[\]*_`<>])", r"\\\1", path)
    return f"[{shown}](files/{quote(path)})"


PRESENTATION: dict[str, Callable[..., object]] = {
    "date": _date,
    "money": _money,
    "plural": _plural,
    "pretty": _pretty,
    "bullet_list": _bullet_list,
    "lines": _lines,
    "fill": _fill,
    "csv": _csv,
    "file_link": _file_link,
}
