"""Which columns GDAL streams, and what they become."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
from numpy.typing import NDArray

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.budget import MOST_BATCH_ROWS
from fused_spec.engine.ingest.common.gdal_messages import heard_opening
from fused_spec.engine.ingest.reading.gdal import geojson as geojson_text
from fused_spec.engine.ingest.reading.gdal import gml, strict_json
from fused_spec.engine.ingest.reading.gdal.drivers import ROW_NUMBERS
from fused_spec.engine.ingest.reading.gdal.file import Found, named_columns
from fused_spec.engine.ingest.reading.gdal.stream import Columns, Told, readable, record_batches, storage_of
from fused_spec.engine.ingest.reading.gdal.times import Times, learned, times_in
from fused_spec.engine.ingest.reading.layer import Choice

_EXTENSION = b"ARROW:extension:name"
_GEOMETRY = (b"geoarrow.wkb", b"ogc.wkb")
_JSON = b"arrow.json"
_GEOJSON = frozenset({"GeoJSON", "GeoJSONSeq"})
_ID = "id"
_STREAM_ID = "OGC_FID"  # what GDAL's stream calls the number of a row that has no name
_AS_TEXT = "DATE_AS_STRING"
_CHANGED_IDS = "Altering it to be unique"


def columns_of(found: Found, choose: Choice, *, plain: bool) -> tuple[Columns, Mapping[str, Any], Any]:
    """The columns chosen, what GDAL is asked for, and the coordinate system."""
    text = geojson_text.look_through(found.place) if found.driver in geojson_text.DRIVERS else geojson_text.Seen()
    if found.driver in geojson_text.COLLECTIONS:
        _check_collection(found)
    if found.driver == geojson_text.TOPOLOGY:
        _check_found(found, strict_json.count_geometries(found.place, str(found.info["layer_name"])))
    row_id = _row_id(found, text)
    chosen = choose([*found.fields, *row_id])
    if plain and not chosen:
        raise StepFailed(
            f"{found.place.name} has no columns beside its geometry; use partition_geospatial, or leave it out"
        )
    asked = {
        "layer": found.info["layer_name"],
        "columns": [name for name in chosen if name in found.fields],
        "read_geometry": not plain,
        "return_fids": bool(set(row_id) & set(chosen)),
        **found.options,
    }
    if len({name.casefold() for name in found.fields}) < len(found.fields):
        asked["columns"] = None  # GDAL would take Name for name
    schema, meta = _stream_schema(found, asked)
    time_places = times_in(schema)
    if text.fine_times and found.driver == "GeoJSON" and not any(pa.types.is_temporal(one.type) for one in schema):
        asked[_AS_TEXT] = "YES"  # GDAL's own times end at milliseconds
        text.fine_times.clear()
    in_stream = {name: place for place, name in reversed(list(enumerate(schema.names)))}
    in_stream |= {name: in_stream[key] for name, key in row_id.items() if key in in_stream}
    places = tuple(in_stream[name] for name in chosen)
    times = _times(found, asked, [place for place in time_places if place in places])
    fields = []
    for name, place in zip(chosen, places, strict=True):
        kind = times[place].kind if place in times else storage_of(schema.field(place).type)
        fields.append(pa.field(name, kind))
    _tell_of(found, text, schema, places, times)
    geometry = None if plain else _geometry(found, schema, meta)
    columns = Columns(
        schema=pa.schema(fields),
        places=places,
        geometry=geometry,
        typeless=found.driver == "CSV",
        driver=found.driver,
        config=_config(found),
    )
    crs = meta["crs"]
    if found.driver in _GEOJSON and not text.crs:
        crs = None if found.asked_crs is not None else crs
        found.tell(crs_from="GeoJSON's own")
    return columns, asked, crs


def _check_collection(found: Found) -> None:
    """Raise `StepFailed` where GDAL does not find all features of a collection."""
    found.missing = strict_json.check_collection(found.place)
    _check_found(found, None if found.missing is None else len(found.missing))


def _check_found(found: Found, features: int | None) -> None:
    if features is not None and features != found.features >= 0:
        raise StepFailed(
            f"{found.place.name} cannot be read: it has {features:,} features, and GDAL finds {found.features:,} of "
            "them; mend or remove the others"
        )


def _config(found: Found) -> dict[str, str]:
    """FlatGeobuf's own stream breaks at rows without geometry, which there are only where it has no index."""
    indexed = found.info["capabilities"]["fast_spatial_filter"]
    return {"OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES"} if found.driver == "FlatGeobuf" and not indexed else {}


