"""xarrays of any axes, types, nodata and coordinates: the TIFF or table holds them, or it is told what it does not."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile

from fused_spec.engine.results.stored import Content, Unstorable
from fused_spec.engine.results.storing import stored_form
from tests.depth import examples

pytestmark = pytest.mark.filterwarnings(f"ignore::{NotGeoreferencedWarning.__module__}.NotGeoreferencedWarning")
TYPES = st.sampled_from(["bool", "uint8", "int8", "uint16", "int16", "int32", "int64", "float16", "float32", "float64"])
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["units", "source", "n", "ratio", "odd=key", "list", "text", "flag"]),
    st.text(max_size=5)
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False)
    | st.lists(st.integers(0, 9), max_size=3),
    max_size=3,
)
MOMENTS = st.datetimes(pd.Timestamp("1950-01-01").to_pydatetime(), pd.Timestamp("2100-01-01").to_pydatetime())


@st.composite
def images(draw: st.DrawFn) -> xr.DataArray:
    """Rows, columns, and perhaps bands, in any order, with coordinates or without."""
    kind = draw(TYPES)
    sizes = {"y": draw(st.integers(1, 4)), "x": draw(st.integers(1, 4))}
    extra = draw(st.sampled_from([None, "band", "time"]))
    if extra is not None:
        sizes[extra] = draw(st.integers(1, 3))
    order = draw(st.permutations(sorted(sizes)))
    elements = {"allow_nan": True} if kind.startswith("float") else None
    values = draw(
        arrays.arrays(
            kind, [sizes[dim] for dim in order], elements=elements and arrays.from_dtype(np.dtype(kind), **elements)
        )
    )
    coords: dict[str, Any] = {}
    if draw(st.booleans()):
        step = draw(st.sampled_from([1.0, -0.25, 30.0]))
        coords |= {"y": 50 + step * np.arange(sizes["y"]), "x": 10 + abs(step) * np.arange(sizes["x"])}
    if extra == "time" and draw(st.booleans()):
        coords["time"] = np.array(
            draw(st.lists(MOMENTS, min_size=sizes["time"], max_size=sizes["time"])), "datetime64[us]"
        )
    if extra == "band" and draw(st.booleans()):
        coords["band"] = draw(st.lists(st.text(max_size=4), min_size=sizes["band"], max_size=sizes["band"]))
    if draw(st.booleans()):
        coords["taken"] = np.datetime64(draw(MOMENTS), "us")
    return xr.DataArray(
        values, dims=order, coords=coords, name=draw(st.none() | st.just("height")), attrs=draw(ATTRIBUTES)
    )


def opened(stored: Content) -> dict[str, Any]:
    """What a TIFF holds, by a reader that is none of ours."""
    with MemoryFile(stored.content) as memory, memory.open() as dataset:
        names = ("nodata", "descriptions", "transform", "crs", "scales", "offsets", "units")
        own = dataset.tags(ns="fused")
        return {"cells": dataset.read(), "tags": dataset.tags(), "own": own} | {n: getattr(dataset, n) for n in names}


@examples(60)
@given(images())
def test_an_image_comes_back_with_what_is_said_of_it(array: xr.DataArray) -> None:
    stored = stored_form(array)
    assert stored.suffix == "tiff"
    read = opened(stored)
    assert np.array_equal(
        read["cells"], array.transpose(..., "y", "x").values.reshape(read["cells"].shape), equal_nan=True
    )
    assert read["tags"].get("NETCDF_VARNAME") == array.name
    for name, value in array.attrs.items():
        kept = read["units"][0] or read["tags"].get(name) if name == "units" else read["tags"].get(name)
        assert str(kept) == str(value) or _numbers(kept) == value or repr(name) in str(stored.lossy)


def _numbers(text: Any) -> Any:
    try:
        return json.loads(str(text).replace("{", "[").replace("}", "]"))
    except ValueError:
        return None


@examples(60)
@given(images())
def test_every_coordinate_of_an_image_is_in_its_tiff_or_told_of(array: xr.DataArray) -> None:
    stored = stored_form(array)
    read = opened(stored)
    kept = json.loads(read["own"].get("coords", "{}"))
    for name in set(array.coords) & {"time", "band", "taken"}:
        assert np.array_equal(np.array(kept[name]["data"], array.coords[name].dtype), array.coords[name].values)
    if "x" in array.coords and min(array.sizes["x"], array.sizes["y"]) > 1:
        across = read["transform"].c + (np.arange(array.sizes["x"]) + 0.5) * read["transform"].a
        assert np.allclose(across, array["x"])
    elif "x" in array.coords:
        assert "the coordinates of y and x stand in the tag coords alone" in str(stored.lossy)
        assert kept["x"]["data"] == array["x"].values.tolist()


KINDS = {
    "uint8": (0, 255),
    "int16": (-9999, 0),
    "int32": (-(2**31), -1),
    "float32": (-9999.0, np.nan),
    "float64": (1e20, 0.1),
}


@pytest.mark.parametrize(("kind", "nodata"), [(kind, one) for kind, some in KINDS.items() for one in some])
@pytest.mark.parametrize("name", ["_FillValue", "missing_value", "nodata"])
def test_nodata_that_stands_in_the_cells_is_the_tiffs(kind: str, nodata: float, name: str) -> None:
    values = np.array([[1, 2], [3, nodata]], kind)
    read = opened(stored_form(xr.DataArray(values, dims=("y", "x"), attrs={name: nodata})))
    assert read["nodata"] == pytest.approx(nodata, nan_ok=True)
    assert np.array_equal(read["cells"][0], values, equal_nan=True)


@pytest.mark.parametrize("name", ["_FillValue", "missing_value"])
def test_nodata_of_a_decoded_array_stands_for_its_missing_cells(name: str) -> None:
    array = xr.DataArray(np.array([[1, np.nan]], "float32"), dims=("y", "x"))
    array.encoding[name] = -9999.0
    read = opened(stored_form(array))
    assert (read["nodata"], read["cells"].tolist()) == (-9999.0, [[[1.0, -9999.0]]])


def test_a_cell_that_has_the_number_of_nodata_and_is_not_missing_stays() -> None:
    array = xr.DataArray(np.array([[-9999, np.nan]], "float32"), dims=("y", "x"))
    array.encoding["_FillValue"] = -9999.0
    stored = stored_form(array)
    read = opened(stored)
    assert np.isnan(read["nodata"])
    assert np.array_equal(read["cells"][0], array, equal_nan=True)
    assert "the nodata of the xarray is NaN in the TIFF" in str(stored.lossy)


@pytest.mark.parametrize(
    ("kind", "nodata"), [("uint8", -9999), ("int16", np.nan), ("int64", 2**60), ("float32", 1e300)]
)
def test_nodata_that_no_cell_can_have_is_told_of(kind: str, nodata: float) -> None:
    stored = stored_form(xr.DataArray(np.zeros((2, 2), kind), dims=("y", "x"), attrs={"_FillValue": nodata}))
    assert opened(stored)["nodata"] is None
    assert "the nodata of the xarray is left out" in str(stored.lossy)


@examples(60)
@given(
    st.sampled_from(["bool", "uint8", "int8", "uint16", "int32", "int64"]).flatmap(
        lambda kind: st.tuples(arrays.arrays(kind, (3, 4)), arrays.arrays(bool, (3, 4)))
    )
)
def test_a_masked_array_of_whole_numbers_keeps_them_and_its_mask(made: tuple[np.ndarray, np.ndarray]) -> None:
    values, mask = made
    stored = stored_form((np.ma.masked_array(values, mask), [0, 0, 1, 1]))
    with rasterio.open(io.BytesIO(stored.content)) as dataset:
        cells, there = dataset.read(1), dataset.read_masks(1) > 0
    assert np.array_equal(there, ~mask)
    assert np.array_equal(cells[~mask], values[~mask])


def test_masked_whole_numbers_that_floats_would_round_are_no_npy() -> None:
    array = np.ma.masked_array([[2**53 + 1, 0]], [[False, True]])
    with pytest.raises(Unstorable, match=r"beyond 2\*\*53 cannot be stored as npy"):
        stored_form(array, ["npy"])


def test_names_of_bands_are_those_of_the_tiff() -> None:
    array = xr.DataArray(np.zeros((2, 2, 2)), dims=("band", "y", "x"), coords={"band": ["red", "near infrared"]})
    assert opened(stored_form(array))["descriptions"] == ("red", "near infrared")


def test_scale_offset_and_units_are_those_of_the_tiff() -> None:
    attrs = {"scale_factor": 0.1, "add_offset": 2, "units": "m"}
    read = opened(stored_form(xr.DataArray(np.zeros((2, 2), "int16"), dims=("y", "x"), attrs=attrs)))
    assert (read["scales"], read["offsets"], read["units"]) == ((0.1,), (2.0,), ("m",))


def test_a_coordinate_of_two_axes_is_told_of() -> None:
    array = xr.DataArray(np.zeros((2, 2)), dims=("y", "x"), coords={"height": (("y", "x"), np.zeros((2, 2)))})
    assert "the coordinate height (y, x) is left out" in str(stored_form(array).lossy)


def test_coordinates_that_are_only_nearly_even_are_told_of() -> None:
    array = xr.DataArray(np.zeros((2, 3)), dims=("y", "x"), coords={"y": [0.0, 1.0], "x": [0.0, 1.01, 2.0]})
    assert "are those of an even grid, from which they differ a little" in str(stored_form(array).lossy)


def test_coordinates_as_exact_as_their_type_are_not_told_of() -> None:
    lon = np.linspace(100, 101, 4000, dtype="float32")
    array = xr.DataArray(np.zeros((2, 4000)), dims=("y", "lon"), coords={"y": [0.0, 1.0], "lon": lon})
    assert stored_form(array).lossy == ()


def test_a_transform_beside_the_crs_places_an_array_without_coordinates() -> None:
    told = {"crs_wkt": "EPSG:32633", "GeoTransform": "500000 10 0 5000000 0 -10"}
    array = xr.DataArray(np.zeros((1, 3)), dims=("y", "x")).assign_coords(spatial_ref=((), 0, told))
    read = opened(stored_form(array))
    assert (read["crs"], read["transform"].to_gdal()) == ("EPSG:32633", (500000, 10, 0, 5000000, 0, -10))


def test_attributes_that_a_table_of_cells_has_no_place_for_are_told_of() -> None:
    cube = xr.Dataset({"a": ("time", [1, 2], {"units": "m"})}, coords={"time": [2020, 2021]})
    assert stored_form(cube).lossy == (
        "the attributes of a are left out, since a table of the cells has no place for them",
    )


@pytest.mark.parametrize("output_format", ["jpg", "webp", "gif"])
def test_a_form_that_keeps_colours_nearly_is_told_of(output_format: str) -> None:
    assert stored_form(np.zeros((3, 4, 4), "uint8"), [output_format]).lossy


def test_a_form_that_keeps_colours_exactly_says_nothing() -> None:
    assert stored_form(np.zeros((3, 4, 4), "uint8"), ["png"]).lossy == ()
