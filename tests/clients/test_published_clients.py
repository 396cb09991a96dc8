"""The unmodified published clients, each in an environment of its own, against the real service."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.acceptance.command import COMMAND
from tests.repositories import commit_files
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".test-environments"
VERSIONS = ("1.11.0", "1.14.0", "2.9.5")
WITH = ("rasterio", "rioxarray", "pillow", "geopandas")

ALWAYS = {
    "health": True,
    "whoami": "local@fused-spec.invalid",
    "instances": [True, True],
    "auth_token": True,
    "job": ["Done", True, "m5.large", 2, 2],
    "logs": ["step 1 of 1: udf", "n=3 word=x", "n=4 word=x", "numbers: 2 done"],
    "logs_since": [True, []],
    "tail": [True, True, "Canceled"],
    "history": [True, 1, []],
    "config": ["udf", "numbers", [3, 4]],
    "execution_time": True,
    "failed_job": ["Failed", "ERROR: step 1 of 1 (udf) failed: ValueError: no such tile 1"],
    "module_functions": [True, 4, True, True, True, True, True],
    "pages_of_the_history": [3, [], True, True, "udf"],
    "unknown_job": "HTTPError",
    "environment_of_a_job": True,
    "named_job": ["with-a-name", "with-a-name", {"team": ["a", 1]}],
    "two_steps": ["Done", True],
    "ignored_errors": ["Done", ["did 0", "did 2"]],
    "waiting_too_long": ["TimeoutError", True, "Canceled"],
    "printed": [True, True],
    "unknown_things": ["HTTPError"],
    "local_inputs": [["parquet", "txt", "txt"], "hello", True],
    "resolved": "hello",
    "awkward_names": [[True] * 5, 5, True, []],
    "large_upload": True,
    "quoted_names": ["direct", "direct", ["", ".txt", ".geo-json"]],
    "udf_without_a_slug": ["failing", "failing", "shown", 1],
    "token_objects": [{"b": 2}, {"b": 2}, True, "numbers", True, "HTTPError"],
    "tokens_page_by_page": [True, 0],
    "token_of_an_address": ["numbers", None, "HTTPError"],
    "token_addresses": [True, True, True],
    "udf_lists": [1, 0],
    "read_in_box": 4,
    "ingest_a_frame": "Done",
    "files": ["hello", "hello", True, ["data.txt", "points.parquet"], ["data.txt", "points.parquet"], True],
    "signed_urls": ["hello", 2],
    "delete_file": [True, ["points.parquet"]],
    "saved_udf": [1, True],
    "udf_in_git": True,
    "token": [True, "numbers", {"a": 1}],
    "run_token": {"n": ["7", "8"], "word": ["x", "x"]},
    "run_saved": {"n": ["8", "9"], "word": ["x", "x"]},
    "run_code": {"n": ["9", "10"], "word": ["é", "é"]},
    "run_error": ["UdfRuntimeError", True],
    "run_noisy_error": ["UdfRuntimeError", True],
    "run_array": [[3, 4, 5], 1770],
    "run_labelled_array": {
        "axes": ["time", "y", "x"],
        "times": ["2024-02-28", "2024-02-29"],
        "bands": ["2024-02-28", "2024-02-29"],
        "missing": 1,
        "places": [10.0, 50.5],
        "said": ["survey", "m"],
    },
    "secrets": [["DB"], "hunter2", []],
    "ingest": [True, 500, True],
    "delete_token": False,
}
BEFORE_2 = {"packages": [True, True, True, False]}
SINCE_1_14 = {
    "results": [[3, 4], [4, 5]],
    "run_noisy_error_later": "UdfRuntimeError",
    "results_of_a_job_with_a_failed_element": [3, [2]],
    "listed_values": ["q", "2", "r", "no"],
    "run_tile": [0.0, -85.051, 180.0, 0.0],
    "delete_udf": 0,
}
SINCE_2 = {
    "run_mapping": {"n": 4, "list": [1, 2], "text": "é"},
    "run_kinds": [
        [4326, "text"],
        [[2, 3], [0, 1, 2, 3]],
        ["a", "b"],
        [3, 2, 3],
        {"mean": None},
        "2024-02-29T00:00:00",
    ],
    "run_parts": [[[4], "é", 4], [[5], "é", 5]],
    "run_bounded_array": [[2, 3], [0.0, 0.0, 3.0, 2.0]],
    "run_nothing": None,
    "run_slow": 5,
    "submit": [1, 2, 2, 3],
    "run_on_instance": {"n": ["6", "7"], "word": ["x", "x"]},
    "schedule": [True, "Done", []],
    "schedule_of_a_udf": [
        *(True, "<CronJob scheduled (6 3 * * *)>", "scheduled", ["scheduled 1"]),
        *("<CronJob scheduled (6 3 * * *) [disabled]>", 1, 0),
    ],
    "collections": [
        *("maps", 1, 20, "HTTPError", ["maps/mapped"], ["default", "maps"], "maps", "plans"),
        *("HTTPError", "ValueError", ["default"]),
    ],
    "cached_job": [True, True, False],
    "batch_pool": [[20, 30], [20, 30], [2, 2, True]],
    "token_scope": [True, "team", False, "team"],
    "forgotten_results": "numbers",
    "own_secrets": [["MINE"], "hunter3"],
    "progress": 1,
    "mounted_files": [[["b.txt"], ["file:///mount/a/b.txt"]], ["hello", "hello"], []],
    "run_page": ["text/html", True, "<h1>hello me</h1>"],
}
EXPECTED = {
    "1.11.0": {**ALWAYS, **BEFORE_2},
    "1.14.0": {**ALWAYS, **BEFORE_2, **SINCE_1_14, "submit_many": [1, 2, 2, 3]},
    "2.9.5": {**ALWAYS, **SINCE_1_14, **SINCE_2},
}
NEWEST = VERSIONS[-1]


def marks(version: str) -> list[pytest.MarkDecorator]:
    """What uses one client shares its environment; the newest finds what the older ones find, and more."""
    group = pytest.mark.xdist_group(f"client {version}")
    return [group] if version == NEWEST else [group, pytest.mark.thorough]


CASES = [
    pytest.param(version, name, marks=marks(version), id=f"{version} {name}")
    for version in VERSIONS
    for name in EXPECTED[version]
]


DOUBLED = "@fused.udf\ndef udf(n: int = 1):\n    return n * 2\n"


def environment(version: str) -> Path:
    """The Python of an environment with this client, installed from the package registry once for each interpreter."""
    folder = ENVIRONMENTS / f"fused-{version}-{sys.implementation.cache_tag}"
    ENVIRONMENTS.mkdir(exist_ok=True)
    with FileLock(ENVIRONMENTS / f"{folder.name}.lock"):
        if not (folder / "installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
            subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
            packages = (f"fused[batch]=={version}", *WITH)
            subprocess.run([uv, "pip", "install", "--quiet", "--python", folder / "bin/python", *packages], check=True)
            (folder / "installed").touch()
    return folder / "bin/python"


def drive(version: str, folder: Path) -> dict[str, Any]:
    """What the client found at a service of its own."""
    python = environment(version)
    home = folder / "home"
    home.mkdir()
    (folder / "state").mkdir()
    commit = commit_files(folder / "udfs", {"Doubled/Doubled.py": DOUBLED})
    clones = {"https://github.com/acme/udfs": str(folder / "udfs")}
    (folder / "state/git.json").write_text(json.dumps({"cache": str(folder / "git"), "clones": clones}))
    service = subprocess.Popen(
        [COMMAND, "serve", "--port", "0", "--state", str(folder / "state")],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert service.stderr is not None
        assert "Listening" in service.stderr.readline()
        known = json.loads((folder / "state/service.json").read_text(encoding="utf-8"))
        done = subprocess.run(
            [python, ROOT / "tests/clients/driver.py", known["url"], known["token"], home, commit],
            env={"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"},
            cwd=home,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    finally:
        service.terminate()
        service.communicate(timeout=PATIENCE)
    facts = [line.removeprefix("FACTS ") for line in done.stdout.splitlines() if line.startswith("FACTS ")]
    assert facts, done.stderr
    found: dict[str, Any] = json.loads(facts[0])
    return found


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """The facts by version; each client is driven when the first of its tests asks."""

    class Driven(dict[str, dict[str, Any]]):
        def __missing__(self, version: str) -> dict[str, Any]:
            self[version] = drive(version, tmp_path_factory.mktemp(f"fused-{version}"))
            return self[version]

    yield Driven()


@pytest.mark.parametrize(("version", "name"), CASES)
def test_a_published_client_finds_what_it_expects(facts: dict[str, dict[str, Any]], version: str, name: str) -> None:
    assert facts[version][name] == EXPECTED[version][name]
