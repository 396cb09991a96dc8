"""Find the files that an ingestion reads: one, several, or all of a folder."""

import glob
import shutil
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePath, PurePosixPath

from fused_spec.configuration.storage_url import storage_errors, trouble_with
from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import Label
from fused_spec.engine.ingest.inputs.table_files import holds_rows, is_table
from fused_spec.engine.storage import Remote, Root, copy_of, folder_of, lies_in, place_of, resolved

# What stands beside a file and is read with it.
_SIDECARS = {
    ".shp": {".cpg", ".dbf", ".prj", ".qix", ".qmd", ".qpj", ".sbn", ".sbx", ".shp.xml", ".shx"},
    ".csv": {".csvt", ".prj"},
    ".tab": {".dat", ".id", ".ind", ".map"},
    ".mif": {".mid"},
    ".gml": {".gfs", ".xsd"},
    ".gpkg": {".gpkg-journal", ".gpkg-shm", ".gpkg-wal"},
    ".sqlite": {".sqlite-journal", ".sqlite-shm", ".sqlite-wal"},
}
_BESIDE = {beside for all_beside in _SIDECARS.values() for beside in all_beside}
# Folders that GDAL opens as one file.
_FOLDER_FORMATS = frozenset({".gdb", ".zarr"})
_VALUES = "*=*"
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Input:
    """A file that is read, or a folder that GDAL opens as one; perhaps in a remote storage.

    `folders` are the names of those that it lies in, as far as its user has to do with them; `label` is set where its
    name alone would not tell it from others.
    """

    place: Root
    folders: tuple[str, ...] = ()
    label: Label | None = None

    @property
    def name(self) -> PurePath:
        """Its path wherever it lies, which tells its format and what to call it."""
        if self.label is not None:
            return self.label
        return self.place if isinstance(self.place, Path) else self.place.path

    def here(self) -> Path:
        """Its path on this machine; a remote one is copied, once for each process, until `drop_copies`."""
        return self.place if isinstance(self.place, Path) else _copied(self.place)


def find_inputs(
    given: str | Sequence[str], storage: Root, suffix: str | None = None, outputs: Sequence[str | None] = ()
) -> list[Input]:
    """The files that URLs name, in their order; those of a folder by name.

    In a folder, names that begin with `.` or `_` are ignored, and so are the tables at `outputs` below it, which would
    double at every run. `suffix` keeps the files whose names end with it. Raises `StepFailed` for a URL that names
    nothing, and when no file is left.
    """
    urls = [given] if isinstance(given, str) else given
    found = [_in_folders(one, storage) for url in urls for one in _files_of(url, storage, outputs)]
    kept = [one for one in found if suffix is None or one.name.name.endswith(suffix)]
    if kept:
        return _told_apart(kept)
    if not urls:
        raise StepFailed("input is an empty list; name at least one file")
    if found:
        raise StepFailed(f"no input ends with {suffix}, the file_suffix; there is {found[0].name.name}")
    raise StepFailed(
        f"no file to read in {', '.join(urls)}; names that begin with . or _ are ignored, "
        "and folders in a folder are read by a pattern such as **/*.parquet"
    )


def drop_copies() -> None:
    """Remove the copies that this process has made of remote inputs."""
    for copy in _copies:
        shutil.rmtree(copy.parent, ignore_errors=True)
    _copies.clear()
    _copied.cache_clear()


def drop_with_copies(folder: Path) -> None:
    """Have `drop_copies` remove a folder of this process."""
    _copies.append(folder / "any")


_copies: list[Path] = []


@cache
def _copied(place: Remote) -> Path:
    copy = copy_of(place)
    _copies.append(copy)
    return copy


def _files_of(url: str, storage: Root, outputs: Sequence[str | None]) -> list[Input]:
    place = place_of(url, storage)
    try:
        if _is_there(place):
            return [Input(place)] if _is_single(place) else _in_folder(place, storage, outputs)
        if not glob.has_magic(url):
            raise StepFailed(f"input {url} does not exist")
        names = url.split("/")
        first = next(number for number, name in enumerate(names) if glob.has_magic(name))
        folder = place_of("/".join([*names[:first], ""]), storage)
        found = _without_outputs(_matching(folder, "/".join(names[first:])), folder, storage, outputs)
    except storage_errors() as error:
        why = trouble_with(place.root, error) if isinstance(place, Remote) else str(error)
        raise StepFailed(f"input {url} cannot be read: {why}") from error
    if not found:
        raise StepFailed(f"no file matches the input {url}; names that begin with . or _ are ignored")
    return found


