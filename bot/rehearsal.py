"""What a template would do: the run and attempts of its rehearsal, as JSON, as text, and as the requests it would send. Runs nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from catalog.workflow import Template
from store.record import AttemptState, JsonObject, Run, RunState, StepAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    template: Template
    run: Run
    attempts: list[StepAttempt]

    @property
    def is_ok(self) -> bool:
        return self.run.state is RunState.SUCCEEDED

    def requests(self) -> list[JsonObject]:
        """Every request that would leave: template, service, step, method, url, headers, body."""
        return [
            {"template": self.template.id, "step": attempt.step_id, **request}
            for attempt in self.attempts
            for request in attempt.requests
        ]

    def as_json(self) -> JsonObject:
        steps: list[JsonValue] = [{"step": attempt.step_id, "state": attempt.state.value} for attempt in self.attempts]
        return {
            "template": self.template.id,
            "state": self.run.state.value,
            "steps": steps,
            "requests": [*self.requests()],
            "result": self.run.result,
            "error": self.run.failure.message if self.run.failure else None,
        }

    def as_text(self) -> str:
        lines = [f"{'✓' if self.is_ok else '✗'} {self.template.id}: {self.template.title}"]
        for attempt in self.attempts:
            lines.append(f"    {attempt.step_id}: {attempt.state.value}")
            lines += [f"        would send {_request_line(request)}" for request in attempt.requests]
            if attempt.failure and attempt.state is AttemptState.FAILED:
                lines.append(f"        {attempt.failure.message}")
        if self.run.failure:
            lines.append(f"    {self.run.failure.message} {self.run.failure.advice}".rstrip())
        return "\n".join(lines)


def _request_line(request: JsonObject) -> str:
    body = "" if request.get("body") is None else f" {json.dumps(request['body'], ensure_ascii=False)}"
    return f"{request.get('method')} {request.get('url')}{body}"


def write_requests(rehearsals: Sequence[Rehearsal], file: Path) -> None:
    """Write one JSON line for each request that would have left."""
    lines = [json.dumps(request, ensure_ascii=False) for one in rehearsals for request in one.requests()]
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
