"""`tokens`: the declared UDF access tokens, and fetching what one gives; a token's value is never shown."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fused_spec.cli.options import Context, Function, command, output_option
from fused_spec.cli.suggestions import Guided
from fused_spec.errors import FusedSpecError

if TYPE_CHECKING:
    from fused_spec.spec.model import DesiredToken

_TEXT_TYPES = ("text/", "application/json", "application/geo+json")


def specs_option(function: Function) -> Function:
    """Where the token is declared."""
    return click.option(
        "--specs", "paths", multiple=True, metavar="PATH", help="Where specs are; without it in specs/, or else here."
    )(function)


@click.group(cls=Guided)
def tokens() -> None:
    """Look at UDF access tokens, and use them.

    A token's value is never shown.
    """


@tokens.command(name="list")
@specs_option
@output_option("text", "json")
@command
def list_tokens(context: Context, paths: tuple[str, ...], output: str) -> None:
    """List the declared tokens, and whether they exist."""
    from fused_spec.cli.token_state import read_tokens
    from fused_spec.views.documents import as_json, tokens_document
    from fused_spec.views.tokens_text import tokens_text

    target, found = read_tokens(context, paths)
    context.console.result(as_json(tokens_document(target.name, found)) if output == "json" else tokens_text(found))


@tokens.command()
@click.argument("name")
@specs_option
@output_option("text", "json")
@command
def show(context: Context, name: str, paths: tuple[str, ...], output: str) -> None:
    """Show one declared token: its UDF, its state and its sink."""
    from fused_spec.cli.token_state import read_tokens
    from fused_spec.views.documents import as_json, tokens_document
    from fused_spec.views.tokens_text import token_text

    target, found = read_tokens(context, paths, only=name)
    as_text = as_json(tokens_document(target.name, found)) if output == "json" else token_text(found[0])
    context.console.result(as_text)


@tokens.command()
@click.argument("name")
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
    from fused_spec.cli.token_state import declared_token, fetch_result

    project, declared = declared_token(context, name, paths)
    query = dict(map(_parameter, parameters))
    result = fetch_result(context, project, _value(declared), query, form)
    if file is not None:
        (context.cwd / file).write_bytes(result.body)
        context.console.say(f"wrote {file} ({len(result.body):,} bytes)")
        return
    if context.console.stdout.isatty() and not result.content_type.startswith(_TEXT_TYPES):
        raise FusedSpecError(f"the result is {result.content_type}, which is no text", hint="write it with -o FILE")
    context.console.result_bytes(result.body)


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--param")
    return name, value


def _value(declared: "DesiredToken") -> str:
    try:
        value = declared.sink.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise FusedSpecError(
            f"the value of {declared.key.name} cannot be read from its sink {declared.sink}: {error.strerror}",
            hint="`fused-spec apply` creates the token and writes its sink",
        ) from None
    if not value:
        raise FusedSpecError(f"the sink {declared.sink} is empty", hint="`fused-spec apply` writes it again")
    return value
