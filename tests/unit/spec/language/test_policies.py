"""Policies over documents: what they find, where they tell it, and what is waived."""

import re

import pytest

from fused_spec.messages.diagnostics import Severity
from tests.unit.spec.language.projects import SmallProject, fragment, job

SMALL = 'has(spec.instance_type) && !spec.instance_type.startsWith("m5")'
TARGETS = """\
target: dev
targets:
  dev: {base_url: https://dev.example.com}
  prod:
    base_url: https://prod.example.com
"""


def policy(expression: str, *, name: str = "small", more: str = "", word: str = "deny") -> str:
    return f"policies:\n  - name: {name}\n    on: Job\n    {word}: '{expression}'\n{more}"


def waiver(until: str, *, match: str = "Job/*", name: str = "small") -> str:
    return f"waivers:\n  - {{policy: {name}, match: {match}, reason: until the move, until: {until}}}\n"


def test_what_is_denied_is_an_error_at_the_line_of_the_value(project: SmallProject) -> None:
    project.specs(policy(SMALL, more="    message: only m5\n"), a__yaml=job(spec="instance_type: r5.large"))
    assert project.told() == [
        (
            "policy-denied",
            "specs/a.yaml:6:18",
            'policy small: only m5; spec.instance_type is "r5.large"',
        )
    ]


def test_what_is_warned_of_is_no_error(project: SmallProject) -> None:
    project.specs(policy(SMALL, word="warn"), a__yaml=job(spec="instance_type: r5.large"))
    only = project.problem()
    assert (only.code, only.severity) == ("policy-warned", Severity.WARNING)
    assert project.at().valid


def test_a_value_of_an_override_is_told_there_and_by_its_name(project: SmallProject) -> None:
    said = TARGETS + "    overrides:\n      - match: Job/tiles\n        spec: {instance_type: r5.large}\n"
    project.specs(said + policy(SMALL), a__yaml=job())
    [(code, place, message)] = project.told()
    assert (code, place) == ("policy-denied", "fused-spec.yaml:10:31")
    assert message.endswith('spec.instance_type is "r5.large" (targets.prod.overrides[0]) (at prod)')


@pytest.mark.parametrize("layer", ["default", "fragment", "variable"])
def test_a_value_of_another_layer_is_told_where_it_stands(project: SmallProject, layer: str) -> None:
    match layer:
        case "default":
            said = "defaults:\n  Job: {spec: {instance_type: r5.large}}\n"
            project.specs(said + policy(SMALL), a__yaml=job())
            expected = ("fused-spec.yaml:4:31", "(defaults.Job)")
        case "fragment":
            specs = {"a__yaml": job(top="use: [big]"), "f__yaml": fragment("big", "instance_type: r5.large")}
            project.specs(policy(SMALL), **specs)
            expected = ("specs/f.yaml:5:18", '"r5.large"')
        case _:
            said = "variables:\n  machine: {type: string, default: r5.large}\n"
            project.specs(said + policy(SMALL), a__yaml=job(spec="instance_type: ${var.machine}"))
            expected = ("specs/a.yaml:6:18", "it is var.machine (fused-spec.yaml:4:36)")
    [(_, place, message)] = project.told()
    assert place == expected[0]
    assert message.endswith(expected[1])


def test_of_a_list_the_item_is_told_that_is_meant(project: SmallProject) -> None:
    steps = "".join(f"      - {{type: udf, udf: {{file: area.py}}, n_processes: {count}}}\n" for count in (2, 20))
    head = job().partition("      - ")[0]
    project.specs(policy("spec.config.steps.exists(s, has(s.n_processes) && s.n_processes > 8)"), a__yaml=head + steps)
    [(_, place, message)] = project.told()
    assert place.startswith("specs/a.yaml:9:")
    assert "spec.config.steps.1.n_processes is 20" in message


def test_a_field_that_is_missing_is_told_at_what_it_is_missing_in(project: SmallProject) -> None:
    project.specs(policy("!has(metadata.labels.owner)"), a__yaml=job())
    assert project.told() == [("policy-denied", "specs/a.yaml:4:3", "policy small; there is no metadata.labels.owner")]


def test_a_field_that_nobody_gave_has_the_default_of_the_schema(project: SmallProject) -> None:
    project.specs(policy("spec.run.retries < 1"), a__yaml=job())
    assert "spec.run.retries is 0" in project.problem().message


