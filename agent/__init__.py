"""The conversation: turns, the dialogue, the interpreters, the words that Errand says."""
