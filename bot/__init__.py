"""Surfaces, the processes that serve them, and the composition root."""
