"""Where several people read along: who speaks, who may press, what all see, and what only one does."""

from __future__ import annotations

from agent.command import Start
from agent.inbound import Press
from agent.reply import ProposalCard, RunCard, TextPart
from bot.surface.arrival import Pressed
from catalog.workflow import Template
from store.record import Identity
from tests.contract.surfaces.lab import SURFACE, SurfaceLab

POST = Start(template_id="chat.say", values={"message": "Hello"})
SALARY = "61250 euros"
OFFER = Start(
    template_id="chat.offer",
    values={"salary": SALARY},
    template=Template.model_validate(
        {
            "id": "chat.offer",
            "title": "Make an offer",
            "summary": "Writes an offer into this conversation.",
            "category": "chat",
            "asks": ["make an offer"],
            "parameters": {"salary": {"kind": "text", "ask": "How much?", "private": True}},
            "steps": [{"id": "post", "uses": "chat.post", "with": {"text": "${{ params.salary }}"}}],
        }
    ),
)


async def test_a_press_of_somebody_who_may_not_is_refused_to_them_alone(lab: SurfaceLab) -> None:
    await lab.say("post hello", POST)
    before = len(lab.shown())
    await lab.press("Run", user="U2")
    assert lab.talk.count("runs") == 0
    assert len(lab.shown()) == before, "nobody else is bothered"
    assert [(place.thread, user) for place, user, _ in lab.surface.notices] == [("t1", "U2")]
    assert lab.only(ProposalCard).state == "open"


async def test_what_is_shown_to_one_only_is_never_shown_again(lab: SurfaceLab) -> None:
    await lab.say("post hello", POST)
    await lab.press("Run", user="U2")
    keys = [str(row[0]) for row in lab.talk.rows("SELECT message_id FROM postings")]
    async with lab.store.begin() as records:
        await records.postings.touch(keys, at=lab.clock.now())
    lab.clock.move(60)
    await lab.show()
    assert len(lab.surface.notices) == 1


async def test_an_approval_on_the_web_takes_the_buttons_from_the_channel(lab: SurfaceLab) -> None:
    await lab.say("post hello", POST)
    yes = lab.button("Run")
    person = await lab.person()
    assert person is not None
    conversation = (await lab.conversations())[0]
    await lab.on_web(Press(action=yes), person.id, conversation.id)
    await lab.heard()
    await lab.show()
    assert lab.only(ProposalCard).state == "approved"
    assert lab.only(ProposalCard).actions == []
    assert lab.only(RunCard)


async def test_a_button_from_before_an_edit_is_refused_even_if_it_is_pressed_late(lab: SurfaceLab) -> None:
    await lab.say("post hello", POST)
    stale = lab.button("Run")
    form = lab.button("Edit").replace("edit:", "fill:")
    await lab.submit(form, message="Something else")
    await lab.arrive(Pressed(action=stale))
    await lab.settle()
    assert lab.talk.count("runs") == 0
    await lab.press("Run")
    assert lab.talk.count("runs") == 1


async def test_two_who_press_at_once_start_one_run(lab: SurfaceLab) -> None:
    await lab.say("post hello", POST)
    person = await lab.person()
    assert person is not None
    async with lab.store.begin() as records:
        await records.people.link(Identity(surface=SURFACE, external_id="T1/U2", person_id=person.id))
    yes = lab.button("Run")
    for user, delivery in (("U1", "Ev8"), ("U2", "Ev9")):
        await lab.arrive(Pressed(action=yes), user=user, delivery=delivery)
    await lab.settle()
    assert lab.talk.count("runs") == 1


async def test_markup_in_a_value_stays_a_value(lab: SurfaceLab) -> None:
    """The texts are Markdown in which it is escaped; what it means in the surface's markup is the adapter's to prevent."""
    said = "@everyone <!channel> *bold* [x](http://x.example)"
    await lab.say("post that", Start(template_id="chat.say", values={"message": said}))
    assert lab.only(ProposalCard).values[0].value == said
    await lab.say(said, Start(template_id="chat.say"), thread="t2")
    texts = [part.text for one in lab.shown() for part in one.parts if isinstance(part, TextPart)]
    assert all("**bold**" not in text for text in texts)


async def test_alone_with_errand_a_refusal_is_said_where_they_are(lab: SurfaceLab) -> None:
    await lab.say("post hello", POST, channel="@U1", thread="")
    yes = lab.button("Run", "@U1")
    await lab.arrive(Pressed(action=yes.replace("approve", "unheard-of")), channel="@U1", thread="")
    await lab.settle()
    assert lab.surface.notices == []
    assert "no longer" in lab.texts("@U1")[-1]


async def test_a_private_value_is_shown_to_who_asked_alone(lab: SurfaceLab) -> None:
    await lab.say("make an offer", OFFER)
    assert lab.only(ProposalCard).values[0].value == "••• (private)"
    await lab.press("Show values")
    [(_, user, content)] = lab.surface.notices
    [card] = [part for part in content.parts if isinstance(part, ProposalCard)]
    assert (user, card.values[0].value) == ("U1", SALARY)
    assert card.digest == lab.only(ProposalCard).digest
    assert not any(SALARY in part.model_dump_json() for one in lab.shown() for part in one.parts)
    await lab.press("Run")
    assert lab.talk.count("runs") == 1, "the yes is for the true value"


async def test_a_private_value_is_refused_to_others(lab: SurfaceLab) -> None:
    await lab.say("make an offer", OFFER)
    await lab.press("Show values", user="U2")
    [(_, user, content)] = lab.surface.notices
    assert user == "U2"
    assert not any(SALARY in part.model_dump_json() for part in content.parts)


async def test_a_form_with_a_private_value_opens_for_who_may_change_it(lab: SurfaceLab) -> None:
    await lab.say("make an offer", OFFER)
    await lab.press("Edit")
    shown = lab.host._services(SURFACE).shown
    asked = next(one.key for one in lab.shown() if any(part.kind == "form" for part in one.parts))
    form = await shown.form("T1/U1", asked)
    assert form is not None
    assert form.fields[0].value == SALARY
    await lab.arrive(Pressed(action="list-workflows:1"), user="U2")
    await lab.settle()
    assert await lab.person("U2") is not None
    assert await shown.form("T1/U2", asked) is None
    assert not any(SALARY in part.model_dump_json() for part in await shown.parts("T1/U2", asked))


async def test_alone_with_errand_a_private_value_is_shown(lab: SurfaceLab) -> None:
    await lab.say("make an offer", OFFER, channel="@U1", thread="")
    assert [one.value for one in lab.parts(ProposalCard, "@U1")[0].values] == [SALARY]
