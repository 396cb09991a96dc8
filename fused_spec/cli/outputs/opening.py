"""Show a person a file with the program that this machine has for it."""

from pathlib import Path

import click

from fused_spec.cli.terminal.context import Context


def open_made(context: Context, path: Path) -> None:
    """Open it; where nothing here can, say where it lies."""
    if click.launch(str(path)):
        context.console.warn(f"Warning: no program of this machine opens it; it lies at {path}.")
