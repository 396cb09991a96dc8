"""What things were called before: `metadata.moved_from`, of single things and of the cells of a matrix."""

import pytest

from tests.unit.spec.language.projects import SmallProject, job

USED = '{a: "${matrix.month}", b: "${matrix.region}"}'
MATRIX = "matrix: {month: [1, 2], region: [de, fr]}"


def former(project: SmallProject, said: str, *, top: str = MATRIX, given: str = USED) -> dict[str, list[str]]:
    project.specs(a__yaml=job("raster", top=top, metadata=f"moved_from: {said}", parameters=given))
    return {name: [key.name for key in one.former] for name, one in project.desired().items()}


def test_a_job_tells_its_former_names_in_their_order(project: SmallProject) -> None:
    assert former(project, "[tiles, cells]", top="", given="{}") == {"raster": ["tiles", "cells"]}


def test_a_name_alone_is_that_of_the_whole_matrix(project: SmallProject) -> None:
    assert former(project, "[tiles]")["raster-1-fr"] == ["tiles-1-fr"]


def test_a_pattern_gives_each_cell_the_name_that_it_had(project: SmallProject) -> None:
    assert former(project, '["x-${matrix.region}-${matrix.month}"]')["raster-2-de"] == ["x-de-2"]


def test_where_says_which_cells_were_there(project: SmallProject) -> None:
    found = former(project, '[{name: "tiles-${matrix.month}", where: {region: de}}, raster-old]')
    assert (found["raster-1-de"], found["raster-1-fr"]) == (["tiles-1", "raster-old-1-de"], ["raster-old-1-fr"])


def test_one_job_may_have_become_a_cell(project: SmallProject) -> None:
    found = former(project, "[{name: tiles, where: {region: de, month: 1}}]")
    assert {name: names for name, names in found.items() if names} == {"raster-1-de": ["tiles"]}


def test_no_digest_has_a_former_name_in_it(project: SmallProject) -> None:
    plain = project.specs(a__yaml=job("raster", top=MATRIX, parameters=USED)).desired()
    moved = project.specs(a__yaml=job("raster", top=MATRIX, metadata="moved_from: [tiles]", parameters=USED)).desired()
    assert {name: one.digest for name, one in plain.items()} == {name: one.digest for name, one in moved.items()}


def test_a_dimension_that_only_a_former_name_uses_is_told_as_unused(project: SmallProject) -> None:
    said = 'moved_from: ["tiles-${matrix.region}-${matrix.month}"]'
    project.specs(a__yaml=job("raster", top=MATRIX, metadata=said, parameters='{a: "${matrix.month}"}'))
    assert project.problem().code == "unused-dimension"


@pytest.mark.parametrize(
    ("said", "top", "told"),
    [
        ('["tiles-${matrix.month}"]', "", ("no-matrix", "5:16", "without a matrix a former name is a name alone")),
        ("[{name: tiles, where: {a: 1}}]", "", ("no-matrix", "5:23", "without a matrix a former name is a name alone")),
        (
            '["tiles-${matrix.moth}"]',
            MATRIX,
            ("no-such-name", "5:16", 'the matrix has no "moth"'),
        ),
        (
            "[{name: tiles, where: {area: de}}]",
            MATRIX,
            ("no-such-dimension", "5:44", 'the matrix has no dimension "area"'),
        ),
        (
            '["tiles-${var.month}"]',
            MATRIX,
            ("no-such-name", "5:16", "${var.month}: a name is made of the matrix alone"),
        ),
        ("[raster]", "", ("moved-name", "5:16", '"raster" is its name of now')),
    ],
)
def test_what_is_wrong_with_a_former_name_is_told_once(
    project: SmallProject, said: str, top: str, told: tuple[str, str, str]
) -> None:
    project.specs(a__yaml=job("raster", top=top, metadata=f"moved_from: {said}", parameters=USED if top else "{}"))
    code, place, message = told
    assert project.told() == [(code, f"specs/a.yaml:{place}", message)]


def test_a_name_that_is_still_declared_is_told_with_both_places(project: SmallProject) -> None:
    project.specs(a__yaml=job("counties"), b__yaml=job("us-counties", metadata="moved_from: [counties]"))
    problem = project.problem()
    assert (problem.code, str(problem.location)) == ("moved-name", "specs/b.yaml:5:16")
    assert problem.message == '"counties" is still declared at specs/a.yaml:4:9'


def test_a_name_that_two_claim_is_told_with_both_places(project: SmallProject) -> None:
    project.specs(
        a__yaml=job("us-counties", metadata="moved_from: [counties]"),
        b__yaml=job("all-counties", metadata="moved_from: [counties]"),
    )
    problem = project.problem()
    assert (problem.code, str(problem.location)) == ("moved-name", "specs/b.yaml:5:16")
    assert problem.message == (
        'two say that they were called "counties": Job/all-counties, and Job/us-counties at specs/a.yaml:5:16'
    )


def test_a_matrix_whose_old_document_is_still_there_is_told_once(project: SmallProject) -> None:
    project.specs(
        a__yaml=job("tiles", top=MATRIX, parameters=USED),
        b__yaml=job("raster", top=MATRIX, metadata="moved_from: [tiles]", parameters=USED),
    )
    assert project.problem().code == "moved-name"


def test_who_still_names_the_old_one_is_told_what_it_is_called(project: SmallProject) -> None:
    project.specs(
        a__yaml=job("us-counties", metadata="moved_from: [counties]"),
        b__yaml=job("report", spec="needs: [counties]"),
    )
    problem = project.problem()
    assert (problem.code, problem.hint) == ("unknown-reference", 'it is called "us-counties" now')
