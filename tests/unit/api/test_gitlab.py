"""A variable at GitLab over real connections: masked, hidden where that is possible, refused in clear words."""

from collections.abc import Iterator
from typing import Any

import pytest

from fused_spec.api.errors import ApiError
from fused_spec.api.gitlab import GitLabRefused, GitLabVariable
from fused_spec.configuration.token_sinks import GitLab as Sink
from tests.gitlab import READER, TOKEN, GitLab, gitlab

VALUE, OTHER = "first-value-0123", "other-value-4567"


@pytest.fixture
def server() -> Iterator[GitLab]:
    with gitlab() as one:
        yield one


def variable(server: GitLab, *, project: str = "42", token: str = TOKEN, **said: Any) -> GitLabVariable:
    return GitLabVariable(Sink(name="TILES", **said), server.base_url, project, token)


def test_a_variable_is_made_masked_and_hidden(server: GitLab) -> None:
    one = variable(server)
    assert one.trouble(VALUE, "a") == "is not there"
    one.write(VALUE, "a")
    held = server.variables["TILES", "*"]
    assert (held["value"], held["masked"], held["hidden"], held["raw"]) == (VALUE, True, True, True)
    assert one.trouble(VALUE, "a") is None


def test_of_a_hidden_one_its_sign_tells(server: GitLab) -> None:
    one = variable(server)
    one.write(VALUE, "a")
    assert one.trouble(OTHER, "b") == "has the sign of another value"
    one.write(OTHER, "b")
    assert (server.value("TILES"), one.trouble(OTHER, "b")) == (OTHER, None)


def test_an_older_server_masks_it_and_is_asked_for_the_value() -> None:
    with gitlab(hides=False) as server:
        one = variable(server)
        one.write(VALUE, "a")
        assert server.variables["TILES", "*"]["masked"]
        assert (one.trouble(VALUE, "a"), one.trouble(OTHER, "a")) == (None, "holds another value")


def test_what_a_server_does_not_mask_is_taken_away_again() -> None:
    with gitlab(masks=False, hides=False) as server:
        with pytest.raises(GitLabRefused, match="is not masked, so it was removed again"):
            variable(server).write(VALUE, "a")
        assert not server.variables


def test_environments_have_variables_of_their_own(server: GitLab) -> None:
    variable(server, environment="prod/eu").write(VALUE, "a")
    variable(server).write(OTHER, "a")
    assert (server.value("TILES", "prod/eu"), server.value("TILES")) == (VALUE, OTHER)


def test_a_project_may_go_by_its_path(server: GitLab) -> None:
    variable(server, project="geo/tiles").write(VALUE, "a")
    assert "GET /api/v4/projects/geo%2Ftiles/variables/TILES" in server.calls


def test_what_is_to_be_protected_is_seen_and_mended(server: GitLab) -> None:
    variable(server).write(VALUE, "a")
    one = variable(server, protected=True)
    assert one.trouble(VALUE, "a") == "is not protected"
    one.write(VALUE, "a")
    assert one.trouble(VALUE, "a") is None


def test_one_that_somebody_made_unmasked_is_seen_and_mended() -> None:
    with gitlab(hides=False) as server:
        one = variable(server)
        one.write(VALUE, "a")
        server.variables["TILES", "*"]["masked"] = False
        assert one.trouble(VALUE, "a") == "is not masked"
        one.write(VALUE, "a")
        assert one.trouble(VALUE, "a") is None


@pytest.mark.parametrize(
    ("token", "project", "told"),
    [
        ("glpat-revoked", "42", "GitLab does not accept the token in GITLAB_TOKEN"),
        (READER, "42", "the token in GITLAB_TOKEN may not change variables"),
        (TOKEN, "geo/roads", "GitLab shows the token in GITLAB_TOKEN no project geo/roads"),
    ],
)
def test_who_may_not_write_is_told_before_anything_is_sent(server: GitLab, token: str, project: str, told: str) -> None:
    with pytest.raises(GitLabRefused, match=told) as raised:
        variable(server, token=token, project=project).check()
    assert token not in f"{raised.value} {raised.value.hint} {raised.value!r}"
    assert raised.value.hint


def test_a_value_that_cannot_be_masked_is_refused_without_it(server: GitLab) -> None:
    with pytest.raises(GitLabRefused, match=r"did not take the value: .*is invalid") as raised:
        variable(server).write("has a blank in it", "a")
    assert "has a blank" not in f"{raised.value} {raised.value.hint}"
    assert not server.variables


def test_what_gitlab_quotes_is_masked(server: GitLab) -> None:
    server.quotes = True
    with pytest.raises(GitLabRefused) as raised:
        variable(server).write(VALUE, "a")
    assert VALUE not in str(raised.value)
    assert TOKEN not in str(raised.value)


def test_a_server_that_fails_may_be_asked_again(server: GitLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_made", lambda _: (500, {"message": "500 Internal Server Error"}))
    with pytest.raises(ApiError) as raised:
        variable(server).write(VALUE, "a")
    assert raised.value.passes


def test_neither_token_nor_value_is_in_its_words(server: GitLab) -> None:
    assert TOKEN not in repr(variable(server))
