"""Reads the templates from their folders, all problems of all files at once. Keeps nothing between calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

import yaml
from pydantic import BaseModel, JsonValue, ValidationError

from catalog.block import Block
from catalog.check import check_sample, check_workflow, is_blank
from catalog.expression import Expressions
from catalog.kind import check_value
from catalog.problem import Path as Place
from catalog.problem import Problem, explain
from catalog.source import SourceError, data_of, line_of, read_source
from catalog.workflow import ForEach, Parameter, RetrySpec, SourceSpec, Step, Template, TriggerSpec
from core.canonical import digest
from core.errors import CatalogError, NotFoundError
from tools.registry import StepRegistry

TEMPLATES = Path(__file__).parent / "templates"
SAMPLES = Path(__file__).parent / "samples"
"""The files that templates' samples name."""
FEWEST_ASKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All templates and building blocks, by id, in order. `digest` changes when any template does."""

    templates: Mapping[str, Template]
    digest: str
    blocks: Mapping[str, Block] = field(default_factory=dict)

    def get(self, template_id: str) -> Template:
        """Raises NotFoundError."""
        try:
            return self.templates[template_id]
        except KeyError:
            raise NotFoundError(f"There is no template “{template_id[:80]}”.") from None

    def block_templates(self) -> list[Template]:
        """The blocks, as what is found by its words."""
        return [block.as_template() for block in self.blocks.values()]

    def __iter__(self) -> Iterator[Template]:
        return iter(self.templates.values())

    def __len__(self) -> int:
        return len(self.templates)


def load_catalog(folders: Sequence[Path], steps: StepRegistry, connectors: Mapping[str, object]) -> Catalog:
    """Read every `*.yaml` below the folders. Defaults and samples come out in their kinds' canonical forms.

    Raises CatalogError with a line like `templates/web/down.yaml:14: steps[1].with.url: is missing` for each problem.
    """
    expressions = Expressions()
    found: dict[str, tuple[Template, str]] = {}
    problems: list[str] = []
    for folder in folders:
        if not folder.is_dir():
            problems.append(f"{shown_path(folder)}: there is no such folder")
        for file in sorted(folder.rglob("*.yaml")):
            reader = _Reader(file, steps, connectors, expressions)
            template = reader.template()
            problems += reader.problems
            if template is None:
                continue
            if template.id in found:
                problems.append(f"{reader.name}: id: “{template.id}” is also the id of {found[template.id][1]}")
            else:
                found[template.id] = (template, reader.name)
    if problems:
        raise CatalogError(problems)
    templates = {template_id: found[template_id][0] for template_id in sorted(found)}
    return Catalog(templates=templates, digest=catalog_digest(templates))


def catalog_digest(templates: Mapping[str, Template]) -> str:
    """Return the digest of everything that the templates say."""
    return digest([template.model_dump(mode="json", by_alias=True) for template in templates.values()])


class _Reader:
    """One file."""

    def __init__(
        self, file: Path, steps: StepRegistry, connectors: Mapping[str, object], expressions: Expressions
    ) -> None:
        self.name = shown_path(file)
        self.problems: list[str] = []
        self._file = file
        self._steps = steps
        self._connectors = connectors
        self._expressions = expressions

    def template(self) -> Template | None:
        """Return the template, or none when there are problems."""
        try:
            node = read_source(self._file)
        except SourceError as error:
            self.problems.append(f"{self.name}:{error.line}: {error.reason}")
            return None
        try:
            template = Template.model_validate(data_of(node))
        except ValidationError as error:
            for item in error.errors(include_url=False, include_input=False):
                place, fields = item["loc"], _fields_at(item["loc"])
                self._add(node, Problem(path=place, message=explain(item["type"], item["msg"], place, fields)))
            return None
        found = [*check_workflow(template, self._steps, self._expressions), *check_sample(template)]
        for problem in (*found, *_missing_asks(template), *self._missing_connectors(template)):
            self._add(node, problem)
        return None if self.problems else _canonical(template)

    def _missing_connectors(self, template: Template) -> Iterator[Problem]:
        used: list[tuple[Place, str | None]] = []
        if (source := template.trigger.source) and (source_type := self._steps.source(source.uses)):
            used.append((("trigger", "source", "uses"), source_type.connector))
        for place, step in enumerate(template.steps):
            if step_type := self._steps.find(step.uses):
                used.append((("steps", place, "uses"), step_type.connector))
        for path, connector in used:
            if connector and connector not in self._connectors:
                yield Problem(path=path, message=f"needs the connector “{connector}”, which does not exist")

    def _add(self, node: yaml.Node, problem: Problem) -> None:
        self.problems.append(f"{self.name}:{line_of(node, problem.path)}: {problem}")


def _missing_asks(template: Template) -> Iterator[Problem]:
    if len(template.asks) < FEWEST_ASKS:
        yield Problem(path=("asks",), message=f"needs at least {FEWEST_ASKS} sentences that people say")


def shown_path(file: Path) -> str:
    """Return a path as it reads best: from the working folder, where it is below it."""
    here = Path.cwd()
    return str(file.relative_to(here)) if file.is_absolute() and file.is_relative_to(here) else str(file)


def _fields_at(place: Place) -> list[str]:
    """Return the fields that the model at a place knows, for a hint."""
    models: dict[str, type[BaseModel]] = {
        "parameters": Parameter,
        "steps": Step,
        "trigger": TriggerSpec,
        "source": SourceSpec,
        "retry": RetrySpec,
        "for_each": ForEach,
    }
    model: type[BaseModel] = next((models[key] for key in reversed(place[:-1]) if key in models), Template)
    return [field.alias or name for name, field in model.model_fields.items()]


def _canonical(template: Template) -> Template:
    """Return the template with defaults and sample in canonical form."""
    parameters, sample = canonical_values(template.parameters, template.sample)
    return template.model_copy(update={"parameters": parameters, "sample": sample})


def canonical_values(
    parameters: Mapping[str, Parameter], sample: Mapping[str, JsonValue]
) -> tuple[dict[str, Parameter], dict[str, JsonValue]]:
    """Return parameters and sample with all values in the canonical form of their kinds."""
    canonical = {
        name: parameter
        if is_blank(parameter.default)
        else parameter.model_copy(update={"default": check_value(parameter.default, parameter, UTC)})
        for name, parameter in parameters.items()
    }
    return canonical, {name: check_value(value, parameters[name], UTC) for name, value in sample.items()}
