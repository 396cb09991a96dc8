"""Where a field of a spec comes from, and what is told of one that there is not."""

import pytest

from fused_spec.errors import EXIT_USAGE, Misconfigured, SpecError
from fused_spec.spec.explanation import explain
from fused_spec.spec.model import Key, Kind
from tests.unit.spec.language.projects import SmallProject, job

PARAMETERS = "spec.config.steps.render.udf.parameters"


def layers(project: SmallProject, field: str) -> list[tuple[str, object]]:
    pointer = tuple(int(step) if step.isdecimal() else step for step in field.split("."))
    key = Key(kind=Kind.JOB, name="tiles")
    said = explain(["specs"], key, pointer, target=lambda _: "local", cwd=project.folder)
    return [(one.layer, one.value) for one in said or ()]


@pytest.fixture
def tiles(project: SmallProject) -> SmallProject:
    return project.specs("defaults: {Job: {spec: {disk_size_gb: 5}}}\n", a__yaml=job(parameters="{bbox: [1, 2]}"))


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("spec.disk_size", 'did you mean "spec.disk_size_gb"?'),
        ("spek.disk_size_gb", 'did you mean "spec"?'),
        ("spec.config.steps.rendr", 'did you mean "spec.config.steps.render"?'),
        ("spec.config.steps.7", "spec.config.steps has render and 0"),
        (f"{PARAMETERS}.bbos", f'did you mean "{PARAMETERS}.bbox"?'),
        (f"{PARAMETERS}.bbox.2", f"{PARAMETERS}.bbox has 0 and 1"),
        ("spec.disk_size_gb.x", "spec.disk_size_gb has no fields"),
    ],
)
def test_a_field_that_there_is_not_is_told_with_what_may_be_meant(tiles: SmallProject, field: str, hint: str) -> None:
    with pytest.raises(Misconfigured) as told:
        layers(tiles, field)
    assert (told.value.hint, told.value.exit_code) == (hint, EXIT_USAGE)


@pytest.mark.parametrize("field", ["spec.run.timeout", "spec.run.retries", "spec.env.ANY", "matrix"])
def test_a_field_that_nobody_says_is_one_all_the_same(tiles: SmallProject, field: str) -> None:
    assert all(layer == "the schema's default" for layer, _ in layers(tiles, field))


def test_a_field_that_a_default_says_is_told_with_it(tiles: SmallProject) -> None:
    assert layers(tiles, "spec.disk_size_gb")[-1] == ("defaults.Job", 5)


def test_where_an_included_file_is_missing_nothing_is_explained(project: SmallProject) -> None:
    project.specs("include: [team.yaml]\n", a__yaml=job())
    with pytest.raises(SpecError):
        layers(project, "spec.disk_size_gb")
