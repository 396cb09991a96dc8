"""What Python code that loads specs stands in: its folder, its environment, and where its specs are applied."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fused_spec.cli.targets.target import find_target
from fused_spec.cli.terminal.console import Console
from fused_spec.cli.terminal.context import Context, Values
from fused_spec.cli.terminal.spec_text import Sources
from fused_spec.configuration.settings import home_folder
from fused_spec.errors import Misconfigured, SpecError
from fused_spec.spec.model import Resolution
from fused_spec.spec.resources.said import Resource

if TYPE_CHECKING:
    from fused_spec.cli.applying.planning import Workplace


def surroundings(
    folder: str | Path, target: str | None, variables: Mapping[str, Any], var_files: Iterable[str | Path]
) -> Context:
    cwd = Path(folder).expanduser().absolute()
    if not cwd.is_dir():
        raise Misconfigured(f"there is no folder {cwd}", hint="name the folder that paths are relative to")
    said = tuple(f"{name}={_text(value)}" for name, value in variables.items())
    return Context(
        console=Console(stdout=sys.stdout, stderr=sys.stderr, quiet=True, env=os.environ),
        sources=Sources(cwd=cwd, read_stdin=lambda: b""),
        env=os.environ,
        cwd=cwd,
        home=home_folder(cwd),
        target=target,
        values=Values(variables=said, files=tuple(map(str, var_files))),
    )


def _text(value: Any) -> str:
    """A value of a variable as `--var` takes it."""
    return value if isinstance(value, str) else json.dumps(value)


def standing_in(context: Context, values: Sequence[Resource]) -> Sources:
    """Values in place of standard input, whose paths are relative to the folder."""
    from fused_spec.views.documents.spec_yaml import spec_text

    text = "---\n".join(spec_text(one.document()) for one in values).encode("utf-8")
    return Sources(cwd=context.cwd, read_stdin=lambda: text)


@contextmanager
def as_exceptions() -> Iterator[None]:
    """What the command line would call a wrong use of it is `Misconfigured` here."""
    try:
        yield
    except click.UsageError as error:
        raise Misconfigured(error.message) from None


def workplace(context: Context, resolution: Resolution, archive: str | None) -> "Workplace":
    """Where specs are applied; raises `SpecError` where they are not valid."""
    from fused_spec.cli.applying.planning import workplace_at

    if not resolution.valid:
        raise SpecError(resolution.diagnostics)
    return workplace_at(context, resolution, find_target(context, resolution.project), archive=archive)
