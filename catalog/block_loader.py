"""Reads the building blocks from their folder, all problems of all files at once. Keeps nothing between calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from pydantic import JsonValue, ValidationError

from catalog.block import Block
from catalog.check import check_sample, check_workflow
from catalog.expression import Expressions
from catalog.loader import canonical_values, shown_path
from catalog.problem import Path as Place
from catalog.problem import Problem, explain
from catalog.source import SourceError, data_of, line_of, read_source
from catalog.wiring import put
from catalog.workflow import Parameter, Step, TriggerSpec, Workflow
from core.errors import CatalogError
from tools.registry import StepRegistry

BLOCKS = Path(__file__).parent / "blocks"


def load_blocks(folder: Path, steps: StepRegistry, connectors: Mapping[str, object]) -> dict[str, Block]:
    """Every block of a folder by its id, in order.

    Raises CatalogError with a line like `blocks/chat-post.yaml:14: step.with.text: is missing` for each problem.
    """
    expressions = Expressions()
    found: dict[str, Block] = {}
    problems: list[str] = []
    for file in sorted(folder.glob("*.yaml")):
        block, wrong = _read(file, steps, connectors, expressions)
        problems += wrong
        if block is not None and block.id in found:
            problems.append(f"{shown_path(file)}: id: “{block.id}” is already the id of another block")
        elif block is not None:
            found[block.id] = block
    if problems:
        raise CatalogError(problems)
    return {block_id: found[block_id] for block_id in sorted(found)}


def _read(
    file: Path, steps: StepRegistry, connectors: Mapping[str, object], expressions: Expressions
) -> tuple[Block | None, list[str]]:
    name = shown_path(file)
    try:
        node = read_source(file)
    except SourceError as error:
        return None, [f"{name}:{error.line}: {error.reason}"]
    try:
        block = Block.model_validate(data_of(node))
    except ValidationError as error:
        fields = [field.alias or key for key, field in Block.model_fields.items()]
        wrong = [
            Problem(path=item["loc"], message=explain(item["type"], item["msg"], item["loc"], fields))
            for item in error.errors(include_url=False, include_input=False)
        ]
    else:
        wrong = [*_check(block, steps, expressions), *_missing_connector(block, steps, connectors)]
        if not wrong:
            return _canonical(block), []
    return None, [_line(name, node, problem) for problem in wrong]


def _line(name: str, node: yaml.Node, problem: Problem) -> str:
    return f"{name}:{line_of(node, problem.path)}: {problem}"


def _check(block: Block, steps: StepRegistry, expressions: Expressions) -> Iterator[Problem]:
    """Check the block as the workflow that it would be alone, with what it is handed as parameters."""
    yield from check_sample(block.as_template())
    for problem in check_workflow(_alone(block), steps, expressions):
        match problem.path:
            case ("steps", _, *rest):
                yield Problem(path=("step", *rest), message=problem.message)
            case ("trigger", *rest):
                yield Problem(path=("starts", *rest), message=problem.message)
            case ("result",):
                yield Problem(path=("gives",), message=problem.message)
            case _:
                yield problem


def _alone(block: Block) -> Workflow:
    told = " ".join(f"${{{{ {text} }}}}" for text in block.gives.values())
    step: JsonValue = {"uses": "chat.post", "with": {"text": block.title}}
    if block.step is not None:
        step = block.step.model_dump(mode="json", by_alias=True, exclude_unset=True)
    data: dict[str, JsonValue] = {"steps": [step], "result": f"{block.result} {told}"}
    data = {key: put(value, {name: f"params.{name}" for name in block.takes}, "step") for key, value in data.items()}
    inputs = {name: Parameter(kind="text", default=None) for name in block.inputs}
    return Workflow(
        title=block.title,
        parameters={**block.parameters, **inputs},
        trigger=block.starts or TriggerSpec(),
        steps=[Step.model_validate({**each, "id": "step"}) for each in data["steps"]],  # type: ignore[union-attr,dict-item]  # it is what was put there
        result=str(data["result"]),
    )


def _missing_connector(block: Block, steps: StepRegistry, connectors: Mapping[str, object]) -> Iterator[Problem]:
    source = block.starts.source if block.starts else None
    used = steps.source(source.uses) if source else steps.find(block.step.uses) if block.step else None
    if used is not None and used.connector and used.connector not in connectors:
        place: Place = ("starts", "source", "uses") if source else ("step", "uses")
        yield Problem(path=place, message=f"needs the connector “{used.connector}”, which does not exist")


def _canonical(block: Block) -> Block:
    parameters, sample = canonical_values(block.parameters, block.sample)
    return block.model_copy(update={"parameters": parameters, "sample": sample})
