"""Outputs in each other, and outputs of two targets."""

import pytest

from tests.unit.spec.conftest import Resolve
from tests.unit.spec.language.projects import SmallProject

TWO_SERVICES = """\
targets:
  dev: {base_url: https://dev.example.com/server/v1}
  prod: {base_url: https://prod.example.com/server/v1}
"""
ONE_SERVICE = """\
targets:
  dev: {base_url: https://example.com/server/v1, scope: dev}
  prod: {base_url: https://example.com/server/v1, scope: prod}
"""


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    return SmallProject(tmp_path_factory.mktemp("project"))


def ingestion(name: str, output: str, top: str = "", more: str = "") -> str:
    return (
        f"apiVersion: fused-spec/v1\nkind: Job\nmetadata: {{name: {name}}}\n{top}spec:\n  config:\n    steps:\n"
        f'      - {{type: partition_geospatial, input: fd://raw/a.parquet, output: "{output}"{more}}}\n'
    )


def mapped(name: str, output: str) -> str:
    return (
        f"apiVersion: fused-spec/v1\nkind: Job\nmetadata: {{name: {name}}}\nspec:\n  output: {output}\n"
        "  config: {steps: [{type: udf, udf: {file: area.py}}]}\n"
    )


def told(resolved: Resolve, **files: str) -> list[tuple[str, str]]:
    return [(str(one.location), one.message) for one in resolved(**files).diagnostics if one.code == "nested-output"]


@pytest.mark.parametrize("inner", [ingestion("inner", "s3://b/a/part/x/"), mapped("inner", "s3://b/a/part/x/")])
def test_an_output_in_a_folder_that_is_replaced_is_told(resolved: Resolve, inner: str) -> None:
    [(place, message)] = told(resolved, a__yaml=ingestion("outer", "s3://b/a/"), b__yaml=inner)
    assert message == 's3://b/a/part/x lies in s3://b/a, which the job "outer" replaces as a whole'
    assert place.startswith("specs/b.yaml:")


def test_measures_in_the_folder_of_their_own_table_are_told(resolved: Resolve) -> None:
    assert told(resolved, a__yaml=ingestion("a", "fd://a/", more=", output_metadata: fd://a/meta/")) != []


@pytest.mark.parametrize("other", ["s3://b/ab/", "s3://c/a/part/", "fd://b/a/part/"])
def test_outputs_beside_each_other_are_right(resolved: Resolve, other: str) -> None:
    assert told(resolved, a__yaml=ingestion("outer", "s3://b/a/"), b__yaml=ingestion("other", other)) == []


def test_what_a_udf_writes_into_a_folder_is_its_own_matter(resolved: Resolve) -> None:
    assert told(resolved, a__yaml=mapped("outer", "s3://b/a/"), b__yaml=ingestion("inner", "s3://b/a/part/")) == []


def test_cells_of_one_matrix_are_told_of_once(resolved: Resolve) -> None:
    cells = ingestion("inner", "s3://b/a/${matrix.m}/", top="matrix: {m: [1, 2, 3]}\n")
    assert len(told(resolved, a__yaml=ingestion("outer", "s3://b/a/"), b__yaml=cells)) == 1


def test_two_targets_that_write_one_address_are_told_at_the_line(project: SmallProject) -> None:
    problem = project.specs(TWO_SERVICES, a__yaml=ingestion("a", "s3://b/a/")).problem()
    assert (problem.code, problem.message) == ("output-of-two-targets", "dev and prod both write s3://b/a")
    assert str(problem.location).startswith("specs/a.yaml:7:")


def test_each_service_has_its_own_storage(project: SmallProject) -> None:
    assert project.specs(TWO_SERVICES, a__yaml=ingestion("a", "fd://a/")).problems() == []


def test_environments_of_one_service_share_its_storage(project: SmallProject) -> None:
    assert project.specs(ONE_SERVICE, a__yaml=ingestion("a", "fd://a/")).problem().message == (
        "dev and prod both write fd://a"
    )


def test_targets_with_outputs_of_their_own_are_right(project: SmallProject) -> None:
    specs = project.specs(ONE_SERVICE, a__yaml=ingestion("a", "s3://b/${target.name}/a/"))
    assert specs.problems() == []


def test_a_value_that_nobody_has_given_yet_clashes_with_nothing(project: SmallProject) -> None:
    lacking = f"variables: {{root: {{type: string}}}}\n{TWO_SERVICES}"
    assert project.specs(lacking, a__yaml=ingestion("a", "${var.root}")).problems() == []


def test_the_local_target_counts_where_targets_differ(project: SmallProject) -> None:
    one = TWO_SERVICES.replace("  dev:", "  staging:")
    spec = ingestion("a", "s3://b/a/").replace("name: a", 'name: a, labels: {at: "${target.name}"}')
    assert project.specs(one, a__yaml=spec).problem().message == "local, staging and prod all write s3://b/a"


def test_a_spec_that_exists_at_one_target_alone_clashes_with_none(project: SmallProject) -> None:
    spec = ingestion("a", "s3://b/a/").replace("name: a", "name: a, targets: [prod]")
    assert project.specs(TWO_SERVICES, a__yaml=spec).problems() == []


def test_two_documents_that_write_one_address_at_two_targets_name_each_other(project: SmallProject) -> None:
    first = ingestion("a", "s3://b/a/").replace("name: a", "name: a, targets: [dev]")
    second = ingestion("b", "s3://b/a/").replace("name: b", "name: b, targets: [prod]")
    hint = project.specs(TWO_SERVICES, a__yaml=first, b__yaml=second).problem().hint
    assert hint is not None
    assert hint.startswith("prod by specs/b.yaml:7:")


def test_cells_of_one_line_are_counted(project: SmallProject) -> None:
    cells = ingestion("a", "s3://b/${matrix.m}/", top="matrix: {m: [1, 2, 3]}\n")
    problem = project.specs(TWO_SERVICES, a__yaml=cells).problem()
    assert problem.message == "dev and prod both write s3://b/1, and 2 more of the same line"
