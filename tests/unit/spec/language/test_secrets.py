"""Secrets by their names: where they may stand, what stands for them in a payload, and what a digest sees of them."""

from pathlib import Path

import pytest

from fused_spec.configuration.declared_secrets import Origin
from fused_spec.spec.relations.secret_changes import with_secret_changes
from tests.unit.spec.language.projects import SmallProject, fragment, job

SECRETS = "secrets: {DB: {from: {env: DB}}, EARTH: {from: {fused: EARTH}}}\n"


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return SmallProject(tmp_path)


def env_of(project: SmallProject, target: str = "local", name: str = "tiles") -> object:
    env = dict(project.desired(target)[name].payload["additional_env"])
    del env["FUSED_CREDENTIAL_PROVIDER"]
    return env


def test_a_secret_stands_in_the_payload_by_its_name(project: SmallProject) -> None:
    project.specs(SECRETS, a__yaml=job(spec="env: {DB_PASSWORD: '${secret.DB}'}"))
    assert env_of(project) == {"DB_PASSWORD": {"secret": "DB"}}


def test_within_text_it_is_one_of_its_parts(project: SmallProject) -> None:
    project.specs(SECRETS, a__yaml=job(spec="env: {DSN: 'postgres://me:${secret.DB}@host'}"))
    assert env_of(project) == {"DSN": ["postgres://me:", {"secret": "DB"}, "@host"]}


def test_what_only_looks_like_one_is_text(project: SmallProject) -> None:
    project.specs(SECRETS, a__yaml=job(spec='env: {NOTE: "$${secret.DB}", JSON: \'{"secret": "DB"}\'}'))
    assert env_of(project) == {"NOTE": "${secret.DB}", "JSON": '{"secret": "DB"}'}


def test_a_stronger_text_takes_the_place_of_a_weaker_secret(project: SmallProject) -> None:
    defaults = "defaults: {Job: {spec: {env: {A: '${secret.DB}', B: '${secret.DB}'}}}}\n"
    project.specs(SECRETS + defaults, a__yaml=job(spec="env: {A: '$${secret.DB}'}"))
    assert env_of(project) == {"A": "${secret.DB}", "B": {"secret": "DB"}}


def test_a_secret_comes_from_any_layer(project: SmallProject) -> None:
    overrides = """\
targets:
  prod: {base_url: "https://a.example", overrides: [{match: Job/tiles, spec: {env: {C: "${secret.DB}"}}}]}
"""
    document = job(spec="env: {A: '${secret.DB}'}", top="use: [base]")
    project.specs(SECRETS + overrides, a__yaml=document, b__yaml=fragment("base", "env: {B: '${secret.DB}'}"))
    one = {"secret": "DB"}
    assert env_of(project, "prod") == {"A": one, "B": one, "C": one}


def test_a_variable_and_a_secret_stand_in_one_text(project: SmallProject) -> None:
    variables = "variables: {host: {type: string, default: db.example}}\n"
    project.specs(SECRETS + variables, a__yaml=job(spec="env: {DSN: '${secret.DB}@${var.host}/x'}"))
    assert env_of(project) == {"DSN": [{"secret": "DB"}, "@", "db.example", "/x"]}


def test_every_cell_of_a_matrix_has_it(project: SmallProject) -> None:
    spec = "env: {DSN: '${matrix.m}:${secret.DB}'}"
    project.specs(SECRETS, a__yaml=job(spec=spec, top="matrix: {m: [a, b]}"))
    assert env_of(project, name="tiles-b") == {"DSN": ["b", ":", {"secret": "DB"}]}


def test_a_name_that_asks_for_a_secret_may_have_one_and_no_plain_text(project: SmallProject) -> None:
    project.specs(SECRETS, a__yaml=job(spec="env: {DB_PASSWORD: 'x${secret.DB}'}"))
    assert project.problems() == []
    project.specs(SECRETS, a__yaml=job(spec="env: {DB_PASSWORD: 'x$${secret.DB}', A: '${secret.DB}'}"))
    assert project.problem().code == "secret"


