"""Reads a wish as one thing that starts it and things to be done, and puts a workflow together from blocks."""
