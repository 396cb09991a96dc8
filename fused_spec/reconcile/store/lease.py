"""One apply at a time for a project and a target.

On one machine a file lock does it. Where the archive is shared, a lease does: numbered files, of which each can be made
only once. Who makes number n holds the lease, writes it again while at work, and loses it when it has not been written
for `seconds`; then n + 1 may be made. The number is a fence: a holder that slept through its lease finds a higher
number, and acts no more.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from msgspec import Struct
from msgspec.json import encode

from fused_spec.errors import ArchiveError, Locked
from fused_spec.reconcile.store.store import Store
from fused_spec.system.polling import Clock

SECONDS = 60.0
_RENEWALS = 3  # within the time of a lease
_WAIT = "run the command again once it has ended; with --lock-timeout 30m it waits for that"


class Holder(Struct, frozen=True, kw_only=True):
    """Who holds a lock; `run_url` is the CI run, when there is one."""

    host: str
    pid: int
    run_url: str | None = None

    def __str__(self) -> str:
        where = f"process {self.pid} on {self.host}"
        return f"{where} ({self.run_url})" if self.run_url else where


@contextmanager
def local_lock(path: Path, holder: Holder) -> Iterator[None]:
    """Hold the lock file of this machine; raises `Locked`. The system frees it when its holder dies."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_suffix(".holder")
    try:
        with FileLock(path, timeout=0):
            beside.write_text(str(holder), encoding="utf-8")
            yield
    except Timeout:
        known = beside.read_text(encoding="utf-8") if beside.exists() else "another process"
        raise Locked(f"another apply is at work here: {known}", hint=_WAIT) from None


class Lease:
    """The lease of a project at a target, in a store that several machines share.

    `clock` must go on while the machine sleeps; `now` may be wrong by less than the lease is long.
    """

    def __init__(
        self,
        store: Store,
        folder: str,
        holder: Holder,
        *,
        clock: Clock,
        now: Callable[[], datetime],
        seconds: float = SECONDS,
    ) -> None:
        self._store = store
        self._folder = folder
        self._holder = holder
        self._clock = clock
        self._now = now
        self._seconds = seconds
        self._number = 0
        self._written = 0.0

    def acquire(self) -> None:
        """Take the lease; raises `Locked` with its holder."""
        newest = self._newest()
        if newest is not None and (left := self._left(newest)) > 0:
            raise Locked(
                f"another apply is at work: {self._holder_of(newest)}",
                hint=f"wait for it to end; if it was killed, its lease ends within {left:.0f} seconds",
            )
        number = 1 if newest is None else newest + 1
        self._written = self._clock()
        if not self._store.create(self._path(number), self._content(released=False)):
            raise Locked("another apply took the lease just now", hint=_WAIT)
        if self._store.create(self._path(number), self._content(released=False)):
            raise ArchiveError(
                f"{self._store.shown(self._folder)} cannot keep a lock: what is there can be created again",
                hint="keep the archive in a store with conditional writes, such as S3, GCS or a folder",
            )
        self._number = number
        self._forget_before(number)

    def renew(self) -> None:
        """Say that the holder is at work; one whose time has passed says nothing any more."""
        if self.holds(0.0):
            before = self._clock()
            self._store.write(self._path(self._number), self._content(released=False))
            self._written = before

    def holds(self, seconds: float) -> bool:
        """Whether the lease is ours, and will be for so many seconds more."""
        in_time = self._clock() + seconds < self._written + self._seconds
        return in_time and self._newest() == self._number

    def release(self) -> None:
        """Give the lease back, if it is still ours."""
        if self._newest() == self._number:
            self._store.write(self._path(self._number), self._content(released=True))

    @property
    def renewal_seconds(self) -> float:
        return self._seconds / _RENEWALS

    def _newest(self) -> int | None:
        return max(self._numbers(), default=None)

    def _numbers(self) -> list[int]:
        names = [name.rpartition("/")[2].partition(".")[0] for name in self._store.names(self._folder)]
        return [int(name) for name in names if name.isdecimal()]

    def _forget_before(self, number: int) -> None:
        """Remove what nobody needs: only the highest number counts."""
        for old in self._numbers():
            if old < number:
                self._store.remove(self._path(old))

    def _left(self, number: int) -> float:
        """Seconds until this lease ends; one that cannot be read counts as just written."""
        content = self._read(number)
        if content is None:
            return self._seconds
        if content["released"]:
            return 0.0
        until: datetime = datetime.fromisoformat(content["written"]) + timedelta(seconds=content["seconds"])
        return (until - self._now()).total_seconds()

    def _holder_of(self, number: int) -> str:
        content = self._read(number)
        return str(Holder(**content["holder"])) if content is not None else "one that has only begun"

    def _read(self, number: int) -> dict[str, Any] | None:
        content = self._store.read(self._path(number))
        if content is None:
            return None
        known: dict[str, Any] = json.loads(content)
        return known

    def _content(self, *, released: bool) -> bytes:
        holder = {"host": self._holder.host, "pid": self._holder.pid, "run_url": self._holder.run_url}
        return encode(
            {"holder": holder, "written": self._now().isoformat(), "seconds": self._seconds, "released": released}
        )

    def _path(self, number: int) -> str:
        return f"{self._folder}/{number:08d}.json"


@contextmanager
def kept_alive(lease: Lease) -> Iterator[Lease]:
    """Hold the lease, renewed by a thread, until the end; raises `Locked` when it cannot be had."""
    lease.acquire()
    over = threading.Event()

    def renew() -> None:
        while not over.wait(lease.renewal_seconds):
            # A store that cannot be reached is no end: without a renewal the lease lapses, and the fence holds.
            with suppress(ArchiveError):
                lease.renew()

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        over.set()
        thread.join()
        # What became of the runs is to be told all the same; a lease that is not given back ends by itself.
        with suppress(ArchiveError):
            lease.release()