def _row_id(found: Found, text: geojson_text.Seen) -> dict[str, str]:
    """A column for what GDAL takes for the number of a row where it is more than that, and its name in the stream."""
    key = str(found.info["fid_column"])
    if key.lower() not in ROW_NUMBERS:
        return {key: key} if key not in found.fields else {}
    if not text.ids + text.late_ids or (text.other_ids and _ID in found.fields):  # of others GDAL makes a column
        return {}
    numbers, doubled = _ids(found)
    counted = bool(np.array_equal(numbers, np.arange(len(numbers))))
    if not text.ids and counted:
        return {}  # the ids were properties
    if _ID in found.fields or doubled or text.ids + text.late_ids != len(numbers):
        found.lossy.append("the numbers that its features have as ids, beside their properties, are left out")
        return {}
    return {_ID: _STREAM_ID}


def _ids(found: Found) -> tuple[NDArray[np.int64], bool]:
    """The ids as GDAL has them, and whether it has made others of some, which several features have."""
    told = Told()
    asked = {"layer": found.info["layer_name"], "columns": [], "read_geometry": False, "return_fids": True}
    batches = [batch.column(0).to_numpy() for batch in record_batches(found.place, {**asked, **found.options}, told)]
    return np.concatenate([*batches, np.empty(0, np.int64)]), any(
        _CHANGED_IDS in said for said in told.messages.taken()
    )


def _stream_schema(found: Found, asked: Mapping[str, Any]) -> tuple[pa.Schema, Mapping[str, Any]]:
    told = Told()
    with heard_opening(told.messages), readable(found.place) as there:
        opened = pyogrio.open_arrow(there.source, use_pyarrow=True, datetime_as_string=True, batch_size=1, **asked)
        with opened as (meta, reader), named_columns(found.place):
            schema = reader.schema
    told.messages.check()
    return schema, meta


def _times(found: Found, asked: Mapping[str, Any], places: list[int]) -> dict[int, Times]:
    """What the columns of times hold: only their values say whether they have offsets."""
    if not places:
        return {}
    rows = {"batch_size": MOST_BATCH_ROWS, "read_geometry": False}
    wanted = {**asked, **rows}
    return learned(record_batches(found.place, wanted, Told()), places)


def _tell_of(
    found: Found, text: geojson_text.Seen, schema: pa.Schema, places: tuple[int, ...], times: Mapping[int, Times]
) -> None:
    kinds, zones = dict[str, str](), dict[str, str]()
    for place in places:
        field = schema.field(place)
        if (field.metadata or {}).get(_EXTENSION) == _JSON or "json" in str(field.type):
            kinds[field.name] = "JSON"
            found.lossy.append(
                f"column {field.name} has values of several kinds, lists or objects; all are text in the table"
            )
        if place in times:
            zones[field.name] = times[place].zone
            if lost := times[place].lost(field.name):
                found.lossy.append(lost)
            if pa.types.is_string(times[place].kind):
                kinds[field.name] = "DateTime"
    names = [schema.field(place).name for place in places]
    numbers = [schema.field(place).name for place in places if _is_number(schema.field(place).type)]
    cut = [schema.field(place).name for place in times]
    found.lossy += geojson_text.told(text, names, numbers=numbers, cut=cut)
    found.tell(kinds=kinds, zones=zones)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _geometry(found: Found, schema: pa.Schema, meta: Mapping[str, Any]) -> int | None:
    """The place of the geometry: the last of its name, since text that it is made of may have it too."""
    named = schema.get_all_field_indices(str(meta["geometry_name"] or "wkb_geometry"))
    geometry = int(named[-1]) if named else None
    marked = [place for place, one in enumerate(schema) if (one.metadata or {}).get(_EXTENSION) in _GEOMETRY]
    if (others := [schema.field(place).name for place in marked if place != geometry]) and found.driver != gml.DRIVER:
        found.lossy.append(f"of its geometry columns {', '.join(others)} are left out; ogr2ogr makes tables of them")
    return geometry
