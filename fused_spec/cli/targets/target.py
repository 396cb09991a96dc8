"""Decide where to apply, and connect there.

The order: `--base-url`, `--target`, `FUSED_SPEC_BASE_URL`, `FUSED_SPEC_TARGET`, the project's default, `local`.
A server's token comes from its `service.json` when it is the local one, else from the user's credentials, and it
goes to that server alone. A file of the project, which may be somebody's branch, does not choose who gets these.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import click
from msgspec.structs import replace

from fused_spec.cli.terminal.context import Context
from fused_spec.configuration.service_identity import ServiceIdentity, normal_url
from fused_spec.configuration.settings import (
    HOSTED_TARGET,
    HOSTED_URL,
    LOCAL_TARGET,
    THIS_MACHINE,
    Credentials,
    Target,
    credentials_for,
)
from fused_spec.errors import Misconfigured
from fused_spec.messages.diagnostics import nearest
from fused_spec.messages.redaction import redact
from fused_spec.system.timings import Phase

if TYPE_CHECKING:
    from fused_spec.api.http.base import Connected
    from fused_spec.api.http.transport import Transport
    from fused_spec.spec.model import Project

Client = TypeVar("Client", bound="Connected")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalService:
    """What a service wrote into its `service.json`."""

    url: str
    token: str = field(repr=False)
    pid: int


def with_state(project: "Project", context: Context) -> "Project":
    """The project with the state folder of `FUSED_SPEC_STATE`, when that is set."""
    state = context.env.get("FUSED_SPEC_STATE")
    return replace(project, state=context.cwd / Path(state).expanduser()) if state else project


def service_state(project: "Project") -> Path:
    """The folder of the project's local service."""
    return project.state / "service"


def find_target(context: Context, project: "Project") -> Target:
    """The target that was asked for; a usage error when the project does not know it, or its URL cannot be used."""
    if context.base_url:
        return _at(context.base_url, "--base-url")
    if context.target:
        return _named(context.target, project, "--target")
    if base_url := context.env.get("FUSED_SPEC_BASE_URL"):
        return _at(base_url, "FUSED_SPEC_BASE_URL")
    if name := context.env.get("FUSED_SPEC_TARGET"):
        return _named(name, project, "FUSED_SPEC_TARGET")
    return named_target(project.default_target, project)


def named_target(name: str, project: "Project") -> Target:
    """The target of this name, as the project file tells it."""
    return _named(name, project, str(project.file or "the default"))


def identify(target: Target, context: Context, project: "Project") -> ServiceIdentity:
    """Which service the target reaches: asked of the service itself, but for hosted Fused, whose URL stays.

    Starts the local service when the target needs it; raises the client's errors.
    """
    from fused_spec.api.reading import FusedReader
    from fused_spec.service.state.folder import identity_of

    if target.base_url is not None and normal_url(target.base_url) == normal_url(HOSTED_URL):
        return ServiceIdentity(url=target.base_url)
    api = connect(FusedReader, target, context, project)
    if target.is_local:
        return ServiceIdentity(url=api.base_url, id=identity_of(service_state(project)))
    with context.timings.phase(Phase.CONNECT):
        api.get_jobs(1, per_request=1)
    return ServiceIdentity(url=api.base_url, id=api.service_id)


def connect(client: type[Client], target: Target, context: Context, project: "Project") -> Client:
    """A client of the target; starts the local service when the target needs it.

    Raises `CredentialsError` when there are none to send, and `Misconfigured` when the local service is not as asked.
    """
    with context.timings.phase(Phase.CONNECT):
        return client.over(open_transport(target, context, project))


def open_transport(target: Target, context: Context, project: "Project") -> "Transport":
    """What carries calls to the target, with the credentials that belong there.

    A command has one for each server but its own, so that it keeps its connections and knows that server's time.
    """
    from fused_spec.api.http.transport import Transport

    state = service_state(project)
    if target.base_url is None:
        hand_over(project, state)
        service = _running_service(state, context, project)
        _tell_git(state, project)
        return Transport(service.url, Credentials(access_token=service.token), timings=context.timings)
    known = context.transports.get(target)
    if known is None:
        credentials = _credentials(target, target.base_url, context, state)
        known = context.transports[target] = Transport(target.base_url, credentials, timings=context.timings)
    return known


