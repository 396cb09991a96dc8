"""Rasters laid into the window of a map, as one picture."""

import io
from collections.abc import Sequence

import numpy as np
import pyproj
import rasterio
from PIL import Image as Pillow
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject

from fused_spec.maps.pictures.colours import Colouring
from fused_spec.maps.pictures.values import Bands, Values
from fused_spec.maps.places.lines import Lines
from fused_spec.maps.scenes.frame import Frame
from fused_spec.maps.scenes.scene import Image

_ANY = CRS.from_epsg(3857)  # between two planes of the same system nothing is projected
_FINE = 2.0  # cells of a picture for each pixel of the map, where the raster has so many


def picture(
    many: Sequence[Values], system: pyproj.CRS | None, outlines: Lines, frame: Frame, colours: Colouring, most: int
) -> tuple[Bands, tuple[float, float, float, float]] | None:
    """The bands of all rasters in the part of the window that they cover, and where that is in pixels."""
    bounds = outlines.bounds()
    left, top = np.floor(np.maximum(bounds[:, :2].min(axis=0), 0))
    right, bottom = np.ceil(np.minimum(bounds[:, 2:].max(axis=0), [frame.width, frame.height]))
    if right - left < 1 or bottom - top < 1:
        return None
    fine = min(_FINE, most / max(right - left, bottom - top))
    shape = max(1, round((bottom - top) * fine)), max(1, round((right - left) * fine))
    corners = frame.units(np.array([[left, bottom], [right, top]]))
    west, south, east, north = corners.ravel().tolist()
    target = _grid(west, south, east, north, *shape)
    whole = np.full((max(len(one.bands) for one in many), *shape), np.nan)
    with rasterio.Env(GDAL_CACHEMAX=64):
        for one in many:
            _lay(one, system, frame, target, whole, is_classes=bool(colours.classes))
    return whole, (float(left), float(top), float(right - left), float(bottom - top))


def _lay(
    one: Values, system: pyproj.CRS | None, frame: Frame, target: Affine, whole: Bands, *, is_classes: bool
) -> None:
    """Puts one raster where there is nothing yet."""
    west, south, east, north = one.raster.bounds
    if west > east:
        east += 360
    rows, columns = one.bands.shape[1:]
    source = _grid(west, south, east, north, rows, columns)
    there = _ANY if system is None else CRS.from_wkt(system.to_wkt())
    here = _ANY if frame.projection.crs is None else CRS.from_string(frame.projection.crs)
    cells = rows * columns
    is_thinned = cells > whole.shape[1] * whole.shape[2] and not is_classes
    for index, band in enumerate(one.bands):
        laid = np.full(whole.shape[1:], np.nan)
        reproject(
            band,
            laid,
            src_transform=source,
            src_crs=there,
            src_nodata=np.nan,
            dst_transform=target,
            dst_crs=here,
            dst_nodata=np.nan,
            resampling=Resampling.average if is_thinned else Resampling.nearest,
        )
        free = np.isnan(whole[index])
        whole[index][free] = laid[free]


def _grid(west: float, south: float, east: float, north: float, rows: int, columns: int) -> Affine:
    """From rows and columns to places."""
    return Affine((east - west) / columns, 0.0, west, 0.0, (south - north) / rows, north)


def image(key: str, bands: Bands, place: tuple[float, float, float, float], colours: Colouring, words: str) -> Image:
    """The picture as a PNG of as few bytes as need be."""
    cells = colours.colours(bands)
    cells[cells[..., 3] == 0] = 0
    made = Pillow.fromarray(cells)
    if len(made.getcolors(256) or ()):
        made = made.quantize(256, method=Pillow.Quantize.FASTOCTREE)
    written = io.BytesIO()
    made.save(written, "PNG", optimize=True)
    x, y, width, height = place
    return Image(key, written.getvalue(), x, y, width, height, words, is_smooth=False)