def test_text_of_a_secrets_shape_beside_a_name_is_told(project: SmallProject) -> None:
    shape = "AKIA" + "A" * 16
    project.specs(SECRETS, a__yaml=job(spec=f"env: {{KEYS: '{shape}:${{secret.DB}}'}}"))
    assert project.problem().code == "secret"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (job(parameters="{a: '${secret.DB}'}"), "parameters are kept in the job's history"),
        (job(parameters="{a: {b: ['x${secret.DB}']}}"), "parameters are kept in the job's history"),
        (job(metadata="labels: {a: '${secret.DB}'}"), "labels and metadata are kept with every run"),
        (job(spec="output: 'fd://x/${secret.DB}/'"), "addresses and inputs are kept in the job's history"),
        (job(spec="region: ${secret.DB}"), "a secret may stand in the values of env alone"),
        (job(spec="image_name: ${secret.DB}"), "a secret may stand in the values of env alone"),
        (job(top="matrix: {m: ['${secret.DB}']}", metadata="labels: {m: '${matrix.m}'}"), "what stands here is shown"),
    ],
)
def test_elsewhere_it_may_not_stand(project: SmallProject, document: str, words: str) -> None:
    project.specs(SECRETS, a__yaml=document + "---\n" + job("user", spec="env: {A: '${secret.DB}'}"))
    [(code, _, message)] = project.told()
    assert (code, words in message) == ("secret-not-allowed", True)


def test_a_variable_holds_none(project: SmallProject) -> None:
    variables = "variables: {dsn: {type: string, default: '${secret.DB}'}}\n"
    project.specs(SECRETS + variables, a__yaml=job(spec="env: {A: '${var.dsn}', B: '${secret.DB}'}"))
    [problem] = project.problems()
    assert (problem.code, str(problem.location)) == ("secret-not-allowed", "fused-spec.yaml:4:42")


def test_one_that_nobody_declares_is_told_with_the_likely_one(project: SmallProject) -> None:
    secrets = "secrets: {DATABASE: {from: {env: DB}}}\n"
    document = job(spec="env: {A: '${secret.DATBASE}', B: '${secret.DATABASE}'}")
    project.specs(secrets, a__yaml=document)
    problem = project.problem()
    assert (problem.code, str(problem.location)) == ("unknown-secret", "specs/a.yaml:6:12")
    assert problem.hint == 'did you mean "DATABASE"? (fused-spec.yaml:3:11)'


def test_without_any_it_is_told_how_to_declare_one(project: SmallProject) -> None:
    project.specs(a__yaml=job(spec="env: {A: '${secret.DB}'}"))
    assert "secrets: {DB: {from: {env: DB}}}" in str(project.problem().hint)


def test_one_that_fused_keeps_has_no_value_here(project: SmallProject) -> None:
    project.specs(SECRETS, a__yaml=job(spec="env: {A: '${secret.EARTH}', B: '${secret.DB}'}"))
    problem = project.problem()
    assert (problem.code, problem.hint) == ("secret-at-fused", 'read it in the UDF, as fused.secrets["EARTH"]')


def test_it_has_no_parts(project: SmallProject) -> None:
    project.specs(SECRETS, a__yaml=job(spec="env: {A: '${secret.DB.user}', B: '${secret.DB}'}"))
    assert project.problem().code == "no-such-name"


def test_one_that_nothing_uses_is_a_warning(project: SmallProject) -> None:
    project.specs("secrets: {DB: {from: {env: DB}}}\n", a__yaml=job())
    problem = project.problem()
    assert (problem.code, problem.is_error, str(problem.location)) == ("unused-secret", False, "fused-spec.yaml:3:11")


def test_a_target_may_have_it_from_elsewhere(project: SmallProject) -> None:
    targets = "targets: {prod: {base_url: 'https://a.example', secrets: {DB: {from: {file: /run/db}}}}}\n"
    project.specs(SECRETS + targets, a__yaml=job(spec="env: {A: '${secret.DB}'}"))
    assert project.at("prod").secrets.by_name["DB"].source.origin is Origin.FILE
    assert project.at().secrets.by_name["DB"].source.origin is Origin.ENV
    assert project.at().desired[0].digest == project.at("prod").desired[0].digest


def test_a_target_declares_none(project: SmallProject) -> None:
    targets = "targets: {prod: {base_url: 'https://a.example', secrets: {DBB: {from: {env: X}}}}}\n"
    project.specs(SECRETS + targets, a__yaml=job(spec="env: {A: '${secret.DB}'}"))
    problem = project.problem()
    assert (problem.code, problem.hint) == ("unknown-secret", 'did you mean "DB"?')


def test_an_included_file_may_declare_it_and_its_paths_start_there(project: SmallProject) -> None:
    shared = "apiVersion: fused-spec/v1\nsecrets: {DB: {from: {file: db.txt}}}\n"
    project.say("include: [shared/team.yaml]\n", shared___team__yaml=shared)
    project.specs("include: [shared/team.yaml]\n", a__yaml=job(spec="env: {A: '${secret.DB}'}"))
    assert project.at().secrets.by_name["DB"].source.folder == project.folder / "shared"


