"""Editors accept what may be written, offer what fits, explain it, and underline what is wrong."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fused_spec.spec.language.editors.names import Names
from fused_spec.spec.language.editors.schemas import editor_schema_text
from tests.editors.server import Problem, Server

ROOT = Path(__file__).parents[2]
GENERAL = ROOT / "schemas/editors/fused-spec.schema.json"
PROJECT = ROOT / "schemas/editors/project.schema.json"
NAMES = Names(
    variables={
        "disk": {"type": "number", "description": "GB of disk"},
        "shares": {"type": "boolean"},
        "root": {"type": "string", "description": "Where tables go"},
        "months": {"type": "list", "items": {"type": "string"}},
        "machine": {"type": "object", "fields": {"type": {"type": "string"}, "disk": {"type": "number"}}},
    },
    targets=("dev", "prod"),
    fragments={"patient": "for inputs that come late"},
)

pytestmark = pytest.mark.xdist_group("language server")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.close()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schema of a project."""
    path = tmp_path_factory.mktemp("schema") / "specs.schema.json"
    path.write_text(editor_schema_text(None, NAMES), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def own_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schema") / "project.schema.json"
    path.write_text(editor_schema_text("Project", NAMES), encoding="utf-8")
    return path


def job(spec: str) -> str:
    head = "apiVersion: fused-spec/v1\nkind: Job\nmetadata:\n  name: tiles\nspec:\n"
    steps = "  config:\n    steps:\n      - type: udf\n        udf:\n          file: tiles.py\n"
    return head + steps + "".join(f"  {line}\n" for line in spec.splitlines())


def messages(problems: list[Problem]) -> list[str]:
    return [problem.message for problem in problems]


EXAMPLES = sorted((ROOT / "specs/examples").glob("*.yaml"))
IN_LANGUAGE = ROOT / "docs/language.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", IN_LANGUAGE.read_text(encoding="utf-8") if IN_LANGUAGE.exists() else "", re.S)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_has_nothing_underlined(server: Server, path: Path) -> None:
    text = path.read_text(encoding="utf-8").split("\n", 1)[1]
    assert server.problems(text, GENERAL) == []


@pytest.mark.parametrize(
    "text", [one for one in BLOCKS if one.lstrip("# ").startswith(("apiVersion", "fused-spec", "specs"))]
)
def test_an_example_of_the_language_has_nothing_underlined(server: Server, text: str) -> None:
    assert server.problems(text, PROJECT if "\nproject:" in text else GENERAL) == []


@pytest.mark.parametrize(
    "spec",
    [
        "instance_type: ${var.machine.type}",
        "disk_size_gb: ${var.disk}",
        "disk_size_gb: ${var.machine.disk}",
        "output: ${var.root}/tiles/",
        "env:\n  ROOT: ${var.root}\n  NOTE: 5$ and $${this}\n  SHARES: ${var.shares}",
        "run:\n  retries: ${var.disk}\n  timeout: ${matrix.hours}h",
        "needs: [other, {job: tiles, same: [month]}]",
        "region: ${matrix.region}",
    ],
)
def test_a_name_may_stand_for_a_value_of_its_type(server: Server, own: Path, spec: str) -> None:
    assert server.problems(job(spec), own) == []
    assert server.problems(job(spec), GENERAL) == []


@pytest.mark.parametrize(
    ("spec", "column", "message"),
    [
        (
            "instance_type: ${var.mashine.type}",
            17,
            "no variable is called this; known: disk, shares, root, months, machine",
        ),
        (
            "output: ${var.root}/${var.month}/",
            10,
            "no variable is called this; known: disk, shares, root, months, machine",
        ),
        ("disk_size_gb: ${var.root}", 16, "this takes a number; variables that fit: var.disk, var.machine.disk"),
        (
            "region: ${HOME}",
            10,
            "names begin with var, matrix, target, project, env, git or secret; $${…} is the text itself",
        ),
        ("instance_type: m5.larg", 17, None),
        ("disk_size_gb: 1.5", 16, "Incorrect type. Expected one of integer, null."),
        ("run:\n  retrys: 1", 4, "Property retrys is not allowed."),
    ],
)
def test_what_is_wrong_is_underlined_and_explained(
    server: Server, own: Path, spec: str, column: int, message: str | None
) -> None:
    [problem] = server.problems(job(spec), own)
    assert problem.column == column
    assert (
        problem.message == message
        if message
        else problem.message.startswith('Value is not accepted. Valid values: "m5.large"')
    )


def test_a_completion_offers_values_and_the_variables_that_fit(server: Server, own: Path) -> None:
    offers = {one.label: one for one in server.offers(job("disk_size_gb: |"), own)}
    assert offers["${var.disk}"].inserts == r"\${var.disk}"  # an editor would take `${` for a place to fill in
    assert offers["${var.disk}"].description == "GB of disk"
    assert "${var.machine.disk}" in offers
    assert "${var.root}" not in offers
    assert "${var.months}" not in offers


