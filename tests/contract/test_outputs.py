"""What runs made, found through the client at the real service."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from fused_spec.api.client import FusedAPI
from fused_spec.api.http.transport import Transport
from fused_spec.api.values.results import JobResult
from fused_spec.cli.outputs.comparing import compare
from fused_spec.cli.outputs.finding import Found, _written_at, find_outputs, outputs_at, outputs_of
from fused_spec.cli.outputs.mapping import map_of
from fused_spec.cli.outputs.showing import shown_outputs
from fused_spec.cli.outputs.task_boxes import task_boxes
from fused_spec.cli.outputs.telling import Wanted, told_outputs
from fused_spec.cli.runs.lookup import find_run
from fused_spec.configuration.settings import Credentials
from fused_spec.engine.outputs.model import Kind, Told
from fused_spec.errors import FusedSpecError
from fused_spec.maps.model import Boxes, Features, Layer, State
from fused_spec.plan.model import Requests
from fused_spec.service.app import create_app
from tests.asgi import AsgiAdapter
from tests.contract.around import surroundings
from tests.contract.world import TOKEN, World, job

CODE = """\
@fused.udf
def udf(n: int = 1):
    import geopandas, shapely
    if n == 0:
        raise KeyError('geom')
    if n == 9:
        return None
    points = [shapely.Point(x, x) for x in range(n)]
    return geopandas.GeoDataFrame({'x': range(n)}, geometry=points, crs='EPSG:32631')
"""
MAPPED = job("areas").replace("- type: udf", "- type: udf\n        input: INPUT\n        ignore_chunk_error: true")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        made = World(tmp_path / "project", service)
        made.write("specs/area.py", CODE)
        made.write("specs/areas.yaml", MAPPED.replace("INPUT", "[2, 3]"))
        yield made


def told(world: World, word: str, *, in_full: bool = False) -> list[Told]:
    around = surroundings(world)
    found = find_outputs(around, word)
    return told_outputs(around.api, found, found.outputs, Wanted.ALL if in_full else Wanted.FACTS)


def asked_of(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the results that are opened from now on."""
    opened: list[str] = []
    real = FusedAPI.open_result

    def note(api: FusedAPI, result: JobResult) -> object:
        opened.append(result.name)
        return real(api, result)

    monkeypatch.setattr(FusedAPI, "open_result", note)
    return opened


def test_the_tasks_tell_of_their_results_so_that_none_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.apply()
    opened = asked_of(world, monkeypatch)
    facts = [one.facts for one in told(world, "areas")]
    assert [(one.rows, one.width, one.crs, one.bounds) for one in facts] == [
        (2, 2, "EPSG:32631", (0.0, 0.0, 1.0, 1.0)),
        (3, 2, "EPSG:32631", (0.0, 0.0, 2.0, 2.0)),
    ]
    assert opened == []


def test_what_tasks_tell_is_what_the_results_are(world: World) -> None:
    world.apply()
    quick = [(one.facts.rows, one.facts.crs, one.facts.bounds, one.facts.bytes) for one in told(world, "areas")]
    read = [
        (one.facts.rows, one.facts.crs, one.facts.bounds, one.facts.bytes) for one in told(world, "areas", in_full=True)
    ]
    assert quick == read


def test_results_of_a_run_without_tasks_are_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.apply()
    monkeypatch.setattr(FusedAPI, "save_job_tasks", lambda *_: False)
    assert [one.facts.rows for one in told(world, "areas")] == [2, 3]


def test_of_many_results_without_tasks_only_some_are_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.apply()
    monkeypatch.setattr(FusedAPI, "save_job_tasks", lambda *_: False)
    around = surroundings(world)
    found = find_outputs(around, "areas")
    some = told_outputs(around.api, found, found.outputs, Wanted.FACTS, most_read=1)
    assert [(one.facts.kind, one.facts.rows) for one in some] == [(Kind.TABLE, 2), (Kind.TABLE, None)]


def test_a_task_that_failed_or_returned_nothing_has_no_result(world: World) -> None:
    world.write("specs/areas.yaml", MAPPED.replace("INPUT", "[0, 9, 1]"))
    world.apply()
    assert [one.facts.kind for one in told(world, "areas")] == [Kind.NOTHING, Kind.NOTHING, Kind.TABLE]


