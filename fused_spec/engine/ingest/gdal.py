"""Read whatever GDAL opens, as the Arrow batches that it streams."""

import inspect
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyogrio

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.budget import batch_rows
from fused_spec.engine.ingest.dialect import DELIMITERS
from fused_spec.engine.ingest.inputs import Input
from fused_spec.engine.ingest.layer import Batch, Choice, Layer
from fused_spec.engine.ingest.notes import note, shown
from fused_spec.engine.ingest.reading import Reading
from fused_spec.engine.ingest.wkb import WKB

_ARCHIVED = (".shp", ".gpkg", ".geojson", ".json", ".fgb", ".gml", ".kml", ".csv", ".tab")
# What pyogrio would take for its own.
_NO_OPTIONS = {*inspect.signature(pyogrio.open_arrow).parameters, *inspect.signature(pyogrio.read_info).parameters}
# Formats that write numbers without their types; GDAL takes integers beyond 64 bits for others, and says nothing.
_TYPELESS = frozenset({"CSV", "GeoJSON", "GeoJSONSeq"})
_LARGEST = 2**63 - 1
_IN_MEMORY = 4  # how many times larger than in its file a table may be, at a guess


def open_gdal(file: Input, choose: Choice, reading: Reading, *, plain: bool) -> Layer:
    """The layer of a file; raises what pyogrio does."""
    options = _options(reading)
    source, size = _within_archive(file.here(), reading.layer)
    if file.name.suffix.lower() in DELIMITERS:
        options.setdefault("AUTODETECT_TYPE", "YES")
        options.setdefault("AUTODETECT_SIZE_LIMIT", "0")  # a column's type comes from all of its rows
    name = reading.layer if reading.layer is not None else _first_layer(source)
    info = pyogrio.read_info(source, layer=name, **options)
    chosen = choose([str(field) for field in info["fields"]])
    if plain and not chosen:
        raise StepFailed(
            f"{shown(file.name)} has no columns beside its geometry; use partition_geospatial, or leave it out"
        )
    asked: dict[str, Any] = {"layer": name, "columns": chosen, "read_geometry": not plain, **options}
    features = int(info["features"])  # -1 where counting them would take long
    rows = batch_rows(size * _IN_MEMORY / features if features > 0 else 0)
    with pyogrio.open_arrow(source, use_pyarrow=True, batch_size=1, **asked) as (meta, reader):
        schema = reader.schema
    # by their places, since text that geometry is made of may have its name
    places = [schema.get_all_field_indices(one)[0] for one in chosen]
    found = schema.get_all_field_indices(str(meta["geometry_name"] or "wkb_geometry"))
    geometry = found[-1] if found and not plain else None
    asked["batch_size"] = rows
    return Layer(
        attributes=pa.schema([schema.field(place) for place in places]),
        parts=[size * _IN_MEMORY],
        batches=partial(_batches, file, reading.layer, asked, places, geometry, typeless=info["driver"] in _TYPELESS),
        has_geometry=geometry is not None,
        crs=meta["crs"],
    )


def _options(reading: Reading) -> dict[str, Any]:
    for name in reading.open_options:
        if name in _NO_OPTIONS:
            raise StepFailed(
                f"{reading.gdal_field}.open_options: {name} is no option of a GDAL driver; "
                f"a layer is named by {reading.gdal_field}.layer, columns by load_columns"
            )
    return dict(reading.open_options)


def _batches(
    file: Input,
    layer: str | None,
    asked: Mapping[str, Any],
    places: Sequence[int],
    geometry: int | None,
    parts: range,
    *,
    typeless: bool,
) -> Iterator[Batch]:
    source, _ = _within_archive(file.here(), layer)
    told = set[str]()
    for _ in parts:  # there is one
        with pyogrio.open_arrow(source, use_pyarrow=True, **asked) as (_, reader):
            for batch in reader:
                table = pa.Table.from_batches([batch]).replace_schema_metadata(None)
                attributes = table.select(list(places))
                if typeless:
                    _tell_changed(file, attributes, told)
                yield Batch(
                    attributes=attributes,
                    geometry=None if geometry is None else table.column(geometry).cast(WKB),
                )


def _tell_changed(file: Input, attributes: pa.Table, told: set[str]) -> None:
    """Tell once of each column whose integers may not be what the file says; both signs of it are at the limits."""
    for field, column in zip(attributes.schema, attributes.columns, strict=True):
        if field.name in told or not (pa.types.is_int64(field.type) or pa.types.is_float64(field.type)):
            continue
        ends = pc.min_max(column).as_py()
        if ends["max"] is not None and max(-ends["min"], ends["max"]) >= _LARGEST:
            told.add(field.name)
            note(
                f"{shown(file.name)}: column {field.name} has numbers at or beyond the end of 64 bits; GDAL changes "
                "integers beyond it, so write them as text in the input"
            )


def _within_archive(path: Path, layer: str | None) -> tuple[str, int]:
    """The path as GDAL takes it, and the bytes behind it: of a zip archive the one table in it, at whatever depth.

    Of several tables it is the one whose file is named like the layer; raises `StepFailed` when no layer is named.
    """
    if path.suffix.lower() != ".zip" or not zipfile.is_zipfile(path):  # spreadsheets are zip archives too
        return str(path), path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
        names = [name for name in archive.namelist() if "__MACOSX" not in name]
        tables = [name for name in names if name.lower().endswith(_ARCHIVED)]
    if not tables and any(name.lower().endswith(".parquet") for name in names):
        raise StepFailed(f"{shown(path)} holds Parquet, which is not read within an archive; unpack it")
    if len(tables) > 1 and layer is not None:
        tables = [name for name in tables if PurePosixPath(name).stem == layer]
    if len(tables) > 1:
        raise StepFailed(f"{shown(path)} holds the tables {', '.join(tables)}; name one in gdal_config.layer")
    return (f"/vsizip/{path}/{tables[0]}" if tables else f"/vsizip/{path}"), size


def _first_layer(source: str) -> str | None:
    names = [str(name) for name, _ in pyogrio.list_layers(source)]
    if len(names) > 1:
        note(
            f"{shown(Path(source))} has the layers {', '.join(names)}; "
            "the first is read, gdal_config.layer names another"
        )
    return names[0] if names else None
