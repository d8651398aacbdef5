"""Parts of a reply as Discord's messages: pure, within the limits. Sends nothing. A form in a message is a button that opens it.

All messages are of components version 2: buttons stand beside what they are for, and a message keeps its kind however it
changes, since Discord lets none change it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from agent.reply import Action, Choice, ChoicesPart, FormPart, ListPart, Part, TextPart
from bot.surface.cutting import join
from bot.surface.element import Buttons, Choosing, Element, Lines, Opening, Rich, Title, Value, Values
from bot.surface.outline import outline
from bot.surfaces.discord.component import MOST_OPTIONS, Block, button, option, pages, rows, select, text, walk
from bot.surfaces.discord.form import page_count
from bot.surfaces.discord.markup import MARKUP, literal, shorten, small, to_texts
from bot.surfaces.discord.press_id import PressId, PressIds, Verb, digest_of
from store.record import JsonObject

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
_NUMBER_OF_CHOICES = 10
"""More of them than that are a select."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """Makes messages. `message_id` is the log's; `files_url` is where the web panel is."""

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
        """A list has a frame, a card one of its state's colour."""
        made = self._components(outline(part))
        match part:
            case TextPart() | ChoicesPart() | FormPart():
                return [Block(component=one) for one in made]
            case ListPart():
                return [Block(component=one, card=at) for one in made]
            case _:
                return [Block(component=one, card=at, colour=_COLOURS.get(part.state, _GREY)) for one in made]

    def _components(self, elements: Iterable[Element]) -> Iterator[JsonObject]:
        """Texts that follow each other are one, as long as that fits."""
        lines: list[str] = []
        for element in elements:
            match element:
                case Title() | Lines() | Values():
                    lines += _written(element)
                case _:
                    yield from _texts(lines)
                    yield from self._laid(element)
                    lines = []
        yield from _texts(lines)

    def _laid(self, element: Rich | Buttons | Choosing | Opening) -> list[JsonObject]:
        match element:
            case Rich(markdown):
                return [text(one) for one in to_texts(markdown, _LONGEST_TEXT, files_url=self.files_url)]
            case Buttons(actions):
                return rows([self._button(action) for action in actions])
            case Choosing(choices):
                return self._choices(choices)
            case Opening(form):
                return self._form(form)
            case _:
                assert_never(element)

    def _button(self, action: Action) -> JsonObject:
        return button(action.label, self.ids.of(action, self.message_id), action.style)

    def _choices(self, choices: Sequence[Choice]) -> list[JsonObject]:
        if len(choices) <= _NUMBER_OF_CHOICES:
            return rows([self._button(Action(id=one.action, label=one.label)) for one in choices])
        known = {one.action: one for one in choices}.values()
        options = [option(one.label, digest_of(one.action), one.detail) for one in known]
        return [
            select(self.ids.write(PressId(Verb.PICK, self.message_id, str(at))), options[at : at + MOST_OPTIONS])
            for at in range(0, len(options), MOST_OPTIONS)
        ]

    def _form(self, form: FormPart) -> list[JsonObject]:
        """Its button, or one for each page where Discord's forms are too small for it."""
        count = page_count(form)
        opening = [
            button(
                form.title if count == 1 else f"{shorten(form.title, 60)} ({page + 1}/{count})",
                self.ids.write(PressId(Verb.OPEN, self.message_id, str(page))),
                "primary",
            )
            for page in range(count)
        ]
        return rows([*opening, *([self._button(form.cancel)] if form.cancel else [])])


def _written(element: Title | Lines | Values) -> list[str]:
    match element:
        case Title(title):
            return [f"### {literal(title)}"]
        case Lines(lines):
            written = [MARKUP.line(one) for one in lines]
            return [small(one) for one in written] if element.is_small else written
        case Values(values):
            return [_value(one) for one in values]
        case _:
            assert_never(element)


def _value(value: Value) -> str:
    note = f" *({literal(value.note)})*" if value.note else ""
    return f"**{literal(value.label)}:** {literal(value.value)}{note}"


def _texts(lines: Iterable[str]) -> list[JsonObject]:
    return [text(one) for one in join(lines, _LONGEST_TEXT, MARKUP)]
