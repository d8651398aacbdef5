"""Parts of a reply as Discord's messages: pure, within the limits. Sends nothing. A form in a message is a button that opens it.

All messages are of components version 2: buttons stand beside what they are for, and a message keeps its kind however it
changes, since Discord lets none change it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from pydantic import JsonValue

from agent.phrases import Phrases
from agent.reply import (
    Action,
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
from bot.surfaces.discord.component import (
    MOST_OPTIONS,
    Block,
    button,
    option,
    pages,
    rows,
    select,
    text,
    walk,
)
from bot.surfaces.discord.form import page_count
from bot.surfaces.discord.markup import cut, literal, shorten, to_texts
from bot.surfaces.discord.press_id import PressId, PressIds, Verb, digest_of
from core.canonical import encode
from store.record import JsonObject

MARKS = {
    "pending": "▫️",
    "running": "▶️",
    "waiting": "⏸️",
    "succeeded": "✅",
    "failed": "❌",
    "skipped": "➖",
    "cancelled": "🚫",
}
_ANSWERS = {"": "▫️", "yes": "✅", "no": "❌"}
_TONES = {"plain": "", "error": "⚠️ ", "success": ""}
_GREY, _BLUE, _GREEN, _RED, _YELLOW = 0x80848E, 0x5865F2, 0x23A55A, 0xDA373C, 0xF0B232
_COLOURS = {
    "open": _BLUE,
    "queued": _GREY,
    "running": _BLUE,
    "waiting": _YELLOW,
    "active": _GREEN,
    "paused": _YELLOW,
    "approved": _GREEN,
    "succeeded": _GREEN,
    "failed": _RED,
    "rejected": _RED,
}
_LONGEST_TEXT = 3800
_LONGEST_JSON = 300
_MOST_ATTEMPTS = 20
_SHOWN_DIGEST = 12
_NUMBER_OF_CHOICES = 10
"""More of them than that are a select."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """Makes messages for readers of one language. `message_id` is the log's; `files_url` is where the web panel is."""

    phrases: Phrases
    ids: PressIds
    message_id: str
    files_url: str = ""

    def messages(self, parts: Sequence[Part]) -> list[list[JsonObject]]:
        """The components of each message, at least one; more where they do not fit into one."""
        blocks = [block for at, part in enumerate(parts) for block in self._blocks(part, at)]
        return [self._apart(page) for page in pages(blocks)] or [[text("…")]]

    def _apart(self, components: list[JsonObject]) -> list[JsonObject]:
        """No two of a message may have the same `custom_id`, even when they do the same."""
        seen: set[str] = set()
        for number, one in enumerate(walk(components)):
            if isinstance(custom_id := one.get("custom_id"), str):
                if custom_id in seen:
                    one["custom_id"] = self.ids.again(custom_id, number)
                seen.add(custom_id)
        return components

    def _blocks(self, part: Part, at: int) -> list[Block]:
        match part:
            case TextPart():
                return _plain(self._markdown(_TONES[part.tone] + part.text))
            case ChoicesPart():
                return _plain([*self._markdown(part.text), *self._choices(part)])
            case FormPart():
                return _plain([*self._markdown(part.text), *self._form(part)])
            case ListPart():
                return [Block(component=one, card=at) for one in self._list(part)]
            case ProposalCard() | RunCard() | TracePart() | WorkflowCard() | ApprovalCard():
                colour = _COLOURS.get(part.state, _GREY)
                made = [*self._card(part), *self._buttons(part.actions)]
                return [Block(component=one, card=at, colour=colour) for one in made]
            case _:
                assert_never(part)

    def _card(self, card: ProposalCard | RunCard | TracePart | WorkflowCard | ApprovalCard) -> list[JsonObject]:
        match card:
            case ProposalCard():
                return _texts(_proposal(card))
            case RunCard():
                result = self._markdown(card.result)
                after = [literal(f"⚠️ {card.error}") if card.error else "", _small(card.advice)]
                return [*_texts(_run(card)), *result, *_texts(after)]
            case TracePart():
                return _texts(_trace(card))
            case WorkflowCard():
                return _texts(_workflow(card))
            case ApprovalCard():
                return _texts(_approval(card))
            case _:
                assert_never(card)

    def _markdown(self, markdown: str) -> list[JsonObject]:
        return [text(one) for one in to_texts(markdown, _LONGEST_TEXT, files_url=self.files_url)]

    def _button(self, action: Action) -> JsonObject:
        return button(action.label, self.ids.of(action, self.message_id), action.style)

    def _buttons(self, actions: Iterable[Action]) -> list[JsonObject]:
        return rows([self._button(action) for action in actions])

    def _choices(self, part: ChoicesPart) -> list[JsonObject]:
        if len(part.choices) <= _NUMBER_OF_CHOICES:
            details = [f"**{literal(one.label)}** · {literal(one.detail)}" for one in part.choices if one.detail]
            buttons = self._buttons(Action(id=one.action, label=one.label) for one in part.choices)
            return [*_texts(details), *buttons]
        known = {one.action: one for one in part.choices}.values()
        options = [option(one.label, digest_of(one.action), one.detail) for one in known]
        return [
            select(self.ids.write(PressId(Verb.PICK, self.message_id, str(at))), options[at : at + MOST_OPTIONS])
            for at in range(0, len(options), MOST_OPTIONS)
        ]

    def _form(self, part: FormPart) -> list[JsonObject]:
        """Its button, or one for each page where Discord's forms are too small for it."""
        errors = [f"⚠️ **{literal(one.label)}:** {literal(one.error)}" for one in part.fields if one.error]
        count = page_count(part)
        opening = [
            button(
                part.title if count == 1 else f"{shorten(part.title, 60)} ({page + 1}/{count})",
                self.ids.write(PressId(Verb.OPEN, self.message_id, str(page))),
                "primary",
            )
            for page in range(count)
        ]
        return [*_texts(errors), *rows([*opening, *([self._button(part.cancel)] if part.cancel else [])])]

    def _list(self, part: ListPart) -> list[JsonObject]:
        made = _texts([f"### {literal(part.title)}" if part.title else "", "" if part.items else literal(part.empty)])
        for item in part.items:
            made += _texts([f"**{literal(item.title)}**", _small(item.detail)])
            made += self._buttons(item.actions)
        return [*made, *self._buttons(part.actions)]


