"""The terminal surface: `errand chat`."""
