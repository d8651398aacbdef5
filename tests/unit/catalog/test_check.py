from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from catalog.check import check_sample, check_workflow
from catalog.workflow import Template, Workflow
from tests.unit.catalog.steps import registry
from tools.registry import load_steps

STEPS = registry()


def problems(**fields: Any) -> list[str]:
    content = {
        "title": "A workflow",
        "steps": [{"id": "get", "uses": "web.fetch", "with": {"url": "https://example.com"}}],
    }
    return [str(problem) for problem in check_workflow(Workflow.model_validate({**content, **fields}), STEPS)]


def step(**fields: Any) -> dict[str, Any]:
    return {"id": "get", "uses": "web.fetch", "with": {"url": "https://example.com"}, **fields}


def test_a_sound_workflow_has_no_problems() -> None:
    assert (
        problems(
            parameters={
                "url": {"kind": "url", "ask": "Which?"},
                "limit": {"kind": "duration", "default": "5 minutes"},
                "how": {"kind": "choice", "default": "daily", "options": ["daily", "weekly"]},
                "note": {"kind": "text", "default": ""},
                "day": {"kind": "date", "default": None},
            },
            steps=[
                step(**{"with": {"url": "${{ params.url }}", "headers": {"x": "${{ run.id }}"}}}),
                step(
                    id="again", needs=[], for_each="${{ params.note }}", **{"with": {"url": "${{ item.url ~ index }}"}}
                ),
                {
                    "id": "post",
                    "uses": "chat.post",
                    "needs": ["get", "again"],
                    "if": "steps.get.status == 200",
                    "with": {
                        "text": "${{ steps.again.items | length }} at ${{ now | date('%H:%M') }} ${{ trigger.body.x }}"
                    },
                },
            ],
            result="${{ steps.get.status }} ${{ run.title }}",
        )
        == []
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"uses": "web.fetsh"}, "steps[0].uses: there is no step type “web.fetsh”; did you mean “web.fetch”?"),
        ({"with": {}}, "steps[0].with.url: is missing"),
        ({"with": {"url": "x", "hedaers": {}}}, "steps[0].with.hedaers: unknown field; did you mean “headers”?"),
        (
            {"with": {"url": "x", "hedaers": "${{ now }}"}},
            "steps[0].with.hedaers: unknown field; did you mean “headers”?",
        ),
        ({"with": {"url": 5}}, "steps[0].with.url: must be a text; put it in quotes"),
        ({"with": {"url": "x", "tries": 0}}, "steps[0].with.tries: Input should be greater than or equal to 1"),
        ({"with": {"url": "x", "body": "a", "json_body": 1}}, "steps[0].with: give body or json_body, not both"),
        ({"with": {"url": "${{ params.nope }}"}}, "steps[0].with.url: there is no parameter “nope”"),
        ({"with": {"url": "${{ parms.url }}"}}, "steps[0].with.url: “parms” is unknown; did you mean “params”?"),
        ({"with": {"url": "${{ secrets.key }}"}}, "steps[0].with.url: “secrets” is unknown"),
        ({"with": {"url": "${{ run.nope }}"}}, "steps[0].with.url: a run has no “nope”; it has id, started_at, title"),
        (
            {"with": {"url": "${{ item }}"}},
            "steps[0].with.url: “item” is known only to the values of a step with for_each",
        ),
        ({"with": {"url": "${{ steps.get.status }}"}}, "steps[0].with.url: step “get” is not finished before this one"),
        ({"with": {"url": "${{ steps.nope.x }}"}}, "steps[0].with.url: there is no step “nope”"),
        (
            {"with": {"url": "${{ now | upcase }}"}},
            "steps[0].with.url: ${{ now | upcase }}: there is no filter “upcase”",
        ),
        ({"with": {"url": "${{ now"}}, "steps[0].with.url: “${{ now”: “${{” is not closed by “}}”."),
        ({"with": {"url": "{% if x %}y{% endif %}"}}, "steps[0].with.url: {% %} is not understood here"),
        ({"with": {"url": "x", "headers": {"a": "${{ b }}"}}}, "steps[0].with.headers.a: “b” is unknown"),
        ({"if": "params.nope > 1"}, "steps[0].if: there is no parameter “nope”"),
        ({"if": "params.x >"}, "steps[0].if: ${{ params.x > }}: it is not an expression"),
        ({"for_each": "three"}, "steps[0].for_each: needs a list, or an expression that gives one"),
        ({"for_each": "${{ item }}"}, "steps[0].for_each: “item” is known only to"),
        ({"needs": ["nope"]}, "steps[0].needs[0]: there is no step “nope”"),
        ({"needs": ["get"]}, "steps[0].needs[0]: a step cannot need itself"),
    ],
)
def test_a_problem_of_a_step_is_named_with_its_place(fields: dict[str, Any], expected: str) -> None:
    found = problems(steps=[step(**fields)])
    assert len(found) == 1, found
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ({"kind": "emial", "ask": "?"}, "parameters.x.kind: there is no kind “emial”; did you mean “email”?"),
        ({"kind": "choice", "ask": "?"}, "parameters.x: a choice needs options"),
        ({"kind": "text", "people": True, "ask": "?"}, "parameters.x.people: only a list names people"),
        ({"kind": "text"}, "parameters.x: needs a question (ask) or a default"),
        ({"kind": "email", "default": "ana"}, "parameters.x.default: “ana” is not an e-mail address"),
        ({"kind": "choice", "options": ["a", "b"], "default": "zzz"}, "parameters.x.default: “zzz” is none of them"),
        (
            {"kind": "integer", "ask": "?", "minimum": 3, "maximum": 1},
            "parameters.x.minimum: is larger than the maximum",
        ),
    ],
)
def test_a_problem_of_a_parameter_is_named_with_its_place(parameter: dict[str, Any], expected: str) -> None:
    found = problems(parameters={"x": parameter})
    assert len(found) == 1, found
    assert found[0].startswith(expected)


