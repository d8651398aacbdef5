"""Whatever a part holds, Discord takes what is made of it, and people read there what was meant."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.phrases import load_phrases
from agent.reply import (
    PARTS,
    Action,
    ApprovalCard,
    Choice,
    ChoicesPart,
    FormField,
    FormPart,
    ListItem,
    ListPart,
    Part,
    ProposalCard,
    RunCard,
    ShownApprover,
    ShownField,
    ShownStep,
    ShownValue,
    StepProgress,
    TextPart,
    TraceAttempt,
    TracePart,
    TraceStep,
    WorkflowCard,
)
from bot.surface.arrival import Handed
from bot.surfaces.discord.card import Cards
from bot.surfaces.discord.form import MOST_FIELDS, modal, names_of, page_count, read_fields, read_files
from bot.surfaces.discord.markup import clean, literal, to_texts
from bot.surfaces.discord.posted import Posted, find, marked
from bot.surfaces.discord.press_id import LONGEST, PressId, PressIds, Verb
from store.record import JsonObject
from tests.contract.surfaces.battery import EVERY_PART
from tests.fakes.discord_lint import V2, lint_message, lint_modal
from tests.fakes.discord_reading import plain, read_message
from tests.transcript import bare, transcript_of

IDS = PressIds("a token")
ENGLISH = load_phrases()
CARDS = Cards(ids=IDS, message_id="msg_01j9zzzzzzzzzzzzzzzzzzzzzz", files_url="http://e.example")

MEAN = st.sampled_from(
    [
        "```",
        "`",
        "**",
        "__",
        "||",
        "<@1>",
        "@everyone",
        "[a](http://b)",
        "\\",
        "\n\n",
        "> ",
        "-# ",
        "# ",
        "1. ",
        "🏳️‍🌈",
        "x" * 300,
    ]
)
TEXTS = st.lists(st.one_of(MEAN, st.text(max_size=40)), max_size=30).map("".join)
LONG = st.one_of(TEXTS, TEXTS.map(lambda text: text * 60))
LABELS = st.one_of(st.just(""), st.text(max_size=120), MEAN)
ACTIONS = st.builds(
    Action,
    id=st.one_of(st.sampled_from(["approve:prp_1:abc", "pause:wfl_1", "answer:title:" + "long " * 60]), TEXTS),
    label=LABELS,
    style=st.sampled_from(["primary", "secondary", "danger"]),
    confirm=st.sampled_from(["", "Really?"]),
)
FIELDS = st.builds(
    FormField,
    name=st.text("abcdefgh_", min_size=1, max_size=20),
    label=LABELS,
    input=st.sampled_from(
        ["person", "channel", "text", "textarea", "number", "date", "checkbox", "select", "list", "password", "file"]
    ),
    value=st.one_of(st.none(), LONG, st.booleans(), st.integers(), st.lists(st.text(max_size=20), max_size=5)),
    hint=LABELS,
    is_required=st.booleans(),
    options=st.lists(st.text(max_size=120), max_size=30),
    error=LABELS,
)
TRIES = st.lists(
    st.builds(
        TraceAttempt,
        number=st.just(1),
        state=st.sampled_from(["failed", "succeeded"]),
        started_at=st.just("2026-01-05T08:00:00Z"),
        started=LABELS,
        input=LONG,
        output=st.dictionaries(LABELS, TEXTS, max_size=4),
        error=TEXTS,
        cause=LABELS,
        advice=TEXTS,
        idempotency_key=st.just("run_1:x"),
    ),
    max_size=4,
)
PART: st.SearchStrategy[Part] = st.one_of(
    st.builds(TextPart, text=LONG, tone=st.sampled_from(["plain", "error"])),
    st.builds(
        ChoicesPart,
        text=LONG,
        choices=st.lists(st.builds(Choice, action=TEXTS, label=LABELS, detail=LABELS), max_size=40),
    ),
    st.builds(
        ListPart,
        title=LABELS,
        items=st.lists(
            st.builds(ListItem, title=LABELS, detail=TEXTS, actions=st.lists(ACTIONS, max_size=7)), max_size=15
        ),
        empty=LABELS,
        actions=st.lists(ACTIONS, max_size=3),
    ),
    st.builds(
        ProposalCard,
        proposal_id=st.just("prp_1"),
        digest=st.just("abc"),
        title=LABELS,
        summary=TEXTS,
        state=st.sampled_from(["open", "approved"]),
        values=st.lists(
            st.builds(ShownValue, name=st.just("x"), label=LABELS, value=LONG, source=st.just("message")), max_size=12
        ),
        steps=st.lists(
            st.builds(
                ShownStep,
                id=st.just("x"),
                title=LABELS,
                summary=TEXTS,
                effect=st.just("read"),
                risk=st.just("none"),
            ),
            max_size=8,
        ),
        actions=st.lists(ACTIONS, max_size=9),
    ),
    st.builds(
        RunCard,
        run_id=st.just("run_1"),
        title=LABELS,
        state=st.sampled_from(["running", "failed"]),
        state_text=LABELS,
        steps=st.lists(
            st.builds(StepProgress, id=st.just("x"), title=LABELS, state=st.just("running"), detail=TEXTS), max_size=30
        ),
        result=LONG,
        error=LONG,
        advice=TEXTS,
        actions=st.lists(ACTIONS, max_size=4),
    ),
    st.builds(
        WorkflowCard,
        workflow_id=st.just("wfl_1"),
        title=LABELS,
        state=st.sampled_from(["active", "paused"]),
        state_text=LABELS,
        trigger_text=LONG,
        problem=LONG,
        last_run=TEXTS,
        actions=st.lists(ACTIONS, max_size=9),
    ),
    st.builds(
        ApprovalCard,
        approval_id=st.just("apr_1"),
        digest=st.just("a" * 64),
        title=LABELS,
        question=LONG,
        state=st.sampled_from(["open", "approved"]),
        state_text=LABELS,
        fields=st.lists(st.builds(ShownField, name=st.just("x"), label=LABELS, value=LONG), max_size=12),
        approvers=st.lists(st.builds(ShownApprover, name=LABELS, detail=TEXTS), max_size=30),
        yeses=st.just(0),
        quorum=st.just(1),
        notes=st.lists(TEXTS, max_size=5),
        actions=st.lists(ACTIONS, max_size=5),
    ),
    st.builds(
        TracePart,
        run_id=st.just("run_1"),
        title=LABELS,
        state=st.sampled_from(["failed", "succeeded"]),
        state_text=LABELS,
        input=LONG,
        steps=st.lists(st.builds(TraceStep, id=st.just("x"), title=LABELS, uses=LABELS, attempts=TRIES), max_size=8),
        note=TEXTS,
    ),
    st.builds(
        FormPart,
        action=st.just("fill:prp_1"),
        title=LABELS,
        text=LONG,
        fields=st.lists(FIELDS, min_size=1, max_size=14, unique_by=lambda one: one.name),
        submit=LABELS,
        cancel=st.one_of(st.none(), ACTIONS),
    ),
)
MUCH = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def sent(components: list[JsonObject]) -> JsonObject:
    return {"components": list(components), "flags": V2, "allowed_mentions": {"parse": []}}


@MUCH
@given(st.lists(PART, max_size=3))
def test_discord_takes_whatever_parts_hold(parts: list[Part]) -> None:
    for number, page in enumerate(CARDS.messages(parts)):
        assert lint_message(sent(marked(page, "msg_1", number))) == []


@MUCH
@given(
    st.builds(
        FormPart,
        action=st.just("fill:prp_1"),
        title=LABELS,
        fields=st.lists(FIELDS, min_size=1, max_size=14, unique_by=lambda one: one.name),
        submit=LABELS,
    )
)
def test_discord_takes_every_form(form: FormPart) -> None:
    shown = []
    for page in range(page_count(form)):
        made = modal(form, page, IDS.write(PressId(Verb.FILL, "msg_1", str(page))), ENGLISH)
        assert lint_modal(made) == []
        names = [one["component"]["custom_id"] for one in made["components"]]  # type: ignore[index,call-overload,union-attr]
        shown += [name for name in names if not name.startswith("file:")]
        assert len(made["components"]) <= MOST_FIELDS  # type: ignore[arg-type]
    assert sorted(shown) == sorted(one.name for one in form.fields), "each field is on one page"


@MUCH
@given(TEXTS)
def test_what_somebody_wrote_is_read_as_they_wrote_it(text: str) -> None:
    assert bare(plain(literal(text))) == bare(clean(text))


@MUCH
@given(LONG)
def test_a_text_is_cut_into_pieces_that_stand_alone(markdown: str) -> None:
    for piece in to_texts(markdown, 500):
        assert len(piece.encode("utf-16-le", "surrogatepass")) // 2 <= 500
        assert piece.count("```") % 2 == 0
        assert not piece.replace("\\\\", "").endswith("\\")


def test_code_is_closed_and_opened_again_where_it_is_cut() -> None:
    code = "\n".join(f"line {number} {'x' * 40}" for number in range(60))
    pieces = to_texts(f"Before\n\n```\n{code}\n```\n\nAfter", 500)
    assert len(pieces) > 4
    assert all(piece.startswith("```") and piece.rstrip().endswith("```") for piece in pieces[1:-1])
    assert bare(plain("\n".join(pieces))) == bare(f"Before{code}After")


def test_every_kind_of_part_is_read_as_it_was_meant() -> None:
    for name, part in EVERY_PART.items():
        parts = PARTS.validate_python([part])
        read = [read_message(sent(page)) for page in CARDS.messages(parts)]
        meant = transcript_of(parts)
        there = bare("".join(one.text for one in read))
        if name == "form":
            assert len([label for one in read for label in one.buttons]) == page_count(parts[0]) + 1
            continue
        assert all(bare(line) in there for line in meant.lines), name
        assert tuple(label for one in read for label in one.buttons) == meant.buttons, name


def test_every_message_begins_with_words() -> None:
    """Notifications and screen readers begin there."""
    for part in EVERY_PART.values():
        for page in CARDS.messages(PARTS.validate_python([part])):
            inner = page[0].get("components")
            first = inner[0] if isinstance(inner, list) else page[0]
            assert isinstance(first, dict)
            assert first["type"] == 10


@MUCH
@given(ACTIONS)
def test_a_button_carries_no_text_of_somebodys(action: Action) -> None:
    written = IDS.of(action, "msg_1")
    assert len(written) <= LONGEST
    press = IDS.read(written)
    assert press is not None
    assert press.verb is not Verb.DO or press.subject == action.id
    if action.confirm or action.id.startswith(("answer:", "use-file:")):
        assert press.verb is Verb.FIND


@MUCH
@given(st.text(max_size=120))
def test_what_we_did_not_sign_is_not_read(text: str) -> None:
    assert IDS.read(text) is None
    assert IDS.read(f"e:a:{text}:00000000") is None
    assert PressIds("another token").read(IDS.write(PressId(Verb.DO, "pause:wfl_1"))) is None


def test_what_comes_back_from_a_form_completes_what_it_showed() -> None:
    form = PARTS.validate_python([EVERY_PART["form"]])[0]
    assert isinstance(form, FormPart)
    given_back = [
        {"type": 18, "component": {"type": 4, "custom_id": "to", "value": "a@b.example\n\nc@d.example "}},
        {"type": 18, "component": {"type": 3, "custom_id": "copy", "values": ["false"]}},
        {"type": 18, "component": {"type": 3, "custom_id": "form", "values": ["CSV"]}},
    ]
    fields = read_fields(form, given_back, {})
    assert fields["to"] == ["a@b.example", "c@d.example"]
    assert fields["copy"] is False
    assert fields["form"] == "CSV"
    assert fields["subject"] == "Standup notes"
    assert fields["password"] is None


def test_people_and_channels_are_picked_and_named_as_one_would_type_them() -> None:
    fields = [
        FormField(name="who", label="Who", input="person"),
        FormField(name="where", label="Where", input="channel", is_required=False),
        FormField(name="other", label="Other", input="person", value="@ben"),
    ]
    form = FormPart(action="fill:prp_1", title="Form", fields=fields, submit="Save")
    kinds = [one["component"]["type"] for one in modal(form, 0, "x", ENGLISH)["components"]]  # type: ignore[index,call-overload,union-attr]
    assert sorted(kinds) == [4, 5, 8], "a value may be nobody of theirs: it is shown as text"
    given_back = [
        {"type": 18, "component": {"type": 5, "custom_id": "who", "values": ["1"]}},
        {"type": 18, "component": {"type": 8, "custom_id": "where", "values": []}},
        {"type": 18, "component": {"type": 4, "custom_id": "other", "value": "@cleo"}},
    ]
    named = names_of({"users": {"1": {"username": "ana", "global_name": "Ana"}}, "channels": {"2": {"name": "ops"}}})
    assert named == {"1": "@Ana", "2": "#ops"}
    assert read_fields(form, given_back, named) == {"who": "@Ana", "where": "", "other": "@cleo"}


def test_a_file_can_be_handed_in_or_named_and_neither_has_to_be() -> None:
    fields = [
        FormField(name="list", label="List", input="file"),
        FormField(name="other", label="Other", input="file", value="a.csv"),
    ]
    form = FormPart(action="fill:prp_1", title="Form", fields=fields, submit="Save")
    made = modal(form, 0, "x", ENGLISH)
    assert lint_modal(made) == []
    inputs = [one["component"] for one in made["components"]]  # type: ignore[index,call-overload,union-attr]
    assert [(one["custom_id"], one["type"], one["required"]) for one in inputs] == [  # type: ignore[index,call-overload]
        ("list", 19, False),
        ("other", 4, True),
        ("file:other", 19, False),
    ]
    file = {"id": "7", "filename": "b.csv", "size": 3, "content_type": "text/csv", "url": "https://x/1"}
    given_back = [
        {"type": 18, "component": {"type": 19, "custom_id": "list", "values": []}},
        {"type": 18, "component": {"type": 4, "custom_id": "other", "value": "a.csv"}},
        {"type": 18, "component": {"type": 19, "custom_id": "file:other", "values": ["7"]}},
    ]
    assert read_fields(form, given_back, {}) == {"list": None, "other": "a.csv"}
    assert read_files(given_back, {"attachments": {"7": file}}) == {
        "other": Handed(id="7", name="b.csv", size=3, media_type="text/csv", url="https://x/1")
    }


def test_a_full_page_has_no_room_for_another_file() -> None:
    fields = [FormField(name=f"f{number}", label="F", input="file", value="a.csv") for number in range(5)]
    form = FormPart(action="fill:prp_1", title="Form", fields=fields, submit="Save")
    assert lint_modal(modal(form, 0, "x", ENGLISH)) == []


def test_no_vendors_library_is_loaded_before_a_surface_is_set_up() -> None:
    code = "import bot.serve, bot.app, bot.doctor, sys; sys.exit('discord' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_messages_are_found_again_by_their_marks() -> None:
    pages = CARDS.messages([TextPart(text="word " * 2000)])
    assert len(pages) > 1
    there = [
        {"id": str(number), "components": list(marked(page, "msg_1", number))} for number, page in enumerate(pages)
    ]
    assert find(there, "msg_1", len(pages)) == {number: str(number) for number in range(len(pages))}
    assert find(there, "msg_2", len(pages)) == {}
    assert Posted.parse(str(Posted(("1", "2"), "9"))) == Posted(("1", "2"), "9")
    assert str(Posted(("1",))) == "1"