def _credentials(target: Target, base_url: str, context: Context, state: Path) -> Credentials:
    """The user's own, but for the project's local service that is named by its URL."""
    from fused_spec.service.state.folder import is_held

    recorded = recorded_service(state)
    if recorded is not None and _is_same_server(base_url, recorded.url) and is_held(state):
        return Credentials(access_token=recorded.token)
    return credentials_for(base_url, context.env, context.home, named_by_user=target.named_by_user)


def hand_over(project: "Project", state: Path) -> None:
    """Let the service of a state folder know the images that the project declares, and the folder of its specs."""
    from fused_spec.service.state.declared import declare_images, declare_specs

    if project.file is not None:
        declare_images(state, project.images)
        declare_specs(state, project.root)


def recorded_service(state: Path) -> LocalService | None:
    """The service that last ran on this state folder, whether or not it still does."""
    try:
        content = json.loads((state / "service.json").read_text(encoding="utf-8"))
        return LocalService(url=str(content["url"]), token=str(content["token"]), pid=int(content["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _at(base_url: str, source: str) -> Target:
    from fused_spec.api.errors import InvalidArgument
    from fused_spec.api.http.addresses import checked_base_url

    try:
        checked_base_url(base_url)
    except InvalidArgument as error:
        raise Misconfigured(f"{source}: {error}", hint=error.hint) from None
    return Target(name=redact(base_url), base_url=base_url, named_by_user=True)


def _named(name: str, project: "Project", source: str) -> Target:
    # A project may say how slow `hosted` is; that it gives no other URL to a name of ours was checked.
    known = {
        LOCAL_TARGET: Target(name=LOCAL_TARGET),
        HOSTED_TARGET: Target(name=HOSTED_TARGET, base_url=HOSTED_URL),
        **project.targets,
    }
    if name in known:
        return _only_name(known[name], project, source)
    meant = nearest(name, known)
    hint = f'did you mean "{meant}"?' if meant else f"known are {', '.join(known)}"
    raise click.UsageError(f'{source} names "{name}", which is no target of this project; {hint}')


def _only_name(target: Target, project: "Project", source: str) -> Target:
    """The target, unless it is `hosted` where the project calls the same environment by a name of its own."""
    if target.name in project.targets or target.base_url is None:
        return target
    for other in project.targets.values():
        if normal_url(other.base_url or "") == normal_url(target.base_url) and other.scope == target.scope:
            raise click.UsageError(
                f'{source} names "{target.name}", which is the environment that this project calls "{other.name}"; '
                f'name "{other.name}", or declare "{target.name}" under targets with a scope of its own'
            )
    return target


def _running_service(state: Path, context: Context, project: "Project") -> LocalService:
    from fused_spec.cli.targets.local_service import asked_to_allow, check_running, placing
    from fused_spec.service.state.launch import ensure_service
    from fused_spec.service.workers.confining import allowed_places

    before, is_new = recorded_service(state), not (state / "service.db").exists()
    asked = placing(context, project)
    address = ensure_service(
        state,
        engine=asked.engine.value,
        storage=asked.storage.value,
        allow_write=allowed_places(asked_to_allow(context), state),
    )
    check_running(address, asked, state)
    if before is None or before.pid != address.pid:
        context.console.say(f"Started the local service (process {address.pid}, log in {state / 'service.log'}).")
        if is_new:
            context.console.say("It is new: it knows no run of another clone, or from before its state was removed.")
    return LocalService(url=address.url, token=address.token, pid=address.pid)


def _tell_git(state: Path, project: "Project") -> None:
    """Let the local service's jobs read the repositories that the project declares, and those fetched for it."""
    from fused_spec.service.state.declared import GIT_FILE

    clones = {url: str(path.resolve()) for url, path in project.clones.items()}
    told = json.dumps({"cache": str((project.state / "git").resolve()), "clones": clones}, sort_keys=True)
    file = state / GIT_FILE
    if not file.exists() or file.read_text(encoding="utf-8") != told:
        file.write_text(told, encoding="utf-8")


def _is_same_server(base_url: str, recorded_url: str) -> bool:
    """Whether the URL is that of the recorded service; its token goes nowhere but to this machine."""
    return urlsplit(base_url).hostname in THIS_MACHINE and base_url.rstrip("/") == recorded_url.rstrip("/")
