import io
import json
from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from filelock import FileLock

from fused_spec.api.reading import FusedReader
from fused_spec.cli.targets.target import connect, find_target, with_state
from fused_spec.cli.terminal.console import Console
from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.spec_text import Sources
from fused_spec.configuration.settings import Target
from fused_spec.errors import CredentialsError, Misconfigured
from fused_spec.spec.model import Project

SERVER = "http://127.0.0.1:4444/server/v1"


def context(root: Path, *, env: Mapping[str, str] | None = None, target=None, base_url=None) -> Context:
    return Context(
        console=Console(stdout=io.StringIO(), stderr=io.StringIO()),
        sources=Sources(cwd=root, read_stdin=lambda: b""),
        env=env or {},
        cwd=root,
        home=root / "home",
        target=target,
        base_url=base_url,
    )


def project(root: Path, **fields) -> Project:
    targets = {"prod": Target(name="prod", base_url="https://fused.example/server/v1")}
    return Project(name="p", scope="s", root=root, state=root / ".fused-spec", targets=targets, **fields)


def test_without_a_word_the_target_is_local(tmp_path) -> None:
    assert find_target(context(tmp_path), project(tmp_path)).is_local


def test_the_project_names_its_default_target(tmp_path) -> None:
    assert find_target(context(tmp_path), project(tmp_path, default_target="prod")).name == "prod"


def test_the_variable_goes_before_the_project(tmp_path) -> None:
    given = context(tmp_path, env={"FUSED_SPEC_TARGET": "local"})
    assert find_target(given, project(tmp_path, default_target="prod")).is_local


def test_the_base_url_variable_goes_before_the_target_variable(tmp_path) -> None:
    given = context(tmp_path, env={"FUSED_SPEC_TARGET": "prod", "FUSED_SPEC_BASE_URL": SERVER})
    assert find_target(given, project(tmp_path)).base_url == SERVER


def test_an_option_goes_before_every_variable(tmp_path) -> None:
    given = context(tmp_path, target="prod", env={"FUSED_SPEC_BASE_URL": SERVER})
    assert find_target(given, project(tmp_path)).name == "prod"


def test_the_base_url_option_goes_before_the_target_option(tmp_path) -> None:
    given = context(tmp_path, target="prod", base_url=SERVER)
    assert find_target(given, project(tmp_path)).base_url == SERVER


def test_the_hosted_service_needs_no_project_file(tmp_path) -> None:
    found = find_target(context(tmp_path, target="hosted"), project(tmp_path))
    assert found.base_url == "https://www.fused.io/server/v1"


def test_an_unknown_target_is_a_usage_error_with_the_nearest(tmp_path) -> None:
    with pytest.raises(click.UsageError, match='did you mean "prod"'):
        find_target(context(tmp_path, target="prd"), project(tmp_path))


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://x", "http://example.com", "https://me:secret@fused.example/v1", "http://[::1"]
)
def test_a_base_url_that_cannot_be_used_is_a_usage_error_that_says_where_it_stands(tmp_path, url) -> None:
    for given, source in (
        (context(tmp_path, base_url=url), "--base-url"),
        (context(tmp_path, env={"FUSED_SPEC_BASE_URL": url}), "FUSED_SPEC_BASE_URL"),
    ):
        with pytest.raises(Misconfigured, match=f"^{source}: the base URL cannot be used") as refused:
            find_target(given, project(tmp_path))
        assert refused.value.exit_code == 2
        assert "secret" not in str(refused.value)


def test_the_state_folder_can_be_moved(tmp_path) -> None:
    given = context(tmp_path, env={"FUSED_SPEC_STATE": "elsewhere"})
    assert with_state(project(tmp_path), given).state == tmp_path / "elsewhere"


def test_the_local_services_own_url_is_called_with_its_own_token(tmp_path) -> None:
    with FileLock(record_service(tmp_path) / "service.lock"):
        client = connect(FusedReader, Target(name="x", base_url=SERVER), context(tmp_path), project(tmp_path))
    assert client.base_url == SERVER


def test_the_token_of_a_service_that_is_gone_goes_to_nobody(tmp_path) -> None:
    record_service(tmp_path)
    with pytest.raises(CredentialsError):
        connect(FusedReader, Target(name="x", base_url=SERVER), context(tmp_path), project(tmp_path))


@pytest.mark.parametrize("url", ["http://127.0.0.1:5555/server/v1", "https://fused.example/server/v1"])
def test_the_local_token_goes_to_no_other_server(tmp_path, url) -> None:
    with FileLock(record_service(tmp_path) / "service.lock"), pytest.raises(CredentialsError):
        connect(FusedReader, Target(name="x", base_url=url), context(tmp_path), project(tmp_path))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (SERVER, "service.json"),
        ("https://www.fused.io/server/v1", "log in with"),
        ("https://fused.example/v1", "FUSED_AUTH_TOKEN"),
    ],
)
def test_a_server_on_this_machine_has_a_token_of_its_own_and_another_one_a_login(tmp_path, url, said) -> None:
    with pytest.raises(CredentialsError) as refused:
        connect(FusedReader, Target(name="x", base_url=url), context(tmp_path), project(tmp_path))
    assert said in str(refused.value.hint)


def test_the_project_cannot_send_the_users_token_where_it_likes(tmp_path) -> None:
    env = {"FUSED_AUTH_TOKEN": "a-token", "FUSED_AUTH_TOKEN_TYPE": "Bearer"}
    given = context(tmp_path, env=env, target="prod")
    with pytest.raises(CredentialsError, match=r"not sent to fused\.example"):
        connect(FusedReader, find_target(given, project(tmp_path)), given, project(tmp_path))


@pytest.mark.parametrize("more", [{}, {"FUSED_SPEC_BASE_URL": "https://fused.example/server/v1"}])
def test_the_user_can(tmp_path, more) -> None:
    url = None if more else "https://fused.example/server/v1"
    env = {"FUSED_AUTH_TOKEN": "a-token", "FUSED_AUTH_TOKEN_TYPE": "Bearer", **more}
    given = context(tmp_path, env=env, base_url=url)
    client = connect(FusedReader, find_target(given, project(tmp_path)), given, project(tmp_path))
    assert client.base_url == "https://fused.example/server/v1"


def record_service(root: Path) -> Path:
    folder = root / ".fused-spec" / "service"
    folder.mkdir(parents=True)
    (folder / "service.json").write_text(json.dumps({"url": SERVER, "token": "t" * 32, "pid": 1}))
    return folder
