"""Credentials from variables and Fused's file, and never in any text."""

import json
from pathlib import Path

import pytest

from fused_spec.configuration.settings import HOSTED_URL, Credentials, Target, credentials_for, credentials_from
from fused_spec.errors import CredentialsError

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


FOREIGN = "https://fused.example/server/v1"
LOOPBACK = "http://127.0.0.1:4444/server/v1"


@pytest.mark.parametrize("url", [HOSTED_URL, LOOPBACK])
def test_a_login_is_for_hosted_fused_and_this_machine(tmp_path: Path, url: str) -> None:
    home = home_with(tmp_path, WHOLE)
    assert credentials_for(url, {}, home, named_by_user=False).access_token == "from-file"


@pytest.mark.parametrize("named_by_user", [True, False])
@pytest.mark.parametrize("url", [FOREIGN, "https://www.fused.io.example/v1", "https://fused.io/v1"])
def test_a_login_is_for_no_other_server(tmp_path: Path, url: str, named_by_user: bool) -> None:
    env = {"FUSED_SPEC_TRUSTED_HOSTS": "fused.example www.fused.io.example fused.io"}
    with pytest.raises(CredentialsError, match="for hosted Fused alone") as refused:
        credentials_for(url, env, home_with(tmp_path, WHOLE), named_by_user=named_by_user)
    assert "FUSED_AUTH_TOKEN" in str(refused.value.hint)


def test_a_token_of_the_environment_goes_where_the_user_says(tmp_path: Path) -> None:
    assert credentials_for(FOREIGN, PAIR, tmp_path, named_by_user=True).access_token == "a-token"


def test_a_token_of_the_environment_goes_to_no_host_that_only_the_project_names(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="only the project file names") as refused:
        credentials_for(FOREIGN, PAIR, tmp_path, named_by_user=False)
    assert "FUSED_SPEC_TRUSTED_HOSTS=fused.example" in str(refused.value.hint)


@pytest.mark.parametrize("trusted", ["fused.example", "other.example, FUSED.example"])
def test_a_token_of_the_environment_goes_to_hosts_that_the_user_trusts(tmp_path: Path, trusted: str) -> None:
    env = {**PAIR, "FUSED_SPEC_TRUSTED_HOSTS": trusted}
    assert credentials_for(FOREIGN, env, tmp_path, named_by_user=False).access_token == "a-token"


def test_a_host_is_trusted_by_its_whole_name(tmp_path: Path) -> None:
    env = {**PAIR, "FUSED_SPEC_TRUSTED_HOSTS": "example other.fused.example"}
    with pytest.raises(CredentialsError, match="only the project file names"):
        credentials_for(FOREIGN, env, tmp_path, named_by_user=False)


def test_a_credentials_file_that_the_environment_names_is_like_its_token(tmp_path: Path) -> None:
    home = home_with(tmp_path, WHOLE)
    env = {"FUSED_SPEC_CREDENTIALS": str(home / ".fused" / "credentials")}
    assert credentials_for(FOREIGN, env, home, named_by_user=True).access_token == "from-file"
    with pytest.raises(CredentialsError, match="only the project file names"):
        credentials_for(FOREIGN, env, home, named_by_user=False)