def test_a_completion_of_text_offers_its_values_first(server: Server, own: Path) -> None:
    labels = [one.label for one in server.offers(job("instance_type: |"), own)]
    assert labels.index("m5.large") < labels.index("${var.root}")
    assert "${target.name}" in labels
    assert "${var.months}" not in labels


def test_a_completion_knows_variables_in_parameters(server: Server, own: Path) -> None:
    text = job("").replace("file: tiles.py\n", "file: tiles.py\n          parameters:\n            root: |\n")
    assert {"${var.root}", "${var.months}"} <= {one.label for one in server.offers(text, own)}


@pytest.mark.parametrize("schema", ["own", "general"])
def test_a_hover_shows_a_description_once(server: Server, own: Path, schema: str) -> None:
    shown = server.hover(job("disk_size_gb|: 5"), own if schema == "own" else GENERAL)
    assert shown.count("Size of the machine's disk in GB") == 1
    shown = server.hover(job("instance_type|: m5.large"), own if schema == "own" else GENERAL)
    assert shown.count("The machine that runs the job") == 1
    assert "m5.xlarge" in shown


def test_a_hover_explains_a_field_of_a_step(server: Server, own: Path) -> None:
    text = job("").replace("      - type: udf\n", "      - type: udf\n        n_processes|: 4\n")
    assert "How many tasks run at the same time" in server.hover(text, own)


FRAGMENT = "apiVersion: fused-spec/v1\nkind: Fragment\nmetadata:\n  name: patient\nspec:\n"


@pytest.mark.parametrize(
    "spec",
    [
        "  run:\n    retries: 5\n",
        "  $replace: true\n  env:\n    A: b\n",
        "  config:\n    steps:\n      render:\n        n_processes: 4\n",
    ],
)
def test_a_fragment_need_not_be_whole(server: Server, own: Path, spec: str) -> None:
    assert server.problems(FRAGMENT + spec, own) == []


def test_a_field_of_a_fragment_is_checked(server: Server, own: Path) -> None:
    assert messages(server.problems(FRAGMENT + "  run:\n    retrys: 5\n", own)) == ["Property retrys is not allowed."]


def test_only_fragments_and_targets_that_are_declared_are_known(server: Server, own: Path) -> None:
    text = job("").replace("  name: tiles\n", "  name: tiles\n  targets: [dev, prdo]\nuse: [patient, hasty]\n")
    told = messages(server.problems(text, own))
    assert told == [
        "no target is named this; known: dev, prod, local, hosted",
        "no fragment is named this; known: patient",
    ]


PROJECT_TEXT = """\
apiVersion: fused-spec/v1
project: {name: tiles, id: 5a0a2c1e-7f0e-4c0e-9a53-4e2f6f6f2b11}
target: dev
variables:
  disk: {type: number, default: 50}
defaults:
  Job:
    metadata: {labels: {team: geo, env: "${target.name}"}}
    spec: {instance_type: m5.large, disk_size_gb: "${var.disk}", run: {on_failure: retry, retries: 2}}
  steps:
    udf: {n_processes: 4}
targets:
  dev: {base_url: https://www.fused.io/server/v1, scope: dev, variables: {disk: 5}}
  prod:
    base_url: https://www.fused.io/server/v1
    scope: prod
    overrides:
      - match: Job/tiles
        spec: {instance_type: r5.4xlarge}
      - match: {job: Job/tiles, matrix: {region: eu-west-1}}
        spec: {disk_size_gb: 200}
"""


def test_a_project_file_has_nothing_underlined(server: Server, own_project: Path) -> None:
    assert server.problems(PROJECT_TEXT, own_project) == []
    assert server.problems(PROJECT_TEXT, PROJECT) == []


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("{disk_size_gb: 200}", "{disk_size: 200}", "Property disk_size is not allowed."),
        ("retries: 2", "retries: many", 'Incorrect type. Expected "integer".'),
        (
            "variables: {disk: 5}",
            "variables: {disc: 5}",
            "no variable is called this; known: disk, shares, root, months, machine",
        ),
        ("target: dev\n", "target: def\n", None),
    ],
)
def test_what_is_said_for_many_specs_is_checked_where_it_is_said(
    server: Server, own_project: Path, right: str, wrong: str, message: str | None
) -> None:
    told = messages(server.problems(PROJECT_TEXT.replace(right, wrong), own_project))
    assert len(told) == 1
    assert message is None or told == [message]


def test_a_default_and_an_override_are_completed(server: Server, own_project: Path) -> None:
    text = PROJECT_TEXT.replace("{instance_type: r5.4xlarge}", "\n          instance_type: |")
    assert "r5.4xlarge" in {one.label for one in server.offers(text, own_project)}
