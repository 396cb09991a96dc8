"""What a project file, and those that it includes, say for all specs: variables, defaults, and what targets change."""
