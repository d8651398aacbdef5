"""What every step type must keep to, whoever wrote it: it is declared once, and all else is derived from that."""

from __future__ import annotations

import contextlib
import inspect
import json
import typing
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from core.errors import CatalogError
from tests.fakes.run_step import registry
from tools.connector import load_connectors
from tools.registry import literal_fields
from tools.step import AnyStepType, Effect, Risk, StepParams, StepResult

UNKNOWN = "${{ steps.before.field }}"

# A valid set of parameters where none can be made up from the schema alone.
SAMPLES: dict[str, dict[str, Any]] = {
    "csv.read": {"path": "a.csv"},
    "excel.write": {"path": "a.xlsx", "rows": [{"a": 1}]},
    "pdf.create": {"path": "a.pdf", "title": "T"},
    "http.request": {"url": "https://example.com/"},
    "rss.read": {"url": "https://example.com/feed"},
    "web.watch": {"url": "https://example.com/"},
    "email.send": {"to": ["ada@example.com"], "subject": "S", "body": "B"},
}


def _step_types() -> list[AnyStepType]:
    """None where the registry does not load: then `test_the_registry_loads_and_is_not_empty` says why."""
    try:
        return list(registry())
    except CatalogError:
        return []


every = pytest.mark.parametrize("step_type", [pytest.param(it, id=it.name) for it in _step_types()])


def made_up(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    """Return a value that a JSON schema allows."""
    if "$ref" in schema:
        return made_up(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    given = schema.get("default", schema.get("const", next(iter(schema.get("enum", [])), None)))
    kind = schema.get("type")
    if given is not None:
        made: Any = given
    elif "anyOf" in schema:
        made = made_up(schema["anyOf"][0], root)
    elif kind == "object":
        made = {name: made_up(schema["properties"][name], root) for name in schema.get("required", [])}
    elif kind == "array":
        made = [made_up(schema.get("items", {}), root)] * schema.get("minItems", 1)
    else:
        made = {"integer": 1, "number": 1, "boolean": True}.get(str(kind), "2026-12-03")
    return made


def sample(step_type: AnyStepType) -> StepParams:
    schema = step_type.params.model_json_schema()
    params: StepParams = step_type.params.model_validate(SAMPLES.get(step_type.name) or made_up(schema, schema))
    return params


def test_the_registry_loads_and_is_not_empty() -> None:
    names = registry().names()
    assert len(names) >= 30
    assert len(set(names)) == len(names)
    assert names == sorted(names)


@every
def test_it_says_what_it_is_and_does(step_type: AnyStepType) -> None:
    assert "." in step_type.name
    assert step_type.title[0].isupper()
    assert len(step_type.title) <= 60
    assert not step_type.title.endswith(".")
    assert len(step_type.description) > 15
    assert step_type.description.endswith(".")
    assert 0 < step_type.timeout_s <= 3600
    assert inspect.iscoroutinefunction(step_type.run)


@every
def test_its_parameters_refuse_what_they_do_not_know(step_type: AnyStepType) -> None:
    assert issubclass(step_type.params, StepParams)
    assert step_type.params.model_config.get("extra") == "forbid"
    with pytest.raises(ValidationError, match="no_such_field"):
        step_type.params.model_validate({"no_such_field": 1})


@every
def test_its_parameters_have_a_schema_that_a_form_and_a_model_can_use(step_type: AnyStepType) -> None:
    schema = json.loads(json.dumps(step_type.params.model_json_schema()))
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    result = step_type.result.model_json_schema(mode="serialization")
    assert issubclass(step_type.result, StepResult)
    assert json.dumps(result)


@every
def test_a_valid_sample_has_a_summary_an_effect_and_a_risk(step_type: AnyStepType) -> None:
    params = sample(step_type)
    assert step_type.params.model_validate_json(params.model_dump_json(by_alias=True, exclude_unset=True)) == params
    summary = step_type.summarize(params)
    assert summary.strip()
    assert "\n" not in summary
    assert len(summary) < 300
    assert isinstance(step_type.effect_of(params), Effect)
    assert isinstance(step_type.risk_of(params), Risk)


@every
def test_it_is_judged_before_the_values_of_earlier_steps_are_known(step_type: AnyStepType) -> None:
    """Then expressions still stand where lists and numbers will be. It is judged, or says by one of these errors that it
    cannot be; the card then assumes the worst.
    """
    unresolved = dict.fromkeys(step_type.params.model_fields, UNKNOWN)
    params = step_type.params.model_construct(**unresolved)
    with contextlib.suppress(AttributeError, KeyError, TypeError, ValueError):
        assert isinstance(step_type.effect_of(params), Effect)
    with contextlib.suppress(AttributeError, KeyError, TypeError, ValueError):
        assert isinstance(step_type.risk_of(params), Risk)
    if callable(step_type.effect):
        assert worst_case(step_type, params) is not Effect.READ, "what is unknown may change something"


def worst_case(step_type: AnyStepType, params: StepParams) -> Effect:
    try:
        return step_type.effect_of(params)
    except (AttributeError, KeyError, TypeError, ValueError):
        return Effect.ONCE


@every
def test_what_only_looks_is_no_risk(step_type: AnyStepType) -> None:
    params = sample(step_type)
    if step_type.effect_of(params) is Effect.READ:
        assert step_type.risk_of(params) is not Risk.HIGH


@every
def test_its_result_can_be_kept_and_its_fields_named_in_expressions(step_type: AnyStepType) -> None:
    for name, field in step_type.result.model_fields.items():
        shown = field.serialization_alias or field.alias or name
        assert shown.isidentifier()
        assert not shown.startswith("_")
    assert not _holds_bytes(step_type.result), "a result is JSON"


def _holds_bytes(model: type[BaseModel]) -> bool:
    return any(bytes in (field.annotation, *typing.get_args(field.annotation)) for field in model.model_fields.values())


@every
def test_its_account_is_one_that_can_be_connected(step_type: AnyStepType) -> None:
    assert step_type.connector is None or step_type.connector in load_connectors()


@every
def test_a_field_that_holds_code_is_a_text(step_type: AnyStepType) -> None:
    properties = step_type.params.model_json_schema()["properties"] if step_type.params.model_fields else {}
    for name in literal_fields(step_type):
        assert "string" in [it.get("type") for it in [properties[name], *properties[name].get("anyOf", [])]]


def test_the_fields_that_hold_code_are_known() -> None:
    marked = {(it.name, name) for it in registry() for name in literal_fields(it)}
    assert marked >= {
        ("sql.query", "statement"),
        ("json.transform", "expression"),
        ("text.extract", "pattern"),
        ("text.template", "text"),
    }
