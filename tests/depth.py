"""How deep the tests go: in breadth, as `pytest` alone does, or all the way, as before a merge."""

import os

VARIABLE = "FUSED_SPEC_TESTS"
ALL = "all"
EXAMPLES = 25
"""Of each property, in a run that goes no deeper; hypothesis's own 100 in one of everything."""


def is_all() -> bool:
    return os.environ.get(VARIABLE) == ALL


def at_depth(everything: int, in_breadth: int) -> int:
    """How many of something to try: so many in a run of everything, so few in the usual one."""
    return everything if is_all() else in_breadth
