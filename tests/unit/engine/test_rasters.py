"""Arrays as images and arrays, read back by other readers."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning

from fused_spec.engine.stored import Unstorable
from fused_spec.engine.tables import write_table
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
