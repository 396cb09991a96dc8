"""What there is to know of a file before a column of it is chosen: whether it is whole, its layer and its options."""

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pyogrio
from pyogrio.errors import DataSourceError

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.gdal_library import layer_names
from fused_spec.engine.ingest.common.gdal_messages import Messages, heard_opening
from fused_spec.engine.ingest.common.notes import count
from fused_spec.engine.ingest.inputs.archives import GdalPath, check_whole, located
from fused_spec.engine.ingest.inputs.files import Input
from fused_spec.engine.ingest.reading.gdal import geojson as geojson_text
from fused_spec.engine.ingest.reading.gdal import gml, shapefiles, spreadsheets
from fused_spec.engine.ingest.reading.gdal import sqlite as sqlite_values
from fused_spec.engine.ingest.reading.gdal.drivers import ENCODING_DRIVERS, SINGLE_LAYER, SPREADSHEETS
from fused_spec.engine.ingest.reading.gdal.stream import Told, readable, record_batches
from fused_spec.engine.ingest.reading.gdal.strict_json import Missing
from fused_spec.engine.ingest.reading.layer import Origin
from fused_spec.engine.ingest.reading.options import Reading
from fused_spec.engine.ingest.reading.text.dialect import DELIMITERS

# What pyogrio would take for its own.
_NO_OPTIONS = {*inspect.signature(pyogrio.open_arrow).parameters, *inspect.signature(pyogrio.read_info).parameters}
_SHAPEFILES = (".shp", ".dbf")
_SUPPOSED = "probably ranging out of 64bit integer range"
_TOLD_APART = 2  # columns, between which there is a sign, so that a line is not empty
_OWN_OPTION = "WRITE_GFS"


@dataclass(slots=True, kw_only=True)
class Found:
    """What has been found out about a file so far."""

    place: GdalPath
    options: dict[str, Any]
    origin: Origin = field(default_factory=Origin)
    info: Mapping[str, Any] = field(default_factory=dict)
    lossy: list[str] = field(default_factory=list)
    asked_crs: str | None = None
    missing: Missing | None = None

    def tell(self, **said: Any) -> None:
        """Add to what the file says of its rows."""
        self.origin = replace(self.origin, **said)

    @property
    def driver(self) -> str:
        return str(self.info["driver"])

    @property
    def fields(self) -> list[str]:
        return [str(name) for name in self.info["fields"]]

    @property
    def features(self) -> int:
        """How many rows there are, -1 where counting them would take long."""
        return int(self.info["features"])


def look_into(file: Input, reading: Reading) -> Found:
    """What is known of a file; raises what pyogrio does, and `StepFailed`."""
    place = located(file.here(), reading.layer, reading.gdal_field)
    check_whole(place)
    found = Found(place=place, options=_options(reading), asked_crs=reading.crs)
    if place.suffix in DELIMITERS:
        found.options.setdefault("AUTODETECT_TYPE", "YES")
        found.options.setdefault("AUTODETECT_SIZE_LIMIT", "0")  # a column's type comes from all of its rows
    if place.suffix in gml.SUFFIXES:
        gml.check_template(place)
        found.options.setdefault(_OWN_OPTION, "NO")  # beside the input, where the next ingestion would trust it
    if place.suffix in _SHAPEFILES:
        _look_into_shapefile(found, reading)
    _ask_gdal(found, reading)
    if found.driver == gml.DRIVER:
        found.lossy += gml.left_out(place, str(found.info["geometry_name"]))
    if found.driver in SPREADSHEETS:
        _look_into_spreadsheet(found, reading)
    if found.driver in geojson_text.SEQUENCES or place.suffix in geojson_text.SEQUENCE_SUFFIXES:
        missing = geojson_text.check_records(place)
        if len(missing) == found.features:  # else there are records of several lines
            found.missing = missing
        found.tell(rows=None if found.missing is None else len(missing), encoding="UTF-8")
    elif place.suffix not in _SHAPEFILES:
        found.tell(rows=found.features if found.features >= 0 else _rows_beside(found))
        found.tell(encoding="UTF-8" if found.driver in geojson_text.DRIVERS else "UTF-8, as GDAL gives it")
    if found.driver in sqlite_values.DRIVERS and not place.prefix:
        _look_into_sqlite(found)
    return found


