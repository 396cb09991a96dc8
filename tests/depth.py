"""How deep the tests go: in breadth, as `pytest` alone does, or all the way, as before a merge."""

import os

from hypothesis import settings

VARIABLE = "FUSED_SPEC_TESTS"
ALL = "all"
SHARE = 4
"""In breadth a property is tried with this part of its examples."""


def is_all() -> bool:
    return os.environ.get(VARIABLE) == ALL


def at_depth(everything: int, *, in_breadth: int) -> int:
    """How many of something to try: so many in a run of everything, so few in the usual one."""
    return everything if is_all() else in_breadth


def examples(everything: int) -> settings:
    """So many examples of a property, or in breadth a part of them."""
    return settings(max_examples=at_depth(everything, in_breadth=everything // SHARE))
