"""What nobody but its owner is to read is not read in a channel: in sentences, at a run's end, in errors, names and lists."""

from __future__ import annotations

from dataclasses import replace

from agent.command import ControlWorkflow, SetValue, Start, Tell, Topic
from agent.reply import ListPart, RunCard
from bot.surface.arrival import Said as Words
from catalog.workflow import Template
from store.record import Author, Failure, Message, Place, Run, RunState, Said, said_text
from tests.contract.surfaces.lab import SURFACE, SurfaceLab
from worker.outside import conversation_at

SALARY, AMOUNT = "61250 euros a year", 4250.75
MARK = "••• (private)"
TEMPLATE = Template.model_validate(
    {
        "id": "chat.offer",
        "title": "Make an offer",
        "summary": "Writes an offer into this conversation.",
        "category": "chat",
        "asks": ["make an offer"],
        "parameters": {
            "who": {"kind": "text", "ask": "To whom?"},
            "salary": {"kind": "text", "ask": "How much?", "private": True},
            "bonus": {"kind": "number", "ask": "Which bonus?", "private": True, "minimum": 1},
            "level": {"kind": "choice", "options": ["junior", "senior"], "default": "junior", "private": True},
        },
        "steps": [
            {"id": "letter", "uses": "http.request", "with": {"url": "https://x.io/?q=${{ params.salary }}"}},
            {"id": "post", "uses": "chat.post", "with": {"text": "${{ params.who }}: ${{ params.salary }}, ${{ steps.letter.status }}"}},
        ],
        "result": "Offered ${{ params.salary }} to ${{ params.who }}.",
    }
)  # fmt: skip
OFFER = Start(
    template_id="chat.offer",
    values={"who": "Ana", "salary": SALARY, "bonus": AMOUNT, "level": "senior"},
    template=TEMPLATE,
)


def everything(lab: SurfaceLab) -> str:
    """All that stands in the channel for everybody, as one text."""
    return "\n".join(part.model_dump_json() for one in lab.shown() for part in one.parts)


async def the_run(lab: SurfaceLab) -> Run:
    async with lab.store.begin() as records:
        run = await records.runs.get(str(lab.talk.rows("SELECT id FROM runs")[0][0]))
    assert run is not None
    return run


async def ended(lab: SurfaceLab, *, failure: Failure | None = None, result: str | None = None) -> Run:
    """Asked for, approved, and run to its end."""
    await lab.say("make an offer", OFFER)
    await lab.press("Run")
    run, now = await the_run(lab), lab.clock.now()
    assert await lab.store.journal.claim(run.id, owner="w", now=now, until=now)
    state = RunState.FAILED if failure else RunState.SUCCEEDED
    over = replace(run, state=state, ended_at=now, due_at=None, started_at=now, failure=failure, result=result)
    await lab.store.journal.record(owner="w", run=over)
    await posted_again(lab)
    return over


async def posted_again(lab: SurfaceLab) -> None:
    async with lab.store.begin() as records:
        keys = [str(row[0]) for row in lab.talk.rows("SELECT message_id FROM postings")]
        await records.postings.touch(keys, at=lab.clock.now())
    lab.clock.move(60)
    await lab.show()


async def test_what_a_run_says_at_its_end_is_said_without_it(lab: SurfaceLab) -> None:
    await ended(lab, result=f"Offered {SALARY} to Ana.")
    assert lab.only(RunCard).result == f"Offered {MARK} to Ana."
    assert SALARY not in everything(lab)


async def test_an_error_is_said_without_it_and_so_is_why_it_failed(lab: SurfaceLab) -> None:
    message = f"400: “{SALARY[:14]}…” is too much, {AMOUNT} too (?q=61250%20euros%20a%20year)."
    await ended(lab, failure=Failure(cause="rejected", message=message, step_id="letter"))
    await lab.say("why did it fail", Tell(topic=Topic.EXPLAIN_FAILURE))
    assert len(lab.parts(RunCard)) == 2
    assert "is too much" in lab.parts(RunCard)[0].error
    assert any("is too much" in text for text in lab.texts())
    for spelling in (SALARY, "61250", str(AMOUNT)):
        assert spelling not in everything(lab)