def test_steps_are_known_by_one_id_and_need_only_steps_above() -> None:
    assert problems(steps=[step(), step()]) == ["steps[1].id: “get” is the id of a step above"]
    assert problems(steps=[step(needs=["b"]), step(id="b", needs=["get"])]) == [
        "steps[0].needs[0]: “b” comes later; a step needs only steps above it"
    ]


def post(step_id: str, text: str = "x", **fields: Any) -> dict[str, Any]:
    return {"id": step_id, "uses": "chat.post", "with": {"text": text}, **fields}


def test_a_handler_sees_what_failed_and_what_went_before() -> None:
    steps = [
        step(),
        post("send", on_error={"go_to": ["tell"]}),
        post("after"),
        post("tell", "${{ steps.send.error }} ${{ steps.get.status }}"),
        post("more", "${{ steps.tell.skipped }}"),
        post("end", "${{ steps.after.skipped }}", needs=["after", "more"], **{"if": "true"}),
    ]
    assert problems(steps=steps, result="${{ steps.after.skipped }} ${{ steps.send.failed }}") == []


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([post("a", on_error={"go_to": ["nope"]})], "steps[0].on_error.go_to[0]: there is no step “nope”"),
        ([post("a", on_error={"go_to": ["a"]})], "steps[0].on_error.go_to[0]: a step cannot stand in for itself"),
        (
            [post("a"), post("b", on_error={"go_to": ["a"]})],
            "steps[1].on_error.go_to[0]: “a” comes earlier; only steps below can stand in",
        ),
        (
            [post("a", on_error={"go_to": ["b", "b"]}), post("b")],
            "steps[0].on_error.go_to[1]: “b” is named twice",
        ),
        (
            [post("a", on_error={"go_to": ["b"]}), post("b", needs=["a"])],
            "steps[1].needs: it begins only when “a” fails; leave needs out",
        ),
        (
            [post("a", on_error={"go_to": ["c"]}), post("b"), post("c"), post("d", needs=["b", "c"])],
            "steps[3].needs: this step would never run: “c” runs only when “a” fails, and then “b” does not count as done",
        ),
        (
            [post("a", on_error={"go_to": ["b"]}), post("b", "${{ steps.c.text }}"), post("c", needs=["a"])],
            "steps[1].with.text: step “c” is not finished before this one",
        ),
    ],
)
def test_a_go_to_that_makes_no_sense_is_named_with_its_place(steps: list[dict[str, Any]], expected: str) -> None:
    found = problems(steps=steps)
    assert len(found) == 1, found
    assert found[0].startswith(expected)


def test_either_a_number_or_a_rule_says_how_many_items_may_fail() -> None:
    with pytest.raises(ValidationError, match="either on_error: continue or tolerate"):
        Workflow.model_validate(
            {"title": "A b c", "steps": [step(for_each={"items": [1], "on_error": "continue", "tolerate": 2})]}
        )
    with pytest.raises(ValidationError, match="tolerate"):
        Workflow.model_validate({"title": "A b c", "steps": [step(for_each={"items": [1], "tolerate": "200%"})]})


def test_a_step_that_starts_at_once_does_not_see_the_one_above() -> None:
    found = problems(
        steps=[step(), {"id": "p", "uses": "chat.post", "needs": [], "with": {"text": "${{ steps.get.status }}"}}]
    )
    assert found == ["steps[1].with.text: step “get” is not finished before this one"]