def _look_into_spreadsheet(found: Found, reading: Reading) -> None:
    if missing := spreadsheets.formulas_without_value(found.place):
        found.lossy.append(
            f"{count(missing, 'formula')} without a stored value; open and save it with the program that shows them"
        )
    if "HEADERS" in found.options or not spreadsheets.are_unnamed(found.fields):
        return
    first = next(
        record_batches(found.place, {**found.options, "layer": found.info["layer_name"], "batch_size": 1}, Told()), None
    )
    if first is not None and spreadsheets.is_row_of_names(list(first.to_pylist()[0].values())):
        found.options["HEADERS"] = "FORCE"
        found.lossy.append(
            "its first row is taken for the names of its columns; open option HEADERS: DISABLE reads it as values"
        )
        _ask_gdal(found, reading)


def _look_into_sqlite(found: Found) -> None:
    types = dict(zip(found.fields, map(str, found.info["ogr_types"]), strict=True))
    content = sqlite_values.content_of(found.place, str(found.info["layer_name"]), types)
    if content is not None:
        found.tell(rows=content.rows)
        found.lossy += sqlite_values.told(content, types)


def _options(reading: Reading) -> dict[str, Any]:
    for name in reading.open_options:
        if name in _NO_OPTIONS:
            raise StepFailed(
                f"{reading.gdal_field}.open_options: {name} is no option of a GDAL driver; "
                f"a layer is named by {reading.gdal_field}.layer, columns by load_columns"
            )
    return dict(reading.open_options)


def _look_into_shapefile(found: Found, reading: Reading) -> None:
    shapes = shapefiles.look_into(found.place, found.options.get("ENCODING", reading.encoding))
    if shapes.encoding is not None:
        found.options["ENCODING"] = shapes.encoding
    found.lossy += shapes.lossy
    found.tell(rows=shapes.rows, encoding=shapes.words)


def _ask_gdal(found: Found, reading: Reading) -> None:
    messages = Messages()
    with heard_opening(messages), named_columns(found.place), readable(found.place) as there:
        try:
            found.info = pyogrio.read_info(there.source, layer=reading.layer, **found.options)
        except IndexError as error:  # what pyogrio makes of a file without layers
            messages.check()
            raise DataSourceError("GDAL finds no layer in it; it is damaged, or holds no table") from error
        if reading.layer is None and found.driver not in SINGLE_LAYER:
            names = layer_names(there.source, found.options)
            if len(names) > 1:
                found.lossy.append(
                    f"of its layers {', '.join(names)} only {found.info['layer_name']} is read; "
                    f"{reading.gdal_field}.layer names another"
                )
    messages.check()
    found.lossy += [said for said in messages.taken() if _OWN_OPTION not in said and not _is_known(found, said)]
    if reading.encoding is not None and "ENCODING" not in found.options:
        if found.driver not in ENCODING_DRIVERS:
            raise StepFailed(
                f"{found.place.name}: read.encoding is not for GDAL's {found.driver}, which reads the encoding "
                f"that the file names; convert it: iconv -f {reading.encoding} -t UTF-8"
            )
        found.options["ENCODING"] = reading.encoding


def _is_known(found: Found, said: str) -> bool:
    """Whether the text of a file is looked through for what GDAL supposes."""
    return _SUPPOSED in said and found.driver in geojson_text.DRIVERS


@contextmanager
def named_columns(place: GdalPath) -> Iterator[None]:
    """Raise `StepFailed` where GDAL gives names that are no text."""
    try:
        yield
    except UnicodeDecodeError as error:
        name = bytes(error.object).decode(errors="replace")
        raise StepFailed(
            f"{place.name} cannot be read: the name of its column {name} is no UTF-8 text: it was cut within a "
            "letter, or is in another encoding; rename it with the program that wrote it, or name its encoding: "
            "gdal_config.open_options: {ENCODING: CP1252} for a shapefile, !charset in a .tab, Charset in a .mif"
        ) from error


def _rows_beside(found: Found) -> int | None:
    """The rows that another file of the same table has: of MapInfo's text its attributes."""
    place = found.place
    if place.suffix != ".mif" or len(found.fields) < _TOLD_APART:
        return None
    stem = (place.member or place.file.name)[: -len(place.suffix)]
    beside = [name for name in place.names() if name[: len(stem)] == stem and name[len(stem) :].lower() == ".mid"]
    if not beside:
        return None
    with place.open(beside[0]) as file:
        return sum(1 for line in file if line.strip())
