"""The card of every template says in plain words what will happen, before anybody says yes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.proposal_card import proposal_card
from agent.reply import ProposalCard
from agent.shelf import Shelf
from agent.viewer import Viewer
from catalog.expression import Expressions
from catalog.proposal import ProposalContent
from catalog.workflow import Template
from store.record import Proposal, ProposalState
from tests.contract.templates.library import ZONE, catalog, every_template, values_of
from tests.contract.templates.office import HOURLY
from tests.fakes.clock import FixedClock
from tests.fakes.little_catalog import make_knowledge
from tests.fakes.run_step import registry


@pytest.fixture
def viewer(clock: FixedClock) -> Viewer:
    knowledge = replace(make_knowledge(clock), templates=Shelf(catalog().templates), step_types=registry())
    return Viewer(knowledge=knowledge, phrases=knowledge.phrases("en"), zone=ZONE, now=clock.now(), person_id="usr_ana")


def card_of(template: Template, viewer: Viewer) -> ProposalCard:
    trigger = template.trigger.allowed[0]
    content = ProposalContent(
        workflow_id="wfl_1",
        version=1,
        template_id=template.id,
        workflow=template.workflow(),
        params=values_of(template),
        trigger=trigger,
        schedule=HOURLY if trigger == "schedule" else None,
    )
    proposal = Proposal(
        id="prp_1",
        conversation_id="cnv_1",
        person_id="usr_1",
        digest=content.digest(),
        content=content.model_dump(mode="json", by_alias=True),
        shown={"summary": template.summary},
        state=ProposalState.OPEN,
        created_at=viewer.now,
    )
    return proposal_card(viewer, proposal)


@every_template
def test_its_card_says_what_each_step_does(template: Template, viewer: Viewer) -> None:
    """A step that depends on earlier ones has words of its own: its type's name alone would say too little."""
    card = card_of(template, viewer)
    bare = {step_type.title for step_type in registry()}
    assert len(card.steps) == len(template.steps)
    for step in card.steps:
        assert step.summary not in bare, f"{step.id} is only called “{step.summary}”"
        assert "${{" not in step.summary
    shown = {value.label: value.value for value in card.values}
    assert len(shown) == len(card.values), "two values have the same label"
    assert all(label[0].isupper() for label in shown)


@every_template
def test_where_others_read_its_card_hides_what_is_private_and_nothing_else(template: Template, viewer: Viewer) -> None:
    whole, seen = card_of(template, viewer), card_of(template, replace(viewer, person_id="", is_for_all=True))
    private = {name for name, one in template.parameters.items() if one.private and values_of(template)[name]}
    for before, after in zip(whole.values, seen.values, strict=True):
        assert after.value == ("••• (private)" if before.name in private else before.value)
    hidden = {one.value for one in whole.values if one.name in private}
    assert not [value for value in hidden if value in seen.model_dump_json()]
    assert [one.risk for one in seen.steps] == [one.risk for one in whole.steps]


@every_template
def test_what_it_is_to_say_here_is_not_private(template: Template) -> None:
    """Only what is for one addressee is: a template whose point is to say it to all who read would say nothing."""
    said_here = [step.with_ for step in template.steps if step.uses == "chat.post" and not step.with_.get("to")]
    read = {reference[1] for reference in Expressions().references(said_here) if reference[0] == "params"}
    assert not [name for name in read if template.parameters[name].private]


@every_template
def test_its_words_are_whole(template: Template) -> None:
    """Sentences end, questions ask, and what is required is asked for."""
    assert template.title[0].isupper()
    assert not template.title.endswith(".")
    assert template.summary[0].isupper()
    assert template.summary.endswith(".")
    for parameter in template.parameters.values():
        assert parameter.label
        assert bool(parameter.ask) or not parameter.is_required
        assert not parameter.ask or parameter.ask.rstrip(")")[-1] in "?."
    if template.trigger.allowed[0] == "schedule":
        assert template.trigger.ask.endswith("?")
