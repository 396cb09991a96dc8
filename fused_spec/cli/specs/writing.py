"""Write new files of a project, all or none: nothing that is there is ever overwritten."""

from collections.abc import Mapping
from pathlib import Path

from fused_spec.cli.specs.templates import with_ignored
from fused_spec.cli.terminal.context import Context
from fused_spec.errors import FusedSpecError


def write_new(context: Context, root: Path, files: Mapping[str, bytes], *, shown: Path, hint: str) -> None:
    """Write the files below `root`, which people see as `shown`; raises `FusedSpecError` when one is there."""
    if root.exists() and not root.is_dir():
        raise FusedSpecError(f"{root} is not a folder", hint="name a folder, or leave it out for the current one")
    present = [name for name in files if (root / name).exists() or (root / name).is_symlink()]
    if present:
        exist = "exists" if len(present) == 1 else "exist"
        raise FusedSpecError(f"{', '.join(present)} already {exist} in {root}", hint=hint)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        context.console.say(f"wrote {shown / name}")


def ignore_state(root: Path) -> None:
    """Keep what must never be committed out of git."""
    path = root / ".gitignore"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if (after := with_ignored(before)) != before:
        path.write_text(after, encoding="utf-8")


def checked_name(name: str) -> str:
    """The name, if a spec or a project may have it; raises `ValueError` with what a name is."""
    from fused_spec.spec.checking.acceptance import compiled
    from fused_spec.spec.checking.schema import PROJECT, schema

    rule = schema(PROJECT)["properties"]["project"]["properties"]["name"]
    if compiled(rule["pattern"]).search(name) is None:
        raise ValueError(str(rule["patternErrorMessage"]))
    return name
