"""Real files of formats that are not read: the failure names the command that converts them."""

import gzip
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

from fused_spec.engine.failures import StepFailed
from tests.unit.engine.building import plain_ingested, points, saved


def _raster(path: Path) -> None:
    place = rasterio.transform.from_origin(0, 2, 1, 1)
    with rasterio.open(path, "w", "GTiff", 2, 2, 1, "EPSG:4326", place, "uint8") as file:
        file.write(np.ones((1, 2, 2), "uint8"))


def _compressed(path: Path) -> None:
    whole = Path(saved(points(3), path.with_name("whole.parquet")))
    path.write_bytes(gzip.compress(whole.read_bytes()))


MADE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a.tif": (
        _raster,
        "it is a raster: read it in a step of type udf, or make polygons of it: `gdal raster polygonize",
    ),
    "a.parquet.gz": (_compressed, "it is a packed file: unpack it: `gunzip -k a.parquet.gz`"),
    "a.dta": (lambda path: pd.DataFrame({"a": [1]}).to_stata(path), "pandas.read_stata('in.dta').to_parquet("),
    "a.orc": (lambda path: pd.DataFrame({"a": [1]}).to_orc(path), "pandas.read_orc('in.orc').to_parquet("),
    "a.pkl": (lambda path: path.write_bytes(pickle.dumps([1])) and None, "pandas.read_pickle('in.pkl')"),
    "a.npy": (lambda path: np.save(path, np.ones(3)), "it is an array without columns: read it in a step of type udf"),
}


@pytest.mark.parametrize("name", MADE)
def test_a_format_that_is_not_read_names_the_way_to_one_that_is(name: str, tmp_path: Path, storage: Path) -> None:
    make, way = MADE[name]
    make(tmp_path / name)
    with pytest.raises(StepFailed) as failure:
        plain_ingested(str(tmp_path / name), storage)
    assert str(failure.value).startswith(f"{name} cannot be read: ")
    assert way in str(failure.value)
