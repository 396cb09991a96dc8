"""A map in a file of this machine."""

from pathlib import Path

from fused_spec.maps.drawing import draw, form_of
from fused_spec.maps.model import MapData
from fused_spec.system.drafts import written_whole


def drawn(data: MapData, path: Path) -> Path:
    """Write the map in the form that the file's name says; returns the path."""
    content = draw(data, form_of(path.name))
    return written_whole(path, lambda draft: draft.write_bytes(content))
