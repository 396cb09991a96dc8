"""Variables: their types, who gives them, and which value counts."""

import pytest

from tests.unit.spec.language.projects import SmallProject, job, parameters

A = '{a: "${var.a}"}'
OBJECT = "type: object, fields: {x: {type: number}}"
X_AND_Y = {"x": 1, "y": 2}
DRAFT_OR_FINAL = "{type: string, enum: [draft, final]}"


def declared(line: str) -> str:
    return f"variables:\n  a: {line}\n"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("{type: string, default: 2024-01-01}", "2024-01-01"),
        ("{type: string, default: '007'}", "007"),
        ("{type: number, default: 7}", 7),
        ("{type: number, default: 0.5}", 0.5),
        ("{type: boolean, default: true}", True),
        ("{type: list, items: {type: number}, default: [1, 2]}", [1, 2]),
        (
            "{type: object, fields: {x: {type: number}, y: {type: number, default: 2}}, default: {x: 1}}",
            {"x": 1, "y": 2},
        ),
    ],
)
def test_a_value_keeps_its_type(project: SmallProject, line: str, value: object) -> None:
    project.specs(declared(line), a__yaml=job(parameters=A))
    assert parameters(project.desired()["tiles"])["a"] == value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("x-${var.a}", "x-7"),
        ("${var.a}${var.a}", "77"),
        ("$${var.a} ${var.a}", "${var.a} 7"),
        ("5$ and $${this}", "5$ and ${this}"),
    ],
)
def test_within_a_text_a_value_is_text(project: SmallProject, written: str, value: str) -> None:
    project.specs(declared("{type: number, default: 7}"), a__yaml=job(parameters=f'{{a: "{written}"}}'))
    assert parameters(project.desired()["tiles"])["a"] == value


def test_where_a_field_takes_text_only_a_number_becomes_text(project: SmallProject) -> None:
    project.specs(declared("{type: number, default: 7}"), a__yaml=job(spec='env: {A: "${var.a}"}'))
    assert project.desired()["tiles"].payload["additional_env"]["A"] == "7"


def test_a_field_of_an_object_and_an_item_of_a_list_may_be_named(project: SmallProject) -> None:
    variables = "variables:\n  m: {type: list, default: [{disk: 5}, {disk: 9}]}\n"
    project.specs(variables, a__yaml=job(spec='disk_size_gb: "${var.m[1].disk}"'))
    assert project.desired()["tiles"].payload["disk_size_gb"] == 9


def test_a_result_is_not_read_again(project: SmallProject) -> None:
    variables = 'variables:\n  a: {type: string, default: "$${var.b}"}\n  b: {type: string, default: x}\n'
    project.specs(variables, a__yaml=job(parameters='{a: "${var.a}", b: "${var.b}"}'))
    assert parameters(project.desired()["tiles"])["a"] == "${var.b}"


def test_a_default_may_name_another_variable_and_the_target(project: SmallProject) -> None:
    variables = 'variables:\n  a: {type: string, default: "${var.b}/${target.name}"}\n  b: {type: string, default: x}\n'
    project.specs(variables, a__yaml=job(parameters=A))
    assert parameters(project.desired()["tiles"])["a"] == "x/local"


TARGETS = (
    "target: dev\ntargets:\n"
    "  dev: {base_url: https://dev.example.com, variables: {a: of-target}}\n"
    "  prod: {base_url: https://prod.example.com, sealed: true, variables: {a: of-prod}}\n"
)


@pytest.mark.parametrize(
    ("variables", "env", "value"),
    [
        ((), {}, "of-target"),
        ((), {"FUSED_SPEC_VAR_a": "of-environment"}, "of-environment"),
        (("a=of-flag",), {"FUSED_SPEC_VAR_a": "of-environment"}, "of-flag"),
        (("a=one", "a=two"), {}, "two"),
        (("a=x,y=z",), {}, "x,y=z"),
    ],
)
def test_the_nearer_to_the_command_goes_before(
    project: SmallProject, variables: tuple[str, ...], env: dict[str, str], value: str
) -> None:
    project.specs(TARGETS + declared("{type: string, default: of-default}"), a__yaml=job(parameters=A))
    assert parameters(project.desired("dev", variables=variables, env=env)["tiles"])["a"] == value


