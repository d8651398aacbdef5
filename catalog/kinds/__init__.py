"""The kinds of values, by family. `catalog.kind` is how the rest of Errand reaches them."""
