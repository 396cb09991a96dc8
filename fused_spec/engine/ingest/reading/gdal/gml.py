"""GML: what stands beside it, and the geometries of it that GDAL passes over."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.inputs.archives import GdalPath

DRIVER = "GML"
SUFFIXES = (".gml", ".xml")

_CHUNK_BYTES = 2**24
_OVERLAP_BYTES = 2**10  # of what is looked for nothing is longer
_GEOMETRY = re.compile(
    rb"<([\w.-]+:)?([\w.-]+)(?:\s[^>]*)?>\s*<gml:(?:Multi)?(?:Point|Line(?:String)?|Curve|Polygon|Surface|Geometry)\b"
)


def check_template(place: GdalPath) -> None:
    """Raise `StepFailed` where the .gfs beside a file is broken, which GDAL does not live through."""
    template = place.file.with_suffix(".gfs")
    if place.prefix or not template.exists():
        return
    try:
        ElementTree.parse(template)  # noqa: S314 - GDAL's own, or it is an input as its neighbour is
    except ElementTree.ParseError as error:
        raise StepFailed(
            f"{place.name} cannot be read: {template.name} beside it is broken ({error}); remove it, GDAL finds out "
            "itself what it says"
        ) from error


def left_out(place: GdalPath, geometry: str) -> Iterator[str]:
    """What is to be told where features have several geometries; without a schema GDAL knows of the last of them."""
    found = set[str]()
    with place.open() as stream:
        held = b""
        while chunk := stream.read(_CHUNK_BYTES):
            held += chunk
            found |= {name.decode() for space, name in _GEOMETRY.findall(held) if space != b"gml:"}
            held = held[-_OVERLAP_BYTES:]
    if len(found) > 1:
        yield (
            f"its features have geometries in {', '.join(sorted(found))}, of which one is read"
            f"{f' ({geometry})' if geometry else ''}; ogr2ogr -sql makes tables of the others"
        )
