"""`${…}`: which names a text has, what they may stand for, and putting that in their place."""
