"""GeoJSON as people write it: values of many kinds, ids, names, and sequences of features."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyogrio
import pytest

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.reading.gdal import geojson as geojson_text
from tests.unit.engine.building import ingested
from tests.unit.engine.gdal_files import POINT, collection, facts, feature, lines_of, lossy

MIXED = "column p has values of several kinds, lists or objects; all are text in the table"


def column(storage: Path, name: str = "p") -> tuple[str, list[Any]]:
    found = pq.read_table(storage / "table")[name]
    return str(found.type), found.to_pylist()


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([42, "text"], ["42", "text"]),
        ([True, "text"], ["true", "text"]),
        ([{"a": 1}, {"a": [1]}], ['{ "a": 1 }', '{ "a": [ 1 ] }']),
        ([[1, "a"], None], ['[ 1, "a" ]', None]),
        ([{"a": 1}, 5], ['{ "a": 1 }', "5"]),
    ],
)
def test_values_of_several_kinds_are_text(values: list[Any], texts: list[Any], tmp_path: Path, storage: Path) -> None:
    found = facts(collection(tmp_path / "a.geojson", values), storage)
    assert (column(storage), lossy(found)) == (("string", texts), [MIXED])


@pytest.mark.parametrize(("values", "numbers"), [([True, 7], [1, 7]), ([1.5, False], [1.5, 0.0])])
def test_true_and_false_beside_numbers_are_told(
    values: list[Any], numbers: list[Any], tmp_path: Path, storage: Path
) -> None:
    found = facts(collection(tmp_path / "a.geojson", values), storage)
    assert column(storage)[1] == numbers
    assert lossy(found) == ["column p: 1 of its values are true or false beside numbers, and become 1 and 0"]


def test_true_and_false_alone_are_told_nothing_about(tmp_path: Path, storage: Path) -> None:
    assert lossy(facts(collection(tmp_path / "a.geojson", [True, False, None]), storage)) == []


@pytest.mark.parametrize("values", [[[1, 2], []], [["a"], ["b", "c"]], [[1.5], [2]]])
def test_lists_stay_lists_or_are_told(values: list[Any], tmp_path: Path, storage: Path) -> None:
    found = facts(collection(tmp_path / "a.geojson", values), storage)
    kind, came = column(storage)
    assert came == values or (kind, lossy(found)) == ("string", [MIXED])


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**30])
def test_integers_beyond_64_bits_are_told(number: int, tmp_path: Path, storage: Path) -> None:
    [sentence] = lossy(facts(collection(tmp_path / "a.geojson", [number, 1]), storage))
    assert sentence.startswith("column p: 1 of its integers are beyond 64 bits")


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 1e30, 0.1234567890123456789])
def test_numbers_within_64_bits_are_kept(number: float, tmp_path: Path, storage: Path) -> None:
    found = facts(collection(tmp_path / "a.geojson", [number]), storage)
    assert (column(storage)[1], lossy(found)) == ([number], [])


def test_a_nul_is_refused_with_its_line(tmp_path: Path, storage: Path) -> None:
    records = [json.dumps(feature({"p": text})) for text in ("a", "b\0c", "\\u0000")]
    with pytest.raises(StepFailed, match=r"^a\.geojsonl cannot be read: line 2 has a NUL character"):
        ingested(lines_of(tmp_path / "a.geojsonl", records), storage)
    assert len(ingested(lines_of(tmp_path / "a.geojsonl", records[::2]), storage)) == 2


def test_names_that_differ_in_their_letters_are_columns_of_their_own(tmp_path: Path, storage: Path) -> None:
    content = {"type": "FeatureCollection", "features": [feature({"Name": "a", "name": "b", "NAME": "c"})]}
    (tmp_path / "a.geojson").write_text(json.dumps(content))
    table = ingested(str(tmp_path / "a.geojson"), storage)
    assert table[["Name", "name", "NAME"]].iloc[0].tolist() == ["a", "b", "c"]
    kept = ingested(str(tmp_path / "a.geojson"), storage, load_columns=["name"], overwrite=True)
    assert kept["name"].tolist() == ["b"]


@pytest.mark.parametrize(
    ("ids", "came"), [([7, 5], [7, 5]), (["a", "b"], ["a", "b"]), (["a", 5], ["a", "5"]), ([1.5, 2.5], ["1.5", "2.5"])]
)
def test_ids_of_features_are_a_column(ids: list[Any], came: list[Any], tmp_path: Path, storage: Path) -> None:
    records = [json.dumps(feature({"p": 1}, id=one)) for one in ids]
    found = facts(lines_of(tmp_path / "a.geojsonl", records), storage)
    assert (column(storage, "id")[1], lossy(found)) == (came, [])


@pytest.mark.parametrize(("ids", "properties"), [([5, 5], {"p": 1}), ([7, 8], {"id": 1})])
def test_ids_that_cannot_be_a_column_are_told(
    ids: list[int], properties: dict[str, int], tmp_path: Path, storage: Path
) -> None:
    features = [feature(properties, id=one) for one in ids]
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found = facts(str(tmp_path / "a.geojson"), storage)
    assert "the numbers that its features have as ids, beside their properties, are left out" in lossy(found)


def test_a_byte_order_mark_is_no_harm(tmp_path: Path, storage: Path) -> None:
    source = Path(collection(tmp_path / "a.geojson", [1, 2]))
    source.write_bytes(b"\xef\xbb\xbf" + source.read_bytes())
    assert ingested(str(source), storage)["p"].tolist() == [1, 2]


def test_features_without_geometry_are_rows(tmp_path: Path, storage: Path) -> None:
    bare = [{"type": "Feature", "properties": {"p": 1}}, feature({"p": 2})]
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": bare}))
    assert ingested(str(tmp_path / "a.geojson"), storage).geometry.isna().tolist() == [False, True]


@pytest.mark.parametrize("name", ["a.geojson", "a.geojsonl"])
@pytest.mark.parametrize(
    "geometry",
    [{"type": "Point", "coordinates": ["a"]}, {"type": "Pint", "coordinates": [1, 2]}, {"coordinates": [1, 2]}],
)
def test_a_geometry_that_is_none_is_refused(geometry: Any, name: str, tmp_path: Path, storage: Path) -> None:
    members = [feature({}), {"type": "Feature", "properties": {"p": 1}, "geometry": geometry}]
    whole = json.dumps({"type": "FeatureCollection", "features": members})
    (tmp_path / name).write_text(whole if name == "a.geojson" else "\n".join(map(json.dumps, members)))
    with pytest.raises(StepFailed, match="cannot be read: the geometry of feature 2 is none that GDAL knows"):
        facts(str(tmp_path / name), storage)


@pytest.mark.parametrize(
    "geometry", [None, {"type": "Point", "coordinates": []}, {"type": "Polygon", "coordinates": []}]
)
def test_a_geometry_that_is_missing_or_empty_is_read(geometry: Any, tmp_path: Path, storage: Path) -> None:
    members = [feature({}), {"type": "Feature", "properties": {"p": 1}, "geometry": geometry}]
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": members}))
    assert len(ingested(str(tmp_path / "a.geojson"), storage)) == 2


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ((b'},"geometry"', b'}"geometry"'), "line 1 is no JSON|Failed to read GeoJSON data"),
        ((b'"type":"Feature"', b'"typ":"Feature"'), "feature 1 of its collection has no type"),
        ((b'"type":"Feature"', b'"type":"Faeture"'), "feature 1 of its collection has the type Faeture"),
        ((b'"p":1', b'"p":"\xe4"'), "line 1 is no UTF-8 text"),
        ((b"]}", b"]} {}"), "line 1 is no JSON|Failed to read GeoJSON data"),
        ((b'"p":1', b'"p":'), "line 1 is no JSON|Failed to read GeoJSON data"),
    ],
)
def test_what_gdal_would_read_over_is_refused(
    damage: tuple[bytes, bytes], why: str, tmp_path: Path, storage: Path
) -> None:
    point = {"type": "Point", "coordinates": [1, 2]}
    member = {"type": "Feature", "properties": {"p": 1}, "geometry": point}
    whole = json.dumps({"type": "FeatureCollection", "features": [member]}, separators=(",", ":")).encode()
    (tmp_path / "a.geojson").write_bytes(whole.replace(*damage, 1) if damage[0] != b"]}" else whole + b" {}")
    with pytest.raises(StepFailed, match=rf"^a\.geojson cannot be read: ({why})"):
        facts(str(tmp_path / "a.geojson"), storage)


def test_numbers_that_json_has_not_are_read_where_gdal_reads_them(tmp_path: Path, storage: Path) -> None:
    member = {
        "type": "Feature",
        "properties": {"p": float("nan")},
        "geometry": {"type": "Point", "coordinates": [1, 2]},
    }
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [member]}))
    assert len(ingested(str(tmp_path / "a.geojson"), storage)) == 1


def test_its_coordinate_system_counts(tmp_path: Path, storage: Path) -> None:
    place = {"type": "Point", "coordinates": [500000, 5500000]}
    content = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": place}]}
    named = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}}
    (tmp_path / "a.geojson").write_text(json.dumps({**content, **named}))
    assert facts(str(tmp_path / "a.geojson"), storage)["crs"]["from"] == "its crs member"
    (tmp_path / "b.geojson").write_text(json.dumps(content))
    read = {"fused-spec": {"read": {"crs": "EPSG:25832"}}}
    table = ingested(str(tmp_path / "b.geojson"), storage, metadata=read, overwrite=True)
    assert table.total_bounds.tolist() == pytest.approx([9, 49.65, 9, 49.65], abs=0.01)


def test_coordinates_that_are_no_degrees_are_told(tmp_path: Path, storage: Path) -> None:
    place = {"type": "Point", "coordinates": [500000, 5500000]}
    features = [feature({}), {"type": "Feature", "properties": {}, "geometry": place}]
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found = facts(str(tmp_path / "a.geojson"), storage)
    assert found["crs"]["from"] == "GeoJSON's own"
    [one] = found["lossy"]
    assert (one["what"].partition(",")[0], one["rows"]) == ("the coordinates are no degrees", 1)


@pytest.mark.parametrize("suffix", ["geojsonl", "ndjson", "jsonl", "geojsonseq"])
def test_newline_delimited_features_are_read(suffix: str, tmp_path: Path, storage: Path) -> None:
    records = [json.dumps(feature({"p": number})) for number in range(3)]
    found = facts(lines_of(tmp_path / f"a.{suffix}", records), storage)
    assert (column(storage)[1], found["rows_declared"], found["encoding"]) == ([0, 1, 2], 3, "UTF-8")


def test_features_after_record_separators_are_read(tmp_path: Path, storage: Path) -> None:
    records = [json.dumps(feature({"p": number}), indent=1) for number in range(3)]
    assert facts(lines_of(tmp_path / "a.geojsons", records, before="\x1e"), storage)["rows_declared"] == 3


@pytest.mark.parametrize("before", ["", "\x1e"])
@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize("bad", ['{"type": "Feature", "prop', '{"a": 1}', "[1]", "garbage", '"Feature"'])
def test_a_line_that_is_no_feature_is_refused_with_its_number(
    bad: str, place: int, before: str, tmp_path: Path, storage: Path
) -> None:
    records = [json.dumps(feature({"p": number})) for number in range(3)]
    records[place] = bad
    with pytest.raises(StepFailed, match=rf"^a\.geojsonl cannot be read: line {place + 1} is no GeoJSON feature \("):
        ingested(lines_of(tmp_path / "a.geojsonl", records, before=before), storage)


def test_a_bare_geometry_in_a_line_is_a_row(tmp_path: Path, storage: Path) -> None:
    records = [json.dumps(feature({"p": 1})), json.dumps(POINT)]
    assert len(ingested(lines_of(tmp_path / "a.geojsonl", records), storage)) == 2


def test_text_is_looked_through_across_chunks(tmp_path: Path, storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geojson_text, "_CHUNK_BYTES", 1000)
    monkeypatch.setattr(geojson_text, "_OVERLAP_BYTES", 100)
    source = collection(tmp_path / "a.geojson", [2**64 if number % 10 == 0 else number for number in range(300)])
    [sentence] = lossy(facts(source, storage))
    assert sentence.startswith("column p: 30 of its integers are beyond 64 bits")


def test_packed_text_is_looked_through_too(tmp_path: Path, storage: Path) -> None:
    source = collection(tmp_path / "a.geojson", [True, 1])
    (tmp_path / "a.geojson.gz").write_bytes(gzip.compress(Path(source).read_bytes()))
    [sentence] = lossy(facts(str(tmp_path / "a.geojson.gz"), storage))
    assert sentence.startswith("column p: 1 of its values are true or false")


@pytest.mark.parametrize(("name", "driver"), [("a.gpkg", "GPKG"), ("a.fgb", "FlatGeobuf")])
def test_json_that_other_formats_mark_as_such_is_text(name: str, driver: str, tmp_path: Path, storage: Path) -> None:
    _, table = pyogrio.read_arrow(collection(tmp_path / "a.geojson", [{"a": 1}, {"b": [2]}]))
    options = {"geometry_name": "wkb_geometry", "geometry_type": "Point", "crs": "EPSG:4326"}
    pyogrio.write_arrow(table, tmp_path / name, driver=driver, **options)
    found = facts(str(tmp_path / name), storage)
    kind, values = column(storage)
    assert (kind, [json.loads(one) for one in values]) == ("string", [{"a": 1}, {"b": [2]}])
    assert set(lossy(found)) <= {MIXED}


def test_a_member_of_a_collection_that_is_no_feature_is_refused(tmp_path: Path, storage: Path) -> None:
    source = Path(collection(tmp_path / "a.geojson", range(5)))
    content = source.read_text().split('"type": "Feature"')
    source.write_text(
        '"type": "Feature"'.join(content[:3]) + '"type": "Fuature"' + '"type": "Feature"'.join(content[3:])
    )
    with pytest.raises(
        StepFailed, match=r"^a\.geojson cannot be read: feature 3 of its collection has the type Fuature"
    ):
        ingested(str(source), storage)


def test_properties_named_properties_are_no_features(tmp_path: Path, storage: Path) -> None:
    assert len(ingested(collection(tmp_path / "a.geojson", [1, {"properties": 1}], "properties"), storage)) == 2


@pytest.mark.parametrize("kind", ["Pint", "Point"])
def test_a_geometry_of_a_topology_that_gdal_leaves_out_is_refused(kind: str, tmp_path: Path, storage: Path) -> None:
    points = [{"type": one, "coordinates": [1, 2], "properties": {"p": 1}} for one in ("Point", kind)]
    towns = {"type": "GeometryCollection", "geometries": points}
    (tmp_path / "a.topojson").write_text(json.dumps({"type": "Topology", "objects": {"towns": towns}, "arcs": []}))
    if kind == "Point":
        assert len(ingested(str(tmp_path / "a.topojson"), storage)) == 2
        return
    with pytest.raises(StepFailed, match=r"^a\.topojson cannot be read: it has 2 features, and GDAL finds 1 of them"):
        ingested(str(tmp_path / "a.topojson"), storage)
