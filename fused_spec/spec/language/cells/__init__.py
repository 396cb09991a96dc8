"""A matrix: the elements of its dimensions, the cells that they span, and what those are called."""
