"""Measures how well messages are understood: `python -m benchmarks.understanding [FOLDER]`. Decides nothing itself."""
