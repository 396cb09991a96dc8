"""The log of a run as it is read: to a file, from a cursor, or printed while it grows."""
