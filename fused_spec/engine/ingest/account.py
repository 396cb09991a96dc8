"""The account of an ingestion: what became of every row and column of every input, and that nothing is missing."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import count, shown
from fused_spec.engine.ingest.common.tally import Seen, Tally
from fused_spec.engine.ingest.partitioning.layout import Layout
from fused_spec.engine.ingest.passes.survey import Survey
from fused_spec.engine.ingest.reading.source import Source

Account = dict[str, Any]
"""As it stands in the facts of a run; its JSON Schema is `schemas/output/facts.schema.json`."""

_MOST_INPUTS = 10_000  # the others are summed up
_MOST_LINES = 100
_REASONS = {Seen.OUT_OF_BOUNDS: "out of bounds"}
_GROWTH = {Seen.EXPLODED: Seen.PARTS, Seen.SUBDIVIDED: Seen.PIECES}
_GEOMETRY = (Seen.NULL, Seen.EMPTY, Seen.INVALID, Seen.CURVED, Seen.MEASURED, Seen.TURNED_OVER)


def check_read(source: Source, found: Survey) -> None:
    """Raise `StepFailed` unless each input gave the rows that it says it has, and all of them are accounted for."""
    for number, layer in enumerate(source.layers):
        read, declared = found.read[number], layer.origin.rows
        name = shown(source.paths[number])
        if declared is not None and read != declared:
            raise StepFailed(
                f"{name} says that it has {count(declared, 'row')}, and {read:,} can be read; it is damaged, or was "
                "written to while it was read: make it again, or mend it with the program that wrote it"
            )
        grown = found.tallies[number].grown if number in found.tallies else 0
        if read + grown != found.kept[number]:
            raise StepFailed(
                f"{name}: of {read:,} rows read {found.kept[number]:,} are left, {read + grown:,} should be; "
                "this is a fault of the engine, and nothing was written"
            )


def check_written(layout: Layout, files: Mapping[int, Path]) -> None:
    """Raise `StepFailed` unless these files of the table hold the rows that they were to hold."""
    for file_id, path in files.items():
        chunks = layout.chunks_of(file_id)
        wanted = layout.rows_of(chunks.stop - 1)[1] - layout.rows_of(chunks.start)[0]
        with pa.OSFile(str(path)) as stream:
            written = pq.ParquetFile(stream).metadata.num_rows
        if written != wanted:
            raise StepFailed(
                f"file {file_id} of the table has {written:,} rows, {wanted:,} should be; "
                "this is a fault of the engine, and the output is left as it was"
            )


def account_of(source: Source, found: Survey, schema: pa.Schema, layout: Layout) -> Account:
    """The account of a table whose rows are `schema`."""
    columns = _Columns(schema)
    inputs = [_input(source, number, found, columns) for number in range(len(source.paths))]
    listed, more = inputs[:_MOST_INPUTS], inputs[_MOST_INPUTS:]
    return {
        "rows_read": sum(found.read.values()),
        "rows_written": layout.num_rows,
        "files": layout.num_files,
        "chunks": layout.num_chunks,
        "columns": [{"name": field.name, "type": str(field.type)} for field in schema],
        "columns_in": columns.lists,
        "inputs": listed,
        "more_inputs": {
            "inputs": len(more),
            "rows_read": sum(one["rows_read"] for one in more),
            "rows_written": sum(one["rows_written"] for one in more),
        },
    }


def lines(account: Account) -> Iterator[str]:
    """The account in words: what was left out, changed or lost of each input, and what was written."""
    names = Counter(PurePath(one["path"]).name for one in account["inputs"])
    told = [
        line for one in account["inputs"] for line in _lines(_named(one["path"], names), one, account["columns_in"])
    ]
    yield from told[:_MOST_LINES]
    if len(told) > _MOST_LINES:
        yield f"{len(told) - _MOST_LINES:,} more such lines are in the facts of the run"
    written = f"{count(account['files'], 'file')}, {count(account['chunks'], 'chunk')}"
    yield f"wrote {count(account['rows_written'], 'row')} in {written} to {account['output']}"


class _Columns:
    """The lists of columns that inputs have; most inputs share one."""

    def __init__(self, written: pa.Schema) -> None:
        self._written = written
        self.lists: list[list[dict[str, str | None]]] = []

    def number(self, source: Source, number: int) -> int:
        """The number of the input's list."""
        layer = source.layers[number]
        made = [
            {
                "name": field.name,
                "type_in": layer.origin.kinds.get(field.name, str(field.type)),
                "type_out": self._type_out(field.name),
                "zone": layer.origin.zones.get(field.name),
            }
            for field in layer.attributes
        ]
        if made not in self.lists[-1:]:
            self.lists.append(made)
        return len(self.lists) - 1

    def _type_out(self, name: str) -> str | None:
        place = self._written.get_field_index(name)
        return None if place < 0 else str(self._written.field(place).type)


