"""The processes below a process: who they are, what memory they hold, and how all of them end.

On Linux a process can adopt what its descendants leave behind, so that nothing gets away by starting a session of its
own. Elsewhere such a process goes to the system's first one, and is not found.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

import psutil

_ON_LINUX = sys.platform == "linux"
_DIE_WITH_PARENT, _ADOPT = 1, 36  # PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER
_PATIENCE_SECONDS, _PATIENCE_STEP = 0.3, 0.01
_PAGE = os.sysconf("SC_PAGE_SIZE")


def adopt_orphans() -> None:
    """Have what descendants leave behind become children of this process."""
    _control(_ADOPT, 1)


def die_with_parent() -> None:
    """Have the system kill this process when the thread that forked it ends."""
    _control(_DIE_WITH_PARENT, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """The processes below this one, the nearest first; those that ended and were not waited for included."""
    if not _ON_LINUX:
        with suppress(psutil.NoSuchProcess):
            return [process.pid for process in psutil.Process(pid).children(recursive=True)]
        return []
    found = children(pid)
    for one in found:
        found += children(one)  # the list grows while it is read
    return found


def memory_in_use(pids: Iterable[int], *, exact_above: int) -> int:
    """Bytes that the processes hold together.

    A sum of at most `exact_above` is quickly had, and counts what they share more than once; one that is larger is
    counted again, exactly.
    """
    pids = list(pids)
    quick = sum(map(_resident, pids))
    return quick if quick <= exact_above or not _ON_LINUX else sum(map(_proportional, pids))


def end_children() -> None:
    """Kill everything below this process, which has adopted orphans, and wait until nothing is left."""
    while True:
        kill(descendants(os.getpid()))
        try:
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            return


def end_gently(pids: Collection[int], *, tell: bool = True) -> None:
    """Ask children of this process to end, unless somebody has, and give them a moment to leave their stacks.

    They are still to be waited for, and those that do not listen to be killed.
    """
    for pid in pids if tell else ():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    patience = _PATIENCE_SECONDS
    while patience > 0 and any(map(_goes_on, pids)):
        time.sleep(_PATIENCE_STEP)
        patience -= _PATIENCE_STEP


def kill(pids: Collection[int]) -> None:
    """Kill those that are still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """The processes that this one started or adopted, those that ended and were not waited for included."""
    found: list[int] = []
    with suppress(OSError):  # it has just ended
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found += map(int, (thread / "children").read_bytes().split())
    return found


def _goes_on(child: int) -> bool:
    with suppress(ChildProcessError):  # an orphan may have been waited for
        return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    return False


def _resident(pid: int) -> int:
    if not _ON_LINUX:
        with suppress(psutil.Error):
            return int(psutil.Process(pid).memory_info().rss)
        return 0
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE
    return 0


def _proportional(pid: int) -> int:
    """What it holds alone, and its part of what it shares."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith((b"Pss:", b"SwapPss:")))
    return 0


def _control(option: int, value: int) -> None:
    if _ON_LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
