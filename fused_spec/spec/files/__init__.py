"""Which files are meant, and each of them read once: regular, inside the project, not too large.

Nothing here knows what stands in a file.
"""
