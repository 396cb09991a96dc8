"""Secrets as a project declares them, and the one way to their values."""
