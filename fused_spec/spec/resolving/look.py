"""A look at all files: in shares, in as many processes as are worth their while, with the same outcome as in one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import reduce
from itertools import chain
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.files.limits import MAX_ELEMENTS_BYTES
from fused_spec.spec.language.absent import Absent
from fused_spec.spec.resolving.share import Around, Finished, Found, Looked, Lost, Share, others_of
from fused_spec.system.collections import without_collections
from fused_spec.system.timings import UNTIMED, Cache, Timings

if TYPE_CHECKING:
    from fused_spec.spec.resolving.processes import Helper

Numbered = Sequence[tuple[int, SpecFile]]

_WORTH_A_PROCESS = 64 << 10
"""Bytes of specs: below, a process takes longer to start than it saves."""


class Seen(NamedTuple):
    """The problems of reading, and what came of each document, both in the order of the files; what of the language
    was used; the cells of each matrix; the documents that only exist at other targets; and what may be declared where
    something cannot be read."""

    unread: list[Diagnostic]
    looked: list[Looked]
    used: set[str]
    spans: tuple[Any, ...] = ()
    absent: Mapping[tuple[str, str], Absent] = {}
    lost: Lost = Lost()


def look_at(files: Sequence[SpecFile], around: Around, processes: int, timings: Timings = UNTIMED) -> Seen:
    """Look at every document of the files."""
    numbered = list(enumerate(files))
    share, helped = _shared(numbered, around, processes)
    with without_collections(), helped as others_at_work:
        found = [share.look(), *(helper.found() for helper in others_at_work)]
        others = others_of([looked.declaration for one in found for looked in one.looked])
        late = [
            finish(others) if one.waiting else Finished([])
            for one, finish in zip(found, [share.finish, *(one.finished for one in others_at_work)], strict=True)
        ]
        sizes: Mapping[Path, int] = dict(chain.from_iterable(one.element_sizes.items() for one in found))
        if sum(sizes.values()) > MAX_ELEMENTS_BYTES:
            # Which files of elements are too many depends on the order: then all are looked at in their own.
            found, late = [Share(numbered, around).look(others)], [Finished([])]
    for hits, misses in (*(one.lookups for one in found), *(one.lookups for one in late)):
        if hits or misses:
            timings.looked_up(Cache.SYNTAX, hits=hits, misses=misses)
    unread = [problem for one in found for problem in one.unread]
    used = {name for one in found for name in one.used}
    spans = tuple(span for one in found for span in one.spans)
    absent = {key: document for one in found for key, document in one.absent.items()}
    lost = reduce(or_, (one.lost for one in found), Lost())
    return Seen(unread, list(_completed(found, late)), used, spans, absent, lost)


def _shared(
    numbered: Numbered, around: Around, processes: int
) -> tuple[Share, AbstractContextManager[Sequence["Helper"]]]:
    """The share that is looked at here, and those who look at the others."""
    parts = _parts(numbered, processes)
    if len(parts) > 1:
        from fused_spec.spec.resolving.processes import helpers, may_fork  # with pickle, which few files need not

        if may_fork():
            first, *others = (Share(part, around) for part in parts)
            return first, helpers(others)
    return Share(numbered, around), nullcontext(())


def _completed(found: Sequence[Found], late: Sequence[Finished]) -> Iterator[Looked]:
    for one, finished in zip(found, late, strict=True):
        for index, looked in zip(one.waiting, finished.looked, strict=True):
            one.looked[index] = looked
        yield from one.looked


def _parts(files: Numbered, most: int) -> list[Numbered]:
    """Parts of about the same size that are one after the other the whole, and at least one."""
    size = sum(len(file.content) for _, file in files)
    count = max(1, min(most, size // _WORTH_A_PROCESS))
    parts: list[list[tuple[int, SpecFile]]] = [[] for _ in range(count)]
    before = 0
    for numbered in files:
        parts[min(count - 1, before * count // max(size, 1))].append(numbered)
        before += len(numbered[1].content)
    return list(parts)
