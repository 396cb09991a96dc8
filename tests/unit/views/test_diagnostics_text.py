from fused_spec.messages.diagnostics import Severity
from fused_spec.spec.model import Project, Survey
from fused_spec.views.text.diagnostics import diagnostics_text, verdict
from tests.unit.views.things import problem


def survey(tmp_path, *, specs=0, files=0, diagnostics=()) -> Survey:
    project = Project(name="p", scope="s", root=tmp_path, state=tmp_path)
    return Survey(project=project, specs=specs, files=files, diagnostics=tuple(diagnostics))


def test_a_problem_shows_its_place_its_line_and_the_next_step() -> None:
    text = diagnostics_text([problem()], source_line=lambda _: "  instance_typ: m5.large")
    assert text.splitlines() == [
        'specs/parcels.yaml:14:3: error[FS701]: unknown field "instance_typ" (spec)',
        "    instance_typ: m5.large",
        "    ^",
        '  hint: did you mean "instance_type"?',
    ]


def test_the_caret_stands_below_the_column() -> None:
    text = diagnostics_text([problem(column=11)], source_line=lambda _: "  region: mars")
    assert text.splitlines()[1:3] == ["    region: mars", "            ^"]


def test_without_the_file_the_place_must_do() -> None:
    assert len(diagnostics_text([problem(hint=None)]).splitlines()) == 1


def test_of_a_long_line_only_the_part_around_the_problem_is_shown() -> None:
    text = diagnostics_text([problem(column=5001, hint=None)], source_line=lambda _: "x" * 5000 + "!" + "y" * 5000)
    _, line, caret = text.splitlines()
    assert line[caret.index("^")] == "!"
    assert len(line) < 120


def test_a_source_line_cannot_move_the_cursor() -> None:
    assert "\x1b" not in diagnostics_text([problem()], source_line=lambda _: "a\x1b[2Jb")


def test_a_caret_behind_the_end_of_the_line_stays_within_it() -> None:
    text = diagnostics_text([problem(column=80, hint=None)], source_line=lambda _: "ab")
    assert text.splitlines()[2] == "      ^"


def test_a_warning_says_so() -> None:
    assert ": warning[FS701]: " in diagnostics_text([problem(severity=Severity.WARNING)])


def test_valid_specs_are_counted(tmp_path) -> None:
    assert verdict(survey(tmp_path, specs=2, files=1)) == "2 specs in 1 file are valid"


def test_one_valid_spec_is_valid(tmp_path) -> None:
    assert verdict(survey(tmp_path, specs=1, files=1)) == "1 spec in 1 file is valid"


def test_problems_are_counted(tmp_path) -> None:
    assert verdict(survey(tmp_path, diagnostics=[problem(), problem(path="b.yaml")])) == "2 problems in 2 files"
