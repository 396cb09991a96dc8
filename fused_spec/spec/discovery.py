"""Find the files that paths on the command line mean, and read each once.

A folder stands for every `*.yaml` and `*.yml` below it, in order of name; names that start with a dot are not
looked at. Links may lead anywhere inside the project, and nowhere else. Nothing here reads YAML.
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fused_spec.diagnostics import Diagnostic, Location, Severity, nearest
from fused_spec.spec.limits import MAX_FILES, MAX_SPEC_BYTES, MAX_TOTAL_BYTES

PROJECT_FILE = "fused-spec.yaml"
STDIN = "-"
SUFFIXES = (".yaml", ".yml")
GLOBS = "*.yaml or *.yml"

_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?://|:)")
_ARCHIVE = re.compile(r"\.(?:tar|tgz|gz|bz2|xz|zst|zip|7z|rar)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecFile:
    """A file's content as it was read, once; `name` is for messages, `path` is None for standard input."""

    name: str
    path: Path | None
    content: bytes


def find(
    paths: Sequence[str], *, cwd: Path, stdin: Callable[[], bytes] | None
) -> tuple[list[SpecFile], list[Diagnostic]]:
    """The spec files that `paths` mean, as typed: folders, files, or `-` for standard input.

    A file met twice is read once. The project file is not a spec. Every problem is a diagnostic placed at
    the path; the other paths are read all the same.
    """
    search = _Search(cwd, stdin)
    try:
        for typed in dict.fromkeys(paths):
            search.visit(typed)
    except _LimitPassed:
        pass  # told when it was raised; what is left is not read
    return search.files, [*search.problems, *_case_clashes(search.files)]


def project_root(start: Path) -> Path | None:
    """The nearest folder, from `start` upwards, that holds a project file."""
    return next((folder for folder in (start, *start.parents) if (folder / PROJECT_FILE).is_file()), None)


def find_project_file(path: Path, shown: Path) -> tuple[SpecFile | None, list[Diagnostic]]:
    """The project file itself, read as specs are, or what is wrong with it."""
    search = _Search(path.parent, None)
    search.read(path, shown)
    return (search.files[0] if search.files else None), search.problems


