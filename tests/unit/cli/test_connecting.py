"""`FusedAPI.connect`: Python code at the target that a command in that folder would take."""

from pathlib import Path
from typing import Any

import pytest

from fused_spec import FusedAPI
from fused_spec.api.values import current
from fused_spec.errors import CredentialsError, Misconfigured, SpecError

PROJECT = "apiVersion: fused-spec/v1\nproject: {name: t, id: tttttttt-1}\n"
URL = "http://127.0.0.1:1/server/v1"


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FUSED_SPEC_BASE_URL", "FUSED_SPEC_TARGET", "FUSED_SPEC_STATE", "FUSED_SPEC_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FUSED_AUTH_TOKEN", "a-token")
    monkeypatch.setenv("FUSED_AUTH_TOKEN_TYPE", "Fused-Env-Bearer")
    monkeypatch.setattr(current, "_current", None)
    (tmp_path / "specs").mkdir()
    (tmp_path / "fused-spec.yaml").write_text(f"{PROJECT}targets: {{other: {{base_url: {URL!r}}}}}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("path", [".", "specs", "fused-spec.yaml"])
def test_a_target_of_the_project_is_known_in_its_folders(path: str) -> None:
    assert FusedAPI.connect("other", path=path).base_url == URL


def test_the_environment_chooses_as_it_does_for_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSED_SPEC_TARGET", "other")
    assert FusedAPI.connect().base_url == URL


def test_a_client_that_was_connected_is_that_of_bare_runs() -> None:
    api = FusedAPI.connect("other")
    assert current._current is api
    FusedAPI.connect("hosted", set_global_api=False)
    assert current._current is api


def test_a_target_that_nobody_knows_is_told_with_the_likely_one() -> None:
    with pytest.raises(Misconfigured, match='did you mean "other"'):
        FusedAPI.connect("othr")


@pytest.mark.parametrize("target", ["", 5, b"other"])
def test_what_is_no_name_of_a_target_is_not_left_out(target: Any) -> None:
    with pytest.raises(Misconfigured, match="no name of a target"):
        FusedAPI.connect(target)


def test_a_folder_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="does not exist"):
        FusedAPI.connect(path=tmp_path / "mistyped" / "specs")
    assert not (tmp_path / "mistyped").exists()


def test_a_project_file_that_is_wrong_is_told(tmp_path: Path) -> None:
    (tmp_path / "fused-spec.yaml").write_text("project: 5\n", encoding="utf-8")
    with pytest.raises(SpecError):
        FusedAPI.connect()


def test_a_login_is_sent_to_no_other_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FUSED_AUTH_TOKEN")
    monkeypatch.delenv("FUSED_AUTH_TOKEN_TYPE")
    with pytest.raises(CredentialsError):
        FusedAPI.connect("other")
