"""Tasks and results of a run as values, frames and maps."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from fused_spec.api.client import FusedAPI
from fused_spec.api.values.objects import RunResponse
from fused_spec.engine.outputs.model import UnreadableOutput
from fused_spec.errors import Misconfigured, ServiceError
from fused_spec.jobs.tasks import TaskState
from fused_spec.service.app import create_app
from tests.asgi import AsgiAdapter
from tests.contract.world import TOKEN, World

CODE = """\
@fused.udf
def udf(n: int):
    import geopandas, shapely
    if n == 0:
        raise KeyError('geom')
    if n == 9:
        return {'n': n}
    points = [shapely.Point(x, x) for x in range(n)]
    return geopandas.GeoDataFrame({'x': range(n)}, geometry=points, crs='EPSG:4326')
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("outputs")
    with AsgiAdapter(create_app(folder / "state", TOKEN)) as service:
        yield World(folder / "project", service)


def ended(world: World, inputs: list[int]) -> RunResponse:
    udf = {"name": "u", "code": CODE, "entrypoint": "udf"}
    step = {"type": "udf", "udf": udf, "input": inputs, "ignore_chunk_error": True}
    return world.api.wait_for_job(world.api.start_job({"name": "areas", "steps": [step]}), 0.05, 60)


@pytest.fixture(scope="module")
def run(world: World) -> RunResponse:
    return ended(world, [0, 2, 3])


def test_tasks_are_values(run: RunResponse) -> None:
    assert sorted((task.index, task.state) for task in run.tasks) == [
        (0, TaskState.FAILED),
        (1, TaskState.SUCCEEDED),
        (2, TaskState.SUCCEEDED),
    ]
    assert [task.error for task in run.tasks.failed()] == ["KeyError: 'geom'"]


def test_tasks_are_a_frame_of_typed_columns(run: RunResponse) -> None:
    frame = run.tasks.to_pandas().sort_values("index")
    assert frame["rows"].tolist() == [pd.NA, 2, 3]
    assert {str(frame[name].dtype) for name in ("rows", "columns", "bytes")} == {"Int64"}
    assert str(frame["started"].dtype) == "datetime64[ms, UTC]"


def test_nothing_is_asked_before_a_task_is_looked_at(run: RunResponse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FusedAPI, "save_job_tasks", None)
    assert repr(run.tasks) == "<tasks, not asked for>"


def test_a_service_that_tells_nothing_of_tasks_is_an_error(run: RunResponse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FusedAPI, "save_job_tasks", lambda *_: False)
    with pytest.raises(ServiceError, match="tells nothing of tasks"):
        list(run.tasks)


def test_results_are_one_frame(run: RunResponse) -> None:
    frame = run.results().to_geopandas()
    assert (frame["x"].tolist(), frame.crs.to_epsg()) == ([0, 1, 0, 1, 2], 4326)


def test_one_result_is_a_frame_in_the_system_in_which_it_was_returned(run: RunResponse) -> None:
    frame = run.results()[1].to_geopandas()
    assert (len(frame), frame.crs.to_epsg(), frame.geometry.iloc[1].wkt) == (2, 4326, "POINT (1 1)")


def test_some_of_the_results_are_asked_for_when_they_are_needed(run: RunResponse) -> None:
    some = run.results()[1:]
    assert repr(some) == "<results, not asked for>"
    assert [one.name for one in some] == ["1.parquet", "2.parquet"]


def test_results_are_a_map_that_a_notebook_shows(run: RunResponse) -> None:
    drawn = run.results().map()._repr_html_()
    assert drawn.startswith('<iframe sandbox="allow-scripts"')
    assert "5 features" in drawn
    assert "<script" not in drawn


def test_a_map_is_saved_in_the_form_that_its_name_says(run: RunResponse, tmp_path: Path) -> None:
    drawn = run.results().map()
    assert drawn.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(Misconfigured, match=r"\.pdf"):
        drawn.save(tmp_path / "a.pdf")


def test_a_map_draws_what_can_be_drawn(world: World) -> None:
    drawn = ended(world, [0, 9, 2]).results().map()
    assert "2 features" in drawn._repr_html_()


def test_results_that_lie_nowhere_are_no_map(world: World) -> None:
    with pytest.raises(UnreadableOutput, match="there is neither"):
        ended(world, [9]).results().map()
