"""Where the engine and the storage of the local service come from, and what becomes of one that runs with others."""

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from fused_spec.cli.targets.local_service import Asked, Placing, check_running, placing
from fused_spec.errors import Misconfigured
from fused_spec.service.state.launch import ServiceAddress
from tests.unit.cli.test_target import context, project

RUNNING = ServiceAddress(url="http://127.0.0.1:1/x", token="t", pid=4242, engine="processes", storage="/state/storage")
STATE = Path("/state")
NOTHING = Placing(engine=Asked(), storage=Asked())


def test_nothing_is_asked_for_where_nobody_says_so(tmp_path: Path) -> None:
    assert placing(context(tmp_path), project(tmp_path)) == Placing(engine=Asked(), storage=Asked())


def test_the_file_is_asked_last_the_variable_before_it_and_the_flag_first(tmp_path: Path) -> None:
    inside = project(tmp_path, engine="dask=local:2", storage="files", file=tmp_path / "fused-spec.yaml")
    env = {"FUSED_SPEC_ENGINE": "dask=tcp://a:1", "FUSED_SPEC_STORAGE_URL": "s3://variable/x"}
    by_file = placing(context(tmp_path), inside)
    assert (by_file.engine.value, by_file.storage.value) == ("dask=local:2", str(tmp_path / "files"))
    assert by_file.engine.source == str(tmp_path / "fused-spec.yaml")
    by_variable = placing(context(tmp_path, env=env), inside)
    assert (by_variable.engine.value, by_variable.storage.value) == ("dask=tcp://a:1", "s3://variable/x")
    by_flag = placing(context(tmp_path, env=env), inside, engine="processes", storage="/flag")
    assert (by_flag.engine.value, by_flag.storage.value) == ("processes", "/flag")


def test_a_folder_in_the_file_is_relative_to_the_file_and_one_in_a_variable_to_the_current_folder(
    tmp_path: Path,
) -> None:
    here = tmp_path / "deep"
    inside = project(tmp_path, storage="files", file=tmp_path / "fused-spec.yaml")
    assert placing(context(here), inside).storage.value == str(tmp_path / "files")
    said = context(here, env={"FUSED_SPEC_STORAGE_URL": "files"})
    assert placing(said, inside).storage.value == str(here / "files")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Placing(engine=Asked(value="dask=local:2", source="FUSED_SPEC_ENGINE"), storage=Asked()), "engine processes"),
        (Placing(engine=Asked(), storage=Asked(value="s3://b/x", source="fused-spec.yaml")), "storage /state/storage"),
    ],
)
def test_a_service_that_runs_with_another_is_not_used_and_the_way_to_stop_it_is_told(asked: Placing, said: str) -> None:
    with pytest.raises(Misconfigured, match=said) as refused:
        check_running(RUNNING, asked, STATE)
    assert refused.value.exit_code == 2
    assert "`kill 4242`" in str(refused.value.hint)


def test_a_service_that_runs_as_asked_is_used(tmp_path: Path) -> None:
    inside = project(tmp_path, engine="processes", storage="/state/storage")
    check_running(RUNNING, placing(context(tmp_path), inside), STATE)
    check_running(RUNNING, placing(context(tmp_path), project(tmp_path)), STATE)


@pytest.mark.parametrize(
    ("other", "default"),
    [({"engine": "dask=local:2"}, "it would be processes"), ({"storage": "s3://b/x"}, "it would be /state/storage")],
)
def test_where_nothing_is_asked_for_any_more_a_service_with_the_former_is_not_used(
    other: dict[str, str], default: str
) -> None:
    with pytest.raises(Misconfigured, match=default):
        check_running(replace(RUNNING, **other), NOTHING, STATE)  # type: ignore[arg-type]


def test_what_a_person_chose_with_a_flag_of_serve_is_used_where_nothing_else_is_asked_for() -> None:
    by_hand = replace(RUNNING, engine="dask=local:2", storage="s3://b/x", by_flag=("engine", "storage"))
    check_running(by_hand, NOTHING, STATE)
    with pytest.raises(Misconfigured, match=r"fused-spec.yaml asks for processes"):
        check_running(
            by_hand, structs.replace(NOTHING, engine=Asked(value="processes", source="fused-spec.yaml")), STATE
        )


def test_what_is_neither_is_told_before_anything_is_started(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="FUSED_SPEC_ENGINE: ray is no engine"):
        placing(context(tmp_path, env={"FUSED_SPEC_ENGINE": "ray"}), None)