def test_a_name_means_the_newest_run_that_succeeded(world: World) -> None:
    good = world.apply()["Job/areas"].job_id
    world.write("specs/areas.yaml", job("areas", parameters="{n: 0}"))
    world.apply()
    found = find_outputs(surroundings(world), "areas")
    assert {output.job_id for output in found.outputs} == {good}
    assert "the newest run of areas is failed" in found.notes[0]


def test_a_job_that_never_succeeded_has_what_it_has(world: World) -> None:
    world.write("specs/areas.yaml", job("areas", parameters="{n: 0}"))
    world.apply()
    [note] = find_outputs(surroundings(world), "areas").notes
    assert note.startswith("no run of areas has succeeded")


def test_a_run_that_was_never_ours_has_results_by_its_id(world: World) -> None:
    config = {"name": "theirs", "steps": [{"type": "udf", "udf": {"name": "u", "code": CODE, "entrypoint": "udf"}}]}
    run = world.api.start_job(config)
    world.api.wait_for_job(run, 0.05, 60)
    assert [one.facts.rows for one in told(world, run.job_id)] == [1]


def test_a_job_that_nobody_knows_is_an_error_with_what_is_known(world: World) -> None:
    world.apply()
    with pytest.raises(FusedSpecError, match='no run of a job named "ares"') as caught:
        find_outputs(surroundings(world), "ares")
    assert caught.value.hint == 'did you mean "areas"?'


def test_a_run_that_the_service_forgot_has_no_results_any_more(world: World) -> None:
    world.apply()
    around = surroundings(world)
    run = find_run(around, "areas")
    with pytest.raises(FusedSpecError, match="has forgotten the run"):
        outputs_of(around, replace(run, in_history=False))
    assert shown_outputs(around, replace(run, in_history=False)).results == ()


def test_what_lies_at_an_address_is_found_without_a_run(world: World) -> None:
    world.api.upload("fd://tables/a.csv", b"n\n1\n2\n")
    world.api.upload("fd://tables/b.json", b"{}")
    found = outputs_at(world.api, "fd://tables/")
    assert [output.name for output in found] == ["a.csv", "b.json"]
    assert [one.facts.rows for one in told(world, "fd://tables/a.csv", in_full=True)] == [None]


def test_nothing_at_an_address_is_an_error_with_the_folder_above(world: World) -> None:
    with pytest.raises(FusedSpecError, match="nothing lies at fd://tables/none") as caught:
        find_outputs(surroundings(world), "fd://tables/none")
    assert caught.value.hint is not None
    assert "fused-spec results fd://tables" in caught.value.hint


def test_show_has_the_facts_of_the_outputs(world: World) -> None:
    world.apply()
    around = surroundings(world)
    document = shown_outputs(around, find_run(around, "areas")).document()
    assert document["results"] == ["0.parquet", "1.parquet"]
    assert [one["rows"] for one in document["outputs"]] == [2, 3]


def test_two_runs_differ_in_rows_bounds_and_values(world: World) -> None:
    first = str(world.apply()["Job/areas"].job_id)
    world.write("specs/areas.yaml", MAPPED.replace("INPUT", "[2, 4]"))
    world.apply()
    around = surroundings(world)
    found = compare(around, find_run(around, first), find_run(around, "areas"))
    same, other = found.differences
    assert same.is_none
    told_of = {it.what: (it.before, it.after) for it in (*other.facts, *other.values)}
    assert told_of["rows"] == (3, 4)
    assert told_of["bounds"] == ((0.0, 0.0, 2.0, 2.0), (0.0, 0.0, 3.0, 3.0))
    assert told_of["x.max"] == (2, 3)


def test_a_run_that_was_done_again_differs_in_nothing(world: World) -> None:
    first = str(world.apply()["Job/areas"].job_id)
    world.apply(requests=Requests(rerun=frozenset({"areas"})))
    around = surroundings(world)
    found = compare(around, find_run(around, first), find_run(around, "areas"))
    assert [one.is_none for one in found.differences] == [True, True]


def test_a_table_that_a_run_wrote_and_that_is_gone_is_a_problem_of_its_own(world: World) -> None:
    [output] = _written_at(world.api, "fd://gone/main/")
    around = surroundings(world)
    [one] = told_outputs(around.api, Found(name="x", outputs=(output,)), (output,), Wanted.ALL)
    assert (one.facts.kind, one.facts.problem) == (
        Kind.TABLE,
        "nothing lies there: it was never written, or is gone",
    )


