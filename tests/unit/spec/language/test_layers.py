"""What is said for many documents: defaults, targets, overrides, fragments and included files."""

import pytest

from tests.unit.spec.language.projects import SmallProject, fragment, job, parameters

TARGETS = """\
target: dev
targets:
  dev: {base_url: https://dev.example.com}
  prod:
    base_url: https://prod.example.com
"""


def indented(lines: str, by: int = 4) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in lines.splitlines())


def test_a_default_is_said_by_every_document_of_its_kind(project: SmallProject) -> None:
    defaults = "defaults:\n  Job: {metadata: {labels: {team: geo}}, spec: {instance_type: m5.large}}\n"
    project.specs(defaults, a__yaml=job("one"), b__yaml=job("two", spec="instance_type: r5.large"))
    found = project.desired()
    assert [found[name].payload["instance_type"] for name in ("one", "two")] == ["m5.large", "r5.large"]
    assert found["one"].labels == {"team": "geo"}


def test_a_default_of_a_step_is_weaker_than_the_step(project: SmallProject) -> None:
    project.specs("defaults:\n  steps: {udf: {n_processes: 4, ignore_chunk_error: true}}\n", a__yaml=job())
    step = project.desired()["tiles"].payload["config"]["steps"][0]
    assert (step["n_processes"], step["ignore_chunk_error"], step["name"]) == (4, True, "render")


def test_a_default_that_is_said_changes_no_digest(project: SmallProject) -> None:
    project.specs(a__yaml=job(spec="instance_type: m5.large"))
    plain = project.desired()["tiles"].digest
    project.specs("defaults:\n  Job: {spec: {instance_type: m5.large}}\n", a__yaml=job())
    assert project.desired()["tiles"].digest == plain


def test_precedence_is_from_the_schema_to_the_override(project: SmallProject) -> None:
    said = ["defaults:\n  Job: {spec: {disk_size_gb: 1}}\n"]
    specs = {"a__yaml": job(spec=""), "f__yaml": fragment("f", "disk_size_gb: 3")}
    project.specs(TARGETS, **specs)
    assert "disk_size_gb" not in project.desired("prod")["tiles"].payload

    def disk(project_file: str, **more: str) -> object:
        project.specs(project_file, **{**specs, **more})
        return project.desired("prod")["tiles"].payload["disk_size_gb"]

    target = TARGETS + indented("defaults: {Job: {spec: {disk_size_gb: 2}}}")
    override = target + indented("overrides: [{match: Job/tiles, spec: {disk_size_gb: 5}}]")
    assert disk(TARGETS + said[0]) == 1
    assert disk(target + said[0]) == 2
    assert disk(target + said[0], a__yaml=job(top="use: [f]")) == 3
    assert disk(target + said[0], a__yaml=job(top="use: [f]", spec="disk_size_gb: 4")) == 4
    assert disk(override + said[0], a__yaml=job(top="use: [f]", spec="disk_size_gb: 4")) == 5


@pytest.mark.parametrize(
    ("match", "changed"),
    [
        ("Job/tiles", ["tiles"]),
        ("'Job/*'", ["mosaic", "tiles"]),
        ("{job: tiles}", ["tiles"]),
        ("{job: 't*'}", ["tiles"]),
        ("{labels: {size: heavy}}", ["mosaic"]),
    ],
)
def test_an_override_is_for_those_that_it_matches(project: SmallProject, match: str, changed: list[str]) -> None:
    overrides = indented(f"overrides: [{{match: {match}, spec: {{disk_size_gb: 9}}}}]")
    project.specs(TARGETS + overrides, a__yaml=job(), b__yaml=job("mosaic", metadata="labels: {size: heavy}"))
    found = project.desired("prod")
    assert sorted(name for name, one in found.items() if one.payload.get("disk_size_gb") == 9) == changed
    assert all("disk_size_gb" not in one.payload for one in project.desired("dev").values())


