"""What is told of outputs without reading them."""

import json
from io import BytesIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import rasterio
from rasterio.transform import from_bounds

from fused_spec.engine.outputs.facts import facts_of
from fused_spec.engine.outputs.model import Column, File, Kind, Output
from fused_spec.errors import ServiceError
from tests.unit.engine.outputs.contents import Kept, output, parquet, places


def test_a_table_has_rows_columns_a_system_and_a_box() -> None:
    facts = facts_of(output("0.parquet", places(3)))
    assert (facts.kind, facts.rows, facts.width, facts.crs, facts.bounds) == (
        Kind.TABLE,
        3,
        2,
        "EPSG:4326",
        (0.0, 0.0, 2.0, 2.0),
    )
    assert facts.columns == (Column("n", "int64"), Column("geometry", "geometry"))


def test_a_large_table_is_not_read_for_its_facts() -> None:
    content = Kept(parquet({"n": np.random.default_rng(1).random(500_000)}))
    assert facts_of(output("0.parquet", content)).rows == 500_000
    assert len(content.asked) == 1


def test_a_table_of_an_unknown_system_has_none() -> None:
    assert facts_of(output("0.parquet", places(1, crs=None))).crs is None


def test_geometry_without_a_word_of_its_system_is_in_degrees() -> None:
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}}
    table = pa.table({"geometry": [b""]}).replace_schema_metadata({"geo": json.dumps(geo)})
    assert facts_of(output("0.parquet", parquet(table))).crs == "OGC:CRS84"


@pytest.mark.parametrize("geo", [b"{", b"[]", b"7", b'{"columns": {}}', b'{"columns": []}', b"null"])
def test_broken_geometry_metadata_makes_no_table_unreadable(geo: bytes) -> None:
    table = pa.table({"n": [1]}).replace_schema_metadata({"geo": geo})
    facts = facts_of(output("0.parquet", parquet(table)))
    assert (facts.rows, facts.crs, facts.problem) == (1, None, None)


def test_a_raster_has_a_shape_a_system_and_a_box() -> None:
    facts = facts_of(output("0.tiff", raster()))
    assert (facts.kind, facts.shape, facts.crs, facts.bounds) == (
        Kind.RASTER,
        (1, 4, 5),
        "EPSG:32631",
        (0.0, 0.0, 50.0, 40.0),
    )


def test_an_array_that_lies_nowhere_has_a_shape() -> None:
    buffer = BytesIO()
    np.save(buffer, np.zeros((3, 2, 4)))
    facts = facts_of(output("0.npy", buffer.getvalue()))
    assert (facts.kind, facts.shape, facts.bounds) == (Kind.RASTER, (3, 2, 4), None)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("0.json", Kind.JSON), ("0.html", Kind.TEXT), ("0.zip", Kind.ARCHIVE), ("0.bin", Kind.BYTES)],
)
def test_what_has_no_rows_has_a_kind_and_a_size(name: str, kind: Kind) -> None:
    facts = facts_of(output(name, b"12345"))
    assert (facts.kind, facts.bytes, facts.rows) == (kind, 5, None)


@pytest.mark.parametrize(("name", "content"), [("0.none", b""), ("0.parquet", b""), ("0.tiff", b"")])
def test_a_task_that_returned_nothing_has_nothing(name: str, content: bytes) -> None:
    assert facts_of(output(name, content)).kind is Kind.NOTHING


def test_a_name_that_says_nothing_leaves_it_to_the_first_bytes() -> None:
    assert facts_of(output("table", parquet({"n": [1, 2]}))).rows == 2


@pytest.mark.parametrize("name", ["0.parquet", "0.tiff", "0.png", "0.npy", "0.feather"])
def test_content_that_is_not_what_its_name_says_is_a_problem_and_no_error(name: str) -> None:
    facts = facts_of(output(name, b"neither this nor that" * 10))
    assert facts.bytes == 210
    assert "cannot be read as" in str(facts.problem)


def test_a_footer_that_was_cut_off_is_a_problem() -> None:
    assert "cannot be read as parquet" in str(facts_of(output("0.parquet", places(3)[:-20])).problem)


def test_what_is_gone_is_a_problem_of_that_output_alone() -> None:
    def gone() -> Kept:
        raise ServiceError("there is no such result any more")

    facts = facts_of(Output(name="0.parquet", files=(File(name="0.parquet", open=gone),)))
    assert (facts.kind, facts.problem) == (Kind.TABLE, "there is no such result any more")


def test_a_feather_file_tells_its_rows() -> None:
    buffer = BytesIO()
    pd.DataFrame({"n": [1, 2, 3]}).to_feather(buffer)
    assert facts_of(output("0.feather", buffer.getvalue())).rows == 3


def raster(nodata: float | None = None) -> bytes:
    with rasterio.MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=5,
            height=4,
            count=1,
            dtype="float32",
            crs="EPSG:32631",
            transform=from_bounds(0, 0, 50, 40, 5, 4),
            nodata=nodata,
        ) as dataset:
            dataset.write(np.arange(20, dtype="float32").reshape(1, 4, 5))
        content: bytes = memory.read()
        return content
