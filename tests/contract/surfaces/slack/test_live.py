"""What the real Slack says of our cards, for whoever has a workspace: skipped without its token."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(not os.environ.get("ERRAND_SLACK_BOT_TOKEN"), reason="needs ERRAND_SLACK_BOT_TOKEN")
def test_slack_itself_takes_every_card() -> None:
    """In a process of its own: in this one nothing reaches beyond this machine."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.surfaces.slack.live"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
