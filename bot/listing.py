"""`errand catalog`: what can be automated, as rows for people and programs."""

from __future__ import annotations

from bot.library import read_library
from core.settings import Settings
from store.record import JsonObject


def list_templates(settings: Settings) -> list[JsonObject]:
    """One object for each template: id, title, description, services, category, parameters, asks."""
    return [
        {
            "id": template.id,
            "title": template.title,
            "description": template.summary,
            "services": [*template.services],
            "category": template.category,
            "triggers": [*template.trigger.allowed],
            "parameters": {name: parameter.kind for name, parameter in template.parameters.items()},
            "asks": [*template.asks],
        }
        for template in read_library(settings).catalog
    ]


def list_steps(settings: Settings) -> list[JsonObject]:
    """One object for each step type: id, title, description, connector, and its parameters as JSON Schema."""
    return [
        {
            "id": step.name,
            "title": step.title,
            "description": step.description,
            "connector": step.connector,
            "parameters": step.params.model_json_schema(by_alias=True),
            "result": step.result.model_json_schema(by_alias=True),
        }
        for step in read_library(settings).steps
    ]
