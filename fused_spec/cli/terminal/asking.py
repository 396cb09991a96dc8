"""Ask a person before anything but this machine is changed."""

import sys

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.configuration.settings import Target
from fused_spec.errors import FusedSpecError


def confirm(context: Context, target: Target, question: str, *, yes: bool, otherwise: str, hint: str) -> None:
    """Ask where somebody is there to answer and did not say `yes` before; raises `otherwise` when they decline."""
    asked = sys.stdin.isatty() and context.console.stderr.isatty()
    if yes or not asked or target.is_local:
        return
    if not click.confirm(question, err=True):
        raise FusedSpecError(otherwise, hint=hint)
