"""Finds what opens the outside surfaces that are set up. Their libraries are loaded here, and only theirs."""

from __future__ import annotations

from importlib import import_module

from bot.surface.services import Opener
from core.errors import ConfigError
from core.settings import Settings


def surface_openers(settings: Settings) -> dict[str, Opener]:
    """By the name of the surface. Raises ConfigError."""
    return {name: _opener(name) for name in settings.surfaces}


def _opener(name: str) -> Opener:
    try:
        opener: Opener = import_module(f"bot.surfaces.{name}").open_surface
    except ModuleNotFoundError as error:
        missing = f"{name.capitalize()} needs the Python package of the module {error.name}, which is not installed."
        raise ConfigError(f"{missing} Install Errand again, or serve without it: errand serve --only web.") from error
    return opener
