"""Fork, as the forkserver and the pool do: from processes without Python threads of their own."""

import os
import warnings
from collections.abc import Callable

_beginnings: list[Callable[[], None]] = []


def in_children(do: Callable[[], None]) -> None:
    """Have every process that is forked from this one begin with a call of `do`."""
    _beginnings[:] = [do]


def fork() -> int:
    """`os.fork()`, without its warning of threads.

    Python 3.12 and later warn when any thread exists. Those of OpenBLAS and Arrow are idle here, and these libraries
    make them anew in the child.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        for do in _beginnings:
            do()
    return pid
