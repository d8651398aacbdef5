"""Discord's components, version 2, as it takes them, and their limits. Knows no parts of ours.

Source: discord.com/developers, "Component Reference". Numbers are component types.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.reply import Style
from bot.surfaces.discord.markup import length, shorten
from store.record import JsonObject

MOST_COMPONENTS = 40
MOST_TEXT = 4000
MOST_IN_ROW = 5
MOST_OPTIONS = 25
LONGEST_LABEL = 80
_LONGEST_OPTION = 100
_STYLES: dict[Style, int] = {"primary": 1, "secondary": 2, "danger": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What stands below each other: a text, or a row of buttons or one select. Those of one `card` share a frame of its
    `colour`; a negative card has none.
    """

    component: JsonObject
    card: int = -1
    colour: int | None = None

    @property
    def count(self) -> int:
        inner = self.component.get("components")
        return 1 + (len(inner) if isinstance(inner, list) else 0)

    @property
    def size(self) -> int:
        return length(str(self.component.get("content", "")))


def text(content: str) -> JsonObject:
    return {"type": 10, "content": content}


def button(label: str, custom_id: str, style: Style = "secondary") -> JsonObject:
    return {"type": 2, "style": _STYLES[style], "label": shorten(label, LONGEST_LABEL), "custom_id": custom_id}


def rows(buttons: Sequence[JsonObject]) -> list[JsonObject]:
    """As many rows as it takes."""
    return [
        {"type": 1, "components": list(buttons[at : at + MOST_IN_ROW])} for at in range(0, len(buttons), MOST_IN_ROW)
    ]


def option(label: str, value: str, detail: str = "") -> JsonObject:
    made: JsonObject = {"label": shorten(label, _LONGEST_OPTION), "value": value}
    return made | {"description": shorten(detail, _LONGEST_OPTION)} if detail else made


def select(custom_id: str, options: Sequence[JsonObject], *, placeholder: str = "") -> JsonObject:
    """In a row of its own."""
    made: JsonObject = {"type": 3, "custom_id": custom_id, "options": list(options)}
    if placeholder:
        made["placeholder"] = shorten(placeholder, _LONGEST_OPTION)
    return {"type": 1, "components": [made]}


def walk(components: Sequence[JsonObject]) -> Iterator[JsonObject]:
    """All of them, however deep."""
    for one in components:
        yield one
        inner = one.get("components")
        if isinstance(inner, list):
            yield from walk([each for each in inner if isinstance(each, dict)])


def pages(blocks: Sequence[Block]) -> list[list[JsonObject]]:
    """The components of each message that it takes."""
    found: list[list[Block]] = [[]]
    for block in blocks:
        if found[-1] and not _fits(found[-1], block):
            found.append([])
        found[-1].append(block)
    return [_framed(page) for page in found if page]


def _fits(page: Sequence[Block], block: Block) -> bool:
    frames = len({one.card for one in [*page, block] if one.card >= 0})
    count = frames + sum(one.count for one in page) + block.count
    return count <= MOST_COMPONENTS and sum(one.size for one in page) + block.size <= MOST_TEXT


def _framed(page: Sequence[Block]) -> list[JsonObject]:
    made: list[JsonObject] = []
    last = -1
    for block in page:
        if block.card < 0:
            made.append(block.component)
        elif block.card == last:
            made[-1]["components"].append(block.component)  # type: ignore[union-attr]  # a frame has a list
        else:
            frame: JsonObject = {"type": 17, "components": [block.component]}
            made.append(frame | {"accent_color": block.colour} if block.colour is not None else frame)
        last = block.card
    return made
