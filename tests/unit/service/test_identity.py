"""A service has a random id for as long as its state folder lives, and tells it with every answer."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from fused_spec.api.http.transport import new_session
from fused_spec.configuration.service_identity import HEADER, is_service_id
from fused_spec.errors import FusedSpecError
from fused_spec.service.app import create_app
from fused_spec.service.state.folder import identity_of
from tests.asgi import AsgiAdapter

BASE = "http://127.0.0.1:8000/server/v1"


def answer(state: Path, path: str) -> requests.Response:
    with AsgiAdapter(create_app(state, "t" * 32)) as adapter:
        session = new_session()
        session.mount("http://", adapter)
        return session.get(f"{BASE}/{path}")


def test_it_is_made_once_even_by_many_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        [known] = set(pool.map(identity_of, [tmp_path] * 32))
    assert is_service_id(known)
    assert [path.name for path in tmp_path.iterdir()] == ["id"]


def test_two_folders_have_two(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    assert len(set(map(identity_of, folders))) == 2


def test_its_file_is_its_users_alone(tmp_path: Path) -> None:
    identity_of(tmp_path)
    assert stat.S_IMODE((tmp_path / "id").stat().st_mode) == 0o600


def test_a_file_that_others_can_change_is_not_believed(tmp_path: Path) -> None:
    identity_of(tmp_path)
    (tmp_path / "id").chmod(0o644)
    with pytest.raises(FusedSpecError, match="is not used"):
        identity_of(tmp_path)


def test_a_file_that_holds_no_id_gets_one(tmp_path: Path) -> None:
    (tmp_path / "id").touch(mode=0o600)
    known = identity_of(tmp_path)
    assert is_service_id(known)
    assert identity_of(tmp_path) == known


@pytest.mark.parametrize("path", ["health", "job/self", "nowhere"])
def test_every_answer_tells_it(tmp_path: Path, path: str) -> None:
    assert answer(tmp_path, path).headers[HEADER] == identity_of(tmp_path)


def test_the_route_that_needs_no_token_tells_it_too(tmp_path: Path) -> None:
    assert answer(tmp_path, "health").json() == {"status": "ok", "service": identity_of(tmp_path)}


def test_it_stays_over_a_restart(tmp_path: Path) -> None:
    first, second = (answer(tmp_path, "health").headers[HEADER] for _ in range(2))
    assert first == second


def test_a_service_whose_runs_are_gone_is_another_one(tmp_path: Path) -> None:
    first = answer(tmp_path, "health").headers[HEADER]
    for file in tmp_path.glob("service.db*"):
        file.unlink()
    second = answer(tmp_path, "health").headers[HEADER]
    assert second != first
    assert second == identity_of(tmp_path)
