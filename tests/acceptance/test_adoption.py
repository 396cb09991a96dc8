"""What was started without specs becomes specs that start nothing."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fused_spec.api.client import FusedAPI
from fused_spec.api.http.transport import Transport
from fused_spec.configuration.settings import Credentials
from tests.acceptance.command import Ended, Shell
from tests.acceptance.conftest import REPOSITORY, in_folder
from tests.acceptance.test_examples import JOBS

pytestmark = pytest.mark.xdist_group("adoption")

TILE = "@fused.udf\ndef tile(month: str, region: str, out: str):\n    print(month)\n"
SCRIPT = f"import fused\n\n{TILE}\nfor month in ('2024-01', '2024-02', '2024-03'):\n" + (
    "    job = tile(month=month, region='eu-west-1', out=f'fd://tiles/eu-west-1/{month}/')\n"
    "    job.run_remote(additional_env=['FUSED_CREDENTIAL_PROVIDER=ec2', 'API_TOKEN=canary-4711'])\n"
)


class Elsewhere:
    """An empty folder, from which the service of the examples is reached."""

    def __init__(self, folder: Path, served: Shell) -> None:
        home = folder / "home"
        home.mkdir(parents=True)
        self.shell = Shell(folder=folder, home=home)
        self.url, self.token = served.service["url"], served.service["token"]

    def run(self, *words: str) -> Ended:
        env = {"FUSED_AUTH_TOKEN": self.token, "FUSED_AUTH_TOKEN_TYPE": "Bearer", "FUSED_SPEC_BASE_URL": self.url}
        return self.shell.run(*words, **env)

    @property
    def api(self) -> FusedAPI:
        return FusedAPI.over(Transport(self.url, Credentials(access_token=self.token)))

    def spec(self, name: str) -> Any:
        return yaml.safe_load((self.shell.folder / "specs" / f"{name}.yaml").read_text("utf-8"))

    def files(self) -> set[str]:
        found = (path.relative_to(self.shell.folder).as_posix() for path in self.shell.folder.rglob("*.*"))
        return {path for path in found if not path.startswith((".fused-spec", "home"))}


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The examples, applied; these tests start more than these at their service."""
    folder = tmp_path_factory.mktemp("adopted")
    for shell in in_folder(folder):
        shutil.copytree(REPOSITORY / "specs", folder / "specs")
        shutil.copy(REPOSITORY / "fused-spec.yaml", folder)
        done = shell.run("apply", "specs/examples/")
        assert done.code == 0, done.err
        yield shell


@pytest.fixture
def elsewhere(tmp_path: Path, applied: Shell) -> Elsewhere:
    return Elsewhere(tmp_path / "work", applied)


def start_tiles(elsewhere: Elsewhere, months: tuple[int, ...], regions: tuple[str, ...]) -> list[str]:
    """Runs as another client starts them: with no mark."""
    ids = []
    for month in months:
        for region in regions:
            label = f"2024-{month:02}"
            said = {"month": label, "region": region, "out": f"fd://tiles/{region}/{label}/"}
            udf = {"name": "tile", "entrypoint": "tile", "code": TILE, "parameters": said}
            ids.append(elsewhere.api.start_job({"steps": [{"type": "udf", "udf": udf}]}).job_id)
    for job_id in ids:
        elsewhere.api.wait_for_job(job_id, poll_interval_seconds=0.1)
    return ids


def test_import_after_apply_of_every_example_plans_nothing(elsewhere: Elsewhere) -> None:
    ids = [line.id for line in elsewhere.api.get_jobs(None, max_requests=None)]
    named = {elsewhere.api.get_job_config(one).name: one for one in reversed(ids)}
    done = elsewhere.run("import", *(named[name] for name in sorted(JOBS)))
    assert (done.code, f"{len(JOBS)} jobs in" in done.out) == (0, True), done.err
    again = elsewhere.run("plan", "specs/", "--detailed-exitcode")
    assert (again.code, f"{len(JOBS)} unchanged" in again.out) == (0, True), again.out + again.err


def test_imported_code_is_that_of_the_examples_byte_for_byte(elsewhere: Elsewhere, applied: Shell) -> None:
    ids = [line.id for line in elsewhere.api.get_jobs(None, max_requests=None)]
    named = {elsewhere.api.get_job_config(one).name: one for one in ids}
    assert elsewhere.run("import", named["continents"]).code == 0
    for name in ("continents", "natural_earth"):
        written = (elsewhere.shell.folder / f"udfs/continents/{name}.py").read_bytes()
        assert written == (applied.folder / f"specs/examples/udfs/{name}.py").read_bytes()


