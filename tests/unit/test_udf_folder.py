"""The forms in which a UDF lies in files."""

import json
from typing import Any

import pytest

from fused_spec.udfs.folder import BadUdfFolder, UdfText, find_udf

CODE = "@fused.udf\ndef udf():\n    return 1\n"


def found(path: str, files: dict[str, str]) -> UdfText | None:
    def read(name: str) -> bytes | None:
        return files[name].encode() if name in files else None

    def names(folder: str) -> list[str]:
        below = [name.removeprefix(f"{folder}/") for name in files if name.startswith(f"{folder}/")]
        return sorted({name.partition("/")[0] for name in below})

    return find_udf(path, read, names)


def meta(**udf: Any) -> str:
    step = {"type": "udf", "udf": {"type": "geopandas_v2", "name": "Area", **udf}}
    return json.dumps({"version": "0.0.3", "job_config": {"version": "0.0.3", "steps": [step]}, "unknown": 1})


@pytest.mark.parametrize("path", ["area", "area.py", "/area/"])
def test_a_flat_file_is_found_by_its_name(path: str) -> None:
    assert found(path, {"area.py": CODE}) == UdfText(name="area", code=CODE, file="area.py")


@pytest.mark.parametrize("file", ["area/area.py", "area/main.py"])
def test_a_folder_has_the_file_of_its_name_or_the_only_one(file: str) -> None:
    text = found("area", {file: CODE, "area/README.md": "x"})
    assert text is not None
    assert (text.name, text.code, text.file) == ("area", CODE, file)


def test_a_folder_with_several_files_needs_one_of_its_name() -> None:
    assert found("area", {"area/a.py": CODE, "area/b.py": CODE}) is None


def test_meta_json_names_source_entry_parameters_and_headers() -> None:
    header = {"module_name": "utils", "source_file": "utils.py"}
    described = meta(source="code.py", entrypoint="main", parameters={"n": 2}, headers=[header])
    files = {"Area/meta.json": described, "Area/code.py": CODE, "Area/utils.py": "x = 1\n"}
    assert found("Area", files) == UdfText(
        name="Area",
        code=CODE,
        entrypoint="main",
        parameters={"n": 2},
        headers={"utils": "x = 1\n"},
        file="Area/code.py",
        header_files={"utils": "Area/utils.py"},
    )


def test_meta_json_may_hold_the_code_itself() -> None:
    text = found("Area", {"Area/meta.json": meta(code=CODE, entrypoint="udf", headers=None)})
    assert text is not None
    assert (text.code, text.file) == (CODE, "Area/meta.json")


def test_a_meta_json_of_another_tool_is_left_alone() -> None:
    text = found("area", {"area/meta.json": '{"pages": []}', "area/area.py": CODE})
    assert text is not None
    assert text.code == CODE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no JSON"),
        (meta(), "describes no UDF"),
        ('{"job_config": {"steps": []}}', "describes no UDF"),
        (meta(source="gone.py"), "names Area/gone.py, which is not there"),
    ],
)
def test_a_broken_meta_json_is_told_and_not_passed_over(content: str, message: str) -> None:
    with pytest.raises(BadUdfFolder, match=message):
        found("Area", {"Area/meta.json": content, "Area/Area.py": CODE})


def test_nothing_is_found_where_nothing_is() -> None:
    assert found("area", {"other.py": CODE}) is None


@pytest.mark.parametrize(
    "udf",
    [
        {"code": 5},
        {"source": "c.py", "parameters": [1]},
        {"source": "c.py", "entrypoint": 5},
        {"source": "c.py", "name": ["x"]},
        {"source": "c.py", "headers": [{"module_name": "m", "source_code": 5}]},
        {"source": "c.py", "headers": [{"module_name": 5, "source_code": "x"}]},
    ],
)
def test_a_meta_json_with_other_than_text_is_told(udf: dict[str, Any]) -> None:
    with pytest.raises(BadUdfFolder, match="describes no UDF"):
        found("Area", {"Area/meta.json": meta(**udf), "Area/c.py": CODE})


def test_a_meta_json_that_is_nested_too_deeply_is_told() -> None:
    with pytest.raises(BadUdfFolder, match="is no JSON"):
        found("Area", {"Area/meta.json": "[" * 200_000})
