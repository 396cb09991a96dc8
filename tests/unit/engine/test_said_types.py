"""Types that a step says of columns, whatever the format of its inputs."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fused_spec.engine.failures import StepFailed
from tests.unit.engine.building import ingested, plain_ingested, points, saved


def said(**types: Any) -> dict[str, Any]:
    return {"metadata": {"fused-spec": {"read": {"types": types}}}}


def kinds(storage: Path) -> dict[str, pa.DataType]:
    schema = pq.read_schema(storage / "table" / "0.parquet")
    return dict(zip(schema.names, schema.types, strict=True))


def test_a_column_of_parquet_has_the_type_that_is_said(tmp_path: Path, storage: Path) -> None:
    pq.write_table(pa.table({"code": [7, 8], "n": [1, 2]}), tmp_path / "a.parquet")
    table = plain_ingested(str(tmp_path / "a.parquet"), storage, **said(code="String"))
    assert table["code"].tolist() == ["7", "8"]
    assert kinds(storage)["n"] == pa.int64()


def test_a_column_that_gdal_reads_has_the_type_that_is_said(tmp_path: Path, storage: Path) -> None:
    ingested(saved(points(3), tmp_path / "a.gpkg"), storage, **said(row="Float32"))
    assert kinds(storage)["row"] == pa.float32()


def test_inputs_that_differ_meet_in_the_type_that_is_said(tmp_path: Path, storage: Path) -> None:
    pq.write_table(pa.table({"code": [7]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"code": ["x"]}), tmp_path / "b.parquet")
    sources = [str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")]
    assert plain_ingested(sources, storage, **said(code="String"))["code"].tolist() == ["7", "x"]


def test_a_value_that_the_type_does_not_hold_fails_the_step(tmp_path: Path, storage: Path) -> None:
    pq.write_table(pa.table({"n": [1, 300]}), tmp_path / "a.parquet")
    with pytest.raises(StepFailed, match=r"a\.parquet: column n does not fit int8"):
        plain_ingested(str(tmp_path / "a.parquet"), storage, **said(n="Int8"))


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_type_of_a_column_that_is_not_there_fails_the_step(name: str, tmp_path: Path, storage: Path) -> None:
    source = saved(points(3).drop(columns="geometry"), tmp_path / name)
    with pytest.raises(StepFailed, match=r"read\.types: there is no column Row; did you mean row\?"):
        plain_ingested(source, storage, **said(Row="String"))


def test_a_type_of_a_column_that_is_not_loaded_says_nothing(tmp_path: Path, storage: Path) -> None:
    source = saved(points(3), tmp_path / "a.parquet")
    assert "row" not in ingested(source, storage, load_columns=["word"], **said(row="String")).columns
