"""What the service tells has been run, read whole although it comes in pages that shift.

Reads only.
"""
