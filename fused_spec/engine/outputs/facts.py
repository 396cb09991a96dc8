"""What an output holds, told from its footer or its header; nothing is read for the sake of counting it."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pyarrow as pa

from fused_spec.engine.outputs.chunks import box_of, chunks_in, rows_of
from fused_spec.engine.outputs.geometry import bounds_of, crs_word, geo_of
from fused_spec.engine.outputs.kinds import form_of, kind_of
from fused_spec.engine.outputs.model import Column, Facts, File, Kind, Output, Told, UnreadableOutput
from fused_spec.engine.outputs.parquet import parquet_file
from fused_spec.engine.outputs.ranged import RangedFile
from fused_spec.engine.outputs.rasters import array_facts, raster_facts
from fused_spec.errors import FusedSpecError, ServiceError

_THREADS = 16


def told(outputs: Sequence[Output]) -> Iterator[Told]:
    """Each output with its facts, in order, some of them read at a time."""
    with ThreadPoolExecutor(_THREADS) as pool:
        yield from map(Told, outputs, pool.map(facts_of, outputs))


def named_kind(output: Output) -> Kind:
    """What an output is by its name; `BYTES` where that says nothing."""
    if not output.files and output.sample is None:
        return Kind.FOLDER
    return Kind.TABLE if output.sample or len(output.files) > 1 else kind_of(form_of(output.files[0].name))


def facts_of(output: Output) -> Facts:
    """What is known of one output; what cannot be read has a `problem`, and ends nothing."""
    kind = named_kind(output)
    if kind in (Kind.FOLDER, Kind.NOTHING):
        return Facts(kind=kind, bytes=0 if kind is Kind.NOTHING else None)
    try:
        return _of_table_in_files(output) if output.sample or len(output.files) > 1 else _of_file(output.files[0])
    except (ServiceError, UnreadableOutput, EOFError) as error:
        return Facts(kind=kind, problem=str(error))


def _of_file(file: File) -> Facts:
    content = RangedFile(file.open())
    form = form_of(file.name, lambda count: content.between(0, count))
    if not content.size and form not in ("json", "csv"):
        return Facts(kind=kind_of(form) if kind_of(form) is Kind.TEXT else Kind.NOTHING, bytes=0)
    read = _FACTS.get(form)
    if read is None:
        return Facts(kind=kind_of(form), bytes=content.size)
    try:
        return read(content)
    except FusedSpecError:  # those of a client are errors of its transport, too
        raise
    except (pa.ArrowException, ValueError, OSError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        return Facts(kind=kind_of(form), bytes=content.size, problem=f"it cannot be read as {form}: {said[0]}")


def _parquet(content: RangedFile) -> Facts:
    with parquet_file(content) as file:
        schema, footer = file.schema_arrow, file.metadata
        return Facts(
            kind=Kind.TABLE,
            rows=footer.num_rows,
            width=len(schema),
            columns=columns_of(schema),
            crs=crs_word(schema),
            bounds=bounds_of(schema),
            bytes=content.size,
        )


def _feather(content: RangedFile) -> Facts:
    with ExitStack() as stack:
        reader = stack.enter_context(pa.ipc.open_file(pa.PythonFile(content, mode="r")))
        schema = reader.schema
        batches = map(reader.get_batch, range(reader.num_record_batches))
        rows = sum(batch.num_rows for batch in batches) if content.is_whole else None  # they are read to be counted
        return Facts(
            kind=Kind.TABLE,
            rows=rows,
            width=len(schema),
            columns=columns_of(schema),
            crs=crs_word(schema),
            bounds=bounds_of(schema),
            bytes=content.size,
        )


_FACTS: dict[str, Callable[[RangedFile], Facts]] = {
    "parquet": _parquet,
    "feather": _feather,
    **dict.fromkeys(("tiff", "png", "jpg", "webp", "gif"), raster_facts),
    "npy": array_facts,
}


def columns_of(schema: pa.Schema) -> tuple[Column, ...]:
    """Each column with its type; one of geometries is told as such, whatever bytes it is kept in."""
    located = (geo_of(schema) or {}).get("columns", ())
    return tuple(
        Column(field.name, "geometry" if field.name in located else str(field.type).replace("large_", ""))
        for field in schema
    )


def _of_table_in_files(output: Output) -> Facts:
    """An ingested table: what its `_sample` says of all files, and else what each of them does."""
    sizes = [file.size for file in output.files]
    size = None if None in sizes else sum(filter(None, sizes))
    if output.sample is not None:
        content = RangedFile(output.sample.open())
        with suppress(pa.ArrowException, ValueError), parquet_file(content) as sample:
            schema = sample.schema_arrow
            chunks = chunks_in(schema)
            return Facts(
                kind=Kind.TABLE,
                rows=None if chunks is None else rows_of(chunks),
                width=len(schema),
                columns=columns_of(schema),
                crs=crs_word(schema),
                bounds=None if chunks is None else box_of(chunks),
                bytes=size,
            )
    first = _of_file(output.files[0])
    return Facts(
        kind=Kind.TABLE, width=first.width, columns=first.columns, crs=first.crs, bytes=size, problem=first.problem
    )
