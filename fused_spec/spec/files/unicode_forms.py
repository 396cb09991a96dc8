"""Names that look the same and are not: `é` may be one character or two, and files keep the form they were given."""

import json
import os
from pathlib import Path
from unicodedata import normalize


def look_alike(folder: Path, name: str) -> str | None:
    """The path below the folder that is there and differs from `name` in its Unicode form alone."""
    at, found = folder, Path()
    for part in Path(name).parts:
        if not os.path.lexists(at / part):
            alike = [other for other in _names(at) if normalize("NFC", other) == normalize("NFC", part)]
            if not alike:
                return None
            part = alike[0]
        at, found = at / part, found / part
    return None if found == Path(name) else str(found)


def in_quotes(name: str) -> str:
    """The name in double quotes and plain ASCII, as YAML reads it in that very form."""
    return json.dumps(name)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []  # only a hint is lost
