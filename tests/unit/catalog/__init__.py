"""The catalog room, without sockets."""
