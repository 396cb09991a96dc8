"""Delimited text: how it is written, what its columns are, and whether a value comes back as it stood."""
