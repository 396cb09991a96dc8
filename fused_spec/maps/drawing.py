"""A map's value as the bytes of one file.

    path.write_bytes(draw(data, form_of(path.name)))

The same value makes the same bytes. Nothing foreign makes it fail: what is empty, broken or without a place is counted
and said on the map.
"""

from collections.abc import Iterator
from pathlib import PurePath

import numpy as np

from fused_spec.errors import Misconfigured
from fused_spec.maps.forms.geojson import geojson
from fused_spec.maps.forms.html import Embedded, html
from fused_spec.maps.forms.html import embedded as parts_of
from fused_spec.maps.forms.png import png
from fused_spec.maps.forms.svg import svg
from fused_spec.maps.model import Form, Limits, MapData
from fused_spec.maps.scenes.arranging import Arrangement, arranged
from fused_spec.maps.scenes.building import scene

_TRIES = 12


def form_of(name: str) -> Form:
    """What a file of this name is written as."""
    ending = PurePath(name).suffix.lower()
    try:
        return Form(ending)
    except ValueError:
        forms = ", ".join(Form)
        raise Misconfigured(
            f"a map cannot be written as {ending or 'a file without an ending'}: {name}",
            hint=f"give the file one of the endings {forms}",
        ) from None


@np.errstate(all="ignore")  # of what is no number afterwards nothing is drawn, and that is said
def draw(data: MapData, form: Form, limits: Limits = Limits()) -> bytes:  # noqa: B008
    """The file. What would be too large is drawn with less, until it is not; the map says of how much."""
    made = b""
    for allowed in _smaller(limits):
        made = _drawn(arranged(data, allowed), form, allowed.size)
        if len(made) <= limits.size:
            break
    return made


@np.errstate(all="ignore")
def embedded(data: MapData, prefix: str, limits: Limits = Limits()) -> Embedded:  # noqa: B008
    """The map as parts of a page that has `forms.html.style()` and `forms.html.script()`."""
    made = parts_of(scene(arranged(data, limits)), prefix)
    for allowed in _smaller(limits):
        made = parts_of(scene(arranged(data, allowed)), prefix)
        if len(made.figure.encode()) + len(made.list.encode()) <= limits.size:
            break
    return made


def _smaller(limits: Limits) -> Iterator[Limits]:
    for _ in range(_TRIES):
        yield limits
        limits = limits.halved()


def _drawn(arrangement: Arrangement, form: Form, most: int) -> bytes:
    if form is Form.GEOJSON:
        return geojson(arrangement).encode()
    shown = scene(arrangement)
    match form:
        case Form.HTML:
            return html(shown).encode()
        case Form.SVG:
            return svg(shown).encode()
        case Form.PNG:
            sharp = png(shown, 2.0)
            return sharp if len(sharp) <= most else png(shown, 1.0)
