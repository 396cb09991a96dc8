"""A start as the smallest document that says it."""

import json
from typing import Any

import pytest

from fused_spec.errors import FusedSpecError
from fused_spec.messages.redaction import MASK
from fused_spec.reconcile.adopting.drafts import draft_of
from fused_spec.reconcile.adopting.folding import single
from fused_spec.reconcile.adopting.lineage import linked
from fused_spec.views.documents.spec_yaml import spec_text
from tests.unit.reconcile.adopting.starts import CODE, code_files, drafts, origin, started


def spec_of(start: Any) -> Any:
    return drafts(start)[0].spec


def test_no_field_is_said_that_equals_its_default() -> None:
    partition = {
        "type": "partition_geospatial",
        "input": "s3://a/b.parquet",
        "output": "fd://c/",
        "partitioning_method": "rows",
        "partitioning_split_method": "mean",
        "gdal_config": {"open_options": {}, "layer": None},
        "partitioning_maximum_per_file": None,
    }
    [step] = spec_of(origin({"steps": [partition]}))["config"]["steps"]
    assert step == {
        "type": "partition_geospatial",
        "input": "s3://a/b.parquet",
        "output": "fd://c/",
        "partitioning_maximum_per_file": None,
    }


def test_code_goes_to_a_file_byte_for_byte() -> None:
    code, files = "# é\r\n@fused.udf\r\ndef udf():\r\n\treturn 1  \r\n", code_files()
    draft_of(started(code=code), files)
    assert files.files == {"udfs/tile.py": code.encode()}


def test_equal_code_is_one_file() -> None:
    files = code_files()
    for zoom in (1, 2):
        draft_of(started({"zoom": zoom}), files)
    assert list(files.files) == ["udfs/tile.py"]


def test_code_never_takes_the_place_of_a_file_that_is_there() -> None:
    files = code_files({"udfs/tile.py": b"mine"})
    assert draft_of(started(), files).spec["config"]["steps"][0]["udf"]["file"] == "../udfs/tile_2.py"


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "..", "~root", "a/b\\c", "\0", "C:\\x", "é" * 300]
)
def test_a_hostile_name_leads_nowhere(name: str) -> None:
    files = code_files()
    config = {"name": name, "steps": [{"type": "udf", "name": name, "udf": {"entrypoint": "udf", "code": CODE}}]}
    draft = draft_of(origin(config, name=name), files)
    [path] = files.files
    folder, _, file = path.partition("/")
    assert folder == "udfs"
    assert file.removesuffix(".py").replace("_", "").isalnum()
    assert draft.name.replace("-", "").isalnum()


def test_a_neighbour_that_would_lie_elsewhere_is_refused() -> None:
    carried = {
        "module_name": "fused_load_0",
        "source_code": "x",
        "source_file": 'fused_load:{"at":"../../x","name":"x"}',
    }
    udf = {"entrypoint": "udf", "code": CODE, "headers": [carried]}
    with pytest.raises(FusedSpecError, match="no place beside it"):
        drafts(origin({"steps": [{"type": "udf", "udf": udf}]}))


def test_what_travels_in_no_form_that_is_known_is_refused() -> None:
    carried = {"module_name": "fused_load_0", "source_code": "x", "source_file": "fused_load:{"}
    with pytest.raises(FusedSpecError, match="cannot be read"):
        drafts(origin({"steps": [{"type": "udf", "udf": {"entrypoint": "udf", "code": CODE, "headers": [carried]}}]}))


def test_values_that_are_nested_without_end_are_refused() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    with pytest.raises(FusedSpecError, match="nested"):
        drafts(started({"deep": deep}))


def test_what_reads_as_a_name_in_a_spec_is_escaped() -> None:
    said = spec_of(started({"note": "${HOME} costs 5$"}))
    assert said["config"]["steps"][0]["udf"]["parameters"] == {"note": "$${HOME} costs 5$"}


@pytest.mark.parametrize("value", [{"file": "../.secrets/token"}, [{"output_of": "x"}], {"deep": [{"file": "x"}]}])
def test_what_reads_as_a_reference_in_a_spec_is_refused(value: Any) -> None:
    with pytest.raises(FusedSpecError, match="reads as a reference"):
        drafts(started({"table": value}))


