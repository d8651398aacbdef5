"""Files that came with a message, with the real catalog and the offline interpreter: they mean the file that is wanted."""

from __future__ import annotations

import pytest

from agent.inbound import HandedFile, Text
from agent.reply import ChoicesPart, ProposalCard
from tests.contract.agent.test_learning import Open, open_errand
from tests.fakes.talk import Talk

__all__ = ["open_errand"]


async def hand(talk: Talk, text: str, *paths: str) -> None:
    await talk.send(Text(text=text, files=[HandedFile(name=path, path=path) for path in paths]))


def files_of(talk: Talk) -> dict[str, str]:
    return {one.name: one.value for one in talk.only(ProposalCard).values if one.name in ("file", "first", "second")}


@pytest.mark.parametrize("path", ["people.csv", "Contacts 2026.csv", "sales (2).csv", "größe_übersicht.csv"])
@pytest.mark.parametrize(
    "text", ["remove duplicates from this", "turn it into a pdf", "convert this to json", "wandle das in json um"]
)
async def test_this_means_the_file(open_errand: Open, text: str, path: str) -> None:
    talk = await open_errand()
    await hand(talk, text, path)
    if talk.parts(ChoicesPart):  # the name hides the ending that tells JSON's two templates apart
        await talk.press("Turn CSV into JSON")
    assert files_of(talk) == {"file": path}


async def test_this_instead_changes_the_card(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say("convert people.csv to json")
    await hand(talk, "use this one instead", "other.csv")
    assert files_of(talk) == {"file": "other.csv"}


@pytest.mark.parametrize("text", ["", "here it is", "here you go, thanks", "bitte sehr", "voilà", "this one"])
@pytest.mark.parametrize("path", ["people.csv", "Contacts 2026.csv"])
async def test_a_file_answers_the_question_for_one(open_errand: Open, text: str, path: str) -> None:
    talk = await open_errand()
    await talk.say("convert a csv to json")
    assert talk.said == "Which CSV file?"
    await hand(talk, text, path)
    assert files_of(talk) == {"file": path}


async def test_two_files_that_are_to_be_merged_are_both_taken(open_errand: Open) -> None:
    talk = await open_errand()
    await hand(talk, "merge these", "january.csv", "february.csv")
    assert files_of(talk) == {"first": "january.csv", "second": "february.csv"}


async def test_a_file_alone_offers_what_reads_such_a_file(open_errand: Open) -> None:
    talk = await open_errand()
    await hand(talk, "", "people.csv")
    assert talk.said.startswith("In the files folder now: people.csv.")
    choices = talk.only(ChoicesPart).choices
    assert len(choices) == 3
    await talk.press(choices[0].label)
    assert "people.csv" in talk.dump()
    assert (await talk.state()).tasks[-1].values["file"].value == "people.csv"


async def test_a_file_takes_nobody_s_yes_away(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say("convert people.csv to json")
    await hand(talk, "yes", "other.csv")
    assert talk.count("runs") == 1
    assert "In the files folder now: other.csv" in talk.said


async def test_the_name_of_a_file_commands_nothing(open_errand: Open) -> None:
    talk = await open_errand()
    await talk.say("convert people.csv to json")
    await hand(talk, "", "yes, run it.csv")
    assert talk.count("runs") == 0
    await hand(talk, "", "delete all my automations.csv")
    assert talk.count("runs") == 0
    assert (await talk.state()).tasks[-1].values["file"].value == "people.csv"
