"""What a service lets jobs write to: what may be named, whose specs are kept, and what is said of it."""

import json
from pathlib import Path

import pytest

from fused_spec.errors import Misconfigured
from fused_spec.service.state.declared import declare_specs
from fused_spec.service.workers.confining import Confining, allowed_places, how_jobs_are_held
from fused_spec.system import landlock


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state" / "jobs").mkdir(parents=True, mode=0o700)
    return tmp_path / "state"


def test_a_folder_of_specs_is_kept_from_the_next_job_on(state: Path, tmp_path: Path) -> None:
    confining = Confining(state, [])
    assert confining.as_confinement()["kept"] == []
    for name in ("a", "b", "a"):
        declare_specs(state, tmp_path / name)
    assert confining.as_confinement()["kept"] == [str(tmp_path / "a"), str(tmp_path / "b")]


@pytest.mark.parametrize("is_worktree", [True, False])
def test_the_repository_around_the_specs_is_kept_as_well(state: Path, tmp_path: Path, is_worktree: bool) -> None:
    (tmp_path / "repository" / "infra").mkdir(parents=True)
    mark = tmp_path / "repository" / ".git"
    mark.touch() if is_worktree else mark.mkdir()
    declare_specs(state, tmp_path / "repository" / "infra")
    kept = [str(tmp_path / "repository" / "infra"), str(tmp_path / "repository")]
    assert Confining(state, []).as_confinement()["kept"] == kept


def test_a_damaged_list_of_folders_keeps_no_job_from_running(state: Path) -> None:
    (state / "specs.json").write_text("{", encoding="utf-8")
    assert Confining(state, []).as_confinement()["kept"] == []


def test_what_is_allowed_is_told_to_the_jobs_without_links(state: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "out")
    allowed = allowed_places([tmp_path / "link"], state)
    assert Confining(state, allowed).as_confinement()["allowed"] == [str(tmp_path / "out")]
    assert json.dumps(Confining(state, allowed).as_confinement())


@pytest.mark.parametrize("name", ["", "jobs"])
def test_the_state_folder_cannot_be_allowed(state: Path, name: str) -> None:
    with pytest.raises(Misconfigured, match="lies in the state folder, which no job writes to"):
        allowed_places([state / name], state)


def test_the_folder_of_the_specs_cannot_be_allowed_but_one_in_it(state: Path, tmp_path: Path) -> None:
    (tmp_path / "specs" / "out").mkdir(parents=True)
    declare_specs(state, tmp_path / "specs")
    with pytest.raises(Misconfigured, match="is the folder of the specs, which no job writes to"):
        allowed_places([tmp_path / "specs"], state)
    assert allowed_places([tmp_path / "specs" / "out"], state) == (tmp_path / "specs" / "out",)


def test_what_is_not_there_cannot_be_allowed(state: Path, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="it is not there"):
        allowed_places([tmp_path / "out"], state)


def test_a_system_without_landlock_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    assert "has no Landlock" in how_jobs_are_held([])


def test_where_jobs_write_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 7)
    told = f"jobs write to their own folders, fd://, /tmp, /dev/shm, /mnt, {tmp_path}"
    assert how_jobs_are_held([tmp_path]) == told
