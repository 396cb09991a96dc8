"""`fmt` over files: what is mended, what is left alone, and that nothing changes where something would be different."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.cli.specs import forms as module
from fused_spec.cli.specs.forms import Form, forms
from fused_spec.spec.resolve import resolve
from tests.depth import examples

PROJECT = "apiVersion: fused-spec/v1\nproject: {name: tiles, id: 5a0a2c1e-7f0e-4c0e-9a53-4e2f6f6f2b11}\n"
JOB = """\
kind: Job
apiVersion: fused-spec/v1
metadata: {name: tiles}
spec:
    instance_type: m5.large
    config:
        steps:
        - type: udf
          udf: {file: tiles.py}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fused-spec.yaml").write_text(PROJECT)
    (tmp_path / "tiles.py").write_text("import fused\n\n\n@fused.udf\ndef udf(n: int = 1):\n    return n\n")
    return tmp_path


def form_of(folder: Path, text: str, *, fix: bool = False) -> Form:
    (folder / "job.yaml").write_text(text)
    found = forms(["job.yaml"], fix=fix, cwd=folder)
    assert (found.problems, found.difference) == ([], None)
    [form] = found.forms
    return form


def test_a_form_has_the_digests_that_the_file_had(folder: Path) -> None:
    form = form_of(folder, JOB)
    before = resolve(["job.yaml"], cwd=folder).desired
    (folder / "job.yaml").write_text(form.after)
    assert form.is_changed
    assert [one.digest for one in resolve(["job.yaml"], cwd=folder).desired] == [one.digest for one in before]


def test_a_folder_has_its_project_file_brought_into_form_as_well(folder: Path) -> None:
    (folder / "fused-spec.yaml").write_text("target: local\n" + PROJECT)
    (folder / "job.yaml").write_text(JOB)
    found = forms(["."], fix=False, cwd=folder)
    assert {form.file.name: form.is_changed for form in found.forms} == {"job.yaml": True, "fused-spec.yaml": True}
    assert found.forms[1].after == PROJECT + "target: local\n"


def test_a_project_file_may_be_named(folder: Path) -> None:
    [form] = forms(["fused-spec.yaml"], fix=False, cwd=folder).forms
    assert not form.is_changed


def test_yaml_of_something_else_is_left_alone(folder: Path) -> None:
    (folder / "other.yaml").write_text("services:\n    web: 1\n")
    (folder / "job.yaml").write_text(JOB)
    assert [form.file.name for form in forms(["."], fix=False, cwd=folder).forms] == ["job.yaml", "fused-spec.yaml"]


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_brought_into_form(folder: Path) -> None:
    (folder / "job.yaml").write_text(JOB)
    (folder / "broken.yaml").write_text(JOB.replace("{file: tiles.py}", "{file: ${var.x}}"))
    found = forms(["job.yaml", "broken.yaml"], fix=False, cwd=folder)
    assert [one.code for one in found.problems] == ["unquoted-interpolation"]
    assert [form.file.name for form in found.forms] == ["job.yaml"]


def test_text_that_some_readers_take_for_something_else_gets_quotes(folder: Path) -> None:
    form = form_of(folder, JOB.replace("metadata: {name: tiles}", "metadata: {name: tiles, labels: {a: no}}"))
    assert 'labels: {a: "no"}' in form.after


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("instance_type: M5.Large", "instance_type: m5.large"),
        ("instance_type: 'M5.Large'", 'instance_type: "m5.large"'),
        ("instanceType: m5.large", "instance_type: m5.large"),
        ("instanceType: M5.Large", "instance_type: m5.large"),
        ("disk_size_gb: '50'", "disk_size_gb: 50"),
        ("env: {YEAR: 2024}", 'env: {YEAR: "2024"}'),
        ("env: {YEAR: 3.10}", 'env: {YEAR: "3.10"}'),
        ("env: {CODE: 012}", 'env: {CODE: "012"}'),
        ("send_status_email: no", "send_status_email: false"),
        ("send_status_email: 'true'", "send_status_email: true"),
        ("run: {when: On-Change}", "run: {when: on-change}"),
    ],
)
def test_what_has_one_remedy_alone_is_mended(folder: Path, wrong: str, right: str) -> None:
    text = JOB.replace("instance_type: m5.large", wrong)
    assert right in form_of(folder, text, fix=True).after
    assert wrong in form_of(folder, text).after


