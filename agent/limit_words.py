"""Says how long runs of a workflow may take and how many go at the same time. Enforces nothing."""

from __future__ import annotations

from agent.viewer import Viewer
from catalog.kinds.span import show_duration
from catalog.workflow import Concurrency, Workflow


def limit_words(viewer: Viewer, workflow: Workflow) -> list[str]:
    """One sentence for each limit that the workflow has."""
    words = []
    if workflow.deadline_s is not None:
        span = show_duration(max(1, round(workflow.deadline_s)))
        words.append(viewer.phrases.plain("limit.deadline", span=span))
    if workflow.concurrency is not None:
        words.append(_concurrency(viewer, workflow.concurrency))
    return words


def _concurrency(viewer: Viewer, rule: Concurrency) -> str:
    plain = viewer.phrases.plain
    at_once = viewer.phrases.count(f"limit.{'same' if rule.key else 'all'}", rule.limit)
    return plain(f"limit.{rule.when_full}", at_once=at_once)
