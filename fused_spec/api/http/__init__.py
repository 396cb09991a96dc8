"""One call and its whole answer: where to, within which limits, and what went wrong.

Nothing here knows what is called for.
"""
