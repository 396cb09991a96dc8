"""Where each row goes: files of neighbours, chunks in them, and what a chunk adds up to.

Nothing here reads or writes a file of rows.
"""
