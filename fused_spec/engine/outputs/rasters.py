"""Pictures and arrays: how large they are and where they lie, told from the header; and as TIFF."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from fused_spec.engine.outputs.kinds import suffix_of
from fused_spec.engine.outputs.model import Facts, File, Kind
from fused_spec.engine.outputs.ranged import RangedFile

_NAME = "content"


def raster_facts(content: RangedFile) -> Facts:
    with _opened(content) as dataset:
        crs = dataset.crs
        lies = crs is not None or not dataset.transform.is_identity
        known = crs.to_authority() if crs is not None else None
        return Facts(
            kind=Kind.RASTER,
            crs=None if crs is None else ":".join(known) if known else "unnamed",
            bounds=tuple(dataset.bounds) if lies else None,
            bytes=content.size,
            shape=(dataset.count, dataset.height, dataset.width),
        )


@contextmanager
def _opened(content: RangedFile) -> Iterator[Any]:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError
    from rasterio.io import MemoryFile

    def only_it(path: str, mode: str = "rb") -> RangedFile:
        if path != _NAME:
            raise FileNotFoundError(path)
        return content

    with warnings.catch_warnings(), ExitStack() as stack:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            if content.is_whole:
                memory = stack.enter_context(MemoryFile(content.tail))
                yield stack.enter_context(memory.open())
            else:
                stack.enter_context(rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"))
                yield stack.enter_context(rasterio.open(_NAME, opener=only_it))
        except RasterioIOError as error:
            raise OSError(str(error)) from error


def save_tiff(file: File, place: Path) -> None:
    """Write it as TIFF: as it is where it is one, and else the same cells."""
    if suffix_of(file.name) in ("tif", "tiff"):
        file.open().save(place)
        return
    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.shutil import copy

    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="fused-spec-") as folder:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        original = Path(folder) / f"content.{suffix_of(file.name)}"
        file.open().save(original)
        copy(str(original), str(place), driver="GTiff", compress="deflate")
