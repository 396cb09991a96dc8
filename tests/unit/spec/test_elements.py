"""Elements of an input that stand in a file beside the spec: what is read from it, and what is refused where."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.files.limits import MAX_DEPTH
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.inputs import elements_csv, elements_json
from fused_spec.spec.inputs.element_list import BadElements
from fused_spec.spec.inputs.elements import ElementFiles
from fused_spec.spec.inputs.elements_csv import csv_elements
from fused_spec.spec.inputs.elements_json import json_elements, json_lines_elements
from fused_spec.spec.model import DesiredJob
from fused_spec.spec.resolve import resolve
from fused_spec.spec.resolving import build
from tests.unit.spec.conftest import Resolve
from tests.unit.spec.reading import job

JOB = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: areas}
spec:
  config:
    steps:
      - type: udf
        udf: {file: area.py}
        input: INPUT
"""


def with_input(value: str) -> str:
    return JOB.replace("INPUT", value)


def only_job(resolution: Any) -> DesiredJob:
    assert resolution.diagnostics == ()
    [one] = resolution.desired
    assert isinstance(one, DesiredJob)
    return one


def elements_of(one: DesiredJob) -> Any:
    return one.payload["config"]["steps"][0]["input"]


def only_problem(resolution: Any) -> Diagnostic:
    [problem] = resolution.diagnostics
    assert isinstance(problem, Diagnostic)
    assert problem.hint
    return problem


def refused(resolved: Resolve, name: str, content: str | bytes) -> Diagnostic:
    """The one problem of a job whose elements are in the file."""
    files = {"a__yaml": with_input(f"{{elements: {name}}}"), name.replace(".", "__"): content}
    return only_problem(resolved(**files))


def at(problem: Diagnostic) -> str:
    return str(problem.location)


# What is read


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", 'n,note\n1,\n2,"a, b"\n'),
        ("t.csv", '\ufeffn,note\r\n1,\r\n\r\n2,"a, b"\r\n'),
        ("t.CSV", 'n,note\n1,""\n2,"a, b"'),
        ("t.json", '[{"n": 1, "note": null},\n {"n": 2, "note": "a, b"}]\n'),
        ("t.jsonl", '{"n": 1, "note": null}\n\n{"n": 2, "note": "a, b"}\n'),
        ("t.ndjson", '{"n": 1, "note": null}\r\n{"n": 2, "note": "a, b"}'),
    ],
)
def test_the_digest_is_that_of_the_same_elements_in_the_spec(resolved: Resolve, name: str, content: str) -> None:
    udf = "@fused.udf\ndef udf(n, note=None):\n    return n\n"
    written = only_job(resolved(a__yaml=with_input('[{n: 1, note: null}, {n: 2, note: "a, b"}]'), area__py=udf))
    files = {"a__yaml": with_input(f"{{elements: {name}}}"), name.replace(".", "__"): content, "area__py": udf}
    in_file = only_job(resolved(**files))
    assert (elements_of(in_file), in_file.digest) == (elements_of(written), written.digest)


def test_a_change_of_an_element_changes_the_digest(resolved: Resolve) -> None:
    before = only_job(resolved(a__yaml=with_input("{elements: t.csv}"), t__csv="n\n1\n"))
    assert only_job(resolved(t__csv="n\n2\n")).digest != before.digest


def test_the_file_is_the_source_of_the_elements(resolved: Resolve) -> None:
    one = only_job(resolved(a__yaml=with_input("{elements: t.csv}"), t__csv="n\n1\n"))
    assert one.sources["config.steps.0.input"] == "specs/t.csv"


def column(*values: str) -> list[Any]:
    """What a column of these values is read as, beside one that keeps its rows from being empty."""
    return [row["a"] for row in csv_elements("a,b\n" + "".join(f"{value},x\n" for value in values), "t.csv").values]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (("1", "-2", "0"), [1, -2, 0]),
        (("1.50", "-3e2", "1"), [1.5, -300.0, 1]),
        (("00123", "80301"), ["00123", "80301"]),
        (("1", "9007199254740993"), ["1", "9007199254740993"]),
        (("+1", "2"), ["+1", "2"]),
        (("1", "Nan"), ["1", "Nan"]),
        (("Nairobi", "NaN"), ["Nairobi", "NaN"]),
        (("true", "False", "TRUE"), [True, False, True]),
        (("true", "1"), ["true", "1"]),
        (("yes", "no"), ["yes", "no"]),
        (("2024-01-01",), ["2024-01-01"]),
        (("1", "", "2"), [1, None, 2]),
        (("", ""), [None, None]),
        ((" 1", "2"), [" 1", "2"]),
        (('"1"', "2"), [1, 2]),
        (('"a ""b"""',), ['a "b"']),
    ],
)
def test_a_whole_column_decides_what_its_values_are(written: tuple[str, ...], read: list[Any]) -> None:
    assert column(*written) == read