@pytest.mark.parametrize(
    "source", ["{}", "{env: A, file: b}", "{env: 1A}", "{command: op read x}", "{command: []}", "{vault: x}", "DB"]
)
def test_a_source_is_exactly_one(project: SmallProject, source: str) -> None:
    project.specs(f"secrets: {{DB: {{from: {source}}}}}\n", a__yaml=job())
    found = project.problems()
    assert [one.location.path for one in found if one.is_error] == ["fused-spec.yaml"] * len(found)
    assert found


def test_a_change_counts_only_with_a_key(project: SmallProject) -> None:
    secrets = "secrets: {DB: {from: {env: DB}, rerun_on_change: true}}\n"
    project.specs(secrets, a__yaml=job(spec="env: {A: '${secret.DB}'}"))
    problem = project.problem()
    assert (problem.code, str(problem.location)) == ("secrets-key-missing", "fused-spec.yaml:3:50")
    project.specs(secrets + "secrets_key: {from: {env: K}}\n", a__yaml=job(spec="env: {A: '${secret.DB}'}"))
    assert project.problems() == []


def test_the_key_is_kept_by_nobody_but_its_owner(project: SmallProject) -> None:
    project.specs("secrets_key: {from: {fused: K}}\n", a__yaml=job())
    assert "unknown-field" in {one.code for one in project.problems()}


def test_nobody_here_knows_when_a_secret_of_fused_changes(project: SmallProject) -> None:
    project.specs("secrets: {E: {from: {fused: E}, rerun_on_change: true}}\n", a__yaml=job())
    assert project.problem().code == "secret-at-fused"


@pytest.mark.parametrize("key", ["{env: K}", "{command: [op, read, K]}"])
def test_no_plan_runs_a_command(project: SmallProject, key: str) -> None:
    source = "{command: [op, read, DB]}" if "env" in key else "{env: DB}"
    secrets = f"secrets: {{DB: {{from: {source}, rerun_on_change: true}}}}\nsecrets_key: {{from: {key}}}\n"
    project.specs(secrets, a__yaml=job(spec="env: {A: '${secret.DB}'}"))
    assert {"secret-by-command", "unknown-field"} & {one.code for one in project.problems()}


def test_nor_does_one_at_a_target(project: SmallProject) -> None:
    secrets = "secrets: {DB: {from: {env: DB}, rerun_on_change: true}}\nsecrets_key: {from: {env: K}}\n"
    targets = "targets: {prod: {base_url: 'https://a.example', secrets: {DB: {from: {command: [op]}}}}}\n"
    project.specs(secrets + targets, a__yaml=job(spec="env: {A: '${secret.DB}'}"))
    assert project.problem().code == "secret-by-command"


def test_a_change_of_the_value_is_a_change_of_its_users_and_their_readers_alone(project: SmallProject) -> None:
    secrets = "secrets: {DB: {from: {env: DB}, rerun_on_change: true}, X: {from: {env: X}}}\n"
    project.specs(
        secrets + "secrets_key: {from: {env: K}}\n",
        a__yaml=job(spec="env: {A: 'x${secret.DB}'}\noutput: fd://a/"),
        b__yaml=job("reader", parameters="{a: {output_of: tiles}}"),
        c__yaml=job("other", spec="env: {A: '${secret.X}'}"),
    )
    found = project.at()
    asked: list[object] = []

    def macs(value: str) -> dict[str, str]:
        changed = with_secret_changes(found, lambda names: asked.append(names) or dict.fromkeys(names, value))
        return {one.key.name: one.digest for one in changed.desired}

    first, second = macs("aa"), macs("bb")
    assert {name for name in first if first[name] != second[name]} == {"tiles", "reader"}
    assert asked == [["DB"], ["DB"]]
    assert first["other"] == next(one.digest for one in found.desired if one.key.name == "other")


def test_without_such_a_secret_no_value_is_asked_for(project: SmallProject) -> None:
    project.specs(SECRETS, a__yaml=job(spec="env: {A: '${secret.DB}'}"))
    found = project.at()
    assert with_secret_changes(found, lambda _: pytest.fail("asked")) is found


def test_what_a_udf_reads_at_fused_is_declared(project: SmallProject) -> None:
    code = 'import fused\n\n\n@fused.udf\ndef udf(a=1):\n    return fused.secrets["{}"]\n'
    project.specs(SECRETS, a__yaml=job(spec="env: {A: '${secret.DB}'}"), area__py=code.replace("{}", "EARTH"))
    assert project.problems() == []
    project.specs(SECRETS, a__yaml=job(spec="env: {A: '${secret.DB}'}"), area__py=code.replace("{}", "EARHT"))
    problem = project.problem()
    assert (problem.code, str(problem.location), problem.is_error) == ("undeclared-secret", "specs/area.py:6:12", False)
    assert problem.hint == 'did you mean "EARTH"?'
