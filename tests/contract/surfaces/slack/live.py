"""Asks the real Slack whether it would take our cards: `auth.test`, and `blocks.validate` for every part. Posts nothing.

Run with `ERRAND_SLACK_BOT_TOKEN` set: `python -m tests.contract.surfaces.slack.live`. Prints what is wrong; its exit code says so too.
"""

from __future__ import annotations

import asyncio
import sys

from slack_sdk.web.async_client import AsyncWebClient

from agent.phrases import load_phrases
from agent.reply import PARTS
from bot.surfaces.slack.api import SlackApi
from bot.surfaces.slack.card import Cards
from core.errors import ErrandError
from core.settings import load_settings
from tests.contract.surfaces.battery import EVERY_PART


async def find_problems() -> list[str]:
    settings = load_settings()
    client = AsyncWebClient(token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_url)
    api = SlackApi(client)
    await api.read("auth.test")
    problems = []
    for name, part in EVERY_PART.items():
        cards = Cards(phrases=load_phrases("en"), message_id="msg_1")
        for message in cards.messages(PARTS.validate_python([part])):
            try:
                answer = await api.call("blocks.validate", blocks=message.blocks)
            except ErrandError as error:
                problems.append(f"{name}: {error.message}")
                continue
            problems += [f"{name}: {error}" for error in answer.get("errors") or ()]  # type: ignore[union-attr]
    return problems


if __name__ == "__main__":
    found = asyncio.run(find_problems())
    print("\n".join(found) or "Slack takes all of them.")
    sys.exit(bool(found))
