"""`serve`: the embedded service in the foreground."""

import ipaddress
import logging
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fused_spec.cli.targets.local_service import asked_to_allow
from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.options import command, duration
from fused_spec.messages.redaction import redact

if TYPE_CHECKING:
    from fused_spec.service.state.launch import ServiceAddress
    from fused_spec.spec.model import Project


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 is any free port.")
@click.option("--state", type=click.Path(path_type=Path), metavar="DIR", help="Where jobs, results and files live.")
@click.option("--idle", callback=duration, metavar="D", help="Stop after this long without work; never without it.")
@click.option("--engine", metavar="ENGINE", help="processes (default), dask=tcp://HOST:PORT or dask=local:N.")
@click.option("--storage", metavar="URL", help="What fd:// is: a folder, or s3://bucket/prefix and the like.")
@click.option(
    "--allow-write",
    type=click.Path(path_type=Path),
    metavar="PATH",
    multiple=True,
    help="Let jobs write there, too; repeatable.",
)
@click.option("--allow-remote", is_flag=True, help="Allow a --host that other machines can reach.")
@command
def serve(
    context: Context,
    host: str,
    port: int,
    state: Path | None,
    idle: float | None,
    engine: str | None,
    storage: str | None,
    allow_write: tuple[Path, ...],
    allow_remote: bool,
) -> None:
    """Run the embedded service in the foreground.

    For the command line and for the published fused client. It runs the code that it is sent: whoever has its token
    can do what you can do on this machine.
    """
    if not allow_remote and not _is_loopback(host):
        raise click.UsageError(
            f"--host {host} can be reached from other machines, and whoever has the token can run code on this one; "
            "add --allow-remote when that is meant"
        )
    from fused_spec.cli.targets.local_service import placing
    from fused_spec.cli.terminal.logging_ import ToConsole
    from fused_spec.configuration.engine_choice import parse_engine
    from fused_spec.service.server import Options
    from fused_spec.service.server import serve as serve_until_stopped
    from fused_spec.service.workers.confining import allowed_places, how_jobs_are_held

    folder, project = _prepared(context, context.cwd / state.expanduser() if state else None)
    asked = placing(context, project, engine=engine, storage=storage)
    allowed = allowed_places(asked_to_allow(context, allow_write), folder)

    def announce(address: "ServiceAddress") -> None:
        if not _is_loopback(host):
            context.console.say("Other machines can reach it, unencrypted: whoever has its token can run code here.")
        context.console.say(_how_to_use(address, folder, how_jobs_are_held(allowed)))

    options = Options(
        state=folder.absolute(),
        host=host,
        port=port,
        idle=idle,
        engine=parse_engine(asked.engine.value),
        storage=asked.storage.value,
        by_flag=tuple(name for name, flag in (("engine", engine), ("storage", storage)) if flag),
        allow_write=allowed,
    )
    os.chdir("/")  # no path relative to this process leads to the state
    logging.getLogger().addHandler(ToConsole(context.console))
    serve_until_stopped(options, announce)


def _prepared(context: Context, state: Path | None) -> "tuple[Path, Project | None]":
    """The state folder, by default the project's, and the project around, whose images it knows, when there is one."""
    from fused_spec.spec.files.roots import project_root

    if state is not None and project_root(context.cwd) is None:
        return state, None  # the rest takes a good part of the start
    from fused_spec.cli.runs.lookup import current_project
    from fused_spec.cli.targets.target import hand_over, service_state

    project = current_project(context)
    folder = state or service_state(project)
    hand_over(project, folder)
    return folder, project


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _how_to_use(address: "ServiceAddress", folder: Path, held: str) -> str:
    """Where it listens, and how to point a command and the published client at it; the token is only in its files."""
    from fused_spec.service.state.launch import TOKEN_FILE

    shared = f"{address.url}/realtime-shared"
    token = f'FUSED_AUTH_TOKEN="$(cat {shlex.quote(str(folder / TOKEN_FILE))})" FUSED_AUTH_TOKEN_TYPE=Fused-Env-Bearer'
    return f"""\
Listening on {address.url} (process {address.pid}); Ctrl-C stops it, running jobs go on.
  jobs run on the engine {address.engine}; fd:// is {redact(address.storage)}
  {held}
  the token is in {folder / "service.json"}, readable by you alone

  fused-spec
    {token} fused-spec jobs --base-url {address.url}
  fused, in a home folder of its own
    .fused/settings.toml   base_url = "{address.url}"
                           shared_udf_base_url = "{shared}"
    .fused/credentials     the token as access_token, auth_scheme "Bearer" (docs/service.md has the whole file)
  fused 1.14 and later, by its environment, with the same settings.toml
    {token}
  fused, in code
    fused.options.base_url = "{address.url}"
    fused.options.shared_udf_base_url = "{shared}"  # 2.x
    fused.options.request_timeout = 30  # 2.x gives up after 5 seconds"""
