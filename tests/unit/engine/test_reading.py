"""What a step says of how its inputs are read."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.reading.options import Reading, reading_of
from fused_spec.wire import PartitionNongeospatialStep
from tests.unit.engine.building import geo_step, ingested, points, saved


def plain(**read: Any) -> Reading:
    step = PartitionNongeospatialStep(input="a.csv", output="fd://t", metadata={"fused-spec": {"read": read}})
    return reading_of(step)


def geospatial(read: dict[str, Any], **fields: Any) -> Reading:
    return reading_of(geo_step("a.csv", metadata={"fused-spec": {"read": read}}, **fields))


def test_a_step_that_says_nothing_reads_inputs_as_they_say() -> None:
    step = PartitionNongeospatialStep(input="a.csv", output="fd://t", metadata={"mine": 1})
    assert reading_of(step) == Reading()


def test_what_a_step_says_is_what_is_read() -> None:
    said = plain(
        delimiter=";", quote="", decimal=",", null_values=["NA"], encoding="CP1252", types={"a": "String"}, hive=False
    )
    assert said == Reading(
        delimiter=";",
        quote="",
        decimal=",",
        null_values=("NA",),
        encoding="cp1252",
        types={"a": pa.string()},
        typed=("a",),
        hive=False,
    )


def test_layer_and_options_of_a_plain_table_stand_in_read() -> None:
    said = plain(layer="roads", open_options={"ENCODING": "CP1252"})
    assert (said.layer, said.open_options, said.gdal_field) == ("roads", {"ENCODING": "CP1252"}, "read")


def test_layer_and_options_of_features_stand_in_gdal_config() -> None:
    said = geospatial({}, gdal_config={"layer": "roads", "open_options": {"ENCODING": "CP1252"}})
    assert (said.layer, said.open_options, said.gdal_field) == ("roads", {"ENCODING": "CP1252"}, "gdal_config")


def test_a_forced_schema_says_what_text_becomes_and_read_types_say_it_first() -> None:
    forced = {"fields": [{"name": "a", "type": "Int64"}, {"name": "b", "type": "String"}]}
    said = geospatial({"types": {"a": "String"}}, table_schema=forced, lonlat_cols=("x", "y"))
    assert (said.types, said.numbers) == ({"a": pa.string(), "b": pa.string()}, ("x", "y"))


@pytest.mark.parametrize(
    ("read", "words"),
    [
        ({"delimeter": ";"}, "read has no field delimeter; there are delimiter, quote"),
        ({"delimiter": ";;"}, "read.delimiter must be one ASCII character"),
        ({"delimiter": '"'}, "read.delimiter cannot be '\"', which has a meaning of its own"),
        ({"quote": "''"}, "read.quote must be one ASCII character"),
        ({"decimal": ";"}, r"read.decimal must be '.' or ','"),
        ({"decimal": ",", "delimiter": ","}, "read.decimal and read.delimiter are both ','"),
        ({"null_values": "NA"}, "read.null_values must be a list of words"),
        ({"null_values": [1]}, r"read.null_values must be a list of words .* put each in quotes"),
        ({"encoding": "cp9"}, "read.encoding: there is no encoding cp9"),
        ({"encoding": "base64"}, "read.encoding: there is no encoding base64"),
        ({"types": ["a"]}, "read.types must be a mapping"),
        ({"types": {"a": "Text"}}, "read.types: column a has the unknown type Text; there are null, Bool"),
        ({"hive": "no"}, "read.hive must be true or false"),
        ({"layer": 1}, "read.layer must be text"),
        ({"open_options": {"A": 1}}, "read.open_options must be a mapping of text"),
        ({"geometry": "wkt"}, "read.geometry is not for partition_nongeospatial; partition_geospatial reads geometry"),
    ],
)
def test_what_cannot_be_meant_is_refused(read: dict[str, Any], words: str) -> None:
    with pytest.raises(StepFailed, match=words):
        plain(**read)


@pytest.mark.parametrize(
    ("read", "words"),
    [
        ({"layer": "a"}, "read.layer is not for partition_geospatial; gdal_config.layer of this step says it"),
        ({"crs": "EPSG:1"}, "read.crs: there is no coordinate system EPSG:1; name one such as EPSG:32632"),
    ],
)
def test_what_cannot_be_meant_of_features_is_refused(read: dict[str, Any], words: str) -> None:
    with pytest.raises(StepFailed, match=words):
        geospatial(read)


def test_reading_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(StepFailed, match="read must be a mapping such as"):
        geospatial(";")  # type: ignore[arg-type]


def test_an_input_without_a_coordinate_system_is_in_the_one_that_is_read(tmp_path: Path, storage: Path) -> None:
    source = saved(points(2).to_crs(3857).set_crs(None, allow_override=True), tmp_path / "a.parquet")
    table = ingested(source, storage, metadata={"fused-spec": {"read": {"crs": "EPSG:3857"}}})
    assert table.total_bounds.tolist() == pytest.approx([0, 0, 1, 1])


@pytest.mark.parametrize("read", [{"delimiter": ";"}, {"quote": ""}, {"decimal": ","}, {"null_values": ["NA"]}])
def test_what_is_said_of_text_fails_a_step_that_reads_none(read: dict[str, Any], tmp_path: Path, storage: Path) -> None:
    source = saved(points(3), tmp_path / "a.parquet")
    with pytest.raises(StepFailed, match=f"read.{next(iter(read))} is for delimited text, and no input is read as"):
        ingested(source, storage, metadata={"fused-spec": {"read": read}})


def test_what_is_said_of_text_is_for_those_inputs_that_are(tmp_path: Path, storage: Path) -> None:
    sources = [saved(points(3), tmp_path / "a.parquet"), saved(points(3), tmp_path / "b.csv")]
    assert len(ingested(sources, storage, metadata={"fused-spec": {"read": {"delimiter": ","}}})) == 6
