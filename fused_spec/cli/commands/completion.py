"""`completion`: have a shell complete commands, options, and what the specs declare."""

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.options import command


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--install", "installs", is_flag=True, help="Write it where new shells read it.")
@command
def completion(context: Context, shell: str, installs: bool) -> None:
    """Have a shell complete what is typed.

    Prints the script that the shell has to read: commands, options, jobs, cells, targets, variables and runs are then
    completed by the tab key, as far as this machine knows them. With --install the script is written into a file, and
    each new shell reads it.
    """
    from fused_spec.cli.completion.shells import script

    if not installs:
        context.console.document(script(shell).rstrip("\n"))
        return
    from fused_spec.cli.completion.installing import install

    done = install(shell, context.home, context.env)
    context.console.say(f"wrote {done.script}")
    if done.read_by is not None:
        how = "now has a line that reads it" if done.is_new else "reads it already"
        context.console.say(f"{done.read_by} {how}")
    context.console.say("Open a new shell, type fused-spec and a blank, and press the tab key.")
