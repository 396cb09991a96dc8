"""The files that a shapefile consists of: which are there, whether they are whole, and what their text is in."""

import struct
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import count
from fused_spec.engine.ingest.inputs.archives import GdalPath
from fused_spec.engine.ingest.inputs.files import drop_with_copies
from fused_spec.engine.ingest.reading.gdal.shapefile_text import CellText, encoding_of

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx")
_HEADER = 100
_INDEX_ENTRY = 8
_RECORD = 8  # what stands before a shape: its number and length
_DELETED = ord("*")
_CHUNK_BYTES = 2**24


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapefile:
    """What is known of one before GDAL reads it.

    `rows` are None where nothing says them; `encoding` is what GDAL has to be told (None: nothing), `words` are about
    the text, and `lossy` sentences about what is missing.
    """

    rows: int | None
    encoding: str | None
    words: str | None
    lossy: list[str]


@dataclass(slots=True)
class _Table:
    """A .dbf: how many records, how many of them deleted, the byte that names its code page, and its text."""

    records: int
    deleted: int = 0
    code_page: int = 0
    text: CellText = field(default_factory=CellText)


def look_into(place: GdalPath, asked_encoding: str | None) -> Shapefile:
    """What is to be known of a shapefile; raises `StepFailed` for one that is not whole."""
    parts = _parts(place)
    lossy = []
    shapes = _shapes(place, parts) if ".shp" in parts else None
    if shapes:
        _check_index(place, parts)
    table = _table(place, parts[".dbf"]) if ".dbf" in parts else None
    if table is None:
        lossy.append("it has no .dbf beside it, so there are no attributes")
    elif shapes is not None and shapes != table.records:
        raise StepFailed(
            f"{place.name} cannot be read: its .shx has {count(shapes, 'shape')}, its .dbf "
            f"{count(table.records, 'record')}; one of them is damaged, or of another shapefile"
        )
    if ".shp" in parts and ".shx" not in parts:
        if place.prefix:
            raise StepFailed(
                f"{place.name}: {place.member} has no .shx beside it; unpack the archive, then one is made of the .shp"
            )
        lossy.append("it has no .shx beside it; one was made of the .shp, among the job's temporary files")
    encoding: str | None = asked_encoding
    words: str | None = f"{asked_encoding}, as asked for"
    if asked_encoding is None and table is not None:
        page = _page(place, parts)
        encoding, words = encoding_of(place.name, page, table.code_page, table.text, lossy)
    rows = shapes if table is None else table.records - table.deleted
    return Shapefile(rows=rows, encoding=encoding, words=words if table is not None else None, lossy=lossy)


def as_gdal_finds_it(place: GdalPath) -> GdalPath:
    """The place itself, or one of this process where all of its parts are there under names that GDAL looks for."""
    parts = _parts(place)
    odd = [name for suffix, name in parts.items() if PurePosixPath(name).suffix not in (suffix, suffix.upper())]
    if place.prefix or (".shx" in parts and not odd):
        return place
    return replace(place, file=_linked(place.file, parts))


def needs_index(place: GdalPath) -> bool:
    """Whether GDAL is to make the .shx."""
    return ".shx" not in _parts(place)


_links: dict[Path, Path] = {}


def _linked(path: Path, parts: dict[str, str]) -> Path:
    """A folder of links to the parts, so that an index is made there and not beside the input."""
    if path not in _links or not _links[path].exists():
        folder = Path(tempfile.mkdtemp(prefix="fused-spec-"))
        drop_with_copies(folder)
        for suffix, name in parts.items():
            (folder / f"{path.stem}{suffix}").symlink_to(path.with_name(name).absolute())
        _links[path] = folder / f"{path.stem}.shp"
    return _links[path]


def _parts(place: GdalPath) -> dict[str, str]:
    """The names of the parts by their suffixes in small letters."""
    whole = place.member if place.member is not None else place.file.name
    stem = whole[: -len(place.suffix)]
    names = [name for name in place.names() if name.startswith(stem)]
    return {suffix: name for name in names if (suffix := name[len(stem) :].lower()) in _PARTS} | {place.suffix: whole}