async def test_what_a_step_says_here_is_said_without_it_and_elsewhere_as_it_was_approved(lab: SurfaceLab) -> None:
    run = await ended(lab, result="")
    said = f"Ana: {SALARY.upper()}, which is 61 thousand"
    person = await lab.person()
    assert person is not None
    async with lab.store.begin() as records:
        place = Place(surface=SURFACE, channel="C2", team="T1")
        there = await conversation_at(records, place, person, title="", now=lab.clock.now())
        for number, (conversation_id, source) in enumerate(
            [
                (run.conversation_id, Said(run_id=run.id, step_id="post")),
                (run.conversation_id, None),
                (there.id, None),
            ]
        ):
            message = Message(
                id=f"msg_post{number}",
                conversation_id=conversation_id,
                author=Author.ERRAND,
                parts=[said_text(said, source)],
                at=lab.clock.now(),
            )
            await records.conversations.append(message)
    await lab.show()
    made, mentioned = lab.texts()[-2:]
    assert made == f"Ana: {MARK}, …", "what is made of it is as private as it is, however it looks"
    assert mentioned == f"Ana: {MARK}, which is 61 thousand"
    assert lab.texts("C2") == [said], "to be sent there is what the yes was given to"


async def test_a_name_and_the_steps_of_an_automation_are_listed_without_it(lab: SurfaceLab) -> None:
    await ended(lab, result="")
    await lab.say("list my automations", Tell(topic=Topic.WORKFLOWS))
    await lab.say("what does it do", ControlWorkflow(verb="steps", name=None))
    assert [one.title for one in lab.parts(ListPart)[0].items] == ["Make an offer: Ana"]
    assert SALARY not in everything(lab)
    assert "61250" not in everything(lab)


async def test_a_value_that_does_not_fit_is_not_repeated(lab: SurfaceLab) -> None:
    await lab.say("make an offer", replace(OFFER, values={"who": "Ana", "salary": SALARY, "level": "senior"}))
    await lab.say("ninety thousand", SetValue(name="bonus", value="ninety thousand"))
    assert "It is private" in "\n".join(lab.texts())
    assert "ninety" not in everything(lab)


async def test_a_filled_form_that_does_not_fit_tells_nobody_what_was_in_it(lab: SurfaceLab) -> None:
    await lab.say("make an offer", OFFER)
    await lab.press("Edit")
    asked = lab.button("Edit").replace("edit:", "fill:")
    await lab.submit(asked, bonus="ninety thousand", salary="70000 euros")
    assert "ninety" not in everything(lab)
    assert "70000" not in everything(lab)
    assert "It is private" in everything(lab)


async def test_a_value_of_a_few_words_to_choose_from_is_hidden_on_the_card_and_nowhere_else(lab: SurfaceLab) -> None:
    """To take it out of other texts would tell which of them it is."""
    await lab.say("make an offer", replace(OFFER, values={**OFFER.values, "who": "a senior engineer"}))
    await lab.press("Edit")
    values = {one["name"]: one["value"] for one in lab.shown()[0].parts[-1].model_dump()["values"]}
    assert values == {"who": "a senior engineer", "salary": MARK, "bonus": MARK, "level": MARK}
    assert '"options":["junior","senior"]' in everything(lab)


async def test_values_said_in_a_thread_before_are_not_offered_for_what_is_private(lab: SurfaceLab) -> None:
    lab.surface.threads["t9"] = ["it is 61250 euros", "or 70000"]
    await lab.say("make an offer", replace(OFFER, values={"who": "Ana"}), thread="t9")
    assert "61250" not in everything(lab)
    assert "How much" in lab.texts()[-1]


async def test_alone_and_on_the_web_all_of_it_is_read(lab: SurfaceLab) -> None:
    run = await ended(lab, result=f"Offered {SALARY} to Ana.")
    history = await lab.talk.history(run.person_id, run.conversation_id)
    assert any(SALARY in part.model_dump_json() for one in history for part in one.parts)


async def test_what_somebody_wrote_starts_no_word_of_errands(lab: SurfaceLab) -> None:
    """Their own words stay theirs: nothing of them is taken back, and nothing is repeated."""
    await lab.say("make an offer", OFFER)
    await lab.arrive(Words(text=f"I meant {SALARY}", is_addressed=False))
    await lab.settle()
    assert SALARY not in everything(lab)
