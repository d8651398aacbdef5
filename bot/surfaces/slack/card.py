"""Parts of a reply as Slack's messages: pure, within the limits, each with a text for where blocks are not shown.

Sends nothing. A form in a message is a button that opens it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from bot.surfaces.slack import block
from bot.surfaces.slack.mrkdwn import cut, escape, literal, to_texts
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
_NOTED = ("changed", "default", "suggestion")
_LONGEST_FALLBACK = 2_900
_MOST_CHARACTERS = 11_000
_LONGEST_JSON = 1_200
_MOST_ATTEMPTS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessage:
    """One message of Slack's. `text` is what notifications and screen readers show."""

    blocks: list[JsonObject]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """Makes messages for readers of one language. `files_url` is where the web panel is, for links to files."""

    phrases: Phrases
    message_id: str
    files_url: str = ""

    def messages(self, parts: Sequence[Part]) -> list[SlackMessage]:
        """At least one; more where they do not fit into one."""
        found = [made for part in parts for made in self.blocks(part)]
        text = self._fallback(parts)
        return [
            SlackMessage(blocks=block.numbered(some), text=text if not at else _first_text(some))
            for at, some in enumerate(_packed(found))
        ] or [SlackMessage(blocks=block.sections("…"), text="…")]

    def blocks(self, part: Part) -> list[JsonObject]:  # noqa: PLR0911  # one for each part that there is
        match part:
            case TextPart():
                return self._markdown(_TONES[part.tone] + part.text)
            case ChoicesPart():
                return self._choices(part)
            case FormPart():
                return self._form(part)
            case ProposalCard():
                return self._proposal(part)
            case RunCard():
                return self._run(part)
            case TracePart():
                return self._trace(part)
            case WorkflowCard():
                return self._workflow(part)
            case ApprovalCard():
                return self._approval(part)
            case ListPart():
                return self._list(part)
            case _:
                assert_never(part)

    def _markdown(self, text: str) -> list[JsonObject]:
        found = to_texts(text, block.LONGEST_TEXT, files_url=self.files_url)
        return [{"type": "section", "text": block.mrkdwn(one)} for one in found]

    def _buttons(self, actions: Sequence[Action]) -> list[JsonObject]:
        deny = self.phrases.plain("button.cancel")
        made = [block.button(action, deny=deny) for action in actions]
        return block.buttons(one for one in made if one is not None)

    def _choices(self, part: ChoicesPart) -> list[JsonObject]:
        details = [f"*{literal(one.label)}* · {literal(one.detail)}" for one in part.choices if one.detail]
        actions = [Action(id=one.action, label=one.label) for one in part.choices]
        return [*self._markdown(part.text), *block.contexts(details), *self._buttons(actions)]

    def _form(self, part: FormPart) -> list[JsonObject]:
        opening: JsonObject = {
            "type": "button",
            "action_id": block.FORM,
            "text": block.plain(part.title, block.LONGEST_LABEL),
            "value": self.message_id,
            "style": "primary",
        }
        errors = [f"⚠️ *{literal(one.label)}*: {literal(one.error)}" for one in part.fields if one.error]
        cancel = block.button(part.cancel, deny=self.phrases.plain("button.cancel")) if part.cancel else None
        return [
            *self._markdown(part.text),
            *block.contexts(errors),
            *block.buttons([opening, cancel] if cancel else [opening]),
        ]

    def _proposal(self, card: ProposalCard) -> list[JsonObject]:
        lines = [*map(literal, card.limits), *(literal(f"🔑 {one}") for one in card.connections)]
        lines += [literal(f"⚠️ {one}") for one in card.warnings]
        steps = [f"{at}. *{literal(one.title)}* {literal(one.summary)}" for at, one in enumerate(card.steps, 1)]
        return [
            block.header(card.title),
            *block.sections(literal(card.summary)),
            *block.fields(
                [
                    _value(one.label, one.value, _source(card.words, one.source, is_changed=one.is_changed))
                    for one in card.values
                ]
            ),
            *_schedule(card.schedule, card.trigger_text),
            *block.sections("\n".join(steps)),
            *block.contexts(lines),
            *_state(card.state_text),
            *self._buttons(card.actions),
        ]

    def _run(self, card: RunCard) -> list[JsonObject]:
        mark = {"queued": "pending"}.get(card.state, card.state)
        return [
            block.header(card.title),
            *block.sections(f"{MARKS[mark]} *{literal(card.state_text)}*"),
            *block.sections("\n".join(map(_step, card.steps))),
            *self._markdown(card.result),
            *block.sections(literal(f"⚠️ {card.error}") if card.error else ""),
            *block.contexts([literal(card.advice)]),
            *self._buttons(card.actions),
        ]

    def _trace(self, part: TracePart) -> list[JsonObject]:
        blocks = [block.header(part.title), *_state(part.state_text), *block.contexts([literal(part.note)])]
        if part.input is not None:
            blocks += block.sections(_json(part.input))
        attempts = 0
        for number, step in enumerate(part.steps, 1):
            lines = [f"*{number}. {literal(step.title)}* · {literal(step.uses)}"]
            for attempt in step.attempts[: max(0, _MOST_ATTEMPTS - attempts)]:
                lines += _attempt(attempt)
            left = step.left_out + max(0, len(step.attempts) - max(0, _MOST_ATTEMPTS - attempts))
            attempts += len(step.attempts)
            lines += [f"… +{left}"] if left else []
            blocks += [found for piece in _kept_together(lines) for found in block.sections(piece)]
        return [*blocks, *self._buttons(part.actions)]

    def _workflow(self, card: WorkflowCard) -> list[JsonObject]:
        mark = {"active": "🟢", "paused": "⏸️"}.get(card.state, "⚪")
        return [
            block.header(card.title),
            *block.sections(f"{mark} *{literal(card.state_text)}*"),
            *_schedule(card.schedule, card.trigger_text),
            *block.sections(literal(f"⚠️ {card.problem}") if card.problem else ""),
            *block.contexts([literal(card.last_run)]),
            *self._buttons(card.actions),
        ]

    def _approval(self, card: ApprovalCard) -> list[JsonObject]:
        people = [
            f"{_ANSWERS[one.answer]} {literal(one.name)}{f' · {literal(one.detail)}' if one.detail else ''}"
            for one in card.approvers
        ]
        return [
            block.header(card.title),
            *block.sections(literal(card.question)),
            *block.fields([_value(one.label, one.value) for one in card.fields]),
            *_state(card.state_text),
            *block.sections("\n".join(people)),
            *block.contexts([*map(literal, card.notes), f"`{escape(card.digest[:12])}`" if card.digest else ""]),
            *self._buttons(card.actions),
        ]

    def _list(self, part: ListPart) -> list[JsonObject]:
        blocks = block.sections(f"*{literal(part.title)}*" if part.title else "")
        if not part.items:
            blocks += block.contexts([literal(part.empty)])
        for item in part.items:
            detail = f"\n{literal(item.detail)}" if item.detail else ""
            blocks += block.sections(f"• *{literal(item.title)}*{detail}")
            blocks += self._buttons(item.actions)
        return [*blocks, *self._buttons(part.actions)]

    def _fallback(self, parts: Sequence[Part]) -> str:
        said = "\n".join(text for part in parts if (text := _said(part)))
        return (cut(said, _LONGEST_FALLBACK) or ["…"])[0]


