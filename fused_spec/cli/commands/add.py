"""`add`: write a new spec into the project, and the UDF that it names."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.naming import Noun, naming
from fused_spec.cli.terminal.options import command
from fused_spec.cli.terminal.suggestions import Guided
from fused_spec.errors import FusedSpecError

if TYPE_CHECKING:
    from fused_spec.spec.outline import Named


def _checked(_: click.Context, __: click.Parameter, value: str) -> str:
    """An argument's callback: what a spec may be called."""
    from fused_spec.cli.specs.writing import checked_name

    try:
        return checked_name(value)
    except ValueError as wrong:
        raise click.BadParameter(f"{value!r}: {wrong}") from None


_name = click.argument("name", callback=_checked)


@click.group(cls=Guided)
def add() -> None:
    """Add a job, a UDF or a token to the project.

    Writes a spec that holds as it is, and overwrites nothing.
    """


@add.command()
@_name
@command
def job(context: Context, name: str) -> None:
    """Add a job that runs a UDF.

    Writes specs/NAME.yaml and the UDF that it runs, below the folder of fused-spec.yaml.
    """
    from fused_spec.cli.specs.additions import job_files

    _add(context, "Job", name, job_files(name))


@add.command()
@_name
@command
def udf(context: Context, name: str) -> None:
    """Add a saved UDF.

    Writes specs/NAME.yaml and its code, below the folder of fused-spec.yaml.
    """
    from fused_spec.cli.specs.additions import udf_files

    _add(context, "Udf", name, udf_files(name))


@add.command()
@_name
@click.option(
    "--udf", metavar="NAME", shell_complete=naming(Noun.SAVED_UDF), help="The UDF that its URL runs: a declared one."
)
@command
def token(context: Context, name: str, udf: str | None) -> None:
    """Add an access token of a saved UDF.

    Writes specs/NAME.yaml, below the folder of fused-spec.yaml. Without --udf it is of the declared UDF with the same
    name, or of the only one.
    """
    from fused_spec.cli.specs.additions import token_files
    from fused_spec.cli.specs.writing import ignore_state

    root = _root(context)
    declared = _udf_for(name, udf, _declared(context, root))
    hint = f"`fused-spec add token {name}-url --udf {declared}` gives it a name and a file of its own"
    _add(context, "UdfAccessToken", name, token_files(name, declared), hint)
    ignore_state(root)


def _add(
    context: Context,
    kind: str,
    name: str,
    files: Mapping[str, str],
    hint: str = "choose another name; add overwrites nothing",
) -> None:
    from fused_spec.cli.specs.templates import SCHEMA_FILE
    from fused_spec.cli.specs.writing import write_new

    root = _root(context)
    for one in _declared(context, root):
        if (one.kind, one.name) == (kind, name):
            raise FusedSpecError(f"{kind}/{name} is declared already, in {one.file}", hint="choose another name")
    head = f"# yaml-language-server: $schema=../{SCHEMA_FILE}\n" if (root / SCHEMA_FILE).is_file() else ""
    contents = {path: (head + text if path.endswith(".yaml") else text).encode("utf-8") for path, text in files.items()}
    shown = Path(os.path.relpath(root, context.cwd))
    write_new(context, root, contents, shown=shown, hint=hint)
    specs = shlex.quote(f"{shown / 'specs'}/")
    context.console.say(f"Next:\n  fused-spec plan {specs}")


def _root(context: Context) -> Path:
    from fused_spec.spec.files.roots import project_root

    root = project_root(context.cwd)
    if root is None:
        raise FusedSpecError("there is no project here", hint="`fused-spec init` begins one")
    return root


def _declared(context: Context, root: Path) -> "tuple[Named, ...]":
    from fused_spec.cli.specs.reading import outline_specs

    folder = root / "specs"
    return outline_specs(context, (os.path.relpath(folder, context.cwd),)).named if folder.is_dir() else ()


def _udf_for(name: str, asked: str | None, declared: "tuple[Named, ...]") -> str:
    udfs = [one.name for one in declared if one.kind == "Udf"]
    if asked in udfs:
        return asked
    if asked is not None:
        from fused_spec.messages.diagnostics import nearest

        meant = nearest(asked, udfs)
        hint = f'did you mean "{meant}"?' if meant else f"`fused-spec add udf {asked}` declares it"
        raise click.BadParameter(f'no UDF is declared as "{asked}"; {hint}', param_hint="--udf")
    if name in udfs or len(udfs) == 1:
        return name if name in udfs else udfs[0]
    hint = f"name one of {', '.join(udfs)} by --udf" if udfs else f"`fused-spec add udf {name}` declares one"
    raise FusedSpecError("a token is of a saved UDF, and which one is not said", hint=hint)