def _plain(components: Iterable[JsonObject]) -> list[Block]:
    return [Block(component=one) for one in components]


def _texts(lines: Iterable[str]) -> list[JsonObject]:
    """Lines, joined while they fit."""
    found: list[str] = []
    for line in (piece for whole in lines for piece in cut(whole, _LONGEST_TEXT)):
        if found and len(found[-1]) + 1 + len(line) <= _LONGEST_TEXT // 2:
            found[-1] = f"{found[-1]}\n{line}"
        else:
            found.append(line)
    return [text(one) for one in found]


def _small(line: str) -> str:
    """In small letters, which hold for one line."""
    return "\n".join(f"-# {literal(one)}" for one in line.split("\n") if one.strip())


def _value(label: str, value: str, note: str = "") -> str:
    return f"**{literal(label)}:** {literal(value)}{note}"


def _proposal(card: ProposalCard) -> Iterator[str]:
    yield f"### {literal(card.title)}"
    yield literal(card.summary)
    for one in card.values:
        yield _value(one.label, one.value, " ✏️" if one.is_changed else "")
    yield from _schedule(card.schedule, card.trigger_text)
    for number, step in enumerate(card.steps, 1):
        yield f"{number}. **{literal(step.title)}** {literal(step.summary)}"
    yield from map(_small, card.limits)
    yield from (f"🔑 {literal(one)}" for one in card.connections)
    yield from (f"⚠️ {literal(one)}" for one in card.warnings)
    yield f"**{literal(card.state_text)}**" if card.state_text else ""