def test_a_policy_holds_at_its_targets_alone(project: SmallProject) -> None:
    project.specs(TARGETS + policy(SMALL, more="    targets: [prod]\n"), a__yaml=job(spec="instance_type: r5.large"))
    assert project.problem().message.endswith("(at prod)")
    assert project.at("dev").valid
    assert not project.at("prod").valid


def test_a_policy_may_name_the_target(project: SmallProject) -> None:
    project.specs(TARGETS + policy('target.name == "prod" && size(spec.config.steps) > 0'), a__yaml=job())
    assert project.problem().message.endswith("(at prod)")


def test_cells_are_told_of_once(project: SmallProject) -> None:
    cells = job(top="matrix: {month: [1, 2, 3]}", spec="instance_type: r5.large", parameters='{a: "${matrix.month}"}')
    project.specs(policy(SMALL), a__yaml=cells)
    assert len(project.told()) == 1


def test_a_policy_changes_no_digest(project: SmallProject) -> None:
    project.specs(a__yaml=job())
    before = project.desired()["tiles"].digest
    project.specs(policy(SMALL), a__yaml=job())
    assert project.desired()["tiles"].digest == before


def test_what_nobody_has_given_yet_is_not_judged(project: SmallProject) -> None:
    said = "variables:\n  machine: {type: string}\n"
    project.specs(said + policy(SMALL), a__yaml=job(spec="instance_type: ${var.machine}"))
    assert [code for code, _, _ in project.told() if code.startswith("policy")] == []


def test_a_json_schema_tells_what_does_not_fit_where_it_stands(project: SmallProject) -> None:
    said = "policies:\n  - {name: small, on: Job, schema: {properties: {spec: {required: [region]}}}}\n"
    project.specs(said, a__yaml=job())
    assert project.told() == [("policy-denied", "specs/a.yaml:6:3", "policy small; 'region' is a required property")]


@pytest.mark.parametrize(
    ("expression", "said", "hint"),
    [
        ("spec.a ==", "mismatched end (at character 10 of the expression)", "cel.dev"),
        ("sped.a == 1", 'there is no "sped" here', 'did you mean "spec"?'),
        ("spec.a.startWith(1)", 'there is no function "startWith" in policies', 'did you mean "startsWith"?'),
        ("spec.a.map(x, x) == []", 'there is no function "map" in policies', "there are size"),
        ("spec.a + spec.a == 1", 'there is no "+" in policies', "compare"),
        ("size(spec.a)", "it is neither true nor false, but of type int", "compare it"),
        ("change.action == 1", 'there is no "change" here', "there are spec, metadata and target"),
    ],
)
def test_an_expression_that_cannot_be_used_is_told_at_its_place(
    project: SmallProject, expression: str, said: str, hint: str
) -> None:
    project.specs(policy(expression).replace("on: Job", "on: Udf"), a__yaml=job())  # which no document is
    only = project.problem()
    assert (only.code, str(only.location)) == ("bad-policy", "fused-spec.yaml:6:11")
    assert only.message == f"policy small: {said}"
    assert hint in (only.hint or "")


@pytest.mark.parametrize("expression", ["spec.region.size() > 1", "spec.run > 1", "spec.region == 1 || spec.x.y"])
def test_where_nobody_can_tell_that_is_no_silence(project: SmallProject, expression: str) -> None:
    project.specs(policy(expression), a__yaml=job())
    only = project.problem()
    assert (only.code, only.severity) == ("policy-untold", Severity.ERROR)


def test_rounds_over_lists_within_lists_are_bounded(project: SmallProject) -> None:
    digits = "[0,1,2,3,4,5,6,7,8,9]"
    nested = "".join(f"{digits}.all(x{depth}, " for depth in range(6)) + "true" + ")" * 6
    project.specs(policy(nested), a__yaml=job())
    assert "too many rounds" in project.problem().message


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("{type: 5}", "is not valid under any of the given schemas (at type)"),
        ('{$ref: "http://127.0.0.1:1/x"}', 'there is no "http://127.0.0.1:1/x" in the schema'),
        ('{$ref: "#/$defs/x"}', 'there is no "#/$defs/x" in the schema'),
        ('{pattern: "(?=a)"}', "invalid regular expression"),
        ('{patternProperties: {"(a+)+$": {}}}', "there is no patternProperties in policies"),
    ],
)
def test_a_schema_that_cannot_be_used_is_told_at_its_place(project: SmallProject, schema: str, said: str) -> None:
    project.specs(f"policies:\n  - {{name: small, on: Job, schema: {schema}}}\n", a__yaml=job())
    only = project.problem()
    assert (only.code, only.location.line) == ("bad-policy", 4)
    assert said in only.message


