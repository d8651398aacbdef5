"""Templates that people save in chat: found, listed, shared, replaced, renamed and deleted."""

from __future__ import annotations

import pytest

from agent.inbound import Text
from agent.reply import ProposalCard
from tests.contract.agent.test_learning import Open, open_errand, started, understood

__all__ = ["open_errand"]

WISH = "merge january.csv and february.csv into all.csv"


async def test_the_card_that_is_open_becomes_a_template_and_stays_open(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say(WISH)
    await talk.say("save this as Quarter books")
    assert "Saved as “Quarter books”" in talk.said
    await talk.say("yes")
    assert talk.count("runs") == 1


async def test_a_saved_template_is_found_by_its_name_with_its_values(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say(WISH)
    before = talk.card
    await talk.say("save this as Quarter books")
    await talk.say("cancel")
    assert started(await understood(talk, "run the quarter books")) == "saved.quarter-books"
    assert [(one.label, one.value) for one in talk.card.values] == [(one.label, one.value) for one in before.values]
    assert {one.source for one in talk.card.values} == {"default"}


async def test_a_value_that_is_said_comes_before_the_saved_one(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say("merge january.csv and february.csv into all.csv")
    await talk.say("save this as Quarter books")
    await talk.say("cancel")
    await talk.say("run the quarter books with may.csv and june.csv")
    shown = " ".join(one.value for one in talk.card.values)
    assert "may.csv" in shown
    assert "january.csv" not in shown


async def test_the_time_of_a_recurring_automation_is_kept(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say("every monday at 9 remind me to water the plants")
    when = talk.card.schedule
    assert when is not None
    await talk.say("yes")
    await talk.say("save this as Plant round")
    assert "Saved as" in talk.said
    assert started(await understood(talk, "plant round please")) == "saved.plant-round"
    assert talk.card.schedule == when


async def test_everybody_in_every_process_can_use_it(open_errand: Open) -> None:
    one, other = await open_errand("one"), await open_errand("other")
    await understood(other, "quarter books please", by="usr_ben", place="cnv_2")
    await one.say(WISH)
    await one.say("save this as Quarter books")
    found = await understood(other, "quarter books please", by="usr_ben", place="cnv_2")
    assert started(found) == "saved.quarter-books"
    assert "saved.quarter-books" in other.knowledge.templates


async def test_it_survives_a_restart(open_errand: Open) -> None:
    one = await open_errand("one")
    await one.say(WISH)
    await one.say("save this as Quarter books")
    await one.say("cancel")
    again = await open_errand("again")
    assert started(await understood(again, "quarter books please")) == "saved.quarter-books"


async def test_a_name_that_is_taken_is_replaced_only_on_purpose(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say(WISH)
    await talk.say("save this as Quarter books")
    await talk.say("cancel")
    await talk.say("merge may.csv and june.csv into half.csv")
    await talk.say("save this as quarter books")
    assert "already" in talk.said
    assert talk.rows("SELECT version FROM saved_templates") == [(1,)]
    await talk.press("Replace")
    assert "replaced" in talk.said
    assert talk.rows("SELECT version FROM saved_templates") == [(2,)]
    await talk.say("cancel")
    await understood(talk, "quarter books please")
    assert "half.csv" in " ".join(one.value for one in talk.card.values)


async def test_a_template_of_the_catalog_is_never_replaced(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say(WISH)
    await talk.say(f"save this as {talk.knowledge.templates['chat.remind'].title}")
    assert "came with" in talk.said
    assert talk.count("saved_templates") == 0


async def test_it_can_be_renamed_and_deleted_by_whoever_saved_it(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say(WISH)
    await talk.say("save this as Quarter books")
    await talk.say("cancel")
    await talk.say("rename the template quarter books to Season ledger")
    assert "Season ledger" in talk.said
    assert started(await understood(talk, "season ledger please")) == "saved.quarter-books"
    await talk.say("cancel")
    await talk.say("delete the template season ledger")
    assert talk.count("saved_templates") == 1
    await talk.press("Delete")
    assert "deleted" in talk.said
    assert talk.count("saved_templates") == 0
    assert not started(await understood(talk, "season ledger please"))
    assert "saved.quarter-books" not in talk.knowledge.templates


async def test_others_cannot_change_it(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say(WISH)
    await talk.say("save this as Quarter books")
    for text in ("delete the template quarter books", "rename the template quarter books to Mine"):
        await talk.send(Text(text=text), by="usr_ben", place="cnv_2")
        assert "somebody else" in talk.said
    assert talk.rows("SELECT name FROM saved_templates") == [("Quarter books",)]


async def test_an_automation_without_a_template_of_the_catalog_can_be_saved(open_errand: Open) -> None:
    talk = await open_errand()
    taken = await understood(talk, "every day at 8 get https://example.com/prices.json and post it here")
    assert taken.outcome == "match", talk.said
    await talk.say("save this as Market round")
    assert "Saved as “Market round”" in talk.said
    await talk.say("cancel")
    assert started(await understood(talk, "market round please")) == "saved.market-round"


async def test_no_secret_is_saved(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say("remind me in 20 minutes that the password=hunter2secret must be changed")
    if not talk.parts(ProposalCard):
        pytest.fail(talk.said)
    await talk.say("save this as Key change")
    assert "hunter2secret" not in str(talk.rows("SELECT content FROM saved_templates"))


async def test_with_nothing_to_save_it_says_so(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say("save this as Quarter books")
    assert "nothing to save" in talk.said
    await talk.say(WISH)
    await talk.say("save this as a template")
    assert "What shall it be called" in talk.said
    assert talk.count("saved_templates") == 0


@pytest.mark.parametrize("text", ["save it as notes.txt", "save this as a pdf", "store it as csv"])
async def test_saving_a_file_is_another_wish(open_errand: Open, text: str) -> None:
    talk = await open_errand()
    await talk.say(WISH)
    await talk.say(text)
    assert talk.count("saved_templates") == 0
    assert "nothing to save" not in talk.said


async def test_a_typed_yes_or_no_answers_what_was_asked_about_a_template_and_nothing_else(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say(WISH)
    await talk.say("save this as Quarter books")
    await talk.say("save this as Quarter books")
    await talk.say("no")
    assert "stays as it is" in talk.said
    await talk.say("save this as Quarter books")
    await talk.say("yes")
    assert "is replaced" in talk.said
    await talk.say("delete the template quarter books")
    await talk.say("yes")
    assert "is deleted" in talk.said
    assert talk.count("runs") == 0
    await talk.say("yes")
    assert talk.count("runs") == 1
