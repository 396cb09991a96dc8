"""What a spreadsheet says that GDAL takes for something else: times, a first row of names, formulas without values."""

import re
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fused_spec.engine.ingest.inputs.archives import GdalPath
from fused_spec.engine.ingest.inputs.files import drop_with_copies

SUFFIX = ".xlsx"
_STYLES = "xl/styles.xml"
_FORMAT = re.compile(r'(<numFmt\b[^>]*\bformatCode=")([^"]*)(")')
_LITERAL = re.compile(r"\[[^\]]*\]|&quot;.*?&quot;|\\.")  # what stands in a format for itself
_HOUR = re.compile(r"(?<![hH])[hH](?![hH])")
_DATE = re.compile(r"[dDyY]")
_WITHOUT_VALUE = re.compile(rb"</f>\s*(?:<v\s*/>|<v></v>|</c>)|<f[^>]*/>\s*(?:<v\s*/>|<v></v>|</c>)")
_SHEETS = "xl/worksheets/"
_UNNAMED = re.compile(r"Field[0-9]+")
_NUMBER = re.compile(r"\s*[-+]?[0-9.,]+\s*")


def with_times(place: GdalPath) -> GdalPath:
    """The place itself, or a copy in which dates with a time have formats that GDAL takes for such."""
    if place.prefix or not zipfile.is_zipfile(place.file):
        return place
    with zipfile.ZipFile(place.file) as book:
        styles = book.read(_STYLES).decode() if _STYLES in book.namelist() else ""
        changed = _FORMAT.sub(lambda found: f"{found[1]}{_with_two_digits(found[2])}{found[3]}", styles)
    return place if changed == styles else replace(place, file=_copied(place.file, changed))


def _with_two_digits(code: str) -> str:
    """A format of dates and times, whose hours are written `h`; GDAL looks for `hh`."""
    bare = _LITERAL.sub("", code)
    return _HOUR.sub("hh", bare) if _DATE.search(bare) and _HOUR.search(bare) else code


_copies: dict[Path, Path] = {}


def _copied(path: Path, styles: str) -> Path:
    if path not in _copies or not _copies[path].exists():
        folder = Path(tempfile.mkdtemp(prefix="fused-spec-"))
        drop_with_copies(folder)
        with zipfile.ZipFile(path) as book, zipfile.ZipFile(folder / path.name, "w", zipfile.ZIP_DEFLATED) as copy:
            for member in book.infolist():
                copy.writestr(member, styles if member.filename == _STYLES else book.read(member))
        _copies[path] = folder / path.name
    return _copies[path]


def formulas_without_value(place: GdalPath) -> int:
    """How many cells of all sheets have a formula whose value nobody has stored."""
    if place.prefix or not zipfile.is_zipfile(place.file):
        return 0
    with zipfile.ZipFile(place.file) as book:
        sheets = [name for name in book.namelist() if name.startswith(_SHEETS) and name.endswith(".xml")]
        return sum(len(_WITHOUT_VALUE.findall(book.read(sheet))) for sheet in sheets)


def are_unnamed(fields: Sequence[str]) -> bool:
    """Whether GDAL has named the columns, having taken the first row for values."""
    return bool(fields) and all(_UNNAMED.fullmatch(name) for name in fields)


def is_row_of_names(row: Sequence[object]) -> bool:
    """Whether the first row looks as if it named the columns: text that is no number, none of it twice."""
    named = [one for one in row if one is not None]
    words = [one for one in named if isinstance(one, str) and not _NUMBER.fullmatch(one)]
    return len(words) == len(named) > 0 and len(set(words)) == len(words)
