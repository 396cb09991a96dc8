"""Carry out a plan: refresh, apply, wait, archive."""
