"""Connect Python code to a project's target as a command of this folder would; prints nothing."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fused_spec.cli.runs.lookup import current_project
from fused_spec.cli.targets.target import find_target, open_transport
from fused_spec.cli.terminal.console import Console
from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.spec_text import Sources
from fused_spec.configuration.settings import home_folder
from fused_spec.errors import Misconfigured

if TYPE_CHECKING:
    from fused_spec.api.http.transport import Transport


def open_target(target: str | None, path: Path) -> "Transport":
    """What carries calls to the target of the project around `path`; starts the local service when that is meant.

    Raises `SpecError` for a project file that is wrong, and what `cli.targets.target` raises; for a target that is not
    known, and a path at which nothing is, that is `Misconfigured` here.
    """
    folder = path.expanduser().absolute()
    if not folder.exists():  # a local service would be started in a folder made for it
        raise Misconfigured(f"{folder} does not exist", hint="name a folder of the project, or a file in it")
    if target is not None and (not isinstance(target, str) or not target):
        hint = "leave it out for the one that a command takes there, or name one; a variable in its place may be unset"
        raise Misconfigured(f"{target!r} is no name of a target", hint=hint)
    context = Context(
        console=Console(stdout=sys.stdout, stderr=sys.stderr, quiet=True, env=os.environ),
        sources=Sources(cwd=folder, read_stdin=lambda: b""),
        env=os.environ,
        cwd=folder if folder.is_dir() else folder.parent,
        home=home_folder(folder),
        target=target,
    )
    project = current_project(context)
    try:
        return open_transport(find_target(context, project), context, project)
    except click.UsageError as error:
        raise Misconfigured(error.message) from None
