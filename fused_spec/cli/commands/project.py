"""`init` and `schema`: begin a project, and show what a spec may say."""

import shlex
import uuid
from pathlib import Path

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.options import command
from fused_spec.errors import FusedSpecError


@click.command()
@click.argument("folder", metavar="[DIR]", default=".")
@command
def init(context: Context, folder: str) -> None:
    """Begin a project that can be applied at once.

    Writes a project file, a spec, its UDF and the schema for editors, and overwrites nothing. What it writes runs on
    this machine, with no account.
    """
    from fused_spec.cli.specs.first_project import starter_files
    from fused_spec.spec.editors.schemas import editor_schema_text

    root = context.cwd / folder
    files = starter_files(
        folder_name=root.resolve().name, project_id=str(uuid.uuid4()), schema=editor_schema_text(None)
    )
    _refuse_to_overwrite(root, list(files))
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        context.console.say(f"wrote {Path(folder) / name}")
    _ignore_state(root / ".gitignore")
    _say_what_next(context, folder)


@click.command()
@click.argument("kind", metavar="[KIND | PATH]", required=False)
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
    from fused_spec.spec.editors.schemas import editor_schema_text

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


def _refuse_to_overwrite(root: Path, names: list[str]) -> None:
    if root.exists() and not root.is_dir():
        raise FusedSpecError(f"{root} is not a folder", hint="name a folder, or leave it out for the current one")
    present = [name for name in names if (root / name).exists()]
    if present:
        raise FusedSpecError(
            f"{', '.join(present)} already {'exists' if len(present) == 1 else 'exist'} in {root}",
            hint="name another folder; init overwrites nothing",
        )


def _ignore_state(path: Path) -> None:
    from fused_spec.cli.specs.first_project import with_ignored

    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if (after := with_ignored(before)) != before:
        path.write_text(after, encoding="utf-8")


def _say_what_next(context: Context, folder: str) -> None:
    steps = [] if folder == "." else [f"cd {shlex.quote(folder)}"]
    steps += ["fused-spec plan specs/", "fused-spec apply specs/"]
    context.console.say("\n".join(["Next:", *(f"  {step}" for step in steps)]))


def _unknown_kind(kind: str, kinds: list[str]) -> str:
    from fused_spec.messages.diagnostics import nearest

    meant = nearest(kind, kinds)
    hint = f'did you mean "{meant}"?' if meant else f"kinds are {', '.join(kinds)}"
    return f'"{kind}" is no kind; {hint}'
