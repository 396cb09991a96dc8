"""UDF access tokens and saved UDFs."""

import uuid
from typing import Any

import pytest

from fused_spec.api.client import FusedAPI
from fused_spec.api.errors import ApiError, InvalidArgument, Unreadable
from fused_spec.wire import SavedUdf
from tests.unit.api.loopback import Loopback, says

UUID = "9a0c2d3e-1111-2222-3333-444455556666"
TOKEN = "fsh_example-0123"
SHOWN = {"token": TOKEN, "enabled": True, "client_id": None, "metadata_json": None, "unknown": 1}
UDF = {"name": "points", "entrypoint": "points", "code": "@fused.udf\ndef points(): ..."}
SAVED = {"id": UUID, "slug": "points", "udf_body": '{"name": "points", "entrypoint": "points", "code": "c"}'}


class Loaded:
    """Stands for a UDF as the published client loads it."""

    code = "..."

    def __init__(self, metadata: dict[str, Any] | None) -> None:
        self.metadata = metadata


@pytest.fixture
def create(server: Loopback, api: FusedAPI) -> Any:
    """Create a token and tell what the service was sent."""
    server.on("GET /user/self", says({"email": "me@example.test"}))
    server.on(
        "GET /realtime-instance/available",
        says([{"client_id": "a"}, {"client_id": "b", "preference_rank": 2}, {"client_id": "c", "preference_rank": 1}]),
    )
    server.on("POST /udf-access-token/new", says(SHOWN))

    def call(*args: Any, **kwargs: Any) -> dict[str, Any]:
        assert api.create_udf_access_token(*args, **kwargs).token == TOKEN
        return server.seen[-1].json  # type: ignore[no-any-return]

    return call


@pytest.mark.parametrize(
    ("args", "kwargs", "named"),
    [
        ((UUID,), {}, (None, None, UUID)),
        ((), {"udf_id": UUID}, (None, None, UUID)),
        (("a@example.test", "points"), {}, ("a@example.test", "points", None)),
        ((), {"udf_email": "b@example.test", "udf_name": "points"}, ("b@example.test", "points", None)),
        (("a@example.test/points",), {}, ("a@example.test", "points", None)),
        (("points",), {}, ("me@example.test", "points", None)),
        ((None, "points"), {}, (None, "points", None)),
        (("a@example.test", "points"), {"udf_email": "b@example.test"}, ("a@example.test", "points", None)),
        (("points",), {"udf_email": "b@example.test"}, ("me@example.test", "points", None)),
        (("a@example.test/points",), {"udf_email": "b@example.test"}, ("a@example.test", "points", None)),
        (("a@example.test/b/c",), {}, ("a@example.test", "b/c", None)),
        ((UUID,), {"udf_email": "b@example.test"}, (None, None, UUID)),
        ((UUID.replace("-", ""),), {}, (None, None, UUID.replace("-", ""))),
        ((uuid.UUID(UUID),), {}, (None, None, UUID)),
        ((SavedUdf(**SAVED),), {}, (None, None, UUID)),
        ((Loaded({"fused:id": UUID}),), {}, (None, None, UUID)),
        (("points",), {"udf_id": uuid.UUID(UUID)}, (None, None, UUID)),
    ],
)
def test_a_token_names_its_udf_in_any_of_the_forms(create: Any, args: Any, kwargs: Any, named: Any) -> None:
    sent = create(*args, **kwargs)
    assert (sent["udf_email"], sent["udf_slug"], sent["udf_id"]) == named


@pytest.mark.parametrize("words", [(), ("",), ("/b",), ("a/",)])
def test_words_that_name_no_udf_are_refused(create: Any, server: Loopback, words: tuple[str]) -> None:
    with pytest.raises(InvalidArgument):
        create(*words)
    assert server.seen == []


@pytest.mark.parametrize(("udf", "why"), [(Loaded(None), "not saved"), (5, "an? int names no UDF"), (b"x", "bytes")])
def test_an_object_that_names_no_udf_is_refused(create: Any, server: Loopback, udf: object, why: str) -> None:
    with pytest.raises(InvalidArgument, match=why):
        create(udf)
    assert server.seen == []


@pytest.mark.parametrize("metadata", [{"k": float("nan")}, {"k": object()}, ["k"]])
def test_metadata_that_json_cannot_carry_is_refused(create: Any, server: Loopback, metadata: Any) -> None:
    with pytest.raises(InvalidArgument, match="metadata_json"):
        create(UUID, metadata_json=metadata)
    assert server.calls == []


def test_who_may_use_a_token_is_sent_where_it_is_said(create: Any) -> None:
    sent = create(UUID, public_read=False, access_scope="team")
    assert (sent["public_read"], sent["access_scope"]) == (False, "team")