def test_twelve_runs_of_another_client_become_one_matrix(elsewhere: Elsewhere) -> None:
    ids = start_tiles(elsewhere, (1, 2, 3, 4, 5, 6), ("eu-west-1", "us-west-2"))
    done = elsewhere.run("import", *ids)
    assert (done.code, "12 jobs in 1 spec" in done.out) == (0, True), done.err
    assert "does not tell disk_size_gb, env, image_name, region" in done.err
    spec = elsewhere.spec("tile")
    assert spec["matrix"] == {
        "region": ["eu-west-1", "us-west-2"],
        "month": {"from": "2024-01", "through": "2024-06"},
    }
    assert {one["run"] for one in spec["metadata"]["adopts"]} == set(ids)
    more = (elsewhere.shell.folder / "specs/tile.yaml").read_text("utf-8").replace('"2024-06"', '"2024-07"')
    elsewhere.shell.write("specs/tile.yaml", more)
    assert "2 to start, 12 unchanged" in elsewhere.run("plan", "specs/").out


def test_without_a_matrix_each_run_is_a_spec(elsewhere: Elsewhere) -> None:
    ids = start_tiles(elsewhere, (1, 2), ("ap-south-1",))
    done = elsewhere.run("import", "--no-matrix", *ids)
    assert (done.code, "2 jobs in 2 specs" in done.out) == (0, True), done.err
    assert elsewhere.files() == {"specs/tile.yaml", "specs/tile-2.yaml", "udfs/tile.py"}


def test_names_and_files_that_are_there_are_left_as_they_are(elsewhere: Elsewhere) -> None:
    [run] = start_tiles(elsewhere, (3,), ("ap-south-1",))
    mine = "apiVersion: fused-spec/v1\nkind: Job\nmetadata: {name: tile}\nspec: {config: {steps: []}}\n"
    elsewhere.shell.write("mine.yaml", mine)
    elsewhere.shell.write("udfs/tile.py", "mine = 1\n")
    done = elsewhere.run("import", run)
    assert done.code == 0, done.err
    assert elsewhere.files() == {"mine.yaml", "udfs/tile.py", "udfs/tile_2.py", "specs/tile-2.yaml"}
    assert (elsewhere.shell.folder / "udfs/tile.py").read_text() == "mine = 1\n"


def test_a_run_that_no_spec_can_say_is_told_and_leaves_nothing(elsewhere: Elsewhere) -> None:
    udf = {
        "name": "x",
        "entrypoint": "udf",
        "code": "@fused.udf\ndef udf(a=1):\n    pass\n",
        "parameters": {"a": {"file": "/etc/passwd"}},
    }
    run = elsewhere.api.start_job({"steps": [{"type": "udf", "udf": udf}]}).job_id
    done = elsewhere.run("import", run)
    assert done.code == 1
    assert "reads as a reference" in done.err
    assert elsewhere.files() == set()


def test_a_run_that_failed_is_written_down_and_the_command_says_why_it_is_not_taken_over(elsewhere: Elsewhere) -> None:
    udf = {"name": "broken", "entrypoint": "udf", "code": "@fused.udf\ndef udf():\n    raise ValueError('no')\n"}
    run = elsewhere.api.start_job({"steps": [{"type": "udf", "udf": udf}]}).job_id
    elsewhere.api.wait_for_job(run, poll_interval_seconds=0.1)
    done = elsewhere.run("import", run)
    assert done.code == 4
    assert "Job/broken is not taken over: hold, since the last run did not succeed" in done.err


def test_what_the_service_does_not_know_is_told(elsewhere: Elsewhere) -> None:
    done = elsewhere.run("import", "11111111-2222-3333-4444-555555555555")
    assert (done.code, "knows no run 11111111" in done.err) == (1, True)
    done = elsewhere.run("import", "no-such-udf")
    assert (done.code, "no-such-udf" in done.err) == (1, True)


def test_a_saved_udf_and_its_token_are_taken_over(elsewhere: Elsewhere, applied: Shell) -> None:
    value = (applied.folder / ".secrets/county-at").read_text().strip()
    done = elsewhere.run("import", "county-at", value)
    assert done.code == 0, done.err
    assert value not in done.out + done.err
    assert elsewhere.spec("county-at-token")["spec"]["udf"] == {"ref": "county-at"}
    sink = elsewhere.shell.folder / ".secrets/county-at-token"
    assert (sink.read_text(), sink.stat().st_mode & 0o777) == (value, 0o600)
    assert ".secrets/" in (elsewhere.shell.folder / ".gitignore").read_text()
    texts = [path.read_text() for path in (elsewhere.shell.folder / "specs").iterdir()]
    assert not any(value in text for text in texts)