def test_an_override_changes_a_step_by_its_name(project: SmallProject) -> None:
    override = "overrides: [{match: Job/tiles, spec: {config: {steps: {render: {n_processes: 2}}}}}]"
    project.specs(TARGETS + indented(override), a__yaml=job())
    assert project.desired("prod")["tiles"].payload["config"]["steps"][0]["n_processes"] == 2


@pytest.mark.parametrize(
    ("override", "code", "message"),
    [
        ("{match: Job/tile, spec: {}}", "no-match", "nothing is called Job/tile"),
        ("{match: {jobs: tiles}, spec: {}}", "unknown-field", 'unknown field "jobs"'),
        ("{match: tiles, spec: {}}", "bad-match", '"tiles" has no kind before its name'),
        ("{match: Job/tiles, spec: {disk: 4}}", "unknown-field", 'unknown field "disk"'),
        (
            "{match: Job/tiles, spec: {config: {steps: {rendr: {}}}}}",
            "no-such-item",
            'no step has the name "rendr"; a mapping here changes steps, and never adds one (at prod)',
        ),
        ("{match: Job/tiles, spec: {env: [A]}}", "wrong-type", '"env" takes a mapping, not a list'),
    ],
)
def test_what_is_wrong_with_an_override_is_told_at_it(
    project: SmallProject, override: str, code: str, message: str
) -> None:
    project.specs(TARGETS + indented(f"overrides: [{override}]"), a__yaml=job(spec="env: {A: '1'}"))
    told = project.problems()
    assert (code, message) in [(one.code, one.message) for one in told]
    assert {one.location.path for one in told} == {"fused-spec.yaml"}


def test_a_pattern_that_matches_nothing_is_a_warning(project: SmallProject) -> None:
    project.specs(TARGETS + indented("overrides: [{match: 'Job/x*', spec: {}}]"), a__yaml=job())
    assert [(one.code, one.is_error) for one in project.problems()] == [("no-match", False)]


def test_what_is_wrong_with_a_default_is_told_at_the_default(project: SmallProject) -> None:
    project.specs("defaults:\n  Job: {spec: {disk_size_gb: big, regoin: x}}\n", a__yaml=job())
    told = [(one.code, str(one.location), one.pointer) for one in project.problems()]
    assert ("unknown-field", "fused-spec.yaml:4:35", "defaults.Job.spec.regoin") in told
    assert ("wrong-type", "fused-spec.yaml:4:30", "defaults.Job.spec.disk_size_gb") in told


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_a_document_exists_at_the_targets_that_it_names(project: SmallProject, target: str) -> None:
    specs = {
        "a__yaml": job("one", metadata="targets: [prod]"),
        "b__yaml": job("two", metadata="targets: {except: [prod]}"),
    }
    project.specs(TARGETS, **specs)
    assert list(project.desired(target)) == (["one"] if target == "prod" else ["two"])


def test_a_need_of_what_is_not_there_at_a_target_is_told_for_that_target(project: SmallProject) -> None:
    project.specs(TARGETS, a__yaml=job("seed", metadata="targets: [dev]"), b__yaml=job(spec="needs: [seed]"))
    problem = project.problem()
    where = "its targets are dev (specs/a.yaml:5:12)"
    assert (problem.code, problem.message) == (
        "not-at-target",
        f'the job "seed" does not exist at this target: {where} (at prod)',
    )


def test_what_is_wrong_at_one_target_alone_says_so(project: SmallProject) -> None:
    variables = "variables:\n  disk: {type: number, default: 5}\n"
    project.specs(
        TARGETS + indented("variables: {disk: 5000}") + variables, a__yaml=job(spec='disk_size_gb: "${var.disk}"')
    )
    assert project.problem().message.endswith("(at prod)")


def test_a_fragment_is_weaker_than_who_uses_it_and_the_later_goes_before_the_earlier(project: SmallProject) -> None:
    project.specs(
        a__yaml=job(top="use: [one, two]", spec="region: us-west-2"),
        b__yaml=fragment("one", "disk_size_gb: 1\nregion: eu-west-1"),
        c__yaml=fragment("two", "disk_size_gb: 2\nrun: {retries: 3}"),
    )
    job_ = project.desired()["tiles"]
    assert (job_.payload["disk_size_gb"], job_.payload["region"]) == (2, "us-west-2")


