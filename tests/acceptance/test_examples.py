"""The quick start: the examples applied to the embedded service, by the installed command."""

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.acceptance.command import Ended, Shell
from tests.acceptance.conftest import REPOSITORY
from tests.archived import archived
from tests.schemas import schema_of

pytestmark = pytest.mark.xdist_group("examples")

JOBS = {
    "counties",
    "county-areas",
    "country-statistics",
    "largest-cities",
    "flight-lengths",
    "boroughs",
    "boroughs-of-places",
    "continents",
    *(f"daylight-2024-{month:02}" for month in range(3, 7)),
    *(f"cities-around-{place}" for place in ("yankee-stadium", "prospect-park", "times-square", "jfk-airport")),
    "largest-5",
    "largest-10",
}


@pytest.fixture(scope="session")
def applied(examples: Shell) -> Ended:
    return examples.run("apply", "specs/examples/", "--output", "json")


def check_form(command: str, document: Any) -> None:
    """The document is of the published form."""
    schema = schema_of(command)
    Draft202012Validator(schema).validate(document)


def test_every_example_succeeds(applied: Ended) -> None:
    assert applied.code == 0, applied.err
    check_form("apply", applied.document)
    assert {outcome["status"] for outcome in applied.document["outcomes"]} == {"succeeded"}
    assert {one["name"] for one in applied.document["outcomes"] if one["kind"] == "Job"} == JOBS


def test_progress_is_one_plain_line_for_each_event(applied: Ended) -> None:
    started = [line for line in applied.err.splitlines() if "started as" in line]
    assert len(started) == len(JOBS)
    assert "\x1b" not in applied.err


def test_a_second_apply_starts_nothing_and_says_why(applied: Ended, examples: Shell) -> None:
    again = examples.run("apply", "specs/examples/")
    assert again.code == 0
    assert again.out.count("unchanged  up to date") == len(applied.document["outcomes"])
    assert "started as" not in again.err


def test_the_python_lines_of_the_readme_work_right_after_it(applied: Ended, examples: Shell) -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    [lines] = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", lines],
        cwd=examples.folder,
        env=examples.env(),
        capture_output=True,
        text=True,
        check=False,
    )
    ids = {outcome["job_id"] for outcome in applied.document["outcomes"]}
    printed = [line.split() for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr, len(printed)) == (0, "", 5)
    assert {job_id in ids and status for job_id, status in printed} == {"Done"}


def test_a_finished_folder_needs_nothing(applied: Ended, examples: Shell) -> None:
    assert examples.run("plan", "specs/examples/", "--detailed-exitcode").code == 0


def test_one_changed_character_plans_one_run_and_names_the_file(applied: Ended, examples: Shell) -> None:
    udf = examples.folder / "specs/examples/udfs/county_areas.py"
    before = udf.read_text(encoding="utf-8")
    udf.write_text(before.replace("shares: int = 4", "shares: int = 5"), encoding="utf-8")
    try:
        planned = examples.run("plan", "specs/examples/", "--output", "json", "--detailed-exitcode")
        shown = examples.run("plan", "specs/examples/", "--output", "markdown")
    finally:
        udf.write_text(before, encoding="utf-8")
    assert planned.code == 4
    check_form("plan", planned.document)
    [change] = [change for change in planned.document["changes"] if change["action"] != "none"]
    assert (change["name"], change["action"]) == ("county-areas", "start")
    assert change["reason"] == "spec changed: specs/examples/udfs/county_areas.py"
    assert "-def udf(share: int, table: str, shares: int = 4):" in shown.out
    assert shown.out.startswith("**Plan: 1 to start, 19 unchanged.**")


def test_what_ran_is_archived_whole(applied: Ended, examples: Shell) -> None:
    for outcome in applied.document["outcomes"]:
        if outcome["kind"] == "Job":
            folder = Path(outcome["archive"])
            assert {path.name for path in folder.iterdir()} == {
                "receipt.json",
                "facts.json",
                "spec.json",
                "status.jsonl",
                "logs.jsonl.gz",
                "tasks.jsonl.gz",
            }


def test_logs_are_the_lines_that_the_udf_printed(applied: Ended, examples: Shell) -> None:
    log = examples.run("logs", "county-areas")
    assert log.code == 0
    assert "counties; the largest is Yukon-Koyukuk" in log.out


def test_every_county_comes_out_once(applied: Ended, examples: Shell) -> None:
    import geopandas as gpd
    import pandas as pd

    files = sorted((examples.folder / ".fused-spec/service/storage/examples/counties/main").glob("*.parquet"))
    counties = pd.concat([gpd.read_parquet(file) for file in files])
    assert len(counties) == counties["id"].nunique() == 3231


def fetch(examples: Shell) -> Ended:
    place = ("--param", "lon=-105.27", "--param", "lat=40.01")
    return examples.run("tokens", "fetch", "county-at", *place, "--format", "geojson")


def test_the_token_runs_its_udf(applied: Ended, examples: Shell) -> None:
    assert fetch(examples).document["features"][0]["properties"]["name"] == "Boulder"


def test_the_token_is_for_its_user_alone(applied: Ended, examples: Shell) -> None:
    assert stat.S_IMODE((examples.folder / ".secrets/county-at").stat().st_mode) == 0o600


def test_the_token_is_told_and_archived_nowhere(applied: Ended, examples: Shell) -> None:
    value = (examples.folder / ".secrets/county-at").read_text(encoding="utf-8").strip()
    fetched = fetch(examples)
    assert value not in applied.out + applied.err + fetched.out + fetched.err
    assert value.encode() not in archived(examples.folder / ".fused-spec/archive")


def test_status_and_jobs_have_their_published_form(applied: Ended, examples: Shell) -> None:
    status = examples.run("status", "specs/examples", "--output", "json")
    check_form("status", status.document)
    jobs = examples.run("jobs", "--output", "json")
    check_form("jobs", jobs.document)
    assert {job["key"].removeprefix("Job/") for job in jobs.document["jobs"] if job["key"]} >= JOBS


@pytest.mark.parametrize(
    ("words", "form"),
    [
        (("show", "county-areas"), "show"),
        (("tokens", "list", "--specs", "specs/examples"), "tokens"),
        (("tokens", "show", "county-at", "--specs", "specs/examples"), "tokens"),
        (("archive", "verify"), "verify"),
    ],
)
def test_a_document_has_its_published_form(words: tuple[str, ...], form: str, applied: Ended, examples: Shell) -> None:
    check_form(form, examples.run(*words, "--output", "json").document)


def test_show_names_the_results(applied: Ended, examples: Shell) -> None:
    assert "4 tables, 3,231 rows, EPSG:4326" in examples.run("show", "county-areas").out


def test_what_the_service_forgot_the_archive_still_knows(applied: Ended, examples: Shell) -> None:
    examples.stop_service()
    history = examples.folder / ".fused-spec/service/service.db"
    hidden = history.with_suffix(".away")
    shutil.copy(history, hidden)
    examples.forget_history()
    try:
        planned = examples.run("plan", "specs/examples", "--output", "json")
        log = examples.run("logs", "county-areas")
        examples.stop_service()
    finally:
        for leftover in history.parent.glob("service.db*"):
            leftover.unlink()
        hidden.rename(history)
    reasons = {change["reason"] for change in planned.document["changes"] if change["kind"] == "Job"}
    assert reasons == {"finished earlier, known from the archive"}
    assert "Yukon-Koyukuk" in log.out


def test_history_survives_a_restart_of_the_service(applied: Ended, examples: Shell) -> None:
    examples.stop_service()
    assert examples.run("plan", "specs/examples", "--detailed-exitcode").code == 0
