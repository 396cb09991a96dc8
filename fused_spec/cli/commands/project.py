"""`init` and `schema`: begin a project, and show what a spec may say."""

import shlex
import uuid
from pathlib import Path

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.naming import Noun, naming
from fused_spec.cli.terminal.options import command

_TEMPLATES = ["hello", "ingest", "map", "token", "backfill"]  # as in `cli.specs.templates`


def _name(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """An option's callback: what a project may be called."""
    if value is None:
        return None
    from fused_spec.cli.specs.writing import checked_name

    try:
        return checked_name(value)
    except ValueError as wrong:
        raise click.BadParameter(f"{value!r}: {wrong}") from None


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", shell_complete=naming(Noun.FILE))
@click.option("--template", type=click.Choice(_TEMPLATES), help="What to begin with; asked for when left out.")
@click.option("--name", callback=_name, metavar="NAME", help="Of the project; that of the folder when left out.")
@command
def init(context: Context, folder: str, template: str | None, name: str | None) -> None:
    """Begin a project that can be applied at once.

    Asks which template to write, and whether jobs run on this machine or at hosted Fused unless something else is said;
    `--template` and `--target` answer ahead, and where nobody can be asked it is `hello` and `local`. Writes a project
    file, specs, their UDFs and the schema for editors, and overwrites nothing. What it writes runs on this machine,
    with no account.
    """
    from fused_spec.cli.specs.templates import SCHEMA_FILE, TEMPLATES, project_name, template_files
    from fused_spec.cli.specs.writing import ignore_state, write_new
    from fused_spec.cli.terminal.asking import chosen
    from fused_spec.configuration.settings import HOSTED_TARGET, LOCAL_TARGET
    from fused_spec.spec.language.editors.schemas import editor_schema_text

    if context.base_url is not None or context.target not in (None, LOCAL_TARGET, HOSTED_TARGET):
        raise click.UsageError("a new project has the target local or hosted; others are written into fused-spec.yaml")
    root = context.cwd / folder
    template = template or chosen(context, "Which template?", TEMPLATES)
    places = {LOCAL_TARGET: "on this machine, with no account", HOSTED_TARGET: "at hosted Fused"}
    target = context.target or chosen(context, "Where do jobs run, unless --target says so?", places)
    files = template_files(
        template, name=name or project_name(root.resolve().name), project_id=str(uuid.uuid4()), target=target
    )
    files[SCHEMA_FILE] = editor_schema_text(None).encode("utf-8")
    write_new(context, root, files, shown=Path(folder), hint="name another folder; init overwrites nothing")
    ignore_state(root)
    _say_what_next(context, folder, template)


@click.command()
@click.argument("kind", metavar="[KIND | PATH]", required=False, shell_complete=naming(Noun.KIND))
@click.option("--list", "list_kinds", is_flag=True, help="Name the kinds.")
@click.option(
    "--project", "is_of_project", is_flag=True, help="Write those of a project instead, with the names it declares."
)
@command
def schema(context: Context, kind: str | None, list_kinds: bool, is_of_project: bool) -> None:
    """Print the JSON Schema of specs for editors.

    Of one KIND, or of all. Editors read it through the line `# yaml-language-server: $schema=…` at the top of a spec.
    With --project, the project in the current folder, or at the PATH in the place of KIND, gets schemas of its own in
    .fused-spec/schema/: they know its variables, targets and fragments.
    """
    from fused_spec.spec.checking.schema import KINDS
    from fused_spec.spec.language.editors.schemas import editor_schema_text

    if is_of_project:
        if list_kinds:
            raise click.UsageError("--list and --project are two questions; ask one")
        from fused_spec.cli.specs.own_schemas import write_schemas

        return context.console.say(write_schemas(context, kind or "."))

    if list_kinds:
        return context.console.result("\n".join(KINDS))
    if kind is not None and kind not in KINDS:
        raise click.UsageError(_unknown_kind(kind, list(KINDS)))
    return context.console.document(editor_schema_text(kind).rstrip("\n"))


def _say_what_next(context: Context, folder: str, template: str) -> None:
    from fused_spec.cli.specs.templates import NEXT

    steps = [] if folder == "." else [f"cd {shlex.quote(folder)}"]
    steps += ["fused-spec plan specs/", "fused-spec apply specs/", *([NEXT[template]] if template in NEXT else [])]
    context.console.say("\n".join(["Next:", *(f"  {step}" for step in steps)]))


def _unknown_kind(kind: str, kinds: list[str]) -> str:
    from fused_spec.messages.diagnostics import nearest

    meant = nearest(kind, kinds)
    hint = f'did you mean "{meant}"?' if meant else f"kinds are {', '.join(kinds)}"
    return f'"{kind}" is no kind; {hint}'
