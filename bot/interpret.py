"""`errand interpret`: understands JSON lines, one after the other, without a conversation and without running anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue, ValidationError

from agent.command import Start
from agent.interpreter import Interpretation, Interpreter, View
from agent.offline.interpreter import OfflineInterpreter
from agent.vocabulary import name_of
from bot.data_folder import prepare
from bot.index import BackgroundRetriever
from bot.library import Library, read_library
from bot.model import make_asking, make_llm_interpreter, make_model
from bot.said import all_said, checked
from catalog.expression import Expressions
from catalog.retrieval.port import Retriever
from catalog.schedule import Schedule
from catalog.workflow import Template
from core.clock import Clock, SystemClock
from core.settings import Settings
from store.record import JsonObject
from tools.guard import AddressGuard

_FIRE_TIMES = 5


class Line(BaseModel):
    """One line of input."""

    model_config = ConfigDict(extra="ignore")

    text: str
    timezone: str = "UTC"
    now: AwareDatetime | None = None


async def interpret_lines(settings: Settings, source: BinaryIO, target: BinaryIO) -> None:
    """Write one JSON line for each line read; a line that is not understood as input gives `{"error": …}`."""
    prepare(settings.data)
    library = read_library(settings)
    retriever = BackgroundRetriever(settings, library.catalog)
    blocks = BackgroundRetriever(settings, library.catalog.block_templates(), name="blocks")
    retriever.start()
    blocks.start()
    offline = OfflineInterpreter(
        library.catalog,
        retriever,
        blocks,
        guard=AddressGuard(settings.allow_hosts),
        connectors=list(library.connectors),
    )
    try:
        async with chosen_interpreter(settings, offline, library, retriever) as interpreter:
            for raw in source:
                if raw.strip():
                    answer = await interpret_line(raw, interpreter, library.catalog.templates, SystemClock())
                    target.write(orjson.dumps(answer) + b"\n")
                    target.flush()
    finally:
        await retriever.close()
        await blocks.close()


@asynccontextmanager
async def chosen_interpreter(
    settings: Settings, offline: OfflineInterpreter, library: Library, retriever: Retriever
) -> AsyncIterator[Interpreter]:
    """The one that the settings choose; what the model costs is recorded here, too."""
    if not settings.has_llm:
        yield offline
        return
    from bot.records import open_store  # SQLAlchemy, which nothing else here needs

    store = await open_store(settings)
    model = make_model(settings, timeout_s=settings.model_compose_timeout_s)
    try:
        yield make_llm_interpreter(
            settings,
            make_asking(settings, model, store, SystemClock()),
            offline=offline,
            library=library,
            templates=library.catalog.templates,
            retriever=retriever,
            expressions=Expressions(),
        )
    finally:
        await model.close()
        await store.close()


async def interpret_line(
    raw: bytes, interpreter: Interpreter, templates: Mapping[str, Template], clock: Clock
) -> JsonObject:
    """Return the output for one line of input; its shape is that of docs/interfaces.md."""
    try:
        line = Line.model_validate_json(raw)
        zone = ZoneInfo(line.timezone)
    except ValidationError as error:
        return {"error": "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())}
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return {"error": "timezone: there is no such time zone"}
    now = line.now or clock.now()
    understood = await interpreter.interpret(line.text, View(now=now, zone=zone))
    return _answer(understood, templates, now, zone)


def _answer(understood: Interpretation, templates: Mapping[str, Template], now: datetime, zone: ZoneInfo) -> JsonObject:
    start = next((command for command in understood.commands if isinstance(command, Start)), None)
    template = (start.template or templates.get(start.template_id)) if start else None
    params = checked(start, template, zone) if start and template else {}
    schedule = start.schedule if start else understood.schedule
    missing: list[JsonValue] = []
    if template:
        missing += [name for name, item in template.parameters.items() if item.is_required and name not in params]
        if schedule is None and "manual" not in template.trigger.allowed and "schedule" in template.trigger.allowed:
            missing.append("schedule")
    matches: list[JsonValue] = [
        {"template": match.template_id, "score": round(match.score, 4)} for match in understood.matches
    ]
    return {
        "outcome": understood.outcome,
        "command": name_of(understood.commands[0]) if understood.commands else None,
        "matches": matches,
        "params": all_said(understood, template, zone),
        "values": understood.values,
        "schedule": _shown(schedule, now) if schedule else None,
        "missing": missing,
        "interpreter": understood.interpreter,
    }


def _shown(schedule: Schedule, now: datetime) -> JsonObject:
    kept = schedule.model_dump(mode="json", exclude_none=True, include={"rrule", "cron", "at", "timezone"})
    return {**kept, "next": [moment.isoformat() for moment in schedule.next_times(now, _FIRE_TIMES)]}
