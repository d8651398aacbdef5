"""What people read and can press, free of any surface's looks: so that what stands on one can be compared with what stands on another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape

from agent.reply import (
    ApprovalCard,
    ChoicesPart,
    FormPart,
    ListPart,
    Part,
    ProposalCard,
    Reply,
    RunCard,
    TextPart,
    TracePart,
    WorkflowCard,
)
from bot.web.markdown import to_html
from tests.fakes.talk import actions_of

_BLOCK = re.compile(r"</?(?:p|li|ul|ol|td|th|tr|table|thead|tbody|pre|blockquote|h\d|br|hr)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_STYLE = re.compile(r"[*_~`\u2060ˋ]")


@dataclass
class Transcript:
    """Sentences in the order in which they stand there, values by their labels, and the labels of buttons."""

    sentences: list[str] = field(default_factory=list)
    values: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)


def plain(text: str) -> str:
    """Words only: surfaces differ in styles and white space."""
    return " ".join(_STYLE.sub("", text).split())


def transcript_of(parts: Sequence[Part]) -> Transcript:
    """What a surface that shows parts as they are shows."""
    found = Transcript()
    for part in parts:
        found.sentences += [said for text in _texts(part) if (said := plain(text))]
        if isinstance(part, ProposalCard):
            found.values += [(plain(one.label), plain(one.value)) for one in part.values]
        elif isinstance(part, ApprovalCard):
            found.values += [(plain(one.label), plain(one.value)) for one in part.fields]
        found.buttons += [one.label for one in actions_of([Reply(message_id="m", seq=1, parts=[part])])]
        if isinstance(part, FormPart):
            found.buttons += [part.title, *([part.cancel.label] if part.cancel else [])]
    return found


def _texts(part: Part) -> Iterator[str]:
    match part:
        case TextPart() | ChoicesPart() | FormPart():
            yield from _markdown(part.text)
        case ProposalCard():
            yield from (part.title, part.summary, part.state_text, *part.limits, *part.warnings)
            yield from (words for step in part.steps for words in (step.title, step.summary))
            yield from _when(part)
        case RunCard():
            yield from (part.title, part.state_text, part.error, part.advice)
            yield from (words for step in part.steps for words in (step.title, step.detail))
            yield from _markdown(part.result)
        case TracePart():
            yield from (part.title, part.state_text, *(step.title for step in part.steps))
        case WorkflowCard():
            yield from (part.title, part.state_text, part.problem, part.last_run)
            yield from _when(part)
        case ApprovalCard():
            yield from (part.title, part.question, part.state_text, *part.notes)
            yield from (one.name for one in part.approvers)
        case ListPart():
            yield part.title
            yield from (words for item in part.items for words in (item.title, item.detail))


def _when(part: ProposalCard | WorkflowCard) -> Iterator[str]:
    yield from (part.schedule.words, *part.schedule.next_shown) if part.schedule else (part.trigger_text,)


def _markdown(text: str) -> Iterator[str]:
    """The sentences of a Markdown text, as the web shows them."""
    yield from (unescape(_TAG.sub("", piece)) for piece in _BLOCK.split(to_html(text)))
