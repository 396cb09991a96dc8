"""Where those look for files who read annotations and SARIF: from the root of a checkout, wherever a command ran."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from fused_spec.cli.terminal.context import Context
from fused_spec.messages.diagnostics import Diagnostic


def placed(diagnostics: Iterable[Diagnostic], context: Context) -> Iterator[Diagnostic]:
    """The problems with paths from `GITHUB_WORKSPACE`, else from the root of the git checkout, else from here.

    A file outside all of them has its absolute path; what is no file here, such as standard input, stays.
    """
    for diagnostic in diagnostics:
        path = _path(diagnostic.location.path, context)
        yield replace(diagnostic, location=replace(diagnostic.location, path=path))


def _roots(context: Context, path: Path) -> Iterator[Path]:
    """Those of which the first that holds the file counts."""
    if workspace := context.env.get("GITHUB_WORKSPACE"):
        yield Path(workspace).resolve()
    yield from _checkout(context.cwd)
    yield from _checkout(path)
    yield context.cwd


def _checkout(inside: Path) -> Iterator[Path]:
    folders = (folder for folder in (inside, *inside.parents) if (folder / ".git").exists())
    yield from islice(folders, 1)


def _path(shown: str, context: Context) -> str:
    if shown.startswith("<") or "://" in shown:
        return shown
    # A file that is reached by a link is changed where it is.
    path = (context.cwd / shown).resolve()
    root = next((root for root in _roots(context, path) if path.is_relative_to(root)), None)
    return (path if root is None else path.relative_to(root)).as_posix()
