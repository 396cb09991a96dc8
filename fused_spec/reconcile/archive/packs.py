"""Many receipts in one file, so that a bucket with thousands of them is read in a few requests.

    <scope>/packs/1/<sha256>.jsonl.gz     one receipt a line, each the whole text of its file as a JSON string

A pack is believed in nothing. Which receipts there are is told by the store's listing alone, and so is the MD5 of
each; a text from a pack stands for a receipt only where it has that MD5. What no pack has is read by itself. So a pack
that is torn, old, foreign or forged costs time and nothing else, and all of them may be removed at any time.

Writers never change a pack. Each writes another one with what it had to read by itself, takes the small ones up into
it, and removes those; so there are few, and whoever misses one reads its receipts by themselves.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from io import BytesIO

from fused_spec.reconcile.store.store import Store
from fused_spec.system.timings import UNTIMED, Cache, Timings

FORMAT = 1
_WORTH_IT = 32  # receipts; fewer are read as quickly by themselves
_LARGEST = 20_000
_LONGEST = 256 * 1024 * 1024  # bytes of a pack when unpacked
_GROWS = 2  # times what is new: a pack of up to so many is taken up


class Packs:
    """The packs of one project."""

    def __init__(self, store: Store, scope: str, timings: Timings = UNTIMED) -> None:
        self._store = store
        self._timings = timings
        self._folder = f"{scope}/packs/{FORMAT}"
        self._sizes: dict[str, int] = {}

    def texts(self, wanted: Mapping[str, str | None]) -> dict[str, bytes]:
        """What the packs have of these files, whose MD5 the store tells."""
        by_md5: dict[str, list[str]] = {}
        for path, md5 in wanted.items():
            if md5 is not None:
                by_md5.setdefault(md5, []).append(path)
        found: dict[str, bytes] = {}
        if len(by_md5) < _WORTH_IT:
            return found
        for path, pack in self._store.read_all(self._store.names(self._folder)).items():
            texts = _unpacked(pack)
            self._sizes[path] = len(texts)
            for text in texts:
                found.update(dict.fromkeys(by_md5.get(_md5(text), ()), text))
        asked = sum(map(len, by_md5.values()))
        self._timings.looked_up(Cache.PACKS, hits=len(found), misses=asked - len(found))
        return found

    def add(self, texts: Sequence[bytes]) -> None:
        """Have these in a pack from now on, where they are enough to be worth it; raises `ArchiveError`."""
        if len(texts) < _WORTH_IT:
            return
        small = self._small(len(texts))
        kept = dict.fromkeys(text for pack in self._store.read_all(small).values() for text in _unpacked(pack))
        kept.update(dict.fromkeys(texts))
        written = set()
        for begin in range(0, len(kept), _LARGEST):
            pack = _packed(list(kept)[begin : begin + _LARGEST])
            path = f"{self._folder}/{hashlib.sha256(pack).hexdigest()}.jsonl.gz"
            self._store.write(path, pack)
            written.add(path)
        for path in set(small) - written:
            self._store.remove(path)

    def _small(self, count: int) -> list[str]:
        """The packs that are taken up into one of so many, the smallest first."""
        taken = []
        known = ((self._sizes[path], path) for path in self._store.names(self._folder) if path in self._sizes)
        for size, path in sorted(known):
            if size > _GROWS * count or size + count > _LARGEST:
                break
            taken.append(path)
            count += size
        return taken


def _packed(texts: Iterable[bytes]) -> bytes:
    lines = (json.dumps(text.decode("utf-8")) + "\n" for text in texts)
    return gzip.compress("".join(lines).encode(), mtime=0)


def _unpacked(pack: bytes) -> list[bytes]:
    """The texts up to where the pack is whole; nobody need have written it who means well."""
    texts: list[bytes] = []
    with suppress(OSError, EOFError, zlib.error), gzip.open(BytesIO(pack)) as stream:
        left = _LONGEST
        while left > 0 and (line := stream.readline(left)):
            left -= len(line)
            with suppress(ValueError):
                text = json.loads(line)
                if isinstance(text, str):
                    texts.append(text.encode())
    return texts


def _md5(text: bytes) -> str:
    return hashlib.md5(text, usedforsecurity=False).hexdigest()
