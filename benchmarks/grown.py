"""The real catalog and made templates besides, so that things can be measured at any size. The made ones have other verbs,
things and services, and eight asks each.
"""

from __future__ import annotations

from dataclasses import replace

from bot.library import Library
from catalog.loader import Catalog, catalog_digest
from catalog.workflow import Template

_VERBS = [
    "archive",
    "assign",
    "book",
    "collect",
    "compare",
    "count",
    "draft",
    "export",
    "flag",
    "gather",
    "import",
    "label",
    "merge",
    "move",
    "order",
    "plan",
    "print",
    "rank",
    "renew",
    "share",
    "tag",
    "track",
    "translate",
    "verify",
]
_THINGS = [
    "invoice",
    "contract",
    "ticket",
    "photo",
    "recording",
    "survey",
    "badge",
    "budget",
    "candidate",
    "delivery",
    "desk",
    "expense",
    "forecast",
    "guest",
    "incident",
    "key",
    "laptop",
    "lead",
    "license",
    "meter",
    "order",
    "parcel",
    "payment",
    "permit",
    "policy",
    "quote",
    "receipt",
    "room",
    "sample",
    "shift",
    "shipment",
    "signature",
    "slot",
    "sponsor",
    "stock",
    "task",
    "tender",
    "timesheet",
    "tool",
    "tour",
    "trial",
    "visitor",
    "voucher",
    "warranty",
]
_PLACES = [
    "warehouse",
    "clinic",
    "studio",
    "library",
    "harbour",
    "bakery",
    "academy",
    "garage",
    "theatre",
    "museum",
    "airport",
    "stadium",
    "laboratory",
    "vineyard",
    "shelter",
]
_FORMS = (
    "{verb} the {thing} of the {place}",
    "{verb} every {thing} for our {place}",
    "please {verb} a {thing} at the {place}",
    "I want to {verb} {thing}s in the {place}",
    "{verb} new {thing}s from the {place} every monday",
    "when a {thing} arrives at the {place}, {verb} it",
    "can you {verb} my {thing} with the {place}",
    "{thing} {verb} for the {place} each morning",
)


def grown(library: Library, size: int) -> Library:
    """The first of the real templates, and as many made ones as are missing."""
    real = list(library.catalog)[:size]
    made = [_made(real[number % len(real)], number) for number in range(size - len(real))]
    templates = {template.id: template for template in sorted([*real, *made], key=lambda one: one.id)}
    return replace(library, catalog=Catalog(templates=templates, digest=catalog_digest(templates)))


def _made(pattern: Template, number: int) -> Template:
    words = {
        "verb": _VERBS[number % len(_VERBS)],
        "thing": _THINGS[number // len(_VERBS) % len(_THINGS)],
        "place": _PLACES[number // len(_VERBS) // len(_THINGS) % len(_PLACES)],
    }
    return pattern.model_copy(
        update={
            "id": f"made.t{number}",
            "title": "{verb} {thing} {place}".format(**words).capitalize(),
            "asks": [form.format(**words) for form in _FORMS],
        }
    )
