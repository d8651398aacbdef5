"""What sources have in common whose items happen in channels of outside surfaces. Looks nothing up."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tools.step import StepParams

ANY = "any"
"""Every channel that the person can read themselves."""


class ChannelParams(StepParams):
    """`surface`: `slack` or `discord`, nothing: any. `channel`: `#name`, the channel's id, or `any`; also with its surface,
    as in `slack:#ops`.
    """

    surface: str | None = Field(default=None, max_length=40)
    channel: str | None = Field(default=None, max_length=200)

    @model_validator(mode="before")
    @classmethod
    def _with_surface(cls, given: Any) -> Any:
        channel = given.get("channel") if isinstance(given, dict) else None
        surface, mark, name = channel.partition(":") if isinstance(channel, str) else ("", "", "")
        return {**given, "surface": surface, "channel": name} if mark else given


class ChannelItem(BaseModel):
    """Something that happened: who did it, the id of the channel in which, and what that is called, where it has a name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: str
    surface: str = ""
    channel: str = ""
    channel_name: str = ""


def where(params: ChannelParams) -> str:
    """Where, as it stands in a sentence."""
    place = "any channel" if params.channel in (None, ANY) else str(params.channel)
    return f"{place} on {params.surface.capitalize()}" if params.surface else place
