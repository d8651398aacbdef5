"""The web surface over real sockets, with a scripted conversation behind it."""
