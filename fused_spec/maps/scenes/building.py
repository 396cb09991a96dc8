"""A whole map in pixels."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from fused_spec.maps.model import Boxes, Features, Rasters
from fused_spec.maps.pictures import colours, values, warping
from fused_spec.maps.places.lines import Lines, joined
from fused_spec.maps.places.losses import Loss, sentences
from fused_spec.maps.places.placing import understood
from fused_spec.maps.projecting.choosing import arc
from fused_spec.maps.projecting.projections import Plane
from fused_spec.maps.scenes.arranging import Arranged, Arrangement
from fused_spec.maps.scenes.ground import ground, is_coarse, locator
from fused_spec.maps.scenes.net import degrees_of
from fused_spec.maps.scenes.scale import scale_bar
from fused_spec.maps.scenes.scene import Classes, Image, Ramp, Row, Scene, Shape, Swatch
from fused_spec.maps.scenes.shapes import in_pixels, shapes
from fused_spec.maps.scenes.told import MOST_ATTRIBUTES, attributes_of, columns_of, safe
from fused_spec.maps.styles import ALL, key_of

_TITLE, _FACT = 160, 160


def scene(arrangement: Arrangement) -> Scene:
    """What is drawn and said of layers that have their places."""
    data, frame = arrangement.data, arrangement.frame
    made: list[Shape] = []
    images: list[Image] = []
    scales: list[Ramp | Classes] = []
    notes: list[str] = []
    share = arrangement.limits.vertices // max(1, len(arrangement.layers))
    for number, one in enumerate(arrangement.layers):
        losses = Counter(one.losses)
        if isinstance(one.layer, Rasters):
            image, legend = _image(one, number, arrangement, losses)
            images += [image] if image else []
            scales += [legend] if legend else []
        else:
            lines, boxed = in_pixels(one.placed, one.projected, frame, share)
            losses.update(boxed)
            made += shapes(one.layer, number, one.placed, lines)
        notes += sentences(safe(one.layer.title), losses)
    if is_coarse(frame):
        notes.append(f"{Loss.COARSE_LAND}.")
    if not made and not images:
        notes.insert(0, "There is nothing to draw.")
    columns = _columns(arrangement)
    return Scene(
        title=safe(data.title, _TITLE),
        facts=tuple((safe(name), safe(fact, _FACT)) for name, fact in data.facts),
        summary=_summary(arrangement, made, images),
        notes=tuple(notes),
        width=frame.width,
        height=frame.height,
        ground=ground(frame),
        images=tuple(images),
        shapes=tuple(made),
        scale=scale_bar(frame),
        locator=locator(frame) if made or images else None,
        legend=(*_swatches(made, arrangement), *scales),
        columns=columns,
        rows=_rows(made, arrangement, columns),
    )


def _image(
    one: Arranged, number: int, arrangement: Arrangement, losses: Counter[Loss]
) -> tuple[Image | None, Ramp | Classes | None]:
    layer = one.layer
    assert isinstance(layer, Rasters)
    read = [values.read(raster) for raster in layer.rasters]
    usable = [value for value in read if value is not None]
    losses[Loss.BLANK] = len(read) - len(usable)
    losses[Loss.OTHER_BANDS] = sum(values.has_other_bands(value.raster) for value in usable)
    if not usable or not len(one.projected):
        return None, None
    chosen = colours.colouring(usable)
    title = safe(layer.title)
    outlines = one.projected.at(arrangement.frame.pixels(one.projected.xy))
    laid = warping.picture(
        usable, understood(layer.crs), outlines, arrangement.frame, chosen, arrangement.limits.pixels
    )
    legend = colours.legend(title, chosen, usable)
    if laid is None:
        return None, legend
    bands, place = laid
    words = f"{title}: {len(usable):,} {'raster' if len(usable) == 1 else 'rasters'}"
    return warping.image(key_of(None, layer.side, number), bands, place, chosen, words), legend


def _swatches(made: Sequence[Shape], arrangement: Arrangement) -> list[Swatch]:
    counts = Counter(
        (shape.key, ALL[shape.key].word or safe(arrangement.layers[shape.layer].layer.title)) for shape in made
    )
    order = list(ALL)
    found = sorted(counts.items(), key=lambda item: order.index(item[0][0]))
    return [Swatch(key, word, count) for (key, word), count in found]


def _word(shape: Shape, arrangement: Arrangement) -> str:
    return ALL[shape.key].word or safe(arrangement.layers[shape.layer].layer.title)


def _columns(arrangement: Arrangement) -> tuple[str, ...]:
    layers = [one.layer for one in arrangement.layers]
    named = [name for layer in layers if isinstance(layer, Features | Boxes) for name in columns_of(layer)]
    return tuple(dict.fromkeys(named))[:MOST_ATTRIBUTES]


def _rows(made: Sequence[Shape], arrangement: Arrangement, columns: Sequence[str]) -> list[Row]:
    """What is drawn, as a list: what needs a person first, then in the order of the layers."""
    order = list(ALL)
    listed = sorted(made, key=lambda shape: (order.index(shape.key), shape.layer, shape.feature))
    middles = np.array([shape.middle for shape in listed]).reshape(-1, 2)
    frame = arrangement.frame
    places = frame.projection.inverse(frame.units(middles))
    rows = []
    for shape, place in zip(listed, places.tolist(), strict=True):
        layer = arrangement.layers[shape.layer].layer
        assert not isinstance(layer, Rasters)
        told = attributes_of(layer, shape.feature)
        rows.append(Row(shape.key, shape.name, _where(place, arrangement), [told.get(name, "") for name in columns]))
    return rows


def _where(place: Sequence[float], arrangement: Arrangement) -> str:
    x, y = place
    if isinstance(arrangement.frame.projection, Plane):
        return f"{x:.8g}, {y:.8g}"
    digits = 4 if is_coarse(arrangement.frame) else 2
    east = (x + 180) % 360 - 180
    return f"{degrees_of(round(y, digits), 'N', 'S')}, {degrees_of(round(east, digits), 'E', 'W')}"


def _summary(arrangement: Arrangement, made: Sequence[Shape], images: Sequence[Image]) -> str:
    """What a person who does not see the map is told of it."""
    counts = Counter(_word(shape, arrangement) for shape in made)
    parts = [f"{count:,} {word}" for word, count in counts.items()] + [image.words for image in images]
    frame = arrangement.frame
    if isinstance(frame.projection, Plane):
        west, south, east, north = frame.bounds
        place = f"x from {west:.6g} to {east:.6g}, y from {south:.6g} to {north:.6g}, in units of its own"
    else:
        place = f"{_extent(arrangement)}; {frame.projection.title} projection"
    return f"{', '.join(parts) or 'Nothing is drawn'}. {place}."


def _extent(arrangement: Arrangement) -> str:
    lines: Lines = joined([one.placed.lines for one in arrangement.layers if one.placed.on_earth])
    if not len(lines):
        return "The whole earth"
    west, width = arc(lines)
    digits = 2 if not is_coarse(arrangement.frame) else 4
    south, north = (round(float(one), digits) for one in (lines.xy[:, 1].min(), lines.xy[:, 1].max()))
    high = f"{degrees_of(south, 'N', 'S')} to {degrees_of(north, 'N', 'S')}"
    if width >= 360:
        return f"All longitudes, {high}"
    offset = west - 1
    turned = (lines.xy[:, 0] - offset) % 360
    ends = (round((offset + float(one) + 180) % 360 - 180, digits) for one in (turned.min(), turned.max()))
    return f"{' to '.join(degrees_of(one, 'E', 'W') for one in ends)}, {high}"
