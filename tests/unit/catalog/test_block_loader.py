from __future__ import annotations

from pathlib import Path

import pytest

from catalog.block_loader import load_blocks
from core.errors import CatalogError
from tests.fakes.run_step import registry

GOOD = """\
id: chat.post
title: post in chat
summary: Posts in chat.
category: chat
asks: [post it, say it, tell us, write it here]
parameters:
  message: {kind: long_text, ask: "What should I post?"}
takes: {message: [title+text, file]}
step:
  uses: chat.post
  with: {text: "${{ takes.message }}"}
result: Posted.
sample: {message: Hello}
"""


def problems(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> list[str]:
    monkeypatch.chdir(folder)
    (folder / "a.yaml").write_text(text)
    with pytest.raises(CatalogError) as caught:
        load_blocks(folder, registry(), {})
    return caught.value.problems


def test_blocks_are_found_by_listing_the_folder_and_come_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("chat.post\ntitle", "z.last\ntitle"))
    (tmp_path / "b.yaml").write_text(GOOD)
    assert list(load_blocks(tmp_path, registry(), {})) == ["chat.post", "z.last"]


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ("uses: chat.post", "uses: chat.pots", "a.yaml:10: step.uses: there is no step type “chat.pots”; did you mean"),
        ("{text: ", "{txet: ", "a.yaml:11: step.with.txet: unknown field"),
        ("title+text", "titel", "a.yaml:8: takes.message[0]: "),
        ("kind: long_text", "kind: longtext", "a.yaml:7: parameters.message.kind: there is no kind “longtext”"),
        ("sample: {message: Hello}", "sample: {}", "a.yaml:13: sample: has no value for “message”"),
        ("takes.message }}", "params.mesage }}", "a.yaml:11: step.with.text: there is no parameter “mesage”"),
        ("result: Posted.", "gives: {text: step.nothing}", "a.yaml:12: gives: step “step” gives no “nothing”"),
        ("asks: [post it, ", "asks: [", "a.yaml:5: asks: "),
        ("result: Posted.", "starts: {allowed: [manual]}", "a.yaml:1: needs either starts or step"),
        ("id: chat.post", "id: Chat", "a.yaml:1: id: "),
    ],
)
def test_a_wrong_one_is_named_with_its_file_line_and_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: str, wrong: str, problem: str
) -> None:
    assert right in GOOD
    found = problems(tmp_path, monkeypatch, GOOD.replace(right, wrong, 1))
    assert found[0].startswith(problem), found


def test_two_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b.yaml").write_text(GOOD)
    assert problems(tmp_path, monkeypatch, GOOD) == ["b.yaml: id: “chat.post” is already the id of another block"]


def test_an_account_that_no_connector_stands_for_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = GOOD.replace("uses: chat.post", "uses: email.send").replace(
        '{text: "${{ takes.message }}"}', '{to: [a@example.com], subject: x, body: "${{ takes.message }}"}'
    )
    found = problems(tmp_path, monkeypatch, text)
    assert found == ["a.yaml:10: step.uses: needs the connector “smtp”, which does not exist"]
