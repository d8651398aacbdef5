"""Reads everything that Errand can do: step types, connectors, templates and blocks. The first thing that every command needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from catalog.block_loader import BLOCKS, load_blocks
from catalog.loader import TEMPLATES, Catalog, load_catalog
from core.settings import Settings
from tools.connector import Connector, load_connectors
from tools.registry import StepRegistry, load_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What can be done, as it stands in the folders."""

    steps: StepRegistry
    connectors: Mapping[str, Connector]
    catalog: Catalog


def read_library(settings: Settings) -> Library:
    """Raises CatalogError that lists every problem of every file."""
    steps = load_steps()
    connectors = load_connectors()
    catalog = load_catalog([TEMPLATES, *settings.templates], steps, connectors)
    blocks = load_blocks(BLOCKS, steps, connectors)
    return Library(steps=steps, connectors=connectors, catalog=replace(catalog, blocks=blocks))
