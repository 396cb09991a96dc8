"""Where code and long lists go: a file for each text, byte for byte, under names that lead nowhere else."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fused_spec.errors import FusedSpecError

FOLDER = "udfs"
INPUTS = "inputs"
_PLACE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(/[A-Za-z_][A-Za-z0-9_-]*)*")


@dataclass(slots=True)
class CodeFiles:
    """The files to write, by path from the project's root; `existing` gives the bytes of one that is there."""

    existing: Callable[[str], bytes | None]
    files: dict[str, bytes] = field(default_factory=dict)

    def place(self, name: str, text: str, beside: Mapping[str, str] | None = None) -> str:
        """The path of a file with this text; equal texts share one. `beside` are neighbours that it loads by name.

        Raises `FusedSpecError` for a text that no file can hold, and for a neighbour that would lie elsewhere.
        """
        content, stem = _bytes(text, name), _stem(name)
        if not beside:
            return self._free(lambda number: {f"{FOLDER}/{_numbered(stem, number)}.py": content})
        for place in beside:
            if not _PLACE.fullmatch(place) or ".." in place.split("/"):
                raise FusedSpecError(f"{name} loads {place!r}, which is no place beside it")
        own = stem if stem not in beside else f"{stem}_udf"
        others = {f"{place}.py": _bytes(code, place) for place, code in beside.items()}

        def unit(number: int) -> dict[str, bytes]:
            folder = f"{FOLDER}/{_numbered(stem, number)}"
            return {f"{folder}/{own}.py": content, **{f"{folder}/{file}": code for file, code in others.items()}}

        return self._free(unit)

    def elements(self, name: str, text: str) -> str:
        """The path of a file with elements of an input."""
        content, stem = _bytes(text, name), _stem(name)
        return self._free(lambda number: {f"{INPUTS}/{_numbered(stem, number)}.json": content})

    def _free(self, unit: Callable[[int], dict[str, bytes]]) -> str:
        """The first of the units whose files are not there, or are there as they are to be."""
        number = 1
        while not all(self._fits(path, content) for path, content in unit(number).items()):
            number += 1
        self.files |= unit(number)
        return next(iter(unit(number)))

    def _fits(self, path: str, content: bytes) -> bool:
        there = self.files[path] if path in self.files else self.existing(path)
        return there is None or there == content


def _bytes(text: str, name: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise FusedSpecError(f"the code of {name} holds characters that no file in UTF-8 can") from None


def _stem(name: str) -> str:
    """A name as that of a Python file."""
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:48].strip("_")
    return words if words and words[0].isalpha() else f"udf_{words}".rstrip("_")


def _numbered(stem: str, number: int) -> str:
    return stem if number == 1 else f"{stem}_{number}"
