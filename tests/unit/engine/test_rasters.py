"""Arrays as images and arrays, read back by other readers."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import xarray as xr
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning

from fused_spec.engine.results.stored import Unstorable
from fused_spec.engine.results.tables.formats import write_table
from tests.unit.engine.building import points
from tests.unit.engine.storing import write_result

pytestmark = pytest.mark.filterwarnings(f"ignore::{NotGeoreferencedWarning.__module__}.NotGeoreferencedWarning")
IMAGE = np.arange(60, dtype="uint8").reshape(3, 4, 5)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "int64", "float32", "float64"])
def test_a_tiff_holds_the_same_numbers_and_says_what_they_were(tmp_path: Path, dtype: str) -> None:
    array = IMAGE.astype(dtype)
    write_result(array, tmp_path, 0)
    with rasterio.open(tmp_path / "0.tiff") as dataset:
        assert np.array_equal(dataset.read(), array)
        tags = dataset.tags(ns="fused")
    assert (tags["orig_type"], json.loads(tags["shape"])) == ("numpy.ndarray", [3, 4, 5])


def test_an_array_with_bounds_lies_where_they_say(tmp_path: Path) -> None:
    write_result((IMAGE[0], [10, 20, 30, 40]), tmp_path, 0)
    with rasterio.open(tmp_path / "0.tiff") as dataset:
        assert tuple(dataset.bounds) == (10, 20, 30, 40)
        assert dataset.crs == "EPSG:4326"
        assert json.loads(dataset.tags(ns="fused")["bounds"]) == [10, 20, 30, 40]


@pytest.mark.parametrize("bounds", [shapely.box(10, 20, 30, 40), points(3), np.array([10, 20, 30, 40.0])])
def test_bounds_may_be_a_geometry_or_a_frame(bounds: Any, tmp_path: Path) -> None:
    write_result((IMAGE[0], bounds), tmp_path, 0)
    with rasterio.open(tmp_path / "0.tiff") as dataset:
        assert dataset.crs == "EPSG:4326"


@pytest.mark.parametrize("bounds", [[0, 0, 1], [0, 0, float("nan"), 1], [0, 0, 0, 0], "0,0,1,1", points(1)])
def test_bounds_that_are_none_are_refused(bounds: Any, tmp_path: Path) -> None:
    with pytest.raises(Unstorable, match=r"the array comes with .* as its bounds; give four numbers"):
        write_result((IMAGE[0], bounds), tmp_path, 0)


def test_an_array_with_bounds_is_no_npy_when_a_tiff_will_do(tmp_path: Path) -> None:
    assert write_result((IMAGE, [0, 0, 1, 1]), tmp_path, 0, ["npy", "tiff", "parquet", "json"]).name == "0.tiff"


def test_a_mask_with_bounds_keeps_them(tmp_path: Path) -> None:
    write_result((IMAGE[0] > 3, [10, 20, 30, 40]), tmp_path, 0)
    with rasterio.open(tmp_path / "0.tiff") as dataset:
        assert np.array_equal(dataset.read(1), IMAGE[0] > 3)
        assert tuple(dataset.bounds) == (10, 20, 30, 40)


def test_what_is_masked_is_missing(tmp_path: Path) -> None:
    write_result(np.ma.masked_greater(IMAGE[0].astype("float32"), 10), tmp_path, 0)
    with rasterio.open(tmp_path / "0.tiff") as dataset:
        assert np.isnan(dataset.read(1)[IMAGE[0] > 10]).all()


def test_a_mask_can_be_a_picture(tmp_path: Path) -> None:
    write_result(IMAGE[0] > 3, tmp_path, 0, ["png"])
    with Image.open(tmp_path / "0.png") as picture:
        assert np.array_equal(np.asarray(picture) == 255, IMAGE[0] > 3)


@pytest.mark.parametrize("array", [IMAGE, IMAGE[0]])
def test_what_is_masked_is_transparent_in_a_picture(array: np.ndarray, tmp_path: Path) -> None:
    write_result(np.ma.masked_array(array, np.broadcast_to(IMAGE[0] > 10, array.shape)), tmp_path, 0, ["png"])
    with Image.open(tmp_path / "0.png") as picture:
        assert np.array_equal(np.asarray(picture)[..., 3] == 0, IMAGE[0] > 10)
        assert picture.getpixel((2, 1)) == (*np.broadcast_to(array, (3, 4, 5))[:, 1, 2], 255)


def test_a_palette_keeps_its_transparent_colour(tmp_path: Path) -> None:
    drawn = Image.new("P", (2, 2), 1)
    drawn.putpalette([0, 0, 0, 9, 8, 7])
    drawn.info["transparency"] = 1
    write_result(drawn, tmp_path, 0)
    with Image.open(tmp_path / "0.png") as picture:
        assert picture.getpixel((0, 0)) == (9, 8, 7, 0)


def test_one_band_may_come_last_in_a_picture(tmp_path: Path) -> None:
    write_result(IMAGE.reshape(12, 5, 1), tmp_path, 0, ["png"])
    with Image.open(tmp_path / "0.png") as picture:
        assert np.array_equal(np.asarray(picture), IMAGE.reshape(12, 5))


def test_several_arrays_are_all_kept(tmp_path: Path) -> None:
    write_result([IMAGE[0], IMAGE[1]], tmp_path, 0)
    assert json.loads((tmp_path / "0.json").read_text()) == IMAGE[:2].tolist()


def test_an_xarray_with_dates_along_an_axis_is_a_table(tmp_path: Path) -> None:
    days = np.array(["2024-02-28", "2024-02-29"], "datetime64[ns]")
    write_result(xr.DataArray(np.eye(2), dims=("station", "day"), coords={"day": days}), tmp_path, 0)
    assert pd.read_parquet(tmp_path / "0.parquet")["day"].tolist() == [*days, *days]


GRID = {"y": [50.5, 49.5], "x": [10.0, 11.0, 12.0, 13.0, 14.0]}
CELLS = np.arange(30.0).reshape(3, 2, 5)


def image(*dims: str, **named: str) -> xr.DataArray:
    """Three bands of a grid with its axes in this order, some under another name."""
    array = xr.DataArray(CELLS, dims=("band", "y", "x"), coords=GRID).transpose(*dims)
    return array.rename(named)


@pytest.mark.parametrize(
    "array",
    [
        image("band", "y", "x"),
        image("y", "x", "band"),
        image("x", "y", "band", x="lon", y="lat"),
        image("x", "band", "y", x="Longitude", y="LATITUDE"),
        image("y", "x", "band", x="time").assign_coords(time=("time", GRID["x"], {"standard_name": "longitude"})),
    ],
    ids=lambda array: ",".join(array.dims),
)
def test_the_axes_of_an_xarray_are_known_by_what_they_are_called(array: xr.DataArray, tmp_path: Path) -> None:
    write_result(array, tmp_path, 0)
    with rasterio.open(tmp_path / "0.tiff") as dataset:
        assert np.array_equal(dataset.read(), CELLS)
        assert (tuple(dataset.bounds), dataset.crs) == ((9.5, 49, 14.5, 51), "EPSG:4326")


def test_two_bands_of_an_xarray_with_three_columns_stay_two(tmp_path: Path) -> None:
    write_result(xr.DataArray(CELLS[:2, :, :3], dims=("time", "y", "x")), tmp_path, 0)
    with rasterio.open(tmp_path / "0.tiff") as dataset:
        assert np.array_equal(dataset.read(), CELLS[:2, :, :3])


@pytest.mark.parametrize(
    ("dims", "coords"),
    [
        (("y", "x"), {"y": [0.0, 1.0, 10.0]}),
        (("y", "x"), {"x": [0.0, 1.0, np.nan]}),
        (("y", "x"), {"x": [5.0, 5.0, 5.0]}),
        (("time", "station"), {"time": [1, 2, 3]}),
        (("lat", "month"), {}),
    ],
)
def test_an_xarray_without_rows_and_columns_of_even_cells_is_a_table(dims: Any, coords: Any, tmp_path: Path) -> None:
    assert write_result(xr.DataArray(np.eye(3), dims=dims, coords=coords), tmp_path, 0).name == "0.parquet"


def test_rounded_coordinates_are_even(tmp_path: Path) -> None:
    lon = np.linspace(100, 101, 4000, dtype="float32")
    array = xr.DataArray(np.zeros((2, 4000)), dims=("y", "lon"), coords={"lon": lon})
    assert write_result(array, tmp_path, 0).name == "0.tiff"


@pytest.mark.parametrize(
    ("array", "crs"),
    [
        (image("band", "y", "x"), "EPSG:4326"),
        (image("band", "y", "x").assign_coords(x=[500_000, 500_010, 500_020, 500_030, 500_040]), None),
        (image("band", "y", "x", x="column", y="row"), None),
        (image("band", "y", "x").assign_coords(spatial_ref=((), 0, {"crs_wkt": "EPSG:3857"})), "EPSG:3857"),
    ],
)
def test_an_xarray_lies_in_the_crs_it_tells_or_in_degrees_that_can_be(
    array: xr.DataArray, crs: str | None, tmp_path: Path
) -> None:
    write_result(array, tmp_path, 0)
    with rasterio.open(tmp_path / "0.tiff") as dataset:
        assert dataset.crs == crs


def test_a_variable_that_tells_the_crs_of_a_dataset_is_none_of_its_own(tmp_path: Path) -> None:
    heights = image("band", "y", "x").assign_attrs(grid_mapping="crs")
    write_result(xr.Dataset({"height": heights, "crs": ((), 0, {"spatial_ref": "EPSG:3857"})}), tmp_path, 0)
    with rasterio.open(tmp_path / "0.tiff") as dataset:
        assert (dataset.crs, dataset.tags(ns="fused")["key"]) == ("EPSG:3857", "height")


def test_an_xarray_with_a_crs_that_is_none_is_refused(tmp_path: Path) -> None:
    array = image("band", "y", "x").assign_coords(spatial_ref=((), 0, {"crs_wkt": "nowhere"}))
    with pytest.raises(Unstorable, match="the xarray's CRS 'nowhere' cannot be read"):
        write_result(array, tmp_path, 0)


def test_a_picture_of_few_rows_is_no_picture_of_few_bands(tmp_path: Path) -> None:
    write_result(Image.new("RGB", (7, 3), (1, 2, 3)), tmp_path, 0)
    with Image.open(tmp_path / "0.png") as picture:
        assert (picture.size, picture.getpixel((6, 2))) == ((7, 3), (1, 2, 3))


def test_the_callers_first_word_for_arrays_counts(tmp_path: Path) -> None:
    stored = write_result(IMAGE, tmp_path, 0, ["npy", "tiff", "parquet"])
    assert np.array_equal(np.load(tmp_path / stored.name), IMAGE)


def test_a_png_shows_the_bands(tmp_path: Path) -> None:
    write_result(IMAGE, tmp_path, 0, ["parquet", "png"])
    with Image.open(tmp_path / "0.png") as picture:
        assert np.array_equal(np.moveaxis(np.asarray(picture), -1, 0), IMAGE)


def test_bands_may_come_last(tmp_path: Path) -> None:
    write_result(np.zeros((7, 9, 3), "uint8"), tmp_path, 0, ["png"])
    with Image.open(tmp_path / "0.png") as picture:
        assert picture.size == (9, 7)


def test_a_picture_of_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unstorable, match="png holds 1, 3 or 4 bands of uint8, not 2 of float64"):
        write_result(np.zeros((2, 4, 5)), tmp_path, 0, ["png"])


def test_a_vector_tile_holds_what_lies_in_the_tile() -> None:
    import mapbox_vector_tile

    content = write_table(points(3), "mvt", (0, 0, 0))
    [layer] = mapbox_vector_tile.decode(content.content).values()
    assert [feature["properties"]["row"] for feature in layer["features"]] == [0, 1, 2]


def test_a_vector_tile_needs_a_tile() -> None:
    with pytest.raises(Unstorable, match="mvt is a format of tiles"):
        write_table(points(3), "mvt")


def test_feather_is_read_back() -> None:
    import pyarrow.feather as feather

    table = feather.read_table(io.BytesIO(write_table(points(3), "feather").content))
    assert table.column("row").to_pylist() == [0, 1, 2]
