"""The few Block Kit blocks that cards are made of, within Slack's limits. Knows no card and sends nothing.

Source: docs.slack.dev, "Block Kit". Every text of somebody's is escaped by whoever hands over mrkdwn; plain text needs no
escape. `verbatim` keeps Slack from making mentions and channels out of words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.reply import Action
from bot.surfaces.slack.mrkdwn import cut
from store.record import JsonObject

MOST_BLOCKS = 46
"""Fewer than the 50 that are allowed."""
MOST_IN_VIEW = 100
LONGEST_TEXT = 2_900
LONGEST_FIELD = 1_900
LONGEST_HEADER = 150
LONGEST_LABEL = 75
LONGEST_VALUE = 2_000
PRESS = "press"
FORM = "form"
_MOST_FIELDS = 10
_IN_A_ROW = 5
_MOST_CONTEXT = 10
_LONGEST_TITLE = 100
_LONGEST_CONFIRM = 300
_LONGEST_BUTTON = 30
_STYLES = {"primary": "primary", "danger": "danger"}


def shortened(text: str, limit: int, *, empty: str = "·") -> str:
    """A text for one line of plain text; Slack takes none that is empty."""
    line = " ".join(text.split()) or empty
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def plain(text: str, limit: int) -> JsonObject:
    return {"type": "plain_text", "text": shortened(text, limit), "emoji": False}


def mrkdwn(text: str) -> JsonObject:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def header(text: str) -> JsonObject:
    return {"type": "header", "text": plain(text, LONGEST_HEADER)}


def sections(text: str) -> list[JsonObject]:
    """As many sections as a text in mrkdwn needs."""
    return [{"type": "section", "text": mrkdwn(piece)} for piece in cut(text, LONGEST_TEXT)]


def fields(texts: Sequence[str]) -> list[JsonObject]:
    """Texts side by side in two columns; one that is too long for that has a section to itself."""
    blocks: list[JsonObject] = []
    row: list[JsonObject] = []
    for text in texts:
        if len(text) > LONGEST_FIELD or len(row) == _MOST_FIELDS:
            blocks += [{"type": "section", "fields": [*row]}] if row else []
            row = []
        if len(text) > LONGEST_FIELD:
            blocks += sections(text)
        elif text.strip():
            row.append(mrkdwn(text))
    return blocks + ([{"type": "section", "fields": [*row]}] if row else [])


def contexts(texts: Iterable[str]) -> list[JsonObject]:
    """Small print, a line for each text in mrkdwn."""
    pieces = [mrkdwn(piece) for text in texts for piece in cut(text, LONGEST_TEXT)]
    return [
        {"type": "context", "elements": [*pieces[at : at + _MOST_CONTEXT]]}
        for at in range(0, len(pieces), _MOST_CONTEXT)
    ]


def buttons(actions: Iterable[JsonObject]) -> list[JsonObject]:
    """Rows of buttons."""
    found = list(actions)
    return [{"type": "actions", "elements": [*found[at : at + _IN_A_ROW]]} for at in range(0, len(found), _IN_A_ROW)]


def button(action: Action, *, deny: str) -> JsonObject | None:
    """A button that comes back as a press; none where the action's id is longer than Slack keeps one."""
    if len(action.id) > LONGEST_VALUE:
        return None
    made: JsonObject = {
        "type": "button",
        "action_id": PRESS,
        "text": plain(action.label, LONGEST_LABEL),
        "value": action.id or "·",
    }
    if action.style in _STYLES:
        made["style"] = _STYLES[action.style]
    if action.confirm:
        made["confirm"] = {
            "title": plain(action.label, _LONGEST_TITLE),
            "text": plain(action.confirm, _LONGEST_CONFIRM),
            "confirm": plain(action.label, _LONGEST_BUTTON),
            "deny": plain(deny, _LONGEST_BUTTON),
        }
    return made


def numbered(blocks: Sequence[JsonObject]) -> list[JsonObject]:
    """The blocks of one message, with ids of actions that are unique in it: `press:3`."""
    count = 0
    done: list[JsonObject] = []
    for block in blocks:
        if block["type"] == "actions" and isinstance(elements := block["elements"], list):
            renamed: list[JsonObject] = []
            for element in elements:
                if isinstance(element, dict):
                    renamed.append(element | {"action_id": f"{element['action_id']}:{count}"})
                    count += 1
            done.append(block | {"elements": [*renamed]})
        else:
            done.append(block)
    return done