def test_at_a_sealed_target_nothing_from_outside_counts(project: SmallProject) -> None:
    project.specs(TARGETS + declared("{type: string}"), a__yaml=job(parameters=A))
    [problem] = project.at("prod", variables=("a=x",)).diagnostics
    assert (problem.code, problem.message) == (
        "sealed-target",
        "prod is sealed: only what is in git counts, and --var gives a value",
    )


def test_at_a_sealed_target_the_environment_is_an_error(project: SmallProject) -> None:
    project.specs(TARGETS + declared('{type: string, default: "${env.HOME}"}'), a__yaml=job(parameters=A))
    assert [one.code for one in project.at("prod").diagnostics] == []
    project.specs(TARGETS + declared("{type: string}"), a__yaml=job(parameters='{a: "${env.HOME}"}'))
    assert [(one.code, str(one.location)) for one in project.at("prod").diagnostics] == [
        ("sealed-target", "specs/a.yaml:8:72")
    ]


@pytest.mark.parametrize(
    ("line", "text", "message"),
    [
        ("{type: number}", "big", 'var.a is a number, and --var gives "big"'),
        ("{type: number, maximum: 4}", "8", "var.a is at most 4, and this is 8 (from --var)"),
        ("{type: boolean}", "yes", 'var.a is true or false, and --var gives "yes"'),
        ("{type: list}", "a,b", 'var.a is a list, as JSON, and --var gives "a,b"'),
        (
            "{type: string, enum: [draft, final]}",
            "best",
            'var.a is one of draft, final, and this is "best" (from --var)',
        ),
        ("{type: string, pattern: '^x'}", "y", 'var.a must match ^x, and "y" does not (from --var)'),
    ],
)
def test_a_value_that_does_not_fit_is_told(project: SmallProject, line: str, text: str, message: str) -> None:
    project.specs(declared(line), a__yaml=job(parameters=A))
    assert [one.message for one in project.at(variables=(f"a={text}",)).diagnostics][:1] == [message]


def test_an_unknown_name_is_told_with_what_may_be_meant(project: SmallProject) -> None:
    project.specs("variables:\n  region: {type: string, default: x}\n", a__yaml=job(parameters='{a: "${var.regoin}"}'))
    [first] = [one for one in project.problems() if one.is_error]
    assert (first.code, first.message, first.hint) == (
        "unknown-variable",
        'no variable is called "regoin"',
        'did you mean "region"? (fused-spec.yaml:4:11)',
    )
    assert str(first.location) == "specs/a.yaml:8:72"


def test_an_unknown_name_of_a_flag_is_an_error_and_of_the_environment_a_warning(project: SmallProject) -> None:
    project.specs(declared("{type: string, default: x}"), a__yaml=job(parameters=A))
    told = project.at(variables=("b=1",), env={"FUSED_SPEC_VAR_c": "1"}).diagnostics
    assert sorted((one.code, str(one.severity)) for one in told) == [
        ("undeclared-value", "error"),
        ("undeclared-value", "warning"),
    ]


def test_variables_that_need_each_other_are_told_with_their_places(project: SmallProject) -> None:
    variables = 'variables:\n  a: {type: string, default: "${var.b}"}\n  b: {type: string, default: "${var.a}"}\n'
    project.specs(variables, a__yaml=job(parameters=A))
    [problem] = [one for one in project.problems() if one.code == "variable-loop"]
    assert "a (fused-spec.yaml:4:6) → b (fused-spec.yaml:5:6) → a" in problem.message


def test_to_validate_no_value_is_needed(project: SmallProject) -> None:
    project.specs(declared("{type: string}"), a__yaml=job(parameters=A, spec='region: "${var.a}"'))
    assert project.problems() == []


def test_to_apply_every_value_is_needed(project: SmallProject) -> None:
    project.specs(declared("{type: string}"), a__yaml=job(parameters=A))
    [problem] = project.at().diagnostics
    assert (problem.message, problem.hint) == (
        "var.a has no value in target local",
        "add it to targets.local.variables, or --var a=…",
    )


def test_the_type_of_a_value_that_nobody_gave_is_checked(project: SmallProject) -> None:
    project.specs(declared("{type: string}"), a__yaml=job(spec='disk_size_gb: "${var.a}"'))
    assert project.problem().code == "name-of-another-type"


