"""An ingestion as a step of a job: what it says when its process cannot."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from fused_spec.engine.jobs import ingesting
from tests.unit.engine.building import points, saved
from tests.unit.engine.running import end, job_folder, run


def test_the_inputs_are_named_where_a_library_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGABRT)

    monkeypatch.setattr(ingesting, "ingest", crash)
    inputs = [saved(points(2), tmp_path / f"{name}.parquet") for name in "abcde"]
    step = {"type": "partition_geospatial", "partitioning_method": "rows", "partitioning_split_method": "mean"}
    job = job_folder(tmp_path, {**step, "input": inputs, "output": "fd://table"})
    run(job)
    told = "the process was ended by SIGABRT; it was at work on a.parquet, b.parquet, c.parquet and 2 more"
    assert told in str(end(job)[1])
