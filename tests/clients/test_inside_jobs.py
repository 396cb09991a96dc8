"""The published package within a job: what works, and what cannot ends at once instead of logging in or trying."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from fused_spec.jobs.folder import read_results, result_content
from tests.clients.test_published_clients import ENVIRONMENTS, ROOT
from tests.unit.engine.running import end, job_folder, udf_step
from tests.waiting import PATIENCE

pytestmark = pytest.mark.xdist_group("published inside")

PACKAGE = "fused==2.9.5"
CODE = """\
import warnings

TRIED = {
    "cache": lambda: str(fused.options.cache_directory),
    "load": lambda: fused.load("neighbour").udf(2),
    "types": lambda: str(fused.types.Bounds),
    "list": lambda: fused.api.list("fd://"),
    "log in": lambda: fused.api.whoami(),
    "jobs": lambda: fused.api.FusedAPI().get_jobs(1),
    "utils": lambda: fused.utils.nothing_of_this_name.f(),
    "nothing": lambda: fused.load("nothing_of_this_name"),
}


@fused.udf
def udf():
    warnings.simplefilter("ignore")
    found = {}
    for name, call in TRIED.items():
        try:
            found[name] = call()
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found
"""
NEIGHBOUR = "@fused.udf\ndef udf(n: int):\n    return 2 * n\n"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each of the calls in the job came to."""
    folder = tmp_path_factory.mktemp("inside")
    header = {
        "module_name": "fused_load_0",
        "source_code": NEIGHBOUR,
        "source_file": 'fused_load:{"at":"neighbour","name":"neighbour"}',
    }
    step = udf_step(CODE)
    step["udf"]["headers"] = [header]
    job = job_folder(folder, step)
    env = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    command = [environment(), "-m", "fused_spec.engine.jobs.worker", str(job.path)]
    subprocess.run(command, check=False, timeout=PATIENCE, env=env, capture_output=True)
    assert end(job) == ("Done", None)
    [only] = read_results(job)
    content: dict[str, Any] = json.loads(result_content(job, only))
    return content


def environment() -> Path:
    """A Python with this package and the published one, installed once."""
    folder = ENVIRONMENTS / "inside"
    ENVIRONMENTS.mkdir(exist_ok=True)
    with FileLock(ENVIRONMENTS / "inside.lock"):
        if not (folder / "installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
            python = folder / "bin/python"
            subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
            subprocess.run([uv, "pip", "install", "--quiet", "--python", python, PACKAGE, "-e", ROOT], check=True)
            (folder / "installed").touch()
    return folder / "bin/python"


def test_loading_is_ours(found: dict[str, Any]) -> None:
    assert found["load"] == 4


def test_types_are_the_packages_own(found: dict[str, Any]) -> None:
    assert found["types"].endswith("Bounds")


@pytest.mark.parametrize("call", ["list", "log in", "jobs"])
def test_nothing_logs_in_or_looks_for_the_hosted_service(call: str, found: dict[str, Any]) -> None:
    assert found[call].startswith(("InvalidSchema: No connection adapters were found", "BadCredentialsException"))


@pytest.mark.parametrize("call", ["utils", "nothing"])
def test_a_name_that_is_nowhere_says_so(call: str, found: dict[str, Any]) -> None:
    assert "fused.load('nothing_of_this_name') finds nothing here" in found[call]


def test_what_the_package_caches_is_the_jobs_own(found: dict[str, Any]) -> None:
    assert "/scratch/fused/" in found["cache"]
