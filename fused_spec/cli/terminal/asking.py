"""Ask a person: before anything but this machine is changed, and for what a command may choose by itself."""

import sys
from collections.abc import Mapping

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.configuration.settings import Target
from fused_spec.errors import FusedSpecError


def confirm(context: Context, target: Target, question: str, *, yes: bool, otherwise: str, hint: str) -> None:
    """Ask where somebody is there to answer and did not say `yes` before; raises `otherwise` when they decline."""
    if yes or not _somebody_is_there(context) or target.is_local:
        return
    if not click.confirm(question, err=True):
        raise FusedSpecError(otherwise, hint=hint)


def chosen(context: Context, question: str, choices: Mapping[str, str]) -> str:
    """One of the choices, told with what each is; the first where nobody is there to answer."""
    first = next(iter(choices))
    if not _somebody_is_there(context):
        return first
    width = max(map(len, choices))
    told = "\n".join(f"  {name:{width}}  {what}" for name, what in choices.items())
    click.echo(f"{question}\n{told}", err=True)
    answer: str = click.prompt("Choose", type=click.Choice(list(choices)), default=first, show_choices=False, err=True)
    return answer


def _somebody_is_there(context: Context) -> bool:
    return sys.stdin.isatty() and context.console.stderr.isatty()