def printable(path: str | Path) -> str:
    """A path as it may be shown: characters that a terminal acts on, and bytes that are no text, escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in str(path)
    )


def _case_clashes(files: Sequence[SpecFile]) -> Iterator[Diagnostic]:
    seen: dict[str, str] = {}
    for file in files:
        first = seen.setdefault(file.name.lower(), file.name)
        if first != file.name:
            yield Diagnostic(
                code="case-clash",
                message=f"only upper and lower case tell this file from {first}",
                location=Location(path=file.name),
                severity=Severity.WARNING,
                hint="rename one: macOS and Windows take them for the same file",
            )


class _LimitPassed(Exception):  # a signal, told as a diagnostic before it is raised
    """The set is too large; nothing more is read."""


class _Search:
    """Walks the paths, reads what it finds, and gathers what is wrong."""

    def __init__(self, cwd: Path, stdin: Callable[[], bytes] | None) -> None:
        self.files: list[SpecFile] = []
        self.problems: list[Diagnostic] = []
        self._cwd = cwd
        self._stdin = stdin
        self._seen: set[tuple[int, int]] = set()
        self._bytes = 0

    def visit(self, typed: str) -> None:
        path = self._cwd / typed
        if typed == STDIN:
            self._read_stdin()
        elif _REMOTE.match(typed):
            self._tell("remote-path", f"{printable(typed)} is not a local path", typed, "fetch it first")
        elif _ARCHIVE.search(typed):
            self._tell("archive", f"{printable(typed)} is an archive", typed, "unpack it first")
        elif not os.path.lexists(path):
            self._missing(typed, path)
        elif path.name == PROJECT_FILE:
            self._tell("project-file", f"{PROJECT_FILE} is the project, not a spec", typed, "name the specs beside it")
        elif path.is_dir():
            self._visit_folder(typed, path)
        elif self._inside(path, typed, project_root(path.parent) or path.parent):
            self.read(path, typed)

    def _missing(self, typed: str, path: Path) -> None:
        guess = nearest(path.name, _siblings(path))
        hint = f'did you mean "{printable(Path(typed).with_name(guess))}"?' if guess else "check the path"
        self._tell("no-such-path", f"{printable(typed)} does not exist", typed, hint)

    def _visit_folder(self, typed: str, folder: Path) -> None:
        problems = len(self.problems)
        met = self._walk(folder, Path(typed), project_root(folder) or folder, above=())
        if not met and problems == len(self.problems):
            self._tell("empty-folder", f"no {GLOBS} in {printable(typed)}", typed, "name a folder that holds specs")

    def _walk(self, folder: Path, shown: Path, root: Path, above: tuple[str, ...]) -> int:
        """Read the specs below and say how many were met; `above` are the real folders on the way here."""
        real = os.path.realpath(folder)
        if real in above:
            self._tell("link-loop", f"{printable(shown)} links to a folder around it", shown, "remove the link")
            return 0
        met = 0
        for name in self._entries(folder, shown):
            path, wanted = folder / name, name.endswith(SUFFIXES) and name != PROJECT_FILE
            if name.startswith(".") or not (wanted or path.is_dir()) or not self._inside(path, shown / name, root):
                continue
            if path.is_dir():
                met += self._walk(path, shown / name, root, (*above, real))
            else:
                met += 1
                self.read(path, shown / name)
        return met

    def _entries(self, folder: Path, shown: Path) -> list[str]:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in self._seen:
            return []  # by another way, a link: everything in it is known
        self._seen.add((status.st_dev, status.st_ino))
        try:
            return sorted(path.name for path in folder.iterdir())
        except OSError as error:
            self._unreadable(shown, error)
            return []

    def _inside(self, path: Path, shown: str | Path, root: Path) -> bool:
        """Whether what a link leads to is in the project; what is no link is where it is."""
        if not path.is_symlink():
            return True
        try:
            target = Path(os.path.realpath(path, strict=True))
        except OSError as error:
            self._unreadable(shown, error)
            return False
        if target.is_relative_to(os.path.realpath(root)):
            return True
        self._tell("outside-project", f"{printable(shown)} links out of the project", shown, "copy the file instead")
        return False

    def read(self, path: Path, shown: str | Path) -> None:
        """Keep the file's content, unless the file was met before."""
        try:
            identity, content = _identity_and_content(path)
        except OSError as error:
            self._unreadable(shown, error)
            return
        if identity not in self._seen:
            self._seen.add(identity)
            self._keep(shown, path, content)

    def _read_stdin(self) -> None:
        if self._stdin is None:
            self._tell("unreadable", "there is no standard input here", "<stdin>", "name a file")
        else:
            self._keep("<stdin>", None, self._stdin())

    def _keep(self, shown: str | Path, path: Path | None, content: bytes) -> None:
        self._bytes += len(content)
        if len(self.files) >= MAX_FILES or self._bytes > MAX_TOTAL_BYTES:
            limit = f"more than {MAX_FILES:,} files or {MAX_TOTAL_BYTES >> 20} MiB of specs"
            self._tell("too-many-files", limit, shown, "name fewer at a time")
            raise _LimitPassed
        if len(content) > MAX_SPEC_BYTES:
            message = f"{printable(shown)} is larger than {MAX_SPEC_BYTES >> 20} MiB"
            self._tell(
                "too-large",
                message,
                shown,
                "split it, and keep code and the elements of inputs in files of their own (input: {elements: a.csv})",
            )
            return
        self.files.append(SpecFile(name=printable(shown), path=path, content=content))

    def _unreadable(self, shown: str | Path, error: OSError) -> None:
        code, why = _REASONS.get(error.errno or 0, ("unreadable", "cannot be read"))
        self._tell(code, f"{printable(shown)} {why}", shown, "check the path and its permissions")

    def _tell(self, code: str, message: str, shown: str | Path, hint: str) -> None:
        place = Location(path=printable(shown))
        self.problems.append(Diagnostic(code=code, message=message, location=place, hint=hint))


_REASONS = {
    errno.ENOENT: ("no-such-path", "links to nothing"),
    errno.ELOOP: ("link-loop", "links to itself"),
    errno.EACCES: ("unreadable", "may not be read: permission denied"),
    errno.EPERM: ("unreadable", "may not be read: permission denied"),
    errno.ENXIO: ("not-a-file", "is not a regular file"),
    errno.EBUSY: ("changed", "changed while it was read"),
}


def _identity_and_content(path: Path) -> tuple[tuple[int, int], bytes]:
    """Which file this is, whatever its name, and what is in it, one byte past the limit at most.

    Raises OSError: ENXIO for what is no regular file, EBUSY when the file changes meanwhile.
    """
    # Without O_NONBLOCK, opening a named pipe waits for a writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.ENXIO, "not a regular file")
        with open(descriptor, "rb", closefd=False) as stream:  # an open descriptor
            content = stream.read(MAX_SPEC_BYTES + 1)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise OSError(errno.EBUSY, "changed")
    return (before.st_dev, before.st_ino), content


def _siblings(path: Path) -> list[str]:
    try:
        return [sibling.name for sibling in path.parent.iterdir()]
    except OSError:
        return []  # only a guess is lost
