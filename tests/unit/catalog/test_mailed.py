"""Automations that tell in chat tell by e-mail instead or besides, and stay sound."""

from __future__ import annotations

import pytest

from catalog.check import check_sample, check_workflow
from catalog.mailed import can_be_mailed, mailed
from catalog.workflow import Template
from tests.contract.templates.library import catalog, template
from tests.fakes.run_step import registry

MAILABLE = [one for one in catalog() if can_be_mailed(one)]


def test_every_watch_can_tell_by_mail_and_nothing_that_has_mail_already() -> None:
    ids = {one.id for one in MAILABLE}
    assert {"web.site-down", "web.page-changed", "web.price-watch", "web.value-alert", "data.sql-alert"} <= ids
    assert ids.isdisjoint(
        {"chat.remind", "chat.post-message", "web.status-report", "email.send", "email.inbox-to-chat", "web.link-check"}
    )


@pytest.mark.parametrize("beside_chat", [True, False])
@pytest.mark.parametrize("one", [pytest.param(one, id=one.id) for one in MAILABLE])
def test_what_tells_by_mail_is_sound(one: Template, beside_chat: bool) -> None:  # a parameter
    made = mailed(one, beside_chat=beside_chat)
    assert [*check_workflow(made, registry()), *check_sample(made)] == []
    assert any(step.uses == "chat.post" for step in made.steps) == beside_chat
    assert any(parameter.kind == "channel" for parameter in made.parameters.values()) == beside_chat
    assert "here or in a channel." not in made.summary


def test_a_mail_has_the_first_line_as_subject_and_no_marks_of_chat() -> None:
    down = mailed(template("web.site-down"), beside_chat=False).step("down")
    assert down.with_["subject"] == "🔴 ${{ params.url }} is down. ${{ steps.check.reason }}"
    changed = mailed(template("web.page-changed"), beside_chat=False).step("say")
    assert changed.with_["subject"] == "${{ params.url }} has changed."
    assert ">" not in str(changed.with_["body"])


def test_a_mail_beside_a_post_waits_for_the_same() -> None:
    made = mailed(template("web.price-watch"), beside_chat=True)
    post, mail = made.step("say"), made.step("say_mail")
    assert (mail.if_, mail.needs) == (post.if_, ["price"])
