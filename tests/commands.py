"""Every command that there is, imported, with the words that call it."""

from collections.abc import Iterator

import click

from fused_spec.cli.catalogue import Deferred
from fused_spec.cli.main import commands


def every_command(
    group: click.Group = commands, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """The group itself, each of its commands, and those of the groups among them."""
    yield words, group
    for word, listed in group.commands.items():
        command = listed.meant if isinstance(listed, Deferred) else listed
        if isinstance(command, click.Group):
            yield from every_command(command, (*words, word))
        else:
            yield (*words, word), command
