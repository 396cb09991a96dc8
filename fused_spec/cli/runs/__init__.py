"""Runs as commands show them: found by name or id, in detail, followed to the end."""
