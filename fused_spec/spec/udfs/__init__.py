"""The UDFs that specs name: found, read, parsed, and gathered with all that they load.

Source is read as text; nothing of a user's is ever run here.
"""
