"""A GeoTIFF in memory."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fused_spec.engine.results.rasters.arrays import WIDENED
from fused_spec.engine.results.stored import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoTiff:
    """What a file holds: `bands` come first in the array; `tags` are for any reader, `own` for Fused's clients."""

    bands: np.ndarray
    transform: Any = None
    crs: Any = None
    nodata: float | int | None = None
    names: Sequence[str | None] = ()
    scale: float | None = None
    offset: float | None = None
    unit: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)


def write_tiff(image: GeoTiff) -> Content:
    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.io import MemoryFile

    bands = image.bands.astype(WIDENED.get(image.bands.dtype.name, image.bands.dtype), copy=False)
    count, height, width = bands.shape
    located = {name: value for name, value in (("crs", image.crs), ("transform", image.transform)) if value is not None}
    if image.nodata is not None:
        located["nodata"] = image.nodata
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # an array without bounds lies nowhere
        size = {"count": count, "height": height, "width": width}
        with memory.open(driver="GTiff", dtype=bands.dtype.name, compress="deflate", **size, **located) as dataset:
            dataset.write(bands)
            _describe(dataset, image, count)
        return Content(suffix="tiff", content_type="image/tiff", content=memory.read())


def _describe(dataset: Any, image: GeoTiff, count: int) -> None:
    dataset.update_tags(ns="fused", **image.own)
    if image.tags:
        dataset.update_tags(**image.tags)
    for number, name in enumerate(image.names, start=1):
        if name is not None:
            dataset.set_band_description(number, name)
    if image.scale is not None:
        dataset.scales = (image.scale,) * count
    if image.offset is not None:
        dataset.offsets = (image.offset,) * count
    if image.unit is not None:
        dataset.units = (image.unit,) * count
