"""Files in archives and compressed files: where GDAL finds what they hold, and that it is whole."""

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.notes import shown
from fused_spec.input_formats import UNPACKED_BY, tables_in

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
"""How the names of files end that hold others."""

_TARS = (".tar", ".tar.gz", ".tgz")
_KNOWN = (".zip", ".tar", ".gz", ".tgz")  # the suffixes by which GDAL knows where an archive's name ends
_ZIPPED = frozenset({".zip", ".shz", ".kmz", ".xlsx", ".ods"})
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, tarfile.TarError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where GDAL finds a table: the file on this machine, what it is within it, and the bytes behind it.

    `member` is None where the file is no archive, or where GDAL takes the archive as a whole.
    """

    file: Path
    prefix: str = ""
    member: str | None = None
    size: int

    @property
    def source(self) -> str:
        """The path as GDAL takes it."""
        if self.member is None:
            return f"{self.prefix}{self.file}"
        braced = f"{{{self.file}}}" if self.file.suffix.lower() not in _KNOWN else self.file
        return f"{self.prefix}{braced}/{self.member}"

    @property
    def suffix(self) -> str:
        """That of the table itself, in small letters."""
        if self.member is not None:
            return PurePosixPath(self.member).suffix.lower()
        return Path(self.file.stem if self.prefix == "/vsigzip/" else self.file.name).suffix.lower()

    def names(self) -> list[str]:
        """The table and its neighbours: members of the same archive, or names in the same folder."""
        if self.prefix == "/vsizip/":
            with zipfile.ZipFile(self.file) as archive:
                return archive.namelist()
        if self.prefix == "/vsitar/":
            with tarfile.open(self.file) as tar:
                return tar.getnames()
        return [one.name for one in self.file.parent.iterdir()]

    @contextmanager
    def open(self, name: str | None = None) -> Iterator[IO[bytes]]:
        """The bytes, unpacked, of one of `names`, or of the table itself."""
        member = self.member if name is None else name
        if self.prefix == "/vsizip/" and member is not None:
            with zipfile.ZipFile(self.file) as archive, archive.open(member) as stream:
                yield stream
        elif self.prefix == "/vsitar/" and member is not None:
            with tarfile.open(self.file) as tar:
                found = tar.extractfile(member)
                assert found is not None
                yield found
        elif self.prefix == "/vsigzip/":
            with gzip.open(self.file) as packed:
                yield cast(IO[bytes], packed)
        else:
            with (self.file if name is None else self.file.with_name(name)).open("rb") as file:
                yield file


def located(path: Path, layer: str | None, field: str) -> Place:
    """Where the table of a file is: in an archive the one table in it, at whatever depth.

    Of several tables it is the one whose file is named like the layer; raises `StepFailed` when no layer is named, in
    the field of the step.
    """
    name = path.name.lower()
    for suffix, command in UNPACKED_BY.items():
        if name.endswith(suffix):
            raise StepFailed(f"{shown(path)} is packed in a way that is not read; unpack it: {command} {path.name}")
    if path.is_dir():
        return Place(file=path, size=sum(one.stat().st_size for one in path.rglob("*") if one.is_file()))
    if name.endswith(_TARS):
        with _whole(path), tarfile.open(path) as tar:
            sizes = {one.name: one.size for one in tar.getmembers() if one.isfile()}
        return _within(path, "/vsitar/", sizes, layer, field)
    if name.endswith(".gz"):
        return Place(file=path, prefix="/vsigzip/", size=_unpacked_size(path))
    if name.endswith((".zip", ".shz")) and zipfile.is_zipfile(path):
        with _whole(path), zipfile.ZipFile(path) as archive:
            sizes = {one.filename: one.file_size for one in archive.infolist() if not one.is_dir()}
        return _within(path, "/vsizip/", sizes, layer, field)
    return Place(file=path, size=path.stat().st_size)


def check_whole(place: Place) -> None:
    """Raise `StepFailed` where what is packed is not what was packed; GDAL does not look at all of the check sums."""
    if place.file.is_dir() or place.file.suffix.lower() not in _ZIPPED or not zipfile.is_zipfile(place.file):
        return
    stem = None if place.member is None else place.member.removesuffix(PurePosixPath(place.member).suffix)
    with _whole(place.file), zipfile.ZipFile(place.file) as archive:
        for member in archive.infolist():
            if stem is not None and not member.filename.startswith(stem):
                continue
            if member.flag_bits & 1:
                raise StepFailed(f"{shown(place.file)}: {member.filename} is encrypted; unpack it with its password")
            try:
                with archive.open(member) as stream:
                    while stream.read(2**20):
                        pass
            except NotImplementedError:  # a packing that GDAL knows and Python does not
                continue
            except _DAMAGED as error:
                raise StepFailed(
                    f"{shown(place.file)} cannot be read: {member.filename} in it is damaged ({error}); "
                    "get or make the archive again"
                ) from error


def _within(path: Path, prefix: str, sizes: dict[str, int], layer: str | None, field: str) -> Place:
    names = [name for name in sizes if "__MACOSX" not in name]
    tables = tables_in(names)
    size = sum(sizes.values())
    if not tables and any(name.lower().endswith((".parquet", ".pq")) for name in names):
        raise StepFailed(f"{shown(path)} holds Parquet, which is not read within an archive; unpack it")
    if len(tables) > 1 and layer is not None:
        tables = [name for name in tables if PurePosixPath(name).stem == layer] or tables
    if len(tables) > 1:
        raise StepFailed(f"{shown(path)} holds the tables {', '.join(tables)}; name one in {field}.layer")
    if not tables and prefix == "/vsitar/":
        raise StepFailed(f"{shown(path)} holds no table that is read; unpack it, and name the file in it")
    return Place(file=path, prefix=prefix, member=tables[0] if tables else None, size=size)


def _unpacked_size(path: Path) -> int:
    """As its last bytes say; of more than 4 GiB they say what is beyond."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4))
        return max(int.from_bytes(file.read(4), "little"), path.stat().st_size)


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise StepFailed(
            f"{shown(path)} cannot be read: the archive is damaged, or not whole ({error}); get or make it again"
        ) from error
