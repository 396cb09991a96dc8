"""From starts that nobody wrote down to the specs that say the same: documents as plain values, and code as files.

Values alone; nothing is written here.
"""
