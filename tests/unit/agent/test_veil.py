"""No private value gets through to all, in whatever part and spelling; and nothing else is lost with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.phrases import literal, shorten
from agent.reply import PARTS, ApprovalCard, FormPart, ListPart, Part, RunCard, TracePart
from agent.veil import Veil
from tests.contract.surfaces.battery import EVERY_PART
from tests.fakes import parts as samples

MARK = "••• (private)"
READ_BY_PROGRAMS = {
    *("id", "kind", "action", "name", "input", "digest", "uses", "state", "timezone", "next", "idempotency_key"),
    *("proposal_id", "run_id", "workflow_id", "approval_id", "started_at", "ended_at"),
    *("tone", "style", "source", "effect", "risk", "answer"),
}
EVERY_KIND = list(EVERY_PART.values())
VALUES = st.text(min_size=4, max_size=60).map(str.strip).filter(lambda one: len(one) >= 4 and one not in MARK)
SPELLINGS = [
    str,
    literal,
    quote,
    lambda one: json.dumps(one, ensure_ascii=False)[1:-1],
    lambda one: " ".join(one.split()),
]


def holding(part: Any, spelled: str) -> Part:
    """The part with the value in each of its texts that may hold any."""
    return PARTS.validate_python([_filled(part, "", f"Sent “{spelled}”, twice.")])[0]


def _filled(value: Any, key: str, text: str) -> Any:
    if isinstance(value, dict):
        return {name: one if _is_fixed(name, one) else _filled(one, name, text) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, key, text) for one in value]
    return text if isinstance(value, str) and key not in READ_BY_PROGRAMS else value


def _is_fixed(name: str, value: Any) -> bool:
    """The fixed words of a card."""
    return name == "words" and isinstance(value, dict)


def texts(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from texts(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one, key)
    elif isinstance(value, str) and key not in READ_BY_PROGRAMS:
        yield value


@settings(deadline=None)
@given(value=VALUES, spell=st.sampled_from(SPELLINGS))
@example(value="61250 euros", spell=literal)
@example(value="*_a_* [b](c)", spell=literal)
@example(value="1. a\n2. b", spell=literal)
@example(value="IİSs ſß", spell=str)
@example(value="show", spell=str)
def test_no_part_of_any_kind_holds_a_private_value_for_all(value: str, spell: Any) -> None:
    veil, spelled = Veil(MARK, [value]), str(spell(value))
    for sample in EVERY_KIND:
        part = holding(sample, spelled)
        assert any(spelled in one for one in texts(part.model_dump(mode="json")))
        own = set(texts(holding(sample, "").model_dump(mode="json")))
        left = [one for one in texts(veil.part(part).model_dump(mode="json")) if spelled in one and one not in own]
        assert not left, f"{part.kind}: {left}"


def test_each_kind_of_part_is_tried() -> None:
    kinds = {one["kind"] for one in EVERY_KIND}
    assert kinds == {"text", "choices", "form", "proposal", "run", "trace", "workflow", "approval", "list"}


@given(value=VALUES, before=st.text(max_size=20), after=st.text(max_size=20))
def test_what_is_not_the_value_stays(value: str, before: str, after: str) -> None:
    veil = Veil(MARK, [value])
    lines = [line for line in value.splitlines() if line]
    if not any(one.casefold()[:4] in f"{before} {after}".casefold() for one in [value, *lines]):
        assert veil.text(f"{before} {value} {after}") in {
            f"{before} {MARK} {after}",
            veil.text(before + " ") + MARK + veil.text(" " + after),
        }


@pytest.mark.parametrize(
    ("value", "text", "seen"),
    [
        ("Anna", "Tell Anna, not Susanna.", "Tell •••, not Susanna."),
        ("Anna", "user_anna and ANNA's", "user_••• and •••'s"),
        ("1250", "1250 of 61250, 12500 and 1250.50", "••• of 61250, 12500 and •••.50"),
        ("張偉明天", "我和張偉明天見面", "我和•••見面"),
        ("max.mustermann", "xmax.mustermanny", "x•••y"),
        ("yes", "yes", "yes"),
        ("5", "5 of 5", "5 of 5"),
    ],
)
def test_a_short_value_counts_only_where_it_stands_by_itself(value: str, text: str, seen: str) -> None:
    assert Veil("•••", [value]).text(text) == seen


LETTER = "Dear Ana,\nwe are glad to offer you 61250 euros a year.\nKind regards"


@pytest.mark.parametrize(
    "text",
    [
        f"Sent “{shorten(LETTER, 40)}” to Ana",
        f"The service said: {LETTER[:50]}",
        f"It began with “{literal(shorten(LETTER, 60))}”",
        f"400: {json.dumps({'body': LETTER})}",
    ],
)
def test_a_long_value_is_found_where_it_was_cut(text: str) -> None:
    seen = Veil("•••", [LETTER]).text(text)
    assert "glad" not in seen
    assert "•••" in seen


def test_a_form_has_nothing_where_a_value_was_so_that_no_mark_is_handed_in() -> None:
    form = FormPart.model_validate(samples.form())
    field = form.fields[0].model_copy(update={"value": "61250 euros"})
    seen = Veil(MARK, ["61250 euros"]).part(form.model_copy(update={"fields": [field]}))
    assert isinstance(seen, FormPart)
    assert seen.fields[0].value is None


def test_ids_actions_and_states_stay_as_they_are() -> None:
    for kind, sample in ((RunCard, samples.run()), (ApprovalCard, samples.approval()), (TracePart, samples.trace())):
        part = kind.model_validate(sample)
        values = [one.id for one in part.actions] + [part.state]
        seen = Veil(MARK, values).part(part)
        assert isinstance(seen, kind)
        assert [one.id for one in seen.actions] == [one.id for one in part.actions]
        assert seen.state == part.state


def test_without_a_value_nothing_is_touched() -> None:
    part = ListPart.model_validate(samples.connections())
    assert Veil(MARK, []).part(part) is part
