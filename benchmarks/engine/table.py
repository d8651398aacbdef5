"""Prints Markdown tables, and takes medians and percentiles."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence


def p50(values: Iterable[float]) -> float:
    return statistics.median(values)


def p95(values: Iterable[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def p99(values: Iterable[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """The first column holds words, the others numbers."""
    print(f"\n{title}\n")
    print(f"| {' | '.join(columns)} |")
    print(f"|---|{'--:|' * (len(columns) - 1)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)
