"""What people read and can press, free of any surface's looks: what parts say, and whether a surface's own reading says the same.

A surface's reading (`tests/fakes/*_reading.py`) gives the lines and buttons that stand there. Signs and spaces that only set a
text are left out when they are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from markdown_it import MarkdownIt
from markdown_it.token import Token

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
    ShownValue,
    TextPart,
    TracePart,
    WorkflowCard,
)

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_SIGNS = re.compile(r"[\s\u2060\u200b\ufe0f▫▶⏸✅❌➖🚫⚠🔑🗓⚡✏🟢⚪🧪•·:—-]")
_NUMBER = re.compile(r"^([\s•]*\d+)\.(?=\s)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Transcript:
    """Lines in the order in which they stand there, values as `label: value`, and the labels of buttons."""

    lines: tuple[str, ...]
    buttons: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def transcript_of(parts: Sequence[Part]) -> Transcript:
    """What a surface that shows parts as they are shows."""
    return Transcript(
        tuple(line for part in parts for line in _lines(part) if line),
        tuple(label for part in parts for label in _buttons(part)),
    )


def bare(text: str) -> str:
    """What is left when spaces and signs that only set a text are left out."""
    return _SIGNS.sub("", _NUMBER.sub(r"\1", text))


def assert_reads(read: Transcript, parts: Sequence[Part], *, besides: Sequence[str] = ()) -> None:
    """What can be read there is what the parts say, in that order, and nothing else but what may stand there `besides`.

    Of a trace only the head counts: surfaces shorten it, each to its own limits.
    """
    there, left = bare(read.text), []
    for line in filter(bare, transcript_of(parts).text.split("\n")):
        before, found, there = there.partition(bare(line))
        assert found, f"{line!r} is missing, or not where it belongs, in:\n{read.text}"
        left.append(before)
    rest = "\n".join([*left, there])
    for word in sorted(filter(None, map(bare, besides)), key=len, reverse=True):
        rest = rest.replace(word, "")
    assert not rest.strip() or any(isinstance(part, TracePart) for part in parts), f"{rest} besides, in:\n{read.text}"


def plain(markdown: str) -> str:
    """The words of a Markdown text."""
    return "\n".join(_plain(_MARKDOWN.parse(markdown)))


def _plain(tokens: Sequence[Token]) -> Iterator[str]:
    numbers: list[int | None] = []
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                numbers.append(None)
            case "ordered_list_open":
                numbers.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                numbers.pop()
            case "list_item_open" if (number := numbers[-1]) is not None:
                yield f"{number}."
                numbers[-1] = number + 1
            case "inline":
                yield "".join("\n" if "break" in one.type else one.content for one in token.children or [])
            case "fence" | "code_block":
                yield token.content
            case _:
                pass


def _lines(part: Part) -> Iterator[str]:  # one for each part that there is
    match part:
        case TextPart() | ChoicesPart() | FormPart():
            yield plain(part.text)
            if isinstance(part, ChoicesPart):
                yield from (f"{one.label} {one.detail}" for one in part.choices if one.detail)
            elif isinstance(part, FormPart):
                yield from (f"{one.label}: {one.error}" for one in part.fields if one.error)
        case ProposalCard():
            yield from (part.title, part.summary)
            yield from (f"{one.label}: {one.value}{_note(one, part.words)}" for one in part.values)
            yield from _schedule(part.schedule, part.trigger_text)
            yield from (f"{number}. {one.title} {one.summary}" for number, one in enumerate(part.steps, 1))
            yield from (*part.limits, *part.connections, *part.warnings, part.state_text)
        case RunCard():
            yield from (part.title, part.state_text)
            for one in part.steps:
                yield f"{one.title}{_progress(one.attempts, one.items_done, one.items, one.took_ms, one.state)}"
                yield one.detail
            yield from (plain(part.result), part.error, part.advice)
        case WorkflowCard():
            yield from (part.title, part.state_text)
            yield from _schedule(part.schedule, part.trigger_text)
            yield from (part.problem, part.last_run)
        case ApprovalCard():
            yield from (part.title, part.question)
            yield from (f"{one.label}: {one.value}" for one in part.fields)
            yield part.state_text
            yield from (f"{one.name} {one.detail}" for one in part.approvers)
            yield from (*part.notes, part.digest[:12])
        case ListPart():
            yield from (part.title, "" if part.items else part.empty)
            yield from (f"{one.title} {one.detail}" for one in part.items)
        case TracePart():
            yield from (part.title, part.state_text)
        case _:
            assert_never(part)


def _progress(attempts: int, done: int | None, items: int | None, took_ms: int | None, state: str) -> str:
    tries = f" {attempts}×" if attempts > 1 else ""
    took = f" {show_span(took_ms)}" if took_ms is not None and state != "running" else ""
    return f"{tries}{f' {done or 0}/{items}' if items else ''}{took}"


def _note(value: ShownValue, words: Mapping[str, str]) -> str:
    """Where a value is from is said when nobody has written it, and that it was changed."""
    name = "changed" if value.is_changed else value.source if value.source in ("default", "suggestion") else ""
    return f" ({words[name]})" if name in words else ""


def _schedule(schedule: ShownSchedule | None, trigger_text: str) -> Iterator[str]:
    if schedule is None:
        yield trigger_text
        return
    yield f"{schedule.words} ({schedule.timezone})"
    yield " ".join(schedule.next_shown)


def _buttons(part: Part) -> Iterator[str]:
    match part:
        case ChoicesPart():
            yield from (one.label for one in part.choices)
        case FormPart():
            yield from (part.title, *([part.cancel.label] if part.cancel else []))
        case ListPart():
            yield from (one.label for item in part.items for one in item.actions)
            yield from (one.label for one in part.actions)
        case TextPart():
            return
        case _:
            yield from (one.label for one in part.actions)
