"""Files that a command adds to a project: each new, inside it, and all of them or none."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fused_spec.errors import FileTrouble, Misconfigured


class NewFiles:
    """Writes files below a folder, and takes back what it wrote where something goes wrong."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: list[Path] = []
        self._folders: list[Path] = []

    def existing(self, name: str) -> bytes | None:
        """The bytes of a file that is there; a name that is taken by something else has those of nothing."""
        path = self._root / name
        try:
            return path.read_bytes() if path.is_file() and not path.is_symlink() else b"\0" if _is_there(path) else None
        except OSError as error:
            raise FileTrouble.of(error) from None

    def write(self, files: Mapping[str, bytes]) -> list[str]:
        """Write these; one that is there already with just this content stays. The names of those that are new.

        Raises `Misconfigured` for one that is there with another.
        """
        written = []
        for name, content in files.items():
            if self.existing(name) == content:
                continue
            path = self._root / name
            try:
                self._make_folder(path.parent)
                # A link is never followed, and what is there never written over.
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
                self._files.append(path)
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content)
            except FileExistsError:
                raise Misconfigured(f"{name} is there already, and is not written over", hint="move it away") from None
            except OSError as error:
                raise FileTrouble.of(error) from None
            written.append(name)
        return written

    def replace(self, name: str, content: bytes) -> None:
        """Write one of its own files anew."""
        path = self._root / name
        assert path in self._files
        path.write_bytes(content)

    def move(self, name: str, to: str) -> None:
        """Give one of its own files another name, which nothing has."""
        path, target = self._root / name, self._root / to
        assert path in self._files
        self._make_folder(target.parent)
        try:
            os.link(path, target)
        except FileExistsError:
            raise Misconfigured(f"{to} is there already, and is not written over", hint="move it away") from None
        except OSError as error:
            raise FileTrouble.of(error) from None
        self._files[self._files.index(path)] = target
        path.unlink()

    def remove(self, name: str) -> None:
        """Remove one of its own files."""
        path = self._root / name
        if path in self._files:
            self._files.remove(path)
            path.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove the folders that it made and that nothing is in."""
        for folder in reversed(self._folders):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def take_back(self) -> None:
        """Remove all that it wrote."""
        for path in self._files:
            path.unlink(missing_ok=True)
        self.tidy()

    def _make_folder(self, folder: Path) -> None:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir()
            self._folders.append(one)
        if not folder.resolve().is_relative_to(self._root.resolve()):
            shown = folder.relative_to(self._root)
            raise Misconfigured(f"{shown} leads out of the project, and nothing is written there")


@contextmanager
def new_files(root: Path) -> Iterator[NewFiles]:
    """Files to be added below a folder; taken back where an error ends it."""
    files = NewFiles(root)
    try:
        yield files
    except BaseException:
        files.take_back()
        raise
    files.tidy()


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()
