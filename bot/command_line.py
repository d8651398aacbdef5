"""What all commands of `errand` share: how settings are read, how work is run to its end, how what went wrong is said in one
line. A stack trace is never what a person gets.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import click

from core.errors import ConfigError, ErrandError
from core.settings import Settings, load_settings

T = TypeVar("T")


def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end. Errors that Errand raises on purpose are said plainly; Ctrl-C is a normal end."""
    try:
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except ConfigError as error:
        raise click.ClickException("\n  ".join(["This is not set up correctly:", *error.problems])) from error
    except ErrandError as error:
        raise click.ClickException(f"{error.message} {error.advice}".strip()) from error
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        logging.getLogger(__name__).debug("A command ended by an error of Errand's own", exc_info=True)
        raise click.ClickException(
            f"Something is wrong in Errand itself ({type(error).__name__}: {error}). ERRAND_LOG_LEVEL=debug says more."
        ) from error


def settings_of(**overrides: object) -> Settings:
    try:
        settings = load_settings(**{name: value for name, value in overrides.items() if value is not None})
    except ConfigError as error:
        raise click.ClickException("\n  ".join(["The settings are wrong:", *error.problems])) from error
    _log_to_stderr(settings.log_level.upper())
    return settings


def _log_to_stderr(level: str) -> None:
    """The handler has the level, too: some libraries set that of their loggers."""
    handler = logging.StreamHandler()
    handler.setLevel(level)
    logging.basicConfig(level=level, handlers=[handler], format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise click.UsageError("--params takes a JSON object.")
    return value


def print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))