def test_a_fragment_may_use_others(project: SmallProject) -> None:
    project.specs(
        a__yaml=job(top="use: [one]"),
        b__yaml=fragment("one", "region: us-west-2", top="use: [two]"),
        c__yaml=fragment("two", "region: eu-west-1\ndisk_size_gb: 7"),
    )
    payload = project.desired()["tiles"].payload
    assert (payload["region"], payload["disk_size_gb"]) == ("us-west-2", 7)


def test_the_names_in_a_fragment_are_those_of_who_uses_it(project: SmallProject) -> None:
    project.specs(
        a__yaml=job(top="use: [f]\nmatrix: {region: [us-west-2, eu-west-1]}"),
        b__yaml=fragment("f", 'region: "${matrix.region}"'),
    )
    assert {name: one.payload["region"] for name, one in project.desired().items()} == {
        "tiles-us-west-2": "us-west-2",
        "tiles-eu-west-1": "eu-west-1",
    }


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (
            {"a__yaml": job(top="use: [ptient]"), "b__yaml": fragment("patient", "region: us-west-2")},
            "no-such-fragment",
        ),
        ({"a__yaml": job(), "b__yaml": fragment("patient", "region: us-west-2")}, "unused-fragment"),
        (
            {
                "a__yaml": job(top="use: [one]"),
                "b__yaml": fragment("one", "region: us-west-2", top="use: [two]"),
                "c__yaml": fragment("two", "region: us-west-2", top="use: [one]"),
            },
            "fragment-loop",
        ),
        ({"a__yaml": job(top="use: [f]"), "b__yaml": fragment("f", "regoin: x")}, "unknown-field"),
        ({"a__yaml": job(top="use: f"), "b__yaml": fragment("f", "region: us-west-2")}, "bad-use"),
    ],
)
def test_what_is_wrong_with_fragments_is_told(project: SmallProject, files: dict[str, str], code: str) -> None:
    project.specs(**files)
    assert code in [one.code for one in project.problems()]


def test_a_wrong_value_of_a_fragment_is_told_at_the_fragment(project: SmallProject) -> None:
    project.specs(a__yaml=job(top="use: [f]"), b__yaml=fragment("f", "max: 1\ndisk_size_gb: 5000"))
    assert {one.location.path for one in project.problems()} == {"specs/b.yaml"}


def test_an_included_file_is_weaker_than_the_project_file(project: SmallProject) -> None:
    team = (
        "apiVersion: fused-spec/v1\nvariables:\n  a: {type: number, default: 1}\n  b: {type: number, default: 1}\n"
        "defaults: {Job: {spec: {disk_size_gb: 1, region: us-west-2}}}\n"
    )
    ours = (
        "include: [team.yaml]\nvariables: {b: {type: number, default: 2}}\ndefaults: {Job: {spec: {disk_size_gb: 2}}}\n"
    )
    project.say(ours, team__yaml=team, specs___a__yaml=job(parameters='{a: "${var.a}", b: "${var.b}"}'))
    found = project.desired()["tiles"]
    assert parameters(found) == {"a": 1, "b": 2}
    assert (found.payload["disk_size_gb"], found.payload["region"]) == (2, "us-west-2")


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"team__yaml": "apiVersion: fused-spec/v1\ninclude: [fused-spec.yaml]\n"}, "unknown-field"),
        ({"team__yaml": "apiVersion: fused-spec/v1\ninclude: [other.yaml]\n"}, "no-such-file"),
        (
            {
                "team__yaml": "apiVersion: fused-spec/v1\ninclude: [other.yaml]\n",
                "other__yaml": "apiVersion: fused-spec/v1\ninclude: [team.yaml]\n",
            },
            "include-loop",
        ),
        ({"team__yaml": "apiVersion: fused-spec/v1\ntarget: dev\n"}, "unknown-field"),
    ],
)
def test_what_is_wrong_with_an_included_file_is_told(project: SmallProject, files: dict[str, str], code: str) -> None:
    project.say("include: [team.yaml]\n", specs___a__yaml=job(), **files)
    assert code in [one.code for one in project.problems()]


