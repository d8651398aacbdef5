"""The templates as they stand in the catalog, and their samples as a person's values."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo

import pytest
from pydantic import JsonValue

from catalog.kind import check_value
from catalog.loader import TEMPLATES, Catalog, load_catalog
from catalog.workflow import Template
from core.errors import CatalogError
from tests.fakes.run_step import registry
from tools.connector import load_connectors

ZONE = ZoneInfo("Europe/Berlin")


@cache
def catalog() -> Catalog:
    return load_catalog([TEMPLATES], registry(), load_connectors())


def _templates() -> list[Template]:
    """None where the catalog does not load: then `test_the_catalog_loads_and_is_not_small` says why."""
    try:
        return list(catalog())
    except CatalogError:
        return []


def template(template_id: str) -> Template:
    return catalog().get(template_id)


every_template = pytest.mark.parametrize("template", [pytest.param(one, id=one.id) for one in _templates()])


def values_of(template: Template, **given: JsonValue) -> dict[str, JsonValue]:
    """The template's parameters: these values, its sample's for the rest, else defaults."""
    assert not set(given) - set(template.parameters)
    said = {**template.sample, **given}
    return {
        name: check_value(said[name], parameter, ZONE) if said.get(name) is not None else parameter.default
        for name, parameter in template.parameters.items()
    }
