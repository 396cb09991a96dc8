"""The files of a journal: each stands for one effort, and its name alone tells when, by which nonce, and its state.

`<sent>-<nonce>.<state>`: `<sent>`, on the service's clock, is in milliseconds, so that names sort by time.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from fused_spec.errors import Misconfigured
from fused_spec.reconcile.store.store import Store

Effort = TypeVar("Effort")


def file_name(sent: datetime | None, nonce: str, state: str) -> str:
    """The name of an effort that was sent then, as far as that is known."""
    milliseconds = int(sent.timestamp() * 1000) if sent else 0
    return f"{milliseconds:015d}-{nonce}.{state}"


def nonce_in(path: str) -> str:
    """The nonce that the name at the end of a path tells."""
    return path.rpartition("/")[2].partition("-")[2].partition(".")[0]


def sent_in(path: str) -> datetime:
    """When that effort was sent."""
    return datetime.fromtimestamp(int(path.rpartition("/")[2].partition("-")[0]) / 1000, UTC)


def read_files(
    store: Store, paths: Sequence[str], parse: Callable[[bytes], Effort], *, doubt: str, where: str
) -> list[Effort]:
    """The efforts in those files that are still there.

    Raises `Misconfigured` for one that nobody here understands: `doubt` is open then, and `where` it may be removed.
    """
    found = []
    for path, content in store.read_all(paths).items():
        try:
            found.append(parse(content))
        except ValueError as error:
            raise Misconfigured(
                f"{store.shown(path)} cannot be read: {error}; {doubt} is not known",
                hint=f"use the fused-spec that wrote it or a later one; remove the file if {where}",
            ) from None
    return found
