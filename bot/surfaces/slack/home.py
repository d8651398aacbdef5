"""The App Home: a person's automations, what runs now, what waits for them, their accounts. Made of the records each time."""

from __future__ import annotations

from agent.phrases import Phrases
from agent.reply import Action, ListItem, ListPart, Part
from bot.surface.port import Shown
from bot.surfaces.slack import block
from bot.surfaces.slack.api import SlackApi
from bot.surfaces.slack.card import Cards
from bot.surfaces.slack.surface import SlackSurface
from store.port import Records, Store
from store.record import JsonObject, Person, RunState, WorkflowState

_LISTED = 10
_GOING = (RunState.QUEUED, RunState.RUNNING, RunState.WAITING)


class Home:
    """Publishes it."""

    def __init__(self, api: SlackApi, store: Store, shown: Shown, surface: SlackSurface) -> None:
        self._api = api
        self._store = store
        self._shown = shown
        self._surface = surface

    async def show(self, team: str, user: str) -> None:
        """Show a user how things are now."""
        person = await self._shown.person(f"{team}/{user}")
        phrases = self._surface.phrases(person.locale if person else "en")
        view: JsonObject = {"type": "home", "blocks": [*await self._blocks(person, phrases)]}
        await self._api.call("views.publish", user_id=user, view=view)

    async def _blocks(self, person: Person | None, phrases: Phrases) -> list[JsonObject]:
        blocks = block.sections(phrases("slack.home"))
        if person is not None:
            async with self._store.begin() as records:
                parts = await _parts(records, person, phrases)
            cards = Cards(phrases=phrases, message_id="home")
            for part in parts:
                blocks += [{"type": "divider"}, *cards.blocks(part)]
        return block.numbered(blocks)[: block.MOST_IN_VIEW]


async def _parts(records: Records, person: Person, phrases: Phrases) -> list[Part]:
    mine = await records.workflows.of_person(person.id)
    names = {one.id: one.name for one in mine}
    going = await records.runs.of_person(person.id, states=_GOING, limit=_LISTED)
    waiting = await records.approval_requests.open_for(person.id, limit=_LISTED)
    connections = await records.connections.of_person(person.id)

    def button(action: str, key: str) -> Action:
        return Action(id=action, label=phrases.plain(key))

    workflows = [
        ListItem(
            title=one.name,
            detail=phrases.plain(f"workflow.state_{one.state.value}"),
            actions=[
                button(f"show-workflow:{one.id}", "button.show"),
                button(f"resume:{one.id}", "button.resume")
                if one.state is WorkflowState.PAUSED
                else button(f"run-now:{one.id}", "button.run_now"),
            ],
        )
        for one in mine[:_LISTED]
    ]
    runs = [
        ListItem(
            title=names.get(one.workflow_id) or phrases.plain("run.unnamed"),
            detail=phrases.plain(f"run.state_{one.state.value}"),
            actions=[button(f"show-run:{one.id}", "button.show"), button(f"cancel-run:{one.id}", "button.cancel_run")],
        )
        for one in going
    ]
    accounts = [
        ListItem(title=one.connector, detail=phrases.plain("connect.connected", name=one.name)) for one in connections
    ]
    asked = [ListItem(title=one.prompt, actions=[button(f"show-run:{one.run_id}", "button.show")]) for one in waiting]
    return [
        ListPart(title=phrases.plain("tell.workflows"), items=workflows, empty=phrases.plain("workflow.none")),
        ListPart(title=phrases.plain("slack.running"), items=runs, empty=phrases.plain("slack.nothing_runs")),
        ListPart(title=phrases.plain("slack.waiting"), items=asked, empty=phrases.plain("approval.none_wait")),
        ListPart(title=phrases.plain("connect.list"), items=accounts, empty=phrases.plain("connect.none")),
    ]