def _run(card: RunCard) -> Iterator[str]:
    mark = MARKS[{"queued": "pending"}.get(card.state, card.state)]
    yield f"### {literal(card.title)}"
    yield f"{mark} **{literal(card.state_text)}**"
    yield from map(_step, card.steps)


def _step(step: StepProgress) -> str:
    tries = f" · {step.attempts}×" if step.attempts > 1 else ""
    items = f" · {step.items_done or 0}/{step.items}" if step.items else ""
    took = f" · {step.took_ms / 1000:.1f} s" if step.took_ms is not None and step.state != "running" else ""
    detail = f"\n{_small(step.detail)}" if step.detail else ""
    return f"{MARKS[step.state]} {literal(step.title)}{tries}{items}{took}{detail}"


def _trace(part: TracePart) -> Iterator[str]:
    yield f"### {literal(part.title)}"
    yield f"**{literal(part.state_text)}**"
    yield _small(part.note)
    if part.input is not None:
        yield _json(part.input)
    left = _MOST_ATTEMPTS
    for number, step in enumerate(part.steps, 1):
        yield f"**{number}. {literal(step.title)}** · {literal(step.uses)}"
        for attempt in step.attempts[:left]:
            yield from _attempt(attempt)
        more = step.left_out + max(0, len(step.attempts) - left)
        left = max(0, left - len(step.attempts))
        if more:
            yield f"… +{more}"


def _attempt(attempt: TraceAttempt) -> Iterator[str]:
    item = f" · #{attempt.item + 1}" if attempt.item is not None else ""
    took = f" · {attempt.took_ms / 1000:.1f} s" if attempt.took_ms is not None else ""
    note = f" · {literal(attempt.note)}" if attempt.note else ""
    yield f"{MARKS[attempt.state]} {attempt.number}{item} · {literal(attempt.started)}{took}{note}"
    if attempt.error:
        yield f"⚠️ {literal(attempt.error)} ({literal(attempt.cause)})"
    if attempt.advice:
        yield literal(attempt.advice)
    yield from (f"{mark} {_json(value)}" for mark, value in (("→", attempt.input), ("←", attempt.output)) if value)
    yield from (f"⇢ {_json(request)}" for request in attempt.requests)


def _json(value: JsonValue) -> str:
    shown = value if isinstance(value, str) else encode(value).decode()
    return f"`{shorten(shown.replace('`', 'ˋ'), _LONGEST_JSON)}`"


def _workflow(card: WorkflowCard) -> Iterator[str]:
    mark = {"active": "🟢", "paused": "⏸️"}.get(card.state, "⚪")
    yield f"### {literal(card.title)}"
    yield f"{mark} **{literal(card.state_text)}**"
    yield from _schedule(card.schedule, card.trigger_text)
    yield literal(f"⚠️ {card.problem}") if card.problem else ""
    yield _small(card.last_run)


def _approval(card: ApprovalCard) -> Iterator[str]:
    yield f"### {literal(card.title)}"
    yield literal(card.question)
    yield from (_value(one.label, one.value) for one in card.fields)
    yield f"**{literal(card.state_text)}**" if card.state_text else ""
    for one in card.approvers:
        yield f"{_ANSWERS[one.answer]} {literal(one.name)}{f' · {literal(one.detail)}' if one.detail else ''}"
    yield from map(_small, card.notes)
    if card.digest:
        yield f"-# `{card.digest[:_SHOWN_DIGEST]}`"


def _schedule(schedule: ShownSchedule | None, trigger_text: str) -> Iterator[str]:
    if schedule is None:
        yield f"⚡ {literal(trigger_text)}" if trigger_text else ""
        return
    yield f"🗓️ **{literal(schedule.words)}** ({literal(schedule.timezone)})"
    yield _small(" · ".join(schedule.next_shown))
