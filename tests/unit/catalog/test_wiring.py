from __future__ import annotations

from typing import Any

import pytest

from catalog.block import Block
from catalog.expression import Expressions
from catalog.wiring import Composed, Part, compose


def block(block_id: str, **fields: Any) -> Block:
    base = {"id": block_id, "title": f"block {block_id}", "summary": f"What {block_id} does.", "category": "chat"}
    return Block.model_validate({**base, "asks": ["a", "b", "c", "d"], **fields})


NEWS = block(
    "news.item",
    parameters={"feed": {"kind": "url", "ask": "Which feed?", "label": "Feed"}},
    starts={
        "allowed": ["event"],
        "source": {"uses": "rss.new_items", "with": {"url": "${{ params.feed }}"}, "every": "*/10 * * * *"},
    },
    gives={"title": "trigger.item.title", "link": "trigger.item.link", "record": "trigger.item"},
    sample={"feed": "https://example.com/feed"},
)
NOW = block("time.now", starts={"allowed": ["manual", "schedule"]})
POST = block(
    "chat.post",
    parameters={
        "message": {"kind": "long_text", "ask": "What?", "label": "Message"},
        "channel": {"kind": "channel", "ask": "Where?", "default": None},
    },
    takes={"message": ["title+text+link", "text", "file"]},
    step={"uses": "chat.post", "with": {"text": "${{ takes.message }}", "to": "${{ params.channel }}"}},
    sample={"message": "Done."},
)
ROW = block(
    "csv.row",
    parameters={"file": {"kind": "file", "default": "log.csv", "label": "File"}},
    takes={"rows": ["record", "items"]},
    step={"uses": "csv.write", "with": {"path": "${{ params.file }}", "rows": "${{ takes.rows }}", "append": True}},
)
PDF = block(
    "pdf.make",
    parameters={"body": {"kind": "long_text", "ask": "What?"}},
    takes={"body": ["title"]},
    step={"uses": "pdf.create", "with": {"path": "a.pdf", "body": "${{ takes.body }}"}},
    gives={"file": "step.path"},
    result="Made ${{ step.path }}.",
)
SEND = block(
    "mail.file",
    parameters={"to": {"kind": "emails", "ask": "Who?"}},
    takes={"file": ["file"]},
    step={
        "uses": "email.send",
        "with": {"to": "${{ params.to }}", "subject": "x", "attachments": ["${{ takes.file }}"]},
    },
)
LOOK = block(
    "sql.look",
    parameters={"query": {"kind": "long_text", "ask": "Which?"}},
    step={"uses": "sql.query", "with": {"statement": "${{ params.query }}"}},
    gives={"items": "step.rows", "text": "step.rows | bullet_list"},
)


def composed(*blocks: Block, given: tuple[str, ...] = (), asked: tuple[str, ...] = ()) -> Composed:
    first, *others = blocks
    parts = [Part(block=one, given=given, asked=asked) for one in others]
    found = compose(Part(block=first), parts)
    assert found is not None
    return found


def test_a_text_shows_what_is_put_into_it_and_is_not_asked_for() -> None:
    message = composed(NEWS, POST).template.parameters["message"]
    assert not message.is_required
    assert message.default == "{title}\n\n{link}"
    assert message.hint == "{title} {link}"


def test_the_text_is_filled_from_what_came() -> None:
    text = composed(NEWS, POST).template.steps[0].with_["text"]
    scope = {
        "params": {"message": "News: {title} ({link}) {other}"},
        "trigger": {"item": {"title": "Rain {link}", "link": "https://a.example"}},
    }
    assert Expressions().render(text, scope) == "News: Rain {link} (https://a.example) {other}"


def test_what_nobody_hands_over_is_asked_for() -> None:
    message = composed(NOW, POST).template.parameters["message"]
    assert message.is_required
    assert composed(NOW, POST).template.steps[0].with_["text"] == "${{ params.message }}"


def test_a_block_that_must_be_handed_something_is_of_no_use_without_it() -> None:
    assert compose(Part(block=NOW), [Part(block=ROW)]) is None
    assert compose(Part(block=NEWS), [Part(block=SEND)]) is None


def test_objects_and_files_go_over_as_they_are() -> None:
    template = composed(NEWS, ROW, PDF, SEND).template
    assert template.steps[0].with_["rows"] == "${{ (trigger.item) }}"
    assert template.steps[2].with_["attachments"] == ["${{ (steps.pdf.path) }}"]
    assert template.result == "Made ${{ steps.pdf.path }}."


def test_what_came_last_goes_before_what_came_first() -> None:
    template = composed(NEWS, LOOK, POST, ROW).template
    assert template.parameters["message"].default == "{text}"
    assert template.steps[2].with_["rows"] == "${{ (steps.sql.rows) }}"


def test_names_that_are_taken_are_numbered_and_told_apart() -> None:
    found = composed(NOW, POST, POST)
    assert list(found.template.parameters) == ["message", "channel", "message_2", "channel_2"]
    assert found.names == [
        {},
        {"message": "message", "channel": "channel"},
        {"message": "message_2", "channel": "channel_2"},
    ]
    assert found.template.parameters["message_2"].label == "Message (block chat.post)"
    assert [step.id for step in found.template.steps] == ["chat", "chat_2"]
    assert found.template.steps[1].with_ == {"text": "${{ params.message_2 }}", "to": "${{ params.channel_2 }}"}


def test_what_must_be_known_loses_its_default() -> None:
    assert composed(NEWS, POST, asked=("channel",)).template.parameters["channel"].is_required


def test_a_value_that_was_given_stays_a_parameter() -> None:
    taking = ROW.model_copy(update={"takes": {"file": ["file"], "rows": ["record"]}})
    giving = NEWS.model_copy(update={"gives": {**NEWS.gives, "file": "trigger.item.link"}})
    assert "file" not in composed(giving, taking).template.parameters
    assert "file" in composed(giving, taking, given=("file",)).template.parameters


def test_the_template_is_named_by_its_blocks() -> None:
    template = composed(NEWS, POST, ROW).template
    assert template.id == "composed.news-item-chat-post-csv-row"
    assert template.title == "block news.item: block chat.post, block csv.row"
    assert template.sample == {"feed": "https://example.com/feed"}


@pytest.mark.parametrize("count", [8, 40])
def test_titles_of_long_workflows_are_cut(count: int) -> None:
    template = composed(NOW, *[POST] * count).template
    assert len(template.title) == 80
    assert len(template.summary) <= 200
