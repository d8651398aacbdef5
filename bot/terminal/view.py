"""Shows the parts of a reply in a terminal, and says which buttons they have. Knows no conversation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from pydantic import JsonValue
from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Column, Table
from rich.text import Text

from agent.moment import show_span
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
    TextPart,
    TraceAttempt,
    TracePart,
    WorkflowCard,
    actions_of,
)
from core.canonical import encode

_MARKS = {
    "pending": "[dim]·[/]",
    "running": "[cyan]▸[/]",
    "waiting": "[yellow]⏸[/]",
    "succeeded": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "skipped": "[dim]–[/]",
    "cancelled": "[dim]⊘[/]",
}
_ANSWERS = {"": _MARKS["pending"], "yes": _MARKS["succeeded"], "no": _MARKS["failed"]}


def show(parts: Sequence[Part], first_number: int = 1) -> RenderableType:
    """Return a message as rich renderables; its buttons are numbered from `first_number`."""
    shown: list[RenderableType] = []
    number = first_number
    for part in parts:
        shown.append(_list(part, number) if isinstance(part, ListPart) else _part(part))
        actions = part.actions if isinstance(part, ListPart) else actions_of(part)
        number += len(actions_of(part))
        if actions:
            shown.append(_buttons(actions, number - len(actions)))
    return Group(*shown)


def print_parts(parts: Sequence[Part]) -> None:
    """Print a message without its buttons, for commands that only show."""
    Console(highlight=False).print(Group(*(_part(part) for part in parts)))


def _part(part: Part) -> RenderableType:
    match part:
        case TextPart():
            return Markdown(part.text, style="red" if part.tone == "error" else "")
        case ChoicesPart():
            details = [Text(f"{one.label}  {one.detail}", style="dim") for one in part.choices if one.detail]
            return Group(Markdown(part.text), *details)
        case FormPart():
            errors = [Text(f"! {one.label}: {one.error}", style="red") for one in part.fields if one.error]
            return Group(Markdown(part.text), *errors)
        case ProposalCard() | RunCard() | TracePart() | WorkflowCard() | ApprovalCard():
            return Panel(Group(*_card(part)), title=f"[bold]{_plain(part.title)}[/]", title_align="left")
        case ListPart():
            return _list(part)
        case _:
            assert_never(part)


def _card(card: ProposalCard | RunCard | TracePart | WorkflowCard | ApprovalCard) -> Iterator[RenderableType]:
    match card:
        case ProposalCard():
            return _proposal(card)
        case RunCard():
            return _run(card)
        case TracePart():
            return _trace(card)
        case WorkflowCard():
            return _workflow(card)
        case ApprovalCard():
            return _approval(card)
        case _:
            assert_never(card)


def _proposal(card: ProposalCard) -> Iterator[RenderableType]:
    yield Text(card.summary, style="dim")
    if card.values:
        table = Table.grid("", "", Column(vertical="bottom"), padding=(0, 2))
        for value in card.values:
            note = card.words["changed" if value.is_changed else value.source]
            style = "yellow" if value.is_changed else "dim"
            table.add_row(Text(value.label, style="bold"), Text(value.value), Text(f"({note})", style=style))
        yield table
    yield from _schedule(card.schedule, card.trigger_text, card.words)
    for number, step in enumerate(card.steps, 1):
        effect = card.words["warns" if step.risk == "high" else step.effect]
        yield Text(f"{number}. {step.title}  {step.summary}  ({effect})")
    for limit in card.limits:
        yield Text(limit, style="dim")
    if card.connections:
        yield Text(card.words["uses"].format(name=", ".join(card.connections)), style="dim")
    for warning in card.warnings:
        yield Text(f"! {warning}", style="yellow")
    if card.state_text:
        yield Text(card.state_text, style="bold")


def _run(card: RunCard) -> Iterator[RenderableType]:
    yield Text(card.state_text, style="bold")
    for step in card.steps:
        tries = f" · {step.attempts}×" if step.attempts > 1 else ""
        items = f" · {step.items_done or 0}/{step.items}" if step.items else ""
        took = f" · {show_span(step.took_ms)}" if step.took_ms is not None and step.state != "running" else ""
        line = Text.from_markup(f"{_MARKS[step.state]} ")
        line.append(step.title)
        line.append(f"{tries}{items}{took}", style="dim")
        yield line
        if step.detail:
            yield Text(f"    {step.detail}", style="dim")
    if card.result:
        yield Markdown(card.result)
    if card.error:
        yield Text(card.error, style="red")
    if card.advice:
        yield Text(card.advice)


def _trace(part: TracePart) -> Iterator[RenderableType]:
    yield Text(part.state_text, style="bold")
    if part.note:
        yield Text(part.note, style="dim")
    if part.input is not None:
        yield _json(part.words["started_by"], part.input)
    for number, step in enumerate(part.steps, 1):
        line = Text(f"{number}. {step.title}", style="bold")
        line.append(f"  {step.uses}", style="dim")
        yield line
        for attempt in step.attempts:
            yield from _attempt(attempt, part.words)
        if step.left_out:
            yield Text(f"   {part.words['left_out'].format(n=step.left_out)}", style="dim")


def _attempt(attempt: TraceAttempt, words: Mapping[str, str]) -> Iterator[RenderableType]:
    line = Text.from_markup(f"   {_MARKS[attempt.state]} ")
    item = f" · {words['item_n'].format(n=attempt.item + 1)}" if attempt.item is not None else ""
    took = f" · {show_span(attempt.took_ms)}" if attempt.took_ms is not None else ""
    line.append(f"{words['try_n'].format(n=attempt.number)}{item} · {attempt.started}{took}", style="dim")
    if attempt.note:
        line.append(f" · {attempt.note}", style="dim")
    yield line
    if attempt.error:
        yield Text(f"     {attempt.error} ({attempt.cause})", style="red")
    if attempt.advice:
        yield Text(f"     {attempt.advice}")
    for name, value in (("given", attempt.input), ("result", attempt.output), ("key", attempt.idempotency_key)):
        if value is not None:
            yield _json(words[name], value, indent=5)
    for request in attempt.requests:
        yield _json(words["would_send"], request, indent=5)


def _json(name: str, value: JsonValue, *, indent: int = 0) -> Text:
    shown = value if isinstance(value, str) else encode(value).decode()
    return Text(f"{' ' * indent}{name}: {shown}", style="dim")


def _workflow(card: WorkflowCard) -> Iterator[RenderableType]:
    yield Text(card.state_text, style="bold")
    yield from _schedule(card.schedule, card.trigger_text, card.words)
    if card.problem:
        yield Text(card.problem, style="red")
    if card.last_run:
        yield Text(card.last_run, style="dim")


def _approval(card: ApprovalCard) -> Iterator[RenderableType]:
    yield Text(card.question)
    if card.fields:
        table = Table.grid(padding=(0, 2))
        for field in card.fields:
            table.add_row(Text(field.label, style="bold"), Text(field.value))
        yield table
    yield Text(card.state_text, style="bold")
    for one in card.approvers:
        line = Text.from_markup(f"{_ANSWERS[one.answer]} ")
        line.append(one.name)
        line.append(f"  {one.detail}" if one.detail else "", style="dim")
        yield line
    for note in (*card.notes, card.digest[:12]):
        yield Text(note, style="dim")


def _schedule(schedule: ShownSchedule | None, trigger_text: str, words: Mapping[str, str]) -> Iterator[RenderableType]:
    if schedule:
        yield Text(f"{schedule.words} ({schedule.timezone})")
        if schedule.next_shown:
            yield Text(f"{words['next']}: " + " · ".join(schedule.next_shown), style="dim")
    elif trigger_text:
        yield Text(trigger_text)


def _list(part: ListPart, number: int | None = None) -> RenderableType:
    """Each item with its buttons, numbered from `number` where they can be pressed."""
    shown: list[RenderableType] = [Text(part.title, style="bold")]
    if not part.items:
        shown.append(Text(part.empty, style="dim"))
    for item in part.items:
        line = Text("• ")
        line.append(item.title)
        line.append(f"  {item.detail}", style="dim")
        if number is not None and item.actions:
            line.append("   ").append_text(_buttons(item.actions, number))
            number += len(item.actions)
        shown.append(line)
    return Group(*shown)


def _buttons(actions: Sequence[Action], number: int) -> Text:
    labels = (f"[bold cyan]/{at}[/] {_plain(action.label)}" for at, action in enumerate(actions, number))
    return Text.from_markup("   ".join(labels))


def _plain(text: str) -> str:
    """Return a text with its square brackets shown, not read as rich's markup."""
    return text.replace("[", r"\[")
