"""Errors, settings, ids, clock and canonical JSON. Imports nothing of ours."""
