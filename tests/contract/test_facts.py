"""The facts of a run, end to end: from the process that ingests to the archive and to `show`."""

import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from jsonschema import validate
from msgspec.structs import replace

from fused_spec.reconcile.archive.spool import Spools
from fused_spec.reconcile.site import Site
from fused_spec.service.app import create_app
from fused_spec.spec.model import Key, Kind
from tests.asgi import AsgiAdapter
from tests.contract.test_show import details
from tests.contract.world import TOKEN, World, job
from tests.schemas import schema_of

INGESTS = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: daily}
spec:
  config:
    steps:
      - {type: partition_nongeospatial, input: fd://raw/daily.parquet, output: fd://demo/daily/, overwrite: true}
"""
DAILY = Key(kind=Kind.JOB, name="daily")


def site_of(site: Callable[..., Site], spools: Spools, *given: Any) -> Site:
    return replace(site(*given), spools=spools)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        made = World(tmp_path / "project", service)
        made.write("specs/daily.yaml", INGESTS)
        buffer = io.BytesIO()
        pd.DataFrame({"n": range(3)}).to_parquet(buffer)
        made.api.upload("fd://raw/daily.parquet", buffer.getvalue())
        yield made


def test_the_facts_of_a_run_are_archived_with_it(world: World) -> None:
    job_id = world.apply()["Job/daily"].job_id
    facts = world.archive.facts(DAILY, str(job_id))
    assert facts is not None
    validate(facts, schema_of("facts"))
    [step] = facts["steps"]
    assert (step["rows_read"], step["rows_written"], step["output"]) == (3, 3, "fd://demo/daily/")


def test_the_facts_of_a_run_are_shown(world: World) -> None:
    world.apply()
    assert details(world, "daily")["facts"]["steps"][0]["rows_written"] == 3


def test_a_run_that_the_service_forgot_shows_the_facts_of_its_archive(world: World) -> None:
    world.apply()
    job_id = world.job_ids()[0]
    service = world.service.app.state.service
    with service.runs._database as database:
        database.execute("delete from runs where job_id = ?", (job_id,))
    assert details(world, "daily")["facts"]["steps"][0]["rows_written"] == 3


def test_of_a_run_that_failed_only_the_steps_before_are_told(world: World) -> None:
    world.api.delete("fd://raw/daily.parquet")
    job_id = world.apply()["Job/daily"].job_id
    assert world.archive.facts(DAILY, str(job_id)) == {"format_version": "1", "steps": []}


def test_a_udf_tells_how_many_of_its_calls_failed(world: World) -> None:
    world.write("specs/area.py", "@fused.udf\ndef udf(n: int):\n    return 1 // n\n")
    ignoring = job("areas").replace(
        "- type: udf", "- type: udf\n        input: [0, 1, 2]\n        ignore_chunk_error: true"
    )
    world.write("specs/daily.yaml", ignoring)
    job_id = world.apply()["Job/areas"].job_id
    assert world.api.get_job_facts(str(job_id)) == {
        "format_version": "1",
        "steps": [{"step": 1, "type": "udf", "tasks": 3, "failed": 1, "lossy": []}],
    }


def test_no_secret_is_in_the_facts_that_are_archived(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "column-of-secrets-8761"
    buffer = io.BytesIO()
    pd.DataFrame({secret: [1]}).to_parquet(buffer)
    world.api.upload("fd://raw/daily.parquet", buffer.getvalue())
    spools = Spools(world.folder / "logs", secrets=(secret,))
    monkeypatch.setattr(world, "site", partial(site_of, world.site, spools))
    job_id = world.apply()["Job/daily"].job_id
    facts = world.archive.facts(DAILY, str(job_id))
    assert facts is not None
    assert secret not in str(facts)
