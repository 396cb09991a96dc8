"""What people write that nobody expects: each is told at its place, and nothing of it is passed over."""

import pytest

from fused_spec.spec.language.project.variable import Variable, from_text
from tests.unit.spec.language.projects import SmallProject, fragment, job, parameters

TARGET = "targets:\n  dev: {base_url: 'https://www.fused.io/server/v1', scope: dev%s}\n"
OVERRIDE = TARGET % ", overrides: [{match: Job/tiles, %s}]"


@pytest.mark.parametrize(
    ("metadata", "code"),
    [("metadata: null", "wrong-type"), ("metadata: tiles", "wrong-type"), ("metadata: {}", "missing-field")],
)
def test_a_matrix_without_a_name_is_told_once(project: SmallProject, metadata: str, code: str) -> None:
    spec = job(top="matrix: {month: [1, 2]}").replace("metadata:\n  name: tiles", metadata)
    assert project.specs(a__yaml=spec).problem().code == code


def test_metadata_is_no_variable(project: SmallProject) -> None:
    spec = job().replace("metadata:\n  name: tiles", "metadata: ${var.whole}")
    project.specs("variables: {whole: {type: object, default: {name: tiles}}}\n", a__yaml=spec)
    assert [one.code for one in project.problems() if one.is_error] == ["literal-field"]


@pytest.mark.parametrize(
    ("defaults", "spec", "given"),
    [
        ("Job: {spec: {env: {B: y}}}", "env: ${var.whole}", '{"A": "x"}'),
        ("Job: {spec: {instance_type: m5.large}}", "", '{"A": "x"}'),
    ],
)
def test_an_object_from_a_flag_is_merged_as_one_from_a_file(
    project: SmallProject, defaults: str, spec: str, given: str
) -> None:
    declared = f"variables: {{whole: {{type: object, default: {given}}}}}\ndefaults: {{{defaults}}}\n"
    project.specs(declared, a__yaml=job(spec=spec, parameters="{a: '${var.whole}'}"))
    from_file = project.desired()["tiles"]
    from_flag = project.desired(variables=(f"whole={given}",))["tiles"]
    assert from_flag.digest == from_file.digest


def test_steps_from_a_flag_have_the_defaults_of_their_type(project: SmallProject) -> None:
    spec = job().split("spec:\n", maxsplit=1)[0] + "spec: {config: {steps: '${var.steps}'}}\n"
    defaults = "defaults: {steps: {udf: {udf: {parameters: {b: 2}}}}}\n"
    project.specs(f"variables: {{steps: {{type: list}}}}\n{defaults}", a__yaml=spec)
    given = 'steps=[{"type": "udf", "udf": {"file": "area.py"}}]'
    assert parameters(project.desired(variables=(given,))["tiles"]) == {"b": 2}


def test_an_override_waits_for_an_object_that_nobody_gave_yet(project: SmallProject) -> None:
    declared = "variables: {whole: {type: object}}\n" + OVERRIDE % "spec: {env: {B: y}}"
    assert project.specs(declared, a__yaml=job(spec="env: ${var.whole}")).problems() == []


def test_a_number_that_nobody_gave_yet_may_be_text(project: SmallProject) -> None:
    project.specs("variables: {year: {type: number}}\n", a__yaml=job(spec="env: {YEAR: '${var.year}'}"))
    assert project.problems() == []


def test_a_part_of_an_object_that_nobody_gave_yet_may_be_anything(project: SmallProject) -> None:
    spec = "env: ${var.machine.env}\ninstance_type: ${var.machine.kind}\ndisk_size_gb: ${var.machine.disk}"
    project.specs("variables: {machine: {type: object}}\n", a__yaml=job(spec=spec))
    assert project.problems() == []


@pytest.mark.parametrize("said", ["[prodd]", "{except: [prodd]}"])
def test_a_target_that_there_is_not_hides_no_document(project: SmallProject, said: str) -> None:
    project.specs(TARGET % "", a__yaml=job(metadata=f"targets: {said}"))
    assert (project.problem().code, project.problem().message) == ("unknown-target", 'no target is named "prodd"')


@pytest.mark.parametrize("word", ["name: other", "targets: [dev]"])
def test_an_override_does_not_say_what_exists(project: SmallProject, word: str) -> None:
    project.specs(OVERRIDE % f"metadata: {{{word}}}", a__yaml=job())
    assert project.problem().code == "bad-default"


def test_there_is_no_default_for_targets(project: SmallProject) -> None:
    project.specs("defaults: {Job: {metadata: {targets: [local]}}}\n", a__yaml=job())
    assert project.problem().code == "bad-default"


def test_two_fragments_have_two_names(project: SmallProject) -> None:
    both = f"{fragment('big', 'disk_size_gb: 9')}---\n{fragment('big', 'disk_size_gb: 8')}"
    project.specs(a__yaml=job(top="use: [big]"), f__yaml=both)
    assert project.problem().code == "duplicate-name"


def test_what_is_used_is_a_name(project: SmallProject) -> None:
    assert project.specs(a__yaml=job(top="use: [null]")).problem().code == "bad-use"


@pytest.mark.parametrize(
    "declared",
    [
        "{type: string, pattern: '[', default: x}",
        "{type: list, items: {type: string, pattern: '['}, default: [x]}",
        "{type: object, fields: {x: {type: string, pattern: '['}}, default: {x: x}}",
    ],
)
def test_a_pattern_that_is_none_is_told(project: SmallProject, declared: str) -> None:
    project.specs(f"variables: {{a: {declared}}}\n", a__yaml=job(parameters="{a: '${var.a}'}"))
    assert project.problem().message == '"[" is no regular expression: missing ]: ['


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "1e400"),
        ("number", "NaN"),
        ("number", "1 2"),
        ("number", "9" * 5000),
        ("list", "[" * 600 + "]" * 600),
        ("object", '{"a": 1, "a": 2}'),
        ("object", '{"a": "\\ud800"}'),
    ],
)
def test_a_flag_gives_what_a_spec_could_hold(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"as JSON|a number"):
        from_text(text, Variable("a", {"type": kind}, (None, None), ""))  # type: ignore[arg-type]  # no place is asked


def test_what_a_broken_project_file_declares_is_not_asked_for(project: SmallProject) -> None:
    project.specs("variables: {a: {type: number, default: 1}}\nnope: 1\n", a__yaml=job(parameters="{a: '${var.a}'}"))
    assert project.problem().code == "unknown-field"