def _input(source: Source, number: int, found: Survey, columns: _Columns) -> dict[str, Any]:
    layer, tally = source.layers[number], found.tallies.get(number, Tally())
    lossy: list[dict[str, str | int | None]] = [{"what": what, "rows": None} for what in layer.origin.lossy]
    lossy += [{"what": what, "rows": rows} for what, rows in tally.lossy.items()]
    return {
        "path": _told(source.paths[number]),
        "rows_declared": layer.origin.rows,
        "rows_read": found.read[number],
        "rows_written": found.kept[number],
        "left_out": {words: tally.seen[seen] for seen, words in _REASONS.items() if tally.seen[seen]},
        "taken_apart": {seen.value: [tally.seen[seen], tally.seen[many]] for seen, many in _GROWTH.items()},
        "columns": columns.number(source, number),
        "encoding": layer.origin.encoding,
        "crs": source.crs[number],
        "geometry": _geometry(tally) if source.crs[number] is not None else None,
        "lossy": lossy,
    }


def _geometry(tally: Tally) -> dict[str, int]:
    return {seen.value: tally.seen[seen] for seen in (*_GEOMETRY, Seen.LOOKED_AT)}


def _told(path: PurePath) -> str:
    return str(path) if shown(path) == path.name else shown(path)


def _named(path: str, names: Mapping[str, int]) -> str:
    """The name of an input, or the whole path where others have its name."""
    return path if names[PurePath(path).name] > 1 else shown(PurePath(path))


def _lines(name: str, one: Mapping[str, Any], columns_in: list[list[dict[str, str | None]]]) -> Iterator[str]:
    if one["rows_read"] != one["rows_written"]:
        why = [f"{rows:,} {reason}" for reason, rows in one["left_out"].items()]
        why += [f"{whole:,} {how} into {parts:,}" for how, (whole, parts) in one["taken_apart"].items() if whole]
        yield f"{name}: {count(one['rows_read'], 'row')} read, {one['rows_written']:,} written: {', '.join(why)}"
    for column in columns_in[one["columns"]]:
        if column["type_out"] is not None and column["type_out"] != column["type_in"]:
            yield f"{name}: column {column['name']} is {column['type_in']}, {column['type_out']} in the table"
    if (found := one["geometry"]) is not None:
        odd = [_odd(seen, found) for seen in _GEOMETRY if found[seen.value]]
        if odd:
            yield f"{name}: geometries {', '.join(odd)}"
        if found[Seen.TURNED_OVER.value]:
            yield f"{name}: what is turned over lies across the whole map; cut it along the antimeridian before"
    for lost in one["lossy"]:
        rows = "" if lost["rows"] is None else f" ({count(lost['rows'], 'row')})"
        yield f"{name}: lossy: {lost['what']}{rows}"


def _odd(seen: Seen, found: Mapping[str, int]) -> str:
    number = f"{found[seen.value]:,} {seen.value.replace('_', ' ')}"
    return f"{number} of {found[Seen.LOOKED_AT.value]:,} looked at" if seen is Seen.INVALID else number
