"""UDFs as people write them, applied by the installed command and run by a real service."""

import json
import urllib.request
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from shutil import copytree
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from fused_spec.jobs.folder import JobDir, find_result, read_results, result_content
from tests.acceptance.command import Ended, Shell
from tests.acceptance.conftest import in_folder
from tests.repositories import commit_files

pytestmark = pytest.mark.xdist_group("udfs")

CORPUS = Path(__file__).parent / "udfs"
SECRET = "correct-horse-battery"
COMMON = """\
def html_to_obj(html):
    from starlette.responses import HTMLResponse

    return HTMLResponse(fused.load("template").page(html))
"""
TEMPLATE = """\
def page(html):
    return f"<html>{html}</html>"


@fused.udf
def udf(title: str = "x"):
    return page(title)
"""
PROJECT = """\
apiVersion: fused-spec/v1
project: {name: corpus, id: 10f43975-985c-4f7d-9702-0123456789ab}
clones: {"https://github.com/geo/udfs": ../clone}
"""
STEPS = {
    "bounds-default": "udf: {file: udfs/bounds_default.py}, input: [{res: 4}], expect: {rows: 1, crs: EPSG:4326}",
    "html-map": "udf: {file: udfs/html_map.py, parameters: {zoom: '7'}}",
    "legacy-folder": "udf: {folder: udfs/Legacy_Folder}, input: [Grace]",
    "inline-code": "udf: {folder: udfs/Inline_Code}, expect: {rows: 3}",
    "two-udfs": "udf: {file: udfs/two_udfs.py}, input: [{lengths: '[1, 2]'}]",
    "waits": "udf: {file: udfs/waits_and_takes_more.py}, input: [{n: '2', colour: red}]",
    "cached": "udf: {file: udfs/cached.py}",
    "raster": "udf: {file: udfs/raster.py}, expect: {bounds: [0, 0, 2, 1]}",
    "nested": "udf: {file: udfs/nested.py}, input: [1, 2]",
    "from-git": "udf: {git: 'https://github.com/geo/udfs/tree/0000000/public/template'}",
    "swallowed": "udf: {file: udfs/swallowed.py}, expect: {rows: {min: 1}, columns: [id]}",
    "secret": "udf: {file: udfs/secret.py}",
}
FAILING = {"swallowed", "secret"}


