"""Prints figures as tables. Measures nothing."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from benchmarks.understanding.no_wish import NoWishFigures
from benchmarks.understanding.peer import PeerFigures
from benchmarks.understanding.play import DialogueFigures
from benchmarks.understanding.wish import WishFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All that was measured of one interpreter; times in milliseconds, `large_ms` with 1,000 templates."""

    name: str
    wishes: WishFigures
    no_wishes: NoWishFigures
    dialogues: DialogueFigures
    turn_ms: Sequence[float]
    large_ms: Sequence[float] = field(default=())


def show(all_figures: Sequence[Figures], peers: Sequence[PeerFigures], *, lists_wrong: bool) -> None:
    console = Console(width=200 if lists_wrong else None)
    for figures in all_figures:
        if lists_wrong:
            for line in (*figures.wishes.wrong, *figures.no_wishes.wrong, *figures.dialogues.wrong):
                console.print(line, markup=False, highlight=False, soft_wrap=True)
        table = Table("measure", "value", title=f"Interpreter: {figures.name}")
        for name, value in (*_wishes(figures.wishes), *_rest(figures)):
            table.add_row(name, value)
        console.print(table)
    table = Table("search alone, same catalog", "hit@1", "hit@3")
    for peer in peers:
        table.add_row(peer.name, f"{peer.first:.3f}", f"{peer.third:.3f}")
    if all(peer.name != "MiniLM alone" for peer in peers):
        table.add_row("MiniLM alone", "not available", "")
    console.print(table)


def _wishes(figures: WishFigures) -> list[tuple[str, str]]:
    counts = figures.counts
    invented = counts["invented"] / max(1, counts["all"])
    return [
        ("requests", f"{counts['all']}: match {counts['match']}, clarify {counts['clarify']}, none {counts['none']}"),
        ("covered by catalog or composition", _of(figures, "covered", "all")),
        ("hit@1 on covered", _of(figures, "hit@1", "covered")),
        ("hit@3 on covered", _of(figures, "hit@3", "covered")),
        ("asked which one, on covered", _of(figures, "covered: asked", "covered")),
        ("nothing found, on covered", _of(figures, "covered: nothing", "covered")),
        ("another card, on covered", _of(figures, "covered: another card", "covered")),
        ("a card, on what is not covered", _of(figures, "not covered: a card", "not covered")),
        ("trigger right, on covered", _of(figures, "trigger", "covered")),
        ("values read", _of(figures, "values read", "values")),
        ("values invented for each message", f"{invented:.3f} ({counts['invented']})"),
        ("schedules exact", _of(figures, "schedules right", "schedules")),
        ("schedules that nobody said", str(counts["schedules nobody said"])),
    ]


def _rest(figures: Figures) -> list[tuple[str, str]]:
    none, dialogues = figures.no_wishes, figures.dialogues.counts
    rows = [("no wish: false actions", f"{none.false_actions:.3f}")]
    for kind in none.kinds:
        asked, acted, count = (none.counts[f"{kind}{what}"] for what in (": asked", ": card", ""))
        word = "came through" if kind == "injection" else "acted on"
        rows.append((f"  {kind}", f"{word} {acted} of {count}" + (f", asked which {asked}" if asked else "")))
    rows += [
        ("commands understood", f"{none.counts['meta: understood']} of {none.counts['meta']}"),
        ("dialogues as expected", f"{dialogues['as expected']} of {dialogues['all']}"),
        ("dialogues as expected, on covered", f"{dialogues['covered as expected']} of {dialogues['covered']}"),
        ("ms for each turn, p50 / p95", _ms(figures.turn_ms)),
    ]
    return [*rows, ("the same with 1,000 templates", _ms(figures.large_ms))] if figures.large_ms else rows


def _of(figures: WishFigures, part: str, whole: str) -> str:
    share = figures.share(part, whole)
    return "nothing to measure" if share is None else f"{share:.3f} ({figures.counts[part]} of {figures.counts[whole]})"


def _ms(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.1f} / {statistics.quantiles(times, n=20)[-1]:.1f}"