def test_code_that_is_no_python_is_refused() -> None:
    with pytest.raises(FusedSpecError, match="no Python"):
        drafts(started(code="def udf(:\n"))


def test_secrets_stay_out_and_are_told() -> None:
    env = {"FUSED_CREDENTIAL_PROVIDER": "ec2", "API_TOKEN": "s3cr3t-value", "DB_PASSWORD": MASK, "LEVEL": "info"}
    [draft] = drafts(started(env=env))
    assert set(draft.hidden) == {"API_TOKEN", "DB_PASSWORD"}
    assert draft.spec["env"]["LEVEL"] == "info"
    assert "s3cr3t" not in spec_text(draft.spec)


def test_a_default_of_the_environment_is_not_said_and_its_absence_is() -> None:
    assert "env" not in spec_of(started(env={"FUSED_CREDENTIAL_PROVIDER": "ec2"}))
    assert spec_of(started(env={}))["env"] == {"FUSED_CREDENTIAL_PROVIDER": None}


def test_an_entry_function_is_named_only_where_it_must_be() -> None:
    two = "@fused.udf\ndef udf():\n    pass\n\n@fused.udf\ndef other():\n    pass\n"
    config = {"steps": [{"type": "udf", "udf": {"entrypoint": "other", "code": two, "name": "other"}}]}
    assert spec_of(origin(config))["config"]["steps"][0]["udf"]["entrypoint"] == "other"
    assert "entrypoint" not in spec_of(started())["config"]["steps"][0]["udf"]


WRITER = {"steps": [{"type": "partition_nongeospatial", "input": "s3://a/b.csv", "output": "fd://cities/"}]}


def test_what_reads_what_another_one_wrote_says_so() -> None:
    writer, reader = drafts(origin(WRITER, name="cities", at=0), started({"table": "fd://cities/"}, name="rank", at=5))
    [_, found] = linked([single(writer), single(reader)])
    assert found.spec["config"]["steps"][0]["udf"]["parameters"] == {"table": {"output_of": "cities"}}


def test_what_began_before_the_other_had_ended_keeps_the_address() -> None:
    writer, reader = drafts(origin(WRITER, name="cities", at=5), started({"table": "fd://cities/"}, name="rank", at=0))
    [_, found] = linked([single(writer), single(reader)])
    assert found.spec["config"]["steps"][0]["udf"]["parameters"] == {"table": "fd://cities/"}


def test_a_secret_that_the_project_declares_is_named_in_place_of_its_value() -> None:
    origin = started({"note": "${x}"}, env={"FUSED_CREDENTIAL_PROVIDER": "ec2", "API_TOKEN": "s3cr3t-value"})
    draft = draft_of(origin, code_files(), {"API_TOKEN"})
    assert (draft.spec["env"], draft.hidden) == ({"API_TOKEN": "${secret.API_TOKEN}"}, ())


def test_very_many_elements_go_to_a_file_as_they_are() -> None:
    elements = [{"note": "${x}", "number": number} for number in range(2000)]
    files = code_files()
    [step] = draft_of(started(step={"input": elements}), files).spec["config"]["steps"]
    assert step["input"] == {"elements": "../inputs/tile.json"}
    assert json.loads(files.files["inputs/tile.json"]) == elements


def test_a_mapping_that_no_spec_reads_as_a_reference_is_a_value() -> None:
    said = spec_of(started({"table": {"ref": "x"}}))
    assert said["config"]["steps"][0]["udf"]["parameters"] == {"table": {"ref": "x"}}


def test_a_name_that_no_spec_takes_is_told_and_left_out() -> None:
    udf = {"name": "My UDF", "entrypoint": "udf", "code": CODE}
    config = {"name": "my job\x1b[31m", "steps": [{"type": "udf", "name": "a step", "udf": udf}]}
    [draft] = drafts(origin(config, name="my job"))
    assert draft.name == "my-job"
    assert draft.spec["config"] == {"steps": [{"type": "udf", "udf": {"file": "../udfs/my_job.py"}}]}
    assert [one.partition(",")[0] for one in draft.lost] == [
        "the name of a step",
        "the name of a UDF",
        "its name at the service",
    ]
