"""Runs in flight: how they stand, what they say, and who else started the same."""