def test_a_wrong_value_is_told_with_the_way_that_it_came(project: SmallProject) -> None:
    project.specs(declared("{type: string, default: m5}"), a__yaml=job(spec='disk_size_gb: "${var.a}"'))
    problem = project.problem()
    assert (
        problem.message == '"disk_size_gb" takes a whole number, not the text "m5"; it is var.a (fused-spec.yaml:4:30)'
    )
    assert str(problem.location) == "specs/a.yaml:6:17"


def test_a_variable_that_nothing_uses_is_a_warning(project: SmallProject) -> None:
    project.specs(declared("{type: string, default: x}"), a__yaml=job())
    problem = project.problem()
    assert (problem.code, problem.is_error) == ("unused-variable", False)


def test_a_variable_that_another_one_needs_is_used(project: SmallProject) -> None:
    more = "  b: {type: string, default: s3://geo}\n"
    project.specs(declared('{type: string, default: "${var.b}/tiles"}') + more, a__yaml=job(parameters=A))
    assert project.problems() == []


def test_a_sealed_target_is_looked_at_though_nothing_else_differs_there(project: SmallProject) -> None:
    sealed = "targets:\n  prod: {base_url: https://fused.example.com/server/v1, sealed: true}\n"
    project.specs(declared("{type: string}") + sealed, a__yaml=job(parameters=A))
    assert project.problem().code == "variable-without-value"


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("{type: number, default: x}", "variable-misfit", 'var.a is a number, and this is the text "x"'),
        (
            "{type: list, items: {type: number}, default: [1, b]}",
            "variable-misfit",
            'var.a[1] is a number, and this is the text "b"',
        ),
        (
            "{type: string, enum: [draft, final], default: best}",
            "variable-not-allowed",
            'var.a is one of draft, final, and this is "best"',
        ),
        ("{type: number, maximum: 4, default: 8}", "variable-not-allowed", "var.a is at most 4, and this is 8"),
        (
            "{type: object, fields: {x: {type: number}}, default: {}}",
            "variable-fields",
            'var.a is one value, and "x" is missing in it',
        ),
        (
            "{type: object, fields: {x: {type: number}}, default: {x: 1, z: 2}}",
            "variable-fields",
            'var.a has no field "z"; its fields are x',
        ),
    ],
)
def test_a_default_that_does_not_fit_is_told_where_it_stands(
    project: SmallProject, line: str, code: str, message: str
) -> None:
    project.specs(declared(line), a__yaml=job(parameters=A))
    [problem] = [one for one in project.problems() if one.code == code]
    assert problem.message == message
    assert problem.location.path == "fused-spec.yaml"


def test_a_list_cannot_stand_inside_text(project: SmallProject) -> None:
    project.specs(declared("{type: list, default: [1]}"), a__yaml=job(parameters='{a: "x-${var.a}"}'))
    assert project.problem().message == "${var.a} is a list and cannot stand inside text"


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (job(parameters='{a: "${git.sha}"}'), "volatile-value"),
        (job(name='"${var.a}"'), "literal-field"),
        (job(parameters='{a: "${secret.KEY}"}'), "secret-not-allowed"),
        (job(parameters='{a: "${matrix.month}"}'), "no-matrix"),
        (job(parameters='{a: "${target.nme}"}'), "no-such-name"),
    ],
)
def test_a_name_may_not_stand_where_it_means_nothing(project: SmallProject, spec: str, code: str) -> None:
    project.specs(declared("{type: string, default: x}"), a__yaml=spec)
    assert code in [one.code for one in project.problems()]


def test_code_and_descriptions_are_left_as_they_are(project: SmallProject) -> None:
    code = "\"import fused\\n\\n\\n@fused.udf\\ndef udf():\\n    return '${x}'\\n\""
    project.specs(a__yaml=job(metadata="description: costs ${money}").replace("file: area.py", f"code: {code}"))
    assert "${x}" in project.desired()["tiles"].payload["config"]["steps"][0]["udf"]["code"]


def test_what_is_used_from_outside_git_is_known_with_what_gave_it(project: SmallProject) -> None:
    variables = "variables:\n  a: {type: string}\n  b: {type: string, default: x}\n"
    project.specs(variables, a__yaml=job(parameters='{a: "${var.a}", b: "${env.B}"}'))
    found = project.at(variables=("a=1", "b=2"), env={"B": "y"})
    assert found.outside == ("env.B (the environment)", "var.a (--var)")


CHECKED = (
    "variables:\n  a: {type: number, default: 8, check: [{that: var.a <= var.b, message: too many}]}\n"
    "  b: {type: number, default: 4}\n"
)


