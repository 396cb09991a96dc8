"""What the columns of a GeoPackage or SQLite file hold: any value, whatever type they have."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

from pyogrio.errors import DataSourceError

from fused_spec.engine.ingest.inputs.archives import GdalPath

DRIVERS = frozenset({"GPKG", "SQLite"})
# When a value does not fit, in words that take SQLite little time: it sorts numbers before text before bytes.
_STRANGE = {
    "OFTInteger": "typeof({0}) > 'nulm'",  # real, text
    "OFTInteger64": "typeof({0}) > 'nulm'",
    "OFTReal": "{0} >= ''",
    "OFTString": "{0} < ''",
    "OFTDate": "{0} is not null and {0} not glob '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]*'",
}
_MOST_COLUMNS = 500  # of a query; SQLite has its limits
_BECOME = {"OFTString": "text", "OFTDate": "nothing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """How many rows a table has, and of some columns how many values do not fit their type."""

    rows: int
    strange: Mapping[str, int] = field(default_factory=dict)


def content_of(place: GdalPath, table: str, types: Mapping[str, str]) -> Content | None:
    """What a table holds, None where it is not one of the file's own; raises what a damaged file says of itself.

    `types` are OGR's names for those of its columns.
    """
    asked = [(name, fits) for name, kind in types.items() if (fits := _strange(name, kind))][:_MOST_COLUMNS]
    counts = ", ".join(["count(*)", *(f"total({fits})" for _, fits in asked)])
    try:
        with closing(_opened(place)) as base:
            if not base.execute("select 1 from sqlite_master where name = ?", [table]).fetchone():
                return None
            some = " or ".join(fits for _, fits in asked) or "0"
            rows = base.execute(f"select count(*) from {_quoted(table)}").fetchone()[0]  # noqa: S608
            if base.execute(f"select 1 from {_quoted(table)} where {some} limit 1").fetchone() is None:  # noqa: S608
                return Content(rows=rows)
            rows, *found = base.execute(f"select {counts} from {_quoted(table)}").fetchone()  # noqa: S608
    except sqlite3.DatabaseError as error:
        raise DataSourceError(f"{error}; it is damaged, or is being written to") from error
    strange = {name: int(count) for (name, _), count in zip(asked, found, strict=True) if count}
    return Content(rows=rows, strange=strange)


def told(content: Content, types: Mapping[str, str]) -> Iterator[str]:
    """Sentences about values that GDAL changes."""
    for name, count in content.strange.items():
        made = _BECOME.get(types[name], "what GDAL makes of them as numbers, mostly 0")
        yield f"column {name}: {count:,} of its values are not of its type, which SQLite allows, and become {made}"


def _opened(place: GdalPath) -> sqlite3.Connection:
    """The file, to be read; in a folder that cannot be written to, as one that nobody writes to."""
    address = place.file.absolute().as_uri()
    base = sqlite3.connect(f"{address}?mode=ro", uri=True)
    try:
        base.execute("select 1 from sqlite_master").fetchone()
    except sqlite3.OperationalError:
        base.close()
        base = sqlite3.connect(f"{address}?mode=ro&immutable=1", uri=True)
    return base


def _strange(name: str, kind: str) -> str | None:
    """The condition that a value does not fit."""
    return f"({_STRANGE[kind].format(_quoted(name))})" if kind in _STRANGE else None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
