"""What a part of a reply says on an outside surface, in which order, and what stands out: the same on all of them. How that
looks is the adapter's. Pure; knows no surface and no markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from pydantic import JsonValue

from agent.moment import show_span
from agent.reply import (
    ApprovalCard,
    ChoicesPart,
    FormPart,
    ListPart,
    Part,
    ProposalCard,
    RunCard,
    ShownSchedule,
    StepProgress,
    TextPart,
    TraceAttempt,
    TracePart,
    WorkflowCard,
)
from bot.surface.element import Buttons, Choosing, Element, Line, Lines, Opening, Rich, Title, Value, Values
from core.canonical import encode

_MARKS = {
    "pending": "▫️",
    "queued": "▫️",
    "running": "▶️",
    "waiting": "⏸️",
    "succeeded": "✅",
    "failed": "❌",
    "skipped": "➖",
    "cancelled": "🚫",
    "active": "🟢",
    "paused": "⏸️",
}
_OFF = "⚪"
_ANSWERS = {"": "▫️", "yes": "✅", "no": "❌"}
_WARNING = "⚠️"
_ITEM = "•"
_NOTED = ("default", "suggestion")
"""Sources of values that are said: nobody has written these."""
_SHOWN_DIGEST = 12
_LONGEST_JSON = 600
_MOST_ATTEMPTS = 30


def outline(part: Part) -> Iterator[Element]:
    """All that it says, top to bottom; nothing in it is empty."""
    return (element for element in _elements(part) if _says_something(element))


def in_short(part: Part) -> Rich | Line:
    """What a part says where there is room for a line or two only."""
    match part:
        case TextPart() | ChoicesPart():
            return Rich(part.text)
        case FormPart():
            return Rich(part.text) if part.text.strip() else Line(text=part.title)
        case ListPart():
            return Line(text=f"{part.title} ({len(part.items)})" if part.items else f"{part.title} {part.empty}")
        case ApprovalCard():
            return Line(text=f"{part.title}: {part.question} ({part.state_text})")
        case _:
            return Line(text=f"{part.title}: {part.state_text}" if part.state_text else part.title)


def _elements(part: Part) -> Iterator[Element]:
    match part:
        case TextPart():
            yield Rich(f"{_WARNING} {part.text}" if part.tone == "error" else part.text)
        case ChoicesPart():
            yield Rich(part.text)
            yield _lines(*(Line(strong=one.label, text=f"· {one.detail}") for one in part.choices if one.detail))
            yield Choosing(part.choices)
        case FormPart():
            yield Rich(part.text)
            wrong = [one for one in part.fields if one.error]
            yield _lines(*(Line(mark=_WARNING, strong=f"{one.label}:", text=one.error) for one in wrong))
            yield Opening(part)
        case ListPart():
            yield from _list(part)
        case ProposalCard() | RunCard() | TracePart() | WorkflowCard() | ApprovalCard():
            yield Title(part.title)
            yield from _card(part)
            yield Buttons(part.actions)
        case _:
            assert_never(part)


def _says_something(element: Element) -> bool:
    match element:
        case Lines(some) | Values(some) | Buttons(some) | Choosing(some):
            return bool(some)
        case Rich(markdown):
            return bool(markdown.strip())
        case Title() | Opening():
            return True
        case _:
            assert_never(element)


def _card(card: ProposalCard | RunCard | TracePart | WorkflowCard | ApprovalCard) -> Iterator[Element]:
    match card:
        case ProposalCard():
            yield from _proposal(card)
        case RunCard():
            yield from _run(card)
        case TracePart():
            yield from _trace(card)
        case WorkflowCard():
            yield from _workflow(card)
        case ApprovalCard():
            yield from _approval(card)
        case _:
            assert_never(card)


def _proposal(card: ProposalCard) -> Iterator[Element]:
    yield _lines(Line(text=card.summary))
    notes = [card.words.get("changed" if one.is_changed else one.source, "") for one in card.values]
    yield Values(
        [
            Value(one.label, one.value, note if one.is_changed or one.source in _NOTED else "")
            for one, note in zip(card.values, notes, strict=True)
        ]
    )
    yield from _schedule(card.schedule, card.trigger_text)
    yield _lines(
        *(Line(mark=f"{number}.", strong=one.title, text=one.summary) for number, one in enumerate(card.steps, 1))
    )
    yield _small(*(Line(text=one) for one in card.limits), *(Line(mark="🔑", text=one) for one in card.connections))
    yield _lines(*(Line(mark=_WARNING, text=one) for one in card.warnings))
    yield _lines(Line(strong=card.state_text))


def _run(card: RunCard) -> Iterator[Element]:
    yield _lines(Line(mark=_MARKS[card.state], strong=card.state_text))
    yield _lines(*map(_step, card.steps))
    yield Rich(card.result)
    yield _lines(Line(mark=_WARNING, text=card.error) if card.error else Line())
    yield _small(Line(text=card.advice))


def _step(step: StepProgress) -> Line:
    tries = f" · {step.attempts}×" if step.attempts > 1 else ""
    items = f" · {step.items_done or 0}/{step.items}" if step.items else ""
    took = _took(step.took_ms) if step.state != "running" else ""
    return Line(mark=_MARKS[step.state], text=f"{step.title}{tries}{items}{took}", detail=step.detail)


def _trace(part: TracePart) -> Iterator[Element]:
    yield _lines(Line(strong=part.state_text))
    yield _small(Line(text=part.note))
    yield _lines(Line(code=_json(part.input)) if part.input is not None else Line())
    left = _MOST_ATTEMPTS
    for number, step in enumerate(part.steps, 1):
        shown = step.attempts[:left]
        left -= len(shown)
        more = step.left_out + len(step.attempts) - len(shown)
        yield _lines(
            Line(mark=f"{number}.", strong=step.title, text=f"· {step.uses}"),
            *(line for attempt in shown for line in _attempt(attempt)),
            Line(text=f"… +{more}") if more else Line(),
        )


def _attempt(attempt: TraceAttempt) -> Iterator[Line]:
    item = f" · #{attempt.item + 1}" if attempt.item is not None else ""
    note = f" · {attempt.note}" if attempt.note else ""
    said = f"{attempt.number}{item} · {attempt.started}{_took(attempt.took_ms)}{note}"
    yield Line(mark=_MARKS[attempt.state], text=said)
    if attempt.error:
        yield Line(mark=_WARNING, text=f"{attempt.error} ({attempt.cause})")
    yield Line(text=attempt.advice)
    for mark, value in (("→", attempt.input), ("←", attempt.output)):
        yield Line(mark=mark, code=_json(value)) if value else Line()
    for request in attempt.requests:
        yield Line(mark="⇢", code=_json(request))


def _workflow(card: WorkflowCard) -> Iterator[Element]:
    yield _lines(Line(mark=_MARKS.get(card.state, _OFF), strong=card.state_text))
    yield from _schedule(card.schedule, card.trigger_text)
    yield _lines(Line(mark=_WARNING, text=card.problem))
    yield _small(Line(text=card.last_run))


def _approval(card: ApprovalCard) -> Iterator[Element]:
    yield _lines(Line(text=card.question))
    yield Values([Value(one.label, one.value) for one in card.fields])
    yield _lines(Line(strong=card.state_text))
    yield _lines(
        *(
            Line(mark=_ANSWERS[one.answer], text=f"{one.name} · {one.detail}" if one.detail else one.name)
            for one in card.approvers
        )
    )
    yield _small(*(Line(text=one) for one in card.notes), Line(code=card.digest[:_SHOWN_DIGEST]))


def _list(part: ListPart) -> Iterator[Element]:
    if part.title:
        yield Title(part.title, is_card=False)
    if not part.items:
        yield _small(Line(text=part.empty))
    for item in part.items:
        yield _lines(Line(mark=_ITEM, strong=item.title, detail=item.detail))
        yield Buttons(item.actions)
    yield Buttons(part.actions)


def _schedule(schedule: ShownSchedule | None, trigger_text: str) -> Iterator[Element]:
    if schedule is None:
        yield _lines(Line(mark="⚡", text=trigger_text))
        return
    yield _lines(Line(mark="🗓️", strong=schedule.words, text=f"({schedule.timezone})"))
    yield _small(Line(text=" · ".join(schedule.next_shown)))


def _lines(*lines: Line, is_small: bool = False) -> Lines:
    return Lines([line for line in lines if not line.is_empty], is_small=is_small)


def _small(*lines: Line) -> Lines:
    return _lines(*lines, is_small=True)


def _took(took_ms: int | None) -> str:
    return f" · {show_span(took_ms)}" if took_ms is not None else ""


def _json(value: JsonValue) -> str:
    shown = " ".join((value if isinstance(value, str) else encode(value).decode()).split())
    return shown if len(shown) <= _LONGEST_JSON else f"{shown[: _LONGEST_JSON - 1]}…"
