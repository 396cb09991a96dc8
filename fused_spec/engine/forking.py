"""Fork, as the forkserver and the pool do: from processes without Python threads of their own."""

import os
import warnings


def fork() -> int:
    """`os.fork()`, without its warning of threads.

    Python 3.12 and later warn when any thread exists. Those of OpenBLAS and Arrow are idle here, and these libraries
    make them anew in the child.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()
