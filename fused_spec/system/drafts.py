"""Files that are whole, or as they were before: written beside their place, under a name that nobody looks for."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def written_whole(place: Path, write: Callable[[Path], object]) -> Path:
    """Have a draft written, and put it in its place; returns the place, which an `OSError` names, too."""
    try:
        with _beside(place) as draft:
            write(draft)
            draft.replace(place)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(place)) from error
    return place


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """A place for a draft, by whose name libraries still know the form."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{secrets.token_hex(4)}.{place.name}")
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)
