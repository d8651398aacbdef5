from __future__ import annotations

from pathlib import Path

import pytest

from catalog.loader import Catalog, load_catalog
from core.errors import CatalogError, NotFoundError
from tests.unit.catalog.steps import registry

GOOD = """\
id: web.get
title: Get a page
summary: Gets a page and says what it found.
category: web
asks:
  - get a page
  - fetch a site
  - read example.com
  - what does this page say
parameters:
  url: {kind: url, ask: "Which page?"}
  every: {kind: duration, default: 5 minutes}
  at: {kind: time, default: 9:30}
trigger: {allowed: [manual, schedule]}
steps:
  - id: get
    uses: web.fetch
    with:
      url: ${{ params.url }}
  - id: post
    uses: chat.post
    with: {text: "It answered ${{ steps.get.status }}"}
result: Done.
sample: {url: example.com}
"""
CATEGORIES = "'email', 'task', 'social', 'meeting', 'data', 'webhook', 'chat', 'files', 'web' or 'time'"


def load(folder: Path) -> Catalog:
    return load_catalog([folder], registry(), {"sql": object()})


def problems(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(folder)
    with pytest.raises(CatalogError) as caught:
        load(folder)
    return caught.value.problems


def test_templates_are_found_below_the_folder_and_come_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.yaml").write_text(GOOD.replace("web.get", "z.last"))
    (tmp_path / "b" / "x.yaml").write_text(GOOD)
    (tmp_path / "b" / "notes.txt").write_text("not a template")
    catalog = load(tmp_path)
    assert [template.id for template in catalog] == ["web.get", "z.last"]
    assert len(catalog) == 2
    assert catalog.get("web.get").title == "Get a page"
    with pytest.raises(NotFoundError):
        catalog.get("nope")


def test_defaults_and_samples_come_out_in_canonical_form(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    template = load(tmp_path).get("web.get")
    assert template.parameters["every"].default == 300
    assert template.parameters["at"].default == "09:30"
    assert template.parameters["url"].is_required
    assert not template.parameters["every"].is_required
    assert template.sample == {"url": "https://example.com"}


def test_the_digest_changes_with_the_content_only(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    first = load(tmp_path).digest
    (tmp_path / "a.yaml").rename(tmp_path / "b.yaml")
    assert load(tmp_path).digest == first
    (tmp_path / "b.yaml").write_text(GOOD.replace("Get a page", "Get one page"))
    assert load(tmp_path).digest != first


def test_every_problem_of_every_file_is_named_with_file_line_and_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "a.yaml").write_text(
        GOOD.replace("      url: ${{ params.url }}", "      uri: ${{ params.url }}")
        .replace("steps.get.status", "steps.got.status")
        .replace("kind: duration, default: 5 minutes", "kind: duration, default: soon")
    )
    (tmp_path / "web" / "b.yaml").write_text(
        GOOD.replace("web.get", "web.other")
        .replace("category: web", "category: weather")
        .replace("title:", "titel:", 1)
    )
    assert problems(tmp_path, monkeypatch) == [
        "web/a.yaml:12: parameters.every.default: “soon” is not a duration; write it like 5 minutes, 1h30 or 2 days.",
        "web/a.yaml:19: steps[0].with.uri: unknown field; known are url, tries, headers, body, json_body",
        "web/a.yaml:18: steps[0].with.url: is missing",
        "web/a.yaml:22: steps[1].with.text: there is no step “got”",
        "web/b.yaml:1: title: is missing",
        f"web/b.yaml:4: category: Input should be {CATEGORIES}",
        "web/b.yaml:2: titel: unknown field; did you mean “title”?",
    ]


def test_two_templates_of_one_id_are_named_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD)
    assert problems(tmp_path, monkeypatch) == ["b.yaml: id: “web.get” is also the id of a.yaml"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a.yaml:1: must be fields and their values"),
        ("- a\n- b\n", "a.yaml:1: must be fields and their values"),
        ("id: a\n  b: c\n", "a.yaml:2: mapping values are not allowed in this context"),
        ("id: a\nid: b\n", "a.yaml:2: “id” is given twice"),
        ("id: &x a\nb: *x\n", "a.yaml:1: anchors and aliases are not understood here"),
        (
            "id: !!python/object:os.system a\n",
            "a.yaml:1: the tag tag:yaml.org,2002:python/object:os.system is not understood here",
        ),
        ("id: !secret a\n", "a.yaml:1: the tag !secret is not understood here"),
        ("? [a, b]\n: c\n", "a.yaml:1: a key must be a word"),
        ("a: " + "[" * 60 + "]" * 60, "a.yaml:1: is nested too deeply"),
        ("a: " + "x" * 200_001, "a.yaml:1: is larger than 200,000 bytes"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    (tmp_path / "a.yaml").write_text(text)
    assert problems(tmp_path, monkeypatch) == [expected]


def test_a_file_that_is_no_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
    assert problems(tmp_path, monkeypatch) == ["a.yaml:1: is not UTF-8 text"]


def test_a_missing_folder_and_a_missing_connector_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    query = "  - id: q\n    uses: sql.query\n    with: {statement: select 1}\nresult"
    (tmp_path / "a.yaml").write_text(GOOD.replace("result", query, 1))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CatalogError) as caught:
        load_catalog([tmp_path / "gone", tmp_path], registry(), {})
    assert caught.value.problems == [
        "gone: there is no such folder",
        "a.yaml:24: steps[2].uses: needs the connector “sql”, which does not exist",
    ]


def test_a_template_needs_four_sentences_that_people_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("  - what does this page say\n", ""))
    assert problems(tmp_path, monkeypatch) == ["a.yaml:5: asks: needs at least 4 sentences that people say"]
