"""Saved UDFs and tokens: what exists, and how they become what is declared."""
