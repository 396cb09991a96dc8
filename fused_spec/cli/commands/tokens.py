"""`tokens`: look at the declared UDF access tokens, rotate and use them; a token's value is never shown."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.naming import Noun, naming
from fused_spec.cli.terminal.options import (
    Function,
    archive_option,
    command,
    duration,
    lock_timeout_option,
    output_option,
    value_options,
    yes_option,
)
from fused_spec.cli.terminal.suggestions import Guided
from fused_spec.errors import EXIT_NOT_WELL, EXIT_OK, FusedSpecError

if TYPE_CHECKING:
    from fused_spec.configuration.settings import Target
    from fused_spec.spec.model import DesiredToken
    from fused_spec.views.text.tokens import TokenState

_TEXT_TYPES = ("text/", "application/json", "application/geo+json")


def specs_option(function: Function) -> Function:
    """Where the token is declared."""
    return click.option(
        "--specs",
        "paths",
        multiple=True,
        metavar="PATH",
        shell_complete=naming(Noun.FILE),
        help="Where specs are; without it in specs/, or else here.",
    )(value_options(function))


@click.group(cls=Guided)
def tokens() -> None:
    """Look at UDF access tokens, rotate and use them.

    A token's value is never shown.
    """


@tokens.command(name="list")
@specs_option
@output_option("text", "json")
@command
def list_tokens(context: Context, paths: tuple[str, ...], output: str) -> None:
    """List the declared tokens, and whether they exist."""
    from fused_spec.cli.tokens.state import read_tokens
    from fused_spec.views.text.tokens import tokens_text

    found = read_tokens(context, paths)
    _show(context, found.target, found.states, output, tokens_text)


@tokens.command()
@specs_option
@output_option("text", "json")
@command
def check(context: Context, paths: tuple[str, ...], output: str) -> int:
    """Check that every declared token works and is fresh.

    Exits with 1 when one is missing, disabled, expired or about to expire, or when its sink lacks its value; a line
    for each says what to do.
    """
    from fused_spec.cli.tokens.state import read_tokens
    from fused_spec.views.text.tokens import check_text

    found = read_tokens(context, paths)
    _show(context, found.target, found.states, output, check_text)
    return EXIT_NOT_WELL if any(token.problems for token in found.states) else EXIT_OK


@tokens.command()
@click.argument("name", shell_complete=naming(Noun.TOKEN))
@specs_option
@output_option("text", "json")
@command
def show(context: Context, name: str, paths: tuple[str, ...], output: str) -> None:
    """Show one declared token: its UDF, its state and its sink."""
    from fused_spec.cli.tokens.state import read_tokens
    from fused_spec.views.text.tokens import token_text

    found = read_tokens(context, paths, only=name)
    _show(context, found.target, found.states, output, lambda states: token_text(states[0]))


@tokens.command()
@click.argument("name", shell_complete=naming(Noun.TOKEN))
@click.option("--overlap", callback=duration, metavar="D", help="Let the former value work for so long: 90s, 2h, 7d.")
@click.option("--revoke-now", is_flag=True, help="Disable every former value at once; what is done without --overlap.")
@specs_option
@output_option("text", "json")
@archive_option
@lock_timeout_option
@yes_option
@command
def rotate(
    context: Context,
    name: str,
    overlap: float | None,
    revoke_now: bool,
    paths: tuple[str, ...],
    output: str,
    archive: str | None,
    lock_timeout: float | None,
    yes: bool,
) -> None:
    """Replace the value of one token.

    Makes a new value, writes it to the sink, calls the UDF once to see that it works, and then disables the former
    one: at once, or with --overlap by the first apply after that time. Where anything fails, the former one goes on
    working.
    """
    from fused_spec.cli.tokens.rotating import rotate_token
    from fused_spec.views.text.tokens import rotated_text

    if overlap is not None and revoke_now:
        raise click.UsageError("--overlap and --revoke-now exclude each other")
    done = rotate_token(
        context, name, paths, overlap=overlap or 0.0, archive=archive, yes=yes, lock_timeout=lock_timeout or 0.0
    )
    _show(context, done.target, [done.state], output, lambda states: rotated_text(states[0]))


@tokens.command()
@click.argument("name", shell_complete=naming(Noun.TOKEN))
@click.option("--param", "parameters", multiple=True, metavar="K=V", help="A parameter of the UDF; repeatable.")
@click.option("--format", "form", metavar="F", help="Form of the result: parquet, geojson, json, csv, png, tiff, …")
@click.option("-o", "file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where it goes.")
@specs_option
@command
def fetch(
    context: Context,
    name: str,
    parameters: tuple[str, ...],
    form: str | None,
    file: Path | None,
    paths: tuple[str, ...],
) -> None:
    """Run a token's UDF, and write the result.

    The result goes to stdout or a FILE. The value is read from the token's sink, as `apply` wrote it.
    """
    from fused_spec.cli.tokens.fetching import fetch_result
    from fused_spec.cli.tokens.state import declared_token

    specs, declared = declared_token(context, name, paths)
    query = dict(map(_parameter, parameters))
    result = fetch_result(context, specs.project, _value(declared), query, form)
    if file is not None:
        (context.cwd / file).write_bytes(result.body)
        context.console.say(f"wrote {file} ({len(result.body):,} bytes)")
        return
    if context.console.stdout.isatty() and not result.content_type.startswith(_TEXT_TYPES):
        raise FusedSpecError(f"the result is {result.content_type}, which is no text", hint="write it with -o FILE")
    context.console.result_bytes(result.body)


def _show(
    context: Context,
    target: "Target",
    states: "list[TokenState]",
    output: str,
    as_text: "Callable[[list[TokenState]], str]",
) -> None:
    from fused_spec.views.documents.json import as_json
    from fused_spec.views.documents.lists import tokens_document

    context.console.result(as_json(tokens_document(target.name, states)) if output == "json" else as_text(states))


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--param")
    return name, value


def _value(declared: "DesiredToken") -> str:
    from fused_spec.configuration.token_sinks import EnvFile
    from fused_spec.reconcile.saved.sinks import read_sink

    if not isinstance(declared.sink, Path | EnvFile):
        raise FusedSpecError(
            f"the value of {declared.key.name} went to {declared.sink}, which nobody can read back",
            hint="only a token whose sink is a file, or a line of one, can be used here",
        )
    content = read_sink(declared.sink)
    if content is None:
        raise FusedSpecError(
            f"the value of {declared.key.name} cannot be read from its sink {declared.sink}",
            hint="`fused-spec apply` creates the token and writes its sink",
        )
    value = content.decode("utf-8", "replace").strip()
    if not value:
        raise FusedSpecError(f"the sink {declared.sink} is empty", hint="`fused-spec apply` writes it again")
    return value
