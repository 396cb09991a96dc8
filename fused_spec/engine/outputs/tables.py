"""Tables as streams of rows: of one file, or of several that hold one; of a Parquet file only what is needed comes."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from fused_spec.engine.outputs.kinds import form_of
from fused_spec.engine.outputs.model import File, Output, UnreadableOutput
from fused_spec.engine.outputs.ranged import RangedFile

BATCH = 65_536
_BUFFER = 64 * 1024
_READ_TOGETHER = 64 * 1024 * 1024  # bytes of a row group that may come at once
_PAGES = 1200 * 1024  # bytes of a column: a page of values is about a megabyte, one of those that they refer to less

Batches = Callable[[int | None], Iterator[pa.RecordBatch]]


class Table(Struct, frozen=True, kw_only=True):
    """Rows that can be read from the start, as often as is asked; `batches` takes how many rows are wanted."""

    schema: pa.Schema
    rows: int | None
    batches: Batches
    footers: tuple[pq.FileMetaData, ...] = ()

    def head(self, count: int) -> pa.Table:
        """The first rows."""
        return pa.Table.from_batches(self.batches(count), self.schema)


@contextmanager
def opened(output: Output) -> Iterator[Table]:
    """The table of an output, of which all files are of one schema; raises `UnreadableOutput` for what is none."""
    with ExitStack() as stack:
        if len(output.files) == 1:
            yield _of_file(output.files[0], stack)
        else:
            yield _of_many(output, stack)


def _of_many(output: Output, stack: ExitStack) -> Table:
    """The files in their order, each opened when it is its turn; the first says of which schema they are."""
    first = _of_file(output.files[0], stack)

    def batches(limit: int | None) -> Iterator[pa.RecordBatch]:
        left = limit
        for number, file in enumerate(output.files):
            if left == 0:
                return
            with ExitStack() as own:
                table = first if number == 0 else _of_file(file, own)
                for batch in table.batches(left):
                    left = None if left is None else left - batch.num_rows
                    yield _as(batch, first.schema, file.name)

    return Table(schema=first.schema, rows=None, batches=batches)


def _as(batch: pa.RecordBatch, schema: pa.Schema, name: str) -> pa.RecordBatch:
    if batch.schema.equals(schema):
        return batch
    if batch.schema.names != schema.names:
        raise UnreadableOutput(f"{name} has other columns than the files before it: it is of another table")
    return batch.cast(schema)


def _of_file(file: File, stack: ExitStack) -> Table:
    content = stack.enter_context(RangedFile(file.open()))
    form = form_of(file.name, lambda count: content.between(0, count))
    read = _READERS.get(form)
    if read is None:
        raise UnreadableOutput(f"{file.name} is no table that can be read here: its form is {form or 'not known'}")
    try:
        return read(file, content, stack)
    except UnreadableOutput:
        raise
    except Exception as error:  # each library has its own for a file that is not what it says
        if isinstance(error, MemoryError) or not _is_of_content(error):
            raise
        raise UnreadableOutput(f"{file.name} cannot be read as {form}: {_said(error)}") from error


def _is_of_content(error: Exception) -> bool:
    from pyogrio.errors import DataSourceError

    return isinstance(error, pa.ArrowException | DataSourceError | ValueError | EOFError)


def _said(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _parquet(file: File, content: RangedFile, stack: ExitStack) -> Table:
    source = pa.PythonFile(content, mode="r")
    whole = stack.enter_context(pq.ParquetFile(source, buffer_size=_BUFFER, pre_buffer=False))
    footer = whole.metadata

    def batches(limit: int | None) -> Iterator[pa.RecordBatch]:
        left = footer.num_rows if limit is None else min(limit, footer.num_rows)
        for number in range(footer.num_row_groups):
            if left <= 0:
                return
            rows = min(left, footer.row_group(number).num_rows)
            content.prefetch(_spans(footer.row_group(number), only_first=rows < footer.row_group(number).num_rows))
            left -= rows
            for batch in whole.iter_batches(min(BATCH, max(rows, 1)), row_groups=[number], use_threads=False):
                taken = batch.slice(0, rows)
                rows -= taken.num_rows
                yield taken
                if rows <= 0:
                    break

    return Table(schema=whole.schema_arrow, rows=footer.num_rows, batches=batches, footers=(footer,))


def _spans(group: Any, *, only_first: bool) -> list[tuple[int, int]]:
    """Where the columns of a row group are, or where they begin; nothing for a group that is large and wanted whole."""
    spans = []
    for number in range(group.num_columns):
        column = group.column(number)
        begins = [at for at in (column.dictionary_page_offset, column.data_page_offset) if at]
        spans.append((min(begins), min(begins) + column.total_compressed_size))
    if sum(end - start for start, end in spans) <= _READ_TOGETHER and not only_first:
        return spans
    return [(start, min(end, start + _PAGES)) for start, end in spans] if only_first else []


def _feather(file: File, content: RangedFile, stack: ExitStack) -> Table:
    reader = stack.enter_context(pa.ipc.open_file(pa.PythonFile(content, mode="r")))

    def batches(limit: int | None) -> Iterator[pa.RecordBatch]:
        return _first(map(reader.get_batch, range(reader.num_record_batches)), limit)

    return Table(schema=reader.schema, rows=None, batches=batches)


def _saved(file: File, content: RangedFile, stack: ExitStack) -> Path:
    """The file on this machine, for libraries that read no other."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fused-spec-")))
    place = folder / f"content.{form_of(file.name)}"
    if content.is_whole:
        place.write_bytes(content.tail)
    else:
        file.open().save(place)
    return place


