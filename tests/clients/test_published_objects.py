"""Objects of the published clients in the hands of ours: both are loaded into one interpreter."""

import json
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from tests.clients.test_published_clients import ROOT, environment, marks
from tests.waiting import PATIENCE

SCRIPT = """
import json, sys, warnings
warnings.simplefilter("ignore")
import fused
from fused.models.api import JobConfig, UdfJobStepConfig
from fused.models.api.job import GeospatialPartitionJobStepConfig
from fused.models.internal import RunResponse
sys.path += sys.argv[1:]  # behind its own, so that each has the libraries that it asks for
from fused_spec.api.values.inputs import as_config, as_udf, content_of, job_id_of
from fused_spec.api.udfs import udf_reference

@fused.udf
def numbers(n: int = 1):
    return n

def raised(call):
    try:
        return call()
    except Exception as error:
        return [type(error).__name__, str(error)]

table = {"partitioning_method": "rows", "partitioning_split_method": "mean"}
step = UdfJobStepConfig(udf=numbers, input=[1, {"n": 2}])
lost = UdfJobStepConfig(udf=numbers, input=[0, float("nan")])
saved = numbers.model_copy(update={"metadata": {"fused:id": "9a0c2d3e-1111-2222-3333-444455556666"}})
print("FACTS", json.dumps({
    "step": content_of(as_config(step))["steps"][0]["input"],
    "config": content_of(as_config(JobConfig(name="tiles", steps=[step])))["name"],
    "udf": content_of(as_config(numbers))["steps"][0]["udf"]["entrypoint"],
    "ingestion": as_config(GeospatialPartitionJobStepConfig(input="fd://a", output="fd://b", **table)).steps[0].output,
    "save": as_udf(numbers).name,
    "run": job_id_of(RunResponse.from_job_id("abc-1")),
    "token": udf_reference(saved, own_email=str).id,
    "not_saved": raised(lambda: udf_reference(numbers, own_email=str))[0],
    "nan": raised(lambda: as_config(lost)),
}))
"""
EXPECTED: dict[str, Any] = {
    "step": [1, {"n": 2}],
    "config": "tiles",
    "udf": "numbers",
    "ingestion": "fd://b",
    "save": "numbers",
    "run": "abc-1",
    "token": "9a0c2d3e-1111-2222-3333-444455556666",
    "not_saved": "InvalidArgument",
    "nan": ["InvalidArgument", "input[1] is nan, which JSON cannot carry"],
}


@pytest.mark.parametrize("version", [pytest.param(version, marks=marks(version)) for version in ("1.14.0", "2.9.5")])
def test_objects_of_a_published_client_are_taken(tmp_path: Path, version: str) -> None:
    script = tmp_path / "script.py"  # a UDF is read from its file
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [environment(version), script, ROOT, sysconfig.get_path("purelib")],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    facts = [line.removeprefix("FACTS ") for line in done.stdout.splitlines() if line.startswith("FACTS ")]
    assert facts, done.stderr
    assert json.loads(facts[0]) == EXPECTED
