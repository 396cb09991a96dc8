"""Collections of saved UDFs: a name is unique within one, and none is shared."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fused_spec.service.app import create_app
from tests.asgi import AsgiAdapter
from tests.contract.asking import TOKEN, UDF, Service, as_json

MAIL = "local@fused-spec.invalid"


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with AsgiAdapter(create_app(tmp_path_factory.mktemp("state") / "state", TOKEN)) as adapter:
        yield Service(adapter)


def collection(service: Service, name: str, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = service.ask("POST", "/collection/new", body=as_json({"name": name, **more})).json()
    return found


def save(service: Service, code: str, place: str = "/udf/new", **more: Any) -> dict[str, Any]:
    body = {"slug": "one", "udf_body": json.dumps({**UDF, "code": code}), "udf_type": "auto", **more}
    found: dict[str, Any] = service.ask("POST", place, body=as_json(body)).json()
    return found


def test_the_default_collection_is_always_there(service: Service) -> None:
    found = service.ask("GET", "/collection/by-name/default").json()
    assert (found["id"], found["share_token"], found["access_scope"]) == ("default", None, "team")
    assert set(found) >= {"last_updated", "allow_public_read"}
    assert service.ask("DELETE", "/collection/by-id/default").status_code == 409


def test_a_collection_that_nobody_made_is_not_there(service: Service) -> None:
    for path in ("/collection/by-name/maps", "/collection/exec-env/by-slug/maps", "/collection/by-id/maps"):
        assert service.ask("GET", path).json() == {"detail": "collection not found"}


def test_udfs_of_one_name_live_in_several_collections(service: Service) -> None:
    maps = collection(service, "maps")
    saved = [save(service, "a"), save(service, "b", collection_id=maps["id"])]
    assert [udf["collection_name"] for udf in saved] == ["default", "maps"]
    for whose in (f"by-user-email/{MAIL}", "by-user-handle/local", "exec-env/self"):
        found = [
            json.loads(service.ask("GET", f"/udf/{whose}/{where}by-slug/one").json()["udf_body"])["code"]
            for where in ("", "by-collection/default/", "by-collection/maps/")
        ]
        assert found == ["a", "a", "b"]
    assert service.ask("GET", "/udf/exec-env/self/by-collection/none/by-slug/one").status_code == 404


def test_a_udf_stays_in_its_collection_when_it_is_saved_over(service: Service) -> None:
    maps = collection(service, "maps")
    saved = save(service, "a", collection_id=maps["id"])
    again = save(service, "b", f"/udf/by-id/{saved['id']}", collection_id=None)
    assert (again["id"], again["collection_id"]) == (saved["id"], maps["id"])


def test_a_second_udf_of_the_same_name_in_a_collection_is_a_conflict(service: Service) -> None:
    maps = collection(service, "maps")
    save(service, "a", collection_id=maps["id"])
    assert save(service, "b", collection_id=maps["id"]) == {"detail": "there is a UDF named one already"}


def test_a_udf_cannot_be_saved_in_a_collection_that_is_not_there(service: Service) -> None:
    assert save(service, "a", collection_id="none") == {"detail": "collection not found"}


def test_a_collection_is_changed_where_the_body_says_so(service: Service) -> None:
    maps = collection(service, "maps", dashboard_body="{}", access_scope="public")
    path = f"/collection/by-id/{maps['id']}"
    changed = service.ask("POST", path, body=as_json({"name": "plans", "access_scope": "team"})).json()
    assert (changed["name"], changed["access_scope"], changed["dashboard_body"]) == ("plans", "team", "{}")
    assert service.ask("GET", path).json() == changed


def test_a_name_belongs_to_one_collection(service: Service) -> None:
    assert collection(service, "maps")["name"] == "maps"
    assert collection(service, "maps") == {"detail": "there is a collection named maps already"}
    renamed = service.ask("POST", "/collection/by-id/default", body=as_json({"name": "other"}))
    assert (renamed.status_code, renamed.json()["detail"]) == (409, "the default collection keeps its name")


def test_only_an_empty_collection_is_deleted(service: Service) -> None:
    maps = collection(service, "maps")
    udf = save(service, "a", collection_id=maps["id"])
    refused = service.ask("DELETE", f"/collection/by-id/{maps['id']}")
    assert (refused.status_code, "delete them first" in refused.json()["detail"]) == (409, True)
    service.ask("DELETE", f"/udf/by-id/{udf['id']}")
    assert service.ask("DELETE", f"/collection/by-id/{maps['id']}").status_code == 200
    assert service.ask("GET", "/collection/by-name/maps").status_code == 404


def test_what_a_change_does_not_name_stays(service: Service) -> None:
    maps = collection(service, "maps", access_scope="public")
    changed = service.ask("POST", f"/collection/by-id/{maps['id']}", body=as_json({"name": "atlas"})).json()
    assert (changed["name"], changed["access_scope"]) == ("atlas", "public")


@pytest.mark.parametrize("whose", ["self", "self/lite", "exec-env", "exec-env/lite"])
def test_collections_are_listed_page_by_page(service: Service, whose: str) -> None:
    collection(service, "maps")
    pages = [service.ask("GET", f"/collection/{whose}", query={"skip": str(n), "limit": "1"}).json() for n in range(3)]
    assert [[one["name"] for one in page] for page in pages] == [["default"], ["maps"], []]


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("POST", "/collection/share?collection_id=default", 403, "an access token of a UDF"),
        ("POST", "/collection/unshare?collection_id=default", 403, "an access token of a UDF"),
        ("POST", "/session-token/by-access-token/fc_x", 403, "an access token of a UDF"),
        ("GET", "/collection/by-id/default/export-toml", 403, "one by one"),
        ("POST", "/collection/by-id/default/import-toml", 403, "one by one"),
    ],
)
def test_what_shares_or_archives_a_collection_is_refused_with_what_to_do(
    service: Service, method: str, path: str, status: int, told: str
) -> None:
    answer = service.ask(method, path, body=b"{}" if method == "POST" else b"")
    assert (answer.status_code, told in answer.json()["detail"]) == (status, True)