def _said(part: Part) -> str:
    """What a part says, in one line or a few."""
    match part:
        case TextPart() | ChoicesPart():
            return "\n".join(to_texts(part.text, _LONGEST_FALLBACK))
        case FormPart():
            return "\n".join(to_texts(part.text, _LONGEST_FALLBACK)) or escape(part.title)
        case ListPart():
            return escape(f"{part.title} ({len(part.items)})" if part.items else f"{part.title} {part.empty}")
        case ApprovalCard():
            return escape(f"{part.title}: {part.question} ({part.state_text})")
        case _:
            return escape(f"{part.title}: {part.state_text}" if part.state_text else part.title)


def _value(label: str, value: str, note: str = "") -> str:
    return f"*{literal(label)}*{f' _({literal(note)})_' if note else ''}\n{literal(value)}"


def _source(words: Mapping[str, str], source: str, *, is_changed: bool) -> str:
    """Where a value came from, if one might ask: what somebody said themselves needs no word."""
    key = "changed" if is_changed else source
    return words.get(key, "") if key in _NOTED else ""


def _state(text: str) -> list[JsonObject]:
    return block.sections(f"*{literal(text)}*" if text else "")


def _schedule(schedule: ShownSchedule | None, trigger_text: str) -> list[JsonObject]:
    if schedule is None:
        return block.sections(f"⚡ {literal(trigger_text)}" if trigger_text else "")
    words = block.sections(f"🗓️ *{literal(schedule.words)}* ({literal(schedule.timezone)})")
    return [*words, *block.contexts([literal(" · ".join(schedule.next_shown))])]


def _step(step: StepProgress) -> str:
    tries = f" · {step.attempts}×" if step.attempts > 1 else ""
    items = f" · {step.items_done or 0}/{step.items}" if step.items else ""
    took = f" · {step.took_ms / 1000:.1f} s" if step.took_ms is not None and step.state != "running" else ""
    detail = f"\n      {literal(step.detail)}" if step.detail else ""
    return f"{MARKS[step.state]} {literal(step.title)}{tries}{items}{took}{detail}"


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
    return f"`{escape(block.shortened(shown.replace('`', 'ˋ'), _LONGEST_JSON))}`"


def _kept_together(lines: Sequence[str]) -> list[str]:
    """Lines joined while they fit into one section."""
    texts: list[str] = []
    for line in (piece for each in lines for piece in cut(each, block.LONGEST_TEXT)):
        if texts and len(texts[-1]) + 1 + len(line) <= block.LONGEST_TEXT:
            texts[-1] = f"{texts[-1]}\n{line}"
        else:
            texts.append(line)
    return texts


def _packed(blocks: Sequence[JsonObject]) -> Iterator[list[JsonObject]]:
    """The blocks of each message."""
    some: list[JsonObject] = []
    size = 0
    for one in blocks:
        length = len(encode(one))
        if some and (len(some) == block.MOST_BLOCKS or size + length > _MOST_CHARACTERS):
            yield some
            some, size = [], 0
        some.append(one)
        size += length
    if some:
        yield some


def _first_text(blocks: Sequence[JsonObject]) -> str:
    for one in blocks:
        text = one.get("text")
        if isinstance(text, dict) and isinstance(shown := text.get("text"), str):
            return shown if text.get("type") == "mrkdwn" else escape(shown)
    return "…"