def _shapes(place: GdalPath, parts: dict[str, str]) -> int | None:
    """How many shapes there are by the index; raises `StepFailed` where a file is shorter than it says."""
    shapes = None
    for suffix in (".shp", ".shx"):
        if suffix not in parts:
            continue
        with place.open(parts[suffix]) as file:
            header = file.read(_HEADER)
            length = 2 * struct.unpack(">I", header[24:28])[0] if len(header) == _HEADER else _HEADER
            there = len(header) + _skipped(file)
        if there != length or len(header) < _HEADER:
            raise StepFailed(
                f"{place.name} cannot be read: its {suffix} has {there:,} bytes, and says that it has {length:,}; it "
                "is damaged, or not whole"
            )
        if suffix == ".shx":
            shapes = (length - _HEADER) // _INDEX_ENTRY
    return shapes


def _check_index(place: GdalPath, parts: dict[str, str]) -> None:
    """Raise `StepFailed` where the index does not say where shapes are; in an archive its sums are enough."""
    if place.prefix:
        return
    shapes = np.memmap(place.file, np.uint8, mode="r")
    index = np.fromfile(place.file.with_name(parts[".shx"]), ">i4", offset=_HEADER).astype(np.int64).reshape(-1, 2)
    starts, lengths = 2 * index.T
    there = (starts != 0) | (lengths != 0)  # without both a shape is missing
    outside = there & ((starts < _HEADER) | (lengths < 0) | (starts + _RECORD + lengths > len(shapes)))
    inside = np.flatnonzero(there & ~outside)
    said = shapes[starts[inside, None] + np.arange(4, _RECORD)].view(">i4")[:, 0].astype(np.int64)
    wrong = np.flatnonzero(outside).tolist() + inside[2 * said != lengths[inside]].tolist()
    if wrong:
        raise StepFailed(
            f"{place.name} cannot be read: its .shx says that shape {min(wrong) + 1:,} is where the .shp has none; it "
            "is damaged: remove the .shx, and one is made of the .shp"
        )


def _skipped(file: IO[bytes]) -> int:
    """How many bytes follow."""
    if file.seekable():
        start = file.tell()
        return file.seek(0, 2) - start
    return sum(len(chunk) for chunk in iter(lambda: file.read(_CHUNK_BYTES), b""))


def _table(place: GdalPath, name: str) -> _Table:
    """What a .dbf holds; raises `StepFailed` where it ends before its last record."""
    with place.open(name) as file:
        header = file.read(32)
        if len(header) < 32:
            raise _cut(place, 0, None)
        records, header_bytes, record_bytes = struct.unpack("<IHH", header[4:12])
        cells = _text_cells(file.read(max(header_bytes - 32, 0)))
        table = _Table(records=records, code_page=header[29])
        read = 0
        while read < records and record_bytes:
            content = file.read(min(records - read, max(1, _CHUNK_BYTES // record_bytes)) * record_bytes)
            whole = len(content) // record_bytes
            if not whole:
                raise _cut(place, read, records)
            rows = np.frombuffer(content, np.uint8, whole * record_bytes).reshape(whole, record_bytes)
            table.deleted += int((rows[:, 0] == _DELETED).sum())
            for cell in cells:
                table.text.look_at(rows[:, cell])
            read += whole
    return table


def _cut(place: GdalPath, read: int, records: int | None) -> StepFailed:
    of = "" if records is None else f" of {count(records, 'record')}"
    return StepFailed(f"{place.name} cannot be read: its .dbf ends after {read:,}{of}; it is damaged, or not whole")


def _text_cells(descriptors: bytes) -> list[slice]:
    """Where in a record its text is."""
    cells, start = [], 1
    for place in range(0, len(descriptors) - 31, 32):
        if descriptors[place] == 0x0D:
            break
        kind, length = descriptors[place + 11 : place + 12], descriptors[place + 16]
        if kind == b"C":
            length += 256 * descriptors[place + 17]  # text may be longer than 255, numbers have decimals there
            cells.append(slice(start, start + length))
        start += length
    return cells


def _page(place: GdalPath, parts: dict[str, str]) -> str | None:
    """What the .cpg says."""
    if ".cpg" not in parts:
        return None
    with place.open(parts[".cpg"]) as file:
        return file.read(64).decode("ascii", errors="replace").strip() or None
