"""Geometry of any kind and system, and columns of any name, in every form."""

import csv
import io
import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from fused_spec.engine.results.stored import Unstorable
from fused_spec.engine.results.storing import stored_form
from fused_spec.engine.results.tables.formats import FORMATS
from tests.depth import examples
from tests.unit.engine.reading_back import READERS

pytestmark = pytest.mark.filterwarnings("ignore:.*shapely.ops.transform.*", "ignore:.*crs.*")
DEGREE = st.floats(-80, 80).map(lambda number: number + 0.0)
WKT = st.sampled_from(
    ["POINT EMPTY", "POLYGON EMPTY", "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))", "POINT Z (1 2 3.5)"]
)
MEASURED = st.sampled_from(["POINT M (1 2 4)", "LINESTRING ZM (1 2 3 4, 5 6 7 8)"])
SHAPES = (
    st.none()
    | WKT.map(shapely.from_wkt)
    | st.tuples(DEGREE, DEGREE).map(shapely.Point)
    | st.tuples(DEGREE, DEGREE, DEGREE).map(shapely.Point)
    | st.lists(st.tuples(DEGREE, DEGREE), min_size=2, max_size=4).map(shapely.LineString)
    | st.tuples(DEGREE, DEGREE).map(lambda at: shapely.Point(at).buffer(0.5, 1))
)
ANY_SHAPES = st.lists(SHAPES, max_size=4)


def frame(shapes: list[Any], crs: Any = 4326) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=gpd.GeoSeries(shapes, crs=crs))


def coordinates(shapes: Any) -> list[list[float]]:
    found: list[list[float]] = shapely.get_coordinates(np.asarray(shapes, object), include_z=True).tolist()
    return json.loads(json.dumps(found).replace("NaN", "null"))


@examples(20)
@given(ANY_SHAPES)
def test_geojson_has_every_digit_of_a_geometry(shapes: list[Any]) -> None:
    features = json.loads(stored_form(frame(shapes), ["geojson"]).content)["features"]
    read = [one["geometry"] and shapely.geometry.shape(one["geometry"]) for one in features]
    assert coordinates(read) == coordinates(shapes)


@pytest.mark.parametrize("crs", [3857, 32633, "+proj=laea +lat_0=52 +lon_0=10 +ellps=GRS80"])
@examples(20)
@given(shapes=st.lists(st.tuples(st.floats(5, 20), st.floats(40, 60)).map(shapely.Point), min_size=1, max_size=3))
def test_geojson_lies_where_the_table_does_for_a_reader_that_is_none_of_ours(crs: Any, shapes: list[Any]) -> None:
    stored = stored_form(frame(shapes).to_crs(crs), ["geojson"])
    read = pyogrio.read_dataframe(io.BytesIO(stored.content))
    assert np.allclose(shapely.get_coordinates(read.geometry), shapely.get_coordinates(shapes), atol=1e-6)
    assert any("reprojected from" in sentence for sentence in stored.lossy)


@examples(20)
@given(ANY_SHAPES)
def test_text_forms_have_every_digit_of_a_geometry(shapes: list[Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(stored_form(frame(shapes), ["csv"]).content.decode())))
    records = json.loads(stored_form(frame(shapes), ["json"]).content)
    for read in (rows, records):
        assert coordinates([shapely.from_wkt(one["geometry"] or None) for one in read]) == coordinates(shapes)


@pytest.mark.parametrize("crs", [None, 4326, 32633, "OGC:CRS84"])
@pytest.mark.parametrize("output_format", ["parquet", "feather"])
@examples(20)
@given(shapes=ANY_SHAPES)
def test_parquet_and_feather_have_geometry_and_its_system(output_format: str, crs: Any, shapes: list[Any]) -> None:
    table = frame(shapes, crs).assign(other=gpd.GeoSeries(shapes, crs=3857))
    content = io.BytesIO(stored_form(table, [output_format]).content)
    read = gpd.read_parquet(content) if output_format == "parquet" else gpd.read_feather(content)
    assert (read.crs, read["other"].crs, read.geometry.to_wkb().tolist()) == (
        table.crs,
        "EPSG:3857",
        table.geometry.to_wkb().tolist(),
    )


@pytest.mark.parametrize("output_format", ["geojson", "mvt"])
@examples(20)
@given(shape=MEASURED)
def test_measures_are_never_taken_for_heights(output_format: str, shape: str) -> None:
    stored = stored_form(frame([shapely.from_wkt(shape)]), [output_format], tile=(0, 0, 0))
    assert any("measures (M) of geometries are left out" in sentence for sentence in stored.lossy)
    if output_format == "geojson":
        [feature] = json.loads(stored.content)["features"]
        assert shapely.geometry.shape(feature["geometry"]).has_z == ("ZM" in shape)


@pytest.mark.parametrize("output_format", sorted(FORMATS))
def test_geometry_without_a_system_says_that_it_is_taken_for_degrees_where_it_is(output_format: str) -> None:
    stored = stored_form(frame([shapely.Point(1, 2)], None), [output_format], tile=(0, 0, 0))
    told = any("no coordinate system, so that its numbers are taken for degrees" in one for one in stored.lossy)
    assert told == (output_format in ("geojson", "mvt"))


NAMES = st.lists(
    st.text(st.characters(exclude_categories=()), max_size=4)
    | st.integers()
    | st.tuples(st.text(max_size=2), st.integers()),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize("output_format", sorted(set(READERS) - {"geojson", "mvt"}))
@examples(20)
@given(names=NAMES)
@example(names=["\r"])
def test_names_of_columns_are_kept_or_refused_or_told_of(output_format: str, names: list[Any]) -> None:
    columns = pd.Index(names, tupleize_cols=False)
    try:
        stored = stored_form(pd.DataFrame([range(len(names))], columns=columns), [output_format])
    except Unstorable as refused:
        assert "name" in str(refused)
        return
    read = READERS[output_format](stored.content)
    told = {sentence.removeprefix("column ").partition(": it is called ")[0] for sentence in stored.lossy}
    assert [str(name) for name in names if str(name) not in (*read, *told)] == []
    assert all(isinstance(name, str) for name in names) or "the names of columns that are no text" in str(stored.lossy)


@pytest.mark.parametrize("output_format", sorted(FORMATS))
@pytest.mark.parametrize("rows", [0, 1])
def test_an_empty_table_is_one_in_every_form(output_format: str, rows: int) -> None:
    table = frame([shapely.Point(1, 2)]).iloc[:rows]
    assert stored_form(table, [output_format], tile=(0, 0, 0)).content