def _csv(file: File, content: RangedFile, stack: ExitStack) -> Table:
    import pyarrow.csv as pacsv

    place = _saved(file, content, stack)
    # The types of a column follow from all of its rows, so a file that is read again has the same ones.
    options = pacsv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False)
    whole = pacsv.read_csv(place, convert_options=options)
    return Table(schema=whole.schema, rows=whole.num_rows, batches=lambda limit: _first(whole.to_batches(), limit))


def _vector(file: File, content: RangedFile, stack: ExitStack) -> Table:
    """What GDAL reads; its columns and geometry as GeoPandas would write them."""
    import geopandas

    frame = geopandas.read_file(_saved(file, content, stack), use_arrow=True)
    whole = geo_table(frame) if isinstance(frame, geopandas.GeoDataFrame) else pa.Table.from_pandas(frame)
    return Table(schema=whole.schema, rows=whole.num_rows, batches=lambda limit: _first(whole.to_batches(), limit))


def geo_table(frame: Any) -> pa.Table:
    """A GeoDataFrame as the table that its Parquet file holds."""
    from io import BytesIO

    buffer = BytesIO()
    frame.to_parquet(buffer, compression=None)
    return pq.read_table(BytesIO(buffer.getvalue()))


def _first(batches: Any, limit: int | None) -> Iterator[pa.RecordBatch]:
    left = limit
    for batch in batches:
        if left is not None and left <= 0:
            return
        taken = batch if left is None else batch.slice(0, left)
        left = None if left is None else left - taken.num_rows
        yield taken


_READERS: Mapping[str, Callable[[File, RangedFile, ExitStack], Table]] = {
    "parquet": _parquet,
    "feather": _feather,
    "csv": _csv,
    **dict.fromkeys(("geojson", "fgb", "gpkg"), _vector),
}


def joined(tables: Sequence[Table], names: Sequence[str]) -> Table:
    """The rows of all, in the columns that any of them has; raises `UnreadableOutput` where one has two types."""
    from fused_spec.engine.outputs.joining import joined_schema

    schema = joined_schema([table.schema for table in tables], names)

    def batches(limit: int | None) -> Iterator[pa.RecordBatch]:
        return _first(chain.from_iterable(_with_all(table, schema) for table in tables), limit)

    counts = [table.rows for table in tables]
    return Table(schema=schema, rows=None if None in counts else sum(filter(None, counts)), batches=batches)


def _with_all(table: Table, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in table.batches(None):
        columns = [
            batch.column(field.name).cast(field.type)
            if field.name in batch.schema.names
            else pa.nulls(batch.num_rows, field.type)
            for field in schema
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