def test_results_of_a_job_that_was_finished_by_two_runs_are_one_set(world: World) -> None:
    failing = world.folder / "failing"
    failing.touch()
    code = (
        f"    from pathlib import Path\n    if n == 3 and Path('{failing}').exists():\n        raise KeyError('geom')\n"
    )
    world.write("specs/area.py", CODE.replace("    import geopandas", f"{code}    import geopandas"))
    world.write(
        "specs/areas.yaml", MAPPED.replace("INPUT", "[2, 3, 4]").replace("chunk_error: true", "chunk_error: false")
    )
    first = world.apply()["Job/areas"].job_id
    failing.unlink()
    second = world.apply(requests=Requests(retry=frozenset({"areas"})))["Job/areas"].job_id
    found = told(world, "areas")
    assert [(one.output.name, one.output.task, one.facts.rows) for one in found] == [
        ("0.parquet", 0, 2),
        ("1.parquet", 1, 3),
        ("2.parquet", 2, 4),
    ]
    assert found[1].output.job_id == second
    assert {one.output.job_id for one in found} <= {first, second}
    with_rows = told(world, "areas", in_full=True)
    assert [len(one.facts.columns or ()) for one in with_rows] == [2, 2, 2]


TILES = "[{x: 0, y: 0, z: 2}, {x: 1, y: 0, z: 2}, {x: 2, y: 0, z: 2}]"


def drawn_tiles(world: World, code: str) -> Sequence[Layer]:
    world.write("specs/area.py", f"@fused.udf\ndef udf(x: int, y: int, z: int):\n    {code}\n")
    world.write("specs/areas.yaml", MAPPED.replace("INPUT", TILES))
    world.apply()
    around = surroundings(world)
    found = find_outputs(around, "areas")
    outputs = told_outputs(around.api, found, found.outputs, Wanted.FACTS)
    return map_of("areas", outputs, (), task_boxes(around.api, found)).layers


def test_tasks_are_drawn_by_their_state_where_their_inputs_have_a_place(world: World) -> None:
    [tasks] = drawn_tiles(world, "return {'x': 1 / (x - 1)}")
    assert isinstance(tasks, Boxes)
    assert [(box.name, box.state) for box in tasks.boxes] == [
        ("task 1", State.FAILED),
        ("task 0", State.SUCCEEDED),
        ("task 2", State.SUCCEEDED),
    ]
    assert tasks.boxes[0].attributes == {"error": "ZeroDivisionError: division by zero"}
    assert tasks.boxes[0].bounds[0] == -90


def test_of_tasks_that_all_succeeded_the_results_are_drawn_alone(world: World) -> None:
    code = "import geopandas, shapely; return geopandas.GeoDataFrame(geometry=[shapely.Point(x, 0)], crs='EPSG:4326')"
    [layer] = drawn_tiles(world, code)
    assert isinstance(layer, Features)


def test_results_of_another_user_are_refused_in_a_sentence(world: World) -> None:
    job_id = str(world.apply()["Job/areas"].job_id)
    transport = Transport(
        world.api.base_url, Credentials(access_token="somebody-else-0123456789"), session=world.api._transport._session
    )
    around = replace(surroundings(world), api=FusedAPI.over(transport))
    with pytest.raises(FusedSpecError, match=r"401|403|credentials|token"):
        find_outputs(around, job_id)


def test_parts_of_a_file_are_read_through_the_service(world: World, tmp_path: Path) -> None:
    whole = bytes(range(256)) * 9
    world.api.upload("fd://parts/a.bin", whole)
    content = world.api.open_file("fd://parts/a.bin")
    assert content.tail(10) == (whole[-10:], len(whole))
    assert content.part(100, 500) == whole[100:500]
    content.save(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == whole
    world.api.upload("fd://parts/none.bin", b"")
    assert world.api.open_file("fd://parts/none.bin").tail(10) == (b"", 0)


def test_parts_of_a_result_are_read_through_the_service(world: World) -> None:
    run = world.api.get_status(str(world.apply()["Job/areas"].job_id))
    result = run.results()[0]
    content, size = result.open().tail(4)
    assert (content, size) == (b"PAR1", len(result.read()))