def test_without_a_client_id_the_preferred_instance_is_used(create: Any) -> None:
    assert create(UUID)["client_id"] == "b"


def test_a_client_id_of_none_is_the_services_choice(create: Any) -> None:
    assert create(UUID, client_id=None) == {
        "udf_email": None,
        "udf_slug": None,
        "udf_id": UUID,
        "client_id": None,
        "cache": True,
        "metadata_json": {},
        "enabled": True,
    }


def test_a_token_is_changed_in_the_named_fields_only(server: Loopback, api: FusedAPI) -> None:
    server.on(f"POST /udf-access-token/by-token/{TOKEN}", says(SHOWN))
    api.update_udf_access_token(TOKEN, enabled=False)
    assert server.seen[0].json == {"client_id": None, "cache": None, "metadata_json": None, "enabled": False}


def test_a_token_is_read_and_deleted_by_its_value_or_itself(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /udf-access-token/by-token/{TOKEN}", says(SHOWN))
    server.on(f"DELETE /udf-access-token/by-token/{TOKEN}", says(SHOWN))
    token = api.get_udf_access_token(TOKEN)
    assert api.delete_udf_access_token(token).token == TOKEN
    assert TOKEN not in repr(token)


def test_all_tokens_are_read_by_default(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /udf-access-token/self", says([SHOWN]), says([]))
    assert len(api.get_udf_access_tokens()) == 1
    assert server.calls[1] == "GET /udf-access-token/self?skip=25&limit=25"


def test_a_service_that_ignores_skip_does_not_keep_us_for_ever(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /udf-access-token/self", says([SHOWN]))
    with pytest.raises(Unreadable, match="ignores `skip`"):
        api.get_udf_access_tokens()


def test_text_that_is_no_token_is_not_echoed(api: FusedAPI) -> None:
    with pytest.raises(InvalidArgument) as caught:
        api.get_udf_access_token("secret/../x")
    assert "secret" not in str(caught.value)


def test_a_udf_is_saved_under_its_name_as_json_inside_json(server: Loopback, api: FusedAPI) -> None:
    server.on("POST /udf/new", says(SAVED))
    assert api.save_udf(UDF).udf.entrypoint == "points"
    sent = server.seen[0].json
    assert (sent["slug"], sent["udf_type"], sent["allow_public_read"]) == ("points", "auto", False)
    assert '"code":"@fused.udf' in sent["udf_body"]


def test_a_udf_is_saved_over_the_one_with_its_id(server: Loopback, api: FusedAPI) -> None:
    server.on(f"POST /udf/by-id/{UUID}", says(SAVED))
    api.save_udf(UDF, "other", UUID)
    assert server.seen[0].json["slug"] == "other"


def test_a_udf_without_a_name_needs_a_slug(api: FusedAPI) -> None:
    with pytest.raises(InvalidArgument, match="no name"):
        api.save_udf({**UDF, "name": None})


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ((UUID,), f"/udf/by-id/{UUID}"),
        (("points",), "/udf/by-user-email/me@example.test/by-slug/points"),
        (("a@example.test/points",), "/udf/by-user-email/a@example.test/by-slug/points"),
        (("a@example.test", "points"), "/udf/by-user-email/a@example.test/by-slug/points"),
    ],
)
def test_a_udf_is_loaded_in_any_of_the_forms(
    server: Loopback, api: FusedAPI, words: tuple[str, ...], path: str
) -> None:
    server.on("GET /user/self", says({"email": "me@example.test"}))
    server.on(f"GET {path}", says(SAVED))
    assert api.load_udf(*words).id == UUID


def test_a_udf_is_also_looked_for_in_the_default_collection(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /udf/by-user-email/a@example.test/by-collection/default/by-slug/points", says(SAVED))
    assert api.load_udf("a@example.test/points").slug == "points"


def test_a_udf_that_is_nowhere_is_a_404(api: FusedAPI) -> None:
    with pytest.raises(ApiError) as caught:
        api.load_udf("a@example.test/points")
    assert caught.value.status_code == 404


@pytest.mark.parametrize(("whose", "path"), [("self", "self"), ("public", "public"), ("team", "exec-env/self")])
def test_udfs_are_listed_by_whose_they_are(server: Loopback, api: FusedAPI, whose: str, path: str) -> None:
    server.on(f"GET /udf/{path}", says([SAVED]), says([]))
    assert [udf.slug for udf in api.get_udfs(whose=whose)] == ["points"]


def test_a_udf_is_deleted_by_its_id(server: Loopback, api: FusedAPI) -> None:
    server.on(f"DELETE /udf/by-id/{UUID}", says({}))
    api.delete_udf(UUID)
    assert server.calls == [f"DELETE /udf/by-id/{UUID}"]
