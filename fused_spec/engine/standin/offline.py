"""What the stand-in does not have says so at once, instead of logging in or trying for half a minute."""

from typing import Any

_HINTS = {
    "api": "declare what it would start or upload in the spec",
    "ingest": "declare a partition_geospatial step",
}


def missing(name: str) -> Any:
    """The module's `__getattr__`."""
    if name.startswith("__"):
        raise AttributeError(name)
    hint = _HINTS.get(name, "install the published package beside fused-spec: pip install 'fused-spec[fused]'")
    raise AttributeError(f"fused.{name} is not available on the embedded service; {hint}")
