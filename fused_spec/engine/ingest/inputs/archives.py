"""Files in archives and compressed files: where GDAL finds what they hold, and that it is whole."""

import gzip
import shutil
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import shown
from fused_spec.engine.ingest.inputs.files import drop_with_copies
from fused_spec.jobs.input_formats import UNPACKED_BY, tables_in

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
"""How the names of files end that hold others."""

_TARS = (".tar", ".tar.gz", ".tgz")
_ZIPPED = frozenset({".zip", ".shz", ".kmz", ".xlsx", ".ods"})
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    tarfile.TarError,
    struct.error,
    NotImplementedError,  # a packing that Python's zipfile does not know, or a number of one that there is not
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GdalPath:
    """Where GDAL finds a table: the file on this machine, what it is within it, and the bytes behind it.

    `member` is None where the file is no archive, or where GDAL takes the archive as a whole; `archive` is one that the
    file was taken out of.
    """

    file: Path
    archive: Path | None = None
    prefix: str = ""
    member: str | None = None
    size: int

    @property
    def name(self) -> str:
        """What to call it."""
        return shown(self.archive if self.archive is not None else self.file)

    @property
    def source(self) -> str:
        """The path as GDAL takes it."""
        if self.member is None:
            return f"{self.prefix}{self.file}"
        known = self.file.suffix.lower() == ".zip"  # by which GDAL sees where the archive's name ends
        return f"{self.prefix}{self.file if known else f'{{{self.file}}}'}/{self.member}"

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
        return [one.name for one in self.file.parent.iterdir()]

    @contextmanager
    def open(self, name: str | None = None) -> Iterator[IO[bytes]]:
        """The bytes, unpacked, of one of `names`, or of the table itself."""
        member = self.member if name is None else name
        if self.prefix == "/vsizip/" and member is not None:
            with _whole(self.file), zipfile.ZipFile(self.file) as archive, archive.open(member) as stream:
                yield stream
        elif self.prefix == "/vsigzip/":
            with _whole(self.file), gzip.open(self.file) as packed:
                yield cast(IO[bytes], packed)
        else:
            with (self.file if name is None else self.file.with_name(name)).open("rb") as file:
                yield file


def located(path: Path, layer: str | None, field: str) -> GdalPath:
    """Where the table of a file is: in an archive the one table in it, at whatever depth.

    Of several tables it is the one whose file is named like the layer; raises `StepFailed` when no layer is named, in
    the field of the step.
    """
    name = path.name.lower()
    for suffix, command in UNPACKED_BY.items():
        if name.endswith(suffix):
            raise StepFailed(f"{shown(path)} is packed in a way that is not read; unpack it: {command} {path.name}")
    if path.is_dir():
        return GdalPath(file=path, size=sum(one.stat().st_size for one in path.rglob("*") if one.is_file()))
    if name.endswith(_TARS):
        with _whole(path), tarfile.open(path) as tar:
            sizes = {one.name: one.size for one in tar.getmembers() if one.isfile()}
            member = _chosen(path, sizes, layer, field)
            if member is None:
                raise StepFailed(f"{shown(path)} holds no table that is read; unpack it, and name the file in it")
            return GdalPath(file=_taken_out(path, tar, member), archive=path, size=sum(sizes.values()))
    if name.endswith(".gz"):
        return GdalPath(file=path, prefix="/vsigzip/", size=_unpacked_size(path))
    if name.endswith((".zip", ".shz")) and zipfile.is_zipfile(path):
        with _whole(path), zipfile.ZipFile(path) as archive:
            sizes = {one.filename: one.file_size for one in archive.infolist() if not one.is_dir()}
        member = _chosen(path, sizes, layer, field)
        return GdalPath(file=path, prefix="/vsizip/", member=member, size=sum(sizes.values()))
    return GdalPath(file=path, size=path.stat().st_size)


def check_whole(place: GdalPath) -> None:
    """Raise `StepFailed` where what is packed is not what was packed; GDAL does not look at all of the check sums."""
    if place.file.is_dir() or place.file.suffix.lower() not in _ZIPPED or not zipfile.is_zipfile(place.file):
        return
    stem = None if place.member is None else place.member.removesuffix(PurePosixPath(place.member).suffix)
    with _whole(place.file), zipfile.ZipFile(place.file) as archive:
        for member in archive.infolist():
            is_part = stem is None or member.filename.startswith(stem)
            if member.flag_bits & 1:
                if is_part:
                    raise StepFailed(f"{place.name}: {member.filename} is encrypted; unpack it with its password")
                continue
            try:
                with archive.open(member) as stream:  # which shows whether it has one name in both places
                    while is_part and stream.read(2**20):
                        pass
            except NotImplementedError:  # a packing that GDAL knows and Python does not
                continue
            except _DAMAGED as error:
                raise StepFailed(
                    f"{place.name} cannot be read: {member.filename} in it is damaged ({error}); "
                    "get or make the archive again"
                ) from error


_taken: dict[tuple[Path, str], Path] = {}


def _taken_out(path: Path, tar: tarfile.TarFile, member: str) -> Path:
    """A table and its neighbours in a folder of their own; GDAL reads some formats in a tar archive as if empty."""
    if (path, member) not in _taken or not _taken[path, member].exists():
        folder = Path(tempfile.mkdtemp(prefix="fused-spec-"))
        drop_with_copies(folder)
        home = PurePosixPath(member).parent
        stem = member.removesuffix(PurePosixPath(member).suffix)
        for one in tar.getmembers():
            content = tar.extractfile(one) if one.isfile() and one.name.startswith(stem) else None
            if content is not None and ".." not in PurePosixPath(one.name).parts:
                target = folder / PurePosixPath(one.name).relative_to(home)
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    shutil.copyfileobj(content, file)
        _taken[path, member] = folder / PurePosixPath(member).name
    return _taken[path, member]


def _chosen(path: Path, names: Iterable[str], layer: str | None, field: str) -> str | None:
    """The name of the table in an archive, None where there is none that is known by its suffix."""
    names = [name for name in names if "__MACOSX" not in name]
    tables = tables_in(names)
    if not tables and any(name.lower().endswith((".parquet", ".pq")) for name in names):
        raise StepFailed(f"{shown(path)} holds Parquet, which is not read within an archive; unpack it")
    if len(tables) > 1 and layer is not None:
        tables = [name for name in tables if PurePosixPath(name).stem == layer] or tables
    if len(tables) > 1:
        raise StepFailed(f"{shown(path)} holds the tables {', '.join(tables)}; name one in {field}.layer")
    return tables[0] if tables else None


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
