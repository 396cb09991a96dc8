"""`fmt`: specs in one form."""

from typing import TYPE_CHECKING

import click

from fused_spec.cli.specs.reading import means_of
from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.options import command, spec_paths
from fused_spec.errors import EXIT_CHANGES, EXIT_OK, FusedSpecError, SpecError
from fused_spec.system.timings import Phase

if TYPE_CHECKING:
    from fused_spec.cli.specs.forms import Form, Forms


@click.command()
@spec_paths
@click.option("--check", is_flag=True, help="Change nothing; exit with 4 when a file is not in its form.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would be changed.")
@click.option("--fix", is_flag=True, help="Also mend what has one remedy alone, such as missing quotes.")
@command
def fmt(context: Context, paths: tuple[str, ...], check: bool, diff: bool, fix: bool) -> int:
    """Bring specs into one form.

    Two spaces, one empty line at most, the parts of a document in their order; comments stay with what follows. What
    the specs say is compared before and after: where any digest or problem would differ, nothing is changed. --fix also
    quotes `${…}` between braces and scalars that are meant as text, and spells values and fields as they are known.
    """
    from fused_spec.views.text.diagnostics import diagnostics_text

    with context.timings.phase(Phase.LOAD):
        from fused_spec.cli.specs.forms import forms

    found = forms(paths, fix=fix, **means_of(context))
    if found.difference is not None:
        hint = "please report this, with the file; --diff shows the change"
        if diff:
            context.console.result(_diffs(found))
        raise FusedSpecError(f"nothing was changed: {found.difference}", hint=hint)
    changed = [form for form in found.forms if form.is_changed]
    with context.timings.phase(Phase.SHOW):
        if diff and changed:
            context.console.result(_diffs(found))
        if not diff:
            _say(context, changed, len(found.forms), would=check)
    if not check and not diff:
        from fused_spec.cli.specs.rewriting import rewrite

        rewrite(changed)
    if found.problems:
        console = context.console
        console.warn(diagnostics_text(found.problems, source_line=context.sources.line, paint=console.paint))
        return SpecError.exit_code
    return EXIT_CHANGES if changed and check else EXIT_OK


def _say(context: Context, changed: "list[Form]", of: int, *, would: bool) -> None:
    for form in changed:
        context.console.result(form.file.name)
    files = f"{len(changed)} of {of} {'file' if of == 1 else 'files'}"
    context.console.say(f"{files} would be written anew" if would else f"{files} written anew")


def _diffs(found: "Forms") -> str:
    from difflib import unified_diff

    lines = [
        line
        for form in found.forms
        if form.is_changed
        for line in unified_diff(
            form.file.content.decode("utf-8", "replace").splitlines(),
            form.after.splitlines(),
            form.file.name,
            form.file.name,
            lineterm="",
        )
    ]
    return "\n".join(lines)
