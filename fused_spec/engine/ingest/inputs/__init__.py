"""Find the files that a step names, in folders and archives, and tell them from tables that an ingestion wrote.

Nothing here knows what is in a file.
"""
