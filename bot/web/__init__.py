"""The web surface: the HTTP interface, the live stream and the chat panel. The only room that knows FastAPI."""