def _in_folder(folder: Root, storage: Root, outputs: Sequence[str | None]) -> list[Input]:
    """The inputs in a folder, and in those below it whose names are values, such as country=DE."""
    found = _matching(folder, "*")
    for depth in range(1, _DEEPEST + 1):
        below = "/".join([_VALUES] * depth)
        if not _found(folder, below):
            break
        found += _without_outputs(_matching(folder, f"{below}/*"), folder, storage, outputs)
    return found


def _without_outputs(found: Sequence[Input], folder: Root, storage: Root, outputs: Sequence[str | None]) -> list[Input]:
    """Without what an ingestion has written below the folder."""
    tables = _tables_below(folder, [place_of(output, storage) for output in outputs if output is not None])
    return [one for one in found if not _is_of(tables, one)]


def _in_folders(one: Input, storage: Root) -> Input:
    """The input with the names of the folders below the storage, or of all of them where it lies elsewhere."""
    place = one.place
    if isinstance(place, Path) and isinstance(storage, Path) and place.is_relative_to(storage):
        return replace(one, folders=place.relative_to(storage).parts[:-1])
    return replace(one, folders=one.name.parts[:-1])


def _told_apart(inputs: Sequence[Input]) -> list[Input]:
    """The inputs, those of one name with as many of their folders as tell them apart."""
    twins: dict[str, set[tuple[str, ...]]] = {}
    for one in inputs:
        twins.setdefault(one.name.name, set()).add(one.name.parts)
    lengths = {name: _telling(paths) for name, paths in twins.items() if len(paths) > 1}
    return [
        replace(one, label=Label(*one.name.parts[-lengths[one.name.name] :])) if one.name.name in lengths else one
        for one in inputs
    ]


def _telling(paths: Set[tuple[str, ...]]) -> int:
    """How many of the last parts of these paths tell them apart."""
    longest = max(map(len, paths))
    enough = (number for number in range(2, longest) if len({path[-number:] for path in paths}) == len(paths))
    return next(enough, longest)


def _is_there(place: Root) -> bool:
    if isinstance(place, Path):
        return place.exists()
    filesystem, name = place.open()
    return bool(filesystem.exists(name))


def _is_single(place: Root) -> bool:
    """Whether it is a file, or a folder that is opened as one."""
    if isinstance(place, Path):
        return place.is_file() or place.suffix in _FOLDER_FORMATS
    filesystem, name = place.open()
    return bool(filesystem.isfile(name)) or place.path.suffix in _FOLDER_FORMATS


def _matching(folder: Root, pattern: str) -> list[Input]:
    """The inputs in a folder whose paths there match a pattern, `**` standing for folders in folders."""
    present = _found(folder, pattern)
    known = {str(name).lower() for name in present}
    names = sorted(name for name, is_file in present.items() if _is_input(name, known, is_file=is_file))
    if isinstance(folder, Path):
        return [Input(folder / name) for name in names]
    return [Input(Remote(folder.root, folder.path / name)) for name in names]


def _tables_below(folder: Root, places: Sequence[Root]) -> list[Root]:
    """Where below a folder an ingestion has written."""
    folder = resolved(folder)
    return [place for place in map(resolved, places) if place != folder and lies_in(place, folder) and is_table(place)]


def _is_of(tables: Sequence[Root], one: Input) -> bool:
    """Whether it holds rows of one of the tables; whatever else lies there may be a true input."""
    return bool(tables) and holds_rows(one.name.name) and resolved(folder_of(one.place)) in tables


def _found(folder: Root, pattern: str) -> dict[PurePosixPath, bool]:
    """What matches, and whether it is a file."""
    if isinstance(folder, Path):
        here = folder.glob(pattern) if folder.is_dir() else ()
        return {PurePosixPath(one.relative_to(folder)): one.is_file() for one in here}
    filesystem, name = folder.open()
    there = filesystem.glob(f"{glob.escape(name)}/{pattern}", detail=True)
    return {PurePosixPath(path).relative_to(name): one["type"] == "file" for path, one in there.items()}


def _is_input(path: PurePosixPath, known: Set[str], *, is_file: bool) -> bool:
    if any(name.startswith((".", "_")) for name in path.parts) or not (is_file or path.suffix in _FOLDER_FORMATS):
        return False
    name = str(path).lower()
    beside = next(
        (suffix for suffix in ("".join(path.suffixes[-2:]).lower(), path.suffix.lower()) if suffix in _BESIDE), ""
    )
    mains = [suffix for suffix, all_beside in _SIDECARS.items() if beside in all_beside]
    return not any(f"{name.removesuffix(beside)}{suffix}" in known for suffix in mains)
