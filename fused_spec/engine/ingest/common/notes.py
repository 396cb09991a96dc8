"""What an ingestion tells its user while it runs."""

import re
from collections.abc import Sequence
from pathlib import PurePath, PurePosixPath

_CONTENT_ADDRESS = re.compile(r"[0-9a-f]{64}")
_NAMED = 3


class Label(PurePosixPath):
    """A path of which every part is shown."""


def note(text: str) -> None:
    """Print a line; a task's standard output is the job's log."""
    print(text, flush=True)  # noqa: T201


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 row`, `1,234 rows`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def named(inputs: str | Sequence[str]) -> str:
    """The inputs of a step in a few words: `a.shp`, `a.shp, b.shp, c.shp and 4 more`."""
    names = [shown(PurePosixPath(url.rstrip("/"))) for url in ([inputs] if isinstance(inputs, str) else inputs)]
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def shown(path: PurePath) -> str:
    """The name of an input; of one that is named by its digest only the beginning."""
    if isinstance(path, Label):
        return str(path)
    return f"{path.stem[:12]}…{path.suffix}" if _CONTENT_ADDRESS.fullmatch(path.stem) else path.name
