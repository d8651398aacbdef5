"""Retrieval, with real indexes on disk and on a server."""
