"""Find the files that an ingestion reads: one, several, or all of a folder."""

from collections.abc import Sequence
from pathlib import Path

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.storage import Root, local_copy

# What stands beside a shapefile and is read with it.
_SIDECARS = frozenset({".cpg", ".dbf", ".prj", ".qix", ".qmd", ".qpj", ".sbn", ".sbx", ".shx"})
# Folders that GDAL opens as one file.
_FOLDER_FORMATS = frozenset({".gdb", ".zarr"})


def find_inputs(given: str | Sequence[str], storage: Root, suffix: str | None = None) -> list[Path]:
    """The local files that URLs name, in their order; those of a folder by name.

    In a folder, names that begin with `.` or `_` are ignored. `suffix` keeps the files whose names end with it.
    Raises `StepFailed` for a URL that names nothing, and when no file is left.
    """
    urls = [given] if isinstance(given, str) else given
    found = [path for url in urls for path in _files_of(url, storage)]
    kept = [path for path in found if suffix is None or path.name.endswith(suffix)]
    if kept:
        return kept
    if not urls:
        raise StepFailed("input is an empty list; name at least one file")
    if found:
        raise StepFailed(f"no input ends with {suffix}, the file_suffix; there is {found[0].name}")
    raise StepFailed(f"no file to read in {', '.join(urls)}; names that begin with . or _ are ignored")


def _files_of(url: str, storage: Root) -> list[Path]:
    path = local_copy(url, storage)
    if not path.exists():
        raise StepFailed(f"input {url} does not exist")
    if path.is_file() or path.suffix in _FOLDER_FORMATS:
        return [path]
    return sorted(one for one in path.iterdir() if _is_input(one))


def _is_input(path: Path) -> bool:
    if path.name.startswith((".", "_")) or not (path.is_file() or path.suffix in _FOLDER_FORMATS):
        return False
    return path.suffix.lower() not in _SIDECARS or not path.with_suffix(".shp").exists()