def test_a_recorded_script_starts_nothing_and_its_specs_say_what_it_would_start(elsewhere: Elsewhere) -> None:
    before = len(elsewhere.api.get_jobs(None, max_requests=None).jobs)
    elsewhere.shell.write("script.py", SCRIPT.replace("eu-west-1", "af-south-1"))
    done = elsewhere.run("record", "--", "python3", "script.py")
    assert (done.code, "3 to start" in done.err) == (4, True), done.err
    assert len(elsewhere.api.get_jobs(None, max_requests=None).jobs) == before
    spec = elsewhere.spec("tile")
    assert spec["matrix"] == {"month": {"from": "2024-01", "through": "2024-03"}}
    assert "canary-4711" not in (elsewhere.shell.folder / "specs/tile.yaml").read_text() + done.out + done.err
    assert "API_TOKEN held a secret" in done.err


def test_a_recorded_start_takes_over_its_run(elsewhere: Elsewhere) -> None:
    start_tiles(elsewhere, (4,), ("sa-east-1",))
    code = SCRIPT.replace("'2024-01', '2024-02', '2024-03'", "'2024-04',").replace("eu-west-1", "sa-east-1")
    elsewhere.shell.write("script.py", code)
    done = elsewhere.run("record", "script.py")
    assert (done.code, "1 job in 1 spec" in done.out) == (0, True), done.err


def test_history_is_chosen_from_by_name_and_day(elsewhere: Elsewhere) -> None:
    assert elsewhere.run("import", "--history", "--name", "county*").code == 0
    assert elsewhere.files() >= {"specs/county-areas.yaml"}
    assert elsewhere.files() <= {"specs/county-areas.yaml", "udfs/county_areas.py"}
    done = elsewhere.run("import", "--history", "--since", "2999-01-01")
    assert (done.code, "nothing to write" in done.err) == (1, True)


def test_lost_specs_of_a_project_come_back(elsewhere: Elsewhere, applied: Shell) -> None:
    (elsewhere.shell.folder / "specs").mkdir()
    for name in ("fused-spec.yaml", "specs/team.yaml"):
        shutil.copy(applied.folder / name, elsewhere.shell.folder / name)
    assert elsewhere.run("import", "--history", "--name", "boroughs*").code == 0
    assert re.search("output_of: boroughs", (elsewhere.shell.folder / "specs/boroughs-of-places.yaml").read_text())


def test_a_second_import_writes_nothing(elsewhere: Elsewhere) -> None:
    start_tiles(elsewhere, (5,), ("me-south-1",))
    assert elsewhere.run("import", "--history", "--name", "tile").code == 0
    before = elsewhere.files()
    again = elsewhere.run("import", "--history", "--name", "tile")
    assert (again.code, "which specs here account for" in again.out, elsewhere.files()) == (0, True, before)


def test_a_declared_secret_is_named_and_the_specs_plan(elsewhere: Elsewhere) -> None:
    project = "apiVersion: fused-spec/v1\nproject: {name: mine, id: 0d5b1c7e-52b5}\n"
    elsewhere.shell.write("fused-spec.yaml", f"{project}secrets: {{API_TOKEN: {{from: {{env: API_TOKEN}}}}}}\n")
    elsewhere.shell.write("script.py", SCRIPT.replace("eu-west-1", "ca-central-1"))
    done = elsewhere.run("record", "script.py")
    assert (done.code, "3 to start" in done.err) == (4, True), done.err
    text = (elsewhere.shell.folder / "specs/tile.yaml").read_text()
    assert ("API_TOKEN: ${secret.API_TOKEN}" in text, "canary" in text) == (True, False)


def test_very_many_elements_are_kept_beside_the_spec(elsewhere: Elsewhere) -> None:
    udf = {"name": "many", "entrypoint": "udf", "code": "@fused.udf\ndef udf(n: int, note: str):\n    pass\n"}
    step = {"type": "udf", "udf": udf, "input": [{"n": n, "note": "${x}" * 20} for n in range(500)]}
    run = elsewhere.api.start_job({"steps": [step]}).job_id
    elsewhere.api.wait_for_job(run, poll_interval_seconds=0.1)
    done = elsewhere.run("import", run)
    assert (done.code, elsewhere.files()) == (0, {"inputs/many.json", "specs/many.yaml", "udfs/many.py"}), done.err
