"""Remove what a job left, which may have been made so that it cannot be: nothing that a link leads to is touched."""

import os
import shutil
from contextlib import suppress
from pathlib import Path


def remove_tree(folder: Path) -> None:
    """Remove a folder with all in it, or the link or file that stands there by now; what is gone already is fine."""
    if folder.is_symlink() or not folder.is_dir():
        with suppress(OSError):
            folder.unlink()
        return
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        _open_up(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _open_up(folder: Path) -> None:
    """Take back that a folder may not be looked into or changed; only its owner may, which a job's user is."""
    with suppress(OSError):
        folder.chmod(0o700)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _open_up(Path(entry.path))
