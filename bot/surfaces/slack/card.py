"""Parts of a reply as Slack's messages: pure, within the limits, each with a text for where blocks are not shown.

Sends nothing. A form in a message is a button that opens it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from agent.phrases import Phrases
from agent.reply import Action, FormPart, Part
from bot.surface.cutting import join
from bot.surface.element import Buttons, Choosing, Element, Line, Lines, Opening, Rich, Title, Value, Values
from bot.surface.outline import in_short, outline
from bot.surfaces.slack import block
from bot.surfaces.slack.mrkdwn import MRKDWN, cut, escape, literal, to_texts
from core.canonical import encode
from store.record import JsonObject

_LONGEST_FALLBACK = 2_900
_MOST_CHARACTERS = 11_000


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
        text = _fallback(parts)
        return [
            SlackMessage(blocks=block.numbered(some), text=text if not at else _first_text(some))
            for at, some in enumerate(_packed(found))
        ] or [SlackMessage(blocks=block.sections("…"), text="…")]

    def blocks(self, part: Part) -> list[JsonObject]:
        return [made for element in outline(part) for made in self._laid(element)]

    def _laid(self, element: Element) -> Iterator[JsonObject]:
        match element:
            case Title(text):
                yield from [block.header(text)] if element.is_card else block.sections(MRKDWN.strong(text))
            case Lines(lines):
                written = [MRKDWN.line(one) for one in lines]
                yield from block.contexts(written) if element.is_small else _sections(written)
            case Values(values):
                yield from block.fields([_value(one) for one in values])
            case Rich(markdown):
                yield from _sections(to_texts(markdown, block.LONGEST_TEXT, files_url=self.files_url))
            case Buttons(actions):
                yield from self._buttons(actions)
            case Choosing(choices):
                yield from self._buttons([Action(id=one.action, label=one.label) for one in choices])
            case Opening(form):
                yield from self._form(form)
            case _:
                assert_never(element)

    def _buttons(self, actions: Sequence[Action]) -> list[JsonObject]:
        deny = self.phrases.plain("button.cancel")
        made = [block.button(action, deny=deny) for action in actions]
        return block.buttons(one for one in made if one is not None)

    def _form(self, form: FormPart) -> list[JsonObject]:
        opening: JsonObject = {
            "type": "button",
            "action_id": block.FORM,
            "text": block.plain(form.title, block.LONGEST_LABEL),
            "value": self.message_id,
            "style": "primary",
        }
        cancel = block.button(form.cancel, deny=self.phrases.plain("button.cancel")) if form.cancel else None
        return block.buttons([opening, cancel] if cancel else [opening])


def _sections(texts: Sequence[str]) -> list[JsonObject]:
    """A text for each section, more of them in one while they fit."""
    return [made for text in join(texts, block.LONGEST_TEXT, MRKDWN) for made in block.sections(text)]


def _value(value: Value) -> str:
    note = f" _({literal(value.note)})_" if value.note else ""
    return f"*{literal(value.label)}*{note}\n{literal(value.value)}"


def _fallback(parts: Sequence[Part]) -> str:
    said = "\n".join(text for part in parts if (text := _said(in_short(part))))
    return (cut(said, _LONGEST_FALLBACK) or ["…"])[0]


def _said(short: Rich | Line) -> str:
    if isinstance(short, Line):
        return escape(short.text)
    return "\n".join(to_texts(short.markdown, _LONGEST_FALLBACK))


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
