"""What of web, Slack and Discord one process connects."""

from __future__ import annotations

import pytest

from core.errors import ConfigError
from core.settings import Settings, load_settings

TOKENS = {"slack_bot_token": "xoxb-1", "discord_token": "d-1"}


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Settings.model_config, "env_file", None)


@pytest.mark.parametrize(
    ("only", "connected"),
    [([], ("slack", "discord")), (["slack"], ("slack",)), (["web"], ()), (["web", "discord"], ("discord",))],
)
def test_a_process_connects_what_it_is_told(only: list[str], connected: tuple[str, ...]) -> None:
    assert load_settings(only=only, **TOKENS).surfaces == connected


@pytest.mark.parametrize(
    ("only", "said"),
    [(["teams"], "there is no surface teams"), (["slack"], "set ERRAND_SLACK_BOT_TOKEN")],
)
def test_what_cannot_be_is_said(only: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_settings(only=only)