def test_a_check_that_does_not_hold_is_told_with_the_values_and_who_gave_them(project: SmallProject) -> None:
    project.specs(CHECKED, a__yaml=job(parameters='{a: "${var.a}", b: "${var.b}"}'))
    [problem] = project.at(variables=("b=5",)).diagnostics
    assert problem.message == "too many; var.a is 8 (from fused-spec.yaml:4), var.b is 5 (from --var)"
    assert str(problem.location) == "fused-spec.yaml:4:48"


def test_a_check_of_values_that_nobody_gave_yet_waits_for_them(project: SmallProject) -> None:
    spec = job(parameters='{a: "${var.a}", b: "${var.b}"}')
    project.specs(CHECKED.replace("{type: number, default: 4}", "{type: number}"), a__yaml=spec)
    assert project.problems() == []


def test_a_pattern_that_would_backtrack_for_ever_ends(project: SmallProject) -> None:
    project.specs(declared("{type: string, pattern: '^(a+)+$'}"), a__yaml=job(parameters=A))
    [problem] = project.at(variables=(f"a={'a' * 5000}!",)).diagnostics
    assert problem.code == "variable-not-allowed"


@pytest.mark.parametrize("pattern", ["^(a|a)*$", "(.*)*=.*", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_so_does_one_for_a_part_of_a_value(project: SmallProject, pattern: str) -> None:
    project.specs(declared(f"{{type: list, items: {{type: string, pattern: '{pattern}'}}}}"), a__yaml=job(parameters=A))
    given = f'a=["{"a" * 5000}!"]'
    assert [one.code for one in project.at(variables=(given,)).diagnostics] == ["variable-not-allowed"]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("^(?!tmp)", "needs what patterns here do not have: invalid perl operator: (?!"),
        (r"(a)\1", r"needs what patterns here do not have: invalid escape sequence: \1"),
        ("a{2000}", "needs what patterns here do not have: invalid repetition size: {2000}"),
        ("(a", "is no regular expression: missing ): (a"),
    ],
)
def test_what_patterns_do_not_have_is_told_with_what_to_do(project: SmallProject, pattern: str, why: str) -> None:
    project.specs(declared(f"{{type: string, pattern: '{pattern}'}}"), a__yaml=job(parameters=A))
    assert project.problem().message.endswith(why)
    assert project.problem().code == "bad-format"


def test_the_end_in_a_pattern_is_that_of_the_text(project: SmallProject) -> None:
    project.specs(declared("{type: string, pattern: '^a$'}"), a__yaml=job(parameters=A))
    assert [one.code for one in project.at(variables=("a=a\n",)).diagnostics] == ["variable-not-allowed"]


def test_a_name_of_another_type_is_told_with_those_that_would_do(project: SmallProject) -> None:
    variables = "variables: {a: {type: string}, disk: {type: number, default: 5}}\n"
    project.specs(variables, a__yaml=job(spec='disk_size_gb: "${var.a}"', parameters='{b: "${var.disk}"}'))
    problem = project.problem()
    assert problem.message == '"disk_size_gb" takes a whole number, and var.a is text'
    assert problem.hint == "var.a is declared as string at fused-spec.yaml:3:16; a number: var.disk"


def test_a_list_where_text_is_wanted_is_told_at_the_field(project: SmallProject) -> None:
    project.specs(declared("{type: list, default: [x]}"), a__yaml=job(spec='instance_type: "${var.a}"'))
    problem = project.problem()
    assert (problem.code, str(problem.location)) == ("name-of-another-type", "specs/a.yaml:6:18")


def test_a_name_within_text_is_of_no_other_type(project: SmallProject) -> None:
    project.specs(declared("{type: number, default: 5}"), a__yaml=job(spec='disk_size_gb: "0${var.a}"'))
    assert project.problem().code == "wrong-type"


def test_a_target_gives_values_to_declared_variables_alone(project: SmallProject) -> None:
    targets = "targets: {prod: {base_url: https://prod.example.com, variables: {aa: x}}}\n"
    project.specs(declared("{type: string, default: x}") + targets, a__yaml=job(parameters=A))
    problem = project.problem()
    assert (problem.code, str(problem.location)) == ("undeclared-value", "fused-spec.yaml:5:66")
    assert (problem.message, problem.hint) == ('no variable is called "aa"', 'did you mean "a"?')
