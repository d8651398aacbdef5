"""Reads the values of a template's parameters out of a sentence. Nothing is invented: what is not there is left out."""