def test_an_integer_stays_one(resolved: Resolve) -> None:
    assert [type(value) for value in column("1", "1.0")] == [int, float]


def test_a_quoted_field_may_hold_lines() -> None:
    elements = csv_elements('a,b\n"x\ny",1\nz,2\n', "t.csv")
    assert (elements.values[0]["a"], list(elements.lines)) == ("x\ny", [2, 4])


def test_elements_of_json_may_be_any_values() -> None:
    assert json_elements('[1, "a", null, [2.5], {"b": true}, 1e3]', "t.json").values == [
        1,
        "a",
        None,
        [2.5],
        {"b": True},
        1000.0,
    ]


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert json_elements('["\\ud83d\\ude00"]', "t.json").values == ["\U0001f600"]


@given(st.lists(st.recursive(st.none() | st.booleans() | st.text('ab\n"é\U0001f600 '), st.lists, max_leaves=5)))
def test_json_is_read_as_it_was_written_and_each_element_found(values: list[Any]) -> None:
    text = json.dumps(values, indent=1)
    elements = json_elements(text, "t.json")
    lines = text.split("\n")
    starts = [lines[line - 1][column - 1] for line, column in zip(elements.lines, elements.columns, strict=True)]
    assert elements.values == values
    assert starts == [json.dumps(value)[0] for value in values]


def test_a_column_called_file_is_data_and_no_reference(resolved: Resolve) -> None:
    udf = "@fused.udf\ndef udf(file):\n    return file\n"
    files = {"a__yaml": with_input("{elements: t.csv}"), "t__csv": "file\ngone.tif\n", "area__py": udf}
    assert elements_of(only_job(resolved(**files))) == [{"file": "gone.tif"}]


def test_a_reference_in_a_file_of_elements_is_told_to_mean_nothing(resolved: Resolve) -> None:
    problem = refused(resolved, "t.json", '[\n {"file": "a.tif"}]')
    assert (at(problem), problem.message) == ("specs/t.json:2:2", "{file: …} means nothing in a file of elements")


def test_25_000_elements_in_a_file_load(resolved: Resolve) -> None:
    rows = "".join(f"{number}\n" for number in range(25_000))
    one = only_job(resolved(a__yaml=with_input("{elements: t.csv}"), t__csv=f"n\n{rows}"))
    assert len(elements_of(one)) == 25_000


def test_25_000_elements_in_the_spec_load(resolved: Resolve) -> None:
    one = only_job(resolved(a__yaml=with_input(str(list(range(25_000))))))
    assert elements_of(one) == list(range(25_000))


# What is refused


