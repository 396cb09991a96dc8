"""Credentials from variables and Fused's file, and never in any text."""

import json
from pathlib import Path

import pytest

from fused_spec.errors import CredentialsError
from fused_spec.settings import Credentials, Target, credentials_from

PAIR = {"FUSED_AUTH_TOKEN": "a-token", "FUSED_AUTH_TOKEN_TYPE": "Fused-Env-Bearer"}
WHOLE = {
    "access_token": "from-file",
    "auth_scheme": "Bearer",
    "refresh_token": "r",
    "id_token": "i",
    "scope": "openid",
    "expires_in": 86400,
    "expires_at": "2999-01-01T00:00:00+00:00",
}


def home_with(tmp_path: Path, content: object) -> Path:
    folder = tmp_path / ".fused"
    folder.mkdir()
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "credentials").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_pair_of_variables_wins_over_the_file(tmp_path: Path) -> None:
    assert credentials_from(PAIR, home_with(tmp_path, WHOLE)).header == "Fused-Env-Bearer a-token"


def test_the_file_of_the_published_client_is_understood(tmp_path: Path) -> None:
    assert credentials_from({}, home_with(tmp_path, WHOLE)).header == "Bearer from-file"


def test_an_older_file_names_its_scheme_otherwise(tmp_path: Path) -> None:
    old = {name: value for name, value in WHOLE.items() if name != "auth_scheme"} | {"token_type": "Older"}
    assert credentials_from({}, home_with(tmp_path, old)).header == "Older from-file"


def test_seconds_since_the_epoch_are_a_time_too(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="expired at 2001"):
        credentials_from({}, home_with(tmp_path, {**WHOLE, "expires_at": 1_000_000_000}))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{not json", "cannot be read as JSON"),
        ([], "holds no access_token"),
        ({**WHOLE, "access_token": 5}, "holds no access_token"),
        ({**WHOLE, "access_token": "a\nb"}, "characters that a header cannot carry"),
        ({**WHOLE, "expires_at": "2020-01-01T00:00:00+00:00"}, "expired at 2020-01-01"),
    ],
)
def test_a_file_that_cannot_serve_says_why_and_what_to_do(tmp_path: Path, content: object, message: str) -> None:
    with pytest.raises(CredentialsError, match=message) as caught:
        credentials_from({}, home_with(tmp_path, content))
    assert caught.value.hint
    assert "from-file" not in str(caught.value)


def test_without_any_credentials_it_says_how_to_get_some(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="no credentials"):
        credentials_from({}, tmp_path)


@pytest.mark.parametrize("name", sorted(PAIR))
def test_half_of_the_pair_is_no_pair(tmp_path: Path, name: str) -> None:
    with pytest.raises(CredentialsError, match="the pair is needed"):
        credentials_from({name: PAIR[name]}, tmp_path)


def test_a_token_is_in_no_representation() -> None:
    assert "a-token" not in repr(Credentials(access_token="a-token"))


def test_a_target_without_an_address_is_the_local_service() -> None:
    assert Target(name="local").is_local
    assert not Target(name="hosted", base_url="https://example.com").is_local
