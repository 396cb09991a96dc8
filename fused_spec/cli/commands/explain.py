"""`explain`: what a code of a problem means, and what to do about it."""

from typing import TYPE_CHECKING

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.naming import Noun, naming
from fused_spec.cli.terminal.options import command, output_option

if TYPE_CHECKING:
    from fused_spec.messages.codes.registry import Entry


@click.command()
@click.argument("code", required=False, shell_complete=naming(Noun.CODE))
@output_option("text", "json", "markdown")
@command
def explain(context: Context, code: str | None, output: str) -> None:
    """Say what a problem means, and what to do.

    CODE is a number such as FS701, or its word, such as unknown-field. Without it all are listed.
    """
    from fused_spec.messages.codes.registry import entries, find, meant_by

    shown = list(entries().values())
    if code is not None:
        if (entry := find(code)) is None:
            meant = meant_by(code)
            hint = f'did you mean "{meant.id}" ({meant.code})?' if meant else "`fused-spec explain` lists them"
            raise click.UsageError(f'"{code}" is no code of a problem; {hint}')
        shown = [entry]
    context.console.result(_FORMS[output](shown, context, code is not None))


def _as_text(shown: "list[Entry]", context: Context, is_one: bool) -> str:
    from fused_spec.views.text.codes import codes_text, entry_text

    paint = context.console.paint_result
    return entry_text(shown[0], paint=paint) if is_one else codes_text(shown, paint=paint)


def _as_json(shown: "list[Entry]", _: Context, __: bool) -> str:
    from fused_spec.views.documents.codes import codes_document
    from fused_spec.views.documents.json import as_json

    return as_json(codes_document(shown))


def _as_markdown(shown: "list[Entry]", _: Context, is_one: bool) -> str:
    from fused_spec.views.markdown.codes import codes_markdown, entry_markdown

    return (entry_markdown(shown[0]) if is_one else codes_markdown(shown)).rstrip("\n")


_FORMS = {"text": _as_text, "json": _as_json, "markdown": _as_markdown}
