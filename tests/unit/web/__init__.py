"""The web surface's own small parts."""
