"""Slack as an outside surface: the only room that imports Slack's libraries."""

from bot.surfaces.slack.opening import open_surface

__all__ = ["open_surface"]