def test_an_included_path_names_no_variable(project: SmallProject) -> None:
    project.say('include: ["${var.d}/a.yaml"]\n', specs___a__yaml=job())
    assert project.problem().message == "include is read before any variable has a value"


SAVED = (
    "apiVersion: fused-spec/v1\nkind: Udf\nmetadata: {name: area}\n"
    "spec: {udf: {file: area.py, parameters: {a: 5, b: 6}}}\n"
)


def of_saved(parameters: str = "{a: 7}", name: str = "area") -> str:
    return job().replace("udf: {file: area.py, parameters: {}}", f"udf: {{ref: Udf/{name}, parameters: {parameters}}}")


def test_a_step_may_name_a_saved_udf_and_runs_its_source(project: SmallProject) -> None:
    project.specs(a__yaml=of_saved(), b__yaml=SAVED)
    found = project.desired()["tiles"]
    udf = found.payload["config"]["steps"][0]["udf"]
    assert parameters(found) == {"a": 7, "b": 6}
    assert "def udf(" in udf["code"]
    project.specs(a__yaml=job(parameters="{a: 7, b: 6}"), b__yaml=SAVED)
    assert project.desired()["tiles"].digest == found.digest


def test_the_paths_of_a_saved_udf_are_those_of_its_own_folder(project: SmallProject) -> None:
    project.say(specs___jobs___a__yaml=of_saved(), specs___b__yaml=SAVED)
    assert "def udf(" in project.desired()["tiles"].payload["config"]["steps"][0]["udf"]["code"]


def test_a_saved_udf_that_is_not_there_is_told_with_what_may_be_meant(project: SmallProject) -> None:
    project.specs(a__yaml=of_saved(name="aera"), b__yaml=SAVED)
    problem = project.problem()
    assert (problem.code, problem.hint) == ("unknown-reference", 'did you mean "Udf/area"?')


def test_a_saved_udf_names_no_other(project: SmallProject) -> None:
    project.specs(b__yaml=SAVED.replace("file: area.py", "ref: Udf/other"))
    assert project.problem().code == "udf-ref"


def test_a_variable_that_two_included_files_declare_is_told_with_both_places(project: SmallProject) -> None:
    said = "apiVersion: fused-spec/v1\nvariables: {a: {type: number, default: 1}}\n"
    files = {"one__yaml": said, "two__yaml": said, "specs___a__yaml": job(parameters='{a: "${var.a}"}')}
    project.say("include: [one.yaml, two.yaml]\n", **files)
    problem = project.problem()
    assert (problem.code, problem.message) == (
        "declared-twice",
        'variable "a" is declared at one.yaml:2:13 and two.yaml:2:13',
    )
    project.say("include: [one.yaml]\n", **{**files, "one__yaml": f"{said}include: [two.yaml]\n"})
    assert project.problems() == []


def test_an_override_of_nothing_is_told_with_what_may_be_meant(project: SmallProject) -> None:
    overrides = "overrides: [{match: Job/tile, spec: {disk_size_gb: 2}}]"
    project.specs(TARGETS + indented(overrides), a__yaml=job())
    assert (project.problem().code, project.problem().hint) == ("no-match", "did you mean Job/tiles?")


def test_a_saved_udf_of_other_targets_is_told_as_such(project: SmallProject) -> None:
    udf = "apiVersion: fused-spec/v1\nkind: Udf\nmetadata: {name: area, targets: [dev]}\nspec: {udf: {file: area.py}}\n"
    user = job().replace("file: area.py", "ref: Udf/area")
    assert project.specs(TARGETS, a__yaml=user, u__yaml=udf).problem().code == "not-at-target"
