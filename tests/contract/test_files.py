"""Files and the shared disk over the routes, where the storage holds what a listing may trip over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fused_spec.service.app import create_app
from tests.asgi import AsgiAdapter
from tests.contract.asking import TOKEN, Service, as_json


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state") / "state"


@pytest.fixture(scope="module")
def service(state: Path) -> Iterator[Service]:
    with AsgiAdapter(create_app(state, TOKEN)) as adapter:
        yield Service(adapter)


@pytest.fixture
def folder(state: Path) -> Path:
    folder = state / "storage" / "linked"
    folder.mkdir(exist_ok=True)
    (folder / "kept.txt").write_text("kept")
    for name, target in (("nowhere", folder / "gone"), ("up", folder.parent), ("out", state.parent)):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)
    return folder


def test_a_link_to_nothing_is_left_out_of_a_detailed_listing(service: Service, folder: Path) -> None:
    (folder / "out").unlink()
    answer = service.ask("GET", "/files/list-details", query={"path": "fd://linked/"})
    assert [entry["file_name"] for entry in answer.json()] == ["kept.txt", "up"]


def test_links_are_not_followed_on_the_way_down(service: Service, folder: Path) -> None:
    answer = service.ask("GET", "/files/sign_prefix", query={"path": "fd://linked/"})
    assert list(answer.json()) == ["fd://linked/kept.txt"]


@pytest.mark.parametrize("item", [{}, {"item": ""}, {"item": "/"}])
@pytest.mark.parametrize("what", ["delete-file", "delete-dir"])
def test_the_whole_mount_is_never_deleted(service: Service, what: str, item: dict[str, str]) -> None:
    service.ask("PUT", "/files/upload", query={"path": "fd://mount/kept.txt"}, body=b"kept")
    assert service.ask("DELETE", f"/efs/local/{what}", body=as_json(item)).status_code == 422
    assert service.ask("GET", "/files/list", query={"path": "fd://mount/"}).json() == ["fd://mount/kept.txt"]


def test_only_the_upload_to_the_mount_may_be_large(service: Service) -> None:
    assert service.ask("POST", "/efs/local/list", body=b" " * 97 * 2**20).status_code == 413


def test_a_page_that_would_be_cut_is_refused(service: Service) -> None:
    answer = service.ask("GET", "/job/self", query={"limit": "10001"})
    assert (answer.status_code, answer.json()["detail"][0]["msg"]) == (422, "limit is 10000 at most")