def test_only_what_a_step_gives_can_be_read() -> None:
    assert problems(result="${{ steps.get.statsu }}") == [
        "result: step “get” gives no “statsu”; did you mean “status”?"
    ]
    repeated = [step(for_each=[1, 2])]
    found = problems(steps=repeated, result="${{ steps.get.status }}")
    assert found == ["result: step “get” gives no “status”; it has items, failed"]


def test_what_became_of_a_step_can_be_read_where_it_may_differ() -> None:
    everything = "${{ steps.get.skipped }}${{ steps.get.failed }}${{ steps.get.error }}"
    assert problems(steps=[step(**{"if": "params", "on_error": "continue"})], result=everything) == []
    assert len(problems(result=everything)) == 3


def test_nothing_is_pasted_into_code_but_a_person_may_write_all_of_it() -> None:
    def query(statement: str) -> list[str]:
        uses = {"id": "q", "uses": "sql.query", "with": {"statement": statement}}
        return problems(parameters={"sql": {"kind": "long_text", "ask": "?"}}, steps=[uses])

    assert query("select '{% x %}'") == []
    assert query("${{ params.sql }}") == []
    for pasted in ("select * from ${{ params.sql }}", "${{ trigger.body }}", "${{ params.sql ~ '' }}"):
        assert [text.split(":")[0] for text in query(pasted)] == ["steps[0].with.statement"]


def test_a_required_field_may_come_from_an_expression() -> None:
    assert problems(steps=[step(**{"with": {"url": "${{ now }}", "tries": "${{ 1 + 1 }}"}})]) == []


def test_all_problems_are_found_at_once() -> None:
    found = problems(
        parameters={"x": {"kind": "nope"}},
        steps=[step(uses="a.b"), step(id="two", **{"with": {"url": "${{ oops }}"}})],
        result="${{ params.y }}",
    )
    assert [text.split(":")[0] for text in found] == [
        "parameters.x.kind",
        "parameters.x",
        "steps[0].uses",
        "steps[1].with.url",
        "result",
    ]


def test_a_sample_covers_what_is_required_with_fitting_values() -> None:
    template = Template.model_validate(
        {
            "id": "a.b",
            "title": "Sample",
            "summary": "Has a sample.",
            "category": "data",
            "asks": ["one", "two", "three", "four"],
            "parameters": {
                "to": {"kind": "email", "ask": "?"},
                "subject": {"kind": "text", "ask": "?"},
                "note": {"kind": "text", "default": ""},
            },
            "steps": [step()],
            "sample": {"to": "ana", "subjekt": "x"},
        }
    )
    assert [str(problem) for problem in check_sample(template)] == [
        "sample.to: “ana” is not an e-mail address; write it like name@example.com.",
        "sample: has no value for “subject”",
        "sample.subjekt: there is no such parameter; did you mean “subject”?",
    ]


FEED = {"uses": "rss.new_items", "with": {"url": "https://example.com/feed"}, "every": "*/5 * * * *"}


@pytest.mark.parametrize(
    ("source", "text", "reason"),
    [
        (FEED, "${{ trigger.item.title }}", ""),
        (FEED, "${{ trigger.item.titel }}", "did you mean “title”"),
        (FEED | {"uses": "rss.new_item"}, "x", "there is no source “rss.new_item”; did you mean “rss.new_items”"),
        (FEED | {"every": None}, "x", "has to be looked at: say how often"),
        (FEED | {"every": {"at": "2027-01-01T00:00Z"}}, "x", "must come again and again"),
        (FEED | {"with": {"url": "${{ steps.say.text }}"}}, "x", "“steps” is unknown"),
        (FEED | {"with": {}}, "x", "url: is missing"),
        ({"uses": "chat.message", "with": {"keyword": "hi"}, "every": "* * * * *"}, "x", "tells by itself"),
        ({"uses": "chat.message", "with": {"matches": "("}}, "x", "is not a pattern"),
        (None, "x", "has no source"),
    ],
)
def test_a_source_is_known_and_looked_at_and_gives_what_is_read(
    source: dict[str, object] | None, text: str, reason: str
) -> None:
    steps = [{"id": "say", "uses": "chat.post", "with": {"text": text}}]
    trigger = {"allowed": ["event"], "source": source}
    workflow = Workflow.model_validate({"title": "Watch it", "trigger": trigger, "steps": steps})
    found = "; ".join(map(str, check_workflow(workflow, load_steps())))
    assert reason in found
    assert bool(found) is bool(reason)
