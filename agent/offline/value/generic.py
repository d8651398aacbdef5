"""What a message says whatever template it is for: its values under plain names, and its schedule. Knows no template."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from agent.offline.lexicon.words import value_words
from agent.offline.sentence import Sentence
from agent.offline.value.amount import read_amounts, read_cell, read_languages
from agent.offline.value.content import read_texts
from agent.offline.value.form import read_forms
from agent.offline.value.label import read_labels
from agent.offline.value.moment import read_moment
from agent.offline.value.page import Found, Page, any_word
from agent.offline.value.relation import read_relations
from catalog.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidValues:
    """`values` by plain names, each taken from the message; `schedule` when it is to happen, where that was said."""

    values: dict[str, JsonValue]
    schedule: Schedule | None


def read_values(sentence: Sentence) -> SaidValues:
    """Read what is said. What is not there is left out."""
    spoken = sentence.spoken
    page = Page(sentence, times=spoken.fragments if spoken else ())
    read_forms(page)
    read_labels(page)
    read_cell(page)
    read_relations(page)
    read_amounts(page)
    read_languages(page)
    read_texts(page)
    schedule = read_moment(page, spoken)
    return SaidValues(values=_merged(page.found, is_read=_reads_first(page)), schedule=schedule)


def _reads_first(page: Page) -> bool:
    """Whether nothing is said to the first channel: it is read, and the second is told."""
    first = next((f for f in page.found if f.name == "channel"), None)
    return first is not None and any_word(*value_words().messaging).search(page.masked, 0, first.start) is None


def _merged(found: list[Found], *, is_read: bool) -> dict[str, JsonValue]:
    """Values by name, in the order of the message. Of two with one name the first is where it comes from, of more all count."""
    by_name: dict[str, list[Found]] = {}
    for one in sorted(found, key=lambda f: f.start):
        by_name.setdefault(one.name, []).append(one)
    values: dict[str, JsonValue] = {}
    for name, several in by_name.items():
        if len(several) == 1:
            values[name] = several[0].value
        elif name in value_words().paired and len(several) == 2:  # noqa: PLR2004  # a pair
            values[f"from_{name}"], values[f"to_{name}"] = several[0].value, several[1].value
        elif name == "channel" and len(several) == 2 and is_read:  # noqa: PLR2004  # a pair
            values["from_channel"], values["channel"] = several[0].value, several[1].value
        else:
            flat = _flat(several)
            values[name] = flat[0] if len(flat) == 1 else flat
    if "subject" in values and "text" in values and "body" not in values:
        values["body"] = values.pop("text")  # what has a subject is a letter
    return values


def _flat(several: list[Found]) -> list[JsonValue]:
    flat: list[JsonValue] = []
    for one in several:
        for value in one.value if isinstance(one.value, list) else [one.value]:
            if value not in flat:
                flat.append(value)
    return flat
