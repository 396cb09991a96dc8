"""Show outputs to a person: a line for each, some of their rows, their columns, how their values are distributed."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fused_spec.engine.outputs.model import Bounds, Column, Facts, Kind, Told
from fused_spec.messages.phrases import counted, cut
from fused_spec.views.text.runs import table
from fused_spec.views.words.shown import visible

if TYPE_CHECKING:
    from fused_spec.engine.outputs.summaries import Distribution, Summary

_HEAD = ("TASK", "NAME", "KIND", "ROWS", "COLUMNS", "CRS", "BOUNDS", "SIZE")
_ALWAYS = ("NAME", "KIND")
_CELL = 40
_SYSTEMS = 3
_NOUNS = {Kind.JSON: "JSON", Kind.BYTES: "other file"}
_UNCOUNTED = (Kind.JSON,)
_UNITS = ("B", "kB", "MB", "GB", "TB")
_MEASURES = ("nulls", "min", "mean", "median", "max", "std", "distinct", "top")


def outputs_text(outputs: Sequence[Told], left: int = 0) -> str:
    """A line for each output; columns that say nothing of any are left out, and `left` more are counted."""
    rows = [_row(told) for told in outputs]
    told_at = [name in _ALWAYS or any(row[number] != "-" for row in rows) for number, name in enumerate(_HEAD)]
    shown = [number for number, is_told in enumerate(told_at) if is_told]
    lines = [table([[row[number] for number in shown] for row in (_HEAD, *rows)])]
    lines += [f"{visible(told.output.name)}: {visible(told.facts.problem)}" for told in outputs if told.facts.problem]
    lines += [f"… {counted(left, 'more result')}; -n {len(outputs) + left} lists them"] if left else []
    return "\n".join(lines)


def _row(told: Told) -> tuple[str, ...]:
    facts = told.facts
    columns = "-" if facts.width is None else f"{facts.width:,}"
    return (
        "-" if told.output.task is None else str(told.output.task),
        cut(visible(told.output.name), 60),
        str(facts.kind),
        extent(facts),
        columns,
        "-" if facts.crs is None else cut(visible(facts.crs), 30),
        "-" if facts.bounds is None else " ".join(map(coordinate, facts.bounds)),
        "-" if facts.bytes is None else size(facts.bytes),
    )


def totals(outputs: Sequence[Told]) -> list[tuple[str, str]]:
    """All outputs in a few facts, each a word and what it is; those that are known of every one are added up."""
    facts = [told.facts for told in outputs if told.facts.kind is not Kind.FOLDER]
    kinds = Counter(one.kind for one in facts if one.kind is not Kind.NOTHING)
    rows = [one.rows for one in facts if one.kind is Kind.TABLE]
    systems = sorted({visible(one.crs) for one in facts if one.crs is not None})
    boxes = [one.bounds for one in facts if one.bounds is not None]
    sizes = [one.bytes for one in facts]
    told = [("results", ", ".join(_of_kind(count, kind) for kind, count in kinds.items()) or "none")]
    told += [("rows", f"{sum(filter(None, rows)):,}")] if rows and None not in rows else []
    told += [("CRS", ", ".join(systems[:_SYSTEMS]) + (", …" if len(systems) > _SYSTEMS else ""))] if systems else []
    told += [("bounds", box_text(boxes))] if boxes and len(systems) == 1 else []
    told += [("size", size(sum(filter(None, sizes))))] if sizes and None not in sizes else []
    return told


def shown_outputs_lines(outputs: Sequence[Told], left: int) -> Iterator[tuple[str, str]]:
    """Lines of a run's description: the results of its tasks together, and each table that it wrote."""
    results = [told for told in outputs if told.output.address is None]
    if results:
        (_, kinds), *facts = totals(results)
        yield "results", ", ".join([kinds, *map(_said, facts)])
    for told in outputs:
        if told.output.address is not None:
            yield "output", ", ".join([visible(told.output.name), *_facts_of_one(told)])
    if left:
        yield "", f"… {counted(left, 'more result')}; `fused-spec results` lists them"


def _facts_of_one(told: Told) -> list[str]:
    return [visible(told.facts.problem)] if told.facts.problem else [_said(fact) for fact in totals([told])[1:]]


def _said(fact: tuple[str, str]) -> str:
    word, value = fact
    return f"{value} {word}" if word == "rows" else value


def _of_kind(count: int, kind: Kind) -> str:
    noun = _NOUNS.get(kind, str(kind))
    return f"{count:,} {noun}" if count == 1 or kind in _UNCOUNTED else f"{count:,} {noun}s"


def box_text(boxes: Sequence[Bounds]) -> str:
    """The box around all, its sides in the order west, south, east, north."""
    west, south, east, north = zip(*boxes, strict=True)
    return " ".join(map(coordinate, (min(west), min(south), max(east), max(north))))


def extent(facts: Facts) -> str:
    """How many rows, or of a raster how many cells in which direction."""
    if facts.shape is not None:
        return " x ".join(map(str, facts.shape))
    return "-" if facts.rows is None else f"{facts.rows:,}"


def coordinate(number: float) -> str:
    """A side of a box with as many digits as tell places apart."""
    return f"{number:.6g}" if abs(number) < 1000 else f"{number:.1f}".removesuffix(".0")


def size(count: int) -> str:
    """`512 B`, `12.3 kB`."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{count} B" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def rows_text(name: str, records: Sequence[Mapping[str, Any]], *, several: bool) -> str:
    """Some rows of one output as a table."""
    head = [visible(name)] if several else []
    if not records:
        return "\n".join([*head, "no rows"])
    names = list(records[0])
    cells = [[_cell(record.get(column)) for column in names] for record in records]
    return "\n".join([*head, table([[cut(visible(name), _CELL) for name in names], *cells])])


def schema_text(name: str, columns: Sequence[Column], *, several: bool) -> str:
    """Each column with its type."""
    head = [visible(name)] if several else []
    return "\n".join([*head, table([("COLUMN", "TYPE"), *((visible(one.name), visible(one.type)) for one in columns)])])


def summary_text(name: str, summary: "Summary", *, several: bool) -> str:
    """How the values of each column are distributed."""
    head = [f"{visible(name)}: {counted(summary.rows, 'row')}" if several else counted(summary.rows, "row")]
    rows = [_measures(column) for column in summary.columns]
    shown = [name for number, name in enumerate(_MEASURES) if any(row[number] != "-" for row in rows)]
    places = [_MEASURES.index(name) for name in shown]
    lines = [
        ("COLUMN", *(name.upper() for name in shown)),
        *(
            (cut(visible(column.name), _CELL), *(row[place] for place in places))
            for column, row in zip(summary.columns, rows, strict=True)
        ),
    ]
    return "\n".join([*head, table(lines)])


def _measures(column: "Distribution") -> list[str]:
    return [_cell(getattr(column, name), missing="-") for name in _MEASURES]


def _cell(value: Any, missing: str = "") -> str:
    match value:
        case None:
            return missing
        case str():
            return cut(visible(value), _CELL)
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.6g}" if math.isfinite(value) else str(value)
        case int():
            return str(value)
        case dict() | list():
            return cut(visible(json.dumps(value, ensure_ascii=False)), _CELL)
    return cut(visible(str(value)), _CELL)


def saved_text(paths: Sequence[Any], total: int) -> Iterator[str]:
    """What was written where."""
    if len(paths) == 1:
        yield f"Wrote {visible(str(paths[0]))} ({size(total)})."
    elif paths:
        yield f"Wrote {counted(len(paths), 'file')} ({size(total)}) to {visible(str(paths[0].parent))}."
