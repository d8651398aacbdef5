"""Slack, Discord and the web panel on real processes."""
