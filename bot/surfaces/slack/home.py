"""The App Home: what concerns a person now, published as it is. Which page of their automations it shows is kept in the view."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from agent.phrases import Phrases
from bot.surface.services import Shown
from bot.surfaces.slack import block
from bot.surfaces.slack.api import SlackApi
from bot.surfaces.slack.card import Cards
from bot.surfaces.slack.reading import object_of, text_of
from bot.surfaces.slack.surface import SlackSurface
from store.record import JsonObject

_TURN = "home-page:"
_LONGEST_PAGE = 3


class Home:
    """Publishes it."""

    def __init__(self, api: SlackApi, shown: Shown, surface: SlackSurface) -> None:
        self._api = api
        self._shown = shown
        self._surface = surface

    async def show(self, team: str, user: str, page: int = 1) -> None:
        """Show a user how things are now."""
        account = f"{team}/{user}"
        person = await self._shown.person(account)
        phrases = self._surface.phrases(person.locale if person else "en")
        view: JsonObject = {
            "type": "home",
            "private_metadata": str(page),
            "blocks": [*await self._blocks(account, phrases, page)],
        }
        await self._api.call("views.publish", user_id=user, view=view)

    async def _blocks(self, account: str, phrases: Phrases, page: int) -> list[JsonObject]:
        blocks = block.sections(phrases("slack.home"))
        cards = Cards(phrases=phrases, message_id="home")
        for part in await self._shown.home(account, page=page, turn=lambda to: f"{_TURN}{to}"):
            blocks += [{"type": "divider"}, *cards.blocks(part)]
        return block.numbered(blocks)[: block.MOST_IN_VIEW]


def turned_to(action: str) -> int:
    """The page that a press leads to; zero for every other press."""
    return _number(action.removeprefix(_TURN)) if action.startswith(_TURN) else 0


def page_of(body: Mapping[str, JsonValue]) -> int:
    """Which page a view shows in which somebody pressed; zero where it was none of the home's."""
    if object_of(body.get("container")).get("type") != "view":
        return 0
    return max(1, _number(text_of(object_of(body.get("view")).get("private_metadata"))))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_PAGE else 0