def spec(name: str, step: str) -> str:
    return (
        f"apiVersion: fused-spec/v1\nkind: Job\nmetadata: {{name: {name}}}\n"
        f"spec: {{config: {{steps: [{{type: udf, {step}}}]}}}}\n"
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The corpus as a project whose repository is a declared clone, with one secret at its service."""
    folder = tmp_path_factory.mktemp("corpus")
    files = {"public/common/common.py": COMMON, "public/template.py": TEMPLATE}
    pin = commit_files(folder / "clone", files)[:7]
    for shell in in_folder(folder / "work"):
        copytree(CORPUS, shell.folder / "udfs")
        page = shell.folder / "udfs/html_map.py"
        page.write_text(page.read_text("utf-8").replace("0000000", pin), encoding="utf-8")
        shell.write("fused-spec.yaml", PROJECT)
        specs = "---\n".join(spec(name, step) for name, step in STEPS.items())
        shell.write("corpus.yaml", specs.replace("0000000", pin))
        shell.run("jobs")  # starts the service
        put(shell, "realtime/local/api/v1/secrets/API_KEY", {"value": SECRET})
        yield shell


def put(shell: Shell, path: str, body: Any) -> None:
    request = urllib.request.Request(
        f"{shell.service['url']}/{path}",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {shell.service['token']}", "Content-Type": "application/json"},
        method="PUT",
    )
    urllib.request.urlopen(request).close()


@pytest.fixture(scope="module")
def before_lock(corpus: Shell) -> Ended:
    return corpus.run("plan", "corpus.yaml")


@pytest.fixture(scope="module")
def applied(corpus: Shell, before_lock: Ended) -> dict[str, Any]:
    """The outcomes by name."""
    assert corpus.run("lock", "corpus.yaml").code == 0
    done = corpus.run("apply", "corpus.yaml", "--output", "json")
    assert done.code == 1, done.err
    return {outcome["name"]: outcome for outcome in done.document["outcomes"]}


def result(corpus: Shell, outcome: dict[str, Any], name: str) -> bytes:
    job = JobDir(corpus.folder / ".fused-spec/service/jobs" / outcome["job_id"])
    found = find_result(job, name)
    assert found is not None, [one.name for one in read_results(job)]
    return result_content(job, found)


def test_nothing_is_planned_before_its_references_are_locked(before_lock: Ended) -> None:
    assert before_lock.code == 3
    assert "is not in fused-spec.lock" in before_lock.err
    assert "run `fused-spec lock`" in before_lock.err


def test_each_ends_as_it_should(applied: dict[str, Any]) -> None:
    failed = {name for name, outcome in applied.items() if outcome["status"] == "failed"}
    assert failed == FAILING
    assert {outcome["status"] for outcome in applied.values()} == {"succeeded", "failed"}


def test_the_lock_file_holds_the_whole_commit(applied: dict[str, Any], corpus: Shell) -> None:
    [line] = [line for line in (corpus.folder / "fused-spec.lock").read_text().splitlines() if line[0] != "#"]
    repository, ref, commit = line.split()
    assert (repository, commit[:7], len(commit)) == ("https://github.com/geo/udfs", ref, 40)


def test_bounds_come_from_their_default(applied: dict[str, Any], corpus: Shell) -> None:
    frame = gpd.read_parquet(BytesIO(result(corpus, applied["bounds-default"], "0.parquet")))
    assert frame.total_bounds.tolist() == [-74.1, 40.6, -73.8, 40.9]


@pytest.mark.parametrize(
    ("job", "name", "content"),
    [
        ("html-map", "0.html", "<html><div>40.7,-74.0@7</div></html>"),
        ("legacy-folder", "0.html", "<b>Hello Grace</b>"),
        ("inline-code", "0.json", "[0, 1, 2]"),
        ("two-udfs", "0.json", '{"metres": [1000.0, 2000.0], "calls": 2}'),
        ("waits", "0.json", '{"n": 2, "colour": "red"}'),
        ("nested", "1.json", '{"function": 12, "called": 20, "run": 20}'),
        ("from-git", "0.html", "<html>x</html>"),
    ],
)
def test_a_result_is_what_the_udf_returned(
    job: str, name: str, content: str, applied: dict[str, Any], corpus: Shell
) -> None:
    assert result(corpus, applied[job], name).decode() == content


def test_a_cached_value_is_computed_once_and_nobody_elses_copy(applied: dict[str, Any], corpus: Shell) -> None:
    frame = pd.read_parquet(BytesIO(result(corpus, applied["cached"], "0.parquet")))
    assert frame["count"].tolist() == [1, 2020]


def test_an_array_with_bounds_is_an_image(applied: dict[str, Any], corpus: Shell) -> None:
    assert result(corpus, applied["raster"], "0.tiff").startswith((b"II*\0", b"MM\0*"))


def test_a_swallowed_error_fails_with_what_was_expected_and_what_came(applied: dict[str, Any], corpus: Shell) -> None:
    log = corpus.run("logs", "swallowed").out
    assert "Error: no such file" in log
    assert "0 rows, expected at least 1; no column id (it has none)" in log


def test_a_secret_is_used_and_stands_nowhere(applied: dict[str, Any], corpus: Shell) -> None:
    log = corpus.run("logs", "secret")
    assert "the key is ***" in log.out
    assert "refused with ***" in log.out
    kept = corpus.folder / ".fused-spec"
    holding = [file.name for file in kept.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]
    assert holding == ["secrets.json"]


def test_a_second_apply_starts_nothing(applied: dict[str, Any], corpus: Shell) -> None:
    again = corpus.run("plan", "corpus.yaml", "--output", "json")
    actions = {change["name"]: change["action"] for change in again.document["changes"]}
    assert {name for name, action in actions.items() if action != "none"} == FAILING


def test_a_changed_neighbour_plans_the_jobs_that_load_it(applied: dict[str, Any], corpus: Shell) -> None:
    deep = corpus.folder / "udfs/deep.py"
    before = deep.read_text("utf-8")
    deep.write_text("TEN = 10.0\n", encoding="utf-8")
    try:
        planned = corpus.run("plan", "corpus.yaml", "--output", "json")
    finally:
        deep.write_text(before, encoding="utf-8")
    [change] = [change for change in planned.document["changes"] if change["action"] == "start"]
    assert (change["name"], change["reason"]) == ("nested", "spec changed: udfs/deep.py")


def test_without_clone_and_cache_a_plan_says_what_to_do(applied: dict[str, Any], corpus: Shell) -> None:
    clone = corpus.folder.parent / "clone"
    clone.rename(clone.with_name("away"))
    try:
        planned = corpus.run("plan", "corpus.yaml")
    finally:
        clone.with_name("away").rename(clone)
    assert planned.code == 3
    assert "has no commit" in planned.err
    assert "or declare a clone under clones in fused-spec.yaml" in planned.err


GIT_JOB = spec("pinned", "udf: {git: 'git+URL@main:area.py'}")


def commit_of(shell: Shell) -> str:
    return (shell.folder / "fused-spec.lock").read_text("utf-8").split()[-1]


def test_lock_fetches_keeps_what_is_locked_and_upgrades_when_asked(shell: Shell, tmp_path: Path) -> None:
    far = tmp_path / "far"
    first = commit_files(far, {"area.py": "@fused.udf\ndef udf():\n    return 1\n"})
    shell.write("fused-spec.yaml", PROJECT.partition("clones")[0])
    shell.write("pinned.yaml", GIT_JOB.replace("URL", far.as_uri()))
    assert shell.run("validate", "pinned.yaml").code == 3
    assert shell.run("lock", "pinned.yaml").code == 0
    assert commit_of(shell) == first
    assert shell.run("validate", "pinned.yaml").code == 0
    second = commit_files(far, {"area.py": "@fused.udf\ndef udf():\n    return 2\n"})
    assert shell.run("lock", "pinned.yaml").code == 0
    assert commit_of(shell) == first
    assert shell.run("lock", "pinned.yaml", "--upgrade").code == 0
    assert commit_of(shell) == second
    far.rename(tmp_path / "gone")
    assert "return 2" in shell.run("render", "pinned.yaml").out


def test_lock_says_what_cannot_be_reached(shell: Shell) -> None:
    shell.write("fused-spec.yaml", PROJECT.partition("clones")[0])
    shell.write("pinned.yaml", GIT_JOB.replace("URL", "https://repository.invalid/geo/udfs"))
    done = shell.run("lock", "pinned.yaml")
    assert done.code == 3
    assert "https://repository.invalid/geo/udfs cannot be reached" in done.err
    assert not (shell.folder / "fused-spec.lock").exists()


INGESTION = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: prices}
spec:
  config:
    steps:
      - type: partition_nongeospatial
        input: {file: prices.csv}
        output: fd://tables/prices/
        expect: {rows: {min: ROWS}}
"""


@pytest.mark.thorough
def test_a_table_appears_once_it_is_as_expected(shell: Shell) -> None:
    shell.write("specs/prices.csv", "country,price\nPeru,1\nKenya,2\n")
    table = shell.folder / ".fused-spec/service/storage/tables/prices"
    shell.write("specs/prices.yaml", INGESTION.replace("ROWS", "3"))
    failed = shell.run("apply", "specs")
    assert failed.code == 1
    assert "the table is not what the spec expects: 2 rows, expected at least 3" in failed.out + failed.err
    assert not table.exists()
    shell.write("specs/prices.yaml", INGESTION.replace("ROWS", "2"))
    assert shell.run("apply", "specs").code == 0
    assert (table / "_sample").is_file()
