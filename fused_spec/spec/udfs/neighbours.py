"""The UDFs beside a UDF in the project's files, found by name and read; nothing outside the project is."""

import os
from pathlib import Path

from msgspec import Struct

from fused_spec.errors import FusedSpecError
from fused_spec.spec.files.discovery import printable
from fused_spec.spec.files.limits import MAX_FILE_BYTES
from fused_spec.udfs.folder import META, UdfText, find_udf


class Neighbours(Struct, frozen=True, kw_only=True):
    """UDFs by path relative to any of `places`, the first that has one."""

    places: tuple[Path, ...]
    root: Path

    def udf(self, place: str) -> UdfText | None:
        """The UDF there, None when there is none; raises `FusedSpecError` for one that cannot be read."""
        found = (self._udf(folder, place) for folder in self.places)
        try:
            return next((text for text in found if text is not None), None)
        except ValueError:  # a NUL, or half a character
            raise FusedSpecError(f'no file can be named "{printable(place)}"', hint="correct the name") from None

    def names(self) -> list[str]:
        """What a neighbour may be called."""
        entries = [entry for folder in self.places for entry in _entries(folder)]
        return sorted({entry.stem for entry in entries if entry.suffix == ".py" or _is_udf_folder(entry)})

    def has_module(self, name: str) -> bool:
        """Whether a file of this name lies there, which Python would take for a module."""
        return any(os.path.isfile(f"{folder}/{name}.py") for folder in self.places)  # noqa: PTH113  # asked very often

    def shown(self, place: str, text: UdfText) -> str:
        """The file of a neighbour as it is told: from the project's root on."""
        files = [folder / (text.file or place) for folder in self.places]
        file = Path(os.path.normpath(next((one for one in files if one.exists()), files[0])))
        return printable(file.relative_to(self.root) if file.is_relative_to(self.root) else file)

    def _udf(self, folder: Path, place: str) -> UdfText | None:
        def read(name: str) -> bytes | None:
            return self._content(folder / name)

        def names(name: str) -> list[str]:
            return [entry.name for entry in _entries(folder / name)] if self._is_inside(folder / name) else []

        return find_udf(place, read, names)

    def _content(self, path: Path) -> bytes | None:
        try:
            if not path.is_file() or not self._is_inside(path):
                return None
            with path.open("rb") as stream:
                content = stream.read(MAX_FILE_BYTES + 1)
        except (OSError, ValueError) as error:
            raise FusedSpecError(f"{printable(path.name)} cannot be read: {error}", hint="check its rights") from None
        if len(content) > MAX_FILE_BYTES:
            raise FusedSpecError(f"{printable(path.name)} is larger than {MAX_FILE_BYTES >> 20} MiB", hint="split it")
        return content

    def _is_inside(self, path: Path) -> bool:
        return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.root))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # no folder, so nothing in it


def _is_udf_folder(folder: Path) -> bool:
    return (folder / META).is_file() or (folder / f"{folder.name}.py").is_file()
