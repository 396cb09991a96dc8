"""A map as a picture of pixels: what the SVG shows on light ground."""

import tempfile
from pathlib import Path

import resvg_py
from PIL import ImageFont

from fused_spec.maps.forms.svg import svg
from fused_spec.maps.scenes.scene import Scene

_FAMILY = "Aileron"  # comes with Pillow, so letters are the same on every machine


def png(scene: Scene, zoom: float) -> bytes:
    """The picture, with so many pixels for each pixel of the map."""
    font = ImageFont.load_default(_SIZE)
    assert isinstance(font, ImageFont.FreeTypeFont)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{_FAMILY}.otf"
        path.write_bytes(font.font_bytes)
        drawn = resvg_py.svg_to_bytes(
            svg_string=svg(scene), zoom=zoom, font_files=[str(path)], font_family=_FAMILY, sans_serif_family=_FAMILY
        )
    return bytes(drawn)


_SIZE = 12