@pytest.mark.parametrize(
    "unsure", ["instance_type: m5.larg", "instance_typ: m5.large", "disk_size_gb: '5 GB'", "disk_size_gb: 1_000"]
)
def test_what_may_be_meant_otherwise_is_left_to_a_person(folder: Path, unsure: str) -> None:
    assert unsure in form_of(folder, JOB.replace("instance_type: m5.large", unsure), fix=True).after


def test_a_value_with_a_name_between_braces_is_mended(folder: Path) -> None:
    (folder / "fused-spec.yaml").write_text(PROJECT + "variables: {file: {type: string, default: tiles.py}}\n")
    text = JOB.replace("{file: tiles.py}", "{file: ${var.file}}")
    form = form_of(folder, text, fix=True)
    assert 'udf: {file: "${var.file}"}' in form.after
    (folder / "job.yaml").write_text(form.after)
    assert resolve(["job.yaml"], cwd=folder).valid


def test_nothing_changes_where_a_digest_would_be_another(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_mended", lambda _, text: text.replace("m5.large", "m5.xlarge"))
    (folder / "job.yaml").write_text(JOB)
    assert forms(["job.yaml"], fix=True, cwd=folder).difference == "Job/tiles would be another at local"


def test_a_form_that_would_be_read_differently_is_not_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "formatted", lambda text, *_: text.replace("m5.large", "m5.xlarge"))
    assert not form_of(folder, JOB).is_changed


def test_a_problem_at_another_line_is_the_same_problem(folder: Path) -> None:
    form = form_of(folder, "\n\n\n" + JOB.replace("m5.large", "m5.larg"))
    assert form.after.startswith("apiVersion")


CODE = "import fused\n\n\n@fused.udf\ndef udf(n: int = 1):\n    return n   \n"
PARTS = {
    "apiVersion": "fused-spec/v1",
    "kind": "Job",
    "metadata": {"name": "tiles", "labels": {"team": "geo", "on": "no"}},
    "matrix": {"month": ["2024-01", "2024-02"]},
    "spec": {
        "env": {"A": "b", "NOTE": "${matrix.month}"},
        "config": {
            "steps": [
                {"type": "udf", "udf": {"code": CODE}, "input": [1, {"n": 2}]},
                {"type": "udf", "udf": {"code": CODE}},
            ]
        },
    },
}


def rendered(tree: Any, column: int, random: Random) -> str:
    """A value as people may write it: any indentation, lists below or beside their key, comments and empty lines."""
    if isinstance(tree, str) and "\n" in tree:
        margin = " " * (column + random.randint(1, 5))
        return " |\n" + "".join(f"{margin}{line}\n" if line else "\n" for line in tree.splitlines())
    if not isinstance(tree, dict | list):
        return f"{' ' * random.randint(1, 3)}{tree}{random.choice(['', '  ', ' # why'])}\n"
    is_list = isinstance(tree, list)
    inner = column + random.randint(1, 6) if column >= 0 else 0
    items = [("-", one) for one in tree] if is_list else [(f"{name}:", one) for name, one in tree.items()]
    if not is_list:
        random.shuffle(items)
    lines = ["\n"] if column >= 0 else []
    for word, one in items:
        lines += random.choices(["", "\n", f"{' ' * inner}# about\n"], k=random.randint(0, 2))
        lines += (" " * inner, word, rendered(one, inner, random))
    return "".join(lines)


@examples(100)
@given(st.randoms(use_true_random=False))
def test_no_digest_changes_however_a_spec_is_written(random: Random) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fused-spec.yaml").write_text(PROJECT)
        (folder / "job.yaml").write_text(rendered(PARTS, -1, random))
        before = resolve(["job.yaml"], cwd=folder)
        found = forms(["job.yaml"], fix=False, cwd=folder)
        assert (found.problems, found.difference, before.valid, len(before.desired)) == ([], None, True, 2)
        (folder / "job.yaml").write_text(found.forms[0].after)
        assert [one.digest for one in resolve(["job.yaml"], cwd=folder).desired] == [
            one.digest for one in before.desired
        ]
        assert not forms(["job.yaml"], fix=False, cwd=folder).forms[0].is_changed
