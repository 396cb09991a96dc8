"""What an environment needs besides its own requirements, so that the engine can run jobs in it."""

import re

# What `engine`, and what it imports of this package, needs of the requirements of this package.
ENGINE_NEEDS = frozenset(
    {
        "filelock",
        "fsspec",
        "geopandas",
        "msgspec",
        "mapbox-vector-tile",
        "mercantile",
        "pillow",
        "psutil",
        "pyogrio",
        "pyarrow",
        "pydantic",
        "rasterio",
    }
)


def engine_requirements() -> list[str]:
    """This package's own requirements, as far as the engine needs them."""
    import importlib.metadata  # a good part of what the service would need to start

    declared = importlib.metadata.requires("fused-spec") or []
    return [text for text in declared if _name(text) in ENGINE_NEEDS and "extra ==" not in text]


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower()
