"""Tokens as commands have them: their state, a new value, a call."""