def test_a_schema_that_leads_to_itself_ends(project: SmallProject) -> None:
    project.specs('policies:\n  - {name: small, on: Job, schema: {$ref: "#"}}\n', a__yaml=job())
    assert project.problem().code == "policy-untold"


def test_two_files_that_declare_a_policy_are_told(project: SmallProject) -> None:
    included = "apiVersion: fused-spec/v1\n" + policy("false")
    project.say("include: [team.yaml]\n" + policy("false"), team__yaml=included, specs___a__yaml=job())
    told = ("policy-twice", "fused-spec.yaml:7:11", 'policy "small" is declared at team.yaml:5:11 too')
    assert project.told() == [told]


def test_a_policy_of_an_included_file_holds(project: SmallProject) -> None:
    included = "apiVersion: fused-spec/v1\n" + policy("true")
    project.say("include: [team.yaml]\n", team__yaml=included, specs___a__yaml=job())
    assert project.problem().code == "policy-denied"


@pytest.mark.parametrize(("until", "counts"), [("2026-11-30", True), ("2027-12-01", True), ("2026-11-29", False)])
def test_a_waiver_counts_until_the_end_of_its_day(project: SmallProject, until: str, counts: bool) -> None:
    project.specs(policy("true") + waiver(until), a__yaml=job())
    assert project.at().valid == counts


def test_what_was_waived_until_yesterday_returns_and_says_so(project: SmallProject) -> None:
    project.specs(policy("true") + waiver("2026-11-29"), a__yaml=job())
    only = project.problem()
    assert (only.code, only.severity) == ("waiver-ended", Severity.ERROR)
    assert only.message.endswith("the waiver of small for Job/* ended on 2026-11-29 (fused-spec.yaml:8)")


def test_a_waiver_of_a_group_is_one_of_its_cells(project: SmallProject) -> None:
    cells = job(top="matrix: {month: [1, 2]}", parameters='{a: "${matrix.month}"}')
    project.specs(policy("true") + waiver("2026-12-31", match="Job/tiles"), a__yaml=cells)
    assert project.told() == []


def test_a_waiver_that_spares_nothing_is_a_warning(project: SmallProject) -> None:
    project.specs(policy("false") + waiver("2026-12-31"), a__yaml=job())
    assert project.told() == [("unused-waiver", "fused-spec.yaml:8:14", "the waiver of small for Job/* spares nothing")]


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        (waiver("2027-12-02"), "bad-waiver", "a waiver counts for a year at most, and 2027-12-02 is further away"),
        (waiver("2027-02-30"), "bad-waiver", "there is no day 2027-02-30"),
        (waiver("2026-12-31", name="smal"), "unknown-policy", 'no policy is called "smal"'),
    ],
)
def test_a_waiver_that_cannot_count_is_told(project: SmallProject, said: str, code: str, message: str) -> None:
    project.specs(policy("false") + said, a__yaml=job())
    assert (code, message) in [(one.code, one.message) for one in project.problems()]


@pytest.mark.parametrize("left_out", ["reason", "until"])
def test_a_waiver_without_reason_or_day_is_told(project: SmallProject, left_out: str) -> None:
    said = re.sub(f", {left_out}: [^,}}]*", "", waiver("2026-12-31"))
    project.specs(policy("false") + said, a__yaml=job())
    assert f'missing field "{left_out}" in waivers.0' in [one.message for one in project.problems()]


def test_a_secret_is_not_said_with_what_is_found(project: SmallProject) -> None:
    project.specs(policy("has(spec.env.DB_PASSWORD)"), a__yaml=job(spec='env: {DB_PASSWORD: "${env.P}"}'))
    found = project.at(env={"P": "correct-horse-battery"})
    assert all("correct-horse" not in one.message for one in found.diagnostics)


def test_a_secret_of_the_environment_can_be_asked_for_and_is_never_read(project: SmallProject) -> None:
    said = "secrets: {DB: {from: {env: DB_CANARY}}}\n"
    project.specs(said + policy("has(spec.env.DB)"), a__yaml=job(spec="env: {DB: '${secret.DB}'}"))
    found = project.at(env={"DB_CANARY": "correct-horse-battery"}).diagnostics
    assert [one.code for one in found] == ["policy-denied"]
    assert "correct-horse" not in str(found)
