"""What can be automated: workflow and template models, the templates, schedules, expressions and retrieval."""
