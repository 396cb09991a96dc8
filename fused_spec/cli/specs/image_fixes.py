"""Propose, and write into the project file, the requirements that its images lack for what UDFs import."""

import difflib
import secrets
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from fused_spec.cli.terminal.context import Context
from fused_spec.errors import FusedSpecError
from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.model import Project
from fused_spec.spec.project.image_requirements import with_requirements


def fix_images(context: Context, project: Project, problems: Iterable[Diagnostic], *, write: bool) -> None:
    """Show the change of the project file, and make it where it is to be written."""
    lacking: dict[str, set[str]] = defaultdict(set)
    for image, requirement in filter(None, (one.lacks for one in problems)):
        lacking[image].add(requirement)
    document, path = project.document, project.file
    if not lacking or document is None or path is None:
        return context.console.say("No declared image lacks what a UDF imports.")
    content = with_requirements(document, {image: sorted(lacking[image]) for image in sorted(lacking)})
    name = document.file.name
    before, after = (text.decode("utf-8-sig").splitlines() for text in (document.file.content, content))
    context.console.result("\n".join(difflib.unified_diff(before, after, name, name, lineterm="", n=2)))
    if not write:
        return context.console.say("Write it with --write; then pin the versions: an image is built once, and kept.")
    _replace(path, document.file.content, content)
    return context.console.say(f"Written into {name}. Pin the versions: an image is built once, and kept.")


def _replace(path: Path, before: bytes, after: bytes) -> None:
    """Put the content in place of what was read; raises `OSError`, and `FusedSpecError` where it has changed since."""
    if path.read_bytes() != before:
        raise FusedSpecError(f"{path.name} has changed while it was read", hint="run the command again")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        draft.write_bytes(after)
        draft.chmod(path.stat().st_mode)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
