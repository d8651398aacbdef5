"""Two accounts become one person's by a code that works once, for somebody who knows what it does."""

from __future__ import annotations

import re

import pytest

from agent.command import Start, Tell, Topic
from agent.inbound import Press, Text
from agent.reply import ChoicesPart, TextPart
from bot.surface.arrival import Said
from store.record import Role
from tests.contract.surfaces.lab import SURFACE, SurfaceLab
from tests.fakes.talk import actions_of

DIRECT = "@U1"


async def code_from_web(lab: SurfaceLab, person: str = "usr_ana", place: str = "cnv_1") -> str:
    replies = await lab.on_web(Text(text="Link my account!"), person, place)
    said = "".join(part.text for reply in replies for part in reply.parts if isinstance(part, TextPart))
    found = re.search(r"\*\*(\w{4})\S?-(\w{4})\*\*", said.replace("\\", ""))
    assert found, said
    return f"{found[1]}-{found[2]}"


async def type_(lab: SurfaceLab, text: str, user: str = "U1") -> str:
    """Say it alone with Errand; returns the last thing that was said."""
    await lab.say(text, user=user, channel=f"@{user}", thread="")
    parts = lab.shown(f"@{user}")[-1].parts
    return "\n".join(part.text for part in parts if isinstance(part, TextPart | ChoicesPart))


async def link(lab: SurfaceLab, code: str, user: str = "U1") -> str:
    await type_(lab, f"link {code}", user)
    await lab.press("That is me, link", user=user, channel=f"@{user}", thread="")
    return lab.texts(f"@{user}")[-1]


async def test_a_code_from_the_web_makes_the_account_its_person_s(lab: SurfaceLab) -> None:
    await lab.say("post hello", Start(template_id="chat.say", values={"message": "Hello"}))
    code = await code_from_web(lab)
    asked = await type_(lab, f"link {code.lower()}")
    assert "Ana" in asked
    assert "Web" in asked
    person = await lab.person()
    assert person is not None
    assert person.name == "T1/U1", "nothing is done before the yes"
    assert "Ana" in await link(lab, code)
    person = await lab.person()
    assert person is not None
    assert person.id == "usr_ana"
    assert {one.surface for one in await lab._of("usr_ana")} == {"web", SURFACE}


async def test_a_code_from_the_surface_works_on_the_web_and_the_owner_stays_owner(lab: SurfaceLab) -> None:
    owner = await lab.owner()
    said = await type_(lab, "link my account")
    code = re.search(r"\w{4}-\w{4}", said.replace("\\", ""))
    assert code
    replies = await lab.on_web(Text(text=f"link {code[0]}"), owner.id, "cnv_own")
    yes = next(one for one in actions_of(replies) if one.id.startswith("link:"))
    await lab.on_web(Press(action=yes.id), owner.id, "cnv_own")
    person = await lab.person()
    assert person is not None
    assert (person.id, person.role) == (owner.id, Role.OWNER)


async def test_a_code_works_once(lab: SurfaceLab) -> None:
    code = await code_from_web(lab)
    await link(lab, code)
    assert "does not work" in await type_(lab, f"link {code}", "U2")
    stranger = await lab.person("U2")
    assert stranger is not None
    assert stranger.id != "usr_ana"


async def test_of_two_who_say_yes_to_one_code_only_one_is_linked(lab: SurfaceLab) -> None:
    code = await code_from_web(lab)
    await type_(lab, f"link {code}", "U1")
    await type_(lab, f"link {code}", "U2")
    for user in ("U1", "U2"):
        await lab.press("That is me, link", user=user, channel=f"@{user}", thread="")
    found = [await lab.person(user) for user in ("U1", "U2")]
    assert [one.id == "usr_ana" for one in found if one] == [True, False]


async def test_a_code_is_too_old_after_ten_minutes(lab: SurfaceLab) -> None:
    code = await code_from_web(lab)
    lab.clock.move(601)
    assert "does not work" in await type_(lab, f"link {code}")


async def test_a_yes_that_comes_too_late_links_nothing(lab: SurfaceLab) -> None:
    code = await code_from_web(lab)
    await type_(lab, f"link {code}")
    lab.clock.move(601)
    await lab.press("That is me, link", channel=DIRECT, thread="")
    person = await lab.person()
    assert person is not None
    assert person.id != "usr_ana"


async def test_who_guesses_is_stopped_even_when_they_are_right_at_last(lab: SurfaceLab) -> None:
    code = await code_from_web(lab)
    for number in range(5):
        assert "does not work" in await type_(lab, f"link 2222-222{number + 2}")
    assert "Too many" in await type_(lab, f"link {code}")
    lab.clock.move(601)
    assert "Ana" in await type_(lab, f"link {await code_from_web(lab)}")


async def test_a_code_is_neither_given_nor_taken_where_others_read_along_and_is_worthless_then(lab: SurfaceLab) -> None:
    await lab.say("link my account")
    assert "alone" in lab.texts()[-1]
    code = await code_from_web(lab)
    await lab.say(f"link {code}")
    assert "alone" in lab.texts()[-1]
    assert "does not work" in await type_(lab, f"link {code}", "U2")


async def test_a_code_is_kept_as_a_hash_and_what_is_typed_reaches_neither_log_nor_interpreter(lab: SurfaceLab) -> None:
    code = await code_from_web(lab)
    await lab.arrive(Said(text=f"link {code}"), channel=DIRECT, thread="")
    await lab.host.inbox.work_due()
    kept = [str(row[0]) for row in lab.talk.rows("SELECT key FROM memories WHERE scope = 'link-code'")]
    assert len(kept) == 1
    assert len(kept[0]) == 64
    typed = lab.talk.rows("SELECT parts FROM messages WHERE author = 'person' AND parts LIKE '%link%'")
    assert len(typed) == 2
    assert code not in str(typed)
    assert lab.interpreter.texts == []
    [title] = lab.talk.rows("SELECT title FROM conversations WHERE surface != 'web'")
    assert title[0] == "", "what was typed is no name for a conversation"


@pytest.mark.parametrize(
    "text", ["link data base", "link payments", "please link my account to the report", "code red"]
)
async def test_other_sentences_with_those_words_are_understood_as_ever(lab: SurfaceLab, text: str) -> None:
    await lab.say(text)
    assert lab.interpreter.texts == [text]


async def test_what_is_linked_already_is_said_to_be(lab: SurfaceLab) -> None:
    await link(lab, await code_from_web(lab))
    assert "already" in await type_(lab, f"link {await code_from_web(lab)}")


async def test_the_list_of_accounts_offers_it(lab: SurfaceLab) -> None:
    await lab.say("accounts", Tell(topic=Topic.CONNECTIONS), channel=DIRECT, thread="")
    await lab.press("Link my account elsewhere", channel=DIRECT, thread="")
    assert re.search(r"\w{4}-\w{4}", lab.texts(DIRECT)[-1].replace("\\", ""))
