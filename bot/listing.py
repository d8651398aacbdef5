"""`errand catalog`: what can be automated, as rows for people and programs."""

from __future__ import annotations

from agent.shelf import Shelf
from bot.library import read_library
from catalog.workflow import Template
from core.settings import Settings
from store.record import JsonObject
from store.sql.migrate import is_current


async def list_templates(settings: Settings) -> list[JsonObject]:
    """One object for each template, those that people saved too: id, title, description, services, category, parameters,
    asks.
    """
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
        for template in await _templates(settings)
    ]


async def _templates(settings: Settings) -> list[Template]:
    """The catalog's, and what is in the records where there are some of this version: to look makes none."""
    from bot.records import database_url, open_store  # SQLAlchemy, which nothing else here needs

    shelf = Shelf(read_library(settings).catalog.templates)
    if await is_current(database_url(settings)):
        store = await open_store(settings)
        try:
            async with store.begin() as records:
                await shelf.refresh(records)
        finally:
            await store.close()
    return list(shelf.values())


async def list_steps(settings: Settings) -> list[JsonObject]:
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
