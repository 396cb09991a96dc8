"""Read those lines of an archived log that somebody chose: with its index only the members that may have some."""

import gzip
import hashlib
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from msgspec import Struct

from fused_spec.errors import FusedSpecError
from fused_spec.jobs.log_choice import LogChoice, origins_unknown
from fused_spec.reconcile.archive.kept import digest_of
from fused_spec.reconcile.archive.members import Index, Member
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.reconcile.archive.spool import LogRecord
from fused_spec.reconcile.store.store import Store

Tasks = frozenset[tuple[int, int]]
"""Steps and tasks."""


class ArchivedLog(Struct, frozen=True, kw_only=True):
    """The log of a receipt, at a path of a store; the path of its index, which short ones have not."""

    store: Store
    receipt: Receipt
    log: str
    index: str

    def verify(self) -> None:
        """Raise `FusedSpecError` when the log is gone, or is not the one that the receipt describes."""
        try:
            with self.store.open(self.log) as stream:
                digest = digest_of(stream)
        except OSError as error:
            shown = self.store.shown(self.log)
            raise FusedSpecError(f"the archived log {shown} cannot be read: {error.strerror or error}") from None
        if digest != self.receipt.log_sha256:
            raise self._is_another()

    def verify_index(self) -> None:
        """Raise `FusedSpecError` when a long log has no index any more, or another."""
        if self.receipt.log_index_sha256 is not None and self._index() is None:
            raise FusedSpecError(
                f"the index {self.store.shown(self.index)} is not the one that its receipt describes",
                hint="the log can be read without it, only slower; restore it from a backup",
            )

    def chosen(self, choice: LogChoice, failed: Tasks) -> Iterator[LogRecord]:
        """The chosen lines, oldest first, of which `failed` are the tasks that failed.

        Raises `Misconfigured` when the log does not tell what was asked for, and `FusedSpecError` when it is gone or
        what is read of it is not what the receipt describes.
        """
        index = self._index()
        if index is None:
            self.verify()
            yield from self._last(self._whole(choice, failed), choice.tail)
            return
        if choice.needs_origins and not any(member.tasks for member in index.members):
            raise origins_unknown(_BEFORE)
        members = [one for one in index.members if _may_have(one, choice, failed)]
        with self.store.open(self.log) as stream:
            if choice.tail is None:
                for member in members:
                    yield from self._of_member(stream, member, choice, failed)
                return
            found: deque[list[LogRecord]] = deque()
            missing = choice.tail
            for member in reversed(members):
                found.appendleft(list(self._of_member(stream, member, choice, failed))[-missing:])
                missing -= len(found[0])
                if not missing:
                    break
        for records in found:
            yield from records

    def _index(self) -> Index | None:
        """What the receipt vouches for; a log whose index is not that is read as one without."""
        if self.receipt.log_index_sha256 is None:
            return None
        content = self.store.read(self.index)
        if content is None or hashlib.sha256(content).hexdigest() != self.receipt.log_index_sha256:
            return None
        return Index.from_json(content)

    def _of_member(self, stream: BinaryIO, member: Member, choice: LogChoice, failed: Tasks) -> Iterator[LogRecord]:
        try:
            lines = member.unpacked(stream).splitlines()
        except (ValueError, zlib.error):
            raise self._is_another() from None
        return _fitting(lines, choice, failed)

    def _is_another(self) -> FusedSpecError:
        return FusedSpecError(
            f"the archived log {self.store.shown(self.log)} is not the one that its receipt describes",
            hint="it was changed or damaged since; restore it from a backup",
        )

    def _whole(self, choice: LogChoice, failed: Tasks) -> Iterator[LogRecord]:
        with self.store.open(self.log) as packed, gzip.open(packed, "rb") as stream:
            lines = cast(Iterable[bytes], stream)
            yield from _fitting(_told(lines) if choice.needs_origins else lines, choice, failed)

    def _last(self, records: Iterator[LogRecord], number: int | None) -> Iterable[LogRecord]:
        return records if number is None else deque(records, maxlen=number)


_BEFORE = "it was kept from a service that told no tasks, or before they were"


def _may_have(member: Member, choice: LogChoice, failed: Tasks) -> bool:
    if choice.since_ms is not None and member.newest < choice.since_ms:
        return False
    if choice.failed and not any(member.may_have(task) for _, task in failed):
        return False
    return choice.task is None or member.may_have(choice.task)


def _fitting(lines: Iterable[bytes], choice: LogChoice, failed: Tasks) -> Iterator[LogRecord]:
    if choice.task is not None:  # hardly a line has it, so the others are not taken apart
        wanted = f', "task": {choice.task},'.encode()
        lines = (line for line in lines if wanted in line)
    for record in map(LogRecord.from_json, lines):
        if choice.fits(record) and (not choice.failed or (record.step, record.task) in failed):
            yield record


def _told(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The same lines; raises `Misconfigured` when they tell nothing of tasks."""
    is_told: bool | None = None
    for line in lines:
        is_told = is_told or b', "stream": "' in line
        yield line
    if is_told is False:
        raise origins_unknown(_BEFORE)
