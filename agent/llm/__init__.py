"""The interpreter that asks a language model. It proposes commands, which are checked; it never acts and never decides."""
