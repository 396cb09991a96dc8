"""One project at two services and in two environments: each runs everything once, and none is taken for another."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from filelock import FileLock
from jsonschema import Draft202012Validator

from fused_spec.service.state.private_file import create_private
from tests.acceptance.command import Ended, Shell
from tests.acceptance.served import Served, serving
from tests.acceptance.test_trust import PROJECT, UDF, quick
from tests.schemas import schema_of

REPOSITORY = Path(__file__).parents[2]
BEFORE = REPOSITORY / "tests/golden/before_scopes"
FINISHED = "finished earlier, known from the archive"


@pytest.fixture
def project(shell: Shell) -> Shell:
    shell.write("fused-spec.yaml", PROJECT)
    shell.write("specs/quick.py", UDF)
    shell.write("specs/a.yaml", quick("areas"))
    return shell


@contextmanager
def lab(shell: Shell, name: str = "lab", port: int = 0) -> Iterator[Served]:
    """A service of its own, with its state in a folder of that name beside the project."""
    beside = Shell(folder=shell.folder.parent / name, home=shell.home)
    beside.folder.mkdir(exist_ok=True)
    with serving(beside, "--port", str(port)) as served:
        yield served


def at(shell: Shell, served: Served, *arguments: str) -> Ended:
    return shell.run(*arguments, FUSED_AUTH_TOKEN=served.token, FUSED_AUTH_TOKEN_TYPE="Bearer")


def declare(shell: Shell, *targets: str) -> None:
    shell.write("fused-spec.yaml", f"{PROJECT}targets:\n" + "".join(f"  {target}\n" for target in targets))


def reasons(plan: Ended) -> dict[str, str]:
    assert plan.code == 0, plan.err
    return {change["name"]: change["reason"] for change in plan.document["changes"]}


def warnings(plan: Ended) -> str:
    assert plan.code == 0, plan.err
    return "\n".join(plan.document["warnings"])


def runs(served: Served) -> int:
    return len(served.ask("GET", "/job/self").json())


# Two services


def test_what_was_tried_locally_runs_at_another_service_too(project: Shell) -> None:
    with lab(project) as served:
        declare(project, f"lab: {{base_url: '{served.url}'}}")
        assert project.run("apply", "specs").code == 0
        plan = at(project, served, "plan", "specs", "--target", "lab", "--output", "json")
        assert (reasons(plan), warnings(plan)) == ({"areas": "never ran"}, "")
        assert at(project, served, "apply", "specs", "--target", "lab").code == 0
        for target in ("lab", "local"):
            assert at(project, served, "plan", "specs", "--target", target, "--detailed-exitcode").code == 0
        assert runs(served) == 1
    assert len(project.run("jobs").out.splitlines()) == 2


@pytest.mark.thorough
def test_a_service_is_known_again_by_whatever_address_it_is_reached(project: Shell) -> None:
    assert project.run("apply", "specs").code == 0
    url = project.service["url"]
    declare(project, f"same: {{base_url: '{url}'}}")
    for where in (["--target", "same"], ["--base-url", url], ["--base-url", url.replace("127.0.0.1", "localhost")]):
        token = {"FUSED_AUTH_TOKEN": project.service["token"], "FUSED_AUTH_TOKEN_TYPE": "Bearer"}
        plan = project.run("plan", "specs", *where, "--output", "json", **token)
        assert reasons(plan) == {"areas": "up to date"}
    assert [path.name for path in (project.folder / ".fused-spec/archive/0d5b1c7e-52b5/services").iterdir()] == [
        (project.folder / ".fused-spec/service/id").read_text(encoding="utf-8")
    ]


@pytest.mark.thorough
def test_a_run_elsewhere_is_shown_by_its_id_and_says_where_it_was(project: Shell) -> None:
    with lab(project) as served:
        declare(project, f"lab: {{base_url: '{served.url}'}}")
        done = at(project, served, "apply", "specs", "--target", "lab", "--output", "json")
        [outcome] = done.document["outcomes"]
        shown = project.run("show", outcome["job_id"], "--output", "json")
        logged = project.run("logs", outcome["job_id"])
        assert served.url in shown.document["service"]
        assert ("n=1" in logged.out, f"this run was at {served.url}" in logged.err) == (True, True)
        assert project.run("show", "areas").code == 1


@pytest.mark.thorough
def test_clones_that_share_an_archive_have_services_of_their_own(project: Shell, tmp_path: Path) -> None:
    shared = ["--archive", str(tmp_path / "shared")]
    assert project.run("apply", "specs", *shared).code == 0
    clone = Shell(folder=tmp_path / "clone", home=project.home)
    shutil.copytree(project.folder, clone.folder, ignore=shutil.ignore_patterns(".fused-spec", "home"))
    try:
        plan = clone.run("plan", "specs", *shared, "--output", "json")
        assert reasons(plan) == {"areas": "never ran"}
        assert "it is that of another folder or machine" in warnings(plan)
        assert "1 succeeded" in clone.run("apply", "specs", *shared).out
        for shell in (project, clone):
            settled = shell.run("plan", "specs", *shared, "--output", "json")
            assert (reasons(settled), warnings(settled)) == ({"areas": "up to date"}, "")
    finally:
        clone.stop_service()


@pytest.mark.thorough
def test_where_each_job_stands_is_one_table_that_no_trouble_hides(project: Shell) -> None:
    with lab(project) as served:
        declare(
            project,
            f"dev: {{base_url: '{served.url}', scope: dev}}",
            f"prod: {{base_url: '{served.url}', scope: prod}}",
            "gone: {base_url: 'http://127.0.0.1:9/server/v1'}",
        )
        at(project, served, "apply", "specs", "--target", "dev")
        found = at(project, served, "status", "--all-targets")
        assert found.code == 8
        rows = [line.split("  ")[0:1] + line.split()[1:4] for line in found.out.splitlines()]
        assert rows[1][:3] == ["areas", "local", "never"]
        assert rows[2][:3] == ["areas", "dev", "succeeded"]
        assert rows[3][:3] == ["areas", "prod", "never"]
        assert found.out.splitlines()[4].startswith("gone: not read: ")
        document = at(project, served, "status", "--all-targets", "--output", "json").document
    schema = schema_of("status-all-targets")
    Draft202012Validator(schema).validate(document)
    assert [one["scope"] for one in document["targets"]] == [None, "dev", "prod", None]


# Two environments of one service


@pytest.mark.thorough
def test_two_scopes_of_one_service_are_two_environments(project: Shell) -> None:
    with lab(project) as served:
        declare(
            project,
            f"dev: {{base_url: '{served.url}', scope: dev}}",
            f"prod: {{base_url: '{served.url}', scope: prod}}",
        )
        assert at(project, served, "apply", "specs", "--target", "dev").code == 0
        project.write("specs/quick.py", UDF.replace("n={n}", "n is {n}"))
        assert reasons(at(project, served, "plan", "specs", "--target", "prod", "--output", "json")) == {
            "areas": "never ran"
        }
        assert at(project, served, "apply", "specs", "--target", "prod").code == 0
        assert "spec changed" in at(project, served, "plan", "specs", "--target", "dev").out
        assert at(project, served, "plan", "specs", "--target", "prod", "--detailed-exitcode").code == 0
        assert runs(served) == 2


@pytest.mark.thorough
def test_a_prune_stays_within_its_environment(project: Shell) -> None:
    token = "kind: UdfAccessToken\nmetadata: {name: maps}\nspec: {udf: {id: ID}, sink: {file: .secrets/maps}}\n"
    with lab(project) as served:
        declare(
            project,
            f"dev: {{base_url: '{served.url}', scope: dev}}",
            f"prod: {{base_url: '{served.url}', scope: prod}}",
        )
        udf = {"name": "points", "entrypoint": "udf", "code": UDF}
        body = {"slug": "points", "udf_body": json.dumps(udf)}
        saved = served.ask("POST", "/udf/new", json=body).json()
        project.write("specs/t.yaml", f"apiVersion: fused-spec/v1\n{token.replace('ID', saved['id'])}")
        for target in ("dev", "prod"):
            applied = at(project, served, "apply", "specs", "--target", target)
            assert applied.code == 0, applied.err + applied.out
        (project.folder / "specs/t.yaml").unlink()
        assert at(project, served, "apply", "specs", "--target", "dev", "--prune").code == 0
        enabled = [one["enabled"] for one in served.ask("GET", "/udf-access-token/self").json()]
        assert sorted(enabled) == [False, True]


@pytest.mark.thorough
def test_two_targets_that_are_one_environment_stop_every_command(project: Shell) -> None:
    declare(project, "dev: {base_url: 'https://f.example/v1'}", "prod: {base_url: 'https://f.example/v1/'}")
    for command in (["validate", "specs"], ["plan", "specs"], ["jobs"]):
        refused = project.run(*command)
        assert refused.code == 3
        assert "fused-spec.yaml:4:19" in refused.out + refused.err
        assert "fused-spec.yaml:5:20" in refused.out + refused.err


@pytest.mark.thorough
def test_the_name_hosted_is_no_way_into_an_environment_with_a_name_of_its_own(project: Shell) -> None:
    declare(project, "dev: {base_url: 'https://www.fused.io/server/v1'}")
    refused = project.run("plan", "specs", "--target", "hosted")
    assert (refused.code, '"dev"' in refused.err) == (2, True)


# A service or an archive that is not the one it was


@pytest.mark.thorough
def test_a_local_service_whose_state_was_removed_has_run_nothing_and_the_plan_says_why(project: Shell) -> None:
    assert project.run("apply", "specs").code == 0
    url = project.service["url"]
    project.stop_service()
    shutil.rmtree(project.folder / ".fused-spec/service")
    plan = project.run("plan", "specs", "--output", "json")
    assert reasons(plan) == {"areas": "never ran"}
    assert f"Job/areas never ran at this service; the archive keeps runs at {url}" in warnings(plan)
    assert "the state of that service is gone" in warnings(plan)
    assert "It is new" in plan.err


@pytest.mark.thorough
def test_another_service_at_the_same_address_has_run_nothing_and_the_plan_says_why(project: Shell) -> None:
    with lab(project) as served:
        declare(project, f"lab: {{base_url: '{served.url}'}}")
        assert at(project, served, "apply", "specs", "--target", "lab").code == 0
        port = int(served.url.split(":")[2].split("/")[0])
    with lab(project, "another", port) as served:
        plan = at(project, served, "plan", "specs", "--target", "lab", "--output", "json")
        assert reasons(plan) == {"areas": "never ran"}
        assert "another service answers at that address now" in warnings(plan)


@pytest.mark.thorough
def test_an_archive_that_was_removed_is_told_until_it_has_something_again(project: Shell) -> None:
    assert project.run("apply", "specs").code == 0
    shutil.rmtree(project.folder / ".fused-spec/archive")
    plan = project.run("plan", "specs", "--output", "json")
    assert reasons(plan) == {"areas": "up to date"}
    assert "has nothing of the 1 run that the local service knows" in warnings(plan)
    assert project.run("apply", "specs").code == 0
    assert warnings(project.run("plan", "specs", "--output", "json")) == ""


@pytest.mark.thorough
def test_a_receipt_of_a_later_format_stops_an_apply_before_anything_starts(project: Shell) -> None:
    assert project.run("apply", "specs").code == 0
    [receipt] = (project.folder / ".fused-spec/archive").rglob("receipt.json")
    receipt.write_text(receipt.read_text(encoding="utf-8").replace('"version": 1', '"version": 2'), encoding="utf-8")
    project.write("specs/b.yaml", quick("roads"))
    stopped = project.run("apply", "specs")
    assert stopped.code == 2
    assert (str(receipt) in stopped.err, "use the fused-spec that wrote it" in stopped.err) == (True, True)
    assert len(project.run("jobs").out.splitlines()) == 2


@pytest.mark.thorough
def test_a_run_whose_receipt_is_damaged_is_asked_about_and_not_paid_for_again(project: Shell) -> None:
    assert project.run("apply", "specs").code == 0
    [receipt] = (project.folder / ".fused-spec/archive").rglob("receipt.json")
    receipt.write_text("", encoding="utf-8")
    shutil.rmtree(project.folder / ".fused-spec/archive/0d5b1c7e-52b5/services")
    forget(project)
    plan = project.run("plan", "specs", "--output", "json")
    assert "neither history nor archive knows how it ended" in reasons(plan)["areas"]
    assert f"the receipt {receipt} cannot be read" in warnings(plan)


def forget(shell: Shell) -> None:
    shell.stop_service()
    for file in (shell.folder / ".fused-spec/service").glob("service.db*"):
        file.unlink()


# What the version before wrote


@pytest.fixture
def before(shell: Shell) -> Shell:
    """A project to which the version before applied, without what it kept."""
    shutil.copytree(BEFORE / "specs", shell.folder / "specs")
    (shell.folder / "specs/work.py.txt").rename(shell.folder / "specs/work.py")
    shutil.copy(BEFORE / "fused-spec.yaml", shell.folder)
    return shell


def test_nothing_runs_again_where_the_version_before_ran_it(before: Shell) -> None:
    kept = before.folder / ".fused-spec"
    shutil.copytree(BEFORE / "local/archive", kept / "archive")
    state = kept / "service"
    state.mkdir(mode=0o700)
    create_private(state / "service.db")
    with sqlite3.connect(state / "service.db") as database:
        database.executescript((BEFORE / "local/service.sql").read_text(encoding="utf-8"))
    database.close()
    plan = before.run("plan", "specs", "--output", "json")
    assert reasons(plan) == {
        "points": "up to date",
        "zones": "up to date",
        "yearly": "up to date",
        "broken": "the last run did not succeed; --retry starts it again",
    }
    assert warnings(plan) == ""
    before.run("apply", "specs")
    assert len(before.run("jobs").out.splitlines()) == 5
    assert not (kept / "archive/before-scopes-1/services").exists()


@pytest.mark.thorough
@pytest.mark.parametrize("place", ["state", "named"])
def test_a_local_receipt_of_the_version_before_is_believed_at_no_other_service(before: Shell, place: str) -> None:
    named = before.folder / ("kept" if place == "named" else ".fused-spec/archive")
    shutil.copytree(BEFORE / "local/archive", named)
    asked = ["--archive", "kept"] if place == "named" else []
    plan = before.run("plan", "specs", *asked, "--output", "json")
    assert set(reasons(plan).values()) == {"never ran"}
    assert "the archive keeps runs at http://127.0.0.1:" in warnings(plan)


# The lock


@pytest.mark.thorough
def test_an_apply_waits_for_the_lock_as_long_as_it_is_told_to(project: Shell) -> None:
    assert project.run("apply", "specs").code == 0
    locks = project.folder / ".fused-spec/locks"
    names = sorted(path.name for path in locks.glob("*.lock"))
    known = (project.folder / ".fused-spec/service/id").read_text(encoding="utf-8")
    assert names == [f"0d5b1c7e-52b5@{known}.lock", "local.lock"]
    for name in names:
        with FileLock(locks / name):
            refused = project.run("apply", "specs", "--lock-timeout", "1s")
        assert refused.code == 7
        assert "Waiting for the lock: another apply is at work here" in refused.err
    with suppress(FileNotFoundError):
        (locks / "local.holder").unlink()
    assert project.run("apply", "specs", "--lock-timeout", "1s").code == 0