@pytest.mark.parametrize(
    ("name", "content", "place", "message"),
    [
        ("t.csv", "n,a\n1,2\n3,4,5\n", ":3:5", "this row has 3 fields, and the first line names 2 columns"),
        ("t.csv", 'n,a\n"x\ny",2\n3\n', ":4:1", "this row has 1 field, and the first line names 2 columns"),
        ("t.csv", "n,a\n1,2\n3,NaN\n", ":3:3", "NaN is not a finite number, and JSON has no other"),
        ("t.csv", "n\n-Infinity\n", ":2:1", "-Infinity is not a finite number, and JSON has no other"),
        ("t.csv", "n\n1\n1e999\n", ":3:1", "1e999 is not a finite number, and JSON has no other"),
        ("t.csv", "n,a,n\n1,2,3\n", ":1:5", 'two columns are named "n"'),
        ("t.csv", "n,,a\n1,2,3\n", ":1:3", "column 2 has no name"),
        ("t.csv", "n, a\n1, 2\n", ":1:3", "the name of column 2 begins or ends with a space"),
        ("t.csv", "1,2\n3,4\n", ":1:1", "the name of column 1 is a number"),
        ("t.csv", "n;a\n1;2\n", ":1:1", 'the columns are separated by ";", not by commas'),
        ("t.csv", "n\ta\n1\t2\n", ":1:1", "the columns are separated by tabs, not by commas"),
        ("t.csv", 'n\n"1\n2\n', ":2:1", "a quote that is opened in this row is never closed"),
        ("t.csv", 'n\n"1"2\n', ":2:1", "text follows a closing quote"),
        ("t.csv", b"n\n1\n\xe9\n", ":3:1", "byte 0xe9 is not UTF-8"),
        ("t.csv", "n\n1".encode("utf-16"), ":1:1", "the file is UTF-16 or UTF-32"),
        ("t.csv", "n\na\ufeffb\n", ":2:2", "U+FEFF (zero width no-break space) is an invisible character"),
        ("t.json", '[1,\n {"a": ["NaN", NaN]}]', ":2:16", "NaN is not a finite number, and JSON has no other"),
        ("t.json", "[1,\n -1e999]", ":2:2", "-1e999 is not a finite number, and JSON has no other"),
        ("t.json", "[9007199254740993]", ":1:2", "9007199254740993 is beyond 2^53, where JSON numbers lose digits"),
        ("t.json", '[1,\n {"a": 1, "a": 2}]', ":2:2", 'this element has the key "a" twice'),
        ("t.json", '{"a": 1}', ":1:1", "this is not a list of elements"),
        ("t.json", "[1 2]", ":1:4", "a comma or ] is missing here"),
        ("t.json", "[1,\n]", ":2:1", "this is not JSON: expecting value"),
        ("t.json", "[1", ":1:3", "a comma or ] is missing here"),
        ("t.json", "[1]\n[2]", ":2:1", "text follows the list"),
        ("t.json", '["\\ud83d"]', ":1:2", "the text holds U+D83D"),
        ("t.json", '["\\u0000"]', ":1:2", "the text holds U+0000"),
        ("t.json", "[\n" + "[" * 50_000, ":2:1", f"an element is nested more than {MAX_DEPTH} levels deep"),
        ("t.jsonl", '1\n{"x": oops}\n', ":2:7", "this is not JSON: expecting value"),
        ("t.jsonl", "1\n2 3\n", ":2:3", "text follows the value of this line"),
        ("t.jsonl", "1\nNaN\n", ":2:1", "NaN is not a finite number, and JSON has no other"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_at_its_place(
    resolved: Resolve, name: str, content: str | bytes, place: str, message: str
) -> None:
    problem = refused(resolved, name, content)
    assert (at(problem), problem.message) == (f"specs/{name}{place}", message)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "", "t.csv holds no element"),
        ("t.csv", "\n\n", "t.csv holds no element"),
        ("t.csv", "n\n", "t.csv holds no element"),
        ("t.json", "[]", "t.json holds no element"),
        ("t.jsonl", "\n", "t.jsonl holds no element"),
        ("t.xlsx", "PK", "t.xlsx is in no format that elements are read from"),
        ("t.csv", "version https://git-lfs.github.com/spec/v1\n", "t.csv is a Git LFS pointer, not the content"),
    ],
)
def test_what_is_wrong_with_the_file_is_told_where_it_is_named(
    resolved: Resolve, name: str, content: str, message: str
) -> None:
    problem = refused(resolved, name, content)
    assert (at(problem), problem.message) == ("specs/a.yaml:9:27", message)


def test_a_file_too_large_is_refused_by_its_size_alone(resolved: Resolve, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    with (tmp_path / "specs" / "t.csv").open("wb") as stream:
        stream.truncate(2 << 30)
    problem = only_problem(resolved(a__yaml=with_input("{elements: t.csv}")))
    assert (problem.code, problem.message) == (
        "too-large",
        "t.csv has 2,048 MiB, and 64 MiB of elements are the most",
    )


def test_all_files_of_elements_together_are_bounded(tmp_path: Path) -> None:
    files = ElementFiles(_room=10)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("n\n1234\n")
    folder = Folder(path=tmp_path, root=tmp_path)
    assert [type(files.read(name, folder)).__name__ for name in ("a.csv", "b.csv", "a.csv")] == [
        "Elements",
        "Trouble",
        "Elements",
    ]


def test_rows_that_make_too_much_are_refused_before_they_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements_csv, "MAX_CONFIG_BYTES", 100)
    with pytest.raises(BadElements, match="the rows up to here make more than"):
        csv_elements("n\n" + "1\n" * 50, "t.csv")


def test_json_that_takes_too_much_memory_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements_json, "MAX_MEMORY", 1000)
    for read, text in ((json_elements, f"[{'[],' * 50}1]"), (json_lines_elements, "[]\n" * 50)):
        with pytest.raises(BadElements, match="of memory"):
            read(text, "t.json")


