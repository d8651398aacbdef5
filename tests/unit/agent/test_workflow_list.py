"""The list of automations: made from the records whenever somebody looks, and turned page by page where it stands."""

from __future__ import annotations

import pytest

from agent.command import ControlWorkflow, Start, Tell, Topic
from agent.inbound import Press
from agent.reply import ListPart
from agent.workflow_list import PAGE
from store.record import Shows
from tests.fakes.many import make_many
from tests.fakes.talk import Talk
from tests.unit.agent.test_controlling import DAILY

LIST = Tell(topic=Topic.WORKFLOWS)


@pytest.fixture
async def many(talk: Talk) -> Talk:
    """Ana has 37 automations that run every day."""
    await talk.say("daily", Start(template_id="chat.say", values={"message": "hi"}, schedule=DAILY))
    await talk.press("Schedule it")
    await make_many(talk.store, "usr_ana", 37)
    return talk


def labels(shown: ListPart) -> list[str]:
    return [one.label for one in shown.actions]


async def test_a_long_list_is_turned_page_by_page_in_its_place(many: Talk) -> None:
    [first] = await many.say("list", LIST)
    shown = many.only(ListPart)
    assert (shown.title, len(shown.items), labels(shown)) == ("Your automations (1–10 of 37)", PAGE, ["Next"])
    names = [one.title for one in shown.items]
    for _ in range(3):
        [again] = await many.press("Next")
        assert again.message_id == first.message_id, "the same message"
        names += [one.title for one in many.only(ListPart).items]
    shown = many.only(ListPart)
    assert (shown.title, len(shown.items), labels(shown)) == ("Your automations (31–37 of 37)", 7, ["Previous"])
    assert len(set(names)) == len(names) == 37
    await many.press("Previous")
    assert many.only(ListPart).title == "Your automations (21–30 of 37)"


async def test_a_turned_page_says_nothing_and_leaves_a_question_open(many: Talk) -> None:
    await many.say("mail", Start(template_id="mail.send"))
    await many.say("list", LIST)
    turn = many.button("Next")
    before = many.count("messages")
    await many.press_id(turn)
    assert many.count("messages") == before


async def test_what_changes_is_changed_in_the_list(many: Talk) -> None:
    [first] = await many.say("list", LIST)
    shown = many.only(ListPart)
    assert [one.label for one in shown.items[0].actions] == ["Show", "Run now", "Pause", "Edit", "History"]
    pause = next(one.id for one in shown.items[0].actions if one.label == "Pause")
    await many.press_id(pause)
    assert await _read(many, first.message_id) == ["Show", "Resume", "Edit", "History"]
    async with many.store.begin() as records:
        cards = await records.cards.of_subject(Shows.WORKFLOW, pause.partition(":")[2])
    assert first.message_id in {one.message_id for one in cards}, "whoever shows the list hears of the change"


async def test_only_those_in_one_state_are_listed_and_turned(many: Talk) -> None:
    await many.say("pause", ControlWorkflow(verb="pause", name="Automation 2"))
    await many.say("paused ones", Tell(topic=Topic.WORKFLOWS, state="paused"))
    assert [one.title for one in many.only(ListPart).items] == ["Automation 2"]
    await many.say("active ones", Tell(topic=Topic.WORKFLOWS, state="active"))
    await many.press("Next")
    assert many.only(ListPart).title == "Your active automations (11–20 of 36)"


async def test_a_list_of_another_conversation_is_not_turned(many: Talk) -> None:
    await many.say("list", LIST)
    turn = many.button("Next")
    await many.add_conversation("cnv_2", "usr_ana")
    await many.press_id(turn.replace(":2", ":3"))
    assert many.only(ListPart).title == "Your automations (21–30 of 37)"
    await many.send(Press(action=turn), place="cnv_2")
    assert not many.parts(ListPart)


async def test_a_button_from_before_lists_that_page(many: Talk) -> None:
    await many.press_id("list-workflows:2")
    assert many.only(ListPart).title == "Your automations (11–20 of 37)"


async def _read(talk: Talk, message_id: str) -> list[str]:
    """The buttons of the first entry as the list is now."""
    async with talk.store.begin() as records:
        person, message = await records.people.get("usr_ana"), await records.conversations.message(message_id)
        assert person is not None
        assert message is not None
        [reply] = await talk.renderer.render(records, [message], person, talk.knowledge.clock.now())
    [shown] = [part for part in reply.parts if isinstance(part, ListPart)]
    return [one.label for one in shown.items[0].actions]
