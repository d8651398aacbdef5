"""Running workflows: the engine, schedules, wake-ups."""
