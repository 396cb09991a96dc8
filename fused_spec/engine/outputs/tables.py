"""Tables as streams of rows: of one file, or of several that hold one; of a Parquet file only what is needed comes."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct
from msgspec.structs import replace

from fused_spec.engine.outputs.kinds import form_of
from fused_spec.engine.outputs.model import File, Output, UnreadableOutput
from fused_spec.engine.outputs.parquet import parquet_file
from fused_spec.engine.outputs.ranged import RangedFile
from fused_spec.errors import FusedSpecError

BATCH = 65_536
_READ_TOGETHER = 64 * 1024 * 1024  # bytes of a row group that may come at once
_PAGES = 1200 * 1024  # bytes of a column: a page of values is about a megabyte, one of those that they refer to less

_READ_WHOLE = 512 * 1024 * 1024  # bytes of a file in a form that is read at once
_LOOKED_THROUGH = 16 * 1024 * 1024  # bytes of a file that some of its rows may cost
_FILES_LOOKED_AT = 16

Batches = Callable[[int | None], Iterator[pa.RecordBatch]]
Some = Callable[[int], Iterator[pa.RecordBatch]]


class Table(Struct, frozen=True, kw_only=True):
    """Rows that can be read from the start, as often as is asked; `batches` takes how many rows are wanted.

    `some` gives about so many of them from all over the table, of a large one without reading the others.
    """

    schema: pa.Schema
    rows: int | None
    batches: Batches
    some: Some

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

    def some(count: int) -> Iterator[pa.RecordBatch]:
        chosen = evenly(len(output.files), min(count, _FILES_LOOKED_AT))
        for number in chosen:
            with ExitStack() as own:
                table = first if number == 0 else _of_file(output.files[number], own)
                for batch in table.some(max(1, count // len(chosen))):
                    yield _as(batch, first.schema, output.files[number].name)

    return Table(schema=first.schema, rows=None, batches=batches, some=some)


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
    if form != "parquet" and content.size > _READ_WHOLE:
        raise UnreadableOutput(
            f"{file.name} is too large to be looked into: of {form} all has to be read at once",
            hint="-o DIR/ brings it as it is, and Parquet files have no such limit",
        )
    with _said_of(file.name, form):
        table = read(file, content, stack)
    return replace(
        table,
        batches=lambda limit: _guarded(table.batches(limit), file.name, form),
        some=lambda count: _guarded(table.some(count), file.name, form),
    )


def _guarded(batches: Iterator[pa.RecordBatch], name: str, form: str) -> Iterator[pa.RecordBatch]:
    """A part that cannot be read may be far behind the beginning."""
    while True:
        with _said_of(name, form):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


@contextmanager
def _said_of(name: str, form: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # each library has its own for a file that is not what it says
        if not _is_of_content(error):
            raise
        raise UnreadableOutput(f"{name} cannot be read as {form}: {_said(error)}") from error


def _is_of_content(error: Exception) -> bool:
    """Errors of a client are those of its transport, too; what the system says of a file of ours has a number."""
    from pyogrio.errors import DataSourceError

    if isinstance(error, FusedSpecError | MemoryError):
        return False
    is_of_library = isinstance(error, pa.ArrowException | DataSourceError | ValueError | EOFError)
    return is_of_library or (isinstance(error, OSError) and error.errno is None)


def _said(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _parquet(file: File, content: RangedFile, stack: ExitStack) -> Table:
    whole = stack.enter_context(parquet_file(content))
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

    def some(count: int) -> Iterator[pa.RecordBatch]:
        sizes = [footer.row_group(number).total_byte_size for number in range(footer.num_row_groups)]
        chosen = evenly(len(sizes), min(count, _LOOKED_THROUGH // max(1, sum(sizes) // max(1, len(sizes))) or 1))
        for number in chosen:
            rows = footer.row_group(number).num_rows
            content.prefetch(_spans(footer.row_group(number), only_first=False))
            looked_at = min(rows, max(1, rows * _LOOKED_THROUGH // max(1, sizes[number])))
            group = first_rows(whole.iter_batches(BATCH, row_groups=[number], use_threads=False), looked_at)
            yield from _thinned(group, looked_at * len(chosen), count)

    return Table(schema=whole.schema_arrow, rows=footer.num_rows, batches=batches, some=some)


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
        return first_rows(map(reader.get_batch, range(reader.num_record_batches)), limit)

    return Table(
        schema=reader.schema,
        rows=None,
        batches=batches,
        some=lambda count: _thinned(batches(None), sum(batch.num_rows for batch in batches(None)), count),
    )


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
    return _in_memory(whole)


def _vector(file: File, content: RangedFile, stack: ExitStack) -> Table:
    """What GDAL reads; its columns and geometry as GeoPandas would write them."""
    import geopandas

    frame = geopandas.read_file(_saved(file, content, stack), use_arrow=True)
    whole = geo_table(frame) if isinstance(frame, geopandas.GeoDataFrame) else pa.Table.from_pandas(frame)
    return _in_memory(whole)


def _in_memory(whole: pa.Table) -> Table:
    return Table(
        schema=whole.schema,
        rows=whole.num_rows,
        batches=lambda limit: first_rows(whole.to_batches(), limit),
        some=lambda count: _thinned(whole.to_batches(), whole.num_rows, count),
    )


def geo_table(frame: Any) -> pa.Table:
    """A GeoDataFrame as the table that its Parquet file holds."""
    from io import BytesIO

    buffer = BytesIO()
    frame.to_parquet(buffer, compression=None)
    return pq.read_table(BytesIO(buffer.getvalue()))


def first_rows(batches: Iterable[pa.RecordBatch], limit: int | None) -> Iterator[pa.RecordBatch]:
    """The first so many rows of these."""
    left = limit
    for batch in batches:
        if left is not None and left <= 0:
            return
        taken = batch if left is None else batch.slice(0, left)
        left = None if left is None else left - taken.num_rows
        yield taken


def _thinned(batches: Iterable[pa.RecordBatch], rows: int, count: int) -> Iterator[pa.RecordBatch]:
    """About `count` of so many rows, at even distances."""
    step, seen = max(1, -(-rows // max(1, count))), 0
    for batch in batches:
        places = pa.array(range(-seen % step, batch.num_rows, step), pa.int64())
        seen += batch.num_rows
        yield batch.take(places)


def evenly(length: int, count: int) -> list[int]:
    """At most `count` places among so many, at even distances."""
    return list(range(length)) if count >= length else [number * length // count for number in range(count)]


_READERS: Mapping[str, Callable[[File, RangedFile, ExitStack], Table]] = {
    "parquet": _parquet,
    "feather": _feather,
    "csv": _csv,
    **dict.fromkeys(("geojson", "fgb", "gpkg"), _vector),
}
