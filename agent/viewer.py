"""For whom and when something is rendered. Holds no records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.knowledge import Knowledge
from agent.phrases import Phrases
from agent.reply import Action, Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Somebody who looks, at a moment, in their zone and language; nobody in particular where one card `is_for_all`, as in a
    channel: then it has every button that anybody who reads there may need, and who presses one is checked. `pages` are those that are looked at, of lists that have several.
    """

    knowledge: Knowledge
    phrases: Phrases
    zone: ZoneInfo
    now: datetime
    person_id: str
    is_for_all: bool = False
    pages: Mapping[str, int] = field(default_factory=dict)

    @property
    def local_now(self) -> datetime:
        return self.now.astimezone(self.zone)

    def action(self, action_id: str, key: str, *, style: Style = "secondary", confirm: str = "") -> Action:
        return Action(id=action_id, label=self.phrases.plain(key), style=style, confirm=confirm)