@pytest.mark.parametrize("value", ["{elements: t.csv}", "[aaaaaaaaaa, aaaaaaaaaa, aaaaaaaaaa, aaaaaaaaaa]"])
def test_a_config_that_no_service_takes_is_refused(
    resolved: Resolve, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setattr(build, "MAX_CONFIG_BYTES", 100)
    monkeypatch.setattr(build, "MAX_FILE_BYTES", 10)
    problem = only_problem(resolved(a__yaml=with_input(value), t__csv="n\naaaaaaaaaaaaaaaaaaaaa\n"))
    assert (problem.code, problem.pointer) == ("too-large", "spec.config")


def test_an_element_that_does_not_fit_the_udf_is_told_at_its_line(resolved: Resolve) -> None:
    udf = "@fused.udf\ndef udf(n: int):\n    return n\n"
    files = {"a__yaml": with_input("{elements: t.csv}"), "t__csv": "n\n1\nx\n", "area__py": udf}
    problem = only_problem(resolved(**files))
    assert (at(problem), problem.message) == ("specs/t.csv:3:1", '"n" of udf takes a whole number, not "x"')


def test_an_element_that_lacks_a_parameter_is_told_at_its_line(resolved: Resolve) -> None:
    udf = "@fused.udf\ndef udf(n, m):\n    return n\n"
    files = {"a__yaml": with_input("{elements: t.json}"), "t__json": '[{"n": 1, "m": 2},\n {"n": 1}]', "area__py": udf}
    problem = only_problem(resolved(**files))
    assert (at(problem), problem.message) == ("specs/t.json:2:2", 'udf gets no value for "m"')


def test_of_very_many_problems_the_first_are_told_and_the_others_counted(resolved: Resolve) -> None:
    udf = "@fused.udf\ndef udf(n: int):\n    return n\n"
    files = {"a__yaml": with_input("{elements: t.csv}"), "t__csv": "n\n" + "x\n" * 1000, "area__py": udf}
    problems = resolved(**files).diagnostics
    assert len(problems) < 300
    assert [problem.message for problem in problems if problem.code == "too-many-problems"] == [
        "799 more problems in this document"
    ]


@pytest.mark.parametrize("content", ["n,password\n1,hunter22\n", "n,url\n1,https://joe:hunter22@host/x\n"])
def test_a_secret_among_elements_is_refused_and_not_shown(resolved: Resolve, content: str) -> None:
    problem = refused(resolved, "t.csv", content)
    assert (problem.code, at(problem)) == ("secret", "specs/t.csv:2:1")
    assert "hunter22" not in f"{problem.message} {problem.hint}"


def test_a_file_that_is_not_there_names_the_likely_one(resolved: Resolve) -> None:
    problem = only_problem(resolved(a__yaml=with_input("{elements: tt.csv}"), t__csv="n\n1\n"))
    assert (problem.code, problem.hint) == ("no-such-file", 'did you mean "t.csv"?')


def test_a_folder_is_no_file_of_elements(resolved: Resolve, tmp_path: Path) -> None:
    (tmp_path / "specs" / "t.csv").mkdir(parents=True)
    assert only_problem(resolved(a__yaml=with_input("{elements: t.csv}"))).code == "not-a-file"


def test_a_named_pipe_is_not_waited_for(resolved: Resolve, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    os.mkfifo(tmp_path / "specs" / "t.csv")
    assert only_problem(resolved(a__yaml=with_input("{elements: t.csv}"))).code == "not-a-file"


@pytest.mark.parametrize("name", ["../../t.csv", "/etc/hosts.csv", "linked.csv"])
def test_a_file_outside_the_project_is_refused(resolved: Resolve, tmp_path: Path, name: str) -> None:
    (tmp_path.parent / "t.csv").write_text("n\n1\n")
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "linked.csv").symlink_to(tmp_path.parent / "t.csv")
    assert only_problem(resolved(a__yaml=with_input(f"{{elements: {name}}}"))).code == "outside-project"


def test_a_link_within_the_project_is_followed(resolved: Resolve, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n\n1\n")
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "linked.csv").symlink_to("../t.csv")
    assert elements_of(only_job(resolved(a__yaml=with_input("{elements: linked.csv}")))) == [{"n": 1}]


def test_an_ingestion_takes_no_file_of_elements(resolved: Resolve) -> None:
    spec = job("").replace(
        "{type: udf, udf: {file: area.py}}", "{type: partition_geospatial, input: {elements: t.csv}, output: fd://a/}"
    )
    assert any(problem.is_error for problem in resolved(a__yaml=spec, t__csv="n\n1\n").diagnostics)


def test_one_file_serves_several_jobs(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "area.py").write_text("@fused.udf\ndef udf(n):\n    return n\n")
    (tmp_path / "t.csv").write_text("n\n1\n")
    for name in ("a", "b"):
        text = with_input("{elements: t.csv}").replace("areas", name)
        (tmp_path / f"{name}.yaml").write_text(text)
    resolution = resolve(["."], cwd=tmp_path)
    assert len({one.digest for one in resolution.desired}) == 1
