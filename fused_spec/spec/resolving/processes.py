"""Shares of the files in processes of their own, side by side: copies of this one, so that all that is known is there.

Whatever becomes of a helper, its share is looked at: where no answer comes, it is looked at here.
"""

import os
import pickle
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from fused_spec.spec.resolving.share import Finished, Found, Others, Share

_NO_ANSWER = (EOFError, OSError, pickle.PickleError, AttributeError, ImportError, IndexError, ValueError)
"""What comes of reading from a helper that is no more, maybe in the middle of an answer."""


def may_fork() -> bool:
    """Whether this process can be copied: not beside other threads, whose locks a copy would hold for ever."""
    return hasattr(os, "fork") and threading.active_count() == 1


class Helper:
    """A process that looks at a share: first at all of it, then at the documents that waited for others."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._here = False  # whether the share is looked at here
        asked, ask = os.pipe()
        answer, answered = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _work(share, asked, answered)
        os.close(asked)
        os.close(answered)
        self._ask, self._answers = os.fdopen(ask, "wb"), os.fdopen(answer, "rb")

    def found(self) -> Found:
        found = self._answer()
        if isinstance(found, Found):
            return found
        self._here = True
        return self._share.look()

    def finished(self, others: Others) -> Finished:
        if not self._here:
            with suppress(OSError):  # to a helper that is no more, and will not answer either
                pickle.dump(others, self._ask, pickle.HIGHEST_PROTOCOL)
                self._ask.flush()
            finished = self._answer()
            if isinstance(finished, Finished):
                return finished
            self._share.look()
        return self._share.finish(others)

    def end(self) -> None:
        """Take the process away, whether it is done or not."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        for stream in (self._ask, self._answers):
            with suppress(OSError):  # what was still to be written nobody reads
                stream.close()

    def _answer(self) -> Any:
        """The next answer; None where none comes."""
        try:
            return pickle.load(self._answers)  # noqa: S301  # written by a copy of this process
        except _NO_ANSWER:
            return None


@contextmanager
def helpers(shares: Sequence[Share]) -> Iterator[list[Helper]]:
    """A helper for each share, for as long as they are needed."""
    started: list[Helper] = []
    try:
        for share in shares:
            started.append(Helper(share))
        yield started
    finally:
        for helper in started:
            helper.end()


def _work(share: Share, asked: int, answered: int) -> NoReturn:
    """What a helper does. An error in it is no answer, and then comes up again where the share is looked at instead."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)  # it has nothing to tidy up
        with os.fdopen(asked, "rb") as questions, os.fdopen(answered, "wb") as answers:
            found = share.look()
            pickle.dump(found, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
            if found.waiting:
                others = pickle.load(questions)  # noqa: S301  # written by the process that this is a copy of
                pickle.dump(share.finish(others), answers, pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)  # without what the other process has to do at its end
