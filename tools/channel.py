"""What sources have in common whose items happen in channels of outside surfaces. Looks nothing up."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from tools.step import StepParams

ANY = "any"
"""Every channel that the person can read themselves."""


class ChannelParams(StepParams):
    """`surface`: `slack` or `discord`, nothing: any. `channel`: `#name`, the channel's id, or `any`."""

    surface: str | None = Field(default=None, max_length=40)
    channel: str | None = Field(default=None, max_length=200)


class ChannelItem(BaseModel):
    """Something that happened: who did it, and the id of the channel in which."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: str
    surface: str = ""
    channel: str = ""


def where(params: ChannelParams) -> str:
    """Where, as it stands in a sentence."""
    place = "any channel" if params.channel in (None, ANY) else str(params.channel)
    return f"{place} on {params.surface.capitalize()}" if params.surface else place
