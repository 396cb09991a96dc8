"""What cannot be put together hides what it may declare, and nothing else: a name unknown elsewhere is told at once."""

from tests.unit.spec.language.projects import SmallProject, job

NEEDS_TWO = job("report", spec="needs: [tiles, nobody]")
UNKNOWN = 'no job is named "nobody" in these specs'


def told(project: SmallProject) -> list[str]:
    return [one.message for one in project.problems() if one.code == "unknown-reference"]


def test_a_document_that_cannot_be_put_together_hides_its_own_name_alone(project: SmallProject) -> None:
    project.specs(a__yaml=job("tiles", spec='region: "${var.nothing}"'), b__yaml=NEEDS_TWO)
    assert told(project) == [UNKNOWN]


def test_a_matrix_that_cannot_be_put_together_hides_the_names_of_its_cells(project: SmallProject) -> None:
    broken = job("tiles", top="matrix: {month: [a, b]}\n", spec='region: "${var.nothing}"')
    project.specs(a__yaml=broken, b__yaml=job("report", spec="needs: [tiles-a, tiles-b, tiles-c, tiles]"))
    assert told(project) == ['no job is named "tiles-c" in these specs']


def test_a_document_without_a_name_may_have_any(project: SmallProject) -> None:
    nameless = job("tiles", spec='region: "${var.nothing}"').replace("name: tiles", "labels: {a: b}")
    project.specs(a__yaml=nameless, b__yaml=NEEDS_TWO)
    assert told(project) == []


def test_a_file_that_cannot_be_read_hides_every_name(project: SmallProject) -> None:
    project.specs(a__yaml="apiVersion: fused-spec/v1\nkind: Job\nmetadata: {name: [\n", b__yaml=NEEDS_TWO)
    assert told(project) == []


def test_a_fragment_that_nobody_declares_is_told_beside_what_is_broken(project: SmallProject) -> None:
    project.specs(a__yaml=job("tiles", spec='region: "${var.nothing}"'), b__yaml=job("report", top="use: [patient]\n"))
    assert "no-such-fragment" in {one.code for one in project.problems()}
