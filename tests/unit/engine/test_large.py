"""Rows of more bytes than the offsets of a column count; the same bytes stand there many times, which costs nothing."""

import numpy as np
import pyarrow as pa
import pytest

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.passes import gather, large
from fused_spec.engine.ingest.passes.gather import joined_sample
from fused_spec.engine.ingest.passes.large import first_taken, taken

MEBI = 2**20


def many(column: pa.Array) -> pa.Table:
    """A column that comes to more than 2 GiB, and one that numbers the rows."""
    chunks = [column] * (2 * 2**30 // column.nbytes + 1)
    return pa.table({"a": pa.chunked_array(chunks), "n": range(len(column) * len(chunks))})


def words(*kinds: pa.DataType) -> pa.Table:
    columns = [pa.chunked_array([[f"{number}", None], ["xyz" * number]], kind) for number, kind in enumerate(kinds)]
    return pa.table(columns, names=[str(kind) for kind in kinds])


def test_columns_are_taken_by_way_of_longer_offsets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "_PIECE_BYTES", 1)
    table, order = words(pa.string(), pa.binary(), pa.large_string()), np.array([2, 0, 1])
    columns = [large._taken(column, pa.array(order), "a") for column in table.columns]
    assert pa.table(columns, schema=table.schema).equals(taken(table, order))


def test_pieces_are_as_small_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "_PIECE_BYTES", 20)
    column = pa.chunked_array([["abc"] * 8])
    pieces = large._taken(column, pa.array(range(8)), "a")
    assert (pieces.type, max(piece.nbytes for piece in pieces.chunks) <= 20) == (pa.string(), True)


def test_what_has_no_longer_offsets_is_refused_with_the_next_step() -> None:
    table = many(pa.array([[b"x" * 64 * MEBI]]))
    with pytest.raises(
        StepFailed, match=r"column a has more than 2 GiB in one chunk .* lower partitioning_maximum_per"
    ):
        taken(table, np.arange(len(table))[::-1])


@pytest.mark.parametrize("count", [0, 3])
def test_a_sample_of_large_rows_has_few(count: int) -> None:
    table = many(pa.array([b"x" * 16 * MEBI]))
    sample = first_taken(table, range(0, 100, 10), count * 16 * MEBI + 1000)
    assert sample["n"].to_pylist() == [0, 10, 20][:count]


def test_a_sample_of_ordinary_rows_has_them_all() -> None:
    table = pa.table({"n": range(50)})
    assert first_taken(table, range(0, 50, 5), gather._SAMPLE_BYTES).equals(table.take(pa.array(range(0, 50, 5))))


def test_samples_of_all_files_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "_SAMPLE_BYTES", 25 * 8)
    parts = [pa.table({"n": range(start, start + 10)}) for start in (0, 10, 20, 30)]
    assert joined_sample(parts)["n"].to_pylist() == list(range(25))
