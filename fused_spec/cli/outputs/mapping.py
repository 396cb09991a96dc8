"""Outputs on a map: some of their features, the boxes of their chunks, their rasters; of one run, or of two."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from msgspec import Struct

from fused_spec.engine.outputs.model import Kind, Told, UnreadableOutput
from fused_spec.engine.outputs.rasters import Picture, picture
from fused_spec.engine.outputs.sampling import ChunkBoxes, Places, chunk_boxes, some_places
from fused_spec.engine.outputs.tables import evenly
from fused_spec.errors import ServiceError
from fused_spec.maps.model import Box, Boxes, Features, Layer, MapData, Raster, Rasters, Side, State
from fused_spec.messages.phrases import counted

OUTPUTS = 200
"""So many outputs of one side are opened for a map."""

_FEATURES = 4_000
_CHUNKS_FROM = 20_000  # rows of a table from which on its chunks tell more than some of its rows
_SIDE_OF_RASTER = 1_024
_THREADS = 8
_NAME = "name"  # a column of this name says what a feature is called

Drawable = Places | ChunkBoxes | Picture
Drawn = tuple[Told, Drawable]


class Taken(Struct, frozen=True):
    """What could be taken for a map, and what is to be said of the rest."""

    drawn: Sequence[Drawn]
    notes: Sequence[tuple[str, str]]


def map_of(
    title: str, outputs: Sequence[Told], facts: Sequence[tuple[str, str]], tasks: Boxes | None = None
) -> MapData:
    """A map of the outputs of one run, above them its tasks where one did not succeed.

    Raises `UnreadableOutput` when nothing of all this lies anywhere.
    """
    try:
        taken = _taken(outputs)
    except UnreadableOutput:
        if tasks is None:
            raise
        return MapData(title=title, layers=[tasks], facts=facts)
    is_telling = tasks is not None and any(box.state is not State.SUCCEEDED for box in tasks.boxes)
    # How tasks ended lies on top, and in colours that no layer below has.
    layers = [*_layers(taken.drawn, None), *([tasks] if tasks is not None and is_telling else [])]
    return MapData(title=title, layers=layers, facts=[*facts, *taken.notes])


def map_of_both(title: str, before: Sequence[Told], after: Sequence[Told], facts: Sequence[tuple[str, str]]) -> MapData:
    """A map of the outputs of two runs, in two colours."""
    former, latter = _taken(before), _taken(after)
    return MapData(
        title=title,
        layers=[*_layers(former.drawn, Side.BEFORE), *_layers(latter.drawn, Side.AFTER)],
        facts=[
            *facts,
            *((f"before: {word}", value) for word, value in former.notes),
            *((f"after: {word}", value) for word, value in latter.notes),
        ],
    )


def _taken(outputs: Sequence[Told]) -> Taken:
    wanted = [told for told in outputs if told.facts.kind in (Kind.TABLE, Kind.RASTER)]
    if not wanted:
        kinds = ", ".join(sorted({told.facts.kind for told in outputs})) or "none"
        raise UnreadableOutput(f"a map is of tables with geometry and of rasters, and there is neither ({kinds})")
    chosen = [wanted[place] for place in evenly(len(wanted), OUTPUTS)]
    with ThreadPoolExecutor(_THREADS) as pool:
        found = list(pool.map(lambda told: _one(told, len(chosen)), chosen))
    drawn = [
        (told, one) for told, one in zip(chosen, found, strict=True) if one is not None and not isinstance(one, str)
    ]
    problems = [one for one in found if isinstance(one, str)]
    if not drawn:
        raise UnreadableOutput(
            problems[0] if problems else f"none of {counted(len(chosen), 'output')} has a geometry that could be drawn",
            hint="a map is of tables with geometry and of rasters",
        )
    return Taken(drawn, list(_notes(len(wanted), len(chosen), problems)))


def _notes(wanted: int, chosen: int, problems: Sequence[str]) -> Iterator[tuple[str, str]]:
    if chosen < wanted:
        yield "drawn", f"{chosen:,} of {wanted:,} outputs, at even distances"
    if problems:
        yield "not drawn", f"{counted(len(problems), 'output')}; {problems[0]}"


def _one(told: Told, among: int) -> Drawable | str | None:
    """What is drawn of an output, or why nothing is."""
    name = told.output.name
    try:
        if told.facts.kind is Kind.RASTER:
            return picture(told.output.files[0], max(64, int(_SIDE_OF_RASTER / among**0.5)))
        if (told.facts.rows or 0) > _CHUNKS_FROM and (boxes := chunk_boxes(told.output)) is not None:
            return boxes
        return some_places(told.output, max(1, _FEATURES // among))
    except (ServiceError, UnreadableOutput, EOFError, ValueError, OSError) as error:
        return str(error) if name in str(error) else f"{name}: {error}"


def _layers(drawn: Sequence[Drawn], side: Side | None) -> list[Layer]:
    """A layer for each kind of thing in each coordinate system."""
    several = len(drawn) > 1
    groups: dict[tuple[type, str | None], list[tuple[Told, Any]]] = defaultdict(list)
    for told, one in drawn:
        groups[type(one), one.crs].append((told, one))
    layers: list[Layer] = []
    for (kind, crs), members in groups.items():
        if kind is Places:
            layers.append(_features(members, crs, side, several=several))
        elif kind is ChunkBoxes:
            layers.append(_boxes(members, crs, side))
        else:
            rasters = [Raster(one.values, one.bounds, name=told.output.name) for told, one in members]
            layers.append(Rasters(rasters, crs=crs, side=side))
    return layers


def _features(members: Sequence[tuple[Told, Places]], crs: str | None, side: Side | None, *, several: bool) -> Features:
    names = list(dict.fromkeys(name for _, one in members for name in one.attributes))
    columns = {"result": [told.output.name for told, one in members for _ in one.geometries]} if several else {}
    columns |= {
        name: [value for _, one in members for value in one.attributes.get(name, [None] * len(one.geometries))]
        for name in names
    }
    of = [told.facts.rows for told, _ in members]
    return Features(
        [geometry for _, one in members for geometry in one.geometries],
        crs=crs,
        attributes=columns,
        names=[str(value or "") for value in columns[_NAME]] if _NAME in columns else None,
        side=side,
        of=None if None in of else sum(filter(None, of)),
    )


def _boxes(members: Sequence[tuple[Told, ChunkBoxes]], crs: str | None, side: Side | None) -> Boxes:
    every = [
        Box(bounds, f"{told.output.name} chunk {number}" if len(members) > 1 else f"chunk {number}", None, _rows(rows))
        for told, one in members
        for number, (bounds, rows) in enumerate(one.boxes)
    ]
    return Boxes(
        [every[place] for place in evenly(len(every), _FEATURES)], crs=crs, side=side, title="chunks", of=len(every)
    )


def _rows(rows: int | None) -> dict[str, object]:
    return {} if rows is None else {"rows": rows}
