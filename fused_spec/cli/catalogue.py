"""The commands that there are: name, line of help, and the module that is imported when one is called.

`--help`, a completion and a word that is no command are answered from this table, with no command imported.
"""

from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from fused_spec import __version__
from fused_spec.cli.terminal.options import global_options
from fused_spec.cli.terminal.suggestions import Guided


class Deferred(click.Command):
    """A command that is imported when it is called; until then a name, a line of help, and where it is."""

    def __init__(self, name: str, module: str, line: str) -> None:
        super().__init__(name, help=line)
        self.module = module

    @property
    def meant(self) -> click.Command:
        """The command itself."""
        name = f"{self.name}_" if iskeyword(str(self.name)) else str(self.name)
        found: click.Command = getattr(import_module(self.module), name)
        return found

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        return self.meant.make_context(info_name, args, parent, **extra)


class InOrder(Guided):
    """Lists its commands as they were added: in the order in which people meet them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@global_options
@click.version_option(__version__, prog_name="fused-spec")
def commands() -> None:
    """Declare Fused batch jobs in YAML; plan them, apply them, keep their logs.

    Begin with `fused-spec init`, then `fused-spec apply specs/`. Without an account everything runs on this machine.
    """


for _name, _module, _line in (
    ("init", "project", "Begin a project that can be applied at once."),
    ("add", "add", "Add a job, a UDF or a token to the project."),
    ("validate", "specs", "Check specs, offline and with no account."),
    ("fmt", "fmt", "Bring specs into one form."),
    ("render", "specs", "Show specs with everything filled in."),
    ("lock", "lock", "Write the commits of git references into fused-spec.lock."),
    ("plan", "plan", "Show what apply would do, and why."),
    ("apply", "apply", "Carry out the plan, wait, and archive."),
    ("import", "adopting", "Write specs of runs, UDFs and tokens that are there."),
    ("record", "adopting", "Write specs of what a script or a notebook would start."),
    ("status", "jobs", "Show the newest run of each declared job."),
    ("jobs", "jobs", "List the newest runs of the history."),
    ("show", "jobs", "Show one run in detail."),
    ("results", "results", "Look at what a run made: rows, columns, bounds, size."),
    ("logs", "jobs", "Print the log of a run."),
    ("wait", "jobs", "Wait until runs have ended."),
    ("cancel", "jobs", "Cancel runs, and wait until they have ended."),
    ("report", "archive", "Write a page of runs that were archived."),
    ("archive", "archive", "Look after the receipts and logs that were kept."),
    ("tokens", "tokens", "Look at UDF access tokens, rotate and use them."),
    ("explain", "explain", "Say what a problem means, and what to do."),
    ("generate", "generate", "Write the specs that Python makes."),
    ("schema", "project", "Print the JSON Schema of specs for editors."),
    ("serve", "serve", "Run the embedded service in the foreground."),
    ("completion", "completion", "Have a shell complete what is typed."),
):
    commands.add_command(Deferred(_name, f"fused_spec.cli.commands.{_module}", _line))
